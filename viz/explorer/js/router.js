// Every view has its own address behind the #, so that Back always works and a view can be sent to a colleague.

/** `#/lead/abc?tab=why` as {view: "lead", id: "abc", query}. */
export function parse(hash = location.hash) {
  const [path, search = ''] = hash.replace(/^#\/?/, '').split('?');
  const [view, ...rest] = path.split('/');
  return { view: view || 'leads', id: rest.length ? decodeURIComponent(rest.join('/')) : null, query: new URLSearchParams(search) };
}

export function link(view, id = null, params = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== null && value !== '') search.set(name, value);
  const tail = search.size ? `?${search}` : '';
  return `#/${view}${id === null ? '' : `/${encodeURIComponent(id)}`}${tail}`;
}

export const go = (view, id, params) => { location.hash = link(view, id, params); };

/** Change the address of the present view without a new entry in the history. */
export function settle(params) {
  const here = parse();
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) if (value !== undefined && value !== null && value !== '') search.set(name, value);
  history.replaceState(history.state, '', link(here.view, here.id, Object.fromEntries(search)));
}

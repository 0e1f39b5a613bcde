// The filters of the list of leads: what they are called in the address and to the server, and their fields.
import { get } from '../api.js';
import { clear, h, icon, button } from '../dom.js';
import { count } from '../format.js';
import { word } from '../i18n.js';
import { region, regionCode, regions } from '../regions.js';
import { searchBox } from '../search.js';

/** Names in the address are those of the API; money in the address is minor units, in the fields 万元. */
export const NAMES = ['view', 'family', 'detector', 'tier', 'status', 'triage', 'state', 'region', 'agency', 'assignee', 'amount_min', 'amount_max', 'from', 'to', 'q', 'entity', 'sort'];

export const OPEN = 'open,in_review';
export const SINCE = 'new,changed,returned';

/** The views one click away. The first is the default: mine and open. */
export const VIEWS = {
  mine: { assignee: 'me', triage: OPEN },
  open: { triage: OPEN, status: 'flagged' },
  fresh: { state: SINCE },
  all: {},
};

export const FAMILIES = ['bid_rigging', 'affiliated_bidders', 'debt_feeding', 'arrears', 'qualification', 'subcontracting', 'special_funds', 'off_platform', 'power', 'ocp'];

const CHOICES = {
  tier: ['A', 'B', 'C'],
  family: FAMILIES,
  status: ['flagged', 'cleared'],
  triage: ['open', 'in_review', 'confirmed', 'dismissed', 'referred', 'expired'],
  state: ['new', 'changed', 'returned', 'unchanged', 'gone'],
};
const names = new Map();
const YUAN = 1_000_000; // 万元 in minor units

/** What the address asks for: a plain object of strings. An address without anything asks for the default view. */
export function fromQuery(query) {
  const wanted = Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? '']).filter(([, value]) => value));
  if (!Object.keys(wanted).some((name) => name !== 'sort')) return { ...wanted, view: 'mine', ...VIEWS.mine };
  return wanted;
}

export function toApi(wanted) {
  const { view: _view, ...rest } = wanted;
  return { sort: 'tier,-amount', ...rest };
}

/** The panel. `change(wanted)` when a filter was set. */
export function filterPanel(wanted, change) {
  const panel = h('form', { class: 'filters', t_label: 'filters', on: { submit: (e) => e.preventDefault() } });
  let facets = {};
  let state = wanted;

  const set = (name, value) => {
    const { view: _view, [name]: _old, ...rest } = state;
    state = value ? { ...rest, [name]: value } : { view: 'all', ...rest }; // a second click may come before the answer
    change(state);
  };
  const numberOf = (name, code) => (facets[name] ? facets[name][code] ?? 0 : undefined);

  function group(name) {
    const chosen = new Set((state[name] ?? '').split(',').filter(Boolean));
    const known = CHOICES[name];
    return h('fieldset', {}, h('legend', { t: `filter_${name}` }), known.map((code) => {
      const n = numberOf(name, code);
      return h('label', {}, h('input', { type: 'checkbox', checked: chosen.has(code), on: { change: (event) => {
        if (event.target.checked) chosen.add(code); else chosen.delete(code);
        set(name, [...chosen].join(','));
      } } }), name === 'tier' && h('span', { class: `tier ${code}`, text: code, 'aria-hidden': 'true' }), h('span', { class: 'grow', text: word(name, code) }), n !== undefined && h('span', { class: 'muted number', text: count(n) }));
    }));
  }

  /** The agency is found by its name; its id goes into the address. */
  function agency() {
    return h('div', { class: 'field' }, h('span', { t: 'filter_agency' }), state.agency ? h('button', { type: 'button', class: 'button small', on: { click: () => set('agency', '') } }, h('span', { text: names.get(state.agency) ?? state.agency }), icon('x'))
      : searchBox({ id: 'agency', label: 'filter_agency', kinds: 'public_body,firm', choose: (node) => { names.set(node.key, node.name); set('agency', node.key); } }));
  }

  const late = (name, read = (v) => v) => ({ change: (event) => set(name, read(event.target.value)) });
  const wan = (value) => (value === '' ? '' : String(Math.round(Number(value) * YUAN)));

  function draw() {
    const focus = panel.contains(document.activeElement) ? document.activeElement.name : null;
    clear(panel,
      h('div', { class: 'bar tight' }, icon('filter'), h('h2', { class: 'grow', t: 'filters' }), button('filters_clear', () => change({ view: 'all' }), { look: 'quiet small' })),
      h('label', { class: 'field' }, h('span', { t: 'filter_q' }), h('input', { type: 'search', name: 'q', value: state.q ?? '', t_placeholder: 'filter_q_hint', on: late('q') })),
      group('tier'), group('family'), group('triage'), group('state'), group('status'),
      h('label', { class: 'field' }, h('span', { t: 'filter_region' }), h('input', { name: 'region', list: 'divisions', value: region(state.region), t_placeholder: 'filter_region_hint', on: late('region', (v) => regionCode(v.trim())) })), h('datalist', { id: 'divisions' }, regions().map(([code, name]) => h('option', { value: name, text: code }))), agency(),
      h('fieldset', { class: 'pair' }, h('legend', { t: 'filter_amount' }),
        h('input', { type: 'number', name: 'amount_min', min: 0, step: 'any', t_label: 'amount_min', t_placeholder: 'amount_min', value: state.amount_min ? state.amount_min / YUAN : '', on: late('amount_min', wan) }),
        h('input', { type: 'number', name: 'amount_max', min: 0, step: 'any', t_label: 'amount_max', t_placeholder: 'amount_max', value: state.amount_max ? state.amount_max / YUAN : '', on: late('amount_max', wan) })),
      h('fieldset', { class: 'pair' }, h('legend', { t: 'filter_period' }),
        h('input', { type: 'date', name: 'from', t_label: 'date_from', value: state.from ?? '', on: late('from') }),
        h('input', { type: 'date', name: 'to', t_label: 'date_to', value: state.to ?? '', on: late('to') })));
    if (focus) panel.querySelector(`[name="${focus}"]`)?.focus();
  }
  draw();
  return { element: panel, draw, show: (next, counted) => { state = next; if (counted) facets = counted; draw(); } };
}

/** Saved filters of this user. */
export const saved = async () => (await get('filters')).items ?? [];

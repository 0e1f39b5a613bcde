// The one door to the server: language, purpose, CSRF token and versions are put on here.
import { current } from './i18n.js';
import { askPurpose } from './purpose.js';
import { emit, purpose, session, snapshot } from './state.js';

const BASE = new URL('../../api/v1/', import.meta.url);

/** An answer that is not the wanted one: RFC 9457's fields, and what the page knows besides. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || String(status));
    Object.assign(this, { status, code: body.code, title: body.title, detail: body.detail, requestId: body.request_id, body });
  }
}

export function address(path, params = {}) {
  const url = new URL(path.replace(/^\//, ''), BASE);
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || value === null || value === '' || (Array.isArray(value) && !value.length)) continue;
    url.searchParams.set(name, Array.isArray(value) ? value.join(',') : value);
  }
  return url;
}

async function problemOf(answer) {
  let body = {};
  try { body = await answer.json(); } catch { /* not JSON: the status has to do */ }
  return new Problem(answer.status, body);
}

async function send(method, path, { params, body, headers = {}, signal } = {}) {
  const all = { 'Accept-Language': current() === 'en' ? 'en' : 'zh', ...headers };
  if (body !== undefined) all['Content-Type'] = 'application/json';
  if (method !== 'GET' && session.csrf) all['X-CSRF-Token'] = session.csrf;
  if (purpose.get()) all['X-Purpose'] = encodeURIComponent(purpose.get());
  let answer;
  try {
    answer = await fetch(address(path, params), { method, headers: all, signal, credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    emit('offline', true);
    throw new Problem(0, { code: 'offline' });
  }
  emit('offline', false);
  const seen = answer.headers.get('X-Qingfeng-Snapshot');
  if (seen && seen !== snapshot.id) { snapshot.id = seen; emit('snapshot', seen); }
  snapshot.scan = answer.headers.get('X-Qingfeng-Scan') ?? snapshot.scan;
  if (!answer.ok) {
    const problem = await problemOf(answer);
    if (answer.status === 401 && !path.startsWith('session')) emit('signed-out');
    if (problem.code === 'api_purpose_required' && await askPurpose()) return send(method, path, { params, body, headers, signal });
    throw problem;
  }
  return answer;
}

async function json(method, path, options) {
  const answer = await send(method, path, options);
  return answer.status === 204 ? null : answer.json();
}

export const get = (path, params, signal) => json('GET', path, { params, signal });
export const post = (path, body, headers) => json('POST', path, { body, headers });
export const remove = (path) => json('DELETE', path, {});

/** A path with its ids made safe for an address. */
export const at = (strings, ...ids) => strings.reduce((path, part, i) => path + part + (i < ids.length ? encodeURIComponent(ids[i]) : ''), '');

/** Fetch a file with the session's headers and hand it to the browser to keep. */
export async function download(path, name, { method = 'GET', params, body } = {}) {
  const answer = await send(method, path, { params, body });
  save(await answer.blob(), name);
}

export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

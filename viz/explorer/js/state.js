// What the whole page shares: the session, the snapshot, what this browser prefers. No secret is ever stored.
const KEY = 'qingfeng';
const listeners = new Map();

function read() {
  try { return JSON.parse(localStorage.getItem(KEY) || '{}'); } catch { return {}; }
}

export const prefs = read();
export const session = { user: null, csrf: null, purposeRequired: false };
export const snapshot = { id: null, scan: null, asOf: null };

/** Keep preferences (language, theme, widths, columns) in this browser. */
export function remember(changes) {
  Object.assign(prefs, changes);
  try { localStorage.setItem(KEY, JSON.stringify(prefs)); } catch { /* a full or forbidden storage loses a preference, no more */ }
}

/** Whether the signed-on person has a right; the server decides, the page only leaves out what would be refused. */
export const may = (...rights) => rights.some((right) => session.user?.rights.includes(right));

/** The purpose or case number under which personal data are read; for this tab only. */
export const purpose = {
  get: () => { try { return sessionStorage.getItem('purpose') || ''; } catch { return ''; } },
  set: (value) => { try { sessionStorage.setItem('purpose', value); } catch { /* asked again */ } },
};

/** Listen; the answer stops it. */
export function on(event, act) {
  if (!listeners.has(event)) listeners.set(event, new Set());
  listeners.get(event).add(act);
  return () => listeners.get(event).delete(act);
}

export function emit(event, value) {
  for (const act of [...(listeners.get(event) ?? [])]) act(value);
}

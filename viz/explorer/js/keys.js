// Keyboard shortcuts of the page and of the present view, and the list of them.
import { h } from './dom.js';
import { anythingOpen, sheet } from './overlay.js';

const page = new Map();
let view = new Map();

/** Keys that work everywhere: {key: {act, t}}. */
export function always(keys) { for (const [key, entry] of Object.entries(keys)) page.set(key, entry); }
/** Keys of the present view; they replace those of the last one. */
export function forView(keys) { view = new Map(Object.entries(keys)); }

const typing = (element) => element.closest('input:not([type="checkbox"], [type="radio"], [type="range"]), textarea, select, [contenteditable]');

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    const entry = view.get(`${event.ctrlKey || event.metaKey ? 'ctrl+' : ''}${event.shiftKey ? 'shift+' : ''}${event.key.toLowerCase()}`);
    if (entry && !typing(event.target)) { event.preventDefault(); entry.act(event); }
    return;
  }
  if (typing(event.target)) return;
  const entry = view.get(event.key) ?? page.get(event.key);
  if (!entry || event.defaultPrevented) return;
  if (anythingOpen() && !entry.inMenus) return;
  if ([' ', 'Enter'].includes(event.key) && event.target.closest('button, a, input, summary, [role="grid"], [role="tab"]')) return;
  event.preventDefault();
  entry.act(event);
});

export function help() {
  const table = (title, keys) => keys.size > 0 && [h('h3', { t: title }), h('dl', { class: 'pairs' },
    [...keys].filter(([, entry]) => entry.t).map(([key, entry]) => [h('dt', {}, h('kbd', { text: key === ' ' ? 'Space' : key })), h('dd', { t: entry.t })]))];
  sheet('shortcuts', (box) => box.append(...[table('shortcuts_page', page), table('shortcuts_view', view)].flat().filter(Boolean)));
}

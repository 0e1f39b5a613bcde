// What floats: menus, sheets, short messages. None of them blocks the page; Escape closes the topmost.
import { h, button, clear, announce, icon } from './dom.js';
import { t } from './i18n.js';
import { link } from './router.js';

const host = () => document.getElementById('floating');
const open = [];

function close(entry) {
  const place = open.indexOf(entry);
  if (place < 0) return;
  open.splice(place, 1);
  entry.element.remove();
  entry.closed?.();
  if (entry.back?.isConnected) entry.back.focus({ preventScroll: true });
}

function show(element, { closed, outside = false } = {}) {
  const entry = { element, closed, outside, back: document.activeElement };
  open.push(entry);
  host().append(element);
  return () => close(entry);
}

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || !open.length) return;
  event.stopPropagation();
  event.preventDefault();
  close(open.at(-1));
}, true);
document.addEventListener('pointerdown', (event) => {
  for (const entry of [...open]) if (entry.outside && !entry.element.contains(event.target)) close(entry);
}, true);

export const anythingOpen = () => open.length > 0;
export const closeAll = () => { for (const entry of [...open]) close(entry); };

function place(element, { x, y, anchor }) {
  const box = anchor?.getBoundingClientRect();
  const size = element.getBoundingClientRect();
  let left = x ?? box.left;
  let top = y ?? box.bottom + 4;
  if (left + size.width > innerWidth - 8) left = Math.max(8, (box ? box.right : x) - size.width);
  if (top + size.height > innerHeight - 8) top = Math.max(8, (box ? box.top - 4 : y) - size.height);
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}

/** A menu at a point or under an anchor. Items: {t | text, act, picture, off, note, checked} or null for a line. */
export function menu(where, items, label = 'menu') {
  const list = h('div', { class: 'menu', role: 'menu', t_label: label });
  const shut = show(list, { outside: true });
  for (const item of items) {
    if (!item) { list.append(h('hr')); continue; }
    if (item.head) { list.append(h('div', { class: 'head', text: item.head })); continue; }
    const tick = item.checked !== undefined;
    list.append(h('button', { type: 'button', role: tick ? 'menuitemcheckbox' : 'menuitem', disabled: Boolean(item.off),
      'aria-checked': tick ? String(item.checked) : undefined, tabIndex: -1,
      on: { click: () => { shut(); item.act(); } } },
    tick ? icon(item.checked ? 'check' : 'minus') : item.picture && icon(item.picture),
    item.t ? h('span', { class: 'grow', t: item.t }) : h('span', { class: 'grow', text: item.text }), item.note && h('kbd', { text: item.note })));
  }
  place(list, where);
  const usable = [...list.querySelectorAll('button:not(:disabled)')];
  usable[0]?.focus();
  list.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === 'Tab') shut();
    if (!step) return;
    event.preventDefault();
    const here = usable.indexOf(document.activeElement);
    usable[(here + step + usable.length) % usable.length]?.focus();
  });
  return shut;
}

/** A panel at the side that leaves the page usable. `build(body, shut)` fills it. */
export function sheet(title, build, { wide = false, closed } = {}) {
  const heading = h('h2', { class: 'grow', id: `sheet-${open.length}`, ...(Array.isArray(title) || typeof title === 'string' ? { t: title } : title) });
  const box = h('section', { class: `sheet${wide ? ' wide' : ''}`, role: 'dialog', 'aria-modal': 'false', 'aria-labelledby': heading.id });
  const shut = show(box, { closed });
  box.append(h('div', { class: 'bar tight' }, heading, button('close', () => shut(), { picture: 'x', only: true, look: 'quiet' })));
  build(box, shut);
  (box.querySelector('[autofocus]') ?? box.querySelector('select, textarea, input, .primary'))?.focus();
  return shut;
}

/** A line that goes by itself; with `undo` it offers the way back. */
export function toast(message, { undo, seconds = 6 } = {}) {
  let stack = document.querySelector('.toasts');
  if (!stack) host().append(stack = h('div', { class: 'toasts' }));
  const line = h('div', { class: 'toast' }, h('span', { class: 'grow', text: message }),
    undo && h('button', { type: 'button', t: 'undo', on: { click: () => { line.remove(); undo(); } } }));
  stack.append(line);
  announce(message);
  setTimeout(() => line.remove(), seconds * 1000);
}

/** What went wrong, whether something was lost, what to try. */
export function failed(error, { lost = 'nothing_lost' } = {}) {
  const ours = error.status === 0 || error.status >= 500 || error.status === undefined;
  if (error.status === undefined) console.error(error);
  toast(ours ? `${explain(error)} ${t(lost)}` : explain(error), { seconds: 12 });
}

export function explain(error) {
  if (error.code === 'offline') return t('error_offline');
  if (error.code === 'api_purpose_required') return t('purpose_hint');
  if (error.body?.errors) return [error.title, ...error.body.errors.map(({ where, message }) => `${where.split('.').pop()} ${message}`)].join(' · ');
  if (error.status === 403) return [error.detail || error.title, t('error_forbidden')].filter(Boolean).join(' · ');
  return [error.title, error.detail].filter(Boolean).filter((x, i, all) => all.indexOf(x) === i).join(' · ') || t('error_unknown');
}

/** A whole view that could not be shown. Asking again does not help where the address itself names what is not there. */
export function problemView(error, again) {
  const wrongAddress = [404, 422].includes(error.status);
  return h('div', { class: 'problem', role: 'alert' }, icon('triangle-alert'), h('h2', { t: 'error_title' }),
    h('p', { class: 'detail', shown: () => explain(error) }),
    !wrongAddress && [h('p', { class: 'muted', t: error.requestId ? 'error_hint' : 'error_hint_later' }), error.requestId && h('p', { class: 'muted number', text: error.requestId })],
    wrongAddress ? h('a', { class: 'button primary', href: link('leads') }, icon('chevron-left'), h('span', { t: 'back_to_list' }))
      : again && button('retry', again, { picture: 'refresh-cw', look: 'primary' }));
}

export const emptyView = (key, hint, ...actions) => h('div', { class: 'empty' }, icon('inbox'), h('h2', { t: key }), hint && h('p', { class: 'muted', t: hint }), ...actions);
export const skeleton = (lines = 8) => h('div', { class: 'skeleton', 'aria-busy': 'true' }, Array.from({ length: lines }, () => h('i')));
export { clear };

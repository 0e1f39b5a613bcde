// Elements are made here and nowhere else: data become text nodes, never markup.
import { t, said } from './i18n.js';
import { plain } from './plain.js';

const LIVE = Symbol('live');
const SVG = 'http://www.w3.org/2000/svg';

/** Run `fill` now, and again whenever the language changes while `element` is on the page. */
export function live(element, fill) {
  (element[LIVE] ??= []).push(fill);
  element.setAttribute('data-live', '');
  fill(element);
  return element;
}

/** Say everything under `root` anew in the present language. */
export function relabel(root = document) {
  for (const element of root.querySelectorAll('[data-live]')) for (const fill of element[LIVE]) fill(element);
}

// A date or a sum: read as one, so not broken over two lines.
const EXACT = /\d{4}-\d{2}-\d{2}|(?:[A-Z]{3} )?\d[\d,]*(?:\.\d+)?(?: ?(?:[万亿]元|元|%))?/g;

const LONGEST = 24;

const text = (value) => (Array.isArray(value) ? t(...value) : t(value));

const SPECIAL = {
  class: (e, v) => { e.className = v; },
  t: (e, v) => live(e, () => { e.textContent = plain(text(v)); }),
  said: (e, v) => live(e, () => { e.textContent = plain(said(v)); }),
  prose: (e, v) => live(e, () => e.replaceChildren(...prose(plain(said(v))))),
  text: (e, v) => { e.textContent = plain(v); },
  shown: (e, v) => live(e, () => { e.textContent = plain(v()); }),
  data: (e, v) => Object.assign(e.dataset, v),
  title: (e, v) => { e.title = plain(v); },
  on: (e, v) => { for (const [name, f] of Object.entries(v)) e.addEventListener(name, f); },
  style: (e, v) => { for (const [name, x] of Object.entries(v)) e.style.setProperty(name, x); },
};
const SPOKEN = { t_title: 'title', t_label: 'aria-label', t_placeholder: 'placeholder' };

/**
 * An element. `t`: a catalogue key or `[key, fields]`; `said`: a `{zh, en}` of the data; `prose`: the same where it is a
 * whole sentence; `t_title`, `t_label`, `t_placeholder`: the attribute out of the catalogue; `on`: listeners;
 * everything else an attribute or property.
 */
export function h(tag, props, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (SPECIAL[name]) SPECIAL[name](element, value);
    else if (SPOKEN[name]) live(element, () => element.setAttribute(SPOKEN[name], plain(text(value))));
    else if (name in element && !name.startsWith('aria') && !['list', 'form', 'role', 'href', 'type', 'width', 'height'].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? '' : value);
  }
  return put(element, children);
}

/** A sentence as nodes: its dates and sums each in a span that stays on one line. */
function prose(sentence) {
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of sentence.matchAll(EXACT)) {
    if (found.length < 4 || found.length > LONGEST) continue;
    parts.push(sentence.slice(from, index), h('span', { class: 'exact', text: found }));
    from = index + found.length;
  }
  return [...parts, sentence.slice(from)];
}

/** Append what is there of the children; lists are flattened, what is missing is left out. */
export function put(element, ...children) {
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false).map((c) => (c instanceof Node ? c : plain(c))));
  return element;
}

/** An icon of the vendored set; decoration, so hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${new URL('../lib/lucide-static/sprite.svg', import.meta.url).pathname}#${name}`);
  svg.append(use);
  return svg;
}

/** A button with icon and word; `quiet` and `square` leave the word to the screen reader and the tooltip. */
export function button(key, act, { picture, look = '', only = false, ...rest } = {}) {
  return h('button', { type: 'button', class: `button ${look}${only ? ' square' : ''}`, t_title: picture ? key : undefined,
    t_label: only ? key : undefined, on: { click: act }, ...rest }, picture && icon(picture), only ? null : h('span', { t: key }));
}

export const clear = (element, ...children) => { element.replaceChildren(); return put(element, children.flat(Infinity).filter(Boolean)); };

/** Tell a screen reader something that the eye sees by itself. */
export function announce(message) {
  document.getElementById('live').textContent = plain(message);
}

// The filter strip: which relations, which time, from what sum on.
import { clear, h } from '../dom.js';
import { count } from '../format.js';
import { t, word } from '../i18n.js';

const DAY = 86_400_000;
const number = (iso) => Math.round(Date.parse(`${iso.slice(0, 10)}T00:00:00Z`) / DAY);
const iso = (n) => new Date(n * DAY).toISOString().slice(0, 10);
const YUAN = 1_000_000;

export class Strip {
  constructor(changed) {
    this.changed = changed;
    this.filter = { types: null, from: null, to: null, min: 0 };
    this.types = h('div', { class: 'chips', role: 'group', t_label: 'filter_relations' });
    this.low = h('input', { type: 'range', t_label: 'time_from', on: { input: () => this.#slide(this.low) } });
    this.high = h('input', { type: 'range', t_label: 'time_to', on: { input: () => this.#slide(this.high) } });
    this.said = h('output', { class: 'number' });
    this.min = h('input', { type: 'number', min: 0, step: 'any', t_label: 'amount_min', on: { change: () => { this.filter = { ...this.filter, min: Number(this.min.value || 0) * YUAN }; this.#tell(); } } });
    this.time = h('div', { class: 'time' }, h('span', { class: 'muted', t: 'time' }), h('div', { class: 'sliders' }, this.low, this.high), this.said);
    this.element = h('div', { class: 'strip', hidden: true }, this.types, this.time, h('label', { class: 'least' }, h('span', { class: 'muted', t: 'amount_min' }), this.min));
  }

  toggle() { this.element.hidden = !this.element.hidden; }

  /** Only relations of one type. */
  only(type) { this.element.hidden = false; this.filter = { ...this.filter, types: new Set([type]) }; this.#chips(); this.#tell(); }

  #tell() { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => this.changed()); }

  show(model) {
    this.model = model;
    this.#chips();
    const span = model.span;
    this.time.hidden = !span;
    if (!span) return;
    const [from, to] = [number(span.from), number(span.to)];
    const atStart = !this.filter.from;
    const atEnd = !this.filter.to;
    for (const input of [this.low, this.high]) { input.min = from; input.max = to; input.step = 1; }
    if (atStart) this.low.value = from;
    if (atEnd) this.high.value = to;
    this.#say();
  }

  #say() {
    const text = `${iso(Number(this.low.value))} → ${iso(Number(this.high.value))}`;
    this.said.textContent = text;
    this.low.setAttribute('aria-valuetext', iso(Number(this.low.value)));
    this.high.setAttribute('aria-valuetext', iso(Number(this.high.value)));
  }

  #slide(moved) {
    if (Number(this.low.value) > Number(this.high.value)) (moved === this.low ? this.high : this.low).value = moved.value;
    const [low, high] = [Number(this.low.value), Number(this.high.value)];
    this.filter = { ...this.filter, from: low > Number(this.low.min) ? iso(low) : null, to: high < Number(this.high.max) ? iso(high) : null };
    this.#say();
    this.#tell();
  }

  #chips() {
    const on = this.filter.types;
    const types = this.model?.types ?? [];
    clear(this.types, types.map(([type, n]) => h('button', { type: 'button', class: 'button small', 'aria-pressed': String(!on || on.has(type)), title: t('chip_hint'), on: { click: () => {
      const next = new Set(on ?? types.map(([name]) => name));
      if (!next.delete(type)) next.add(type);
      this.filter = { ...this.filter, types: next.size === types.length ? null : next };
      this.#chips();
      this.#tell();
    } } }, h('span', { text: `${word('edge', type)} ${count(n)}` }))));
  }
}

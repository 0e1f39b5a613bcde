// A table that draws only the rows in sight: sort by several columns, choose columns, copy as TSV, keyboard.
import { h, icon, live, clear, announce } from './dom.js';
import { t } from './i18n.js';
import { failed, menu, toast } from './overlay.js';
import { plain } from './plain.js';
import { prefs, remember, on } from './state.js';

const OVERSCAN = 6;
const compare = new Intl.Collator('zh-CN', { numeric: true }).compare;

/**
 * Columns: {id, t, width, right, two, cell(row), value(row), text(row), sort: false | field, hidden}. `value` sorts and
 * copies, `cell` (a node or a string) shows. With `onSort` the server sorts and rows are left in their order. `mark(rows)`
 * has a copy recorded and answers who takes it, and `rows` where the copy says something else than the table; a table
 * without it cannot be copied.
 */
export class Table {
  constructor({ name, columns, key, rowHeight = 34, label, onOpen, onCurrent, onSort, onNear, selectable = false, sort = [], onSelect, foot, mark }) {
    Object.assign(this, { name, columns, key, rowHeight, onOpen, onCurrent, onSort, onNear, selectable, sort, onSelect, mark });
    this.all = []; this.rows = []; this.drawn = new Map(); this.current = -1; this.selected = new Set(); this.lit = new Set(); this.total = 0;
    const kept = prefs[`columns.${name}`];
    this.shown = new Set(kept ?? columns.filter((c) => !c.hidden).map((c) => c.id));
    this.head = h('div', { class: 'grid-head', role: 'row' });
    this.body = h('div', { class: 'grid-body', role: 'rowgroup' });
    this.scroller = h('div', { class: 'grid-scroll', role: 'grid', tabIndex: 0, t_label: label, 'aria-multiselectable': selectable ? 'true' : undefined,
      on: { scroll: () => this.#later(), keydown: (event) => this.#key(event) } },
    h('div', { role: 'rowgroup' }, this.head), this.body);
    this.element = h('div', { class: 'grid' }, this.scroller, foot);
    this.element.setAttribute('data-live', '');
    live(this.element, () => { this.#drawHead(); this.redraw(); });
    this.watcher = new ResizeObserver(() => this.#draw());
    this.watcher.observe(this.scroller);
    this.stops = [on('density', () => this.redraw())];
  }

  destroy() { this.watcher.disconnect(); for (const stop of this.stops) stop(); }

  get visible() { return this.columns.filter((c) => this.shown.has(c.id)); }

  /** Show these rows; `total` may be more than are loaded. The current row stays where its key still is. */
  setRows(rows, total = rows.length) {
    const kept = this.rows[this.current] && this.key(this.rows[this.current]);
    this.all = rows;
    this.total = total;
    this.rows = this.onSort ? rows : this.#sorted(rows);
    this.current = kept === undefined ? -1 : this.rows.findIndex((row) => this.key(row) === kept);
    this.redraw();
  }

  redraw() { for (const row of this.drawn.values()) row.remove(); this.drawn.clear(); this.#draw(); }

  /** Light the rows with these keys (what is chosen in another pane) and bring the first into sight. */
  light(keys, reveal = true) {
    this.lit = new Set(keys);
    if (reveal && this.lit.size) {
      const first = this.rows.findIndex((row) => this.lit.has(this.key(row)));
      if (first >= 0) this.#reveal(first);
    }
    this.redraw();
  }

  /** Make row `index` the current one. */
  choose(index, { tell = true } = {}) {
    if (!this.rows.length) return;
    this.current = Math.max(0, Math.min(this.rows.length - 1, index));
    this.#reveal(this.current);
    this.redraw();
    this.scroller.setAttribute('aria-activedescendant', `${this.name}-row-${this.current}`);
    if (tell) this.onCurrent?.(this.rows[this.current]);
    if (this.current > this.rows.length - 15) this.onNear?.();
  }

  move(step) { this.choose(this.current < 0 ? 0 : this.current + step); }
  get row() { return this.rows[this.current]; }

  toggle(row) {
    const key = this.key(row);
    if (!this.selected.delete(key)) this.selected.add(key);
    this.onSelect?.(this.selected);
    this.redraw();
  }

  selectAll(yes) {
    this.selected = new Set(yes ? this.rows.map(this.key) : []);
    this.onSelect?.(this.selected);
    this.#drawHead();
    this.redraw();
  }

  /** Rows as tab-separated values with a header; each carries the mark, so that a part that is cut out carries it too. */
  tsv(rows, mark) {
    const safe = (value) => plain(value).replace(/[\t\r\n]+/g, ' ').replace(/^(\s*[=+\-@＝＋－＠])/, "'$1");
    const columns = this.visible.filter((c) => c.id !== 'select');
    const values = mark.columns.map((column) => safe(column.value));
    return [[...columns.map((c) => t(c.t)), ...mark.columns.map((column) => column.heading)],
      ...rows.map((row) => [...columns.map((c) => safe((c.text ?? c.value)?.(row))), ...values])].map((line) => line.join('\t')).join('\n');
  }

  /** Put what is loaded on the clipboard, or the selected rows where some are selected. */
  async copy() {
    const rows = this.selected.size ? this.rows.filter((row) => this.selected.has(this.key(row))) : this.rows;
    if (!this.mark || !rows.length) return;
    try {
      const mark = await this.mark(rows);
      await navigator.clipboard.writeText(this.tsv(mark.rows ?? rows, mark));
      toast(t('copied_rows', { n: rows.length }));
    } catch (error) { failed(error); }
  }

  chooseColumns(anchor) {
    menu({ anchor }, this.columns.filter((c) => c.t).map((c) => ({ t: c.t, checked: this.shown.has(c.id), act: () => {
      if (!this.shown.delete(c.id)) this.shown.add(c.id);
      remember({ [`columns.${this.name}`]: [...this.shown] });
      this.#drawHead();
      this.redraw();
    } })), 'columns');
  }

  #sorted(rows) {
    if (!this.sort.length) return rows;
    const keys = this.sort.map(({ id, desc }) => ({ value: this.columns.find((c) => c.id === id).value, sign: desc ? -1 : 1 }));
    return [...rows].sort((a, b) => {
      for (const { value, sign } of keys) {
        const [x, y] = [value(a), value(b)];
        const order = x === y ? 0 : x === null || x === undefined || x === '' ? 1 : y === null || y === undefined || y === '' ? -1
          : (typeof x === 'number' && typeof y === 'number' ? x - y : compare(x, y)) * sign;
        if (order) return order;
      }
      return 0;
    });
  }

  #sortBy(column, add) {
    const field = typeof column.sort === 'string' ? column.sort : column.id;
    const old = this.sort.find((s) => s.id === field);
    const next = !old ? { id: field, desc: Boolean(column.right) } : old.desc === Boolean(column.right) ? { id: field, desc: !old.desc } : null;
    const others = add ? this.sort.filter((s) => s.id !== field) : [];
    this.sort = next ? [...others, next] : others;
    this.#drawHead();
    if (this.onSort) this.onSort(this.sort);
    else this.setRows(this.all, this.total);
    announce(t('sorted_by', { column: t(column.t) }));
  }

  #drawHead() {
    const template = [...(this.selectable ? ['36px'] : []), ...this.visible.map((c) => (typeof c.width === 'number' ? `${c.width}px` : c.width))].join(' ');
    this.template = template;
    const cells = this.visible.map((column) => {
      const field = typeof column.sort === 'string' ? column.sort : column.id;
      const place = this.sort.findIndex((s) => s.id === field);
      const way = place < 0 ? null : this.sort[place].desc ? 'descending' : 'ascending';
      return h('div', { role: 'columnheader', class: column.right ? 'right' : '', 'aria-sort': way ?? undefined },
        column.sort === false ? h('span', { text: column.title ?? t(column.t) })
          : h('button', { type: 'button', title: t('sort_hint'), on: { click: (event) => this.#sortBy(column, event.shiftKey) } },
            h('span', { text: column.title ?? t(column.t) }), way && icon(way === 'ascending' ? 'arrow-up' : 'arrow-down'), way && this.sort.length > 1 && h('sup', { text: place + 1 })));
    });
    if (this.selectable) {
      cells.unshift(h('div', { role: 'columnheader' }, h('span', {}, h('input', { type: 'checkbox', 'aria-label': t('select_all'), checked: this.rows.length > 0 && this.selected.size === this.rows.length,
        on: { change: (event) => this.selectAll(event.target.checked) } }))));
    }
    clear(this.head, cells);
    const least = this.visible.reduce((n, c) => n + (typeof c.width === 'number' ? c.width : Number(/\d+/.exec(c.width)?.[0] ?? 80)), this.selectable ? 36 : 0);
    for (const part of [this.head, this.body]) part.style.minWidth = `${least}px`;
    this.head.style.gridTemplateColumns = template;
    this.scroller.setAttribute('aria-colcount', cells.length);
  }

  #later() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.#draw(); });
  }

  #draw() {
    const height = this.scroller.clientHeight || 400;
    const from = Math.max(0, Math.floor(this.scroller.scrollTop / this.rowHeight) - OVERSCAN);
    const to = Math.min(this.rows.length, Math.ceil((this.scroller.scrollTop + height) / this.rowHeight) + OVERSCAN);
    this.body.style.height = `${this.rows.length * this.rowHeight}px`;
    this.scroller.setAttribute('aria-rowcount', this.total + 1);
    for (const [index, row] of this.drawn) if (index < from || index >= to) { row.remove(); this.drawn.delete(index); }
    const fresh = document.createDocumentFragment();
    for (let index = from; index < to; index += 1) if (!this.drawn.has(index)) { const row = this.#row(index); this.drawn.set(index, row); fresh.append(row); }
    this.body.append(fresh);
    if (to > this.rows.length - 10 && this.rows.length) this.onNear?.();
  }

  #row(index) {
    const row = this.rows[index];
    const key = this.key(row);
    const cells = this.visible.map((column) => {
      const shown = (column.cell ?? column.text ?? column.value)(row);
      const simple = typeof shown !== 'object' || shown === null;
      return h('div', { role: 'gridcell', class: `${column.right ? 'right' : ''}${column.two ? ' two' : ''}`, title: column.title_of?.(row) ?? (simple ? String(shown ?? '') : undefined) }, simple ? String(shown ?? '') : shown);
    });
    if (this.selectable) {
      cells.unshift(h('div', { role: 'gridcell' }, h('input', { type: 'checkbox', tabIndex: -1, checked: this.selected.has(key), 'aria-label': t('select_row'),
        on: { click: (event) => { event.stopPropagation(); this.toggle(row); } } })));
    }
    const element = h('div', { role: 'row', id: `${this.name}-row-${index}`, 'aria-rowindex': index + 2,
      'aria-selected': this.selectable ? String(this.selected.has(key)) : undefined,
      class: `grid-row${index === this.current ? ' current' : ''}${this.lit.has(key) ? ' lit' : ''}`,
      on: { click: () => this.choose(index), dblclick: () => this.onOpen?.(row) } }, cells);
    element.style.gridTemplateColumns = this.template;
    element.style.height = `${this.rowHeight}px`;
    element.style.top = `${index * this.rowHeight}px`;
    return element;
  }

  #reveal(index) {
    const top = index * this.rowHeight;
    const room = this.scroller.clientHeight - this.head.offsetHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + this.rowHeight > this.scroller.scrollTop + room) this.scroller.scrollTop = top + this.rowHeight - room;
  }

  #key(event) {
    if (event.target !== this.scroller || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'c' && !getSelection().toString()) { event.preventDefault(); this.copy(); return; }
    if (event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.rowHeight) - 2);
    const act = { ArrowDown: () => this.move(1), ArrowUp: () => this.move(-1), PageDown: () => this.move(page), PageUp: () => this.move(-page),
      Home: () => this.choose(0), End: () => this.choose(this.rows.length - 1), Enter: () => this.row && this.onOpen?.(this.row),
      ' ': () => this.row && this.selectable && this.toggle(this.row) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }
}

// The table twin: all that is on the canvas as two tables, for the keyboard, the screen reader, and for sorting.
import { button, clear, h } from '../dom.js';
import { day, exact, money } from '../format.js';
import { said, word } from '../i18n.js';
import { region } from '../regions.js';
import { Table } from '../table.js';

export class Twin {
  /** `choose(ids)` when rows are chosen, `open(id, anchor)` when a node's row is opened, `mark(ids)` before nodes or their relations are copied. */
  constructor(name, { choose, open, mark }) {
    this.names = new Map();
    const nodes = [
      { id: 'kind', t: 'col_kind', width: 100, value: (n) => word('kind', n.kind) },
      { id: 'name', t: 'col_name', width: 'minmax(180px, 2fr)', value: (n) => n.name || n.key },
      { id: 'key', t: 'col_id', width: 130, value: (n) => n.key ?? '' },
      { id: 'region', t: 'col_region', width: 160, value: (n) => region(n.region) },
      { id: 'amount', t: 'col_amount', width: 130, right: true, value: (n) => n.amount ?? '', cell: (n) => money(n.amount, n.currency ?? 'CNY'), text: (n) => (n.amount ? n.amount / 100 : ''), title_of: (n) => exact(n.amount, n.currency ?? 'CNY') },
      { id: 'links', t: 'col_links', width: 70, right: true, value: (n) => this.degree.get(n.id) ?? 0 },
    ];
    const edges = [
      { id: 'type', t: 'col_relation', width: 110, value: (e) => word('edge', e.type) },
      { id: 'source', t: 'col_from', width: 'minmax(140px, 1fr)', value: (e) => this.names.get(e.source) ?? e.source },
      { id: 'target', t: 'col_to', width: 'minmax(140px, 1fr)', value: (e) => this.names.get(e.target) ?? e.target },
      { id: 'amount', t: 'col_amount', width: 130, right: true, value: (e) => e.amount ?? '', cell: (e) => money(e.amount, e.currency ?? 'CNY'), text: (e) => (e.amount ? e.amount / 100 : ''), title_of: (e) => exact(e.amount, e.currency ?? 'CNY') },
      { id: 'day', t: 'col_day', width: 104, value: (e) => day(e.day ?? e.bundle?.first ?? e.from) },
      { id: 'n', t: 'col_count', width: 64, right: true, value: (e) => e.bundle?.count ?? 1 },
      { id: 'text', t: 'col_text', width: 'minmax(200px, 1.6fr)', hidden: true, value: (e) => said(e.text) },
      { id: 'ref', t: 'col_ref', width: 190, hidden: true, value: (e) => e.ref ?? '' },
    ];
    this.degree = new Map();
    this.tables = {
      nodes: new Table({ name: `${name}-nodes`, columns: nodes, key: (x) => x.id, label: 'twin_nodes', onCurrent: (x) => choose([x.id]), onOpen: (x) => open(x.id, this.tables.nodes.body.querySelector('.current')),
        mark: mark && ((rows) => mark(rows.map((n) => n.id))) }),
      edges: new Table({ name: `${name}-edges`, columns: edges, key: (x) => x.id, label: 'twin_edges', onCurrent: (x) => choose([x.id]), sort: [{ id: 'amount', desc: true }],
        mark: mark && ((rows) => mark([...new Set(rows.flatMap((e) => [e.source, e.target]))])) }),
    };
    this.tab = 'nodes';
    this.tabs = h('div', { class: 'tabs', role: 'tablist', t_label: 'twin' });
    this.holder = h('div', { class: 'twin-holder' });
    this.element = h('section', { class: 'twin', t_label: 'twin' }, h('div', { class: 'list-top' }, this.tabs, h('span', { class: 'grow' }),
      button('columns', (e) => this.tables[this.tab].chooseColumns(e.currentTarget), { picture: 'columns-3', look: 'small quiet', only: true }),
      mark && button('copy_table', () => this.tables[this.tab].copy(), { picture: 'copy', look: 'small quiet', only: true })), this.holder);
    this.#draw();
  }

  #draw() {
    clear(this.tabs, ['nodes', 'edges'].map((name) => h('button', { type: 'button', role: 'tab', 'aria-selected': String(this.tab === name), t: [`twin_${name}_n`, { n: () => this.tables[name].total }],
      on: { click: () => { this.tab = name; this.#draw(); } } })));
    clear(this.holder, this.tables[this.tab].element);
  }

  show(view) {
    this.names = new Map(view.nodes.map((n) => [n.id, n.name || n.key]));
    this.degree = new Map();
    for (const e of view.edges) for (const end of [e.source, e.target]) this.degree.set(end, (this.degree.get(end) ?? 0) + 1);
    this.tables.nodes.setRows(view.nodes);
    this.tables.edges.setRows(view.edges);
    this.#draw();
  }

  light(ids) { for (const table of Object.values(this.tables)) table.light(ids); }
  destroy() { for (const table of Object.values(this.tables)) table.destroy(); }
}

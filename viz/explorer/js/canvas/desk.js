// The graph work of a view: canvas, tools, filter strip, table twin, card of what is chosen.
import { download, save } from '../api.js';
import { announce, button, clear, h } from '../dom.js';
import { count, exact } from '../format.js';
import { said, t, word } from '../i18n.js';
import { failed, menu, sheet, toast } from '../overlay.js';
import { plain } from '../plain.js';
import { link } from '../router.js';
import { may, on, snapshot } from '../state.js';
import { graphMark } from '../taken.js';
import { common, expand, paths, relations } from './asks.js';
import { Canvas } from './canvas.js';
import { Details } from './details.js';
import { legend } from './legend.js';
import { edgeLabel } from './model.js';
import { Strip } from './strip.js';
import { svgText } from './svg.js';
import { Twin } from './twin.js';

export class Desk {
  /** `onSelect(nodes, edges)` tells the view what is chosen; `name` keeps column choices apart; `finding` is the lead that is shown. */
  constructor(name, { onSelect, finding } = {}) {
    this.name = name;
    this.finding = finding;
    this.onSelect = onSelect;
    this.from = null; // where a path is to start, chosen before its end
    this.place = h('div', { class: 'canvas', role: 'img', t_label: 'canvas_label' });
    this.tip = h('div', { class: 'tip', hidden: true });
    this.details = new Details(() => { this.details.hide(); this.canvas.select([]); });
    this.strip = new Strip(() => { this.canvas.model.filter = this.strip.filter; this.canvas.draw(); this.#status(); });
    this.twin = new Twin(name, { choose: (ids) => this.canvas.select(ids), open: (id, anchor) => this.#menuFor(id, { anchor }),
      mark: may('export.personal') && ((ids) => this.#mark('table', ids)) });
    this.twin.element.hidden = true;
    this.status = h('div', { class: 'canvas-status', role: 'status' });
    this.canvas = new Canvas(this.place, {
      onSelect: (nodes, edges) => this.#selected(nodes, edges),
      onOpen: (id) => (id.startsWith('Group/') ? this.canvas.model.ungroup(id) : expand(this, id)),
      onBundle: (key) => key && this.canvas.model.toggleBundle(key),
      onMenu: (element, at) => (element?.isNode?.() ? this.#menuFor(element.id(), at) : element ? this.#menuForEdge(element, at) : this.#menuForGround(at)),
      onHover: (element, event) => this.#hover(element, event),
      onChange: () => this.#changed(),
    });
    this.stage = h('div', { class: 'stage' }, this.place, h('div', { class: 'zoomer' },
      button('zoom_in', () => this.canvas.zoomBy(1.25), { picture: 'zoom-in', only: true }), button('zoom_out', () => this.canvas.zoomBy(0.8), { picture: 'zoom-out', only: true }),
      button('fit', () => this.canvas.fit(), { picture: 'maximize', only: true }), button('relayout', () => this.canvas.layout().catch(failed), { picture: 'refresh-cw', only: true })), this.details.element, this.tip);
    this.element = h('section', { class: 'desk', t_label: 'graph' }, this.#tools(), this.strip.element, this.stage, this.twin.element, this.status);
    const picture = h('img', { class: 'print-picture', alt: '' });
    this.stage.append(picture);
    const printing = () => { picture.src = this.canvas.cy.png({ full: true, scale: 2, maxWidth: 3000, bg: '#ffffff' }); };
    addEventListener('beforeprint', printing);
    this.stops = [() => removeEventListener('beforeprint', printing), on('theme', () => this.canvas.restyle()), on('language', () => { this.canvas.draw(true); this.#changed(); })];
  }

  async start() { await this.canvas.start(); this.#changed(); return this; }
  destroy() { this.stops.forEach((stop) => stop()); this.twin.destroy(); this.canvas.destroy(); }

  nameOf(id) { const node = this.canvas.model.now.nodes.get(id); return node?.name || node?.key || id; }

  #tools() {
    const m = () => this.canvas.model;
    const chosen = () => this.canvas.selectedNodes().map((n) => n.id);
    const two = (act) => () => { const ids = this.order.filter((id) => chosen().includes(id)); if (ids.length === 2) act(ids); else toast(t('choose_two')); };
    this.order = [];
    this.tools = {
      undo: button('undo', () => this.undo(), { picture: 'undo-2', only: true, look: 'quiet' }),
      redo: button('redo', () => this.redo(), { picture: 'redo-2', only: true, look: 'quiet' }),
      expand: button('expand', () => chosen().forEach((id) => expand(this, id)), { picture: 'share-2', look: 'quiet small' }),
      path: button('path', two(([a, b]) => paths(this, a, b)), { picture: 'route', look: 'quiet small' }),
      money: button('money_path', two(([a, b]) => paths(this, a, b, true)), { picture: 'banknote', look: 'quiet small' }),
      common: button('common', () => (chosen().length > 1 ? common(this, chosen()) : toast(t('choose_more'))), { picture: 'users', look: 'quiet small' }),
      pin: button('pin', () => { const ids = chosen(); if (ids.length) m().pin(ids, !ids.every((id) => m().now.pinned.has(id))); else toast(t('choose_first')); }, { picture: 'pin', only: true, look: 'quiet' }),
      hide: button('hide', () => this.hide(chosen()), { picture: 'eye-off', only: true, look: 'quiet' }),
      group: button('group', () => this.group(chosen()), { picture: 'group', only: true, look: 'quiet' }),
      filter: button('strip', () => { this.strip.toggle(); this.tools.filter.setAttribute('aria-pressed', String(!this.strip.element.hidden)); }, { picture: 'filter', only: true, look: 'quiet', 'aria-pressed': 'false' }),
      twin: button('twin_toggle', () => this.toggleTwin(), { picture: 'table', look: 'quiet small', 'aria-pressed': 'false' }),
    };
    let turn = 0;
    const find = h('input', { type: 'search', class: 'find', t_placeholder: 'find', t_label: 'find', on: {
      input: () => { turn = 0; this.#found(this.canvas.find(find.value)); },
      keydown: (e) => { if (e.key === 'Enter') { turn += 1; this.#found(this.canvas.find(find.value, turn)); } if (e.key === 'Escape') { find.value = ''; this.canvas.light([]); find.blur(); } } } });
    const x = this.tools;
    const line = () => h('span', { class: 'rule' });
    return h('div', { class: 'bar tight tools', role: 'toolbar', t_label: 'tools' }, x.undo, x.redo, line(), x.expand, x.path, x.money, x.common, line(), x.pin, x.hide, x.group, line(),
      x.filter, find, h('span', { class: 'grow' }), x.twin,
      may('export.personal') && button('take', (e) => this.#takeMenu(e.currentTarget), { picture: 'download', look: 'quiet small' }), button('legend', () => sheet('legend', (box) => box.append(legend())), { picture: 'circle-help', only: true, look: 'quiet' }));
  }

  #found(n) { announce(t('found_n', { n: count(n) })); this.status.dataset.found = n; }

  toggleTwin(yes = this.twin.element.hidden) {
    this.twin.element.hidden = !yes;
    this.tools.twin.setAttribute('aria-pressed', String(yes));
    if (yes) this.twin.show(this.canvas.view);
    this.canvas.cy?.resize();
    this.canvas.show(this.canvas.view.nodes.map((n) => n.id));
  }

  undo() { const name = this.canvas.model.undo(); if (name) announce(t('undone', { step: t(name) })); }
  redo() { const name = this.canvas.model.redo(); if (name) announce(t('redone', { step: t(name) })); }
  hide(ids) { if (ids.length) this.canvas.model.hide(ids); else toast(t('choose_first')); }
  group(ids) { if (ids.length > 1) this.canvas.model.group(ids, t('group_name')); else toast(t('choose_more')); }
  expand(id, params) { return expand(this, id, params); }
  relations() { return relations(this); }

  #changed() {
    const { model } = this.canvas;
    this.tools.undo.disabled = !model.past.length;
    this.tools.redo.disabled = !model.future.length;
    this.strip.show(model);
    this.strip.filter && (model.filter = this.strip.filter);
    if (!this.twin.element.hidden && this.canvas.view) this.twin.show(this.canvas.view);
    this.#status();
    this.onChange?.();
  }

  #status() {
    const { model, view } = this.canvas;
    if (!view) return;
    const hidden = model.now.hidden.size;
    const total = Math.max(model.total ?? 0, model.now.nodes.size);
    const shown = view.nodes.length;
    Object.assign(this.status.dataset, { nodes: shown, edges: view.edges.length });
    clear(this.status, h('span', { class: 'number', text: t('canvas_count', { nodes: count(shown), total: count(total), edges: count(view.edges.length) }) }),
      hidden > 0 && h('button', { type: 'button', class: 'link', text: t('show_hidden', { n: count(hidden) }), on: { click: () => model.showAll() } }),
      model.now.rest && h('button', { type: 'button', class: 'link', text: t('neighbours_left', { n: count(model.now.rest.left), name: this.nameOf(model.now.rest.id) }), on: { click: () => expand(this, model.now.rest.id, model.now.rest.params) } }),
      h('span', { class: 'grow' }), h('span', { class: 'keys-hint', t: 'canvas_keys' }));
  }

  #selected(nodes, edges) {
    this.order = [...this.order.filter((id) => nodes.some((n) => n.id === id)), ...nodes.map((n) => n.id).filter((id) => !this.order.includes(id))];
    if (this.from && nodes.length === 1 && nodes[0].id !== this.from.to) { const { to, money } = this.from; this.from = null; paths(this, nodes[0].id, to, money); }
    const names = new Map([...this.canvas.model.now.nodes.values()].map((n) => [n.id, n.name || n.key]));
    if (edges.length === 1) this.details.show({ edge: edges[0], names, openBundle: () => this.canvas.model.toggleBundle(edges[0].key) });
    else if (nodes.length === 1 && !edges.length) this.details.show({ node: nodes[0], names, acts: this.#acts(nodes[0]) });
    else this.details.hide();
    const ids = [...nodes, ...edges].map((x) => x.id);
    this.twin.light(ids);
    if (ids.length === 1) announce(edges.length ? said(edges[0].text) : `${word('kind', nodes[0].kind)} ${nodes[0].name}`);
    this.onSelect?.(nodes, edges);
  }

  #acts(node) {
    if (node.kind === 'group') return [button('ungroup', () => this.canvas.model.ungroup(node.id), { look: 'small' })];
    return [button('expand', () => expand(this, node.id), { look: 'small', picture: 'share-2' }), button('hide', () => this.hide([node.id]), { look: 'small', picture: 'eye-off' })];
  }

  #menuFor(id, where) {
    this.tip.hidden = true;
    const { model } = this.canvas;
    const node = model.now.nodes.get(id) ?? { id, kind: 'group' };
    const others = this.order.filter((x) => x !== id);
    const to = (money) => { if (others.length === 1) paths(this, others[0], id, money); else { this.from = { to: id, money }; toast(t('choose_start')); } };
    if (node.kind === 'group') { menu(where, [{ t: 'ungroup', picture: 'ungroup', act: () => model.ungroup(id) }, { t: 'hide', picture: 'eye-off', act: () => this.hide([id]) }], 'node_menu'); return; }
    menu(where, [
      { head: this.nameOf(id) },
      { t: 'expand', picture: 'share-2', act: () => expand(this, id) },
      { t: 'collapse', picture: 'minus', off: ![...model.now.nodes.values()].some((n) => n.origin === id), act: () => model.collapse(id) },
      { t: 'paths_here', picture: 'route', act: () => to(false) },
      { t: 'money_here', picture: 'banknote', act: () => to(true) }, null,
      { t: model.now.pinned.has(id) ? 'unpin' : 'pin', picture: 'pin', act: () => model.pin([id], !model.now.pinned.has(id)) },
      { t: 'hide', picture: 'eye-off', act: () => this.hide([id]) },
      { t: 'group', picture: 'group', off: this.order.length < 2, act: () => this.group(this.order) }, null,
      node.label === 'Party' && { t: 'profile', picture: 'external-link', act: () => { location.hash = link('party', node.key); } },
      { t: 'copy_id', picture: 'copy', act: () => navigator.clipboard.writeText(node.key ?? id).then(() => toast(t('copied'))) },
    ].filter((x) => x !== false), 'node_menu');
  }

  #menuForEdge(element, where) {
    const edge = this.canvas.byId.get(element.id());
    menu(where, [edge.key && { t: 'bundle_open', act: () => this.canvas.model.toggleBundle(edge.key) }, edge.parent && { t: 'bundle_close', act: () => this.canvas.model.toggleBundle(edge.parent) },
      { t: 'show_source', act: () => this.canvas.select([edge.id]) }, { t: 'only_type', picture: 'filter', act: () => this.strip.only(edge.type) }].filter(Boolean), 'edge_menu');
  }

  #menuForGround(where) {
    menu(where, [{ t: 'fit', picture: 'maximize', act: () => this.canvas.fit() }, { t: 'relations', picture: 'network', act: () => relations(this) }, { t: 'relayout', picture: 'refresh-cw', act: () => this.canvas.layout().catch(failed) },
      { t: 'show_all', off: !this.canvas.model.now.hidden.size, act: () => this.canvas.model.showAll() }], 'canvas_menu');
  }

  #hover(element, event) {
    if (!element) { this.tip.hidden = true; return; }
    const x = this.canvas.byId.get(element.id());
    if (!x) return;
    this.tip.textContent = plain(element.isNode() ? `${word('kind', x.kind)} · ${x.name || x.key}` : x.bundle?.count > 1 ? edgeLabel(x) : [said(x.text), x.amount ? exact(x.amount, x.currency ?? 'CNY') : ''].filter(Boolean).join(' · '));
    this.tip.hidden = false;
    const box = this.stage.getBoundingClientRect();
    this.tip.style.left = `${Math.min(event.clientX - box.left + 12, box.width - this.tip.offsetWidth - 8)}px`;
    this.tip.style.top = `${Math.min(event.clientY - box.top + 14, box.height - this.tip.offsetHeight - 8)}px`;
  }

  /** Have the server record what is taken of these nodes (a group stands for its members). */
  #mark(kind, ids) {
    const { groups } = this.canvas.model.now;
    return graphMark(kind, [...new Set(ids.flatMap((id) => [...(groups.get(id)?.members ?? [id])]))], this.finding);
  }

  #takeMenu(anchor) {
    if (!this.canvas.view.nodes.length) { toast(t('explore_empty')); return; }
    const name = `qingfeng-${new Date().toISOString().slice(0, 10)}`;
    const shown = () => ({ nodes: this.canvas.view.nodes.filter((n) => n.kind !== 'group').map((n) => n.id), edges: this.canvas.view.edges.flatMap((e) => (e.edges ?? [e]).map((x) => x.id)) });
    const file = (format, ending) => () => download('graph/export', `${name}.${ending}`, { method: 'POST', body: { ...shown(), format } }).catch(failed);
    const drawing = (kind, draw) => async () => {
      try {
        const mark = await this.#mark(kind, this.canvas.view.nodes.map((n) => n.id));
        save(await draw([mark.sentence, this.finding, snapshot.id].filter(Boolean).join(' · ')), `${name}.${kind}`);
      } catch (error) { failed(error); }
    };
    menu({ anchor }, [
      { t: 'take_png', picture: 'image', act: drawing('png', (note) => this.canvas.png(note)) },
      { t: 'take_svg', picture: 'image', act: drawing('svg', (note) => new Blob([svgText(this.canvas.cy, note)], { type: 'image/svg+xml' })) }, null,
      { t: 'take_snapshot', picture: 'network', act: file('snapshot', 'html') },
      { t: 'take_csv', picture: 'table', act: file('csv', 'csv') }, { t: 'take_xlsx', picture: 'table', act: file('xlsx', 'xlsx') },
      { t: 'take_graphml', picture: 'share-2', act: file('graphml', 'graphml') }, { t: 'take_ftm', picture: 'share-2', act: file('ftm', 'json') },
    ], 'take');
  }

  /** Keys of graph work, for the view's list. */
  keys() {
    return {
      ' ': { t: 'fit', act: () => this.canvas.fit() },
      Escape: { t: 'key_clear', act: () => { this.canvas.select([]); this.canvas.light([]); this.from = null; } },
      'ctrl+z': { t: 'undo', act: () => this.undo() }, 'ctrl+y': { t: 'redo', act: () => this.redo() }, 'ctrl+shift+z': { act: () => this.redo() },
      e: { t: 'expand', act: () => this.canvas.selectedNodes().forEach((n) => expand(this, n.id)) },
      h: { t: 'hide', act: () => this.hide(this.canvas.selectedNodes().map((n) => n.id)) },
      p: { t: 'pin', act: () => this.tools.pin.click() },
      f: { t: 'find', act: () => this.element.querySelector('.find').focus() },
      t: { t: 'twin_toggle', act: () => { this.toggleTwin(); if (!this.twin.element.hidden) this.twin.tables[this.twin.tab].scroller.focus(); } },
    };
  }
}

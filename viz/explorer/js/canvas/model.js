// What is on the canvas, apart from how it is drawn: nodes, edges, what is hidden, pinned, grouped, and the way back.
import { brief, twoLines } from '../format.js';
import { cell, t, word } from '../i18n.js';

export const DEFAULT_NODES = 300;
export const MOST_NODES = 2000;
const MOST_STEPS = 100;

export const MONEY = new Set(['PAID', 'PAID_DEPOSIT', 'ASSIGNED', 'DISPOSED', 'PAID_BY', 'PAID_TO', 'FEEDS']);

const copy = (s) => ({ nodes: new Map(s.nodes), edges: new Map(s.edges), hidden: new Set(s.hidden), pinned: new Set(s.pinned), groups: new Map(s.groups), opened: new Set(s.opened), places: new Map(s.places), rest: s.rest });
const fresh = () => ({ nodes: new Map(), edges: new Map(), hidden: new Set(), pinned: new Set(), groups: new Map(), opened: new Set(), places: new Map(), rest: null });

export class Model {
  constructor(changed) {
    this.changed = changed;
    this.now = fresh();
    this.past = [];
    this.future = [];
    this.filter = { types: null, from: null, to: null, min: 0 };
    this.total = null;
  }

  /** Do something that can be undone; `name` is a key of the catalogue. */
  act(name, work) {
    const before = copy(this.now);
    work(this.now);
    this.past.push({ name, state: before });
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
    this.changed();
  }

  undo() { return this.#step(this.past, this.future); }
  redo() { return this.#step(this.future, this.past); }

  #step(from, to) {
    const entry = from.pop();
    if (!entry) return null;
    to.push({ name: entry.name, state: this.now });
    this.now = entry.state;
    this.changed();
    return entry.name;
  }

  /**
   * Add a graph. Known nodes and edges stay as they are. `rest`: what an expansion left out, as {id, left, params} of the
   * next page. Answers the new nodes; beyond the most, null and nothing is added.
   */
  add(name, graph, origin = null, rest = this.now.rest) {
    const news = graph.nodes.filter((node) => !this.now.nodes.has(node.id));
    if (this.now.nodes.size + news.length > MOST_NODES) return null;
    this.act(name, (s) => {
      for (const node of news) s.nodes.set(node.id, { ...node, origin });
      for (const node of graph.nodes) s.hidden.delete(node.id);
      s.rest = rest;
      for (const edge of graph.edges) if (!s.edges.has(edge.id)) s.edges.set(edge.id, edge);
    });
    return news;
  }

  hide(ids) { this.act('step_hide', (s) => ids.forEach((id) => s.hidden.add(id))); }
  showAll() { this.act('step_show', (s) => s.hidden.clear()); }
  pin(ids, yes) { this.act(yes ? 'step_pin' : 'step_unpin', (s) => ids.forEach((id) => (yes ? s.pinned.add(id) : s.pinned.delete(id)))); }
  toggleBundle(key) { this.act('step_bundle', (s) => { if (!s.opened.delete(key)) s.opened.add(key); }); }

  /** Take off the canvas what an expansion of `id` brought, and what that brought. */
  collapse(id) {
    const gone = new Set();
    const take = (from) => { for (const node of this.now.nodes.values()) if (node.origin === from && !gone.has(node.id) && node.id !== id && !this.now.pinned.has(node.id)) { gone.add(node.id); take(node.id); } };
    take(id);
    if (!gone.size) return 0;
    this.act('step_collapse', (s) => {
      for (const node of gone) s.nodes.delete(node);
      if (gone.has(s.rest?.id) || s.rest?.id === id) s.rest = null;
      for (const [key, edge] of s.edges) if (gone.has(edge.source) || gone.has(edge.target)) s.edges.delete(key);
    });
    return gone.size;
  }

  group(ids, name) {
    const key = `Group/${this.past.length}-${ids[0]}`;
    this.act('step_group', (s) => s.groups.set(key, { key, name, members: new Set(ids.flatMap((id) => [...(s.groups.get(id)?.members ?? [id])])) }));
    return key;
  }

  ungroup(key) { this.act('step_ungroup', (s) => s.groups.delete(key)); }
  clear() { this.act('step_clear', (s) => Object.assign(s, fresh())); }

  get types() {
    const counts = new Map();
    for (const edge of this.now.edges.values()) counts.set(edge.type, (counts.get(edge.type) ?? 0) + (edge.bundle?.count ?? 1));
    return [...counts].sort((a, b) => b[1] - a[1]);
  }

  /** First and last day of anything dated, or null. */
  get span() {
    let from = null; let to = null;
    for (const edge of this.now.edges.values()) {
      const first = edge.bundle?.first ?? edge.day ?? null;
      const last = edge.bundle?.last ?? edge.day ?? null;
      if (first && (!from || first < from)) from = first;
      if (last && (!to || last > to)) to = last;
    }
    return from && from !== to ? { from, to } : null;
  }

  #passes(edge) {
    const { types, from, to, min } = this.filter;
    if (types && !types.has(edge.type)) return false;
    if (min && MONEY.has(edge.type) && (edge.amount ?? 0) < min) return false;
    if (from || to) {
      const start = edge.bundle?.first ?? edge.day ?? edge.from;
      const end = edge.bundle?.last ?? edge.day ?? edge.to;
      if (edge.day || edge.bundle?.first) { if ((from && end < from) || (to && start > to)) return false; }
      else if ((from && end && end < from) || (to && start && start > to)) return false;
    }
    return true;
  }

  /** What is to be drawn now: nodes and edges, parallel edges of one kind as one, groups as one node. */
  view() {
    const s = this.now;
    const owner = new Map();
    for (const group of s.groups.values()) for (const id of group.members) owner.set(id, group.key);
    const nodes = new Map();
    for (const node of s.nodes.values()) {
      if (s.hidden.has(node.id)) continue;
      const key = owner.get(node.id);
      if (!key) nodes.set(node.id, node);
      else if (!nodes.has(key) && !s.hidden.has(key)) nodes.set(key, { id: key, kind: 'group', name: s.groups.get(key).name, members: s.groups.get(key).members.size, properties: {} });
    }
    const bundles = new Map();
    for (const edge of s.edges.values()) {
      if (!this.#passes(edge)) continue;
      const source = owner.get(edge.source) ?? edge.source;
      const target = owner.get(edge.target) ?? edge.target;
      if (source === target || !nodes.has(source) || !nodes.has(target)) continue;
      const key = `${edge.type}|${source}|${target}`;
      if (!bundles.has(key)) bundles.set(key, { key, source, target, type: edge.type, edges: [] });
      bundles.get(key).edges.push(edge);
    }
    const edges = [];
    for (const bundle of bundles.values()) {
      if (bundle.edges.length === 1 || s.opened.has(bundle.key)) for (const edge of bundle.edges) edges.push({ ...edge, source: bundle.source, target: bundle.target, parent: bundle.edges.length > 1 ? bundle.key : null });
      else edges.push(merged(bundle));
    }
    return { nodes: [...nodes.values()], edges };
  }
}

/** One edge for several: how many, their sum, from when to when. */
function merged({ key, source, target, type, edges }) {
  const days = edges.flatMap((e) => (e.bundle ? [e.bundle.first, e.bundle.last] : [e.day])).filter(Boolean).sort();
  const sums = edges.map((e) => e.amount).filter((x) => x !== null && x !== undefined);
  return { id: key, key, source, target, type, edges, own: edges.some((e) => e.own), amount: sums.length ? sums.reduce((a, b) => a + b, 0) : null,
    currency: edges[0].currency, text: edges[0].text, properties: edges[0].properties ?? {}, ref: null, day: null,
    bundle: { count: edges.reduce((n, e) => n + (e.bundle?.count ?? 1), 0), first: days[0] ?? null, last: days.at(-1) ?? null } };
}

/** What stands on an edge: share, role, or sum and date. */
export function edgeLabel(edge) {
  const money = edge.amount !== null && edge.amount !== undefined && MONEY.has(edge.type);
  if (edge.bundle?.count > 1) {
    const from = edge.bundle.first?.slice(0, 7);
    const to = edge.bundle.last?.slice(0, 7);
    const when = from ? (from === to ? from : `${from} → ${to}`) : '';
    const what = MONEY.has(edge.type) && edge.type.startsWith('PAID') ? t('n_payments', { n: edge.bundle.count }) : t('n_links', { n: edge.bundle.count, type: word('edge', edge.type) });
    return [[what, money ? brief(edge.amount, edge.currency ?? 'CNY') : ''].filter(Boolean).join(' · '), when].filter(Boolean).join('\n');
  }
  if (money) return [brief(edge.amount, edge.currency ?? 'CNY'), edge.day].filter(Boolean).join(' · ');
  const p = edge.properties ?? {};
  if (edge.type === 'OWNS') return edge.share_pct === null || edge.share_pct === undefined ? word('edge', 'OWNS') : `${Number(edge.share_pct)} %`;
  if (edge.type === 'ROLE' && p.kind) return word('role', p.kind);
  if (edge.type === 'POST' && p.title) return twoLines(p.title);
  if (edge.type === 'KIN' && p.relation) return cell('kinship', 'relation', p.relation);
  return word('edge', edge.type);
}

// What the canvas asks the server: expansions with the hub guard, paths, money paths, common neighbours.
import { at, get, post } from '../api.js';
import { button, h, put } from '../dom.js';
import { count, day, money } from '../format.js';
import { said, t, word } from '../i18n.js';
import { failed, sheet, toast } from '../overlay.js';
import { MOST_NODES } from './model.js';

export const EXPAND = 40;

const full = () => toast(t('canvas_full', { n: count(MOST_NODES) }), { seconds: 10 });

const pathOf = (id) => { const cut = id.indexOf('/'); return at`graph/nodes/${id.slice(0, cut)}/${id.slice(cut + 1)}`; };

/** Bring the neighbours of a node; where they are many, ask which. */
export async function expand(desk, id, params = {}) {
  try {
    const answer = await get(`${pathOf(id)}/neighbourhood`, { limit: EXPAND, ...params });
    if (answer.guarded) { choose(desk, id, answer); return null; }
    return bring(desk, id, answer.graph, params);
  } catch (error) { failed(error); return null; }
}

/** Put a page of neighbours on the canvas, and keep how many there are beyond it and how to ask for them. */
function bring(desk, id, graph, params) {
  const seen = (params.offset ?? 0) + graph.shown;
  const left = Math.max(0, (graph.total ?? 0) - seen);
  const { model } = desk.canvas;
  const before = model.now.rest?.id === id ? null : model.now.rest;
  const rest = left > 0 ? { id, left, params: { ...params, unguarded: true, offset: seen } } : before;
  const news = model.add('step_expand', graph, id, rest);
  if (news === null) { full(); return null; }
  if (news.length) desk.canvas.show(news.map((node) => node.id));
  toast(news.length ? t('expanded', { n: count(news.length) }) + (left > 0 ? ` ${t('more_left', { n: count(left) })}` : '') : t('expanded_nothing'), { seconds: 4 });
  return news;
}

/** The hub guard: which kind, which period, the largest? */
function choose(desk, id, answer) {
  const total = answer.by_type.reduce((n, row) => n + row.count, 0);
  sheet(['guard_title', { n: count(total), name: desk.nameOf(id) }], (box, shut) => {
    const from = h('input', { type: 'date', t_label: 'date_from' });
    const to = h('input', { type: 'date', t_label: 'date_to' });
    const least = h('input', { type: 'number', min: 0, step: 'any', t_label: 'amount_min' });
    const order = h('select', { t_label: 'order' }, h('option', { value: 'amount', t: 'order_amount' }), h('option', { value: 'date', t: 'order_date' }));
    const picked = new Set();
    const rows = answer.by_type.map((row) => {
      const tick = h('input', { type: 'checkbox', 'aria-label': said(row.text) || word('edge', row.type), on: { change: (e) => { const key = `${row.type}|${row.direction}`; if (e.target.checked) picked.add(key); else picked.delete(key); } } });
      return h('tr', {}, h('td', {}, tick), h('td', { shown: () => said(row.text) || word('edge', row.type) }), h('td', { class: 'right', text: count(row.count) }), h('td', { class: 'number', prose: [row.first, row.last].map(day).filter(Boolean).join(' → ') }), h('td', { class: 'right', text: row.amount ? money(row.amount, row.currency ?? 'CNY') : '' }));
    });
    const bringThese = async (more) => {
      const keys = [...picked].map((key) => key.split('|'));
      const directions = new Set(keys.map(([, d]) => d));
      const params = { types: [...new Set(keys.map(([type]) => type))], direction: directions.size === 1 ? [...directions][0] : undefined, from: from.value, to: to.value,
        min_amount: least.value ? Math.round(Number(least.value) * 1_000_000) : '', order: order.value, unguarded: true, ...more };
      shut();
      await expand(desk, id, params);
    };
    box.append(h('p', { class: 'muted', t: 'guard_hint' }),
      h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, ['col_pick', 'col_relation', 'col_count', 'col_period', 'col_amount'].map((key, i) => h('th', { scope: 'col', class: i === 2 || i === 4 ? 'right' : '', t: key })))), h('tbody', {}, rows)),
      h('div', { class: 'fields' }, h('label', { class: 'field' }, h('span', { t: 'date_from' }), from), h('label', { class: 'field' }, h('span', { t: 'date_to' }), to), h('label', { class: 'field' }, h('span', { t: 'amount_min' }), least), h('label', { class: 'field' }, h('span', { t: 'order' }), order)),
      h('div', { class: 'bar tight' }, button('guard_chosen', () => (picked.size ? bringThese({}) : toast(t('choose_first'))), { look: 'primary' }), button('guard_largest', () => bringThese({ types: [], direction: undefined, order: 'amount', limit: EXPAND }))));
  }, { wide: true });
}

/** Conditions of a money path where the usual ones (half is passed on within 30 days) find none: a kickback is a tenth. */
const WIDE = { min_percent: 1, within_days: 365 };

/** Paths between two nodes; money goes forward in time from the first to the second. */
export async function paths(desk, source, target, money_only = false) {
  const period = desk.canvas.model.filter;
  try {
    const wanted = { source, target, ...(money_only ? { from: period.from, to: period.to } : {}) };
    const look = (more) => get(money_only ? 'graph/money-paths' : 'graph/paths', { ...wanted, ...more });
    let answer = await look({});
    const widened = money_only && !answer.paths.length;
    if (widened) answer = await look(WIDE);
    if (!answer.paths.length) { toast(t(money_only ? 'no_money_path' : 'no_path', { a: desk.nameOf(source), b: desk.nameOf(target), days: WIDE.within_days, percent: WIDE.min_percent }), { seconds: 8 }); return answer; }
    if (desk.canvas.model.add(money_only ? 'step_money' : 'step_path', answer.graph, source) === null) { full(); return answer; }
    const light = (path) => desk.canvas.light([...path.nodes, ...path.edges]);
    light(answer.paths[0]);
    sheet([money_only ? 'money_paths_n' : 'paths_n', { n: count(answer.paths.length) }], (box) => {
      const list = h('ol', { class: 'paths' });
      answer.paths.forEach((path, i) => list.append(h('li', {}, h('button', { type: 'button', class: 'path', 'aria-pressed': String(i === 0), on: { click: (event) => {
        for (const other of list.querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === event.currentTarget));
        light(path);
      } } }, h('span', { said: path.text })))));
      put(box, widened && h('p', { t: ['money_paths_wide', { days: WIDE.within_days, percent: WIDE.min_percent }] }), h('p', { class: 'muted', t: answer.complete === false ? 'paths_more' : 'paths_all' }), list);
    }, { closed: () => desk.canvas.light([]) });
    return answer;
  } catch (error) { failed(error); return null; }
}

/** What all of these have in common. */
export async function common(desk, ids) {
  try {
    const answer = await post('graph/common', { nodes: ids });
    const graph = answer.graph ?? answer;
    const news = desk.canvas.model.add('step_common', graph, null);
    if (news === null) full();
    else { toast(graph.nodes.length > ids.length || news.length ? t('common_found', { n: count(graph.nodes.filter((n) => !ids.includes(n.id)).length) }) : t('common_nothing')); desk.canvas.light(graph.nodes.filter((n) => !ids.includes(n.id)).map((n) => n.id)); }
  } catch (error) { failed(error); }
}

/** All relations among what is on the canvas. */
export async function relations(desk) {
  try {
    const graph = await post('graph/subgraph', { nodes: [...desk.canvas.model.now.nodes.keys()] });
    const before = desk.canvas.model.now.edges.size;
    desk.canvas.model.add('step_relations', graph.graph ?? graph);
    toast(t('relations_added', { n: count(desk.canvas.model.now.edges.size - before) }));
  } catch (error) { failed(error); }
}

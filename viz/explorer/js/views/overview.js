// The dashboard: the last scan against the one before, places and families, bodies and firms by tier, arrears, co-bidding, prices.
import { at, get } from '../api.js';
import { chart } from '../charts.js';
import { clear, h, icon } from '../dom.js';
import { brief, count, day, exact, moment, money, twoLines } from '../format.js';
import { t, word } from '../i18n.js';
import { emptyView, explain } from '../overlay.js';
import { region } from '../regions.js';
import { link } from '../router.js';
import { searchBox } from '../search.js';

const STATES = ['new', 'changed', 'returned', 'gone', 'unchanged'];
const TIERS = ['A', 'B', 'C'];

/** How dark a cell is: four steps, the number always stands in it. */
const shade = (n, most) => (n ? `heat-${Math.min(4, 1 + Math.floor((Math.log1p(n) / Math.log1p(most)) * 3.999))}` : '');

function scanLine(data) {
  const { last, previous } = data;
  if (!last) return emptyView('no_scan', 'no_scan_hint', h('a', { class: 'button primary', href: link('scans'), t: 'nav_scans' }));
  return h('p', { class: 'muted', shown: () => t(previous ? 'scan_against' : 'scan_first', { run: last.run, at: moment(last.finished_at), before: previous?.run, before_at: moment(previous?.finished_at) }) });
}

function tiles(data) {
  const sum = (state) => (data.by_family_tier ?? []).reduce((n, row) => n + (row[state] ?? 0), 0);
  return h('div', { class: 'tiles' }, STATES.map((state) => h('a', { class: 'tile', href: link('leads', null, { view: 'all', state }) }, h('strong', { class: 'number', text: count(sum(state)) }), h('span', { shown: () => word('state', state) }))));
}

/** Family by tier: how many are new, changed, gone. */
function families(data) {
  const rows = Map.groupBy ? Map.groupBy(data.by_family_tier ?? [], (r) => r.family) : new Map();
  return h('div', { class: 'card scroll' }, h('table', { class: 'plain' }, h('caption', { t: 'by_family' }),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col', t: 'col_family' }), h('th', { scope: 'col', t: 'col_tier' }), STATES.map((s) => h('th', { scope: 'col', class: 'right', shown: () => word('state', s) })))),
    h('tbody', {}, [...rows].flatMap(([family, list]) => list.map((row, i) => h('tr', {}, h('th', { scope: 'row', ...(i ? { text: '' } : { shown: () => word('family', family) }) }), h('td', {}, h('span', { class: `tier ${row.tier}`, text: row.tier })),
      STATES.map((s) => h('td', { class: 'right' }, row[s] ? h('a', { href: link('leads', null, { view: 'all', family, tier: row.tier, state: s }), text: count(row[s]) }) : h('span', { class: 'muted', text: '0' })))))))));
}

/** Places by family, darker where there is more; each cell leads to its list. */
function matrix(data) {
  const cells = data.cities ?? [];
  const cities = [...new Set(cells.map((c) => c.region))];
  const names = [...new Set(cells.map((c) => c.family))];
  const total = new Map();
  for (const c of cells) { const key = `${c.region}|${c.family}`; total.set(key, (total.get(key) ?? 0) + c.count); }
  const most = Math.max(1, ...total.values());
  return h('div', { class: 'card scroll' }, h('table', { class: 'plain matrix' }, h('caption', { t: 'cities_families' }),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col', t: 'col_city' }), names.map((f) => h('th', { scope: 'col', class: 'right', shown: () => word('family', f) })))),
    h('tbody', {}, cities.map((city) => h('tr', {}, h('th', { scope: 'row', shown: () => region(city), title: city }), names.map((family) => {
      const n = total.get(`${city}|${family}`) ?? 0;
      return h('td', { class: `right ${shade(n, most)}` }, n ? h('a', { href: link('leads', null, { view: 'all', region: city, family }), text: count(n) }) : '');
    }))))));
}

/** Bodies or firms by tier, side by side; tiers are never added up. */
function top(title, rows, total, params) {
  return h('div', { class: 'card scroll' }, h('table', { class: 'plain' }, h('caption', { t: title }),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col', t: 'col_name' }), TIERS.map((tier) => h('th', { scope: 'col', class: 'right' }, h('span', { class: `tier ${tier}`, text: tier }))), rows.some((r) => r.amount) && h('th', { scope: 'col', class: 'right', t: 'col_amount' }))),
    h('tbody', {}, (rows ?? []).slice(0, 12).map((row) => h('tr', {}, h('th', { scope: 'row' }, h('a', { href: link('party', row.id), text: row.name ?? row.id })),
      TIERS.map((tier) => h('td', { class: 'right' }, row[tier] ? h('a', { href: link('leads', null, { view: 'all', tier, ...params(row) }), text: count(row[tier]) }) : h('span', { class: 'muted', text: '0' }))),
      rows.some((r) => r.amount) && h('td', { class: 'right', shown: () => (row.amount ? money(row.amount) : ''), title: exact(row.amount) }))))), h('p', { class: 'muted number', shown: () => t('shown_of', { shown: Math.min(12, rows.length), total: count(total) }) }));
}

function arrears(rows) {
  const table = h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, ['col_month', 'arrears_opening', 'arrears_added', 'arrears_repaid', 'arrears_paid', 'arrears_closing'].map((key, i) => h('th', { scope: 'col', class: i ? 'right' : '', t: key })))),
    h('tbody', {}, rows.map((r) => h('tr', {}, h('th', { scope: 'row', text: r.month }), ['opening', 'added', 'repaid', 'paid', 'closing'].map((k) => h('td', { class: 'right', shown: () => money(r[k]) }))))));
  return chart('arrears_months', (c) => ({
    data: { labels: rows.map((r) => r.month), datasets: [
      { type: 'bar', label: t('arrears_added'), data: rows.map((r) => r.added), backgroundColor: c.B, stack: 'flow', pointStyle: 'rect' },
      { type: 'bar', label: t('arrears_repaid'), data: rows.map((r) => -(r.repaid ?? 0)), backgroundColor: c.C, stack: 'flow', pointStyle: 'rect' },
      { type: 'line', label: t('arrears_paid'), data: rows.map((r) => -(r.paid ?? 0)), borderColor: c.good, backgroundColor: c.good, pointStyle: 'line', pointRadius: 0, borderWidth: 1.5 },
      { type: 'line', label: t('arrears_closing'), data: rows.map((r) => r.closing), borderColor: c.text, backgroundColor: c.text, borderDash: [5, 3], pointStyle: 'line', pointRadius: 0, borderWidth: 2, yAxisID: 'y' }] },
    options: { interaction: { mode: 'index', intersect: false }, scales: { y: { ticks: { callback: (v) => brief(v) } }, x: { ticks: { maxRotation: 0, autoSkipPadding: 12 } } }, plugins: { legend: { labels: { usePointStyle: true } }, tooltip: { callbacks: { label: (i) => `${i.dataset.label}: ${money(Math.abs(i.raw))}` } } } },
  }), table);
}

/** One co-bidding community: for how many tenders every two of its firms both bid. */
function community({ firms, matrix }) {
  const shown = firms.slice(0, 14);
  const most = Math.max(1, ...matrix.flatMap((row, i) => row.filter((_, j) => i !== j)));
  return h('div', { class: 'scroll' }, h('table', { class: 'plain matrix small' }, h('caption', { class: 'muted number', shown: () => t('shown_of', { shown: shown.length, total: firms.length }) }), h('thead', {}, h('tr', {}, h('th', { scope: 'col', t: 'col_name' }), shown.map((_, i) => h('th', { scope: 'col', class: 'right', text: i + 1 })))),
    h('tbody', {}, shown.map((firm, i) => h('tr', {}, h('th', { scope: 'row' }, h('span', { class: 'muted number', text: `${i + 1} ` }), h('a', { href: link('party', firm.id), text: firm.name ?? firm.id })),
      shown.map((_, j) => h('td', { class: `right ${i === j ? 'self' : shade(matrix[i][j], most)}`, text: i !== j && matrix[i][j] ? count(matrix[i][j]) : '' })))))));
}

function communities() {
  const body = h('div', {}, h('p', { class: 'muted', t: 'loading' }));
  const box = h('div', { class: 'card' }, h('h2', { t: 'communities' }), h('p', { class: 'muted', t: 'communities_hint' }), body);
  get('overview/communities').then((answer) => {
    const groups = answer.communities;
    if (!groups.length) { clear(body, h('p', { class: 'muted', t: 'communities_none' })); return; }
    const place = h('div', {});
    const choose = h('select', { t_label: 'communities', on: { change: () => clear(place, community(groups[choose.value])) } }, groups.map((g, i) => h('option', { value: i, shown: () => t('community_n', { n: i + 1, firms: count(g.firms.length) }) })));
    clear(body, choose, place);
    clear(place, community(groups[0]));
  }, (error) => clear(body, h('p', { class: 'muted', text: explain(error) })));
  return box;
}

/** Prices of one tender's bids against its ceiling. */
function prices() {
  const place = h('div', { class: 'price-place' }, h('p', { class: 'muted', t: 'prices_hint' }));
  let figure = null;
  async function show(node) {
    figure?.destroy();
    try {
      const answer = await get(at`tenders/${node.key}/prices`);
      const bids = answer.bids.filter((b) => b.price !== null && b.price !== undefined);
      const { ceiling } = answer;
      const dots = (wins) => bids.map((b, i) => ({ x: i + 1, y: b.price, b })).filter((p) => Boolean(p.b.is_winner) === wins);
      const table = h('table', { class: 'plain' }, h('tbody', {}, bids.map((b) => h('tr', {}, h('th', { scope: 'row', text: b.bidder }), h('td', { class: 'right', shown: () => money(b.price) }), h('td', { shown: () => (b.is_winner ? word('role', 'winner') : '') })))));
      figure = chart('prices', (c) => ({ type: 'scatter', data: { datasets: [
        { label: word('role', 'bidder'), data: dots(false), backgroundColor: c.C, pointRadius: 6 }, { label: word('role', 'winner'), data: dots(true), backgroundColor: c.A, pointStyle: 'rectRot', pointRadius: 9 },
        ...(ceiling ? [{ type: 'line', label: t('ceiling'), data: [{ x: 0, y: ceiling }, { x: bids.length + 1, y: ceiling }], borderColor: c.text, borderDash: [6, 4], pointStyle: 'line', pointRadius: 0, borderWidth: 1.5 }] : [])] },
      options: { scales: { x: { min: 0, max: bids.length + 1, ticks: { stepSize: 1, callback: (v) => (v > 0 && v <= bids.length ? v : '') } }, y: { ticks: { callback: (v) => brief(v) } } }, plugins: { legend: { labels: { usePointStyle: true } }, tooltip: { callbacks: { label: (i) => `${twoLines(i.raw.b?.bidder ?? i.dataset.label, 40)}: ${money(i.raw.y)}` } } } } }), table);
      clear(place, h('p', {}, h('strong', { text: node.name ?? node.key })), figure.element);
      await figure.draw();
    } catch (error) { clear(place, h('p', { class: 'muted', text: explain(error) })); }
  }
  return { element: h('div', { class: 'card' }, h('h2', { t: 'prices_title' }), searchBox({ id: 'tender', label: 'prices_search', kinds: 'tender', choose: show }), place), show, destroy: () => figure?.destroy() };
}

export async function mount(root) {
  const data = await get('overview');
  const money_chart = (data.arrears ?? []).length ? arrears(data.arrears) : null;
  const price = prices();
  const fresh = data.freshness?.data_as_of;
  const page = h('div', { class: 'page' }, h('div', { class: 'bar tight page-head' }, h('h1', { class: 'grow', t: 'nav_overview' }), fresh && h('span', { class: 'muted', shown: () => t('snapshot_line', { day: day(fresh), id: data.freshness.snapshot_id ?? '' }) })),
    scanLine(data), data.last && tiles(data), h('p', { class: 'muted' }, icon('shield-check'), ' ', h('span', { t: 'tiers_apart' })),
    h('div', { class: 'cards' }, families(data), matrix(data), top('top_agencies', data.agencies, data.agencies_total, (row) => ({ agency: row.id })), top('top_firms', data.firms, data.firms_total, (row) => ({ entity: row.id })),
      money_chart && h('div', { class: 'card' }, money_chart.element), price.element, communities()));
  root.append(page);
  return { ready: () => money_chart?.draw(), unmount: () => { money_chart?.destroy(); price.destroy(); } };
}

// The list of leads: filters, saved filters, sort, bulk decisions, keyboard.
import { download, get, post, remove, at } from '../api.js';
import { graphLibrary } from '../canvas/load.js';
import { ask } from '../decide.js';
import { announce, button, clear, h, live } from '../dom.js';
import { count, period } from '../format.js';
import { said, t, word } from '../i18n.js';
import { filterPanel, fromQuery, NAMES, saved, toApi, VIEWS } from '../leads/filters.js';
import { emptyView, failed, menu, problemView, sheet, skeleton, toast } from '../overlay.js';
import { region } from '../regions.js';
import { go, link } from '../router.js';
import { may, on, prefs, remember } from '../state.js';
import { Table } from '../table.js';
import { leadsMark } from '../taken.js';
import { badgeNow, headline, parties, sum, tierBadge } from '../words.js';

const PAGE = 100;

/** The ids of the list that was last shown, so that a lead can lead on to the next. */
export const list = { ids: [], address: link('leads') };

const COLUMNS = [
  { id: 'tier', t: 'col_tier', width: innerWidth < 760 ? 64 : 84, sort: 'tier', value: (f) => f.tier, cell: (f) => tierBadge(f.tier) },
  { id: 'lead', t: 'col_lead', width: 'minmax(280px, 3fr)', two: true, sort: false, text: (f) => `${said(f.title)} ${headline(f)}`, title_of: headline,
    cell: (f) => h('a', { href: link('lead', f.finding_id), tabIndex: -1, class: 'lead-link' }, h('strong', { text: said(f.title) }), ' ', h('span', { text: headline(f) })) },
  { id: 'amount', t: 'col_amount', width: 130, right: true, sort: 'amount', value: (f) => (f.amount ? f.amount.value / 100 : ''), cell: (f) => sum(f.amount) },
  { id: 'period', t: 'col_period', width: 108, two: true, sort: 'period', value: (f) => period(f.period), cell: (f) => h('span', { class: 'number', text: period(f.period) }) },
  { id: 'agency', t: 'col_agency', width: 'minmax(150px, 1fr)', sort: 'agency', two: true, value: (f) => f.agency?.name ?? '' },
  { id: 'state', t: 'col_state', width: 92, sort: 'state', value: (f) => word('state', f.state), cell: (f) => badgeNow('state', f.state) },
  { id: 'triage', t: 'col_triage', width: 104, sort: 'triage', value: (f) => word('triage', f.triage), cell: (f) => badgeNow('triage', f.triage) },
  { id: 'family', t: 'col_family', width: 104, sort: 'family', hidden: true, value: (f) => word('family', f.family) },
  { id: 'status', t: 'col_status', width: 96, sort: false, hidden: true, value: (f) => word('status', f.status), cell: (f) => badgeNow('status', f.status) },
  { id: 'region', t: 'col_region', width: 130, sort: 'region', hidden: true, value: (f) => region(f.region) },
  { id: 'parties', t: 'col_parties', width: 'minmax(180px, 1.4fr)', two: true, sort: false, hidden: true, value: parties },
  { id: 'assignee', t: 'col_assignee', width: 110, sort: false, hidden: true, value: (f) => f.assignee?.name ?? f.assignee ?? '' },
  { id: 'score', t: 'col_score', width: 70, right: true, sort: 'score', hidden: true, value: (f) => f.score },
  { id: 'finding_id', t: 'col_id', width: 186, sort: false, hidden: true, value: (f) => f.finding_id },
];

const asSort = (text) => (text || 'tier,-amount').split(',').filter(Boolean).map((part) => ({ id: part.replace('-', ''), desc: part.startsWith('-') }));
const sortText = (sort) => sort.map((s) => (s.desc ? '-' : '') + s.id).join(',');

export async function mount(root, { query }) {
  let wanted = fromQuery(query);
  let page = { items: [], total: 0, next: null };
  let running = null;
  let loading = false;

  const put = (next) => go('leads', null, Object.fromEntries(NAMES.map((name) => [name, next[name]])));
  const panel = filterPanel(wanted, put);
  const title = h('h1', { class: 'for-reader', t: 'nav_leads' });
  const tabs = h('div', { class: 'tabs', role: 'tablist', t_label: 'list_views' });
  const foot = h('div', { class: 'grid-foot' });
  const bulk = h('div', { class: 'bar bulk', hidden: true });
  const holder = h('div', { class: 'list-holder' });

  const table = new Table({ name: 'leads', columns: COLUMNS, key: (f) => f.finding_id, rowHeight: 50, label: 'nav_leads', selectable: true, foot,
    sort: asSort(wanted.sort), onOpen: (f) => go('lead', f.finding_id), onSort: (sort) => put({ ...wanted, sort: sortText(sort) }),
    onSelect: () => drawBulk(), onNear: () => more(), mark: may('export.leads') && leadsMark });

  function drawTabs() {
    clear(tabs, Object.keys(VIEWS).map((name) => h('button', { type: 'button', role: 'tab', 'aria-selected': String(wanted.view === name), t: `view_${name}`,
      on: { click: () => put({ view: name, ...VIEWS[name], sort: wanted.sort }) } })));
  }

  function drawFoot() {
    clear(foot, h('span', { class: 'number', text: t('shown_of', { shown: count(page.items.length), total: count(page.total) }) }),
      page.next && button('load_more', () => more(), { look: 'small' }),
      page.total > 0 && may('export.leads') && button('export_all', (e) => menu({ anchor: e.currentTarget }, ['csv', 'xlsx'].map((kind) => ({ t: `export_${kind}`, picture: 'download', act: () => exportAll(kind) }))), { picture: 'download', look: 'small quiet' }),
      h('span', { class: 'grow' }), h('span', { class: 'keys-hint', t: 'leads_keys' }));
  }

  // A file is in the order of the list's ids; the route refuses an order of one's own.
  const exportAll = (kind) => download(`findings/export.${kind}`, `leads.${kind}`, { params: { ...toApi(wanted), sort: undefined } }).catch((e) => failed(e));

  function drawBulk() {
    const n = table.selected.size;
    bulk.hidden = n === 0;
    clear(bulk, h('strong', { text: t('chosen_n', { n: count(n) }) }), ['confirm', 'dismiss', 'refer', 'assign'].filter((action) => may(action === 'assign' ? 'findings.assign' : 'findings.decide')).map((action) => button(`action_${action}`, () => act(action), { look: 'small' })),
      button('choose_none', () => table.selectAll(false), { look: 'small quiet' }));
  }

  const chosen = () => (table.selected.size ? table.rows.filter((f) => table.selected.has(f.finding_id)) : table.row ? [table.row] : []);
  function act(action) {
    if (!may('findings.decide')) return;
    const findings = chosen();
    if (!findings.length) { toast(t('choose_first')); return; }
    ask(action, findings, (changed) => {
      const by = new Map(changed.map((f) => [f.finding_id ?? f.id, f]));
      page.items = page.items.map((f) => (by.has(f.finding_id) ? { ...f, ...by.get(f.finding_id) } : f));
      table.setRows(page.items, page.total);
      table.selectAll(false);
      table.scroller.focus();
    });
  }

  async function load() {
    running?.abort();
    running = new AbortController();
    const address = location.hash;
    drawTabs();
    const slow = setTimeout(() => clear(holder, skeleton(10)), 150);
    try {
      page = await get('findings', { ...toApi(wanted), limit: PAGE, facets: true }, running.signal);
      clearTimeout(slow);
      list.ids = page.items.map((f) => f.finding_id);
      list.address = address || link('leads');
      panel.show(wanted, page.facets);
      table.sort = asSort(wanted.sort);
      if (page.items.length) {
        if (!table.element.isConnected) clear(holder, table.element);
        table.setRows(page.items, page.total);
        table.redraw();
        if (table.current < 0) table.choose(0, { tell: false });
      } else {
        clear(holder, wanted.view === 'mine'
          ? emptyView('empty_mine', 'empty_mine_hint', button('view_open', () => put({ view: 'open', ...VIEWS.open }), { look: 'primary' }))
          : emptyView('empty_leads', 'empty_leads_hint', button('filters_clear', () => put({ view: 'all' }), { look: 'primary' })));
      }
      holder.dataset.shown = address;
      drawFoot();
      drawBulk();
      announce(t('shown_of', { shown: count(page.items.length), total: count(page.total) }));
    } catch (error) {
      clearTimeout(slow);
      if (error.name !== 'AbortError') clear(holder, problemView(error, load));
    }
  }

  async function more() {
    if (loading || !page.next) return;
    loading = true;
    try {
      const next = await get('findings', { ...toApi(wanted), limit: PAGE, cursor: page.next });
      page = { ...page, items: [...page.items, ...next.items], next: next.next };
      list.ids = page.items.map((f) => f.finding_id);
      table.setRows(page.items, page.total);
      drawFoot();
    } catch (error) { failed(error); } finally { loading = false; }
  }

  async function savedMenu(anchor) {
    const kept = await saved().catch((e) => { failed(e); return []; });
    menu({ anchor }, [
      ...kept.map((f) => ({ text: f.name, picture: 'filter', act: () => put({ view: 'saved', ...(f.query ?? f.filter) }) })), kept.length > 0 && null,
      { t: 'filter_save', picture: 'bookmark-plus', act: saveNow },
      ...kept.map((f) => ({ text: t('filter_delete', { name: f.name }), picture: 'trash-2', act: async () => { await remove(at`filters/${f.id}`).catch(failed); } })),
    ].filter((x) => x !== false), 'saved_filters');
  }

  function saveNow() {
    sheet('filter_save', (box, shut) => {
      const name = h('input', { required: true, maxLength: 60, autofocus: true });
      box.append(h('form', { on: { submit: async (event) => {
        event.preventDefault();
        const { view: _view, ...filter } = wanted;
        try { await post('filters', { name: name.value.trim(), query: filter }); toast(t('filter_saved')); shut(); } catch (error) { failed(error); }
      } } }, h('label', { class: 'field' }, h('span', { t: 'filter_name' }), name), h('div', { class: 'bar tight' }, h('button', { type: 'submit', class: 'button primary', t: 'save' }))));
    });
  }

  const side = h('aside', { class: 'side', hidden: prefs.filtersHidden ?? innerWidth < 1000, t_label: 'filters' }, panel.element);
  const toggle = button('filters', () => { side.hidden = !side.hidden; remember({ filtersHidden: side.hidden }); toggle.setAttribute('aria-expanded', String(!side.hidden)); }, { picture: 'filter', look: 'small quiet', 'aria-expanded': String(!side.hidden) });
  const main = h('section', { class: 'list' },
    h('div', { class: 'list-top' }, tabs, h('span', { class: 'grow' }), toggle,
      button('saved_filters', (e) => savedMenu(e.currentTarget), { picture: 'bookmark-plus', look: 'small quiet' }),
      button('columns', (e) => table.chooseColumns(e.currentTarget), { picture: 'columns-3', look: 'small quiet' }),
      may('export.leads') && button('copy_table', () => table.copy(), { picture: 'copy', look: 'small quiet' })),
    bulk, holder);
  root.append(title, h('div', { class: 'leads' }, side, main));
  live(root, () => { panel.draw(); drawFoot(); drawBulk(); });

  const stops = [on('decided', (f) => { page.items = page.items.map((x) => (x.finding_id === f.finding_id ? { ...x, ...f } : x)); })];
  const open = () => table.row && go('lead', table.row.finding_id);
  const keys = {
    j: { t: 'key_next', act: () => table.move(1) }, k: { t: 'key_previous', act: () => table.move(-1) },
    Enter: { t: 'key_open', act: open }, x: { t: 'key_select', act: () => table.row && table.toggle(table.row) },
    c: { t: 'action_confirm', act: () => act('confirm') }, d: { t: 'action_dismiss', act: () => act('dismiss') }, r: { t: 'action_refer', act: () => act('refer') },
    a: { t: 'action_assign', act: () => act('assign') },
  };
  const first = load();
  return {
    keys,
    update: (next) => { wanted = fromQuery(next); load(); },
    unmount: () => { running?.abort(); table.destroy(); for (const stop of stops) stop(); },
    ready: () => first.then(() => {
      // While the list is being read, what the next click needs is fetched.
      requestIdleCallback(() => { graphLibrary(); import('./lead.js'); }, { timeout: 2000 });
       if (document.activeElement === document.body) table.scroller.focus({ preventScroll: true }); }),
  };
}

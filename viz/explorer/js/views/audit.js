// The audit trail, its check, and what waits for a second person.
import { at, get, post } from '../api.js';
import { button, clear, h, icon } from '../dom.js';
import { count, moment } from '../format.js';
import { t, word } from '../i18n.js';
import { emptyView, explain, failed } from '../overlay.js';
import { link } from '../router.js';
import { may } from '../state.js';
import { Table } from '../table.js';
import { trailMark } from '../taken.js';

const COLUMNS = [
  { id: 'seq', t: 'col_number', width: 84, right: true, value: (r) => r.seq },
  { id: 'at', t: 'col_time', width: 150, value: (r) => moment(r.at) },
  { id: 'actor', t: 'col_actor', width: 150, value: (r) => r.actor },
  { id: 'action', t: 'col_action', width: 170, value: (r) => r.action, cell: (r) => word('audited', r.action.replaceAll('.', '_')), title_of: (r) => r.action },
  { id: 'subject', t: 'col_subject', width: 'minmax(220px, 2fr)', value: (r) => r.subject ?? '' },
  { id: 'purpose', t: 'purpose', width: 'minmax(160px, 1fr)', value: (r) => r.purpose ?? '' },
  { id: 'hash', t: 'col_hash', width: 150, value: (r) => r.hash ?? '' },
  { id: 'request_id', t: 'col_request', width: 150, hidden: true, value: (r) => r.request_id ?? '' },
];

async function approvals(place) {
  try {
    const [{ items }, people] = await Promise.all([get('approvals'), get('users/assignable').catch(() => ({ items: [] }))]);
    const names = new Map(people.items.map(({ id, name }) => [id, name]));
    const open = items.filter((a) => a.state === 'asked' || a.state === 'open' || a.state === 'pending');
    clear(place, h('h2', { t: ['approvals_n', { n: () => count(open.length) }] }), open.length ? h('ul', { class: 'approvals' }, open.map((a) => {
      const note = h('input', { t_label: 'note', t_placeholder: 'note' });
      const answer = async (granted) => { try { await post(at`approvals/${a.id}/decide`, { granted, note: note.value.trim() || null }); approvals(place); } catch (error) { failed(error); } };
      return h('li', {}, h('div', { class: 'grow' }, h('strong', { shown: () => word('approval', a.kind) }), ' ', a.payload.finding_id ? h('a', { class: 'number', href: link('lead', a.payload.finding_id), text: a.payload.finding_id }) : h('span', { class: 'number', text: a.subject }),
        h('p', { class: 'muted', text: [names.get(a.asked_by) ?? a.asked_by, moment(a.asked_at), a.reason, a.payload.case_number].filter(Boolean).join(' · ') })),
        a.mine ? h('span', { class: 'badge', t: 'approval_mine' }) : [note, button('approve', () => answer(true), { look: 'small primary' }), button('refuse', () => answer(false), { look: 'small' })]);
    })) : h('p', { class: 'muted', t: 'approvals_none' }));
  } catch (error) { clear(place, h('p', { class: 'muted', text: explain(error) })); }
}

export async function mount(root) {
  const waiting = h('div', { class: 'card' });
  const verdict = h('div', { class: 'verdict', role: 'status' });
  const page = h('div', { class: 'page fill' }, h('div', { class: 'bar tight page-head' }, h('h1', { class: 'grow', t: 'nav_audit' }), may('audit.read') && button('audit_verify', verify, { picture: 'shield-check', look: 'primary' })), verdict, may('approvals.decide') && waiting);
  if (may('approvals.decide')) approvals(waiting);
  root.append(page);
  if (!may('audit.read')) { page.append(emptyView('audit_not_yours', may('approvals.decide') ? 'audit_not_yours_hint' : null)); return {}; }

  let records = [];
  let before = null;
  const foot = h('div', { class: 'grid-foot' });
  const table = new Table({ name: 'audit', columns: COLUMNS, key: (r) => r.seq, label: 'nav_audit', foot, sort: [{ id: 'seq', desc: true }], mark: (rows) => trailMark(rows.map((r) => r.seq)) });
  const draw = () => clear(foot, h('span', { class: 'number', shown: () => t(before ? 'records_more' : 'records_n', { n: count(records.length) }) }), before && button('load_more', () => load(), { look: 'small' }),
    button('columns', (e) => table.chooseColumns(e.currentTarget), { picture: 'columns-3', look: 'small quiet' }), button('copy_table', () => table.copy(), { picture: 'copy', look: 'small quiet' }));

  async function load() {
    const answer = await get('audit', { limit: 200, before });
    records = [...records, ...answer.items];
    before = answer.next;
    table.setRows(records);
    draw();
  }

  async function verify() {
    try {
      const answer = await get('audit/verify');
      const faults = answer.faults ?? answer.items ?? [];
      const sound = answer.ok ?? faults.length === 0;
      clear(verdict, h('p', { class: `badge ${sound ? 'good' : 'bad'}` }, icon(sound ? 'circle-check' : 'triangle-alert'), h('span', { shown: () => t(sound ? 'audit_sound' : 'audit_broken', { n: count(answer.records ?? answer.checked ?? answer.count ?? 0), faults: count(faults.length) }) })),
        faults.length > 0 && h('ul', {}, faults.slice(0, 50).map((f) => h('li', { text: typeof f === 'string' ? f : JSON.stringify(f) }))));
    } catch (error) { failed(error); }
  }

  page.append(h('div', { class: 'card table-card' }, table.element));
  await load();
  return { unmount: () => table.destroy() };
}

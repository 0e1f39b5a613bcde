// Scans: when, on what, with which outcome; start one, watch it, compare with the one before, read its report.
import { get, post } from '../api.js';
import { button, clear, h } from '../dom.js';
import { count, day, moment } from '../format.js';
import { t, word } from '../i18n.js';
import { emptyView, explain, failed, sheet, toast } from '../overlay.js';
import { link } from '../router.js';
import { may } from '../state.js';
import { badge } from '../words.js';

const STATES = ['new', 'changed', 'returned', 'gone', 'unchanged'];
const WATCH = 1500;

export async function mount(root) {
  const list = h('div', { class: 'card scroll' });
  const watch = h('div', { class: 'card', hidden: true });
  const detail = h('div', { class: 'card scroll', hidden: true });
  let timer = 0;
  let items = [];

  function draw() {
    clear(list, items.length ? h('table', { class: 'plain' }, h('caption', { class: 'for-reader', t: 'nav_scans' }),
      h('thead', {}, h('tr', {}, ['scan', 'col_run', 'scan_at', 'data_as_of', 'scan_by', 'scan_seconds'].map((key) => h('th', { scope: 'col', t: key })), STATES.map((s) => h('th', { scope: 'col', class: 'right', shown: () => word('state', s) })), h('th', { scope: 'col', t: 'col_actions' }))),
      h('tbody', {}, items.map((run, i) => h('tr', {}, h('th', { scope: 'row', class: 'number', text: run.run }), h('td', {}, badge('run', run.state), run.error && h('p', { class: 'muted', said: run.error })), h('td', { class: 'number', text: moment(run.finished_at ?? run.started_at ?? run.queued_at) }), h('td', { class: 'number', text: day(run.data_as_of) }),
        h('td', { shown: () => `${wordTrigger(run.trigger)} · ${run.actor}` }), h('td', { class: 'right', text: run.seconds ? run.seconds.toFixed(1) : '' }), STATES.map((s) => h('td', { class: 'right', text: run.counts?.[s] === null ? '' : count(run.counts?.[s] ?? 0) })),
        h('td', {}, h('div', { class: 'bar tight' }, button('scan_report', () => report(run), { look: 'small' }), items[i + 1] && run.state === 'complete' && button('scan_diff', () => difference(items.slice(i + 1).find((r) => r.state === 'complete'), run), { look: 'small' })))))))
      : emptyView('no_scan', 'no_scan_hint'));
  }
  const wordTrigger = (trigger) => word('trigger', trigger);

  async function load() {
    items = (await get('scans', { limit: 100 })).items;
    draw();
    const busy = items.find((r) => ['queued', 'running'].includes(r.state));
    if (busy) follow(busy.run);
  }

  async function follow(run) {
    clearTimeout(timer);
    try {
      const p = await get(`scans/${run}/progress`);
      watch.hidden = false;
      clear(watch, h('h2', { t: ['scan_running', { run }] }), h('progress', { max: p.steps || 1, value: p.step, t_label: 'scan_progress' }), h('p', { class: 'number', shown: () => t('scan_step', { step: count(p.step), steps: count(p.steps), name: p.step_name ?? '' }) }), p.error && h('p', { said: p.error }));
      if (['queued', 'running'].includes(p.state)) { timer = setTimeout(() => follow(run), WATCH); return; }
      watch.hidden = true;
      toast(t(p.state === 'complete' ? 'scan_done' : 'scan_failed', { run }), { seconds: 10 });
      await load();
    } catch (error) { watch.hidden = false; clear(watch, h('p', { text: explain(error) })); }
  }

  async function start(changedOnly) {
    try {
      const { run } = await post('scans', { changed_only: changedOnly }, { 'Idempotency-Key': crypto.randomUUID?.() ?? String(Date.now()) });
      follow(run);
    } catch (error) { failed(error); }
  }

  async function report(run) {
    try {
      const [{ items: rows }, { items: detectors }] = await Promise.all([get(`scans/${run.run}/report`), get('detectors')]);
      const titles = new Map(detectors.map(({ id, title }) => [id, title]));
      detail.hidden = false;
      clear(detail, h('table', { class: 'plain' }, h('caption', { t: ['scan_report_of', { run: run.run }] }), h('thead', {}, h('tr', {}, ['detector', 'judged', 'flagged', 'cleared', 'not_judgeable'].map((key, i) => h('th', { scope: 'col', class: i ? 'right' : '', t: key })))),
        h('tbody', {}, rows.map((r) => h('tr', {}, h('th', { scope: 'row' }, h('a', { href: link('leads', null, { view: 'all', detector: r.detector }), title: r.detector, said: titles.get(r.detector) ?? r.detector }), r.implausible && h('span', { class: 'badge warn', t: 'implausible' })), h('td', { class: 'right', text: count(r.judged) }),
          h('td', { class: 'right' }, Object.entries(r.flagged ?? {}).map(([tier, n]) => h('span', { class: 'number' }, h('span', { class: `tier ${tier}`, text: tier }), ` ${count(n)} `))), h('td', { class: 'right', text: count(r.cleared) }), h('td', { class: 'right', text: count(Object.values(r.not_judgeable ?? {}).reduce((a, b) => a + b, 0)), title: Object.entries(r.not_judgeable ?? {}).map(([why, n]) => `${why}: ${n}`).join('\n') }))))));
      detail.scrollIntoView({ block: 'start' });
    } catch (error) { failed(error); }
  }

  async function difference(before, after) {
    try {
      const d = await get(`scans/${before.run}/diff/${after.run}`);
      sheet(['scan_diff_of', { a: before.run, b: after.run }], (box) => box.append(...['new', 'changed', 'returned', 'gone'].map((state) => h('details', { open: (d[state] ?? []).length > 0 && state === 'new' }, h('summary', { shown: () => `${word('state', state)} · ${count(d.counts?.[state] ?? d[state]?.length ?? 0)}` }),
        h('ul', { class: 'ids' }, (d[state] ?? []).slice(0, 200).map((id) => h('li', {}, h('a', { class: 'number', href: link('lead', id), text: id }))), (d[state] ?? []).length > 200 && h('li', { class: 'muted', shown: () => t('shown_of', { shown: 200, total: count(d[state].length) }) }))))));
    } catch (error) { failed(error); }
  }

  root.append(h('div', { class: 'page' }, h('div', { class: 'bar tight page-head' }, h('h1', { class: 'grow', t: 'nav_scans' }), may('scans.start') && button('scan_changed', () => start(true), { picture: 'refresh-cw' }), may('scans.start') && button('scan_start', () => start(false), { picture: 'play', look: 'primary' })), watch, list, detail));
  await load();
  return { unmount: () => clearTimeout(timer) };
}

// The dossier pane of a lead: why, timeline, source rows, innocent explanations, decision.
import { at, post } from '../api.js';
import { decisionForm, stepsOf } from '../decide.js';
import { button, clear, h, icon, put } from '../dom.js';
import { count, day, exact, moment, money, proseDay } from '../format.js';
import { cell, said, t, word } from '../i18n.js';
import { emptyView, failed } from '../overlay.js';
import { link } from '../router.js';
import { badge } from '../words.js';

const heading = (key) => h('h2', { t: key });

/** What the rule asks, what was found, who takes part, which law, with which parameters. */
export function why(panel, lead) {
  const { document: doc, detector_meta: meta } = lead;
  put(panel,
    meta.question && h('p', { class: 'question', said: meta.question }),
    heading('what_found'), h('ol', { class: 'reasons' }, doc.reasons.map((reason) => h('li', { prose: reason }))),
    heading('taking_part'), h('ul', { class: 'parties' }, doc.entities.map((e) => {
      const name = lead.names[e.id] ?? e.id;
      const party = ['person', 'org'].includes(e.kind);
      return h('li', { data: { entity: e.id } }, h('span', { class: 'badge', shown: () => word('role', e.role) }), party ? h('a', { href: link('party', e.id), text: name }) : h('span', { text: name }), name !== e.id && h('span', { class: 'muted number', text: e.id }));
    })),
    lead.laws.length > 0 && [heading('legal_basis'), h('ul', { class: 'laws' }, lead.laws.map((law) => h('li', {}, h('strong', { shown: () => `${said(law.statute)} ${said(law.article)}` }), h('p', { said: law.text }), law.source && h('p', { class: 'muted', shown: () => t('law_source', { source: said(law.source) }) }), law.checked === false && h('p', { class: 'muted', t: 'law_unchecked' }))))],
    doc.statistics && [heading('null_model'), h('dl', { class: 'pairs' }, Object.entries(doc.statistics).map(([name, value]) => [h('dt', { shown: () => word('statistic', name) }), typeof value === 'object' ? h('dd', { said: value }) : h('dd', { class: 'number', text: typeof value === 'number' ? String(Number(value.toPrecision(4))) : value })]))],
    meta.rule && h('details', {}, h('summary', { t: 'rule_and_parameters' }), h('p', { said: meta.rule }), meta.why && h('p', { said: meta.why }), meta.blind && h('p', { class: 'muted', said: meta.blind }),
      h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, ['parameter', 'param_value', 'param_default', 'param_meaning'].map((key) => h('th', { scope: 'col', t: key })))),
        h('tbody', {}, (meta.parameters ?? []).map((p) => h('tr', {}, h('td', { text: p.name }), h('td', { class: 'number', said: p.value_text }), h('td', { class: 'number', said: p.default_text }), h('td', { said: p.description })))))),
    h('dl', { class: 'pairs small' }, [['col_id', lead.finding_id], ['detector', `${lead.detector} v${doc.detector_version}`], ['scan', doc.scan_id], ['data_as_of', day(doc.data_as_of)]].map(([key, value]) => [h('dt', { t: key }), h('dd', { class: 'number', text: value ?? '' })])));
}

/** Events by day. Choosing one lights it in the graph and the rows; `marks` keeps the elements to be lit. */
export function timeline(panel, events, total, { choose, marks }) {
  if (!events.length) { panel.append(emptyView('empty_timeline', null)); return; }
  const list = h('ol', { class: 'timeline' });
  let year = null;
  for (const event of events) {
    const y = event.day?.slice(0, 4) ?? '';
    if (y !== year) { year = y; list.append(h('li', { class: 'year', ...(y ? { text: y } : { t: 'undated' }) })); }
    const item = h('li', { class: event.own ? 'own' : '' }, h('button', { type: 'button', class: 'event', on: { click: () => choose(event) } },
      h('time', { class: 'number', dateTime: event.day ?? '', text: event.day?.slice(5) ?? '', title: proseDay(event.day) }),
      h('span', { class: 'grow', prose: event.text }), event.amount ? h('span', { class: 'number sum', shown: () => money(event.amount, event.currency ?? 'CNY'), title: exact(event.amount, event.currency ?? 'CNY') }) : null));
    marks.push({ element: item, ref: event.ref, edge: event.edge, nodes: event.nodes });
    list.append(item);
  }
  panel.append(h('p', { class: 'muted', t: ['shown_of', { shown: () => count(events.length), total: () => count(total) }] }), list);
}

/** Source rows, table by table, each with its file and row. */
export function rows(panel, records, { choose, marks }) {
  if (!records.length) { panel.append(emptyView('empty_rows', null)); return; }
  const byTable = Map.groupBy ? Map.groupBy(records, (r) => r.table) : records.reduce((m, r) => m.set(r.table, [...(m.get(r.table) ?? []), r]), new Map());
  panel.append(h('p', { class: 'muted', t: ['rows_n', { n: () => count(records.length) }] }));
  for (const [table, list] of byTable) {
    const columns = [...new Set(list.flatMap((r) => Object.entries(r.columns).filter(([, v]) => v !== null && v !== '').map(([name]) => name)))];
    const label = (name) => (document.documentElement.lang === 'en' ? name.replaceAll('_', ' ') : list.find((r) => r.terms?.[name])?.terms[name] ?? name);
    panel.append(h('div', { class: 'rows-table', tabIndex: 0, role: 'region', 'aria-label': table }, h('table', { class: 'plain' }, h('caption', { shown: () => `${word('table', table)} · ${count(list.length)}` }),
      h('thead', {}, h('tr', {}, h('th', { scope: 'col', t: 'col_file' }), h('th', { scope: 'col', class: 'right', t: 'col_row' }), columns.map((name) => h('th', { scope: 'col', shown: () => label(name), title: name })))),
      h('tbody', {}, list.map((record) => {
        const row = h('tr', {}, h('td', {}, h('button', { type: 'button', class: 'link', text: record.file, title: record.ref, on: { click: () => choose(record) } })), h('td', { class: 'right', text: count(record.row) }), columns.map((name) => h('td', { class: String(record.columns[name] ?? '').length > 26 ? 'long' : '', shown: () => cell(table, name, record.columns[name] ?? '') })));
        marks.push({ element: row, ref: record.ref });
        return row;
      })))));
  }
}

const PICTURES = { ruled_out: 'circle-x', fits: 'circle-check', not_checkable: 'circle-help' };

/** Each innocent explanation with its verdict and what says so. */
export function innocent(panel, lead) {
  const titles = new Map((lead.detector_meta.innocent ?? []).map((x) => [x.id, x.title]));
  panel.append(h('p', { class: 'muted', t: 'innocent_intro' }));
  const list = lead.document.innocent;
  if (!list.length) { panel.append(emptyView('empty_innocent', null)); return; }
  panel.append(h('ul', { class: 'innocent' }, list.map((x) => h('li', { class: x.verdict }, icon(PICTURES[x.verdict]), h('div', { class: 'grow' },
    h('h3', { ...(titles.has(x.explanation) ? { said: titles.get(x.explanation) } : { text: x.explanation.replaceAll('_', ' ') }) }), h('p', { prose: x.basis })), badge('verdict', x.verdict)))));
}

/** What was decided so far, and the forms to go on. `changed(lead)` after a step went through. */
export function decision(panel, lead, changed) {
  const name = (id) => lead.people?.[id] ?? id ?? '';
  const form = h('div', { class: 'form-place' });
  const open = (action) => {
    clear(form, h('h3', { t: `action_${action}` }), decisionForm(action, () => [lead], ([next]) => changed(next)));
    form.querySelector('select, textarea, input')?.focus();
  };
  put(panel, h('p', {}, badge('triage', lead.triage), ' ', h('span', { class: 'muted', shown: () => (lead.assignee ? t('assigned_to', { name: name(lead.assignee) }) : t('assigned_nobody')) })),
    h('div', { class: 'bar tight actions' }, stepsOf(lead).map((action) => button(`action_${action}`, () => open(action), { look: ['confirm'].includes(action) ? 'primary' : '', data: { action } }))), form,
    heading('history'), lead.history.length ? h('ol', { class: 'history' }, lead.history.map((step) => h('li', {},
      h('div', {}, h('strong', { shown: () => word('action', step.action) }), ' ', h('span', { class: 'muted', text: `${name(step.actor)} · ${moment(step.at)}` })),
      step.triage_before !== step.triage_after && h('div', { class: 'muted', shown: () => `${word('triage', step.triage_before)} → ${word('triage', step.triage_after)}` }),
      step.reason && h('div', { said: step.reason }), step.case_number && h('div', { text: step.case_number }), step.note && h('blockquote', { text: step.note }), step.details && h('pre', { class: 'details-json', text: JSON.stringify(step.details, null, 1) })))) : h('p', { class: 'muted', t: 'history_none' }),
    lead.cases.length > 0 && [heading('cases'), h('ul', {}, lead.cases.map((c) => h('li', { text: `${c.case_number} · ${name(c.actor)} · ${moment(c.at)}` })))],
    heading('comments'), h('ul', { class: 'comments' }, lead.comments.map((c) => h('li', {}, h('span', { class: 'muted', text: `${name(c.author)} · ${moment(c.at)}` }), h('p', { text: c.text })))), commentForm(lead, changed));
}

function commentForm(lead, changed) {
  const text = h('textarea', { rows: 2, maxLength: 2000, required: true, t_label: 'comment' });
  return h('form', { class: 'decision', on: { submit: async (event) => {
    event.preventDefault();
    try { await post(at`findings/${lead.finding_id}/comments`, { text: text.value.trim() }); changed(null); } catch (error) { failed(error, { lost: 'text_kept' }); }
  } } }, text, h('div', { class: 'bar tight' }, h('button', { type: 'submit', class: 'button', t: 'comment_add' })));
}

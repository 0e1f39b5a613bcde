// Deciding on leads: reason, note, case number; one or many; with the way back.
import { at, get, post } from './api.js';
import { h, clear } from './dom.js';
import { t, word } from './i18n.js';
import { explain, failed, sheet, toast } from './overlay.js';
import { emit, may } from './state.js';

/** What can be done with a lead at each stage. */
const STEPS = {
  open: ['start', 'confirm', 'dismiss', 'assign'],
  in_review: ['confirm', 'dismiss', 'refer', 'reopen', 'assign'],
  confirmed: ['refer', 'dismiss', 'reopen', 'assign'],
  dismissed: ['reopen'],
  referred: ['reopen'],
  expired: ['reopen'],
};

const NEEDS = { assign: 'findings.assign', refer: 'findings.refer' };
/** The steps that this person may take on a lead now. */
export const stepsOf = (lead) => (STEPS[lead.triage] ?? []).filter((action) => may('findings.decide') && may(NEEDS[action] ?? 'findings.decide'));

let reasons = null;
let people = null;

/** The reasons of an action, and whether one has to be given. */
export async function reasonsFor(action) {
  reasons ??= await get('reasons');
  return { list: reasons.items.filter((reason) => reason.action === action), required: reasons.required.includes(action) };
}

async function assignable() {
  people ??= ((await get('users/assignable')).items ?? []);
  return people;
}

function told(result) {
  const problem = result.problem ?? {};
  return problem.detail || problem.title || t('error_unknown');
}

/** Decide on one lead: 412 and a needed second person are said in words. Answers the lead as it stands now, or null. */
async function one(finding, body) {
  const answer = await post(at`findings/${finding.finding_id ?? finding.id}/triage`, body, { 'If-Match': `"${finding.version}"` });
  emit('decided', answer);
  return answer;
}

/** Decide on one or several leads; resolves to those that went through. */
export async function decide(findings, body) {
  if (findings.length === 1) {
    try {
      return [await one(findings[0], body)];
    } catch (error) {
      if (error.status === 412) toast(t('changed_meanwhile'), { seconds: 10 });
      else if (error.status === 409 && error.body?.approval_id) toast(t('second_person', { n: error.body.approval_id }), { seconds: 12 });
      else failed(error);
      return [];
    }
  }
  try {
    const { results } = await post('findings/triage', { items: findings.map((f) => ({ id: f.finding_id, version: f.version })), ...body });
    const wrong = results.filter((r) => !r.ok);
    if (wrong.length) toast(t('some_failed', { n: wrong.length, total: results.length, why: told(wrong[0]) }), { seconds: 12 });
    const done = results.filter((r) => r.ok).map((r) => ({ ...findings.find((f) => f.finding_id === r.id), triage: r.triage, version: r.version }));
    emit('decided-many', done);
    return done;
  } catch (error) { failed(error); return []; }
}

/** The form for one action. `findings()` are those to decide on; `done(changed)` after it went through. */
export function decisionForm(action, findings, done) {
  const reason = h('select', { name: 'reason' });
  const note = h('textarea', { name: 'note', maxLength: 2000, rows: 2 });
  const number = h('input', { name: 'case', maxLength: 120, required: true });
  const who = h('select', { name: 'assignee', required: true });
  const wrong = h('p', { class: 'detail', role: 'alert', hidden: true });
  const needsReason = !['assign', 'start'].includes(action);
  const submit = h('button', { class: 'button primary', type: 'submit' }, h('span', { t: `action_${action}` }));
  if (needsReason) {
    submit.disabled = true; // until there is a reason to choose
    reasonsFor(action).then(({ list, required }) => clear(reason, !required && h('option', { value: '', t: 'reason_none' }), list.map((r) => h('option', { value: r.code, said: r.title })))).then(() => { submit.disabled = false; }).catch((e) => { wrong.textContent = explain(e); wrong.hidden = false; });
  }
  if (action === 'assign') assignable().then((list) => clear(who, list.map((p) => h('option', { value: p.id, text: p.name ?? p.id })))).catch((e) => { wrong.textContent = explain(e); wrong.hidden = false; });
  const form = h('form', { class: 'decision', on: { submit: async (event) => {
    event.preventDefault();
    submit.disabled = true;
    const body = { action, reason_code: (needsReason && reason.value) || null, note: note.value.trim() || null,
      assignee: action === 'assign' ? who.value : null, case_number: action === 'refer' ? number.value.trim() : null };
    const before = findings();
    const stage = before[0].triage;
    const changed = await decide(before, body);
    submit.disabled = false;
    if (!changed.length) return;
    done(changed);
    const back = before.length === 1 && changed.length === 1 && STEPS[changed[0].triage]?.includes('reopen') && stage !== changed[0].triage;
    toast(t('decided', { n: changed.length, action: word('action', action) }), back ? { seconds: 10, undo: async () => {
      const undone = await decide(changed, { action: 'reopen', reason_code: 'decided_in_error', note: t('undone_note') });
      if (undone.length) done(undone);
    } } : {});
  } } },
  needsReason && h('label', { class: 'field' }, h('span', { t: 'reason' }), reason),
  action === 'assign' && h('label', { class: 'field' }, h('span', { t: 'assignee' }), who),
  action === 'refer' && h('label', { class: 'field' }, h('span', { t: 'case_number' }), number),
  h('label', { class: 'field' }, h('span', { t: 'note' }), note), wrong,
  h('div', { class: 'bar tight' }, submit, h('span', { class: 'muted', t: 'lead_not_verdict' })));
  return form;
}

/** The form in a sheet beside the list. */
export function ask(action, findings, done) {
  sheet(findings.length === 1 ? `action_${action}` : ['action_many', { action: () => word('action', action), n: findings.length }], (box, shut) => {
    if (findings.length === 1) box.append(h('p', { class: 'muted', said: findings[0].headline ?? findings[0].title }));
    box.append(decisionForm(action, () => findings, (changed) => { shut(); done(changed); }));
  });
}

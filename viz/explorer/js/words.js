// Small marks that several views show: tier, status, money, triage. Each says its meaning in words or a letter.
import { h } from './dom.js';
import { exact, money } from './format.js';
import { said, word } from './i18n.js';

export const tierBadge = (tier) => h('span', { class: `tier ${tier}`, text: tier, title: word('tier', tier) });

/** A sum with the exact yuan on hover. */
export const sum = (amount) => (amount?.value === undefined || amount?.value === null ? '' : h('span', { class: 'number', text: money(amount.value, amount.currency), title: exact(amount.value, amount.currency) }));

const LOOK = { confirmed: 'bad', referred: 'bad', dismissed: 'good', cleared: 'good', in_review: 'warn', new: 'new', changed: 'new', returned: 'new', gone: 'good', failed: 'bad', running: 'warn', complete: 'good', ruled_out: 'bad', fits: 'good', not_checkable: 'warn' };

/** A code as a word in a rounded frame. */
export const badge = (set, code) => (code ? h('span', { class: `badge ${LOOK[code] ?? ''}`, shown: () => word(set, code) }) : '');

export const badgeNow = (set, code) => (code ? h('span', { class: `badge ${LOOK[code] ?? ''}`, text: word(set, code) }) : '');

/** The parties of a lead on one line. */
export const parties = (finding) => {
  const named = (finding.entities ?? []).filter((e) => e.name);
  const rest = (finding.entity_count ?? 0) - named.length;
  return named.map((e) => e.name).join('、') + (rest > 0 ? ` +${rest}` : '');
};

export const headline = (finding) => said(finding.headline) || said(finding.title);

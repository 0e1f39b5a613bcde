// A party: what it is, its leads, what happened around it, its dossier.
import { at, download, get } from '../api.js';
import { rowList } from '../canvas/details.js';
import { h, icon, button } from '../dom.js';
import { count } from '../format.js';
import { cell, said, word } from '../i18n.js';
import { timeline } from '../lead/panels.js';
import { emptyView, explain, failed, menu } from '../overlay.js';
import { region } from '../regions.js';
import { go, link } from '../router.js';
import { may } from '../state.js';
import { badge, headline, sum, tierBadge } from '../words.js';

export async function mount(root, { id }) {
  const path = at`parties/${id}`;
  const [profile, leads] = await Promise.all([get(path), get(`${path}/findings`, { limit: 200 })]);
  const { node } = profile;
  const facts = Object.entries(node.properties).filter(([, v]) => v !== null && v !== '' && typeof v !== 'object');
  const events = h('div', { class: 'card' }, h('h2', { t: 'tab_timeline' }));
  get(`${path}/timeline`, { limit: 200 }).then((answer) => timeline(events, answer.events ?? answer.items, answer.total, { marks: [], choose: (e) => { const other = (e.nodes ?? []).filter((x) => x !== node.id); go('explore', null, { nodes: [node.id, ...other].join(',') }); } }),
    (error) => events.append(h('p', { class: 'muted', text: explain(error) })));
  const take = (anchor) => menu({ anchor }, [
    { t: 'dossier_html', picture: 'download', act: () => download(`${path}/dossier.html`, `${id}.html`).catch(failed) },
    { t: 'dossier_pdf', picture: 'printer', act: () => download(`${path}/dossier.pdf`, `${id}.pdf`).catch(failed) }], 'take');

  root.append(h('div', { class: 'page' },
    h('div', { class: 'bar tight page-head' }, h('h1', { class: 'grow', text: node.name || id }), badge('kind', node.kind), h('span', { class: 'muted number', text: id }),
      h('a', { class: 'button small', href: link('explore', null, { nodes: node.id ?? `Party/${id}` }) }, icon('network'), h('span', { t: 'open_explore' })), may('export.personal') && button('take_along', (e) => take(e.currentTarget), { picture: 'download', look: 'small' })),
    h('div', { class: 'cards' },
      h('div', { class: 'card' }, h('h2', { t: 'profile' }), h('dl', { class: 'pairs' }, node.region && [h('dt', { t: 'col_region' }), h('dd', { shown: () => region(node.region), title: node.region })], facts.map(([name, value]) => [h('dt', { shown: () => word('prop', name) }), h('dd', { shown: () => cell(node.label, name, value) })])),
        profile.record && h('details', {}, h('summary', { t: 'source_row' }), rowList(profile.record)),
        profile.by_type.length > 0 && h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, ['col_relation', 'col_count', 'col_amount'].map((key, i) => h('th', { scope: 'col', class: i ? 'right' : '', t: key })))), h('tbody', {}, profile.by_type.map((row) => h('tr', {}, h('td', { shown: () => said(row.text) || word('edge', row.type) }), h('td', { class: 'right', text: count(row.count) }), h('td', { class: 'right' }, sum(row.amount ? { value: row.amount, currency: row.currency ?? 'CNY' } : null))))))),
      h('div', { class: 'card' }, h('h2', { t: ['leads_of_party', { n: () => count(leads.total) }] }), leads.items.length ? h('ul', { class: 'lead-list' }, leads.items.map((f) => h('li', {}, tierBadge(f.tier), h('a', { class: 'grow', href: link('lead', f.finding_id) }, h('strong', { said: f.title }), ' ', h('span', { class: 'muted', shown: () => headline(f) })), badge('triage', f.triage)))) : emptyView('no_leads', null)),
      events)));
  return {};
}

// The card of what is chosen: a relation with its source row, dates and amount; a node with its numbers.
import { at, get } from '../api.js';
import { button, clear, h } from '../dom.js';
import { count, day, precise } from '../format.js';
import { cell, said, t, word } from '../i18n.js';
import { explain } from '../overlay.js';
import { region } from '../regions.js';
import { link } from '../router.js';

const kept = new Map();

async function record(ref) {
  if (!kept.has(ref)) kept.set(ref, get(at`records/${ref}`).catch((error) => { kept.delete(ref); throw error; }));
  return kept.get(ref);
}

/** A source row as a list: file and row first, then each column with its Chinese term. */
export function rowList(row) {
  return h('div', { class: 'record' },
    h('p', { class: 'number' }, h('strong', { text: t('file_row', { file: row.file, row: count(row.row) }) }), ' ', h('span', { class: 'muted', shown: () => word('table', row.table) })),
    h('dl', { class: 'pairs' }, Object.entries(row.columns).filter(([, v]) => v !== null && v !== '').map(([name, value]) => [
      h('dt', { shown: () => (document.documentElement.lang === 'en' ? name.replaceAll('_', ' ') : row.terms?.[name] ?? name), title: name }), h('dd', { shown: () => cell(row.table, name, value) })])));
}

const pair = (key, value) => (value === '' || value === null || value === undefined ? null : [h('dt', { t: key }), h('dd', { class: 'number', text: value })]);

function edgeCard(edge, names, openBundle) {
  const name = (id) => names.get(id) ?? id;
  const source = h('div', { class: 'source' });
  if (edge.ref) record(edge.ref).then((row) => clear(source, h('h3', { t: 'source_row' }), rowList(row)), (error) => clear(source, h('p', { class: 'muted', text: explain(error) })));
  const several = edge.bundle?.count > 1;
  return [
    h('h3', { shown: () => word('edge', edge.type) }), h('p', { shown: () => (several ? `${name(edge.source)} → ${name(edge.target)}` : said(edge.text) || `${name(edge.source)} → ${name(edge.target)}`) }),
    h('dl', { class: 'pairs' }, pair('col_from', name(edge.source)), pair('col_to', name(edge.target)),
      pair('col_amount', edge.amount === null || edge.amount === undefined ? '' : precise(edge.amount, edge.currency ?? 'CNY')),
      pair('col_count', several ? count(edge.bundle.count) : ''), pair('col_day', several ? [day(edge.bundle.first), day(edge.bundle.last)].filter(Boolean).join(' → ') : day(edge.day)),
      pair('valid', edge.from || edge.to ? `${day(edge.from)} → ${day(edge.to)}` : ''), pair('share', edge.share_pct === null || edge.share_pct === undefined ? '' : `${edge.share_pct} %`)),
    several && edge.edges && button('bundle_open', openBundle, { look: 'small' }), source,
  ];
}

function nodeCard(node, acts) {
  const party = node.label === 'Party';
  return [
    h('h3', { text: node.name || node.key }), h('p', { class: 'muted', shown: () => `${word('kind', node.kind)} · ${node.key ?? ''}` }),
    h('dl', { class: 'pairs' }, pair('col_region', region(node.region)), pair('col_amount', node.amount ? precise(node.amount, node.currency ?? 'CNY') : ''), pair('col_day', day(node.day)),
      Object.entries(node.properties ?? {}).filter(([, v]) => v !== null && v !== '' && typeof v !== 'object').map(([name, value]) => [h('dt', { shown: () => word('prop', name) }), h('dd', { shown: () => cell(node.label, name, value) })])),
    h('div', { class: 'bar tight' }, acts, party && h('a', { class: 'button small', href: link('party', node.key), t: 'profile' })),
  ];
}

export class Details {
  constructor(shut) {
    this.body = h('div', { class: 'details-body' });
    this.element = h('aside', { class: 'details', hidden: true, t_label: 'details' }, button('close', shut, { picture: 'x', only: true, look: 'quiet small' }), this.body);
  }

  hide() { this.element.hidden = true; }

  /** Show one edge or one node. `acts` are buttons for a node, `openBundle` opens parallel edges. */
  show({ edge, node, names, acts, openBundle }) {
    clear(this.body, edge ? edgeCard(edge, names, openBundle) : nodeCard(node, acts));
    this.element.hidden = false;
  }
}

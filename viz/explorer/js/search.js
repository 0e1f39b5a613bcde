// One search for everything: Chinese, pinyin, credit code, ids. What is chosen goes to the canvas.
import { get } from './api.js';
import { clear, h, icon, announce } from './dom.js';
import { count } from './format.js';
import { t, word } from './i18n.js';
import { explain } from './overlay.js';
import { go, parse } from './router.js';
import { emit } from './state.js';

const WAIT = 160;

/** The field with its list of hits, as a combobox. `choose(node)` decides what happens with a hit. */
export function searchBox({ id = 'search', choose = open, label = 'search_all', kinds } = {}) {
  let items = [];
  let at = -1;
  let timer = 0;
  let running = null;
  const list = h('div', { class: 'results', role: 'listbox', id: `${id}-list`, t_label: 'search_results', hidden: true });
  const input = h('input', { type: 'search', id, role: 'combobox', autocomplete: 'off', spellcheck: false, 'aria-expanded': 'false', 'aria-controls': `${id}-list`,
    'aria-autocomplete': 'list', t_placeholder: label, t_label: label });

  const shut = () => { list.hidden = true; at = -1; input.setAttribute('aria-expanded', 'false'); input.removeAttribute('aria-activedescendant'); };
  const take = (item) => { shut(); input.value = ''; input.blur(); choose(item); };
  const mark = (index) => {
    at = index;
    [...list.querySelectorAll('[role="option"]')].forEach((row, i) => row.setAttribute('aria-selected', String(i === at)));
    if (at >= 0) { input.setAttribute('aria-activedescendant', `${id}-${at}`); list.querySelector(`#${id}-${at}`)?.scrollIntoView({ block: 'nearest' }); }
  };

  async function look() {
    const q = input.value.trim();
    running?.abort();
    if (!q) { shut(); return; }
    running = new AbortController();
    try {
      const answer = await get('search', { q, limit: 12, kinds }, running.signal);
      items = answer.items;
      const rows = items.map((item, i) => h('div', { role: 'option', id: `${id}-${i}`, 'aria-selected': 'false', on: { pointerdown: (e) => { e.preventDefault(); take(item); } } },
        h('span', { class: 'badge', text: word('kind', item.kind) }), h('span', { class: 'grow', text: item.name || item.key, title: item.name }), h('span', { class: 'muted number', text: item.key })));
      clear(list, rows.length ? rows : h('div', { class: 'note', text: t('search_nothing') }), answer.total > items.length && h('div', { class: 'note', text: t('shown_of', { shown: count(items.length), total: count(answer.total) }) }),
        answer.withheld > 0 && h('div', { class: 'note', text: t('search_withheld', { n: count(answer.withheld) }) }));
      announce(t('search_found', { n: count(answer.total) }));
      mark(rows.length ? 0 : -1);
    } catch (error) {
      if (error.name === 'AbortError') return;
      clear(list, h('div', { class: 'note', text: explain(error) }));
    }
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
  }

  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(look, WAIT); });
  input.addEventListener('focus', () => { if (input.value.trim()) look(); });
  input.addEventListener('blur', () => setTimeout(shut, 120));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') { event.stopPropagation(); if (list.hidden) input.blur(); shut(); return; }
    if (event.key === 'Enter' && at >= 0 && !list.hidden) { event.preventDefault(); take(items[at]); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) { event.preventDefault(); mark((at + step + items.length) % items.length); }
  });
  return h('div', { class: 'search', role: 'search' }, icon('search'), input, id === 'search' && h('kbd', { text: '/', 'aria-hidden': 'true' }), list);
}

function open(node) {
  if (parse().view === 'explore') emit('put', node);
  else go('explore', null, { nodes: node.id });
}

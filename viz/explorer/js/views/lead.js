// A lead: the graph at the left, the dossier at the right; what is chosen in one is lit in the others.
import { at, download, get } from '../api.js';
import { button, clear, h, icon, live } from '../dom.js';
import { period, exact, money } from '../format.js';
import { t } from '../i18n.js';
import { Desk } from '../canvas/desk.js';
import * as panels from '../lead/panels.js';
import { failed, menu, problemView, skeleton, toast } from '../overlay.js';
import { region } from '../regions.js';
import { go, settle } from '../router.js';
import { may, on } from '../state.js';
import { split, tabs } from '../split.js';
import { badge, tierBadge } from '../words.js';
import { list } from './leads.js';

export async function mount(root, { id, query }) {
  const path = at`findings/${id}`;
  const [first, graph] = await Promise.all([get(path), get(`${path}/graph`)]);
  let lead = first;
  const marks = [];
  const desk = new Desk('lead', { finding: id, onSelect: (nodes, edges) => lightPanels(nodes, edges) });
  const head = h('header', { class: 'lead-head' });

  const late = (name, build) => (panel) => {
    clear(panel, skeleton(6));
    get(`${path}/${name}`).then((answer) => { clear(panel); build(panel, answer); }, (error) => clear(panel, problemView(error, () => late(name, build)(panel))));
  };
  const parts = tabs([
    { id: 'why', t: 'tab_why', build: (p) => panels.why(p, lead) },
    { id: 'timeline', t: 'tab_timeline', build: late('timeline', (p, a) => panels.timeline(p, a.events ?? a.items, a.total, { marks, choose: chooseEvent })) },
    { id: 'rows', t: 'tab_rows', build: late('records', (p, a) => panels.rows(p, a.items, { marks, choose: (record) => chooseRef(record.ref) })) },
    { id: 'innocent', t: 'tab_innocent', build: (p) => panels.innocent(p, lead) },
    { id: 'decision', t: 'tab_decision', build: (p) => panels.decision(p, lead, changed) },
  ], { chosen: query.get('tab') ?? 'why', label: 'dossier', change: (tab) => settle({ tab }) });

  /** After a decision or comment: show the lead as it stands now. */
  async function changed(next) {
    if (next) Object.assign(lead, { triage: next.triage, version: next.version, assignee: next.assignee ?? lead.assignee });
    try { lead = await get(path); } catch (error) { failed(error); }
    drawHead();
    parts.rebuild('decision');
  }

  /** Edges of the canvas that stand on a source row, and nodes that are it. */
  function idsOf(ref) {
    const { nodes, edges } = desk.canvas.model.now;
    return [...[...edges.values()].filter((e) => e.ref === ref || e.properties?.refs?.includes?.(ref)), ...[...nodes.values()].filter((n) => n.ref === ref)].map((x) => x.id);
  }

  function chooseRef(ref) {
    const ids = idsOf(ref);
    lightRefs(new Set([ref]));
    if (ids.length) desk.canvas.select(ids, { tell: false });
    else toast(t('not_on_canvas'), { seconds: 3 });
  }

  function chooseEvent(event) {
    const ids = [event.edge, ...(event.edge ? [] : event.nodes ?? [])].filter(Boolean);
    desk.canvas.select(ids, { tell: false });
    lightRefs(new Set([event.ref]), event);
  }

  function lightRefs(refs, event = null) {
    for (const mark of marks) {
      const lit = (mark.ref && refs.has(mark.ref)) || (event && mark.edge && mark.edge === event.edge);
      mark.element.classList.toggle('lit', Boolean(lit));
    }
    const shown = marks.find((m) => m.element.classList.contains('lit') && m.element.offsetParent);
    shown?.element.scrollIntoView({ block: 'nearest' });
  }

  function lightPanels(nodes, edges) {
    const all = edges.flatMap((e) => e.edges ?? [e]);
    const refs = new Set([...all, ...nodes].map((x) => x.ref).filter(Boolean));
    const keys = new Set(nodes.map((n) => n.key));
    lightRefs(refs);
    for (const item of root.querySelectorAll('[data-entity]')) item.classList.toggle('lit', keys.has(item.dataset.entity));
  }

  const takeAlong = (anchor) => menu({ anchor }, [
    { t: 'dossier_html', picture: 'download', act: () => download(`${path}/dossier.html`, `${id}.html`).catch(failed) },
    { t: 'dossier_pdf', picture: 'printer', act: () => download(`${path}/dossier.pdf`, `${id}.pdf`).catch(failed) },
    { t: 'take_snapshot', picture: 'network', act: () => download(`${path}/snapshot.html`, `${id}-graph.html`).catch(failed) },
  ], 'take');

  function neighbour(step) {
    const here = list.ids.indexOf(id);
    const next = list.ids[here + step];
    if (here < 0 || !next) toast(t('no_more_leads'), { seconds: 3 }); else go('lead', next, { tab: parts.at });
  }

  function drawHead() {
    const place = list.ids.indexOf(id);
    clear(head, h('div', { class: 'bar tight' },
      h('a', { class: 'button quiet small', href: list.address }, icon('chevron-left'), h('span', { t: 'back_to_list' })),
      place >= 0 && [button('key_previous', () => neighbour(-1), { picture: 'chevron-left', only: true, look: 'quiet', disabled: place === 0 }), button('key_next', () => neighbour(1), { picture: 'chevron-right', only: true, look: 'quiet', disabled: place === list.ids.length - 1 })],
      tierBadge(lead.tier), badge('status', lead.status), badge('state', lead.state), badge('triage', lead.triage), h('span', { class: 'muted', shown: () => t('lead_not_verdict') }), h('span', { class: 'grow' }),
      button('open_explore', () => go('explore', null, { nodes: [...desk.canvas.model.now.nodes.keys()].slice(0, 60).join(',') }), { picture: 'network', look: 'small' }),
      may('export.personal') && button('take_along', (e) => takeAlong(e.currentTarget), { picture: 'download', look: 'small' }),
      button('decide', () => { parts.show('decision'); head.parentElement.querySelector('.actions button')?.focus(); }, { picture: 'check', look: 'small primary' })),
    h('div', { class: 'lead-title' }, h('h1', { said: lead.title }), h('p', { class: 'facts number' },
      lead.amount && h('span', { shown: () => money(lead.amount.value, lead.amount.currency), title: exact(lead.amount.value, lead.amount.currency) }), period(lead.period) && h('span', { text: period(lead.period) }), lead.agency && h('span', { text: lead.agency.name }), lead.region && h('span', { shown: () => region(lead.region), title: lead.region }), h('span', { class: 'muted', text: lead.finding_id }))));
  }
  drawHead();
  live(head, drawHead);

  const dossier = h('section', { class: 'dossier', t_label: 'dossier' }, parts.bar, parts.body);
  root.append(head, split('lead', desk.element, dossier));
  const stops = [on('decided-many', () => changed(null))];

  const act = (action) => { parts.show('decision'); root.querySelector(`[data-action="${action}"]`)?.click(); };
  const keys = { ...desk.keys(),
    j: { t: 'key_next', act: () => neighbour(1) }, k: { t: 'key_previous', act: () => neighbour(-1) },
    c: { t: 'action_confirm', act: () => act('confirm') }, d: { t: 'action_dismiss', act: () => act('dismiss') }, r: { t: 'action_refer', act: () => act('refer') }, s: { t: 'action_start', act: () => act('start') },
    u: { t: 'back_to_list', act: () => { location.hash = list.address; } } };

  return {
    keys,
    ready: async () => {
      await desk.start();
      desk.canvas.model.total = graph.total;
      const named = new Set(lead.document.evidence.nodes);
      await desk.canvas.open({ ...graph, nodes: graph.nodes.map((node) => ({ ...node, named: named.has(node.key) })) });
      performance.mark('graph-usable');
      root.dataset.ready = 'true';
    },
    update: (next) => { if ((next.get('tab') ?? 'why') !== parts.at) parts.show(next.get('tab') ?? 'why', false); },
    unmount: () => { desk.destroy(); for (const stop of stops) stop(); },
  };
}

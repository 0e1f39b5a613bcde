// Two panes with a bar between them that is moved by mouse or keyboard and remembered.
import { h } from './dom.js';
import { prefs, remember } from './state.js';

export function split(name, left, right, start = 60) {
  const key = `split.${name}`;
  const bar = h('div', { class: 'split-bar', role: 'separator', tabIndex: 0, 'aria-orientation': 'vertical', t_label: 'resize', 'aria-valuemin': 25, 'aria-valuemax': 80 });
  const box = h('div', { class: 'split' }, left, bar, right);
  let share = prefs[key] ?? start;
  const set = (value, keep = true) => {
    share = Math.max(25, Math.min(80, value));
    box.style.setProperty('--share', `${share}%`);
    bar.setAttribute('aria-valuenow', Math.round(share));
    if (keep) remember({ [key]: share });
  };
  set(share, false);
  bar.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -3, ArrowRight: 3 }[event.key];
    if (step) { event.preventDefault(); set(share + step); }
  });
  bar.addEventListener('pointerdown', (event) => {
    bar.setPointerCapture(event.pointerId);
    const move = (e) => { const r = box.getBoundingClientRect(); set(((e.clientX - r.left) / r.width) * 100, false); };
    bar.addEventListener('pointermove', move);
    bar.addEventListener('pointerup', () => { bar.removeEventListener('pointermove', move); set(share); }, { once: true });
  });
  return box;
}

/** Tabs with panels. Panels: [{id, t, build()}], built when first shown. */
export function tabs(panels, { chosen, label, change }) {
  const bar = h('div', { class: 'tabs', role: 'tablist', t_label: label });
  const body = h('div', { class: 'tab-body' });
  const built = new Map();
  let at = null;
  function show(id, tell = true) {
    at = panels.some((p) => p.id === id) ? id : panels[0].id;
    for (const button of bar.children) {
      const on = button.dataset.tab === at;
      button.setAttribute('aria-selected', String(on));
      button.tabIndex = on ? 0 : -1;
    }
    if (!built.has(at)) {
      const panel = h('div', { role: 'tabpanel', id: `panel-${at}`, class: 'panel', 'aria-labelledby': `tab-${at}`, tabIndex: 0 });
      built.set(at, panel);
      body.append(panel);
      panels.find((p) => p.id === at).build(panel);
    }
    for (const [name, panel] of built) panel.hidden = name !== at;
    if (tell) change?.(at);
  }
  for (const panel of panels) {
    bar.append(h('button', { type: 'button', role: 'tab', id: `tab-${panel.id}`, 'aria-controls': `panel-${panel.id}`, data: { tab: panel.id }, t: panel.t, on: { click: () => show(panel.id) } }));
  }
  bar.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const here = panels.findIndex((p) => p.id === at);
    show(panels[(here + step + panels.length) % panels.length].id);
    bar.querySelector('[aria-selected="true"]').focus();
  });
  show(chosen, false);
  return { bar, body, show, get at() { return at; }, rebuild: (id) => { const panel = built.get(id); if (panel) { panel.replaceChildren(); panels.find((p) => p.id === id).build(panel); } } };
}

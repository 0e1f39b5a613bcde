// Charts by chart.js in the page's colours; each stands beside its numbers as a table.
import { chartLibrary } from './canvas/load.js';
import { h } from './dom.js';
import { on } from './state.js';

const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * A figure with a drawing and its table. `configure(Chart, colours)` answers chart.js's configuration; it is asked
 * again when theme or language change.
 */
export function chart(title, configure, table) {
  const canvas = h('canvas', { role: 'img', t_label: title });
  const box = h('figure', { class: 'chart' }, h('figcaption', {}, h('h2', { t: title })), h('div', { class: 'chart-box' }, canvas), table && h('details', {}, h('summary', { t: 'as_table' }), table));
  let drawn = null;
  const draw = async () => {
    const Chart = await chartLibrary();
    if (!box.isConnected) return;
    drawn?.destroy();
    const colours = { text: tone('--text'), muted: tone('--muted'), line: tone('--line'), accent: tone('--accent'), A: tone('--tier-a'), B: tone('--tier-b'), C: tone('--tier-c'), good: tone('--good'), warn: tone('--warn'), sunken: tone('--sunken'), strong: tone('--line-strong') };
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.color = colours.text;
    Chart.defaults.borderColor = colours.line;
    Chart.defaults.animation = false;
    Chart.defaults.maintainAspectRatio = false;
    drawn = new Chart(canvas, configure(colours));
  };
  const stops = [on('theme', draw), on('language', draw)];
  return { element: box, draw, destroy: () => { drawn?.destroy(); for (const stop of stops) stop(); } };
}

// What the shapes and lines mean.
import { h } from '../dom.js';
import { word } from '../i18n.js';
import { SHAPES } from './style.js';

const NS = 'http://www.w3.org/2000/svg';
const POINTS = {
  hexagon: '2,12 7,4 17,4 22,12 17,20 7,20', diamond: '12,2 22,12 12,22 2,12', 'round-diamond': '12,3 21,12 12,21 3,12', octagon: '8,3 16,3 21,8 21,16 16,21 8,21 3,16 3,8',
  triangle: '12,3 22,20 2,20', polygon: '5,2 14,2 19,7 19,22 5,22', tag: '2,5 16,5 22,12 16,19 2,19', barrel: '2,7 5,5 19,5 22,7 22,17 19,19 5,19 2,17', 'cut-rectangle': '4,5 20,5 23,8 23,16 20,19 4,19 1,16 1,8',
};

function drawing(kind) {
  const [shape] = SHAPES[kind];
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'legend-shape');
  svg.setAttribute('aria-hidden', 'true');
  const add = (tag, attributes) => { const e = document.createElementNS(NS, tag); for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v); svg.append(e); };
  if (shape === 'ellipse') { add('circle', { cx: 12, cy: 12, r: 9 }); if (kind === 'official') add('circle', { cx: 12, cy: 12, r: 6 }); }
  else if (POINTS[shape]) add('polygon', { points: POINTS[shape], ...(kind === 'bid' ? { transform: 'translate(5 5) scale(.6)' } : {}) });
  else if (kind === 'public_body') add('rect', { x: 3, y: 3, width: 18, height: 18 });
  else add('rect', { x: 1, y: 5, width: 22, height: 14, rx: 4, ...(kind === 'group' ? { 'stroke-dasharray': '3 2' } : {}) });
  return svg;
}

function line(look) {
  const svg = document.createElementNS(NS, 'svg');
  svg.setAttribute('viewBox', '0 0 60 14');
  svg.setAttribute('class', 'legend-line');
  svg.setAttribute('aria-hidden', 'true');
  const rows = { money: [[7, 5, '']], owns: [[7, 1.6, '']], role: [[7, 1.6, '6 3']], kin: [[5, 1.6, ''], [9, 1.6, '']], contact: [[7, 1.8, '1.5 3']], thin: [[7, 0.9, '']] }[look];
  for (const [y, width, dash] of rows) {
    const e = document.createElementNS(NS, 'path');
    e.setAttribute('d', `M2 ${y}H54`);
    e.setAttribute('stroke-width', width);
    if (dash) e.setAttribute('stroke-dasharray', dash);
    svg.append(e);
  }
  return svg;
}

const LINES = ['money', 'owns', 'role', 'kin', 'contact', 'thin'];
const LINE_KEYS = { money: 'line_money', owns: 'line_owns', role: 'line_role', kin: 'line_kin', contact: 'line_contact', thin: 'line_thin' };

export function legend() {
  return h('div', { class: 'legend' }, h('ul', {}, Object.keys(SHAPES).map((kind) => h('li', {}, drawing(kind), h('span', { shown: () => word('kind', kind) })))),
    h('ul', {}, LINES.map((look) => h('li', {}, line(look), h('span', { t: LINE_KEYS[look] })))), h('p', { class: 'muted', t: 'legend_note' }));
}

// The canvas as an SVG drawing: shapes, lines and labels as they stand, for a report.
import { lines } from '../format.js';
import { palette, SHAPES } from './style.js';

const NS = 'http://www.w3.org/2000/svg';
const POLYGONS = {
  hexagon: [[-1, 0], [-0.5, -1], [0.5, -1], [1, 0], [0.5, 1], [-0.5, 1]], diamond: [[0, -1], [1, 0], [0, 1], [-1, 0]], 'round-diamond': [[0, -1], [1, 0], [0, 1], [-1, 0]],
  octagon: [[-0.41, -1], [0.41, -1], [1, -0.41], [1, 0.41], [0.41, 1], [-0.41, 1], [-1, 0.41], [-1, -0.41]], triangle: [[0, -1], [1, 1], [-1, 1]],
  polygon: [[-1, -1], [0.45, -1], [1, -0.5], [1, 1], [-1, 1]], tag: [[-1, -1], [0.5, -1], [1, 0], [0.5, 1], [-1, 1]], barrel: [[-1, -0.8], [-0.8, -1], [0.8, -1], [1, -0.8], [1, 0.8], [0.8, 1], [-0.8, 1], [-1, 0.8]],
  'cut-rectangle': [[-0.8, -1], [0.8, -1], [1, -0.6], [1, 0.6], [0.8, 1], [-0.8, 1], [-1, 0.6], [-1, -0.6]],
};

function s(name, attributes, ...children) {
  const element = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function label(text, x, y, attributes) {
  return s('text', { x, y, 'text-anchor': 'middle', ...attributes }, ...String(text ?? '').split('\n').map((line, i) => s('tspan', { x, dy: i ? 13 : 0 }, document.createTextNode(line))));
}

function shape(node, c) {
  const [kind, width, height] = SHAPES[node.data('kind')] ?? SHAPES.other;
  const { x, y } = node.position();
  const style = { fill: c.fill, stroke: c.line, 'stroke-width': node.hasClass('own') ? 2.6 : 1.4 };
  if (kind === 'ellipse') return [s('ellipse', { cx: x, cy: y, rx: width / 2, ry: height / 2, ...style }), ...(node.data('kind') === 'official' ? [s('ellipse', { cx: x, cy: y, rx: width / 2 - 4, ry: height / 2 - 4, ...style, fill: 'none' })] : [])];
  if (POLYGONS[kind]) return [s('polygon', { points: POLYGONS[kind].map(([a, b]) => `${x + (a * width) / 2},${y + (b * height) / 2}`).join(' '), ...style })];
  return [s('rect', { x: x - width / 2, y: y - height / 2, width, height, rx: kind === 'round-rectangle' ? 7 : 0, ...style })];
}

/** The drawing as text; `note` (who took it, when, what for, of which snapshot) stands at its foot. */
export function svgText(cy, note) {
  const c = palette();
  const box = cy.elements().boundingBox();
  const [x, y, w] = [box.x1 - 30, box.y1 - 30, Math.max(box.w + 60, 360)];
  const foot = lines(note, (w - 24) / 5.6);
  const h = box.h + 70 + 14 * foot.length;
  const root = s('svg', { xmlns: NS, viewBox: `${x} ${y} ${w} ${h}`, width: Math.round(w), height: Math.round(h), 'font-family': 'Noto Sans SC, Noto Sans CJK SC, Microsoft YaHei, sans-serif' },
    s('defs', {}, s('marker', { id: 'arrow', viewBox: '0 0 10 10', refX: 10, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: 'userSpaceOnUse', orient: 'auto' }, s('path', { d: 'M0 0 10 5 0 10z', fill: c.edge }))),
    s('rect', { x, y, width: w, height: h, fill: c.ground }));
  cy.edges().forEach((edge) => {
    const look = edge.data('look');
    const [a, b, m] = [edge.sourceEndpoint(), edge.targetEndpoint(), edge.midpoint()];
    const path = { d: `M${a.x} ${a.y}Q${2 * m.x - (a.x + b.x) / 2} ${2 * m.y - (a.y + b.y) / 2} ${b.x} ${b.y}`, fill: 'none', stroke: look === 'money' ? c.money : c.edge, 'stroke-width': edge.data('w') };
    if (look === 'role') path['stroke-dasharray'] = '6 3';
    if (look === 'contact') path['stroke-dasharray'] = '1.5 3';
    if (['money', 'owns', 'arrow'].includes(look)) path['marker-end'] = 'url(#arrow)';
    root.append(s('path', look === 'kin' ? { ...path, 'stroke-width': 4.5 } : path));
    if (look === 'kin') root.append(s('path', { ...path, stroke: c.ground, 'stroke-width': 1.6 }));
    root.append(label(edge.data('label'), m.x, m.y - 3, { 'font-size': 10, fill: c.text, stroke: c.ground, 'stroke-width': 3, 'paint-order': 'stroke' }));
  });
  cy.nodes().forEach((node) => {
    root.append(...shape(node, c), label(node.data('label'), node.position().x, node.position().y + node.height() / 2 + 15, { 'font-size': 11, fill: c.text, stroke: c.ground, 'stroke-width': 3, 'paint-order': 'stroke' }));
  });
  root.append(s('text', { 'font-size': 11, fill: c.edge }, ...foot.map((line, i) => s('tspan', { x: x + 12, y: y + h - 14 * (foot.length - i) }, document.createTextNode(line)))));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(root)}`;
}

// How nodes and edges look. Kind is told by shape and line, never by colour alone.
const LIB = new URL('../../lib/lucide-static/', import.meta.url).pathname;
const FONT = '"Noto Sans SC", "Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", system-ui, sans-serif';

const LIGHT = { text: '#1c2127', ground: '#ffffff', fill: '#ffffff', fill2: '#e9edf1', line: '#3d4651', pale: '#a7b0ba', edge: '#5b6572', paleEdge: '#b9c0c8', contact: '#dfe3e8', accent: '#0b7d9b', glow: '#7fd0e2', own: '#1c2127', money: '#1f5f4a' };
const DARK = { text: '#e7eaee', ground: '#1b2027', fill: '#2a323c', fill2: '#3a4450', line: '#c3cbd5', pale: '#6d7885', edge: '#98a3b0', paleEdge: '#566070', contact: '#b8c0ca', accent: '#5cc3da', glow: '#2c7f95', own: '#f2f4f6', money: '#7ccaa9' };
export const palette = () => (document.documentElement.dataset.theme === 'dark' ? DARK : LIGHT);

const DOCUMENT = '-1 -1  0.45 -1  1 -0.5  1 1  -1 1';
/** Shape, width and height of each kind. */
export const SHAPES = {
  person: ['ellipse', 34, 34], official: ['ellipse', 38, 38], firm: ['round-rectangle', 50, 30], public_body: ['rectangle', 36, 36],
  agent: ['cut-rectangle', 46, 30], tender: ['hexagon', 44, 38], bid: ['hexagon', 24, 21], contract: ['polygon', 28, 34], payment: ['diamond', 34, 34],
  debt: ['octagon', 36, 36], account: ['triangle', 30, 28], phone: ['triangle', 30, 28], email: ['triangle', 30, 28], address: ['triangle', 30, 28],
  device: ['triangle', 30, 28], project: ['tag', 42, 28], fund: ['barrel', 42, 32], group: ['round-rectangle', 60, 40], other: ['round-diamond', 28, 28],
};
export const CONTACTS = { phone: 'phone', email: 'mail', address: 'map-pin', account: 'landmark', device: 'cpu' };

/** The drawing's style; `letters` enlarges its texts, for a canvas so narrow that the drawing is shown small. */
export function stylesheet(letters = 1) {
  const c = palette();
  const kinds = Object.entries(SHAPES).map(([kind, [shape, width, height]]) => ({ selector: `node[kind="${kind}"]`, style: { shape, width, height } }));
  const contacts = Object.entries(CONTACTS).map(([kind, file]) => ({ selector: `node[kind="${kind}"]`, style: {
    'background-color': c.contact, 'border-color': c.pale, 'background-image': `${LIB}${file}.svg`, 'background-width': 11, 'background-height': 11, 'background-position-y': '78%', 'background-image-crossorigin': 'null' } }));
  return [
    { selector: 'node', style: { 'background-color': c.fill, 'border-width': 1.6, 'border-color': c.line, label: 'data(label)', 'font-family': FONT, 'font-size': 11 * letters, color: c.text,
      'text-valign': 'bottom', 'text-margin-y': 4, 'text-wrap': 'wrap', 'text-max-width': 400, 'line-height': 1.2, 'min-zoomed-font-size': 6.5,
      'text-background-color': c.ground, 'text-background-opacity': 0.82, 'text-background-padding': 1.5, 'text-background-shape': 'round-rectangle', 'overlay-opacity': 0, 'transition-duration': 0 } },
    ...kinds, ...contacts,
    { selector: 'node[kind="contract"]', style: { 'shape-polygon-points': DOCUMENT } },
    { selector: 'node[kind="official"]', style: { 'border-style': 'double', 'border-width': 5.5, 'background-color': c.fill2 } },
    { selector: 'node[kind="public_body"], node[kind="debt"], node[kind="fund"]', style: { 'background-color': c.fill2 } },
    { selector: 'node[kind="group"]', style: { 'border-style': 'dashed', 'border-width': 2, 'background-color': c.fill2, 'text-valign': 'center', 'text-margin-y': 0 } },
    { selector: 'node.context', style: { 'border-color': c.pale, 'border-width': 1.2, opacity: 0.8 } },
    { selector: 'node.own', style: { 'border-width': 2.6, 'border-color': c.own, 'font-weight': 'bold' } },
    { selector: 'node.own[kind="official"]', style: { 'border-width': 7 } },
    { selector: 'node.pinned', style: { 'underlay-color': c.pale, 'underlay-opacity': 0.35, 'underlay-padding': 5, 'underlay-shape': 'ellipse' } },
    { selector: 'edge', style: { width: 'data(w)', 'line-color': c.edge, 'target-arrow-color': c.edge, 'curve-style': 'bezier', 'control-point-step-size': 34, label: 'data(label)', 'font-family': FONT,
      'font-size': 10 * letters, color: c.text, 'min-zoomed-font-size': 8 / letters, 'text-rotation': 'autorotate', 'text-background-color': c.ground, 'text-background-opacity': 0.85, 'text-background-padding': 1.5,
      'arrow-scale': 0.9, 'overlay-opacity': 0, 'source-distance-from-node': 1, 'target-distance-from-node': 2 } },
    { selector: 'edge.clear', style: { 'target-endpoint': 'outside-to-node-or-label' } },
    { selector: 'edge[look="role"]', style: { 'line-style': 'dashed', 'line-dash-pattern': [6, 3] } },
    { selector: 'edge[look="contact"]', style: { 'line-style': 'dotted' } },
    { selector: 'edge[look="kin"]', style: { 'line-color': c.ground, 'line-outline-width': 1.5, 'line-outline-color': c.edge } },
    { selector: 'edge[look="money"]', style: { 'text-wrap': 'wrap', 'text-margin-y': -11, 'line-height': 1.15, 'target-arrow-shape': 'triangle', 'line-color': c.money, 'target-arrow-color': c.money } },
    { selector: 'edge[look="owns"], edge[look="arrow"]', style: { 'target-arrow-shape': 'vee' } },
    { selector: 'edge.context', style: { 'line-color': c.paleEdge, 'target-arrow-color': c.paleEdge, 'line-outline-color': c.paleEdge, color: c.edge } },
    { selector: 'edge.own', style: { 'line-color': c.own, 'target-arrow-color': c.own, 'z-index': 9 } },
    { selector: 'edge.own[look="money"]', style: { 'line-color': c.money, 'target-arrow-color': c.money } },
    { selector: 'edge.own[look="kin"]', style: { 'line-color': c.ground, 'line-outline-color': c.own, 'line-outline-width': 2 } },
    { selector: '.lit', style: { 'underlay-color': c.glow, 'underlay-opacity': 0.7, 'underlay-padding': 7, 'z-index': 20 } },
    { selector: ':selected', style: { 'underlay-color': c.accent, 'underlay-opacity': 0.45, 'underlay-padding': 7, 'z-index': 30 } },
    { selector: 'node:selected', style: { 'border-color': c.accent } },
    { selector: '.pulse', style: { 'underlay-color': c.accent, 'underlay-opacity': 0.75, 'underlay-padding': 16 } },
  ];
}

const LOOKS = { OWNS: 'owns', HOLDS: 'owns', KIN: 'kin', ROLE: 'role', POST: 'role', TIED: 'role', PART_OF: 'role', LEADS: 'role', USES: 'contact', MADE_WITH: 'contact' };
/** Lines whose look says enough where there are many: of a bid, of what contacts and devices are shared. */
export const QUIET = new Set(['thin', 'contact']);
/** Which line an edge type is drawn with. */
export const lookOf = (type, money) => (money.has(type) ? 'money' : LOOKS[type] ?? (['SUBMITTED', 'BIDS', 'BID_FOR', 'HANDLED', 'MEMBER_OF_TEAM'].includes(type) ? 'thin' : 'arrow'));

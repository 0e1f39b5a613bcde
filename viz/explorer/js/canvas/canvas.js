// The canvas: draws what the model shows, keeps positions, tells what is chosen.
import { post } from '../api.js';
import { lines, twoLines } from '../format.js';
import { word } from '../i18n.js';
import { plain } from '../plain.js';
import { graphLibrary } from './load.js';
import { edgeLabel, Model, MONEY } from './model.js';
import { around, beside, between, circle, seeded } from './place.js';
import { lookOf, palette, QUIET, stylesheet } from './style.js';

// Up to here fcose is laid out in a moment on the main thread; above it the server's layout is many times as fast.
const FCOSE_MOST = 150;
// So many nodes that join others find a place between them; more would stand in each other's way.
const FEW = 6;
// From here on a name on every thin line covers more than it tells.
const CROWDED = 40;
// A canvas narrower than this shows a graph at about half its size.
const NARROW = 600;
const still = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Places by the server's layout. */
async function serverPlaces(nodes, edges) {
  const { positions } = await post('graph/layout', { nodes: nodes.map(({ id, x, y, pinned }) => ({ id, x, y, pinned })), edges: edges.map(({ source, target }) => ({ source, target })) });
  return new Map(Object.entries(positions).map(([id, [x, y]]) => [id, { x, y }]));
}

export class Canvas {
  constructor(container, { onSelect, onOpen, onBundle, onMenu, onChange, onHover }) {
    Object.assign(this, { container, onSelect, onOpen, onBundle, onMenu, onChange, onHover });
    this.model = new Model(() => { this.draw(); this.onChange?.(); });
    this.quiet = false;
    this.path = null;
  }

  async start() {
    const cytoscape = await graphLibrary();
    this.letters = this.container.clientWidth < NARROW ? 1.6 : 1;
    this.cy = cytoscape({ container: this.container, style: stylesheet(this.letters), layout: { name: 'preset' }, elements: [], pixelRatio: 1, hideEdgesOnViewport: true,
      minZoom: 0.05, maxZoom: 3, boxSelectionEnabled: true, selectionType: 'single' });
    const tell = () => { if (this.quiet || this.telling) return; this.telling = true; queueMicrotask(() => { this.telling = false; this.onSelect?.(this.selectedNodes(), this.selectedEdges()); }); };
    this.cy.on('select unselect', tell);
    this.cy.on('dbltap', 'node', (event) => this.onOpen?.(event.target.id()));
    this.cy.on('dbltap', 'edge', (event) => this.onBundle?.(event.target.data('bundleKey')));
    this.cy.on('cxttap', (event) => {
      const { clientX: x, clientY: y } = event.originalEvent;
      this.onMenu?.(event.target === this.cy ? null : event.target, { x, y });
    });
    this.cy.on('mouseover', 'node, edge', (event) => this.onHover?.(event.target, event.originalEvent));
    this.cy.on('mouseout', 'node, edge', () => this.onHover?.(null));
    this.cy.on('dragfreeon', 'node', (event) => this.#dragged(event.target));
    this.container.addEventListener('contextmenu', (event) => event.preventDefault());
    return this;
  }

  destroy() { this.cy?.destroy(); }
  restyle() { this.cy?.style(stylesheet(this.letters)); this.draw(true); }

  #dragged(target) {
    const moved = target.selected() ? this.cy.nodes(':selected').union(target) : target;
    this.model.act('step_move', (s) => moved.forEach((node) => { s.places.set(node.id(), { ...node.position() }); }));
  }

  #spec(view) {
    const sums = view.edges.filter((e) => e.amount && MONEY.has(e.type)).map((e) => Math.log10(Math.max(1, e.amount)));
    const [low, high] = [Math.min(...sums), Math.max(...sums)];
    const width = (e) => (e.amount && MONEY.has(e.type) ? 2 + 6 * (high > low ? (Math.log10(Math.max(1, e.amount)) - low) / (high - low) : 0.4) : e.own ? 2.4 : lookOf(e.type, MONEY) === 'thin' ? 0.9 : 1.4);
    const anyOwn = view.edges.some((e) => e.own) || view.nodes.some((n) => n.own);
    const strong = new Set([...view.nodes.filter((n) => n.own).map((n) => n.id), ...view.edges.filter((e) => e.own).flatMap((e) => [e.source, e.target])]);
    const mark = (own) => (anyOwn ? (own ? 'own' : 'context') : '');
    const wide = this.letters > 1 ? 14 : 20;
    const labelled = (edge) => view.edges.length <= CROWDED || !QUIET.has(lookOf(edge.type, MONEY));
    // To end a line outside of a name, the name is measured: too slow where names are too small to be shown anyway.
    const clear = view.nodes.length <= FCOSE_MOST ? 'clear' : '';
    const specs = new Map();
    for (const node of view.nodes) {
      const label = node.kind === 'group' ? `${node.name}\n(${node.members})` : twoLines(node.name || node.key || node.id, wide);
      const sub = ['bid', 'payment', 'debt', 'contract', 'account', 'device'].includes(node.kind) && node.name && node.name.length < 14 ? `${word('kind', node.kind)} ${node.name}` : label;
      specs.set(node.id, { group: 'nodes', data: { id: node.id, kind: node.kind in { group: 1 } ? 'group' : node.kind, label: node.kind === 'group' ? label : twoLines(sub.replace('\n', ''), wide) },
        classes: [node.named && !strong.has(node.id) ? '' : mark(strong.has(node.id)), this.model.now.pinned.has(node.id) ? 'pinned' : ''].filter(Boolean).join(' ') });
    }
    for (const edge of view.edges) {
      specs.set(edge.id, { group: 'edges', data: { id: edge.id, source: edge.source, target: edge.target, label: labelled(edge) ? plain(edgeLabel(edge)) : '', w: width(edge), look: lookOf(edge.type, MONEY), bundleKey: edge.key ?? edge.parent ?? null }, classes: [mark(edge.own), clear].filter(Boolean).join(' ') });
    }
    return specs;
  }

  /** Bring the drawing to what the model shows; `all` says every label anew. */
  draw(all = false) {
    if (!this.cy) return;
    this.view = this.model.view();
    const specs = this.#spec(this.view);
    this.byId = new Map([...this.view.nodes, ...this.view.edges].map((x) => [x.id, x]));
    this.#placeNew(this.view);
    const { places, pinned } = this.model.now;
    this.quiet = true;
    this.cy.batch(() => {
      this.cy.elements().forEach((element) => { if (!specs.has(element.id())) element.remove(); });
      const adding = [];
      for (const [id, spec] of specs) {
        const element = this.cy.getElementById(id);
        if (element.empty()) { adding.push(spec.group === 'nodes' ? { ...spec, position: { ...places.get(id) } } : spec); continue; }
        if (all || element.data('label') !== spec.data.label) element.data('label', spec.data.label);
        if (spec.group === 'edges') { if (element.data('w') !== spec.data.w) element.data('w', spec.data.w); } else {
          const place = places.get(id);
          const at = element.position();
          if (place && (place.x !== at.x || place.y !== at.y)) element.position({ ...place });
          if (element.locked() !== pinned.has(id)) { if (pinned.has(id)) element.lock(); else element.unlock(); }
        }
        const kept = element.classes().filter((name) => name === 'lit');
        element.classes([spec.classes, ...kept].join(' '));
      }
      this.cy.add(adding.filter((x) => x.group === 'nodes'));
      this.cy.add(adding.filter((x) => x.group === 'edges'));
    });
    this.quiet = false;
  }

  /** Nodes without a place go around a neighbour that has one. */
  #placeNew(view) {
    const { places, groups } = this.model.now;
    const lost = view.nodes.filter((node) => !places.has(node.id));
    if (!lost.length) return;
    const taken = new Map(view.nodes.filter((n) => places.has(n.id)).map((n) => [n.id, places.get(n.id)]));
    const anchors = new Map(); // the neighbours of a node that have a place
    for (const edge of view.edges) {
      for (const [end, other] of [[edge.source, edge.target], [edge.target, edge.source]]) {
        if (taken.has(end)) anchors.set(other, (anchors.get(other) ?? new Set()).add(end));
      }
    }
    const joining = lost.filter(({ id }) => anchors.get(id)?.size > 1);
    for (const { id } of joining.length <= FEW ? joining : []) {
      const [a, b] = anchors.get(id);
      const place = between(taken.get(a), taken.get(b), taken);
      places.set(id, place);
      taken.set(id, place);
    }
    const teams = new Map();
    for (const node of lost.filter(({ id }) => !places.has(id))) {
      const members = groups.get(node.id)?.members;
      if (members) {
        const at = [...members].map((id) => places.get(id)).filter(Boolean);
        if (at.length) { places.set(node.id, { x: at.reduce((n, p) => n + p.x, 0) / at.length, y: at.reduce((n, p) => n + p.y, 0) / at.length }); continue; }
      }
      const anchor = node.origin && taken.has(node.origin) ? node.origin : [...anchors.get(node.id) ?? ['']][0];
      if (!teams.has(anchor)) teams.set(anchor, []);
      teams.get(anchor).push(node.id);
    }
    for (const [anchor, ids] of teams) {
      const found = around(anchor ? taken.get(anchor) : beside(taken), ids, taken);
      for (const [id, place] of found) { places.set(id, place); taken.set(id, place); }
    }
  }

  /** Put a graph on the canvas; the first one is laid out. */
  async open(graph, name = 'step_open') {
    const empty = this.model.now.nodes.size === 0;
    const far = empty && graph.nodes.length > FCOSE_MOST;
    if (far) for (const [id, place] of await serverPlaces(graph.nodes, graph.edges)) this.model.now.places.set(id, place);
    const news = this.model.add(name, graph);
    if (far) this.fit();
    else if (empty && news?.length) await this.layout(true);
    return news;
  }

  /** Lay out everything that is not pinned: small graphs here, larger ones on the server. */
  async layout(first = false) {
    const nodes = this.cy.nodes();
    const places = nodes.length > FCOSE_MOST
      ? await serverPlaces(nodes.map((n) => ({ id: n.id(), ...n.position(), pinned: n.locked() })), this.cy.edges().map((e) => ({ source: e.data('source'), target: e.data('target') })))
      : this.#fcose(nodes);
    if (first) for (const [id, place] of places) this.model.now.places.set(id, place);
    else this.model.act('step_layout', (s) => places.forEach((place, id) => s.places.set(id, place)));
    this.draw();
    this.fit();
  }

  #fcose(nodes) {
    if (this.cy.edges().empty() && this.cy.nodes(':locked').empty()) return circle(nodes.map((n) => n.id()));
    const small = nodes.length < 40;
    const before = new Map(nodes.map((n) => [n.id(), { ...n.position() }]));
    const random = Math.random;
    Math.random = seeded(nodes.length);
    try {
      this.cy.layout({ name: 'fcose', quality: 'proof', randomize: true, animate: false, fit: false, nodeSeparation: small ? 160 : 95, idealEdgeLength: small ? 170 : 105, nodeRepulsion: small ? 20000 : 9000, nodeDimensionsIncludeLabels: true, packComponents: false, tile: true,
        fixedNodeConstraint: this.cy.nodes(':locked').map((n) => ({ nodeId: n.id(), position: { ...n.position() } })) }).run();
    } finally { Math.random = random; }
    return new Map(nodes.map((n) => [n.id(), n.locked() ? before.get(n.id()) : { ...n.position() }]));
  }

  fit(elements = this.cy.elements()) {
    if (elements.empty()) return;
    this.cy.resize();
    this.cy.fit(elements, 36);
    if (this.cy.zoom() > 1.3) { this.cy.zoom(1.3); this.cy.center(elements); }
  }

  /** Zoom out where something of these stands outside the view; never in. */
  show(ids) {
    const { x1, y1, x2, y2 } = this.cy.extent();
    const box = this.#all(ids).boundingBox();
    if (box.x1 < x1 || box.y1 < y1 || box.x2 > x2 || box.y2 > y2) this.fit();
  }

  zoomBy(factor) { this.cy.zoom({ level: this.cy.zoom() * factor, renderedPosition: { x: this.cy.width() / 2, y: this.cy.height() / 2 } }); }

  selectedNodes() { return this.cy.nodes(':selected').map((n) => this.byId.get(n.id())).filter(Boolean); }
  selectedEdges() { return this.cy.edges(':selected').map((e) => this.byId.get(e.id())).filter(Boolean); }

  /** Choose these and nothing else; bring them into sight where `show`. */
  select(ids, { show = true, tell = true } = {}) {
    const elements = this.#all(ids);
    this.quiet = true;
    this.cy.batch(() => { this.cy.elements(':selected').unselect(); elements.select(); });
    this.quiet = false;
    if (show && elements.nonempty()) this.#reveal(elements);
    if (tell) this.onSelect?.(this.selectedNodes(), this.selectedEdges());
  }

  #all(ids) {
    let found = this.cy.collection();
    for (const id of ids) {
      let element = this.cy.getElementById(id);
      if (element.empty()) { const bundle = this.view.edges.find((e) => e.edges?.some((x) => x.id === id)); if (bundle) element = this.cy.getElementById(bundle.id); }
      found = found.union(element);
    }
    return found;
  }

  /** Light elements without choosing them: a path, what another pane points at. */
  light(ids) {
    this.cy.batch(() => { this.cy.elements('.lit').removeClass('lit'); this.#all(ids).addClass('lit'); });
  }

  #reveal(elements) {
    const { x1, y1, x2, y2 } = this.cy.extent();
    const box = elements.boundingBox();
    if (box.x1 >= x1 && box.y1 >= y1 && box.x2 <= x2 && box.y2 <= y2) return;
    if (still()) this.cy.center(elements); else this.cy.animate({ center: { eles: elements } }, { duration: 180 });
  }

  /** Find nodes whose name or key holds the text; zoom to the `turn`-th and let it pulse. Answers how many there are. */
  find(text, turn = 0) {
    const wanted = text.trim().toLowerCase();
    const hits = wanted ? this.view.nodes.filter((n) => `${n.name ?? ''} ${n.key ?? ''}`.toLowerCase().includes(wanted)) : [];
    this.light(hits.map((n) => n.id));
    if (hits.length) {
      const node = this.cy.getElementById(hits[turn % hits.length].id);
      this.cy.zoom(Math.max(this.cy.zoom(), 1));
      this.cy.center(node);
      node.addClass('pulse');
      setTimeout(() => node.removeClass('pulse'), still() ? 1200 : 700);
    }
    return hits.length;
  }

  /** The whole graph as a picture, `note` (who took it, when, what for, of which snapshot) at its foot. */
  async png(note) {
    const { ground, edge } = palette();
    const bitmap = await createImageBitmap(await this.cy.png({ output: 'blob-promise', full: true, scale: 2, maxWidth: 6000, maxHeight: 6000, bg: ground }));
    const sheet = document.createElement('canvas');
    sheet.width = Math.max(bitmap.width, 900);
    const foot = lines(note, (sheet.width - 28) / 10);
    sheet.height = bitmap.height + 18 + 26 * foot.length;
    const pen = sheet.getContext('2d');
    pen.fillStyle = ground;
    pen.fillRect(0, 0, sheet.width, sheet.height);
    pen.drawImage(bitmap, 0, 0);
    pen.fillStyle = edge;
    pen.font = '20px sans-serif';
    foot.forEach((line, i) => pen.fillText(line, 14, bitmap.height + 26 * (i + 1)));
    return new Promise((resolve) => { sheet.toBlob(resolve, 'image/png'); });
  }
}

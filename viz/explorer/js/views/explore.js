// The free canvas: search, put on, expand, find paths.
import { at, get, post } from '../api.js';
import { Desk } from '../canvas/desk.js';
import { DEFAULT_NODES } from '../canvas/model.js';
import { h, live } from '../dom.js';
import { t } from '../i18n.js';
import { emptyView, failed } from '../overlay.js';
import { settle } from '../router.js';
import { searchBox } from '../search.js';
import { on } from '../state.js';

const MOST_IN_ADDRESS = 60;
let kept = null; // the canvas as it was left, so that Back finds it again

export async function mount(root, { query }) {
  const desk = new Desk('explore', {});
  const empty = emptyView('explore_empty', 'explore_empty_hint');
  empty.classList.add('over');
  desk.stage.prepend(empty);
  const head = h('div', { class: 'bar explore-head' }, h('h1', { t: 'nav_explore' }), searchBox({ id: 'put', label: 'put_on_canvas', choose: put }), h('span', { class: 'muted', t: 'explore_hint' }));
  root.append(head, desk.element);

  desk.onChange = () => {
    const { nodes } = desk.canvas.model.now;
    empty.hidden = nodes.size > 0;
    const seeds = [...nodes.values()].filter((n) => !n.origin).map((n) => n.id).slice(0, MOST_IN_ADDRESS);
    settle({ nodes: seeds.join(',') });
  };

  async function put(node) {
    const { model } = desk.canvas;
    if (!model.now.nodes.has(node.id)) {
      const { matched_by: _by, ...plain } = node;
      model.add('step_open', { nodes: [plain], edges: [] });
      if (model.now.nodes.size > 1) await join([node.id]);
      desk.canvas.fit();
    }
    desk.canvas.select([node.id]);
  }

  /** Add the relations between what was put on and what is there, without a step of its own. */
  async function join() {
    try {
      const graph = await post('graph/subgraph', { nodes: [...desk.canvas.model.now.nodes.keys()].slice(0, DEFAULT_NODES) });
      for (const edge of graph.edges) desk.canvas.model.now.edges.set(edge.id, edge);
      desk.canvas.draw();
    } catch (error) { failed(error); }
  }

  async function seed(ids) {
    if (ids.length === 1) {
      const [label, ...key] = ids[0].split('/');
      await put(await get(at`graph/nodes/${label}/${key.join('/')}`));
      return;
    }
    await desk.canvas.open(await post('graph/subgraph', { nodes: ids }));
  }

  const stops = [on('put', put)];
  live(head, () => { root.setAttribute('aria-label', t('nav_explore')); });

  return {
    keys: { ...desk.keys(), n: { t: 'put_on_canvas', act: () => root.querySelector('#put').focus() } },
    ready: async () => {
      await desk.start();
      const wanted = (query.get('nodes') ?? '').split(',').filter(Boolean);
      const same = kept && wanted.every((id) => kept.state.nodes.has(id)) && (wanted.length > 0 || kept.state.nodes.size > 0);
      if (same) {
        Object.assign(desk.canvas.model, { now: kept.state, past: kept.past });
        desk.canvas.draw();
        desk.canvas.model.changed();
        desk.canvas.fit();
      } else if (wanted.length) {
        try { await seed(wanted); } catch (error) { failed(error); }
      }
      root.dataset.ready = 'true';
    },
    update: (next) => {
      const missing = (next.get('nodes') ?? '').split(',').filter((id) => id && !desk.canvas.model.now.nodes.has(id));
      if (missing.length) seed(missing).catch(failed);
    },
    unmount: () => { kept = { state: desk.canvas.model.now, past: desk.canvas.model.past }; desk.destroy(); for (const stop of stops) stop(); },
  };
}

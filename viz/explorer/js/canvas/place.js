// Where new nodes go: around the node that brought them, into free cells; what is there already never moves.
const CELL_X = 142;
const CELL_Y = 100;

const cellOf = (x, y) => `${Math.round(x / CELL_X)}:${Math.round(y / CELL_Y)}`;

/** A numbered source of numbers in [0, 1): the same graph is laid out in the same way each time. */
export function seeded(seed = 1) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

/** Give each of `ids` a place near `centre`, in rings that lean away from the middle of what is `taken`. */
export function around(centre, ids, taken) {
  const used = new Set([...taken.values()].map((p) => cellOf(p.x, p.y)));
  let [mx, my, n] = [0, 0, 0];
  for (const p of taken.values()) { mx += p.x; my += p.y; n += 1; }
  const lean = n > 1 ? Math.atan2(centre.y - my / n, centre.x - mx / n) : -Math.PI / 2;
  const places = new Map();
  let ring = 1;
  let step = 0;
  for (const id of ids) {
    for (;;) {
      const slots = Math.max(6, Math.round((ring + 0.5) * 6.3));
      if (step >= slots) { ring += 1; step = 0; continue; }
      const turn = ((step % 2 ? 1 : -1) * Math.ceil(step / 2) + (ring % 2 ? 0 : 0.5)) * ((2 * Math.PI) / slots);
      step += 1;
      const x = centre.x + Math.cos(lean + turn) * (ring + 0.5) * CELL_X;
      const y = centre.y + Math.sin(lean + turn) * (ring + 0.5) * CELL_Y * 1.15;
      const cell = cellOf(x, y);
      if (used.has(cell)) continue;
      used.add(cell);
      places.set(id, { x, y });
      break;
    }
  }
  return places;
}

/** A place beside the line from `a` to `b`, at its middle: a node that joins the two stands where both its lines are seen. */
export function between(a, b, taken) {
  const used = new Set([...taken.values()].map((p) => cellOf(p.x, p.y)));
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const long = Math.hypot(dx, dy) || 1;
  for (let step = 1; ; step += 1) {
    const off = (step % 2 ? 1 : -1) * Math.ceil(step / 2) * CELL_Y;
    const place = { x: (a.x + b.x) / 2 - (dy / long) * off, y: (a.y + b.y) / 2 + (dx / long) * off };
    if (!used.has(cellOf(place.x, place.y))) return place;
  }
}

/** Places of nodes that nothing joins: in a circle, with room for what is found between them. */
export function circle(ids) {
  const radius = ids.length > 1 ? Math.max(1.5 * CELL_X, (ids.length * CELL_X) / 4) : 0;
  return new Map(ids.map((id, i) => { const turn = Math.PI + (2 * Math.PI * i) / ids.length; return [id, { x: radius * Math.cos(turn), y: radius * Math.sin(turn) }]; }));
}

/** The free place right of everything, for what has no neighbour on the canvas. */
export function beside(taken) {
  let right = -Infinity;
  let sum = 0;
  for (const p of taken.values()) { right = Math.max(right, p.x); sum += p.y; }
  return taken.size ? { x: right + 260, y: sum / taken.size } : { x: 0, y: 0 };
}

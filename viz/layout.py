"""Where the nodes of a picture stand: stress majorization, so that distance on the sheet is distance in the graph.

Gansner, Koren and North, *Graph Drawing by Stress Majorization* (2004), on the hop distances of each connected
component, started from classical scaling on pivots; then nodes that would cover each other are pushed apart, and the
components are packed in rows. Measured against NetworkX by `bench/exports.py`: within a tenth of the stress of
Kamada-Kawai at a small part of its time. The same nodes and edges give the same places, whatever their order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

HOP = 150.0
"""Pixels between neighbours."""
WIDTH, HEIGHT = 116.0, 78.0
"""Pixels that a node takes with the two lines of its label beneath it."""
GAP = 60.0
"""Pixels between components."""
PIVOTS = 50
ROUNDS = 60
"""Most rounds of majorization; it ends before where nothing moves by a hundredth of a hop."""
LARGE, LARGE_ROUNDS = 1_000, 16
"""Above so many nodes a round costs more than it gives: the start is near already, and a person waits."""

Position = tuple[float, float]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
"""Half the memory of doubles, twice their speed, and a thousandth of a pixel is enough."""


def positions(
    nodes: Iterable[str], edges: Iterable[tuple[str, str]], pinned: Mapping[str, Position] | None = None
) -> dict[str, Position]:
    """Places in pixels, y downwards, for each node; a pinned one keeps its place to the last bit.

    Edges whose end is not among the nodes, loops and repetitions are left out of the reckoning.
    """
    ids = sorted(set(nodes))
    index = {node: number for number, node in enumerate(ids)}
    fixed = {index[node]: place for node, place in (pinned or {}).items() if node in index}
    pairs = sorted({(min(index[a], index[b]), max(index[a], index[b])) for a, b in edges if a in index and b in index})
    links = np.array([pair for pair in pairs if pair[0] != pair[1]], dtype=np.int64).reshape(-1, 2)
    matrix = csr_matrix((np.ones(len(links), dtype=np.int8), (links[:, 0], links[:, 1])), (len(ids), len(ids)))
    count, member = connected_components(matrix, directed=False)
    order = np.argsort(member, kind="stable")
    ends = np.searchsorted(member[order], np.arange(count + 1))
    places = np.zeros((len(ids), 2))
    floating: list[npt.NDArray[np.int64]] = []
    with threadpool_limits(1):
        for number in range(count):
            part = order[ends[number] : ends[number + 1]]
            held = {spot: fixed[int(node)] for spot, node in enumerate(part) if int(node) in fixed}
            if len(part) > 1:
                places[part] = _component(matrix[part][:, part], held)
            if held:
                places[part[list(held)]] = list(held.values())
            else:
                floating.append(part)
    anchored = np.setdiff1d(np.arange(len(ids)), np.concatenate(floating) if floating else [])
    if len(anchored):
        _spread(places, anchored, frozenset(fixed))
    for part in floating:
        _spread(places, part, frozenset())
    _pack(places, floating, places[anchored])
    result = {node: (round(float(x), 1), round(float(y), 1)) for node, (x, y) in zip(ids, places, strict=True)}
    return result | {node: place for node, place in (pinned or {}).items() if node in index}


def lying(where: dict[str, Position]) -> dict[str, Position]:
    """The places turned, where needed, so that the longer side lies across the sheet."""
    if not where:
        return where
    xs, ys = [x for x, _ in where.values()], [y for _, y in where.values()]
    if max(ys) - min(ys) <= (max(xs) - min(xs)) * 1.1:
        return where
    return {node: (y, -x) for node, (x, y) in where.items()}


def _component(matrix: Any, held: Mapping[int, Position]) -> Floats:
    """Places of one connected component; `held` maps rows of the matrix to the places they must keep."""
    size = matrix.shape[0]
    kept = np.array(sorted(held), dtype=np.int64)
    stays = np.array([held[int(node)] for node in kept]).reshape(-1, 2)
    hops = _hops(matrix)
    hop = _hop(hops, kept, stays)
    np.fill_diagonal(hops, 1.0)
    weight = 1.0 / (hops * hops)
    np.fill_diagonal(weight, 0.0)
    if len(kept):
        share = weight[:, kept].astype(np.float64)
        share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
        start = share @ stays / hop + _jitter(size) * 0.5
        start[kept] = stays / hop
    else:
        start = _scaling(hops) + _jitter(size) * 0.05
        start -= start[0]
        kept = np.array([0])
    if len(kept) == size:
        return stays
    order = np.concatenate((kept, np.setdiff1d(np.arange(size), kept)))
    if (order != np.arange(size)).any():
        hops, weight = hops[np.ix_(order, order)], weight[np.ix_(order, order)]
    place: Floats = np.empty_like(start)
    place[order] = _majorize(start[order], hops, weight, len(kept))
    place *= hop
    return place


def _hops(matrix: Any) -> Singles:
    """How many edges apart each two nodes of a connected component are."""
    import networkit as nk  # here, since it brings scikit-learn and matplotlib: seconds that few commands have use for

    ends = matrix.tocoo()
    graph = nk.GraphFromCoo((ends.row.astype(np.uint64), ends.col.astype(np.uint64)), n=matrix.shape[0], directed=False)
    search = nk.distance.APSP(graph)
    search.run()
    hops: Singles = search.getDistances(asarray=True).astype(np.float32)
    return hops


def _hop(hops: Singles, kept: npt.NDArray[np.int64], stays: Floats) -> float:
    """Pixels a hop: as the places that stay have it, where there are two of them."""
    if len(kept) < 2:
        return HOP
    first, second = np.triu_indices(len(kept), 1)
    apart = np.linalg.norm(stays[first] - stays[second], axis=1) / hops[kept[first], kept[second]]
    return float(np.clip(np.median(apart), HOP / 2, HOP * 2))


def _jitter(size: int) -> Floats:
    """Small different offsets, the same each time: nodes that start on one place could never part."""
    angle = np.arange(size) * math.pi * (3 - math.sqrt(5))
    return np.column_stack((np.cos(angle), np.sin(angle))) * np.sqrt((np.arange(size) + 1) / size)[:, None]


def _scaling(hops: Singles) -> Floats:
    """Classical scaling on pivots far from each other (Brandes and Pich 2006)."""
    size = len(hops)
    pivots, nearest = [0], hops[0].copy()
    for _ in range(min(PIVOTS, size) - 1):
        pivots.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, hops[pivots[-1]])
    squared = hops[:, pivots].astype(np.float64) ** 2
    centred = -0.5 * (squared - squared.mean(axis=0) - squared.mean(axis=1)[:, None] + squared.mean())
    values, vectors = np.linalg.eigh(centred.T @ centred)
    vectors = vectors[:, -2:] * np.sign(vectors[np.abs(vectors[:, -2:]).argmax(axis=0), [-2, -1]])
    place: Floats = np.zeros((size, 2))
    place[:, : vectors.shape[1]] = centred @ vectors / np.maximum(values[-2:], 1e-9) ** 0.25
    return place


def _majorize(start: Floats, hops: Singles, weight: Singles, kept: int) -> Floats:
    """Lower the stress round by round; the first `kept` rows stay where they are."""
    place = start.astype(np.float32)
    size = len(place)
    laplacian = -weight[kept:, kept:]
    np.fill_diagonal(laplacian, weight[kept:].sum(axis=1))
    factor = cho_factor(laplacian, overwrite_a=True, check_finite=False)
    pull = weight[kept:, :kept] @ place[:kept]
    wanted = (weight * hops)[kept:]
    for _ in range(ROUNDS if size <= LARGE else LARGE_ROUNDS):
        squares = (place * place).sum(axis=1)
        ratio = place[kept:] @ (-2 * place.T)
        ratio += squares
        ratio += squares[kept:, None]
        np.maximum(ratio, 1e-6, out=ratio)
        np.sqrt(ratio, out=ratio)
        np.divide(wanted, ratio, out=ratio)
        right = ratio.sum(axis=1)[:, None] * place[kept:] - ratio @ place
        moved = cho_solve(factor, right + pull, check_finite=False)
        farthest = float(np.abs(moved - place[kept:]).max())
        place[kept:] = moved
        if farthest < 0.01:
            break
    return place.astype(np.float64)


def _spread(places: Floats, part: npt.NDArray[np.int64], fixed: frozenset[int]) -> None:
    """Push apart nodes that would cover each other; the fixed ones stay."""
    if len(part) < 2:
        return
    scale = np.array([HEIGHT / WIDTH, 1.0])
    spot = places[part] * scale
    still = np.array([int(node) in fixed for node in part])
    angle = np.arange(len(part)) * 2.399963
    for _ in range(40):
        pairs = cKDTree(spot).query_pairs(HEIGHT * 0.98, output_type="ndarray")
        pairs = pairs[~(still[pairs[:, 0]] & still[pairs[:, 1]])]
        if not len(pairs):
            break
        pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
        first, second = pairs[:, 0], pairs[:, 1]
        away = spot[first] - spot[second]
        apart = np.linalg.norm(away, axis=1)
        same = apart < 1e-6
        away[same] = np.column_stack((np.cos(angle[first[same]]), np.sin(angle[first[same]])))
        apart[same] = 1.0
        push = away / apart[:, None] * ((HEIGHT - np.where(same, 0.0, apart)) / 2)[:, None]
        step = np.zeros_like(spot)
        np.add.at(step, first, push * np.where(still[second], 2.0, 1.0)[:, None])
        np.add.at(step, second, -push * np.where(still[first], 2.0, 1.0)[:, None])
        step[still] = 0.0
        spot += np.clip(step, -HEIGHT, HEIGHT) * 0.8
    places[part] = spot / scale


def _pack(places: Floats, parts: list[npt.NDArray[np.int64]], anchored: Floats) -> None:
    """Set the components side by side in rows, the largest first, beneath what is anchored."""
    parts.sort(key=lambda part: (-len(part), int(part[0])))
    lows = [places[part].min(axis=0) for part in parts]
    sizes = [places[part].max(axis=0) - low + (WIDTH, HEIGHT) for part, low in zip(parts, lows, strict=True)]
    area = sum(float(width + GAP) * float(height + GAP) for width, height in sizes)
    row_width = max([math.sqrt(area * 1.6), *(float(size[0]) for size in sizes)], default=0.0)
    left = float(anchored[:, 0].min()) if len(anchored) else 0.0
    x, y, tallest = left, float(anchored[:, 1].max()) + HEIGHT + GAP if len(anchored) else 0.0, 0.0
    for part, low, (width, height) in zip(parts, lows, sizes, strict=True):
        if x > left and x + width > left + row_width:
            x, y, tallest = left, y + tallest + GAP, 0.0
        places[part] += np.array([x, y]) - low
        x, tallest = x + float(width) + GAP, max(tallest, float(height))

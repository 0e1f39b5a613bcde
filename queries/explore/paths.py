"""Shortest paths between two nodes and what several nodes have in common."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence

from graph.engine import GraphEngine
from i18n import Text
from queries.explore.cards import Cards
from queries.explore.edges import bundled, end_id
from queries.explore.neighbours import Links
from queries.explore.shapes import Edge, Graph, Node, Route, Routes, node_id, split_id
from queries.explore.subgraphs import among
from queries.explore.vocabulary import DOUBLED, KINDS

MOST_STEPS = 200_000
"""Links that one search for paths reads before it gives up and says so."""
_MOST_PATHS = 2_000

_STEP = (
    "UNWIND $ids AS id MATCH (a:{label} {{id: id}})-[r]-(b) WHERE {which} "
    "RETURN DISTINCT id AS id, labels(b) AS labels, b.id AS other"
)
_TYPED, _UNTYPED = "type(r) IN $types", "NOT type(r) IN $types"


class _Search:
    """A breadth-first search from both ends, level by level, each level in as many queries as it has labels."""

    def __init__(self, engine: GraphEngine, types: frozenset[str] | None) -> None:
        self._engine = engine
        self._which = _UNTYPED if types is None else _TYPED
        self._types = sorted(DOUBLED if types is None else types)
        self.read = 0

    def step(self, frontier: Iterable[str]) -> list[tuple[str, str]]:
        """The pairs of a frontier's nodes and their neighbours, sorted."""
        keys: dict[str, list[str]] = {}
        for node in frontier:
            label, key = split_id(node)
            keys.setdefault(label, []).append(key)
        pairs = []
        for label, ids in sorted(keys.items()):
            text = _STEP.format(label=label, which=self._which)
            rows = self._engine.rows(text, {"ids": sorted(ids), "types": self._types})
            pairs += [(node_id(label, row["id"]), end_id(row["labels"], row["other"])) for row in rows]
        self.read += len(pairs)
        return sorted(pairs)


def shortest_paths(
    engine: GraphEngine,
    cards: Cards,
    ends: tuple[Node, Node],
    *,
    types: frozenset[str] | None,
    max_hops: int,
    limit: int,
) -> Routes:
    """All paths of the fewest edges, those through the fewest links of their nodes first: hubs say little."""
    first, last = ends[0].id, ends[1].id
    search = _Search(engine, types)
    depth = [{first: 0}, {last: 0}]
    before: list[dict[str, set[str]]] = [{}, {}]
    frontier = [{first}, {last}]
    met = {first} if first == last else set()
    while not met and sum(max(d.values()) for d in depth) < max_hops and all(frontier) and search.read < MOST_STEPS:
        side = 0 if len(frontier[0]) <= len(frontier[1]) else 1
        level = max(depth[side].values()) + 1
        for node, other in search.step(frontier[side]):
            if depth[side].setdefault(other, level) == level:
                before[side].setdefault(other, set()).add(node)
        frontier[side] = {node for node, at in depth[side].items() if at == level}
        met = frontier[side] & depth[1 - side].keys()
    # Where the two sides meet, the nodes nearest to the other end are on the shortest paths.
    nearest = min((depth[0][n] + depth[1][n] for n in met), default=0)
    middles = sorted(n for n in met if depth[0][n] + depth[1][n] == nearest)
    found = list(_first(_joined(middles, before), _MOST_PATHS))
    links = _degrees(engine, {node for path in found for node in path[1:-1]})
    found.sort(key=lambda path: (sum(links[node] for node in path[1:-1]), path))
    chosen = found[:limit]
    complete = len(found) == len(chosen) and len(found) < _MOST_PATHS and (bool(met) or search.read < MOST_STEPS)
    return routes(engine, cards, chosen, types=types, complete=complete)


def _joined(middles: Iterable[str], before: Sequence[Mapping[str, set[str]]]) -> Iterator[tuple[str, ...]]:
    for middle in middles:
        for head in _back(middle, before[0]):
            for tail in _back(middle, before[1]):
                yield (*head[:-1], *reversed(tail))


def _back(node: str, before: Mapping[str, set[str]]) -> Iterator[tuple[str, ...]]:
    """Every way from the search's start to a node."""
    if node not in before:
        yield (node,)
        return
    for earlier in sorted(before[node]):
        for path in _back(earlier, before):
            yield (*path, node)


def _first(paths: Iterator[tuple[str, ...]], most: int) -> Iterator[tuple[str, ...]]:
    for path, _ in zip(paths, range(most), strict=False):
        yield path


def _degrees(engine: GraphEngine, nodes: set[str]) -> dict[str, int]:
    """How many links each node has."""
    counts: dict[str, int] = dict.fromkeys(nodes, 0)
    keys: dict[str, list[str]] = {}
    for node in nodes:
        label, key = split_id(node)
        keys.setdefault(label, []).append(key)
    for label, ids in sorted(keys.items()):
        text = f"UNWIND $ids AS id MATCH (a:{label} {{id: id}})-[r]-() RETURN id AS id, count(r) AS links"
        for row in engine.rows(text, {"ids": sorted(ids)}):
            counts[node_id(label, row["id"])] = row["links"]
    return counts


def routes(
    engine: GraphEngine,
    cards: Cards,
    paths: Sequence[tuple[str, ...]],
    *,
    types: frozenset[str] | None,
    complete: bool,
) -> Routes:
    """Paths of nodes with the edges between them, parallel ones bundled."""
    nodes = {node.id: node for node in cards.nodes(dict.fromkeys(n for path in paths for n in path)).values()}
    steps = {frozenset(step) for path in paths for step in itertools.pairwise(path)}
    edges = [
        edge
        for edge in among(engine, nodes, cards)
        if frozenset((edge.source, edge.target)) in steps
        and (edge.type in types if types is not None else edge.type not in DOUBLED)
    ]
    drawn = bundled(edges, nodes, every=True)
    told = tuple(_route(path, drawn, nodes) for path in paths)
    return Routes(told, Graph.whole(nodes.values(), drawn), complete)


def _route(path: tuple[str, ...], edges: Sequence[Edge], nodes: Mapping[str, Node]) -> Route:
    chosen: list[Edge] = []
    text = Text(zh=nodes[path[0]].name, en=nodes[path[0]].name)
    for here, there in itertools.pairwise(path):
        step = [edge for edge in edges if {edge.source, edge.target} == {here, there}]
        chosen += step
        words = [KINDS[e.type].heading if e.source == here else KINDS[e.type].back for e in step]
        text = Text(
            zh=f"{text.zh} —{'、'.join(dict.fromkeys(w.zh for w in words))}→ {nodes[there].name}",
            en=f"{text.en} —{', '.join(dict.fromkeys(w.en for w in words))}→ {nodes[there].name}",
        )
    return Route(path, tuple(edge.id for edge in chosen), text)


def common_neighbours(engine: GraphEngine, links: Links, cards: Cards, chosen: Sequence[Node], *, limit: int) -> Graph:
    """Nodes linked to at least two of those chosen, those linked to the most first, with the edges between them."""
    of: dict[str, set[str]] = {}
    selected = {node.id: node for node in chosen}
    for node in selected.values():
        for link in links.of(node):
            if link.other not in selected:
                of.setdefault(link.other, set()).add(node.id)
    ranked = sorted((other for other, to in of.items() if len(to) > 1), key=lambda other: (-len(of[other]), other))
    nodes = {**selected, **cards.nodes(ranked[:limit])}
    edges = [
        edge
        for edge in among(engine, nodes, cards)
        if edge.type not in DOUBLED and not selected.keys().isdisjoint((edge.source, edge.target))
    ]
    shown = len(nodes) - len(selected)
    return Graph(
        tuple(nodes.values()), tuple(bundled(edges, nodes, every=False)), shown, len(ranked), shown == len(ranked)
    )

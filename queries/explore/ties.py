"""Who stands between the people of a finding and its firms: kin, offices and shares that its own pattern leaves out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from graph.engine import GraphEngine
from queries.explore.cards import Cards
from queries.explore.paths import shortest_paths
from queries.explore.shapes import Node

TIES = frozenset({"KIN", "ROLE", "OWNS"})
MOST_LINKS = 3
"""An official, a sibling, the firm that the sibling heads, or the firm that it owns."""
MOST_PAIRS = 40
"""Pairs that are looked at: a finding with more people and firms is no matter of single ties."""


def between(engine: GraphEngine, cards: Cards, nodes: Iterable[Node]) -> list[str]:
    """Ids of the nodes on the shortest ties from each person to each firm among the nodes, without those given."""
    given = {node.id: node for node in nodes if node.label == "Party"}
    people = [node for node in given.values() if node.kind in ("person", "official")]
    firms = [node for node in given.values() if node.kind not in ("person", "official", "public_body", "other")]
    pairs = sorted(itertools.product(people, firms), key=lambda pair: (pair[0].id, pair[1].id))
    if len(pairs) > MOST_PAIRS:
        return []
    found: set[str] = set()
    for pair in pairs:
        routes = shortest_paths(engine, cards, pair, types=TIES, max_hops=MOST_LINKS, limit=2)
        found |= {node.id for node in routes.graph.nodes}
    return sorted(found - given.keys())

"""From what the graph returns of an edge to an edge as it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from graph.schema import EDGES, NODES
from queries.explore.cards import Cards
from queries.explore.shapes import Bundle, Edge, Node, node_id, row_ref
from queries.explore.vocabulary import KINDS, sentence

LABELS = tuple(dict.fromkeys(node.label for node in NODES))
"""Every label that names a node; others, such as `Org`, only add to it."""

ENDS = {edge.type: (edge.source, edge.target) for edge in EDGES}
"""The labels of each type's source and target."""

_ELSEWHERE = frozenset({"ledger", "amount", "price", "day", "from_day", "to_day", "share_pct"})
"""Properties that stand elsewhere in the shape."""

_SHOWN = {edge.type: tuple(p for p in sorted(edge.properties) if p not in _ELSEWHERE) for edge in EDGES}
"""The other properties of each type. An engine may keep some of its own besides."""

BUNDLE_FROM = 200
"""More parallel edges than these are drawn as one even where nobody asked: no screen and no reader takes them."""


@dataclass(frozen=True, slots=True)
class RawEdge:
    """An edge as the graph has it: ids of its ends and all its properties."""

    type: str
    source: str
    target: str
    properties: Mapping[str, Any]


def end_id(labels: Iterable[str], key: str) -> str:
    """The id of a node out of its labels, in whatever order the engine gives them."""
    return node_id(next(label for label in labels if label in LABELS), key)


def assemble(raws: Iterable[RawEdge], nodes: Mapping[str, Node], cards: Cards) -> list[Edge]:
    """Edges to show, sorted by type, ends, day and row; both ends must be among the nodes."""
    edges = {edge.id: edge for edge in (_edge(raw, nodes, cards) for raw in raws)}
    return sorted(edges.values(), key=order)


def order(edge: Edge) -> tuple[str, str, str, int, str]:
    """A fixed order of edges."""
    return (edge.type, edge.source, edge.target, edge.day if edge.day is not None else 10**9, edge.id)


def _edge(raw: RawEdge, nodes: Mapping[str, Node], cards: Cards) -> Edge:
    kind, properties = KINDS[raw.type], raw.properties
    source, target = nodes[raw.source], nodes[raw.target]
    ref = _ref(raw, target)
    amount, currency = _amount(kind.amount, properties, source, target)
    if amount is not None and currency is None:
        currency = cards.currency(ref)
    day = _day(kind.day, properties, source, target)
    from_day, to_day = properties.get("from_day"), properties.get("to_day")
    return Edge(
        id=f"{raw.type}:{ref}:{raw.source}>{raw.target}",
        type=raw.type,
        source=raw.source,
        target=raw.target,
        text=sentence(
            raw.type,
            source.name,
            target.name,
            properties=properties,
            amount=amount,
            currency=currency,
            day=day,
            from_day=from_day,
            to_day=to_day,
        ),
        ref=ref,
        amount=amount,
        currency=currency,
        day=day,
        from_day=from_day,
        to_day=to_day,
        share_pct=properties.get("share_pct"),
        properties={name: properties[name] for name in _SHOWN[raw.type] if properties.get(name) is not None},
    )


def _ref(raw: RawEdge, target: Node) -> str | None:
    key = raw.properties.get("ref")
    if key is None:
        return None
    if raw.type == "PAID":
        return row_ref(raw.properties["ledger"], key)
    # A legal representative may stand in the register's own field of the firm instead of among the roles.
    if raw.type == "ROLE" and target.ref == row_ref("orgs", key):
        return target.ref
    return row_ref(KINDS[raw.type].table, key)


def _amount(
    where: str | None, properties: Mapping[str, Any], source: Node, target: Node
) -> tuple[int | None, str | None]:
    if where in ("source", "target"):
        end = source if where == "source" else target
        return end.amount, end.currency
    return (properties.get(where), None) if where else (None, None)


def _day(where: str | None, properties: Mapping[str, Any], source: Node, target: Node) -> int | None:
    if where in ("source", "target"):
        return (source if where == "source" else target).day
    return properties.get(where) if where else None


def bundled(edges: Iterable[Edge], nodes: Mapping[str, Node], *, every: bool) -> list[Edge]:
    """Parallel edges of one type as one edge each.

    Args:
        edges: what to draw, sorted.
        nodes: their ends.
        every: bundle any two; else only what is more than `BUNDLE_FROM`.
    """
    groups: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in edges:
        groups.setdefault((edge.type, edge.source, edge.target), []).append(edge)
    drawn: list[Edge] = []
    for group in groups.values():
        if len(group) > (1 if every else BUNDLE_FROM):
            drawn.append(_bundle(group, nodes))
        else:
            drawn += group
    return drawn


def _bundle(group: list[Edge], nodes: Mapping[str, Node]) -> Edge:
    first = group[0]
    currencies = {edge.currency for edge in group if edge.amount is not None}
    # Sums of several currencies cannot be added up.
    amount = sum(edge.amount or 0 for edge in group) if len(currencies) == 1 else None
    currency = currencies.pop() if amount is not None else None
    starts = [day for e in group if (day := e.day if e.day is not None else e.from_day) is not None]
    ends = [day for e in group if (day := e.day if e.day is not None else e.to_day) is not None]
    begin, end = min(starts, default=None), max(ends, default=None)
    return replace(
        first,
        id=f"{first.type}:*:{first.source}>{first.target}",
        ref=None,
        amount=amount,
        currency=currency,
        day=None,
        from_day=begin,
        to_day=end,
        share_pct=None,
        properties={},
        bundle=Bundle(len(group), amount, begin, end),
        own=any(edge.own for edge in group),
        text=sentence(
            first.type,
            nodes[first.source].name,
            nodes[first.target].name,
            properties={"title": f"×{len(group)}"},
            amount=amount,
            currency=currency,
            from_day=begin,
            to_day=end,
        ),
    )

"""The neighbours of a node, with a guard before hubs and exact counts of what is not shown."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from graph.engine import GraphEngine
from queries.explore.cards import Cards
from queries.explore.edges import RawEdge, assemble, bundled, end_id
from queries.explore.shapes import Graph, Neighbourhood, Node, TypeCount, row_ref
from queries.explore.vocabulary import DOUBLED, KINDS, heading

Direction = Literal["out", "in", "both"]
Order = Literal["amount", "date"]

MOST_KEPT = 100_000
"""Links that are kept in memory, some 50 MB."""

_RETURN = (
    "RETURN type(r) AS type, labels(m) AS labels, m.id AS id, properties(r) AS properties, "
    "coalesce(m.amount, m.price) AS amount, "
    "coalesce(m.day, m.signed_day, m.due_day, m.granted_day, m.opened_day, m.published_day) AS day"
)
# An edge is asked for from both of its ends apart: an undirected pattern returns a loop once or twice by engine.
_LINKS = {
    "out": "MATCH (n:{label} {{id: $id}})-[r]->(m) WHERE NOT type(r) IN $without " + _RETURN,
    "in": "MATCH (n:{label} {{id: $id}})<-[r]-(m) WHERE NOT type(r) IN $without " + _RETURN,
}
_BID_DAYS = (
    "MATCH (n:{label} {{id: $id}})--(b:Bid)-[:BID_FOR]->(t:Tender) "
    "RETURN DISTINCT b.id AS id, coalesce(t.opened_day, t.published_day) AS day"
)


class Link(NamedTuple):
    """An edge seen from one node: to whom, which way, how much and when."""

    type: str
    direction: str
    other: str
    properties: dict[str, Any]
    amount: int | None
    begin: int | None
    end: int | None

    def edge_of(self, node: str) -> RawEdge:
        """The edge, seen from nowhere."""
        source, target = (node, self.other) if self.direction == "out" else (self.other, node)
        return RawEdge(self.type, source, target, self.properties)


@dataclass(frozen=True, slots=True)
class LinkFilter:
    """Which links count. What has no day passes every period, what has no sum every amount."""

    types: frozenset[str] | None = None
    direction: Direction = "both"
    from_day: int | None = None
    to_day: int | None = None
    min_amount: int | None = None

    def in_period(self, link: Link) -> bool:
        """Whether the link is of the period and large enough."""
        if self.from_day is not None and link.end is not None and link.end < self.from_day:
            return False
        if self.to_day is not None and link.begin is not None and link.begin > self.to_day:
            return False
        return self.min_amount is None or link.amount is None or link.amount >= self.min_amount

    def chosen(self, link: Link) -> bool:
        """Whether the link is of a type and direction that was asked for."""
        if self.direction not in ("both", link.direction):
            return False
        return self.types is None or link.type in self.types


class Links:
    """The edges of nodes, those of the nodes last looked at kept: a hub is read once and turned over page by page."""

    def __init__(self, engine: GraphEngine) -> None:
        self._engine = engine
        self._kept: OrderedDict[tuple[str, bool], list[Link]] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def of(self, node: Node, types: frozenset[str] | None = None) -> list[Link]:
        """Every edge of a node, in no order; a loop comes once.

        Edges that only repeat others (`DOUBLED`) are left out unless one of the types is among them.
        """
        doubled = types is not None and not types.isdisjoint(DOUBLED)
        with self._lock:
            if (kept := self._kept.get((node.id, doubled))) is not None:
                self._kept.move_to_end((node.id, doubled))
                return kept
        found = read_links(self._engine, node, doubled=doubled)
        with self._lock:
            if (node.id, doubled) not in self._kept:
                self._kept[node.id, doubled] = found
                self._held += len(found)
            while self._held > MOST_KEPT:
                self._held -= len(self._kept.popitem(last=False)[1])
        return found


def read_links(engine: GraphEngine, node: Node, *, doubled: bool) -> list[Link]:
    """Every edge of a node from the engine; `doubled`: those too that repeat others."""
    found: list[Link] = []
    bids = False
    without = [] if doubled or node.label != "Party" else sorted(DOUBLED)
    for direction, text in _LINKS.items():
        for row in engine.rows(text.format(label=node.label), {"id": node.key, "without": without}):
            other = end_id(row["labels"], row["id"])
            if direction == "in" and other == node.id:
                continue
            bids = bids or other.startswith("Bid/")
            found.append(_link(node, direction, other, row))
    if bids and node.day is None:
        # A bid's day is its tender's, one step further.
        rows = engine.rows(_BID_DAYS.format(label=node.label), {"id": node.key})
        days = {f"Bid/{row['id']}": row["day"] for row in rows}
        return [_dated(link, days) for link in found]
    return found


def _link(node: Node, direction: str, other: str, row: dict[str, Any]) -> Link:
    kind, properties = KINDS[row["type"]], row["properties"]
    near, far = ("source", "target") if direction == "out" else ("target", "source")
    amount = _measure(kind.amount, properties, {near: node.amount, far: row["amount"]})
    day = _measure(kind.day, properties, {near: node.day, far: row["day"]})
    begin, end = (day, day) if day is not None else (properties.get("from_day"), properties.get("to_day"))
    return Link(row["type"], direction, other, properties, amount, begin, end)


def _measure(where: str | None, properties: dict[str, Any], ends: dict[str, int | None]) -> int | None:
    if where is None:
        return None
    return ends[where] if where in ends else properties.get(where)


def _dated(link: Link, days: dict[str, int | None]) -> Link:
    if link.begin is not None or link.other not in days or KINDS[link.type].day is None:
        return link
    day = days[link.other]
    return Link(link.type, link.direction, link.other, link.properties, link.amount, day, day)


def neighbourhood(
    node: Node,
    found: Sequence[Link],
    cards: Cards,
    wanted: LinkFilter,
    *,
    order: Order,
    limit: int,
    offset: int,
    guard: int | None,
    bundle: bool,
) -> Neighbourhood:
    """A page of a node's neighbours out of all its links, the largest sums or the latest days first."""
    in_period = [link for link in found if wanted.in_period(link)]
    by_other: dict[str, list[Link]] = {}
    for link in in_period:
        if wanted.chosen(link):
            by_other.setdefault(link.other, []).append(link)
    loops = by_other.pop(node.id, [])
    total = len(by_other)
    guarded = guard is not None and total > guard
    page = [] if guarded else _ranked(by_other, order)[offset : offset + limit]
    nodes = {node.id: node, **cards.nodes(page)}
    raws = [link.edge_of(node.id) for other in page for link in by_other[other]]
    raws += [link.edge_of(node.id) for link in loops]
    edges = bundled(assemble(raws, nodes, cards), nodes, every=bundle)
    complete = not guarded and offset == 0 and len(page) == total
    graph = Graph(tuple(nodes.values()), tuple(edges), len(page), total, complete)
    return Neighbourhood(node, guarded, tuple(counts(in_period, cards)), graph)


def _ranked(by_other: dict[str, list[Link]], order: Order) -> list[str]:
    def rank(other: str) -> tuple[int, int, str]:
        amount = sum(link.amount or 0 for link in by_other[other])
        last = max((_moment(link) for link in by_other[other]), default=0)
        return (-amount, -last, other) if order == "amount" else (-last, -amount, other)

    return sorted(by_other, key=rank)


def _moment(link: Link) -> int:
    """When a link was last heard of: its day, its end, or its beginning if it still holds."""
    day = link.end if link.end is not None else link.begin
    return -(10**9) if day is None else day


def counts(found: Iterable[Link], cards: Cards) -> list[TypeCount]:
    """Links by type and direction."""
    groups: dict[tuple[str, str], list[Link]] = {}
    for link in found:
        groups.setdefault((link.type, link.direction), []).append(link)
    return [_count(*key, group, cards) for key, group in sorted(groups.items())]


def _count(kind: str, direction: str, group: list[Link], cards: Cards) -> TypeCount:
    amounts = [link.amount for link in group if link.amount is not None]
    currencies = {_currency(link, cards) for link in group if link.amount is not None}
    begins = [link.begin for link in group if link.begin is not None]
    ends = [link.end for link in group if link.end is not None]
    return TypeCount(
        type=kind,
        direction=direction,
        count=len(group),
        nodes=len({link.other for link in group}),
        first=min(begins, default=None),
        last=max(ends, default=None),
        # Sums of several currencies cannot be added up.
        amount=sum(amounts) if len(currencies) == 1 else None,
        currency=currencies.pop() if len(currencies) == 1 else None,
        text=heading(kind, direction),
    )


def _currency(link: Link, cards: Cards) -> str:
    if not cards.has_foreign_money:
        return "CNY"
    table = link.properties.get("ledger") or KINDS[link.type].table
    return cards.currency(row_ref(table, link.properties.get("ref") or 0))

"""The shapes in which the graph is shown: nodes, edges, graphs and what the explorer answers besides.

Every shape has `as_dict`, which is JSON. Money is whole minor units (分) with its currency, days are ISO texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from i18n import Text

_EPOCH = date(1970, 1, 1)


def iso(day: int | None) -> str | None:
    """The ISO date that is `day` days after 1970-01-01."""
    return None if day is None else (_EPOCH + timedelta(days=day)).isoformat()


def node_id(label: str, key: str) -> str:
    """The id of a node on the canvas: `Party/O123`."""
    return f"{label}/{key}"


def split_id(node: str) -> tuple[str, str]:
    """Label and key of a node id; the key may itself hold a slash.

    Raises:
        ValueError: it is no node id.
    """
    label, slash, key = node.partition("/")
    if not slash or not label or not key:
        raise ValueError(f"{node!r} is no node id: write Label/key, as in Party/O123")
    return label, key


def row_ref(table: str, key: int) -> str:
    """What leads to a source row: its table and the hash of its key columns in hexadecimal."""
    return f"{table}:{key & 0xFFFF_FFFF_FFFF_FFFF:016x}"


@dataclass(frozen=True, slots=True)
class Node:
    """A thing on the canvas.

    `kind` tells how it is drawn: official (a person with a post), person, firm, public_body, agent, tender, bid,
    contract, payment, debt, account, phone, email, address, device, project, fund, other. `name` never holds a whole
    phone or account number. `amount` and `day` are what the thing itself is worth and when it was, where it has that.
    """

    id: str
    label: str
    key: str
    kind: str
    name: str
    region: str | None = None
    amount: int | None = None
    currency: str | None = None
    day: int | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    ref: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The node as JSON."""
        return {
            "id": self.id,
            "label": self.label,
            "key": self.key,
            "kind": self.kind,
            "name": self.name,
            "region": self.region,
            "amount": self.amount,
            "currency": self.currency,
            "day": iso(self.day),
            "properties": dict(self.properties),
            "ref": self.ref,
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """Parallel edges drawn as one: how many, their sum, the first and the last day."""

    count: int
    amount: int | None
    first: int | None
    last: int | None

    def as_dict(self) -> dict[str, Any]:
        """The bundle as JSON."""
        return {"count": self.count, "amount": self.amount, "first": iso(self.first), "last": iso(self.last)}


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation between two nodes, with the source row that says so.

    `day` is when it happened, `from_day` and `to_day` when it held; an empty end is open. `own` marks an edge that is
    part of a finding's pattern, beside its context.
    """

    id: str
    type: str
    source: str
    target: str
    text: Text
    ref: str | None = None
    amount: int | None = None
    currency: str | None = None
    day: int | None = None
    from_day: int | None = None
    to_day: int | None = None
    share_pct: float | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    bundle: Bundle | None = None
    own: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The edge as JSON; `bundle` is there only if it stands for several."""
        document = {
            "id": self.id,
            "type": self.type,
            "source": self.source,
            "target": self.target,
            "ref": self.ref,
            "amount": self.amount,
            "currency": self.currency,
            "day": iso(self.day),
            "from": iso(self.from_day),
            "to": iso(self.to_day),
            "share_pct": self.share_pct,
            "properties": dict(self.properties),
            "text": self.text.as_dict(),
            "own": self.own,
        }
        if self.bundle:
            document["bundle"] = self.bundle.as_dict()
        return document


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges, and how many of how many they are. `total` None: only that there are more is known."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    shown: int
    total: int | None
    complete: bool

    @classmethod
    def whole(cls, nodes: Iterable[Node], edges: Iterable[Edge]) -> Graph:
        """A graph of which nothing is left out."""
        kept = tuple(nodes)
        return cls(kept, tuple(edges), len(kept), len(kept), True)

    def as_dict(self) -> dict[str, Any]:
        """The graph as JSON."""
        return {
            "nodes": [node.as_dict() for node in self.nodes],
            "edges": [edge.as_dict() for edge in self.edges],
            "shown": self.shown,
            "total": self.total,
            "complete": self.complete,
        }


@dataclass(frozen=True, slots=True)
class Hit:
    """A found node and what of it matched: name, id, uscc, pinyin or initials."""

    node: Node
    matched_by: str

    def as_dict(self) -> dict[str, Any]:
        """The node as JSON with `matched_by`."""
        return {**self.node.as_dict(), "matched_by": self.matched_by}


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of what a search found, best first; how many there are in all, and how many more were withheld."""

    items: tuple[Hit, ...]
    total: int
    withheld: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The page as JSON."""
        return {"items": [hit.as_dict() for hit in self.items], "total": self.total, "withheld": self.withheld}


@dataclass(frozen=True, slots=True)
class TypeCount:
    """The links of one type and direction of a node: edges, distinct neighbours, first and last day, sum."""

    type: str
    direction: str
    count: int
    nodes: int
    first: int | None
    last: int | None
    amount: int | None
    currency: str | None
    text: Text

    def as_dict(self) -> dict[str, Any]:
        """The counts as JSON."""
        return {
            "type": self.type,
            "direction": self.direction,
            "count": self.count,
            "nodes": self.nodes,
            "first": iso(self.first),
            "last": iso(self.last),
            "amount": self.amount,
            "currency": self.currency,
            "text": self.text.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A node with a page of its neighbours.

    `guarded`: there are more neighbours than the guard allows, so none is shown; `by_type` says what to choose from. In
    `graph`, `shown` and `total` count neighbours, not the node itself.
    """

    node: Node
    guarded: bool
    by_type: tuple[TypeCount, ...]
    graph: Graph

    def as_dict(self) -> dict[str, Any]:
        """The neighbourhood as JSON."""
        return {
            "node": self.node.as_dict(),
            "guarded": self.guarded,
            "by_type": [count.as_dict() for count in self.by_type],
            "graph": self.graph.as_dict(),
        }


@dataclass(frozen=True, slots=True)
class Route:
    """One path: its nodes and edges in order, told in a sentence."""

    nodes: tuple[str, ...]
    edges: tuple[str, ...]
    text: Text

    def as_dict(self) -> dict[str, Any]:
        """The path as JSON."""
        return {"nodes": list(self.nodes), "edges": list(self.edges), "text": self.text.as_dict()}


@dataclass(frozen=True, slots=True)
class Routes:
    """Paths between two nodes, best first, with the graph that they run in. `complete`: there are no others."""

    paths: tuple[Route, ...]
    graph: Graph
    complete: bool

    def as_dict(self) -> dict[str, Any]:
        """The paths as JSON."""
        return {
            "paths": [path.as_dict() for path in self.paths],
            "graph": self.graph.as_dict(),
            "complete": self.complete,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened on a day, or that began or ended then; `edges` and `nodes` are lit with it."""

    day: int | None
    type: str
    text: Text
    nodes: tuple[str, ...]
    edge: str | None = None
    ref: str | None = None
    amount: int | None = None
    currency: str | None = None
    own: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The event as JSON."""
        return {
            "day": iso(self.day),
            "type": self.type,
            "text": self.text.as_dict(),
            "nodes": list(self.nodes),
            "edge": self.edge,
            "ref": self.ref,
            "amount": self.amount,
            "currency": self.currency,
            "own": self.own,
        }


@dataclass(frozen=True, slots=True)
class Timeline:
    """Events by day, the undated last; one page of `total`."""

    events: tuple[Event, ...]
    total: int

    def as_dict(self) -> dict[str, Any]:
        """The timeline as JSON."""
        return {"events": [event.as_dict() for event in self.events], "shown": len(self.events), "total": self.total}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row as a source file has it. Phone and account numbers are masked, money is exact yuan as text.

    `terms` has the Chinese term of each column.
    """

    ref: str
    table: str
    file: str
    row: int
    columns: Mapping[str, Any]
    terms: Mapping[str, str]
    source_record_id: str | None = None
    source_system: str | None = None
    as_of: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The row as JSON."""
        return {
            "ref": self.ref,
            "table": self.table,
            "file": self.file,
            "row": self.row,
            "columns": dict(self.columns),
            "terms": dict(self.terms),
            "source_record_id": self.source_record_id,
            "source_system": self.source_system,
            "as_of": self.as_of,
        }

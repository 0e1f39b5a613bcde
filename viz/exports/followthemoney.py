"""A graph as FollowTheMoney entities, for Aleph, OpenAleph and what else reads that vocabulary.

Parties and things become entities; relations become the interval that the vocabulary has for them (Ownership,
Directorship, Family, Payment, Debt …), and an UnknownLink with the relation's name where it has none. A payment or
debt that is a node of the graph becomes one interval between the parties around it. The library validates each value;
what it does not accept for a property is kept as text in `notes` or `summary`, so nothing is lost silently.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from i18n import Language, Problem
from viz import wording
from viz.plain import line, plain
from viz.watermark import Watermark

Json = Mapping[str, Any]

SCHEMATA = {
    "official": "Person",
    "person": "Person",
    "firm": "Company",
    "agent": "Company",
    "public_body": "PublicBody",
    "tender": "CallForTenders",
    "contract": "Contract",
    "project": "Project",
    "account": "BankAccount",
    "address": "Address",
    "payment": "Payment",
    "debt": "Debt",
}
"""Entity of each kind of node; the rest is a `Thing` of the nearest sort, `Asset`."""


@dataclass(frozen=True, slots=True)
class _Link:
    """An interval of the vocabulary: which properties take source and target, and which the role."""

    schema: str
    source: str
    target: str
    role: str | None = "role"


LINKS = {
    "OWNS": _Link("Ownership", "owner", "asset"),
    "ROLE": _Link("Directorship", "director", "organization"),
    "POST": _Link("Employment", "employee", "employer"),
    "KIN": _Link("Family", "person", "relative", "relationship"),
    "PAID": _Link("Payment", "payer", "beneficiary", None),
}
INTERVAL_ENDS = {
    "PAID_BY": ("payment", "payer"),
    "PAID_TO": ("payment", "beneficiary"),
    "OWES": ("debt", "debtor"),
    "OWED_TO": ("debt", "creditor"),
}
"""Edges that say an end of a payment or debt."""
DIRECT = {"BUYS": ("target", "authority"), "LETS": ("target", "authority"), "PART_OF_PROJECT": ("source", "project")}
"""Edges that are a property of one of their ends."""


class FollowTheMoneyError(Problem):
    """The library is not installed; the message says how to install it."""


def followthemoney(graph: Json, watermark: Watermark, language: Language) -> bytes:
    """The graph as FollowTheMoney entities, one JSON object a line, sorted by id.

    Raises:
        FollowTheMoneyError: the optional library is missing.
    """
    try:
        from followthemoney import model
    except ImportError as error:
        raise FollowTheMoneyError("export_ftm_missing") from error
    written = _Writing(model, graph, watermark, language)
    entities = sorted(written.entities(), key=lambda entity: str(entity["id"]))
    return b"".join(orjson.dumps(entity, option=orjson.OPT_SORT_KEYS) + b"\n" for entity in entities)


def entity_id(key: str) -> str:
    """The id of an entity: a hash of the node's or edge's own, so that it holds no name or number."""
    return "qf-" + hashlib.sha256(key.encode("utf-8", errors="surrogatepass")).hexdigest()[:32]


class _Writing:
    """One graph on its way into the vocabulary."""

    def __init__(self, model: Any, graph: Json, watermark: Watermark, language: Language) -> None:
        self._model = model
        self._language = language
        self._watermark = watermark
        self._nodes = {str(node["id"]): node for node in graph.get("nodes") or ()}
        self._edges = [
            edge
            for edge in graph.get("edges") or ()
            if str(edge["source"]) in self._nodes and str(edge["target"]) in self._nodes
        ]
        self._ends: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for edge in self._edges:
            self._gather(edge)

    def entities(self) -> Iterator[Json]:
        """All entities as dictionaries."""
        for node in self._nodes.values():
            yield self._node(node).to_dict()
        for number, edge in enumerate(self._edges):
            proxy = self._edge(edge, number)
            if proxy is not None:
                yield proxy.to_dict()

    def _gather(self, edge: Json) -> None:
        """Note for a node which entities stand at its ends."""
        source, target, kind = str(edge["source"]), str(edge["target"]), str(edge["type"])
        if kind in INTERVAL_ENDS:
            wanted, name = INTERVAL_ENDS[kind]
            middle, party = (source, target) if self._nodes[source].get("kind") == wanted else (target, source)
            self._ends[middle].append((name, party))
        elif kind in DIRECT:
            end, name = DIRECT[kind]
            holder, other = (target, source) if end == "target" else (source, target)
            self._ends[holder].append((name, other))

    def _schema(self, node: Json) -> str:
        return SCHEMATA.get(str(node.get("kind")), "Asset")

    def _node(self, node: Json) -> Any:
        proxy = self._model.make_entity(self._schema(node))
        proxy.id = entity_id(str(node["id"]))
        name = wording.name_of(node)
        properties = node.get("properties") or {}
        _add(proxy, "name" if "name" in proxy.schema.properties else "summary", name)
        _add(proxy, "title", name)
        _add(proxy, "full", name)
        _add(proxy, "uscCode", properties.get("uscc"))
        _add(proxy, "registrationNumber", properties.get("uscc"))
        _add(proxy, "status", properties.get("status"))
        _add(proxy, "country", "cn")
        if node.get("amount") is not None:
            _add(proxy, "amount", f"{int(node['amount']) / 100:.2f}")
            _add(proxy, "currency", node.get("currency") or "CNY")
        for name_of_day in ("date", "contractDate", "publicationDate"):
            if name_of_day in proxy.schema.properties and node.get("day"):
                _add(proxy, name_of_day, wording.iso(node["day"]))
                break
        for name, party in self._ends.get(str(node["id"]), ()):
            _add(proxy, name, entity_id(party))
        region = node.get("region")
        self._say(proxy, f"{wording.term('kind', node.get('kind'), self._language)} {region or ''}", node.get("ref"))
        return proxy

    def _edge(self, edge: Json, number: int) -> Any:
        source, target, kind = str(edge["source"]), str(edge["target"]), str(edge["type"])
        if kind in INTERVAL_ENDS or kind in DIRECT:
            return None
        link = LINKS.get(kind)
        if link is None or not self._fits(link, source, target):
            link = _Link("UnknownLink", "subject", "object")
            if not self._fits(link, source, target):
                return self._note(edge, number)
        proxy = self._model.make_entity(link.schema)
        proxy.id = entity_id(f"{edge.get('ref')}|{kind}|{source}|{target}|{edge.get('id') or number}")
        _add(proxy, link.source, entity_id(source))
        _add(proxy, link.target, entity_id(target))
        properties = edge.get("properties") or {}
        if link.role:
            role = properties.get("kind") or properties.get("relation") or properties.get("title")
            _add(proxy, link.role, role or wording.relation(kind, self._language))
        self._fill(proxy, edge)
        return proxy

    def _note(self, edge: Json, number: int) -> Any:
        """A relation of a payment or debt, which cannot be an end of a link: a note that tells it."""
        proxy = self._model.make_entity("Note")
        proxy.id = entity_id(f"note|{edge.get('id') or number}|{edge['source']}|{edge['target']}|{edge['type']}")
        for end in ("source", "target"):
            if self._model.get(self._schema(self._nodes[str(edge[end])])).is_a("Thing"):
                _add(proxy, "entity", entity_id(str(edge[end])))
        names = [wording.name_of(self._nodes[str(edge[end])]) for end in ("source", "target")]
        _add(proxy, "name", wording.relation(edge["type"], self._language))
        _add(proxy, "description", wording.said(edge.get("text"), self._language) or " → ".join(names))
        return proxy

    def _fill(self, proxy: Any, edge: Json) -> None:
        if edge.get("amount") is not None:
            _add(proxy, "amount", f"{int(edge['amount']) / 100:.2f}")
            _add(proxy, "currency", edge.get("currency") or "CNY")
        if edge.get("share_pct") is not None:
            _add(proxy, "percentage", f"{float(edge['share_pct']):g}")
        _add(proxy, "purpose", (edge.get("properties") or {}).get("purpose"))
        for name, value in (("date", "day"), ("startDate", "from"), ("endDate", "to")):
            if edge.get(value):
                _add(proxy, name, wording.iso(edge[value]))
        self._say(proxy, wording.said(edge.get("text"), self._language), edge.get("ref"))

    def _say(self, proxy: Any, words: str, ref: Any) -> None:
        """What the entity is in words, the row that says so, and the mark of the export."""
        told = line(
            " · ".join(part for part in (line(words), line(ref), self._watermark.sentence(self._language)) if part)
        )
        _add(proxy, "notes" if "notes" in proxy.schema.properties else "summary", told)
        _add(proxy, "recordId", ref)
        _add(proxy, "retrievedAt", self._watermark.at.date().isoformat())

    def _fits(self, link: _Link, source: str, target: str) -> bool:
        """Whether both ends are of the sort that the interval takes."""
        properties = self._model.get(link.schema).properties
        ends = ((link.source, source), (link.target, target))
        return all(self._model.get(self._schema(self._nodes[node])).is_a(properties[name].range) for name, node in ends)


def _add(proxy: Any, name: str, value: Any) -> None:
    """Set a property that the schema has; the library drops what it cannot read as the property's type."""
    if value not in (None, "") and name in proxy.schema.properties:
        proxy.add(name, plain(value))

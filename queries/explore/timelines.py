"""What happened when: around one node, and in a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb

from i18n import Text
from queries.explore.cards import Cards
from queries.explore.edges import assemble
from queries.explore.neighbours import Link
from queries.explore.shapes import Edge, Event, Graph, Node, Timeline, row_ref
from queries.explore.vocabulary import KINDS

_UNDATED = 10**9

_MILESTONES: dict[str, Text] = {
    "published_day": Text(zh="{name}发布公告", en="{name} was published"),
    "opened_day": Text(zh="{name}开标", en="Bids for {name} were opened"),
    "awarded_day": Text(zh="{name}定标", en="{name} was awarded"),
    "signed_day": Text(zh="合同{name}签订", en="Contract {name} was signed"),
    "due_day": Text(zh="欠款{name}到期应付", en="Debt {name} fell due"),
    "granted_day": Text(zh="专项资金{name}下达", en="Fund {name} was granted"),
}
"""Days that a node itself has, by property, and how they are told."""

_BEGINS = Text(zh="起始：{edge}", en="Begins: {edge}")
_ENDS = Text(zh="终止：{edge}", en="Ends: {edge}")


def node_timeline(
    node: Node, links: Iterable[Link], standing: Iterable[Event], cards: Cards, *, limit: int, offset: int
) -> Timeline:
    """Everything dated around a node by day, then what has no day.

    Args:
        node: whose timeline it is.
        links: its edges.
        standing: what else the tables say of it.
        cards: to name its neighbours.
        limit, offset: the page.
    """
    events = [*_milestones(node), *standing]
    moments = [(day, what, link) for link in links for day, what in _moments(link.begin, link.end)]
    order = sorted(
        [(_at(e.day), e.type, "", e.ref or "", 0, n) for n, e in enumerate(events)]
        + [
            (_at(day), x.type, x.other, what, x.properties.get("ref") or 0, -1 - n)
            for n, (day, what, x) in enumerate(moments)
        ]
    )
    page = [place for *_, place in order[offset : offset + limit]]
    nodes = {node.id: node, **cards.nodes(moments[-1 - n][2].other for n in page if n < 0)}
    shown = []
    for place in page:
        if place >= 0:
            shown.append(events[place])
        else:
            day, what, link = moments[-1 - place]
            shown.append(_event(assemble([link.edge_of(node.id)], nodes, cards)[0], day, what))
    return Timeline(tuple(shown), len(order))


def standing_events(rows: duckdb.DuckDBPyConnection, node: Node, ids: Sequence[str]) -> list[Event]:
    """Sanctions of a party and complaints about it or a tender; `ids`: every id that the node has in the tables."""
    if node.label not in ("Party", "Tender"):
        return []
    found = rows.cursor().execute(_STANDING, {"ids": list(ids)}).fetchall()
    return [
        Event(
            day=day,
            type=kind,
            text=_STANDING_TOLD[kind].format(name=node.name, what=what or "–"),
            nodes=(node.id,),
            ref=row_ref(f"{kind}s", key),
            amount=amount,
            currency="CNY" if amount is not None else None,
        )
        for day, kind, what, amount, key in found
    ]


_STANDING = """
SELECT CAST(decided_on - DATE '1970-01-01' AS BIGINT) AS day, 'sanction' AS type, kind AS what, amount, _key
FROM sanctions WHERE subject_id IN (SELECT unnest($ids::VARCHAR[]))
UNION ALL
SELECT CAST(CAST(received_at AS DATE) - DATE '1970-01-01' AS BIGINT), 'complaint', category, NULL, _key
FROM complaints
WHERE subject_id IN (SELECT unnest($ids::VARCHAR[])) OR tender_id IN (SELECT unnest($ids::VARCHAR[]))
ORDER BY ALL
"""
_STANDING_TOLD = {
    "sanction": Text(zh="{name}受到处罚或者被列入失信：{what}", en="{name} was sanctioned: {what}"),
    "complaint": Text(zh="收到涉及{name}的投诉：{what}", en="A complaint about {name} came in: {what}"),
}


def finding_timeline(graph: Graph) -> Timeline:
    """The dated edges and nodes of a finding's graph by day; undated edges are left to the picture.

    A day that an edge has only from one of its ends is told once, as that node's.
    """
    events = [event for node in graph.nodes for event in _milestones(node)]
    told = {node.id for node in graph.nodes if _milestones(node)}
    for edge in graph.edges:
        if edge.bundle:
            moments = [(edge.bundle.first, "begins"), (edge.bundle.last, "ends")]
        elif edge.day is not None:
            kind = KINDS.get(edge.type)
            owner = {"source": edge.source, "target": edge.target}.get(kind.day or "") if kind else None
            moments = [] if owner in told and not edge.own else [(edge.day, "happened")]
        else:
            moments = [m for m in _moments(edge.from_day, edge.to_day) if m[0] is not None]
        events += [_event(edge, day, what) for day, what in moments]
    events.sort(key=lambda e: (e.day if e.day is not None else _UNDATED, e.type, e.nodes, e.edge or ""))
    return Timeline(tuple(events), len(events))


def _moments(begin: int | None, end: int | None) -> list[tuple[int | None, str]]:
    if begin is not None and begin == end:
        return [(begin, "happened")]
    moments: list[tuple[int | None, str]] = [(begin, "begins")] if begin is not None else []
    if end is not None:
        moments.append((end, "ends"))
    return moments or [(None, "happened")]


def _event(edge: Edge, day: int | None, what: str) -> Event:
    text = {"begins": _BEGINS, "ends": _ENDS}.get(what)
    return Event(
        day=day,
        type=edge.type,
        text=text.format(edge=edge.text) if text else edge.text,
        nodes=(edge.source, edge.target),
        edge=edge.id,
        ref=edge.ref,
        amount=edge.amount,
        currency=edge.currency,
        own=edge.own,
    )


def _milestones(node: Node) -> list[Event]:
    days: Mapping[str, int] = {k: node.properties[k] for k in _MILESTONES if node.properties.get(k) is not None}
    return [
        Event(
            day=day,
            type=name.removesuffix("_day"),
            text=_MILESTONES[name].format(name=node.name),
            nodes=(node.id,),
            ref=node.ref,
            amount=node.amount,
            currency=node.currency,
        )
        for name, day in sorted(days.items(), key=lambda item: item[1])
    ]


def _at(day: int | None) -> int:
    return _UNDATED if day is None else day

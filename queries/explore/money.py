"""The paths that money can have taken from one party to another: forward in time, never growing."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graph.engine import GraphEngine
from i18n import Text, money
from queries.debt_feeding.routes import Chain, Payment, carry
from queries.explore.cards import Cards
from queries.explore.edges import RawEdge, assemble
from queries.explore.paths import MOST_STEPS
from queries.explore.shapes import Graph, Node, Route, Routes, iso, node_id

MOST_CHAINS = 2_000
"""Chains of payments that one question looks at before it says that there are more."""

_PAID = (
    "UNWIND $ids AS id MATCH (a:Party {{id: id}}){left}[r:PAID]{right}(b:Party) "
    "WHERE r.day >= $first AND r.day <= $last "
    "RETURN id AS near, b.id AS far, r.day AS day, r.amount AS amount, r.ledger AS ledger, r.ref AS ref, "
    "r.purpose AS purpose"
)
_OUT = _PAID.format(left="-", right="->")
_IN = _PAID.format(left="<-", right="-")
_EVER = 10**7


@dataclass(frozen=True, slots=True)
class MoneyRules:
    """When a later payment can be the money of an earlier one.

    `min_ratio` of what a party received goes on, in one payment or in several together; `within_days` it rests at
    most; `max_hops` payments make a path at most. `through_treasuries`: whether it may pass through a government body,
    whose payments are nobody's money in particular.
    """

    from_day: int | None = None
    to_day: int | None = None
    max_hops: int = 4
    min_ratio: float = 0.5
    within_days: int = 30
    through_treasuries: bool = False


def money_paths(engine: GraphEngine, cards: Cards, ends: tuple[Node, Node], rules: MoneyRules, *, limit: int) -> Routes:
    """Sequences of parties over which money can have reached the last from the first, the largest sums first.

    Both ends may be the same party: then the money came back. A path's edges are all payments that can have carried it.
    """
    first, last = ends[0].key, ends[1].key
    payments, purposes, whole = _between(engine, first, last, rules)
    if not rules.through_treasuries:
        treasuries = _treasuries(cards, {p.payee for p in payments} - {first, last})
        payments = [p for p in payments if p.payer not in treasuries and p.payee not in treasuries]
    chains = list(itertools.islice(_chains(payments, first, last, rules), MOST_CHAINS + 1))
    carried = carry(chains[:MOST_CHAINS], keep_pct=rules.min_ratio * 100, hop_days=rules.within_days).chains
    groups: dict[tuple[str, ...], list[Chain]] = {}
    for chain in carried:
        groups.setdefault((chain[0].payer, *(p.payee for p in chain)), []).append(chain)
    ranked = sorted(groups, key=lambda path: (-_through(groups[path]), len(path), path))
    nodes = {n.id: n for n in cards.nodes(node_id("Party", p) for path in ranked[:limit] for p in path).values()}
    nodes.update({node.id: node for node in ends})
    told, raws = [], {}
    for path in ranked[:limit]:
        used = sorted({payment for chain in groups[path] for payment in chain})
        edges = {p: _raw(p, purposes) for p in used}
        raws.update(edges)
        ids = {p: assemble([raw], nodes, cards)[0].id for p, raw in edges.items()}
        told.append(
            Route(
                tuple(node_id("Party", p) for p in path), tuple(ids[p] for p in used), _told(path, groups[path], nodes)
            )
        )
    graph = Graph.whole(nodes.values(), assemble(raws.values(), nodes, cards))
    complete = whole and len(chains) <= MOST_CHAINS and len(ranked) <= limit
    return Routes(tuple(told), graph, complete)


def _between(
    engine: GraphEngine, first: str, last: str, rules: MoneyRules
) -> tuple[list[Payment], dict[tuple[str, int], str | None], bool]:
    """The payments on any path of few enough hops, with their purposes, and whether all of them were read.

    Half of the hops are walked from each end, so that a busy party in the middle is not unrolled.
    """
    span = {
        "first": -_EVER if rules.from_day is None else rules.from_day,
        "last": _EVER if rules.to_day is None else rules.to_day,
    }
    found: dict[tuple[str, int], Payment] = {}
    purposes: dict[tuple[str, int], str | None] = {}
    back = rules.max_hops // 2
    for text, start, hops in ((_OUT, first, rules.max_hops - back), (_IN, last, back)):
        seen, frontier = {start}, {start}
        for _ in range(hops):
            rows = engine.rows(text, {"ids": sorted(frontier), **span}) if frontier else []
            for row in rows:
                payer, payee = (row["near"], row["far"]) if text is _OUT else (row["far"], row["near"])
                payment = Payment(row["day"], row["ledger"], row["ref"], row["amount"], payer, payee)
                found[payment.ledger, payment.key] = payment
                purposes[payment.ledger, payment.key] = row["purpose"]
            frontier = {row["far"] for row in rows} - seen
            seen |= frontier
            if len(found) > MOST_STEPS:
                return _on_the_way(found.values(), first, last, rules.max_hops), purposes, False
    return _on_the_way(found.values(), first, last, rules.max_hops), purposes, True


def _on_the_way(payments: Iterable[Payment], first: str, last: str, max_hops: int) -> list[Payment]:
    """Payments from whose payer and payee both ends are near enough."""
    kept = list(payments)
    onward: dict[str, set[str]] = {}
    backward: dict[str, set[str]] = {}
    for p in kept:
        onward.setdefault(p.payer, set()).add(p.payee)
        backward.setdefault(p.payee, set()).add(p.payer)
    near, far = _distances(first, onward, max_hops), _distances(last, backward, max_hops)
    never = max_hops + 1
    return sorted(p for p in kept if near.get(p.payer, never) + 1 + far.get(p.payee, never) <= max_hops)


def _distances(start: str, steps: Mapping[str, set[str]], most: int) -> dict[str, int]:
    distance, frontier = {start: 0}, {start}
    for level in range(1, most):
        frontier = {other for node in frontier for other in steps.get(node, ())} - distance.keys()
        distance.update(dict.fromkeys(frontier, level))
    return distance


def _treasuries(cards: Cards, parties: Iterable[str]) -> set[str]:
    nodes = cards.nodes(node_id("Party", party) for party in sorted(parties))
    return {node.key for node in nodes.values() if node.properties.get("org_type") == "government"}


def _chains(payments: list[Payment], first: str, last: str, rules: MoneyRules) -> Iterator[Chain]:
    """Chains of payments forward in time, no party twice; short ones first."""
    by_payer: dict[str, list[Payment]] = {}
    for payment in payments:
        by_payer.setdefault(payment.payer, []).append(payment)

    def extend(chain: Chain, hops: int) -> Iterator[Chain]:
        here = chain[-1].payee if chain else first
        visited = {first, *(p.payee for p in chain)}
        for payment in by_payer.get(here, ()):
            if chain and not chain[-1].day <= payment.day <= chain[-1].day + rules.within_days:
                continue
            if payment.payee == last:
                if hops == 1:
                    yield (*chain, payment)
            elif hops > 1 and payment.payee not in visited:
                yield from extend((*chain, payment), hops - 1)

    for hops in range(1, rules.max_hops + 1):
        yield from extend((), hops)


def _through(chains: list[Chain]) -> int:
    """What can have passed over a path at most: the least that its hops carried."""
    hops = [{chain[at] for chain in chains} for at in range(len(chains[0]))]
    return min(sum(payment.amount for payment in hop) for hop in hops)


def _raw(payment: Payment, purposes: Mapping[tuple[str, int], str | None]) -> RawEdge:
    properties = {
        "amount": payment.amount,
        "day": payment.day,
        "ledger": payment.ledger,
        "ref": payment.key,
        "purpose": purposes[payment.ledger, payment.key],
    }
    return RawEdge("PAID", node_id("Party", payment.payer), node_id("Party", payment.payee), properties)


_TOLD = Text(
    zh="{names}：{count} 笔，{first} 至 {last}，至多 {amount} 可能经此到达",
    en="{names}: {count} payments, {first} to {last}; at most {amount} can have arrived this way",
)


def _told(path: tuple[str, ...], chains: list[Chain], nodes: Mapping[str, Node]) -> Text:
    payments = {payment for chain in chains for payment in chain}
    return _TOLD.format(
        names=" → ".join(nodes[node_id("Party", party)].name for party in path),
        count=len(payments),
        first=iso(min(p.day for p in payments)),
        last=iso(max(p.day for p in payments)),
        amount=money(_through(chains)),
    )

"""How much money a set of payment chains can carry from a payer to a beneficiary."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from queries.rows import Rows


@dataclass(frozen=True, slots=True, order=True)
class Payment:
    """One payment of a chain; `day` since 1970-01-01, `amount` in minor units."""

    day: int
    ledger: str
    key: int
    amount: int
    payer: str
    payee: str


Chain = tuple[Payment, ...]
"""Payments in order, the payee of each being the payer of the next."""


@dataclass(frozen=True, slots=True)
class Carried:
    """The chains that carry money, and how much of it can have reached the end of them."""

    chains: tuple[Chain, ...]
    reached: int

    @property
    def payments(self) -> list[Payment]:
        """Every payment of the chains once, by day."""
        return sorted({payment for chain in self.chains for payment in chain})

    @property
    def arrivals(self) -> list[Payment]:
        """The payments that reached the beneficiary, by day."""
        return sorted({chain[-1] for chain in self.chains})

    @property
    def departures(self) -> list[Payment]:
        """The payments that left the first payer, by day."""
        return sorted({chain[0] for chain in self.chains})

    @property
    def through(self) -> list[str]:
        """The parties in between."""
        return sorted({payment.payee for chain in self.chains for payment in chain[:-1]})


def chains(rows: Rows) -> list[Chain]:
    """The distinct chains of rows that `walk.WALK` returned."""
    found = {
        tuple(
            Payment(int(day), str(ledger), int(key), int(amount), str(payer), str(payee))
            for day, ledger, key, amount, payer, payee in zip(
                days, ledgers, keys, amounts, parties[:-1], parties[1:], strict=True
            )
        )
        for parties, keys, ledgers, days, amounts in rows.cells("parties", "keys", "ledgers", "days", "amounts")
    }
    return sorted(found)


def carry(found: Iterable[Chain], *, keep_pct: float, hop_days: int) -> Carried:
    """What the chains carry when the payments of a hop are taken together.

    A payment cannot carry more than its payer had received over the chains within `hop_days` before: a larger one is
    other business. A party in between passes on at least `keep_pct` percent of what it received, either in all or,
    where it also received other money, payment by payment. What arrives is the maximum flow through the payments that
    are left, so that money is not counted twice where chains join.
    """
    kept = sorted(found)
    while True:
        covered = _Books(kept).covered(kept, hop_days)
        passed = _Books(covered).passed_on(covered, keep_pct)
        if len(passed) == len(kept):
            return Carried(tuple(kept), _maximum_flow(kept))
        kept = passed


class _Books:
    """What each party on the chains received and paid over them, every payment once."""

    def __init__(self, found: list[Chain]) -> None:
        self.received: dict[str, list[Payment]] = {}
        self.into: dict[str, int] = {}
        self.paid: dict[str, int] = {}
        for payment in {payment for chain in found for payment in chain}:
            self.received.setdefault(payment.payee, []).append(payment)
            self.into[payment.payee] = self.into.get(payment.payee, 0) + payment.amount
            self.paid[payment.payer] = self.paid.get(payment.payer, 0) + payment.amount

    def covered(self, found: list[Chain], hop_days: int) -> list[Chain]:
        """Chains of which each payment is covered by what its payer had just received."""
        payments = {payment for chain in found for payment in chain[1:]}
        able = {p for p in payments if p.amount <= self._just_received(p, hop_days)}
        return [chain for chain in found if able.issuperset(chain[1:])]

    def _just_received(self, out: Payment, hop_days: int) -> int:
        into = self.received.get(out.payer, ())
        return sum(p.amount for p in into if out.day - hop_days <= p.day <= out.day)

    def passed_on(self, found: list[Chain], keep_pct: float) -> list[Chain]:
        """Chains on which each party in between passed on enough."""
        return [c for c in found if all(self._enough(*hop, keep_pct) for hop in itertools.pairwise(c))]

    def _enough(self, received: Payment, out: Payment, keep_pct: float) -> bool:
        alone = received.amount * keep_pct <= out.amount * 100 <= received.amount * 100
        return alone or self.into[out.payer] * keep_pct <= self.paid[out.payer] * 100


def _maximum_flow(found: list[Chain]) -> int:
    """What the payments of the chains let through from the first payer to the last payee.

    A chain that shares no payment with another lets its smallest through. Where they share some, each payment is an
    edge as wide as its amount, joined to those that follow it in a chain.
    """
    uses = Counter(payment for chain in found for payment in chain)
    alone = [chain for chain in found if all(uses[payment] == 1 for payment in chain)]
    joined = [chain for chain in found if any(uses[payment] > 1 for payment in chain)]
    return sum(min(payment.amount for payment in chain) for chain in alone) + _flow_through(joined)


def _flow_through(found: list[Chain]) -> int:
    """The maximum flow from the first payments of the chains to their last."""
    if not found:
        return 0
    import networkx as nx  # here, since chains seldom share payments, and it takes longer to load than a scan to walk

    network: nx.DiGraph[tuple[str, Payment | None]] = nx.DiGraph()
    source, sink = ("source", None), ("sink", None)
    for chain in found:
        network.add_edge(source, ("in", chain[0]))
        network.add_edge(("out", chain[-1]), sink)
        for payment in chain:
            network.add_edge(("in", payment), ("out", payment), capacity=payment.amount)
        for before, after in itertools.pairwise(chain):
            network.add_edge(("out", before), ("in", after))
    return int(nx.maximum_flow_value(network, source, sink))

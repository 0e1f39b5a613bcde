"""A flag about firms that keep meeting: R057."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from queries.ocp.competitions import ACTIVE, Competitions, Ints
from queries.ocp.outcomes import Outcome, by_process, flag_tenderers
from queries.ocp.price import award_reasons
from queries.ocp.settings import Settings
from queries.ocp.vocabulary import NONE

Longs = NDArray[np.int64]


def bid_rotation(case: Competitions) -> Outcome:
    """R057: firms that keep meeting in one market win equally often, and for similar sums."""
    entries = _Entries(case)
    rings = [entries.meetings(ring, case.settings.r057_share) for ring in _rings(entries, case.settings)]
    rows = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *rings]))
    flagged = np.zeros(case.count, dtype=np.bool_)
    flagged[entries.competition[rows]] = True
    outcome = by_process("R057", case, entries.reasons, flagged)
    flag_tenderers(outcome, case, entries.competition[rows], entries.bidder[rows], 1.0)
    return outcome


class _Entries:
    """Who took part in which competition, each bidder once, in the order of the competitions.

    A `firm` is a bidder in one market, numbered from 0. `won` says whether it won the competition, and `paid` for how
    much that was won, by whomever.
    """

    def __init__(self, case: Competitions) -> None:
        self.reasons = award_reasons(case)
        self.reasons.give("unread_status", case.unread_status)
        self.reasons.give("price_for_lots", case.split)
        usable = case.valid
        if case.settings.consortia == "exclude":
            usable = usable & ~case.parties.together[case.bidder]
        wins = usable & case.priced & (case.bidder == case.winner[case.bid_competition])
        prices = case.lowest(case.amount, wins, np.inf)
        self.reasons.give("no_winning_price", ~np.isfinite(prices))
        self.competition, self.bidder = case.distinct(usable & self.reasons.judged[case.bid_competition])
        self.won = self.bidder == case.winner[self.competition]
        self.paid = prices[self.competition]
        market = _markets(case)[self.competition].astype(np.int64)
        firms, firm = np.unique(market << 32 | self.bidder, return_inverse=True)
        self.firm, self.firms = firm.astype(np.int64), len(firms)
        self.times = np.bincount(self.firm, minlength=self.firms)
        self._order = np.argsort(self.firm, kind="stable")
        self._first = np.cumsum(self.times) - self.times

    def of_each(self, firms: Longs) -> tuple[Longs, Longs]:
        """(place in `firms`, entry) for every entry of each of them."""
        times = self.times[firms]
        place = np.repeat(np.arange(len(firms)), times)
        within = np.arange(len(place)) - np.repeat(np.cumsum(times) - times, times)
        return place, self._order[self._first[firms][place] + within]

    def meetings(self, ring: list[int], share: float) -> Longs:
        """The entries of a ring where two of it met or more; none if fewer than `share` % of these were won by it."""
        _, rows = self.of_each(np.array(ring))
        _, at, present = np.unique(self.competition[rows], return_inverse=True, return_counts=True)
        rows = rows[present[at] > 1]
        enough = 100 * np.count_nonzero(self.won[rows]) >= share * np.count_nonzero(present > 1)
        return rows if enough else rows[:0]


def _markets(case: Competitions) -> Ints:
    """Per competition: the one kind of goods of its active award; `NONE` where none is named, or several."""
    columns = case.columns
    least = np.full(len(columns.supplier), np.iinfo(np.int32).max, dtype=np.int32)
    most = np.full(len(columns.supplier), NONE, dtype=np.int32)
    np.minimum.at(least, columns.item_of, columns.item_class)
    np.maximum.at(most, columns.item_of, columns.item_class)
    kind = np.where(least == most, most, NONE)
    markets = np.full(case.count, NONE, dtype=np.int32)
    active = case.award_status == ACTIVE
    markets[case.award_competition[active]] = kind[case.award_row[active]]
    return markets


def _rings(entries: _Entries, settings: Settings) -> list[list[int]]:
    """Firms of which each is alike with every other one, and with nobody else."""
    circles: dict[tuple[int, int], set[int]] = defaultdict(set)
    for one, other, wins in zip(*(found.tolist() for found in _alike(entries, settings)), strict=True):
        circles[one, wins] |= {one, other}
        circles[other, wins] |= {one, other}
    agreeing = Counter((wins, frozenset(circle)) for (_, wins), circle in circles.items())
    return [sorted(members) for (_, members), number in agreeing.items() if number == len(members)]


def _alike(entries: _Entries, settings: Settings) -> tuple[Longs, Longs, Longs]:
    """(firm, firm, wins) of pairs that met often, and won equally many of these competitions for similar sums."""
    lost = ~entries.won
    winner = np.full(int(entries.competition.max(initial=0)) + 1, NONE, dtype=np.int64)
    winner[entries.competition[entries.won]] = entries.firm[entries.won]
    beaten = winner[entries.competition[lost]] * entries.firms + entries.firm[lost]
    paid = entries.paid[lost]
    order = np.lexsort((paid, beaten))  # sums in the order of their terms do not depend on that of the lines
    pairs, first, wins = np.unique(beaten[order], return_index=True, return_counts=True)
    sums = np.add.reduceat(paid[order], first) if len(first) else paid
    turned = pairs % entries.firms * entries.firms + pairs // entries.firms
    back = np.minimum(np.searchsorted(pairs, turned), len(pairs) - 1)
    alike = (pairs < turned) & (pairs[back] == turned) & (wins == wins[back]) & (wins >= settings.r057_wins)
    alike &= np.maximum(sums, sums[back]) * 100 <= np.minimum(sums, sums[back]) * (100 + settings.r057_amount)
    one, other = pairs[alike] // entries.firms, pairs[alike] % entries.firms
    place, rows = entries.of_each(one)
    there = entries.competition * np.int64(entries.firms) + entries.firm
    met = np.isin(entries.competition[rows] * np.int64(entries.firms) + other[place], there)
    often = np.bincount(place[met], minlength=len(one)) >= settings.r057_tenders
    return one[often], other[often], wins[alike][often]

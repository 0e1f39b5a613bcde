"""Flags about prices: R024, R058, R028, R036."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from queries.ocp.competitions import DISQUALIFIED, VALID, Competitions, Flags
from queries.ocp.outcomes import (
    Outcome,
    Reasons,
    by_process,
    fence,
    flag_tenderers,
    note_fence,
)
from queries.ocp.vocabulary import NONE


class Margins:
    """How far the winning bid lies below the second lowest, where price alone decided.

    `ratio` is (lowest other valid bid - winning bid) / winning bid, per competition; NaN where it cannot be told.
    """

    def __init__(self, case: Competitions) -> None:
        self.reasons = award_reasons(case)
        _price_reasons(case, self.reasons)
        comparable = case.valid & case.priced
        if case.settings.consortia == "exclude":
            comparable &= ~case.parties.together[case.bidder]
        comparable &= self.reasons.judged[case.bid_competition]
        wins = comparable & (case.bidder == case.winner[case.bid_competition])
        loses = comparable & ~wins
        winning = case.lowest(case.amount, wins, np.inf)
        other = case.lowest(case.amount, loses, np.inf)
        self.reasons.give("no_winning_price", ~np.isfinite(winning))
        self.reasons.give("single_price", ~np.isfinite(other))
        self.reasons.give("not_lowest", other < winning)
        self.second = np.full(case.count, NONE, dtype=np.int32)
        rows = np.flatnonzero(loses & (case.amount == other[case.bid_competition]))[::-1]
        self.second[case.bid_competition[rows]] = case.bidder[rows]  # the first of several in the release's own order
        self.ratio = np.full(case.count, np.nan)
        judged = self.reasons.judged
        self.ratio[judged] = (other[judged] - winning[judged]) / winning[judged]


def award_reasons(case: Competitions) -> Reasons:
    """Why there is no single winner whose bid could be compared."""
    reasons = Reasons(case.count)
    reasons.give("no_bids", case.bids == 0)
    reasons.give("award_not_final", ~case.final)
    reasons.give("no_award", case.active == 0)
    reasons.give("several_awards", case.active > 1)
    reasons.give("no_supplier", case.winner == NONE)
    if case.settings.consortia == "exclude":
        reasons.give("consortium", case.parties.together[case.winner])
    return reasons


def _price_reasons(case: Competitions, reasons: Reasons) -> None:
    reasons.give("unread_status", case.unread_status)
    reasons.give("no_price_comparison", ~case.prices_compared)
    reasons.give("price_for_lots", case.split)
    told = (case.amount > 0) & case.submitted
    foreign = case.bids_that(told & ~case.priced & ~case.bid_split) > 0
    main = case.bids_that(told & case.priced) > 0
    reasons.give("other_currency", foreign & ~main)


def price_close_to_winner(case: Competitions, margins: Margins) -> Outcome:
    """R024: the second lowest bid lies unusually close above the winning one."""
    return _margin(case, margins, "R024", upper=False, threshold=case.settings.r024_threshold)


def heavy_discount(case: Competitions, margins: Margins) -> Outcome:
    """R058: the winning bid lies unusually far below the second lowest."""
    return _margin(case, margins, "R058", upper=True, threshold=case.settings.r058_threshold)


def _margin(case: Competitions, margins: Margins, code: str, *, upper: bool, threshold: float | None) -> Outcome:
    found = fence(margins.ratio[margins.reasons.judged], case.settings, upper=upper, threshold=threshold)
    reasons = Reasons(case.count)
    reasons.names, reasons.code = [*margins.reasons.names], margins.reasons.code.copy()
    flagged = np.zeros(case.count, dtype=np.bool_)
    if found.edge is None:
        reasons.give(found.reason, reasons.judged)
    elif threshold is not None or found.edge > 0:
        with np.errstate(invalid="ignore"):
            flagged = margins.ratio >= found.edge if upper else margins.ratio <= found.edge
    outcome = by_process(code, case, reasons, flagged, margins.ratio, lowest=not upper)
    note_fence(outcome, found, upper=upper)
    competitions = np.flatnonzero(flagged).astype(np.int32)
    parties = [case.winner[competitions]] if upper else [case.winner[competitions], margins.second[competitions]]
    flag_tenderers(outcome, case, np.tile(competitions, len(parties)), np.concatenate(parties), 0.0)
    return outcome


def same_price(case: Competitions) -> Outcome:
    """R028: different tenderers bid the same price."""
    reasons = Reasons(case.count)
    reasons.give("no_bids", case.bids == 0)
    reasons.give("no_price_comparison", ~case.prices_compared)
    reasons.give("price_for_lots", case.split)
    usable = case.submitted & (case.bidder != NONE) & (case.amount > 0) & (case.bid_currency != NONE) & ~case.bid_split
    reasons.give("single_price", case.bids_that(usable) < 2)
    rows = np.flatnonzero(usable & reasons.judged[case.bid_competition])
    first, second = _equal_pairs(case, rows)
    flagged = np.zeros(case.count, dtype=np.bool_)
    flagged[case.bid_competition[first]] = True
    outcome = by_process("R028", case, reasons, flagged)
    both = np.concatenate([first, second])
    flag_tenderers(outcome, case, case.bid_competition[both], case.bidder[both], 1.0)
    return outcome


_MANY = 32
"""Bids of one competition beyond which sorting is less work than comparing each with each."""


def _equal_pairs(case: Competitions, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of bids of one competition with the same price and different bidders: of equal bids, enough to name all."""
    bids = case.having(case.bid_competition[rows])[case.bid_competition[rows]]
    many = bids > _MANY
    few, firsts, seconds = rows[~many], [], []
    of, amount = case.bid_competition[few], case.amount[few]
    for distance in range(1, bids[~many].max(initial=0)):
        equal = np.flatnonzero(amount[:-distance] == amount[distance:])
        equal = equal[of[equal] == of[equal + distance]]
        firsts.append(few[equal])
        seconds.append(few[equal + distance])
    sort = rows[many]
    keys = (case.bidder[sort], case.bid_currency[sort], case.amount[sort], case.bid_competition[sort])
    sort = sort[np.lexsort(keys)]
    first, second = np.concatenate([*firsts, sort[:-1]]), np.concatenate([*seconds, sort[1:]])
    same = (case.bid_competition[first] == case.bid_competition[second]) & (case.amount[first] == case.amount[second])
    same &= (case.bid_currency[first] == case.bid_currency[second]) & (case.bidder[first] != case.bidder[second])
    return first[same], second[same]


def lowest_disqualified(case: Competitions) -> Outcome:
    """R036: the lowest submitted bid is disqualified, and another one won."""
    reasons = Reasons(case.count)
    reasons.give("no_bids", case.bids == 0)
    reasons.give("no_award", case.active == 0)
    _price_reasons(case, reasons)
    rows = case.submitted & case.priced
    out = rows & (case.bid_status == DISQUALIFIED)
    disqualified = case.lowest(case.amount, out, np.inf)
    others = case.lowest(case.amount, rows & ~out, np.inf)
    reasons.give("no_valid_price", case.bids_that(rows & (case.bid_status == VALID)) == 0)
    flagged: Flags = reasons.judged & np.isfinite(disqualified) & (disqualified <= others)
    return by_process("R036", case, reasons, flagged)

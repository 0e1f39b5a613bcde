"""Flags about organizations over all their processes: R025, R038, R048."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from queries.ocp.columns import distinct
from queries.ocp.competitions import ACTIVE, DISQUALIFIED, Competitions, Flags, Ints, submitted
from queries.ocp.outcomes import Count, Floats, Outcome, fence, note_fence, quantile
from queries.ocp.price import award_reasons
from queries.ocp.vocabulary import NONE


def seldom_wins(case: Competitions) -> Outcome:
    """R025: a tenderer that bids often wins unusually seldom."""
    rows = case.valid & award_reasons(case).judged[case.bid_competition]
    if case.settings.consortia == "exclude":
        rows &= ~case.parties.together[case.bidder]
    competitions, bidders = case.distinct(rows)
    size = len(case.parties.keys)
    entered = np.bincount(bidders, minlength=size)
    won = np.bincount(bidders[bidders == case.winner[competitions]], minlength=size)
    who = np.flatnonzero(entered)
    ratio = won[who] / entered[who]
    outcome = Outcome("R025")
    found = fence(ratio, case.settings, upper=False, threshold=case.settings.r025_threshold)
    flagged = np.zeros(len(who), dtype=np.bool_)
    if found.edge is not None and len(who):
        top = quantile(entered[who], case.settings.r025_percentile / 100)
        outcome.meta["upper_fence"] = top
        if case.settings.r025_threshold is not None or found.edge > 0:
            flagged = (entered[who] >= top) & (ratio <= found.edge)
    note_fence(outcome, found, upper=False)
    _tell(outcome, case, "Tenderer", who, ratio, flagged, found.reason)
    return outcome


def often_disqualified(case: Competitions) -> Outcome:
    """R038: an unusual share of the bids to a buyer, or of a tenderer's bids, is disqualified."""
    settings, columns = case.settings, case.columns
    handed_in = submitted(columns.bid_status)
    out = columns.bid_status == DISQUALIFIED
    count = len(columns.ocid)
    bids = np.bincount(case.release_of_bid[handed_in], minlength=count)
    disqualified = np.bincount(case.release_of_bid[out], minlength=count)
    outcome = Outcome("R038")
    for group, codes in (("Buyer", columns.buyer), ("ProcuringEntity", columns.entity)):
        use = (codes != NONE) & (bids > 0)
        size = len(case.parties.keys)
        total = np.bincount(codes[use], weights=bids[use], minlength=size)
        part = np.bincount(codes[use], weights=disqualified[use], minlength=size)
        counted = total if settings.r038_minimum_counts == "bids" else np.bincount(codes[use], minlength=size)
        _judge_shares(outcome, case, group, total, part, counted >= settings.r038_minimum_processes)
        rows = use & (disqualified > 0)
        outcome.ties[group.lower()] = (np.flatnonzero(rows).astype(np.int32), codes[rows])
    rows = handed_in & (columns.bidder != NONE)
    _, tenderers = case.parties.spread(columns.bidder[rows])
    _, rejected = case.parties.spread(columns.bidder[rows & out])
    size = len(case.parties.keys)
    total, part = np.bincount(tenderers, minlength=size), np.bincount(rejected, minlength=size)
    _judge_shares(outcome, case, "Tenderer", total, part, total >= settings.r038_minimum_bids)
    return outcome


def _judge_shares(
    outcome: Outcome, case: Competitions, group: str, total: NDArray[Any], part: NDArray[Any], often: Flags
) -> None:
    """Flag the shares `part / total` beyond the upper fence, among those that occur `often` enough."""
    who = np.flatnonzero((total > 0) & often)
    ratio = part[who] / total[who]
    found = fence(ratio, case.settings, upper=True, threshold=case.settings.r038_threshold)
    flagged = np.zeros(len(who), dtype=np.bool_)
    if found.edge is not None:
        flagged = (ratio >= found.edge) & (ratio > 0)
    note_fence(outcome, found, upper=True, prefix=f"{group}_")
    _tell(outcome, case, group, who, ratio, flagged, found.reason)
    seldom = int(((total > 0) & ~often).sum())
    if seldom:
        outcome.counts[group].not_judgeable["below_minimum"] = seldom


def heterogeneous_supplier(case: Competitions) -> Outcome:
    """R048: a supplier delivers goods of unusually many kinds."""
    columns, settings = case.columns, case.settings
    usable = (columns.award_status == ACTIVE) & (columns.supplier != NONE) & ~case.parties.together[columns.supplier]
    rows = np.flatnonzero(usable[columns.item_of])
    awards = columns.item_of[rows]
    suppliers = columns.supplier[awards]
    size = len(case.parties.keys)
    kinds = _distinct_of(suppliers, columns.item_class[rows], size)
    processes = _distinct_of(suppliers, case.release_of_award[awards], size)
    often = processes >= settings.r048_minimum_processes
    who = np.flatnonzero((kinds > 0) & often)
    variety = kinds[who].astype(np.float64)
    outcome = Outcome("R048")
    found = fence(variety, settings, upper=True, threshold=settings.r048_threshold)
    flagged = np.zeros(len(who), dtype=np.bool_) if found.edge is None else variety >= found.edge
    note_fence(outcome, found, upper=True)
    _tell(outcome, case, "Tenderer", who, variety, flagged, found.reason)
    seldom = int(((kinds > 0) & ~often).sum())
    if seldom:
        outcome.counts["Tenderer"].not_judgeable["below_minimum"] = seldom
    return outcome


def _distinct_of(owners: Ints, things: Ints, size: int) -> Ints:
    """How many distinct things each owner has."""
    pairs = distinct(owners.astype(np.int64) << 32 | things)
    return np.bincount(pairs >> 32, minlength=size).astype(np.int32)


def _tell(
    outcome: Outcome, case: Competitions, group: str, who: NDArray[np.int64], value: Floats, flagged: Flags, reason: str
) -> None:
    who_flagged = who[flagged].astype(np.int32)
    at, members = case.parties.spread(who_flagged)
    values = value[flagged][at]
    order = np.lexsort((-values, members))
    members, values = members[order], values[order]
    first = np.concatenate([[True], members[1:] != members[:-1]]) if len(members) else np.zeros(0, dtype=np.bool_)
    outcome.parties[group] = (members[first], values[first])
    number = len(flagged)
    passed, refused = (0, {reason: number}) if reason and number else (number - int(flagged.sum()), {})
    outcome.counts[group] = Count(passed, int(flagged.sum()), refused)

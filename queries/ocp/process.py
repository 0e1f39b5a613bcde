"""Flags about how a process ran: R003, R018, R030, R035."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from queries.ocp.amendments import GREW, NO_CONTRACT, NO_LINES
from queries.ocp.columns import LATE, ON_TIME, is_in
from queries.ocp.competitions import (
    ACTIVE,
    DISQUALIFIED,
    INVITED,
    WITHDRAWN,
    Competitions,
    Flags,
    Ints,
    chosen,
)
from queries.ocp.instants import UNKNOWN
from queries.ocp.outcomes import Outcome, Reasons, by_process, flag_tenderers
from queries.ocp.vocabulary import NONE


def short_period(case: Competitions) -> Outcome:
    """R003: the time to bid is shorter than the method asks for."""
    columns, settings = case.columns, case.settings
    thresholds = np.full(len(case.texts) + 1, settings.r003_threshold, dtype=np.int64)
    for code, text in enumerate(case.texts):
        thresholds[code] = settings.r003_details.get(text, settings.r003_threshold)
    period = columns.period
    reasons = Reasons(case.count)
    if settings.r003_methods:
        reasons.give("no_method", (columns.method == NONE)[case.release])
    reasons.give("other_method", ~chosen(columns.method, case.texts, settings.r003_methods)[case.release])
    reasons.give("no_period", (period == UNKNOWN)[case.release])
    reasons.give("period_reversed", (period < 0)[case.release])
    short = (period < thresholds[columns.details])[case.release]
    return by_process("R003", case, reasons, reasons.judged & short)


def single_bidder(case: Competitions) -> Outcome:
    """R018: only one tenderer took part, by the declared number or by the bids themselves, lot by lot."""
    declared = case.columns.tenderers[case.release]
    there = (case.bid_status != INVITED) & (case.bid_status != WITHDRAWN)
    bids = case.bids_that(there)
    lowest, highest = _extremes(case, there)
    lone = (bids == 1) | ((bids > 1) & (lowest == highest) & (lowest != NONE))
    lots = np.bincount(case.release, minlength=len(case.columns.ocid))[case.release] > 1
    by_bids = (bids > 0) & ((declared < 1) | lots)
    reasons = Reasons(case.count)
    if case.settings.r018_methods:
        reasons.give("no_method", (case.columns.method == NONE)[case.release])
    reasons.give("other_method", ~chosen(case.columns.method, case.texts, case.settings.r018_methods)[case.release])
    reasons.give("implausible_number", (declared < NONE) & ~by_bids)
    reasons.give("no_tenderers", (declared == NONE) & ~by_bids)
    flagged = reasons.judged & ((declared == 1) | (by_bids & lone))
    return by_process("R018", case, reasons, flagged)


def _extremes(case: Competitions, rows: Flags) -> tuple[Ints, Ints]:
    """The lowest and the highest code of the bidders of each competition."""
    most = np.iinfo(np.int32)
    return case.lowest(case.bidder, rows, most.max), case.highest(case.bidder, rows, most.min)


def late_bid_won(case: Competitions) -> Outcome:
    """R030: the winning bid came in after the deadline."""
    wins = case.valid & case.won
    late, on_time = (wins & (case.bid_late == when) for when in (LATE, ON_TIME))
    has_late = case.bids_that(late) > 0
    has_other = case.bids_that(on_time) > 0
    reasons = Reasons(case.count)
    reasons.give("no_deadline", ~case.columns.deadline[case.release])
    reasons.give("no_bids", case.bids == 0)
    reasons.give("no_award", case.active == 0)
    reasons.give("unread_status", case.unread_status)
    reasons.give("no_bid_date", ~has_late & ~has_other)
    flagged = reasons.judged & has_late
    outcome = by_process("R030", case, reasons, flagged)
    rows = np.flatnonzero(late & flagged[case.bid_competition]).astype(np.int64)
    at, parties = _winning_members(case, rows)
    flag_tenderers(outcome, case, case.bid_competition[rows[at]], parties, 1.0)
    return outcome


def _winning_members(case: Competitions, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Ints]:
    """(place in `rows`, organization): the tenderers of winning bids who are suppliers of the award."""
    at, parties = case.parties.spread(case.bidder[rows])
    asked = np.zeros(case.count, dtype=np.bool_)
    asked[case.bid_competition[rows]] = True
    awards = np.flatnonzero((case.award_status == ACTIVE) & (case.supplier != NONE) & asked[case.award_competition])
    places, suppliers = case.parties.spread(case.supplier[awards])
    size = len(case.parties.keys) + 1
    wins = case.award_competition[awards[places]].astype(np.int64) * size + suppliers
    stays = is_in(case.bid_competition[rows[at]].astype(np.int64) * size + parties, wins)
    return at[stays], parties[stays]


def all_others_disqualified(case: Competitions) -> Outcome:
    """R035: one tenderer is left, and won; every other one was disqualified."""
    together = case.parties.together
    lowest, highest = _extremes(case, case.valid)
    awarded = case.award_status == ACTIVE
    named = awarded & (case.supplier != NONE)
    first = np.full(case.count, NONE, dtype=np.int32)
    first[case.award_competition[named]] = case.supplier[named]
    other = case.having(case.award_competition[named & (case.supplier != first[case.award_competition])]) > 0
    reasons = Reasons(case.count)
    reasons.give("no_bids", case.bids == 0)
    reasons.give("award_not_final", ~case.final)
    reasons.give("no_award", case.active == 0)
    reasons.give("no_supplier", first == NONE)
    reasons.give("unread_status", case.unread_status)
    out = (case.bid_status == DISQUALIFIED) & (case.bidder != NONE)
    sole = (lowest == highest) & (lowest == first) & ~other
    if case.settings.consortia == "exclude":
        sole &= ~together[first]
    rows = np.flatnonzero(out & sole[case.bid_competition] & (case.bidder != lowest[case.bid_competition]))
    competitions, bidders = case.distinct(rows)
    if case.settings.consortia == "exclude":
        at, members = case.parties.spread(bidders)
        pairs = np.unique(np.stack([competitions[at], members]), axis=1)
        pairs = pairs[:, pairs[1] != lowest[pairs[0]]]
        competitions, bidders = pairs[0], pairs[1]
    others = case.having(competitions)
    flagged = reasons.judged & sole & (others >= case.settings.r035_threshold)
    outcome = by_process("R035", case, reasons, flagged, others.astype(np.float64))
    places = np.flatnonzero(flagged).astype(np.int32)
    flag_tenderers(outcome, case, places, first[places], 0.0)
    return outcome


def contract_lines_grew(case: Competitions) -> Outcome:
    """R066: an active contract with amendments has more of an item than was awarded, or an item that was not."""
    growth = case.columns.growth[case.release]
    reasons = Reasons(case.count)
    reasons.give("no_contract", growth == NO_CONTRACT)
    reasons.give("no_lines", growth == NO_LINES)
    return by_process("R066", case, reasons, growth == GREW)

"""Who competed with whom: the bids and awards of one process, or of one lot of it where both name their lots.

Every rule about bids is judged competition by competition; two lots of a process never mix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from queries.ocp.columns import AWARD_STATUS, BID_STATUS, MISSING, OTHER, Columns, Key, distinct, is_in
from queries.ocp.dataset import Dataset
from queries.ocp.joining import kept
from queries.ocp.settings import Settings
from queries.ocp.vocabulary import NONE

Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]
_N = TypeVar("_N", bound=np.generic)

VALID, DISQUALIFIED, INVITED, WITHDRAWN = (
    BID_STATUS[status] for status in ("valid", "disqualified", "invited", "withdrawn")
)
ACTIVE, CANCELLED, UNSUCCESSFUL = (AWARD_STATUS[status] for status in ("active", "cancelled", "unsuccessful"))
_LOTS = 1 << 21


class Competitions:
    """The processes that are judged at all, cut into competitions.

    `columns` are the processes left after the exclusions, and `data` keeps no others; `bid_*` and `award_*` are their
    bids and awards, a row for each competition that one takes part in. Rows of a competition stand together, in the
    order of the release.
    """

    def __init__(self, data: Dataset, settings: Settings) -> None:
        self.settings = settings
        self.texts = data.texts
        everything = data.columns
        excluded = _is_one_of(everything.details, data.texts, settings.excluded_details)
        keep = ~everything.cancelled & ~excluded
        self.excluded = {
            "cancelled": int(everything.cancelled.sum()),
            "exclusion": int((excluded & ~everything.cancelled).sum()),
        }
        self.source, self.columns = (
            (data.source, everything) if keep.all() else (data.source[keep], kept(everything, keep))
        )
        data.columns, data.source = self.columns, self.source  # what is left out need not stay in memory
        del everything
        self.parties = Parties(data.organizations)
        self.currency, self.currencies = _main_currency(self.columns, data.texts, settings)
        self._cut(self.columns)

    def _cut(self, columns: Columns) -> None:
        count = len(columns.ocid)
        release_of_bid = np.repeat(np.arange(count, dtype=np.int32), np.maximum(columns.bids, 0))
        release_of_award = np.repeat(np.arange(count, dtype=np.int32), np.maximum(columns.awards, 0))
        self.release_of_bid, self.release_of_award = release_of_bid, release_of_award
        in_bids = _any(release_of_bid[columns.lot_of_bid], count)
        in_awards = _any(release_of_award[columns.lot_of_award], count)
        lotted = in_bids & (in_awards | (columns.awards <= 0))
        if not lotted.any():
            self.release = np.arange(count, dtype=np.int32)
            self.bid_competition, self.award_competition = release_of_bid, release_of_award
            bid_rows, award_rows = np.arange(len(release_of_bid)), np.arange(len(release_of_award))
            self.bid_split = np.zeros(len(release_of_bid), dtype=np.bool_)
        else:
            bid_rows, bid_keys = _placed(release_of_bid, columns.lot_of_bid, columns.bid_lot, lotted)
            award_rows, award_keys = _placed(release_of_award, columns.lot_of_award, columns.award_lot, lotted)
            bare = ~_any(np.concatenate([release_of_bid, release_of_award]), count)
            lone = np.flatnonzero(bare).astype(np.int64) * _LOTS
            keys, inverse = np.unique(np.concatenate([bid_keys, award_keys, lone]), return_inverse=True)
            self.release = (keys // _LOTS).astype(np.int32)
            self.bid_competition = inverse[: len(bid_keys)].astype(np.int32)
            self.award_competition = inverse[len(bid_keys) : len(bid_keys) + len(award_keys)].astype(np.int32)
            order = np.argsort(self.bid_competition, kind="stable")
            self.bid_competition, bid_rows = self.bid_competition[order], bid_rows[order]
            self.bid_split = np.bincount(bid_rows, minlength=len(release_of_bid))[bid_rows] > 1
        self.bid_status, self.bid_late = columns.bid_status[bid_rows], columns.bid_late[bid_rows]
        self.bidder, self.amount = columns.bidder[bid_rows], columns.amount[bid_rows]
        self.bid_currency = columns.currency[bid_rows]
        self.award_row = award_rows
        self.award_status, self.supplier = columns.award_status[award_rows], columns.supplier[award_rows]

    @property
    def count(self) -> int:
        """How many competitions there are."""
        return len(self.release)

    def having(self, competitions: Ints) -> NDArray[np.int64]:
        """How often each competition occurs in `competitions`."""
        return np.bincount(competitions, minlength=self.count)

    @cached_property
    def bids(self) -> NDArray[np.int64]:
        """Per competition: how many bids it has."""
        return self.having(self.bid_competition)

    def bids_that(self, are: Flags) -> Ints:
        """Per competition: how many of its bids `are` so; they stand together, so sums up to its edges tell it."""
        sums = np.zeros(len(are) + 1, dtype=np.int32)
        np.cumsum(are, out=sums[1:])
        ends = np.cumsum(self.bids)
        counts: Ints = sums[ends] - sums[ends - self.bids]
        return counts

    def lowest(self, values: NDArray[_N], those: Flags, none: float) -> NDArray[_N]:
        """Per competition: the lowest of the `values` of `those` of its bids, `none` where there is no such bid."""
        return self._extreme(np.minimum, values, those, none)

    def highest(self, values: NDArray[_N], those: Flags, none: float) -> NDArray[_N]:
        """Per competition: the highest of the `values` of `those` of its bids, `none` where there is no such bid."""
        return self._extreme(np.maximum, values, those, none)

    def _extreme(self, extreme: np.ufunc, values: NDArray[_N], those: Flags, none: float) -> NDArray[_N]:
        found = np.full(self.count, none, dtype=values.dtype)
        there = np.flatnonzero(self.bids)  # an empty stretch would be given the bid behind it
        if len(there):
            first = (np.cumsum(self.bids) - self.bids)[there]
            found[there] = extreme.reduceat(np.where(those, values, none), first)
        return found

    @cached_property
    def submitted(self) -> Flags:
        """Per bid: it was handed in, and not taken back."""
        return submitted(self.bid_status)

    @cached_property
    def valid(self) -> Flags:
        """Per bid: valid, and its tenderer is known."""
        found: Flags = (self.bid_status == VALID) & (self.bidder != NONE)
        return found

    @cached_property
    def unread_status(self) -> Flags:
        """Per competition: no bid is valid, and one has no status or one outside the codelist."""
        unread = (self.bid_status == MISSING) | (self.bid_status == OTHER)
        valid = self.bids_that(self.bid_status == VALID)
        found: Flags = (valid == 0) & (self.bids_that(unread) > 0)
        return found

    @cached_property
    def priced(self) -> Flags:
        """Per bid: a price above zero in the main currency. (Zero is how systems write *not disclosed*.)"""
        found: Flags = (
            (self.amount > 0) & (self.amount < np.inf) & (self.bid_currency == self.currency) & ~self.bid_split
        )
        return found

    @cached_property
    def split(self) -> Flags:
        """Per competition: a submitted bid names one price for several lots."""
        return self.bids_that(self.bid_split & self.submitted) > 0

    @cached_property
    def active(self) -> NDArray[np.int64]:
        """Per competition: how many awards are active."""
        return self.having(self.award_competition[self.award_status == ACTIVE])

    @cached_property
    def final(self) -> Flags:
        """Per competition: every award is active, cancelled or unsuccessful."""
        done = (self.award_status >= ACTIVE) & (self.award_status <= UNSUCCESSFUL)
        found: Flags = self.having(self.award_competition[~done]) == 0
        return found

    @cached_property
    def winner(self) -> Ints:
        """Per competition: the supplier of its active award, `NONE` unless there is exactly one."""
        winner = np.full(self.count, NONE, dtype=np.int32)
        rows = self.award_status == ACTIVE
        winner[self.award_competition[rows]] = self.supplier[rows]
        winner[self.active != 1] = NONE
        return winner

    @cached_property
    def won(self) -> Flags:
        """Per bid: one of its tenderers is a supplier of an active award of the same competition."""
        won: Flags = (self.bidder == self.winner[self.bid_competition]) & (self.bidder != NONE)
        several = (self.active > 1) | self.parties.together[self.winner]
        open_question = ~won & (self.bidder != NONE) & (self.active[self.bid_competition] > 0)
        rows = np.flatnonzero(open_question & (several[self.bid_competition] | self.parties.together[self.bidder]))
        if len(rows):
            awards = np.flatnonzero((self.award_status == ACTIVE) & (self.supplier != NONE))
            at, suppliers = self.parties.spread(self.supplier[awards])
            wins = self._pairs(self.award_competition[awards][at], suppliers)
            at, tenderers = self.parties.spread(self.bidder[rows])
            won[rows[at[is_in(self._pairs(self.bid_competition[rows][at], tenderers), wins)]]] = True
        return won

    def _pairs(self, competitions: Ints, parties: Ints) -> NDArray[np.int64]:
        return competitions.astype(np.int64) * (len(self.parties.keys) + 1) + parties

    def distinct(self, rows: NDArray[np.int64] | Flags) -> tuple[Ints, Ints]:
        """(competition, bidder) of some bids, each pair once."""
        size = len(self.parties.keys) + 1
        pairs = distinct(self._pairs(self.bid_competition[rows], self.bidder[rows]))
        return (pairs // size).astype(np.int32), (pairs % size).astype(np.int32)

    @cached_property
    def prices_compared(self) -> Flags:
        """Per competition: the method lets prices compete, as the settings say."""
        details, texts = self.columns.details, self.texts
        if self.settings.price_comparison:
            compared = _is_one_of(details, texts, self.settings.price_comparison)
        else:
            compared = ~_is_one_of(details, texts, self.settings.no_price_comparison)
        found: Flags = compared[self.release]
        return found


@dataclass
class Parties:
    """Organizations by code; some codes stand for several together (a consortium)."""

    keys: list[Key]

    @cached_property
    def together(self) -> Flags:
        """Per code: it stands for several. One more entry than codes, so that `NONE` is none."""
        return np.array([isinstance(key, tuple) for key in self.keys] + [False], dtype=np.bool_)

    @cached_property
    def _any_together(self) -> bool:
        return bool(self.together.any())

    @cached_property
    def members(self) -> dict[int, list[int]]:
        """The codes of the members of each consortium; members met nowhere else get codes here."""
        groups = {code: key for code, key in enumerate(self.keys) if isinstance(key, tuple)}
        codes = {key: code for code, key in enumerate(self.keys)} if groups else {}
        members = {}
        for code, group in groups.items():
            for name in group:
                if name and name not in codes:
                    codes[name] = len(self.keys)
                    self.keys.append(name)
            members[code] = [codes[name] for name in group if name]
        return members

    def spread(self, parties: Ints) -> tuple[NDArray[np.int64], Ints]:
        """(place in `parties`, organization) for each member of each party; a single one is its own member."""
        if not self._any_together:
            return np.arange(len(parties)), parties
        together = self.together[parties]
        single = np.flatnonzero(~together)
        grouped = np.flatnonzero(together)
        lists = [self.members[code] for code in parties[grouped].tolist()]
        places = np.concatenate([single, np.repeat(grouped, [len(entries) for entries in lists])])
        found = np.concatenate(
            [parties[single], np.array([code for entries in lists for code in entries], dtype=np.int32)]
        )
        return places, found.astype(np.int32)


def _is_one_of(codes: Ints, texts: Sequence[str], wanted: frozenset[str]) -> Flags:
    if not wanted:
        return np.zeros(len(codes), dtype=np.bool_)
    chosen = np.array([text in wanted for text in texts] + [False], dtype=np.bool_)
    return chosen[codes]


def submitted(status: NDArray[np.uint8]) -> Flags:
    """Pending, valid or disqualified, or outside the codelist; not invited, not withdrawn, not without a status."""
    found: Flags = (status != MISSING) & (status != INVITED) & (status != WITHDRAWN)
    return found


def chosen(codes: Ints, texts: Sequence[str], wanted: frozenset[str]) -> Flags:
    """Which codes stand for one of the `wanted` texts; an empty set wants every one."""
    return _is_one_of(codes, texts, wanted) if wanted else np.ones(len(codes), dtype=np.bool_)


def _any(rows: Ints, count: int) -> Flags:
    return np.bincount(rows, minlength=count) > 0


def _placed(release: Ints, row: Ints, lot: Ints, lotted: Flags) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(row, release and lot as one number), a row once for each of its lots, or once without a lot."""
    use = lotted[release[row]]
    row, lot = row[use].astype(np.int64), lot[use].astype(np.int64)
    bare = np.ones(len(release), dtype=np.bool_)
    bare[row] = False
    rows = np.concatenate([np.flatnonzero(bare), row])
    lots = np.concatenate([np.zeros(int(bare.sum()), dtype=np.int64), lot + 1])
    order = np.lexsort((lots, rows))
    rows, lots = rows[order], lots[order]
    return rows, release[rows].astype(np.int64) * _LOTS + lots


def _main_currency(columns: Columns, texts: list[str], settings: Settings) -> tuple[int, dict[str, int]]:
    """The code of the main currency, and how many bid prices each currency has.

    It is the one set, else the one of most bid prices, else of those the first by name: never the first that is met.
    """
    used = (columns.amount > 0) & (columns.currency != NONE)
    counts = np.bincount(columns.currency[used], minlength=len(texts))
    found = {texts[code]: int(counts[code]) for code in np.flatnonzero(counts)}
    found = dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
    name = settings.currency or next(iter(found), None)
    return (texts.index(name) if name in texts else len(texts)), found

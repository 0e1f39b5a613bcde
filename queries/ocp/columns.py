"""Releases as columns: one array a field, so that judging is arithmetic over arrays.

Texts become codes of a vocabulary, date-times become instants, a bid's date becomes *on time* or *late*, and nothing
else of the release is kept: about 16 bytes a bid.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from queries.ocp.amendments import growth
from queries.ocp.instants import UNKNOWN, Instants, instants
from queries.ocp.lots import name_lots, note_lots
from queries.ocp.releases import (
    Bids,
    Classification,
    ContractedRelease,
    Identifier,
    Organization,
    Period,
    Release,
    Tender,
    Value,
)
from queries.ocp.vocabulary import NONE, Keys, LargeVocabulary, Vocabulary

MISSING, OTHER = 0, 9
"""The code of no status, and of a status outside the codelist."""


_ABSENT: dict[str | None, int] = {None: MISSING, "": MISSING}
BID_STATUS = _ABSENT | {"valid": 1, "disqualified": 2, "pending": 3, "invited": 4, "withdrawn": 5}
AWARD_STATUS = _ABSENT | {"active": 1, "cancelled": 2, "unsuccessful": 3, "pending": 4}
_BID_CODES, _AWARD_CODES = BID_STATUS.get, AWARD_STATUS.get
ON_TIME, LATE = 1, 2
"""Whether a bid's date is after the tender period's end; 0 where one of the two is unknown."""

Key = str | tuple[str, ...]
"""An organization's id, or for several together (a consortium) their sorted ids; `""` is a member without an id."""

_Int = TypeVar("_Int", bound=np.integer[Any])


@dataclass
class Columns:
    """A block of releases. Arrays of one section have one length; `*_of` points into the section above."""

    ocid: list[str]
    line: NDArray[np.int64]
    cancelled: NDArray[np.bool_]
    growth: NDArray[np.uint8]
    method: NDArray[np.int32]
    details: NDArray[np.int32]
    buyer: NDArray[np.int32]
    entity: NDArray[np.int32]
    tenderers: NDArray[np.int32]
    period: NDArray[np.int64]
    deadline: NDArray[np.bool_]
    bids: NDArray[np.int32]
    awards: NDArray[np.int32]
    bid_status: NDArray[np.uint8]
    bid_late: NDArray[np.uint8]
    bidder: NDArray[np.int32]
    amount: NDArray[np.float64]
    currency: NDArray[np.int32]
    award_status: NDArray[np.uint8]
    supplier: NDArray[np.int32]
    item_of: NDArray[np.int32]
    item_class: NDArray[np.int32]
    lot_of_bid: NDArray[np.int32]
    bid_lot: NDArray[np.int32]
    lot_of_award: NDArray[np.int32]
    award_lot: NDArray[np.int32]


ORGANIZATION_COLUMNS = ("buyer", "entity", "bidder", "supplier")
TEXT_COLUMNS = ("method", "details", "currency", "item_class")
_KINDS: dict[str, type[np.generic]] = {
    **dict.fromkeys((*TEXT_COLUMNS, "bids", "awards", "items"), np.int32),
    **dict.fromkeys(("lot_of_bid", "bid_lot", "lot_of_award", "award_lot"), np.int32),
    **dict.fromkeys(("bid_status", "award_status", "growth"), np.uint8),
    "cancelled": np.bool_,
}
"""The fields that are small numbers, and what their columns hold."""

_NO_TENDER, _NO_BIDS, _NO_PERIOD, _NOBODY, _NO_VALUE, _NO_CLASS = (
    Tender(),
    Bids(),
    Period(),
    Organization(),
    Value(),
    Classification(),
)


class _Taken:
    """What has been taken out of releases so far.

    What each bid has is made compact batch by batch, while it is in the processor's cache; what is a small number
    anyway, or comes once a release, waits in a list.
    """

    def __init__(self) -> None:
        self.ocid: list[Identifier] = []
        self.tenderers: list[int | None] = []
        self.numbers: dict[str, list[int]] = {name: [] for name in _KINDS}
        self.ids: dict[str, list[Any]] = {name: [] for name in ORGANIZATION_COLUMNS if name != "bidder"}
        self.bidders = Keys()
        self.amounts: list[NDArray[np.float64]] = [np.empty(0)]
        self.starts: list[str | None] = []
        self.ends: list[str | None] = []
        self.received = Instants()


class Flattener:
    """Turns releases into columns; its vocabularies grow from block to block.

    Args:
        digits: how many characters of an item's class make its first level.
    """

    def __init__(self, digits: int = 2) -> None:
        self.organizations = LargeVocabulary()
        self.texts = Vocabulary()
        self.digits = digits

    def columns(self, batches: Iterable[list[Release]], lines: Sequence[int]) -> Columns:
        """The columns of the releases, which come some at a time and stand on `lines`.

        A batch is let go before the next is drawn, so an iterator keeps memory low.
        """
        taken = _Taken()
        for releases in batches:
            self._take(releases, taken)
        return self._columns(taken, lines)

    def _take(self, releases: list[Release], taken: _Taken) -> None:
        tenders = [release.tender or _NO_TENDER for release in releases]
        periods = [tender.tender_period or _NO_PERIOD for tender in tenders]
        bid_lists = [(release.bids or _NO_BIDS).details for release in releases]
        award_lists = [release.awards for release in releases]
        bids = list(chain.from_iterable(filter(None, bid_lists)))
        awards = list(chain.from_iterable(filter(None, award_lists)))
        items = [award.items or () for award in awards]
        numbers, ids, texts = taken.numbers, taken.ids, self.texts.codes
        if name_lots(bids, awards):
            note_lots(bid_lists, award_lists, numbers)
        taken.ocid += [release.ocid for release in releases]
        taken.tenderers += [tender.number_of_tenderers for tender in tenders]
        taken.starts += [period.start_date for period in periods]
        taken.ends += [period.end_date for period in periods]
        numbers["cancelled"] += [tender.status == "cancelled" for tender in tenders]
        if releases and isinstance(releases[0], ContractedRelease):
            numbers["growth"] += map(growth, releases)
        else:
            numbers["growth"] += bytes(len(releases))
        numbers["method"] += texts([tender.procurement_method for tender in tenders])
        numbers["details"] += texts([tender.procurement_method_details for tender in tenders])
        ids["buyer"] += [(release.buyer or _NOBODY).id for release in releases]
        ids["entity"] += [(tender.procuring_entity or _NOBODY).id for tender in tenders]
        numbers["bids"] += [NONE if entries is None else len(entries) for entries in bid_lists]
        numbers["awards"] += [NONE if entries is None else len(entries) for entries in award_lists]
        taken.bidders.add(
            [parties[0].id if (parties := bid.tenderers) and len(parties) == 1 else _together(parties) for bid in bids]
        )
        taken.received.add([bid.date for bid in bids])
        numbers["bid_status"] += [_BID_CODES(bid.status, OTHER) for bid in bids]
        values = [bid.value or _NO_VALUE for bid in bids]
        taken.amounts.append(np.array([value.amount for value in values], dtype=np.float64))  # None becomes NaN
        numbers["currency"] += texts([value.currency for value in values])
        numbers["award_status"] += [_AWARD_CODES(award.status, OTHER) for award in awards]
        ids["supplier"] += [
            parties[0].id if (parties := award.suppliers) and len(parties) == 1 else _together(parties)
            for award in awards
        ]
        numbers["items"] += [len(entries) for entries in items]
        digits = self.digits
        numbers["item_class"] += texts(
            [
                None if (code := (item.classification or _NO_CLASS).id) is None else str(code)[:digits]
                for entries in items
                for item in entries
            ]
        )

    def _columns(self, taken: _Taken, lines: Sequence[int]) -> Columns:
        arrays: dict[str, Any] = {name: _array(taken.numbers[name], kind) for name, kind in _KINDS.items()}
        arrays |= {name: self.organizations.codes_of(Keys(ids)) for name, ids in taken.ids.items()}
        arrays["bidder"] = self.organizations.codes_of(taken.bidders)
        starts, ends = instants(taken.starts), instants(taken.ends, end_of_day=True)
        received = taken.received.read()
        deadlines = np.repeat(ends, np.maximum(arrays["bids"], 0))
        known = (received != UNKNOWN) & (deadlines != UNKNOWN)
        items = arrays.pop("items")
        arrays["item_of"], arrays["item_class"] = _distinct(
            np.repeat(np.arange(len(items)), items), arrays["item_class"]
        )
        return Columns(
            ocid=[ocid if isinstance(ocid, str) else str(ocid) for ocid in taken.ocid],
            line=np.array(lines, dtype=np.int64),
            tenderers=np.array([_tenderers(number) for number in taken.tenderers], dtype=np.int32),
            period=np.where((starts == UNKNOWN) | (ends == UNKNOWN), UNKNOWN, ends - starts),
            deadline=ends != UNKNOWN,
            bid_late=np.where(known, np.where(received > deadlines, LATE, ON_TIME), 0).astype(np.uint8),
            amount=np.concatenate(taken.amounts),
            **arrays,
        )


def _array(numbers: list[int], kind: type[np.generic]) -> NDArray[Any]:
    if kind is np.int32:
        return np.array(numbers, dtype=kind)
    return np.frombuffer(bytes(numbers), dtype=kind)  # one byte each: much faster than looking at every number


def _together(parties: list[Organization] | None) -> Hashable:
    """The key of several parties acting as one, or None for nobody."""
    if not parties:
        return None
    ids = {"" if party.id is None else str(party.id) for party in parties}
    return ids.pop() if len(ids) == 1 else tuple(sorted(ids))


def _tenderers(count: int | None) -> int:
    """The declared number, `NONE` if there is none, `NONE - 1` if it cannot be a number of tenderers."""
    if count is None:
        return NONE
    return count if 0 < count < 2**31 else NONE - 1


def distinct(values: NDArray[_Int]) -> NDArray[_Int]:
    """The distinct values, sorted: several times faster than `numpy.unique` on values that are nearly in order."""
    ordered = np.sort(values)
    first = np.ones(len(ordered), dtype=np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    return ordered[first]


def is_in(values: NDArray[_Int], wanted: NDArray[_Int]) -> NDArray[np.bool_]:
    """Which values are among the `wanted`: `numpy.isin`, without all that it imports."""
    if not len(wanted):
        return np.zeros(len(values), dtype=np.bool_)
    ordered = np.sort(wanted)
    found: NDArray[np.bool_] = ordered[np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)] == values
    return found


def _distinct(of: NDArray[np.int64], classes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which award (by position) has which class, each pair once."""
    pairs = distinct((of << 32 | classes)[classes != NONE])
    return (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)

"""Releases as columns: one array a field, so that judging is arithmetic over arrays.

Texts become codes of a vocabulary, date-times become instants, a bid's date becomes *on time* or *late*, and nothing
else of the release is kept: about 16 bytes a bid.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import chain, compress, islice
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from queries.ocp.instants import UNKNOWN, instants
from queries.ocp.releases import (
    Award,
    Bid,
    Bids,
    Classification,
    Identifier,
    Organization,
    Period,
    Release,
    Tender,
    Value,
)
from queries.ocp.vocabulary import NONE, LargeVocabulary, Vocabulary

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

_NO_TENDER, _NO_BIDS, _NO_PERIOD, _NOBODY, _NO_VALUE, _NO_CLASS = (
    Tender(),
    Bids(),
    Period(),
    Organization(),
    Value(),
    Classification(),
)
_AT_ONCE = 64
"""Releases taken apart together: few enough that they are still in the processor's cache, many enough that the
comprehensions below run long."""


class Flattener:
    """Turns releases into columns; its vocabularies grow from block to block.

    Args:
        digits: how many characters of an item's class make its first level.
    """

    def __init__(self, digits: int = 2) -> None:
        self.organizations = LargeVocabulary()
        self.texts = Vocabulary()
        self.digits = digits

    def columns(self, releases: Iterable[Release], lines: Sequence[int]) -> Columns:
        """The columns of `releases`, which stand on `lines`.

        Releases are drawn a few at a time and let go again, so an iterator keeps memory low.
        """
        drawn = iter(releases)
        lists: defaultdict[str, list[Any]] = defaultdict(list)
        while some := list(islice(drawn, _AT_ONCE)):
            self._take(some, lists)
        return self._arrays(lists, lines)

    def _take(self, releases: list[Release], lists: defaultdict[str, list[Any]]) -> None:
        tenders = [release.tender or _NO_TENDER for release in releases]
        periods = [tender.tender_period or _NO_PERIOD for tender in tenders]
        bid_lists = [(release.bids or _NO_BIDS).details for release in releases]
        award_lists = [release.awards for release in releases]
        bids = list(chain.from_iterable(filter(None, bid_lists)))
        awards = list(chain.from_iterable(filter(None, award_lists)))
        values = [bid.value or _NO_VALUE for bid in bids]
        items = [award.items or () for award in awards]
        if _name_lots(bids, awards):
            _lots(bid_lists, award_lists, lists)
        lists["ocid"] += [release.ocid for release in releases]
        lists["cancelled"] += [tender.status == "cancelled" for tender in tenders]
        lists["method"] += [tender.procurement_method for tender in tenders]
        lists["details"] += [tender.procurement_method_details for tender in tenders]
        lists["buyer"] += [(release.buyer or _NOBODY).id for release in releases]
        lists["entity"] += [(tender.procuring_entity or _NOBODY).id for tender in tenders]
        lists["tenderers"] += [tender.number_of_tenderers for tender in tenders]
        lists["start"] += [period.start_date for period in periods]
        lists["end"] += [period.end_date for period in periods]
        lists["bids"] += [NONE if entries is None else len(entries) for entries in bid_lists]
        lists["awards"] += [NONE if entries is None else len(entries) for entries in award_lists]
        lists["bid_status"] += [_BID_CODES(bid.status, OTHER) for bid in bids]
        lists["date"] += [bid.date for bid in bids]
        lists["bidder"] += [
            parties[0].id if (parties := bid.tenderers) and len(parties) == 1 else _together(parties) for bid in bids
        ]
        lists["amount"] += [math.nan if value.amount is None else value.amount for value in values]
        lists["currency"] += [value.currency for value in values]
        lists["award_status"] += [_AWARD_CODES(award.status, OTHER) for award in awards]
        lists["supplier"] += [
            parties[0].id if (parties := award.suppliers) and len(parties) == 1 else _together(parties)
            for award in awards
        ]
        lists["items"] += [len(entries) for entries in items]
        digits = self.digits
        lists["item_class"] += [
            None if (code := (item.classification or _NO_CLASS).id) is None else str(code)[:digits]
            for entries in items
            for item in entries
        ]

    def _arrays(self, lists: defaultdict[str, list[Any]], lines: Sequence[int]) -> Columns:
        texts, organizations = self.texts.codes, self.organizations.codes

        def ints(name: str) -> NDArray[np.int32]:
            return np.array(lists[name], dtype=np.int32)

        count, bids = len(lists["ocid"]), ints("bids")
        moments = instants(lists["start"] + lists["date"])
        starts, received = moments[:count], moments[count:]
        ends = instants(lists["end"], end_of_day=True)
        deadlines = np.repeat(ends, np.maximum(bids, 0))
        known = (received != UNKNOWN) & (deadlines != UNKNOWN)
        item_of, item_class = _distinct(
            np.repeat(np.arange(len(lists["items"])), ints("items")), texts(lists["item_class"])
        )
        return Columns(
            ocid=[ocid if isinstance(ocid, str) else str(ocid) for ocid in lists["ocid"]],
            line=np.array(lines, dtype=np.int64),
            cancelled=np.array(lists["cancelled"], dtype=np.bool_),
            method=texts(lists["method"]),
            details=texts(lists["details"]),
            buyer=organizations(lists["buyer"]),
            entity=organizations(lists["entity"]),
            tenderers=np.array([_tenderers(number) for number in lists["tenderers"]], dtype=np.int32),
            period=np.where((starts == UNKNOWN) | (ends == UNKNOWN), UNKNOWN, ends - starts),
            deadline=ends != UNKNOWN,
            bids=bids,
            awards=ints("awards"),
            bid_status=np.array(lists["bid_status"], dtype=np.uint8),
            bid_late=np.where(known, np.where(received > deadlines, LATE, ON_TIME), 0).astype(np.uint8),
            bidder=organizations(lists["bidder"]),
            amount=np.array(lists["amount"], dtype=np.float64),
            currency=texts(lists["currency"]),
            award_status=np.array(lists["award_status"], dtype=np.uint8),
            supplier=organizations(lists["supplier"]),
            item_of=item_of,
            item_class=item_class,
            lot_of_bid=ints("lot_of_bid"),
            bid_lot=ints("bid_lot"),
            lot_of_award=ints("lot_of_award"),
            award_lot=ints("award_lot"),
        )


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


def _distinct(of: NDArray[np.int64], classes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which award (by position) has which class, each pair once."""
    pairs = distinct((of << 32 | classes)[classes != NONE])
    return (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)


def _name_lots(bids: list[Bid], awards: list[Award]) -> bool:
    if any([bid.related_lots or bid.related_lot for bid in bids]):  # noqa: C419 - a list is faster than drawing one by one
        return True
    return any(award.related_lots or award.related_lot or award.lot_id for award in awards)


def _lots(
    bid_lists: list[list[Bid] | None], award_lists: list[list[Award] | None], lists: defaultdict[str, list[Any]]
) -> None:
    """Note (bid, lot) and (award, lot) pairs; a lot's number counts within its release."""
    bid, award = len(lists["amount"]), len(lists["supplier"])
    for bids, awards in zip(bid_lists, award_lists, strict=True):
        numbers: dict[str, int] = {}
        for offer in bids or ():
            names = _names(offer.related_lots, offer.related_lot)
            lists["bid_lot"] += [numbers.setdefault(name, len(numbers)) for name in names]
            lists["lot_of_bid"] += [bid] * len(names)
            bid += 1
        for made in awards or ():
            names = _names(made.related_lots, made.related_lot if made.related_lot is not None else made.lot_id)
            lists["award_lot"] += [numbers.setdefault(name, len(numbers)) for name in names]
            lists["lot_of_award"] += [award] * len(names)
            award += 1


def _names(several: list[Identifier] | None, one: Identifier) -> list[str]:
    names = several or ([] if one is None else [one])
    return list(dict.fromkeys(str(name) for name in names if name is not None and name != ""))


def joined(blocks: Sequence[Columns]) -> Columns:
    """Blocks put one after the other, with `*_of` pointing into the whole.

    The blocks are emptied field by field, so that the data never stand in memory twice.
    """
    bids = np.cumsum([0, *(len(block.amount) for block in blocks)])
    awards = np.cumsum([0, *(len(block.supplier) for block in blocks)])
    shift = {"lot_of_bid": bids, "lot_of_award": awards, "item_of": awards}
    whole: dict[str, Any] = {}
    for field in fields(Columns):
        parts = [getattr(block, field.name) for block in blocks]
        if field.name == "ocid":
            whole[field.name] = list(chain.from_iterable(parts))
        else:
            if field.name in shift:
                parts = [(part + start).astype(np.int32) for part, start in zip(parts, shift[field.name], strict=False)]
            whole[field.name] = np.concatenate(parts) if parts else _EMPTY[field.name]
        for block in blocks:
            setattr(block, field.name, None)
    return Columns(**whole)


def kept(columns: Columns, keep: NDArray[np.bool_]) -> Columns:
    """Only the releases for which `keep` holds."""
    bid_keep = np.repeat(keep, np.maximum(columns.bids, 0))
    award_keep = np.repeat(keep, np.maximum(columns.awards, 0))
    bid_new = np.cumsum(bid_keep, dtype=np.int32) - 1
    award_new = np.cumsum(award_keep, dtype=np.int32) - 1
    whole: dict[str, Any] = {}
    for field in fields(Columns):
        value = getattr(columns, field.name)
        if field.name == "ocid":
            whole[field.name] = list(compress(value, keep.tolist()))
        elif field.name in _OF_BID:
            whole[field.name] = value[bid_keep]
        elif field.name in _OF_AWARD:
            whole[field.name] = value[award_keep]
        elif field.name in _PAIRS:
            of, mask, new = _PAIRS[field.name], award_keep, award_new
            if of == "lot_of_bid":
                mask, new = bid_keep, bid_new
            stays = mask[getattr(columns, of)]
            whole[field.name] = new[value[stays]] if field.name == of else value[stays]
        else:
            whole[field.name] = value[keep]
    return Columns(**whole)


_OF_BID = {"bid_status", "bid_late", "bidder", "amount", "currency"}
_OF_AWARD = {"award_status", "supplier"}
_PAIRS = {
    "item_of": "item_of",
    "item_class": "item_of",
    "lot_of_bid": "lot_of_bid",
    "bid_lot": "lot_of_bid",
    "lot_of_award": "lot_of_award",
    "award_lot": "lot_of_award",
}
_EMPTY: dict[str, Any] = {
    field.name: getattr(Flattener().columns([], []), field.name) for field in fields(Columns) if field.name != "ocid"
}

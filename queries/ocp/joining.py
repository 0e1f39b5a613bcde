"""Columns put together, and columns of some releases only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import chain, compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queries.ocp.columns import Columns, Flattener


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

"""Bids grouped by tender and sorted by price: what the price screens are worked out on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_BLOCK = 50_000
"""Bids that are worked on at once: what they need stays in the processor's cache, so that time grows as the bids do."""


@dataclass(frozen=True, slots=True)
class Tenders:
    """Bids sorted by tender and price; tender `i` owns `price[start[i] : start[i] + count[i]]`."""

    labels: npt.NDArray[Any]
    price: Floats
    start: Integers
    count: Integers
    code: Integers
    order: Integers

    def part(self, chosen: npt.NDArray[np.bool_]) -> Tenders:
        """The chosen tenders alone."""
        count, bids = self.count[chosen], chosen[self.code]
        return Tenders(
            labels=self.labels[chosen],
            price=self.price[bids],
            start=np.cumsum(count) - count,
            count=count,
            code=(np.cumsum(chosen) - 1)[self.code[bids]],
            order=self.order[bids],
        )

    def of_bid(self, values: npt.ArrayLike) -> npt.NDArray[Any]:
        """A column of the bids as they came, brought into the order of `price`."""
        return np.asarray(values)[self.order]

    def table(self, names: Sequence[str], columns: Callable[[Tenders], Mapping[str, Floats]]) -> pd.DataFrame:
        """Figures with one row a tender, worked out for one run of tenders after the other.

        Args:
            names: of the figures.
            columns: the figures of some tenders, each of which depends on the bids of its own tender alone.
        """
        parts = [columns(block) for block in self._blocks()]
        figures = {name: np.concatenate([part[name] for part in parts]) if parts else np.empty(0) for name in names}
        return pd.DataFrame(figures, index=pd.Index(self.labels, name="tender"))

    def _blocks(self) -> Iterator[Tenders]:
        """Runs of neighbouring tenders with some `_BLOCK` bids each, one tender at least; views, not copies."""
        ends, begin = self.start + self.count, 0
        while begin < len(ends):
            end = max(begin + 1, int(np.searchsorted(ends, self.start[begin] + _BLOCK, side="right")))
            bids = slice(self.start[begin], ends[end - 1])
            yield Tenders(
                labels=self.labels[begin:end],
                price=self.price[bids],
                start=self.start[begin:end] - self.start[begin],
                count=self.count[begin:end],
                code=self.code[bids] - begin,
                order=self.order[bids],
            )
            begin = end

    def _sort_by_price(self) -> None:
        """Sort the bids of each tender, in place; tenders with as many bids each are sorted side by side."""
        for n in np.unique(self.count):
            bids = self.start[self.count == n][:, None] + np.arange(n)
            rising = np.argsort(self.price[bids], axis=1, kind="stable")
            for column in (self.price, self.order):
                column[bids] = np.take_along_axis(column[bids], rising, axis=1)


def group(tender: npt.ArrayLike, price: npt.ArrayLike) -> Tenders:
    """Group bids by tender and sort them by price; bids without a positive finite price are left out.

    Args:
        tender: the tender of each bid, any sortable labels; texts are fastest as a pandas column.
        price: the price of each bid, in one currency a tender.

    Raises:
        ValueError: the two arrays differ in length.
    """
    of_bid = pd.Series(tender)
    prices = np.asarray(price, dtype=np.float64)
    if len(of_bid) != len(prices):
        raise ValueError(f"{len(of_bid)} tenders for {len(prices)} prices: give one tender for each bid")
    kept = np.flatnonzero(np.isfinite(prices) & (prices > 0))
    codes, labels = pd.factorize(of_bid.iloc[kept], sort=True)
    count = np.bincount(codes, minlength=len(labels)).astype(np.int64)
    # Columns of a sparse matrix turned into rows: a sort that counts, and leaves the bids of a tender as they came.
    filled, place = np.ones(len(kept), np.int8), np.arange(len(kept) + 1, dtype=np.int32)
    by_bid = scipy.sparse.csc_array((filled, codes.astype(np.int32), place), (len(labels), len(kept)))
    order = kept[by_bid.tocsr().indices]
    tenders = Tenders(
        labels=np.asarray(labels),
        price=prices[order],
        start=np.cumsum(count) - count,
        count=count,
        code=np.repeat(np.arange(len(labels)), count),
        order=order,
    )
    for block in tenders._blocks():
        block._sort_by_price()
    return tenders

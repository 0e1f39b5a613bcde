"""Screens over subgroups of the bidders of a tender, for cartels that do not hold everybody.

Outsiders' honest bids hide the dispersion of an incomplete cartel. Screens over every subgroup of 3 (or 4) bids of
the tender, summarised by their extremes and middle, bring it back: Wallimann, Imhof & Huber (2023), "A machine
learning approach for flagging incomplete bid-rigging cartels", Computational Economics 62, 1669-1720.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from queries.statistics.tenders import Floats, Tenders

SUMMARIES = ("min", "mean", "median", "max")


def subgroup_screens(tenders: Tenders, k: int = 3, most: int = 600) -> pd.DataFrame:
    """Summaries over the subgroups of `k` bids, one row a tender, NaN where the tender has fewer than `k` bids.

    Columns `<screen><k>_<summary>` with the screens `cv`, `spread` and `normalised_distance` of each subgroup, the
    summaries `min`, `mean`, `median`, `max`. A tender with more than `most` subgroups is read by that many of
    them, evenly spaced in lexicographic order and always with every run of neighbouring bids, where the smallest
    dispersion lies; nothing is drawn by chance.

    Raises:
        ValueError: `k` is below 3.
    """
    if k < 3:
        raise ValueError(f"subgroups of {k}: a subgroup needs at least 3 bids")
    names = [f"{screen}{k}_{summary}" for screen in ("cv", "spread", "normalised_distance") for summary in SUMMARIES]
    result = np.full((len(tenders.labels), len(names)), np.nan)
    for n in np.unique(tenders.count[tenders.count >= k]):
        chosen = _subgroups(int(n), k, most)
        rows = np.flatnonzero(tenders.count == n)
        # A block of tenders at a time keeps tenders × subgroups × k within some 100 MB.
        block = max(1, 4_000_000 // (len(chosen) * k))
        for begin in range(0, len(rows), block):
            part = rows[begin : begin + block]
            bids = tenders.price[tenders.start[part][:, None] + np.arange(n)]
            result[part] = _summaries(bids[:, chosen])
    return pd.DataFrame(result, index=pd.Index(tenders.labels, name="tender"), columns=names)


def _subgroups(n: int, k: int, most: int) -> npt.NDArray[np.int64]:
    """Positions of the subgroups to read, shape (subgroups, k), each rising."""
    every = np.array(list(combinations(range(n), k)), dtype=np.int64)
    if len(every) <= most:
        return every
    neighbours = np.arange(n - k + 1)[:, None] + np.arange(k)
    spaced = every[np.linspace(0, len(every) - 1, most).astype(np.int64)]
    return np.unique(np.vstack([neighbours, spaced]), axis=0)


def _summaries(bids: Floats) -> Floats:
    """Screens of sorted subgroups, shape (tenders, subgroups, k), summarised over the subgroups."""
    k = bids.shape[2]
    low, high = bids[..., 0], bids[..., -1]
    spread = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.where(spread > 0, (bids[..., 1] - low) * (k - 1) / spread, 1.0)
    columns = [bids.std(axis=2, ddof=1) / bids.mean(axis=2), spread / low, distance]
    return np.column_stack(
        [summary(values, axis=1) for values in columns for summary in (np.min, np.mean, np.median, np.max)]
    )

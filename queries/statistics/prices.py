"""Price screens: what the spread and the shape of the bids of one tender say about how they came to be.

Let b(1) ≤ b(2) ≤ … ≤ b(n) be the bids of a tender, m their mean and s their standard deviation (n - 1 in the
denominator). A cartel that fixes its prices tends to shrink s, and to keep the winner at a safe distance below
the cover bids. The formulas are those of Huber & Imhof (2019), "Machine learning with screens for detecting
bid-rigging cartels", Int. J. of Industrial Organization 65, 277-301, and of Imhof & Wallimann (2021),
"Detecting bid-rigging coalitions in different countries and auction formats", Int. Rev. of Law and Economics 68.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from queries.statistics.tenders import Floats, Tenders

SCREENS = (
    "cv",
    "spread",
    "difference",
    "relative_distance",
    "normalised_distance",
    "alternative_distance",
    "skewness",
    "kurtosis",
    "ks_uniform",
)
"""The scale-free screens of one tender, in the order of their columns."""


def screens(tenders: Tenders) -> pd.DataFrame:
    """The price screens of every tender, one row a tender, NaN where a screen has too few bids or is 0/0.

    Columns, all without unit (so tenders of any size and currency compare):

    - `n_bids`: n.
    - `cv` (n ≥ 2): coefficient of variation, s / m. Cartels: low.
    - `spread` (n ≥ 2): (b(n) - b(1)) / b(1). Cartels: low.
    - `difference` (n ≥ 2): (b(2) - b(1)) / b(1), the percentage difference of the two lowest. Cartels: high
      against the spread.
    - `relative_distance` (n ≥ 3): (b(2) - b(1)) / s of the losing bids b(2)…b(n). Cartels: high.
    - `normalised_distance` (n ≥ 3): (b(2) - b(1)) / mean gap of all neighbouring bids. Cartels: above 1.
    - `alternative_distance` (n ≥ 3): (b(2) - b(1)) / mean gap of the neighbouring losing bids. Cartels: above 1.
    - `skewness` (n ≥ 3): adjusted Fisher-Pearson G1. Cartels: negative.
    - `kurtosis` (n ≥ 4): excess kurtosis G2. Cartels: high.
    - `ks_uniform` (n ≥ 2): max over i of max(i / n - u(i), u(i) - (i - 1) / n), u the bids brought to [0, 1] by
      their minimum and range: the Kolmogorov-Smirnov distance to the uniform distribution. Cartels: high.

    Example:
        >>> table = screens(group(["t", "t", "t", "t"], [100.0, 110.0, 112.0, 114.0]))
        >>> table.loc["t", ["n_bids", "difference", "relative_distance"]].tolist()
        [4.0, 0.1, 5.0]
    """
    return tenders.table(("n_bids", *SCREENS), _screens)


def _screens(tenders: Tenders) -> dict[str, Floats]:
    n = tenders.count.astype(np.float64)
    b, code, start = tenders.price, tenders.code, tenders.start
    last = start + tenders.count - 1
    second = np.minimum(start + 1, last)
    low, high = b[start], b[last]
    mean = np.add.reduceat(b, start) / n
    centred = b - mean[code]
    m2 = np.add.reduceat(centred**2, start)
    m3 = np.add.reduceat(centred**3, start)
    m4 = np.add.reduceat(centred**4, start)
    # A tender whose bids are equal to the cent has no spread; what rounding leaves of it is not a spread.
    m2 = np.where(high > low, m2, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        s = np.sqrt(m2 / (n - 1))
        gap = b[second] - low
        # The losing bids' variance from the whole: take the lowest bid out of mean and sum of squares.
        losing_mean = (mean * n - low) / (n - 1)
        losing = centred + (mean - losing_mean)[code]
        losing[start] = 0.0
        losing_s = np.sqrt(np.add.reduceat(losing**2, start) / (n - 2))
        losing_s = np.where(high > b[second], losing_s, 0.0)
        g1 = (m3 / n) / (m2 / n) ** 1.5
        g2 = (m4 / n) / (m2 / n) ** 2 - 3.0
        rank = np.arange(len(b)) - start[code] + 1
        u = (b - low[code]) / (high - low)[code]
        distance = np.maximum.reduceat(np.maximum(rank / n[code] - u, u - (rank - 1) / n[code]), start)
        return {
            "n_bids": n,
            "cv": _defined(s / mean, n >= 2),
            "spread": _defined((high - low) / low, n >= 2),
            "difference": _defined(gap / low, n >= 2),
            "relative_distance": _defined(gap / losing_s, n >= 3),
            "normalised_distance": _defined(gap * (n - 1) / (high - low), n >= 3),
            "alternative_distance": _defined(gap * (n - 2) / (high - b[second]), n >= 3),
            "skewness": _defined(g1 * np.sqrt(n * (n - 1)) / (n - 2), n >= 3),
            "kurtosis": _defined(((n + 1) * g2 + 6.0) * (n - 1) / ((n - 2) * (n - 3)), n >= 4),
            "ks_uniform": _defined(distance, n >= 2),
        }


def against_reference(tenders: Tenders, reference: npt.ArrayLike) -> pd.DataFrame:
    """Where the bids lie against the ceiling price (or the estimate), one row a tender.

    Args:
        tenders: the grouped bids.
        reference: the ceiling or estimate of each *bid's* tender, in the order of the bids as they came;
            NaN or 0 where unknown.

    Returns:
        `lowest_to_reference`, `median_to_reference`, `highest_to_reference` (ratios), and
        `above_reference` (share of the bids above it); NaN where the reference is unknown.
    """
    known = np.asarray(reference, dtype=np.float64)
    names = ("lowest_to_reference", "median_to_reference", "highest_to_reference", "above_reference")
    return tenders.table(names, lambda block: _against(block, known[block.order[block.start]]))


def _against(tenders: Tenders, reference: Floats) -> dict[str, Floats]:
    """The columns of `against_reference`, given the reference of each tender."""
    start, count = tenders.start, tenders.count
    at = np.where(reference > 0, reference, np.nan)
    low, high = tenders.price[start], tenders.price[start + count - 1]
    median = (tenders.price[start + (count - 1) // 2] + tenders.price[start + count // 2]) / 2
    above = np.add.reduceat((tenders.price > at[tenders.code]).astype(np.float64), start) / count
    return {
        "lowest_to_reference": low / at,
        "median_to_reference": median / at,
        "highest_to_reference": high / at,
        "above_reference": np.where(np.isnan(at), np.nan, above),
    }


def gaps(tenders: Tenders, window: int = 3) -> pd.DataFrame:
    """Where in the ladder of sorted bids the gaps lie, one row a tender, in units of the lowest bid.

    - `first_gap` (n ≥ 2): (b(2) - b(1)) / b(1); `largest_gap` (n ≥ 2): largest neighbouring gap / b(1).
    - `largest_gap_share` (n ≥ 3): largest neighbouring gap / (b(n) - b(1)); `gap_rank` (n ≥ 3): its place in
      the ladder, from 0 (between the lowest two) to 1 (between the highest two).
    - `closest_cv` (n ≥ window): the smallest coefficient of variation of `window` neighbouring bids, the
      tightest cluster that an incomplete cartel could be.
    - `losing_cv` (n ≥ 3): coefficient of variation of the losing bids.

    Raises:
        ValueError: `window` is below 2.
    """
    if window < 2:
        raise ValueError(f"window {window}: a dispersion needs at least 2 bids")
    names = ("first_gap", "largest_gap", "largest_gap_share", "gap_rank", "closest_cv", "losing_cv")
    return tenders.table(names, lambda block: _gaps(block, window))


def _gaps(tenders: Tenders, window: int) -> dict[str, Floats]:
    b, start, count, code = tenders.price, tenders.start, tenders.count, tenders.code
    last = start + count - 1
    low, high = b[start], b[last]
    step = np.append(np.diff(b), 0.0)
    step[last] = -1.0
    largest = np.maximum.reduceat(step, start)
    place = np.where(step == largest[code], np.arange(len(b)), len(b))
    first_place = np.minimum.reduceat(place, start) - start
    tight = np.full(len(b), np.inf)
    if len(b) >= window:
        windows = np.lib.stride_tricks.sliding_window_view(b, window)
        inside = code[: len(windows)] == code[window - 1 :]
        mean = windows.mean(axis=1)
        tight[: len(windows)] = np.where(inside, windows.std(axis=1, ddof=1) / mean, np.inf)
    closest = np.minimum.reduceat(tight, start)
    n = count.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = np.add.reduceat(b, start)
        losing_mean = (total - low) / (n - 1)
        off = b - losing_mean[code]
        off[start] = 0.0
        losing_cv = np.sqrt(np.add.reduceat(off**2, start) / (n - 2)) / losing_mean
        return {
            "first_gap": _defined((b[np.minimum(start + 1, last)] - low) / low, n >= 2),
            "largest_gap": _defined(largest / low, n >= 2),
            "largest_gap_share": _defined(largest / (high - low), n >= 3),
            "gap_rank": _defined(first_place / (n - 2), n >= 3),
            "closest_cv": np.where(np.isfinite(closest), closest, np.nan),
            "losing_cv": _defined(losing_cv, n >= 3),
        }


def _defined(values: Floats, enough: npt.NDArray[np.bool_]) -> Floats:
    """The values where there are enough bids and the formula is finite, NaN elsewhere."""
    return np.where(enough & np.isfinite(values), values, np.nan)

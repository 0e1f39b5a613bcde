"""False discovery rate over a scan."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def benjamini_hochberg(p: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """The q-value of each p-value: the smallest false discovery rate at which it would be flagged.

    q(i) = min over j ≥ i of p(j) m / j, the p-values in rising order, m how many there are. Flagging all with
    q ≤ α keeps the expected share of false flags among the flags at or below α, for independent or positively
    dependent tests. Benjamini & Hochberg (1995), J. Royal Statistical Society B 57, 289-300. NaN (not judgeable) stays
    NaN and counts for nothing.

    Example:
        >>> benjamini_hochberg([0.01, 0.04, 0.03, float("nan")]).round(3).tolist()
        [0.03, 0.04, 0.04, nan]
    """
    values = np.asarray(p, dtype=np.float64)
    q = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return q
    order = known[np.argsort(values[known], kind="stable")]
    m = len(order)
    stepped = values[order] * m / np.arange(1, m + 1)
    q[order] = np.minimum(np.minimum.accumulate(stepped[::-1])[::-1], 1.0)
    return q


def realised_fdr(q: npt.ArrayLike, truth: npt.ArrayLike, level: float) -> tuple[float, float]:
    """Share of false flags among the flags at `level` (0 without flags), and share of the true ones flagged."""
    flagged = np.asarray(q, dtype=np.float64) <= level
    true = np.asarray(truth, dtype=bool)
    false_share = float((flagged & ~true).sum() / max(1, flagged.sum()))
    return false_share, float((flagged & true).sum() / max(1, true.sum()))

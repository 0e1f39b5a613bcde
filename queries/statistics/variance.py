"""A null model for the dispersion of honest bids, and the p-value of a tender that has too little of it.

Honest bids of one tender scatter around the market's cost with a variance that itself differs from tender to
tender. With log prices and an inverse-gamma law for the tenders' variances, the sample variance s² of n bids follows
s² / s0² ~ F(n - 1, d0): s0² the comparison group's typical variance, d0 how alike its tenders are. The model is that of
Smyth (2004), "Linear models and empirical Bayes methods", Statistical Applications in Genetics 3(1), where genes take
the place of tenders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from queries.statistics.tenders import Floats, Tenders

_LIKENESS = np.array([1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 13, 16, 20, 26, 32, 48, 64, 128, 512], dtype=np.float64)


_ROUGHLY = 500
"""Tenders to which the likeness is fitted where it only serves to tell the scale."""


@dataclass(frozen=True, slots=True)
class DispersionNull:
    """The fitted null of one comparison group: typical variance of log prices, and its degrees of freedom."""

    variance: float
    likeness: float

    def p_value(self, variance: npt.ArrayLike, count: npt.ArrayLike) -> Floats:
        """Lower-tail p-value of sample variances of `count` log prices each."""
        ratio = np.asarray(variance, dtype=np.float64) / self.variance
        return np.asarray(scipy.special.fdtr(np.asarray(count) - 1.0, self.likeness, ratio), dtype=np.float64)


def log_variance(tenders: Tenders) -> Floats:
    """Sample variance of the log prices of each tender; NaN with fewer than 2 bids."""
    return tenders.table(("variance",), _log_variance)["variance"].to_numpy()


def _log_variance(tenders: Tenders) -> dict[str, Floats]:
    n = tenders.count.astype(np.float64)
    logs = np.log(tenders.price)
    mean = np.add.reduceat(logs, tenders.start) / n
    squares = np.add.reduceat((logs - mean[tenders.code]) ** 2, tenders.start)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"variance": np.where(n >= 2, squares / (n - 1), np.nan)}


def fit_null(
    variance: Floats, count: npt.ArrayLike, likeness: float | None = None, most: int = 20_000
) -> DispersionNull:
    """Fit the null to the *upper* half of comparable tenders, where no cartel is.

    For each likeness d0, s0² is set so that the median of the fitted probabilities is ½; the d0 is kept whose
    probabilities above ½ have mean ¾, as uniform ones do. Tenders in the lower tail, those that a cartel may have
    made, move only the median, and towards caution. The fitted d0 is lowered by a fifth: a d0 too high would make the
    tail too thin, and an estimate errs to either side.

    Args:
        variance: sample variances of log prices.
        count: bids of each.
        likeness: d0, where it is known; then only s0² is fitted.
        most: tenders that d0 is fitted to.

    Raises:
        ValueError: fewer than 10 tenders with a positive variance.
    """
    n = np.asarray(count, dtype=np.float64)
    kept = np.isfinite(variance) & (variance > 0) & (n >= 3)
    if kept.sum() < 10:
        raise ValueError(f"{int(kept.sum())} comparable tenders: a null model needs at least 10")
    s2, df = variance[kept], n[kept] - 1
    if likeness is None:
        # Some thousand tenders, evenly spaced, say as much of d0 as a million.
        part = np.unique(np.linspace(0, len(s2) - 1, min(len(s2), most)).astype(np.int64))
        likeness = 0.8 * float(_LIKENESS[int(np.argmin(_misses(s2[part], df[part])))])
    return DispersionNull(float(np.median(s2 / _median_ratio(df, likeness))), likeness)


def _misses(s2: Floats, df: Floats) -> list[float]:
    """For each likeness, how far the mean of the probabilities above ½ is from ¾."""
    values, place = np.unique(df, return_inverse=True)
    middle = scipy.special.fdtri(values, _LIKENESS[:, None], 0.5)[:, place]
    scaled = s2 / np.median(s2 / middle, axis=1, keepdims=True)
    misses = []
    for d0, ratio, half in zip(_LIKENESS, scaled, middle, strict=True):
        # Above ½ lies what is above the median; the others need no distribution function, which costs most.
        above = ratio > half * (1 - 1e-9)
        upper = scipy.special.fdtr(df[above], d0, ratio[above])
        upper = upper[upper > 0.5]
        misses.append(abs(float(upper.mean()) - 0.75) if len(upper) else np.inf)
    return misses


def _median_ratio(df: Floats, likeness: float) -> Floats:
    """The median of F(df, likeness) for each df; few values of df differ."""
    values, place = np.unique(df, return_inverse=True)
    return np.asarray(scipy.special.fdtri(values, likeness, 0.5)[place], dtype=np.float64)


def dispersion_p_values(variance: Floats, count: npt.ArrayLike, stratum: npt.ArrayLike, fewest: int = 30) -> Floats:
    """The p-value of each tender's too small dispersion against the others of its comparison group.

    Args:
        variance: sample variance of the log prices of each tender.
        count: its bids; tenders with fewer than 3 are not judgeable (NaN).
        stratum: its comparison group; groups of fewer than `fewest` tenders are not judgeable (NaN).
        fewest: tenders that a comparison group needs.
    """
    n = np.asarray(count)
    p = np.full(len(n), np.nan)
    able = np.flatnonzero((n >= 3) & np.isfinite(variance))
    _, group = np.unique(np.asarray(stratum)[able], return_inverse=True)
    parts = np.split(able[np.argsort(group, kind="stable")], np.cumsum(np.bincount(group))[:-1])
    groups = [rows for rows in parts if len(rows) >= fewest and (variance[rows] > 0).sum() >= 10]
    if not groups:
        return p
    # How alike the tenders of a group are is estimated over all groups: small ones cannot tell it by themselves.
    # For the scale of each group a rough likeness does: its own is not kept.
    alike = [variance[rows] / fit_null(variance[rows], n[rows], most=_ROUGHLY).variance for rows in groups]
    likeness = fit_null(np.concatenate(alike), n[np.concatenate(groups)]).likeness
    for rows in groups:
        p[rows] = fit_null(variance[rows], n[rows], likeness).p_value(variance[rows], n[rows])
    return p

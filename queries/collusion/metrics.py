"""Figures of merit, each with what chance does to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata
from sklearn.metrics import balanced_accuracy_score

from queries.statistics.tenders import Floats

Metric = Callable[[Floats, Floats], float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % bootstrap interval; the interval is NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


def roc_auc(label: Floats, score: Floats) -> float:
    """Chance that a collusive tender is ranked above an honest one (ties count half)."""
    positive = label == 1
    n = int(positive.sum())
    above = rankdata(score)[positive].sum() - n * (n + 1) / 2
    return float(above / (n * (len(label) - n)))


def pr_auc(label: Floats, score: Floats) -> float:
    """Average precision: Σ (R(k) - R(k-1)) P(k) over the distinct scores; a random ranking has the collusive share."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    found = np.cumsum(label[order])[last]
    return float(np.sum(np.diff(found, prepend=0.0) * found / (last + 1)) / found[-1])


def balanced_accuracy(label: Floats, flag: Floats) -> float:
    """Mean of the shares of collusive and of honest tenders that are told rightly."""
    return float(balanced_accuracy_score(label, flag))


def bins(count: int) -> int:
    """Bins for a calibration error: at least 20 tenders each, at most 10."""
    return int(np.clip(count // 20, 2, 10))


def calibration_error(label: Floats, probability: Floats) -> float:
    """Expected calibration error over bins of equal mass: mean |share of collusive - mean probability|."""
    order = np.argsort(probability, kind="stable")
    parts = np.array_split(order, bins(len(label)))
    return float(sum(len(p) * abs(label[p].mean() - probability[p].mean()) for p in parts) / len(label))


def calibration_by_chance(probability: Floats, draws: int = 2_000, seed: int = 0) -> float:
    """The calibration error that perfectly calibrated probabilities would show with so few tenders, on average."""
    rng = np.random.default_rng(seed)
    order = np.argsort(probability, kind="stable")
    p = probability[order]
    label = (rng.random((draws, len(p))) < p).astype(np.float64)
    parts = np.array_split(np.arange(len(p)), bins(len(p)))
    errors = sum(len(part) * np.abs(label[:, part].mean(axis=1) - p[part].mean()) for part in parts) / len(p)
    return float(np.mean(errors))


def bootstrap(metric: Metric, label: Floats, score: Floats, draws: int = 1_000, seed: int = 0) -> Estimate:
    """The figure with the 2.5 and 97.5 % quantiles over resampled tenders; resamples of one label are left out."""
    rng = np.random.default_rng(seed)
    resamples = rng.integers(len(label), size=(draws, len(label)))
    both = resamples[(label[resamples].mean(axis=1) % 1) > 0]
    values = [metric(label[chosen], score[chosen]) for chosen in both]
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(metric(label, score), float(low), float(high))


def population_stability(expected: Floats, actual: Floats, bins: int = 10) -> float:
    """Population stability index Σ (a - e) ln(a / e) over the deciles of `expected`, less what sampling alone gives.

    The expectation of the index under no change is about (bins - 1) (1/n + 1/m). Below 0.1 stable, above 0.25
    another population (Siddiqi 2006, Credit Risk Scorecards). NaN-free input; ties collapse bins.
    """
    edges = np.unique(np.quantile(expected, np.linspace(0, 1, bins + 1)[1:-1]))
    e = np.bincount(np.searchsorted(edges, expected, side="right"), minlength=len(edges) + 1) / len(expected)
    a = np.bincount(np.searchsorted(edges, actual, side="right"), minlength=len(edges) + 1) / len(actual)
    e, a = np.clip(e, 5e-4, None), np.clip(a, 5e-4, None)
    index = float(np.sum((a - e) * np.log(a / e)))
    return max(0.0, index - len(edges) * (1 / len(expected) + 1 / len(actual)))


def flags(probability: Floats, base: npt.ArrayLike) -> Floats:
    """1 where the calibrated probability is above the share of collusive tenders in training."""
    return (probability >= np.asarray(base)).astype(np.float64)

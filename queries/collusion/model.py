"""The model: three learners that read the tender differently, their log-odds weighted and calibrated.

- `record`, a logistic regression on rank-normal prices and history: few parameters, best where labels are few;
- `trees`, extremely randomised trees on prices, structure, habits, position and ring;
- `boosting`, gradient boosting on the same, three seeds: best where labels are many.

Without history (`Scope.STRUCTURE`) the two tree learners remain, on prices, structure and habits; with
`Scope.SCREENS` they read prices alone, which is what carries over to a market in which no firm is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import norm

from queries.collusion import features, habits
from queries.collusion.features import Labelled, Map, Tenders
from queries.collusion.forest import Forest
from queries.collusion.ring import Ring
from queries.statistics.tenders import Floats

Rows = npt.NDArray[np.int64]
_LEAST = 0.003
"""No probability is believed to be nearer to 0 or 1 than this."""


class Scope(StrEnum):
    """What the model may know."""

    SCREENS = "screens"
    STRUCTURE = "structure"
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Linear:
    """Logistic regression on features brought to normal scores by the training quantiles."""

    quantiles: Floats
    weight: Floats
    intercept: float

    def terms(self, x: Floats) -> Floats:
        """What each feature adds to the log-odds, shape (rows, features)."""
        grid = np.linspace(0.0, 1.0, len(self.quantiles))
        # Ties share the middle of their ranks: the mean of interpolating from below and from above.
        ranks = np.column_stack(
            [
                (np.interp(column, q, grid) + 1.0 - np.interp(-column, -q[::-1], grid)) / 2.0
                for column, q in zip(x.T, self.quantiles.T, strict=True)
            ]
        )
        return np.asarray(norm.ppf(np.clip(ranks, 1e-4, 1 - 1e-4)) * self.weight, dtype=np.float64)

    def score(self, x: Floats) -> Floats:
        """Log-odds."""
        return np.asarray(self.terms(x).sum(axis=1) + self.intercept, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model. Feature blocks are read in the order of `names`.

    `weights` has one weight a learner (trees, boosting, record), which calibrates as well: their sum is the slope.
    """

    scope: Scope
    names: dict[str, list[str]]
    medians: dict[str, Floats]
    record: Linear | None
    trees: Forest
    boosting: Forest
    map: Map | None
    known: Labelled | None
    ring: Ring | None
    base: float
    weights: Floats

    def probability(self, blocks: Mapping[str, Floats]) -> Floats:
        """Calibrated probability that each tender is collusive."""
        return self.calibrated(self.odds(blocks))

    def calibrated(self, odds: Floats) -> Floats:
        """Probabilities of the learners' log-odds, shape (rows, learners)."""
        prior = logit(self.base)
        return np.asarray(expit(prior + (odds - prior) @ self.weights), dtype=np.float64)

    def blocks(self, tenders: Tenders, rows: Rows | None = None) -> dict[str, Floats]:
        """The features of tenders that are not in the training set."""
        at = np.arange(len(tenders)) if rows is None else rows
        raw = raw_blocks(tenders, self.scope, self.map)
        chosen = {name: table.iloc[at] for name, table in raw.items()}
        if self.known is not None:
            chosen["history"] = features.history(tenders, at, self.known)
        if self.ring is not None:
            chosen["ring"] = self.ring.meetings(tenders, at)
        return {name: filled(table, self.medians[name]) for name, table in chosen.items()}

    def score(self, tenders: Tenders, rows: Rows | None = None) -> pd.Series:
        """Probability of each tender, by tender."""
        at = np.arange(len(tenders)) if rows is None else rows
        return pd.Series(
            self.probability(self.blocks(tenders, at)), index=pd.Index(tenders.bids.tenders[at], name="tender")
        )

    def contributions(self, blocks: Mapping[str, Floats]) -> pd.DataFrame:
        """What each feature adds to the calibrated log-odds, against an average tender; rows as in the blocks."""
        parts: list[pd.DataFrame] = []
        added, start = self.trees.contributions(stack(blocks, TREES[self.scope]))
        # The trees add probabilities; the slope of the log-odds over the tender's way makes them comparable.
        end = np.clip(added.sum(axis=1) + start, _LEAST, 1 - _LEAST)
        way = end - start
        slope = np.where(np.abs(way) > 1e-9, (logit(end) - logit(np.clip(start, _LEAST, 1 - _LEAST))) / way, 4.0)
        parts.append(
            pd.DataFrame(added * slope[:, None] * self.weights[0], columns=_columns(self.names, TREES[self.scope]))
        )
        grown, _ = self.boosting.contributions(stack(blocks, BOOSTING[self.scope]))
        parts.append(pd.DataFrame(grown * self.weights[1], columns=_columns(self.names, BOOSTING[self.scope])))
        if self.record is not None:
            terms = self.record.terms(stack(blocks, RECORD))
            parts.append(pd.DataFrame(terms * self.weights[2], columns=_columns(self.names, RECORD)))
        joined = pd.concat(parts, axis=1)
        return joined.T.groupby(level=0, sort=False).sum().T

    def odds(self, blocks: Mapping[str, Floats]) -> Floats:
        """Log-odds of each learner, shape (rows, learners)."""
        trees = self.trees.score(stack(blocks, TREES[self.scope]))
        columns = [
            logit(np.clip(trees, _LEAST, 1 - _LEAST)),
            bounded(self.boosting.score(stack(blocks, BOOSTING[self.scope]))),
        ]
        if self.record is not None:
            columns.append(bounded(self.record.score(stack(blocks, RECORD))))
        return np.column_stack(columns)


TREES = {
    Scope.SCREENS: ("prices",),
    Scope.STRUCTURE: ("prices", "structure", "habits"),
    Scope.HISTORY: ("prices", "structure", "habits", "position", "ring"),
}
BOOSTING = TREES
RECORD = ("prices", "history")
LEARNERS = {Scope.SCREENS: 2, Scope.STRUCTURE: 2, Scope.HISTORY: 3}
"""How many learners there are: without history no record."""


def raw_blocks(tenders: Tenders, scope: Scope, chart: Map | None) -> dict[str, pd.DataFrame]:
    """Every block of features that reads no label, for all tenders, NaN where not judgeable."""
    blocks = {"prices": tenders.prices}
    if scope is not Scope.SCREENS:
        blocks["structure"] = features.structure(tenders)
        blocks["habits"] = habits.habits(tenders)
    if scope is Scope.HISTORY and chart is not None:
        place = chart.place(tenders.bids)
        blocks["position"] = pd.DataFrame(place, columns=[f"position_{n}" for n in range(1, place.shape[1] + 1)])
    return blocks


def filled(table: pd.DataFrame, medians: Floats) -> Floats:
    """Values with the training median where missing, at the precision in which the trees compare."""
    values = table.to_numpy(np.float64)
    return np.where(np.isfinite(values), values, medians).astype(np.float32).astype(np.float64)


def stack(blocks: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    """The blocks of those names side by side."""
    return np.hstack([blocks[name] for name in names])


def _columns(names: Mapping[str, list[str]], blocks: tuple[str, ...]) -> list[str]:
    return [column for block in blocks for column in names[block]]


def bounded(odds: Floats) -> Floats:
    """Log-odds that no learner may exceed."""
    bound = float(logit(1 - _LEAST))
    return np.clip(odds, -bound, bound)


def as_arrays(model: Model) -> dict[str, npt.NDArray[Any]]:
    """Every array of the model by name, as it is stored."""
    arrays: dict[str, npt.NDArray[Any]] = {f"median_{name}": values for name, values in model.medians.items()}
    arrays |= model.trees.arrays("trees_") | model.boosting.arrays("boosting_")
    arrays["scalars"] = np.array([model.base])
    arrays["weights"] = model.weights
    if model.record is not None:
        arrays |= {"record_quantiles": model.record.quantiles, "record_weight": model.record.weight}
        arrays["record_intercept"] = np.array([model.record.intercept])
    if model.map is not None:
        arrays |= {"map_bidders": model.map.bidders, "map_rarity": model.map.rarity, "map_loading": model.map.loading}
    if model.known is not None:
        known = model.known
        arrays |= {"known_bidders": known.bidders, "known_lowest": known.lowest, "known_label": known.label}
        arrays |= {"known_indptr": known.matrix.indptr, "known_indices": known.matrix.indices}
    if model.ring is not None:
        arrays |= {"ring_bidders": model.ring.bidders, "ring_odds": model.ring.odds}
    return arrays

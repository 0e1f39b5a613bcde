"""The model: three learners that read the tender differently, averaged in log-odds and calibrated.

- `record`, a logistic regression on rank-normal prices and history: few parameters, best where labels are few;
- `trees`, extremely randomised trees on prices and structure;
- `boosting`, gradient boosting on prices, structure and position, three seeds: best where labels are many.

Without history (`Scope.STRUCTURE`) the two tree learners remain, on prices and structure; with `Scope.SCREENS` they
read prices alone, which is what carries over to a market in which no firm is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit
from scipy.stats import norm
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from queries.collusion import features
from queries.collusion.features import Labelled, Map, Tenders
from queries.collusion.forest import Forest, from_boosting, from_extra_trees
from queries.statistics.prices import Floats

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
    """A fitted model. Feature blocks are read in the order of `names`."""

    scope: Scope
    names: dict[str, list[str]]
    medians: dict[str, Floats]
    record: Linear | None
    trees: Forest
    boosting: Forest
    map: Map | None
    known: Labelled | None
    base: float
    temperature: float

    def probability(self, blocks: Mapping[str, Floats]) -> Floats:
        """Calibrated probability that each tender is collusive."""
        return np.asarray(expit(self._calibrated(self._members(blocks).mean(axis=1))), dtype=np.float64)

    def blocks(self, tenders: Tenders, rows: Rows | None = None) -> dict[str, Floats]:
        """The features of tenders that are not in the training set."""
        at = np.arange(len(tenders)) if rows is None else rows
        raw = raw_blocks(tenders, self.scope, self.map)
        chosen = {name: table.iloc[at] for name, table in raw.items()}
        if self.known is not None:
            chosen["history"] = features.history(tenders, at, self.known)
        return {name: _filled(table, self.medians[name]) for name, table in chosen.items()}

    def score(self, tenders: Tenders, rows: Rows | None = None) -> pd.Series:
        """Probability of each tender, by tender."""
        at = np.arange(len(tenders)) if rows is None else rows
        return pd.Series(
            self.probability(self.blocks(tenders, at)), index=pd.Index(tenders.bids.tenders[at], name="tender")
        )

    def contributions(self, blocks: Mapping[str, Floats]) -> pd.DataFrame:
        """What each feature adds to the calibrated log-odds, against an average tender; rows as in the blocks."""
        parts: list[pd.DataFrame] = []
        members = 2 if self.record is None else 3
        scale = self.temperature / members
        added, start = self.trees.contributions(_stack(blocks, TREES[self.scope]))
        # The trees add probabilities; the slope of the log-odds over the tender's way makes them comparable.
        end = np.clip(added.sum(axis=1) + start, _LEAST, 1 - _LEAST)
        way = end - start
        slope = np.where(np.abs(way) > 1e-9, (logit(end) - logit(np.clip(start, _LEAST, 1 - _LEAST))) / way, 4.0)
        parts.append(pd.DataFrame(added * slope[:, None] * scale, columns=_columns(self.names, TREES[self.scope])))
        grown, _ = self.boosting.contributions(_stack(blocks, BOOSTING[self.scope]))
        parts.append(pd.DataFrame(grown * scale, columns=_columns(self.names, BOOSTING[self.scope])))
        if self.record is not None:
            terms = self.record.terms(_stack(blocks, RECORD))
            parts.append(pd.DataFrame(terms * scale, columns=_columns(self.names, RECORD)))
        joined = pd.concat(parts, axis=1)
        return joined.T.groupby(level=0, sort=False).sum().T

    def _members(self, blocks: Mapping[str, Floats]) -> Floats:
        """Log-odds of each learner, shape (rows, learners)."""
        trees = self.trees.score(_stack(blocks, TREES[self.scope]))
        columns = [
            logit(np.clip(trees, _LEAST, 1 - _LEAST)),
            _bounded(self.boosting.score(_stack(blocks, BOOSTING[self.scope]))),
        ]
        if self.record is not None:
            columns.append(_bounded(self.record.score(_stack(blocks, RECORD))))
        return np.column_stack(columns)

    def _calibrated(self, odds: Floats) -> Floats:
        prior = logit(self.base)
        return np.asarray(prior + self.temperature * (odds - prior), dtype=np.float64)


TREES = {
    Scope.SCREENS: ("prices",),
    Scope.STRUCTURE: ("prices", "structure"),
    Scope.HISTORY: ("prices", "structure"),
}
BOOSTING = {
    Scope.SCREENS: ("prices",),
    Scope.STRUCTURE: ("prices", "structure"),
    Scope.HISTORY: ("prices", "structure", "position"),
}
RECORD = ("prices", "history")


def raw_blocks(tenders: Tenders, scope: Scope, chart: Map | None) -> dict[str, pd.DataFrame]:
    """Every block of features but the history, for all tenders, NaN where not judgeable."""
    blocks = {"prices": tenders.prices}
    if scope is not Scope.SCREENS:
        blocks["structure"] = features.structure(tenders)
    if scope is Scope.HISTORY and chart is not None:
        place = chart.place(tenders.bids)
        blocks["position"] = pd.DataFrame(place, columns=[f"position_{n}" for n in range(1, place.shape[1] + 1)])
    return blocks


def fit(
    tenders: Tenders,
    label: Floats,
    rows: Rows,
    scope: Scope,
    *,
    seed: int = 0,
    calibrate: bool = True,
    raw: Mapping[str, pd.DataFrame] | None = None,
    chart: Map | None = None,
) -> Model:
    """Train on the tenders `rows`; the others lend their bids to the network, never their labels.

    The history of a training tender is read from the nine tenths of the training tenders that it is not in, as the
    history of a new tender is read from tenders that it is not in. The calibration is Platt's with the prior held
    fixed (one slope about the base rate), estimated on predictions of five inner folds.

    Args:
        tenders: labelled and unlabelled tenders.
        label: 1 collusive, 0 honest, of all tenders; only those of `rows` are read.
        rows: positions of the training tenders.
        scope: what the model may know.
        seed: of the learners and folds.
        calibrate: estimate the slope; without it the slope is 1.
        raw, chart: blocks and map, where the caller has them already.

    Raises:
        ValueError: fewer than 10 tenders of either label.
    """
    y = label[rows]
    if min(y.sum(), (1 - y).sum()) < 10:
        raise ValueError(f"{int(y.sum())} collusive of {len(y)} labelled tenders: training needs 10 of either kind")
    if scope is Scope.HISTORY and chart is None:
        chart = features.chart(tenders.bids)
    raw = raw_blocks(tenders, scope, chart) if raw is None else raw
    tables = {name: table.iloc[rows] for name, table in raw.items()}
    known = features.labelled(tenders, label, rows) if scope is Scope.HISTORY else None
    if known is not None:
        tables["history"] = _crossed_history(tenders, rows, known, seed)
    medians = {name: np.nan_to_num(np.nanmedian(t.to_numpy(np.float64), axis=0)) for name, t in tables.items()}
    blocks = {name: _filled(table, medians[name]) for name, table in tables.items()}
    base = float(y.mean())
    model = Model(
        scope=scope,
        names={name: [str(column) for column in table.columns] for name, table in tables.items()},
        medians=medians,
        record=_fit_linear(_stack(blocks, RECORD), y) if known is not None else None,
        trees=_fit_trees(_stack(blocks, TREES[scope]), y, seed),
        boosting=_fit_boosting(_stack(blocks, BOOSTING[scope]), y, seed),
        map=chart,
        known=known,
        base=base,
        temperature=1.0,
    )
    if not calibrate:
        return model
    odds = np.zeros(len(rows))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(rows, y):
        inner = fit(tenders, label, rows[train], scope, seed=seed, calibrate=False, raw=raw, chart=chart)
        held = {name: _filled(table.iloc[rows[test]], inner.medians[name]) for name, table in raw.items()}
        if inner.known is not None:
            held["history"] = _filled(features.history(tenders, rows[test], inner.known), inner.medians["history"])
        odds[test] = inner._members(held).mean(axis=1)
    return _with_temperature(model, odds, y)


def _with_temperature(model: Model, odds: Floats, y: Floats) -> Model:
    """The model with the slope that gives the held-out predictions the highest likelihood."""
    prior = logit(model.base)

    def loss(slope: float) -> float:
        z = prior + slope * (odds - prior)
        return float(np.logaddexp(0.0, z).sum() - (y * z).sum())

    slope = float(minimize_scalar(loss, bounds=(0.2, 3.0), method="bounded").x)
    fields = {name: getattr(model, name) for name in Model.__dataclass_fields__}
    return Model(**{**fields, "temperature": round(slope, 6)})


def _crossed_history(tenders: Tenders, rows: Rows, known: Labelled, seed: int) -> pd.DataFrame:
    parts = []
    folds = StratifiedKFold(10, shuffle=True, random_state=seed)
    for _, test in folds.split(rows, known.label):
        own = np.zeros(len(rows), dtype=bool)
        own[test] = True
        parts.append(features.history(tenders, rows[test], known.without(own)).set_axis(test))
    return pd.concat(parts).sort_index()


def _fit_linear(x: Floats, y: Floats) -> Linear:
    grid = np.linspace(0.0, 1.0, min(100, len(x)))
    start = Linear(np.quantile(x, grid, axis=0), np.ones(x.shape[1]), 0.0)
    fitted = LogisticRegression(C=0.03, max_iter=5000).fit(start.terms(x), y)
    return Linear(start.quantiles, fitted.coef_[0].astype(np.float64), float(fitted.intercept_[0]))


def _fit_trees(x: Floats, y: Floats, seed: int) -> Forest:
    grown = ExtraTreesClassifier(300, min_samples_leaf=2, max_features=0.4, random_state=seed, n_jobs=1)
    return from_extra_trees(grown.fit(x, y))


def _fit_boosting(x: Floats, y: Floats, seed: int) -> Forest:
    return from_boosting(
        [
            HistGradientBoostingClassifier(
                max_iter=200,
                learning_rate=0.06,
                max_leaf_nodes=6,
                min_samples_leaf=8,
                l2_regularization=3.0,
                max_features=0.3,
                early_stopping=False,
                random_state=100 * seed + n,
            ).fit(x, y)
            for n in range(3)
        ]
    )


def _filled(table: pd.DataFrame, medians: Floats) -> Floats:
    """Values with the training median where missing, at the precision in which the trees compare."""
    values = table.to_numpy(np.float64)
    return np.where(np.isfinite(values), values, medians).astype(np.float32).astype(np.float64)


def _stack(blocks: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    return np.hstack([blocks[name] for name in names])


def _columns(names: Mapping[str, list[str]], blocks: tuple[str, ...]) -> list[str]:
    return [column for block in blocks for column in names[block]]


def _bounded(odds: Floats) -> Floats:
    bound = float(logit(1 - _LEAST))
    return np.clip(odds, -bound, bound)


def as_arrays(model: Model) -> dict[str, npt.NDArray[Any]]:
    """Every array of the model by name, as it is stored."""
    arrays: dict[str, npt.NDArray[Any]] = {f"median_{name}": values for name, values in model.medians.items()}
    arrays |= model.trees.arrays("trees_") | model.boosting.arrays("boosting_")
    arrays["scalars"] = np.array([model.base, model.temperature])
    if model.record is not None:
        arrays |= {"record_quantiles": model.record.quantiles, "record_weight": model.record.weight}
        arrays["record_intercept"] = np.array([model.record.intercept])
    if model.map is not None:
        arrays |= {"map_bidders": model.map.bidders, "map_rarity": model.map.rarity, "map_loading": model.map.loading}
    if model.known is not None:
        known = model.known
        arrays |= {"known_bidders": known.bidders, "known_lowest": known.lowest, "known_label": known.label}
        arrays |= {"known_indptr": known.matrix.indptr, "known_indices": known.matrix.indices}
    return arrays

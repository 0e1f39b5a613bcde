"""Training the model: learners, held-out predictions, their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, logit
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from queries.collusion import features, habits
from queries.collusion.features import Labelled, Map, Tenders
from queries.collusion.forest import Forest, from_boosting, from_extra_trees
from queries.collusion.model import (
    BOOSTING,
    LEARNERS,
    RECORD,
    TREES,
    Linear,
    Model,
    Rows,
    Scope,
    filled,
    raw_blocks,
    stack,
)
from queries.collusion.ring import Ring, infer
from queries.statistics.tenders import Floats

_TOO_FEW = "{collusive} collusive of {tenders} labelled tenders: training needs 10 of either kind"


def fit(
    tenders: Tenders,
    label: Floats,
    rows: Rows,
    scope: Scope,
    *,
    seed: int = 0,
    odds: Floats | None = None,
    calibrate: bool = True,
    raw: Mapping[str, pd.DataFrame] | None = None,
    chart: Map | None = None,
) -> Model:
    """Train on the tenders `rows`; the others lend their bids to the network, never their labels.

    The history of a training tender is read from the nine tenths of the training tenders that it is not in, as the
    history of a new tender is read from tenders that it is not in. So is the ring. The learners' weights,
    which calibrate as well, are estimated on predictions of five inner folds with the prior held fixed.

    Args:
        tenders: labelled and unlabelled tenders.
        label: 1 collusive, 0 honest, of all tenders; only those of `rows` are read.
        rows: positions of the training tenders.
        scope: what the model may know.
        seed: of the learners and folds.
        odds: the learners' held-out log-odds of the training tenders, as `held_out_odds` gives them; made where
            missing.
        calibrate: estimate the weights; without it the learners weigh the same.
        raw, chart: blocks and map, where the caller has them already.

    Raises:
        ValueError: fewer than 10 tenders of either label.
    """
    y = label[rows]
    if min(y.sum(), (1 - y).sum()) < 10:
        raise ValueError(_TOO_FEW.format(collusive=int(y.sum()), tenders=len(y)))
    if scope is Scope.HISTORY and chart is None:
        chart = features.chart(tenders.bids)
    raw = raw_blocks(tenders, scope, chart) if raw is None else raw
    tables = {name: table.iloc[rows] for name, table in raw.items()}
    known: Labelled | None = None
    ring: Ring | None = None
    if scope is Scope.HISTORY and chart is not None:
        traits = habits.traits(tenders, chart)
        known, ring = features.labelled(tenders, label, rows), infer(tenders, label, rows, traits)
        tables |= _crossed(tenders, label, rows, known, traits, seed)
    medians = {name: np.nan_to_num(np.nanmedian(t.to_numpy(np.float64), axis=0)) for name, t in tables.items()}
    blocks = {name: filled(table, medians[name]) for name, table in tables.items()}
    base = float(y.mean())
    model = Model(
        scope=scope,
        names={name: [str(column) for column in table.columns] for name, table in tables.items()},
        medians=medians,
        record=_fit_linear(stack(blocks, RECORD), y) if known is not None else None,
        trees=_fit_trees(stack(blocks, TREES[scope]), y, seed),
        boosting=_fit_boosting(stack(blocks, BOOSTING[scope]), y, seed),
        map=chart,
        known=known,
        ring=ring,
        base=base,
        weights=np.full(LEARNERS[scope], 1.0 / LEARNERS[scope]),
    )
    if not calibrate:
        return model
    if odds is None:
        odds = held_out_odds(tenders, label, rows, scope, seed=seed, raw=raw, chart=chart)
    return replace(model, weights=_weights(odds, y))


def held_out_odds(
    tenders: Tenders,
    label: Floats,
    rows: Rows,
    scope: Scope,
    *,
    seed: int = 0,
    raw: Mapping[str, pd.DataFrame] | None = None,
    chart: Map | None = None,
) -> Floats:
    """The learners' log-odds of the training tenders, each from a model of the other folds; arguments as in `fit`.

    Returns:
        Shape (rows, learners).
    """
    if scope is Scope.HISTORY and chart is None:
        chart = features.chart(tenders.bids)
    raw = raw_blocks(tenders, scope, chart) if raw is None else raw
    if min(label[rows].sum(), (1 - label[rows]).sum()) < 10:
        raise ValueError(_TOO_FEW.format(collusive=int(label[rows].sum()), tenders=len(rows)))
    odds = np.zeros((len(rows), LEARNERS[scope]))
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(rows, label[rows]):
        inner = fit(tenders, label, rows[train], scope, seed=seed, calibrate=False, raw=raw, chart=chart)
        held = {name: filled(table.iloc[rows[test]], inner.medians[name]) for name, table in raw.items()}
        if inner.known is not None:
            held["history"] = filled(features.history(tenders, rows[test], inner.known), inner.medians["history"])
        if inner.ring is not None:
            held["ring"] = filled(inner.ring.meetings(tenders, rows[test]), inner.medians["ring"])
        odds[test] = inner.odds(held)
    return odds


_MOST = 1.5
"""No learner weighs more: held-out predictions of few tenders may be without any error, which would have no bound."""


_PRICE_OF_TREES = 10.0
"""Penalty on the squared weights of the tree learners where the record stands beside them: they have to earn their
weight, which some hundred labels allow and some dozen do not."""


def _weights(odds: Floats, y: Floats) -> Floats:
    """The weights, none negative, that give the held-out predictions the highest penalised likelihood.

    The log-odds are those of the base rate plus the weighted distances of the learners from it: Platt's scaling with
    the prior held fixed, stacked over the learners.
    """
    prior = logit(y.mean())
    distance = odds - prior
    count = odds.shape[1]
    price = np.where(np.arange(count) < 2, _PRICE_OF_TREES, 0.0) if count == 3 else np.zeros(count)

    def loss(weights: Floats) -> tuple[float, Floats]:
        z = prior + distance @ weights
        value = np.logaddexp(0.0, z).sum() - (y * z).sum() + price @ weights**2
        return float(value), np.asarray(distance.T @ (expit(z) - y) + 2 * price * weights)

    found = minimize(loss, np.full(count, 1.0 / count), jac=True, method="L-BFGS-B", bounds=[(0.0, _MOST)] * count).x
    return np.asarray(np.round(found, 6), dtype=np.float64)


def _crossed(
    tenders: Tenders, label: Floats, rows: Rows, known: Labelled, traits: Floats, seed: int
) -> dict[str, pd.DataFrame]:
    """History and ring of the training tenders, each tenth as the other nine tenths tell them."""
    history, ring = [], []
    folds = StratifiedKFold(10, shuffle=True, random_state=seed)
    for others, test in folds.split(rows, known.label):
        own = np.zeros(len(rows), dtype=bool)
        own[test] = True
        history.append(features.history(tenders, rows[test], known.without(own)).set_axis(test))
        ring.append(infer(tenders, label, rows[others], traits).meetings(tenders, rows[test]).set_axis(test))
    return {"history": pd.concat(history).sort_index(), "ring": pd.concat(ring).sort_index()}


def _fit_linear(x: Floats, y: Floats) -> Linear:
    grid = np.linspace(0.0, 1.0, min(100, len(x)))
    start = Linear(np.quantile(x, grid, axis=0), np.ones(x.shape[1]), 0.0)
    fitted = LogisticRegression(C=0.03, max_iter=5000).fit(start.terms(x), y)
    return Linear(start.quantiles, fitted.coef_[0].astype(np.float64), float(fitted.intercept_[0]))


def _fit_trees(x: Floats, y: Floats, seed: int) -> Forest:
    grown = ExtraTreesClassifier(300, min_samples_leaf=2, max_features=0.4, random_state=seed, n_jobs=1)
    return from_extra_trees(grown.fit(x, y))


def _fit_boosting(x: Floats, y: Floats, seed: int) -> Forest:
    # Some hundred rows are no work for several threads, which would only wait for each other.
    with threadpool_limits(limits=1):
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

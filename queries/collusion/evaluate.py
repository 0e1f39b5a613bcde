"""Evaluation that cannot fool itself: labels of tenders, splits by tender, nothing read that leaks the label.

The baselines stand beside the model on the same splits: minus the coefficient of variation (no training), trees on
the published screens, and the neighbours' vote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import StratifiedKFold

from queries.collusion import features, metrics
from queries.collusion.datasets import Dataset
from queries.collusion.features import Tenders
from queries.collusion.learning import fit
from queries.collusion.metrics import Estimate, bootstrap, pr_auc, roc_auc
from queries.collusion.model import Rows, Scope
from queries.statistics.communities import cohesive_groups
from queries.statistics.incidence import co_bids
from queries.statistics.prices import SCREENS
from queries.statistics.tenders import Floats

SEEDS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell of the evaluation: which data, which method, which labels it used, which metric."""

    data: str
    method: str
    labels: str
    metric: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dataset read for the model: tenders in order, and their labels."""

    data: Dataset
    tenders: Tenders
    label: Floats


def prepare(data: Dataset) -> Prepared:
    """Features and labels of a dataset, in the order of its tenders."""
    tenders = features.read(data.bids)
    return Prepared(data, tenders, data.label.loc[tenders.bids.tenders].to_numpy(np.float64))


def unsupervised(data: Prepared) -> Iterator[Figure]:
    """Rankings that need no label: minus the coefficient of variation, minus the spread."""
    for screen in ("cv", "spread"):
        score = -data.tenders.prices[screen].fillna(data.tenders.prices[screen].max()).to_numpy()
        for name, metric in (("ROC-AUC", roc_auc), ("PR-AUC", pr_auc)):
            yield Figure(data.data.name, f"minus {screen}", "none", name, bootstrap(metric, data.label, score))


def crossed(data: Prepared, scope: Scope, seeds: tuple[int, ...] = SEEDS) -> Iterator[Figure]:
    """The model and the baselines by 5 folds of tenders, for each seed; figures averaged over the seeds.

    The interval is that of the predictions averaged over the seeds. `ROC-AUC, mean of folds` is the figure that most
    papers give, `ROC-AUC` that of all held-out predictions in one ranking, which is harder: five models with five
    scales are compared. `ROC-AUC, ranks in folds` ranks each fold's tenders among themselves before they are pooled.
    """
    y, rows = data.label, np.arange(len(data.label))
    methods: dict[str, tuple[str, Callable[[Rows, Rows, int], tuple[Floats, float]]]] = {
        "trees on published screens (baseline)": ("training tenders", lambda a, b, s: _baseline(data, a, b, s)),
        "vote of the neighbours (baseline)": ("training tenders", lambda a, b, s: _vote(data, a, b)),
        "model": ("training tenders", lambda a, b, s: _model(data, scope, a, b, s)),
    }
    for method, (labels, predict) in methods.items():
        held, rank, per_fold, accuracy = np.zeros((len(seeds), len(y))), np.zeros((len(seeds), len(y))), [], []
        for n, seed in enumerate(seeds):
            flag = np.zeros(len(y))
            for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(rows, y):
                held[n, test], base = predict(train, test, seed)
                rank[n, test] = rankdata(held[n, test]) / len(test)
                per_fold.append(roc_auc(y[test], held[n, test]))
                flag[test] = metrics.flags(held[n, test], base)
            accuracy.append(metrics.balanced_accuracy(y, flag))
        for name, metric in (("ROC-AUC", roc_auc), ("PR-AUC", pr_auc)):
            interval = bootstrap(metric, y, held.mean(axis=0))
            value = float(np.mean([metric(y, scores) for scores in held]))
            yield Figure(data.data.name, method, labels, name, Estimate(value, interval.low, interval.high))
        interval = bootstrap(roc_auc, y, rank.mean(axis=0))
        value = float(np.mean([roc_auc(y, scores) for scores in rank]))
        yield Figure(
            data.data.name, method, labels, "ROC-AUC, ranks in folds", Estimate(value, interval.low, interval.high)
        )
        yield Figure(data.data.name, method, labels, "ROC-AUC, mean of folds", Estimate(float(np.mean(per_fold))))
        yield Figure(data.data.name, method, labels, "balanced accuracy", Estimate(float(np.mean(accuracy))))
        if method == "model":
            yield from calibration(data.data.name, method, labels, y, held.mean(axis=0))


def held_out_third(data: Prepared, scope: Scope, seed: int = 0) -> Iterator[Figure]:
    """The model on one third of the tenders, trained on the others: the quick check of the built-in set."""
    y, rows = data.label, np.arange(len(data.label))
    train, test = next(StratifiedKFold(3, shuffle=True, random_state=seed).split(rows, y))
    score, base = _model(data, scope, train, test, seed)
    method, labels = "model", "training tenders"
    for name, metric in (("ROC-AUC", roc_auc), ("PR-AUC", pr_auc)):
        yield Figure(data.data.name, method, labels, name, bootstrap(metric, y[test], score))
    accuracy = metrics.balanced_accuracy(y[test], metrics.flags(score, base))
    yield Figure(data.data.name, method, labels, "balanced accuracy", Estimate(accuracy))
    yield from calibration(data.data.name, method, labels, y[test], score)


def calibration(data: str, method: str, labels: str, y: Floats, probability: Floats) -> Iterator[Figure]:
    """The calibration error, and what chance alone makes of it with so few tenders."""
    yield Figure(data, method, labels, "calibration error", Estimate(metrics.calibration_error(y, probability)))
    chance = metrics.calibration_by_chance(probability)
    yield Figure(data, method, labels, "calibration error by chance alone", Estimate(chance))


def published_split(data: Prepared, seed: int = 0) -> Iterator[Figure]:
    """Trained on the published training tenders, measured once on the validation tenders, whole and by group."""
    assert data.data.train is not None
    assert data.data.validation is not None
    assert data.data.group is not None
    order = data.tenders.bids.tenders
    train = np.flatnonzero(np.isin(order, data.data.train))
    test = np.flatnonzero(np.isin(order, data.data.validation))
    group = data.data.group.loc[order[test]].to_numpy()
    y = data.label[test]
    methods = {
        "minus cv (baseline)": ("none", -data.tenders.prices["cv"].to_numpy()[test]),
        "trees on published screens (baseline)": ("training tenders", _baseline(data, train, test, seed)[0]),
        "vote of the neighbours (baseline)": ("training tenders", _vote(data, train, test)[0]),
        "model, prices and co-bidding": ("no neighbour's", _model(data, Scope.STRUCTURE, train, test, seed)[0]),
        "model": ("training tenders", _model(data, Scope.HISTORY, train, test, seed)[0]),
    }
    for method, (labels, score) in methods.items():
        for part, rows in (("", np.full(len(y), True)), (", pre-inspection only", group == "pre-inspection")):
            name = f"{data.data.name}, validation{part}"
            yield Figure(name, method, labels, "PR-AUC", bootstrap(pr_auc, y[rows], score[rows]))
            yield Figure(name, method, labels, "ROC-AUC", bootstrap(roc_auc, y[rows], score[rows]))
        if method.startswith("model"):
            yield from calibration(f"{data.data.name}, validation", method, labels, y, score)


def transfer(source: Prepared, target: Prepared, seed: int = 0) -> Iterator[Figure]:
    """Trained on one country's screens, applied to another without retraining, calibration included."""
    model = fit(source.tenders, source.label, np.arange(len(source.label)), Scope.SCREENS, seed=seed)
    score = model.score(target.tenders).to_numpy()
    name, labels = f"{source.data.name} applied to {target.data.name}", f"{source.data.name} only"
    yield Figure(name, "model, screens only", labels, "ROC-AUC", bootstrap(roc_auc, target.label, score))
    yield Figure(name, "model, screens only", labels, "PR-AUC", bootstrap(pr_auc, target.label, score))
    yield from calibration(name, "model, screens only", labels, target.label, score)


def firms(data: Prepared) -> Iterator[Figure]:
    """Firms ranked without any label: by their community's score, its members by their meetings per partner."""
    assert data.data.bidder_label is not None
    bids = data.tenders.bids
    label = data.data.bidder_label.loc[bids.bidders].to_numpy(np.float64)
    shared = co_bids(bids.matrix)
    meetings = np.asarray(shared.sum(axis=1), dtype=np.float64).ravel()
    partners = meetings / np.maximum(np.diff(shared.indptr), 1)
    groups = cohesive_groups(bids, np.zeros(len(bids.tenders)), copies=19)
    # A firm in no community has label -1, which is the last entry.
    own: Floats = np.append(groups.table["score"].to_numpy(np.float64), 0.0)[groups.label]
    rank = pd.DataFrame({"community": own, "partners": partners})
    order = rank.sort_values(["community", "partners"]).index
    combined = np.empty(len(order))
    combined[order.to_numpy()] = np.arange(len(order))
    for method, score in (
        ("firms by community alone", own),
        ("firms by meetings per partner", partners),
        ("firms by community, then meetings per partner", combined),
    ):
        yield Figure(data.data.name, method, "none", "ROC-AUC", Estimate(roc_auc(label, score)))


def _model(data: Prepared, scope: Scope, train: Rows, test: Rows, seed: int) -> tuple[Floats, float]:
    model = fit(data.tenders, data.label, train, scope, seed=seed)
    return model.score(data.tenders, test).to_numpy(), model.base


def _baseline(data: Prepared, train: Rows, test: Rows, seed: int) -> tuple[Floats, float]:
    table = data.tenders.prices[["n_bids", *SCREENS]]
    x = table.fillna(table.iloc[train].median()).to_numpy()
    trees = ExtraTreesClassifier(300, min_samples_leaf=2, random_state=seed, n_jobs=1)
    score = trees.fit(x[train], data.label[train]).predict_proba(x[test])[:, 1]
    return np.asarray(score, dtype=np.float64), float(data.label[train].mean())


def _vote(data: Prepared, train: Rows, test: Rows) -> tuple[Floats, float]:
    known = features.labelled(data.tenders, data.label, train)
    vote = features.history(data.tenders, test, known)["vote_1"].to_numpy()
    return vote, float(data.label[train].mean())

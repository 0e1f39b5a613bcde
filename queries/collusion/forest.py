"""Trees as plain arrays: scored, explained and stored without the library that grew them, and without pickle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier

from queries.statistics.tenders import Floats

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Forest:
    """Binary trees, their nodes one after another; tree i starts at `root[i]`.

    A node with `left` < 0 is a leaf. `value` is what a node says alone; the forest says `base` + the sum over the
    trees of their leaves' values × `weight`.
    """

    root: Integers
    feature: Integers
    threshold: Floats
    left: Integers
    right: Integers
    value: Floats
    base: float
    weight: float

    def score(self, x: Floats) -> Floats:
        """The forest's output for rows of features, none of them missing."""
        return self._walk(x, None)

    def contributions(self, x: Floats) -> tuple[Floats, Floats]:
        """What each feature adds on the way from root to leaf (Saabas 2014), and the sum at the roots.

        Returns:
            Arrays (rows, features) and (rows,); their sum over features is the score.
        """
        added = np.zeros((len(x), x.shape[1]))
        score = self._walk(x, added)
        return added, score - added.sum(axis=1)

    def _walk(self, x: Floats, added: Floats | None) -> Floats:
        rows = np.arange(len(x))
        total = np.full(len(x), self.base)
        for root in self.root:
            node = np.full(len(x), root)
            moving = rows[self.left[node] >= 0]
            while len(moving):
                at = node[moving]
                go_left = x[moving, self.feature[at]] <= self.threshold[at]
                to = np.where(go_left, self.left[at], self.right[at])
                if added is not None:
                    added[moving, self.feature[at]] += (self.value[to] - self.value[at]) * self.weight
                node[moving] = to
                moving = moving[self.left[to] >= 0]
            total += self.value[node] * self.weight
        return total

    def arrays(self, prefix: str) -> dict[str, npt.NDArray[Any]]:
        """The forest as named arrays, as they are stored."""
        scalars = np.array([self.base, self.weight])
        names = ("root", "feature", "threshold", "left", "right", "value")
        return {f"{prefix}{name}": getattr(self, name) for name in names} | {f"{prefix}scalars": scalars}

    @staticmethod
    def from_arrays(arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> Forest:
        """The forest of stored arrays.

        Raises:
            KeyError: an array is missing.
            ValueError: a node points outside its forest.
        """
        part = {n: arrays[f"{prefix}{n}"] for n in ("root", "feature", "threshold", "left", "right", "value")}
        nodes = len(part["feature"])
        inner = part["left"] >= 0
        points = np.concatenate([part["root"], part["left"][inner], part["right"][inner]])
        # A child always stands after its parent, so that a walk ends.
        ordered = np.all(part["left"][inner] > np.flatnonzero(inner)) and np.all(
            part["right"][inner] > np.flatnonzero(inner)
        )
        if len(points) and (points.min() < 0 or points.max() >= nodes or not ordered):
            raise ValueError("the stored trees are damaged: a node points outside its tree")
        base, weight = arrays[f"{prefix}scalars"]
        return Forest(**part, base=float(base), weight=float(weight))


def from_extra_trees(model: ExtraTreesClassifier) -> Forest:
    """The mean probability of the positive class over the trees."""
    parts = []
    for estimator in model.estimators_:
        tree = estimator.tree_
        votes = tree.value[:, 0, :]
        parts.append(
            (tree.feature, tree.threshold, tree.children_left, tree.children_right, votes[:, 1] / votes.sum(axis=1))
        )
    return _joined(parts, base=0.0, weight=1.0 / len(parts))


def from_boosting(models: Sequence[HistGradientBoostingClassifier]) -> Forest:
    """The mean log-odds over boosted models grown from different seeds."""
    parts = []
    for model in models:
        for (predictor,) in model._predictors:
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            left = np.where(leaf, -1, nodes["left"].astype(np.int64))
            right = np.where(leaf, -1, nodes["right"].astype(np.int64))
            parts.append((nodes["feature_idx"], nodes["num_threshold"], left, right, nodes["value"]))
    base = float(np.mean([model._baseline_prediction.ravel()[0] for model in models]))
    return _joined(parts, base=base, weight=1.0 / len(models))


def _joined(parts: Sequence[tuple[Any, ...]], base: float, weight: float) -> Forest:
    """Trees put one after another, their pointers moved along."""
    sizes = np.array([len(part[0]) for part in parts], dtype=np.int64)
    root = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)

    def moved(n: int) -> Integers:
        return np.concatenate([np.where(p[n] < 0, -1, p[n] + at) for p, at in zip(parts, root, strict=True)]).astype(
            np.int64
        )

    return Forest(
        root=root,
        feature=np.concatenate([np.maximum(p[0], 0) for p in parts]).astype(np.int64),
        threshold=np.concatenate([p[1] for p in parts]).astype(np.float64),
        left=moved(2),
        right=moved(3),
        value=np.concatenate([p[4] for p in parts]).astype(np.float64),
        base=base,
        weight=weight,
    )

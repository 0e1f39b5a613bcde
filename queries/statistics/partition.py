"""Communities of a weighted graph, and what each is like."""

from __future__ import annotations

import networkit as nk
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from queries.statistics.incidence import Matrix

Labels = npt.NDArray[np.int64]


def leiden(weights: Matrix, seed: int = 1, resolution: float = 1.0) -> Labels:
    """The community of each node of a symmetric weighted graph: Leiden (Traag et al. 2019), one thread, fixed seed.

    Labels are numbered by the smallest member, so the same graph gives the same labels. Nodes without an edge are
    communities of their own.
    """
    nodes = weights.shape[0]
    upper = sparse.triu(weights, k=1).tocoo()
    order = np.lexsort((upper.col, upper.row))
    threads = nk.getMaxNumberOfThreads()
    nk.setNumberOfThreads(1)
    try:
        nk.setSeed(seed, False)
        graph = nk.GraphFromCoo(
            (
                upper.data[order].astype(np.float64),
                (upper.row[order].astype(np.uint64), upper.col[order].astype(np.uint64)),
            ),
            n=nodes,
            weighted=True,
        )
        method = nk.community.ParallelLeiden(graph, randomize=False, iterations=4, gamma=resolution)
        method.run()
        raw = np.asarray(method.getPartition().getVector(), dtype=np.int64)
    finally:
        nk.setNumberOfThreads(threads)
    return numbered(raw)


def numbered(raw: Labels) -> Labels:
    """Labels renumbered in the order of their first member."""
    _, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.int64)


def profile(weights: Matrix, shared: Matrix, expected: Matrix, label: Labels) -> pd.DataFrame:
    """One row a community, by label.

    - `size`: members; `pairs_met`: pairs of them with an edge.
    - `cohesion`: coherence of Onnela et al. (2005), as Wachs & Kertész use it: the geometric over the arithmetic
      mean of the weights of its edges, times the share of its pairs that have an edge; 1 where all meet equally often.
    - `exclusivity`: weight of its inner edges over the weight of all edges at its members (inner counted once).
    - `together`: co-bids within it; `expected`: how many chance would give; `excess`: (together - expected) /
      √expected.
    """
    edges = sparse.triu(weights, k=1).tocoo()
    inner = label[edges.row] == label[edges.col]
    k = int(label.max()) + 1 if len(label) else 0
    at = label[edges.row[inner]]
    weight = edges.data[inner]
    size = np.bincount(label, minlength=k).astype(np.float64)
    met = np.bincount(at, minlength=k).astype(np.float64)
    total = np.bincount(at, weights=weight, minlength=k)
    logs = np.bincount(at, weights=np.log(weight), minlength=k)
    outer = ~inner
    touching = total + np.bincount(label[edges.row[outer]], weights=edges.data[outer], minlength=k)
    touching += np.bincount(label[edges.col[outer]], weights=edges.data[outer], minlength=k)
    with np.errstate(divide="ignore", invalid="ignore"):
        coherence = np.exp(logs / met) / (total / met)
        density = met / (size * (size - 1) / 2)
        exclusivity = total / touching
    together, chance = _within(shared, label, k), _within(expected, label, k)
    return pd.DataFrame(
        {
            "size": size,
            "pairs_met": met,
            "cohesion": np.nan_to_num(coherence * density),
            "exclusivity": np.nan_to_num(exclusivity),
            "together": together,
            "expected": chance,
            "excess": np.where(chance > 0, (together - chance) / np.sqrt(np.maximum(chance, 1e-9)), 0.0),
        }
    )


def _within(values: Matrix, label: Labels, k: int) -> npt.NDArray[np.float64]:
    pairs = sparse.triu(values, k=1).tocoo()
    inner = label[pairs.row] == label[pairs.col]
    found = np.bincount(label[pairs.row[inner]], weights=pairs.data[inner], minlength=k)
    return np.asarray(found, dtype=np.float64)

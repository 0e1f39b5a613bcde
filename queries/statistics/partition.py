"""Communities of a weighted graph, and what each is like."""

from __future__ import annotations

from dataclasses import dataclass

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


def nested_leiden(
    weights: Matrix, part: Labels, largest: int, seed: int = 1, resolution: float = 1.0, levels: int = 6
) -> Labels:
    """Leiden within each part, and again within each community of more than `largest` nodes, until none splits.

    Modularity compares with the weight of the whole graph, so in a large one it never sees a small group (Fortunato &
    Barthélemy 2007, PNAS 104, 36-41). Here each part is judged against its own weight: edges between parts are left
    out, each part's weights are brought to the sum 1, and the resolution is multiplied by the number of parts, which
    makes one run of Leiden over all of them the same as one run for each.

    Args:
        weights: symmetric, without a diagonal.
        part: to start with: the network that each node is of.
        largest: nodes that a community may have without being looked into.
        seed, resolution: of Leiden.
        levels: how often to look into communities at most.
    """
    edges = sparse.triu(weights, k=1).tocoo()
    label, open_ = part.copy(), np.ones(len(part), dtype=bool)
    for level in range(levels):
        inner = (label[edges.row] == label[edges.col]) & open_[edges.row]
        if not inner.any():
            break
        row, col, weight = edges.row[inner], edges.col[inner], edges.data[inner]
        total = np.bincount(label[row], weights=weight, minlength=int(label.max()) + 1)
        scaled = weight / total[label[row]]
        graph = sparse.csr_array((scaled, (row, col)), shape=weights.shape)
        found = leiden(graph, seed, resolution * int((total > 0).sum()))
        before = int(label.max()) + 1
        # A node outside the parts looked into keeps its community.
        refined = numbered(np.where(open_, found + before, label))
        size = np.bincount(refined)
        unsplit = np.bincount(label)[label] == size[refined]
        label = refined
        open_ = (size[label] > largest) & ~(unsplit if level else np.zeros(len(label), dtype=bool))
    return label


def numbered(raw: Labels) -> Labels:
    """Labels renumbered in the order of their first member."""
    _, first, inverse = np.unique(raw, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.asarray(rank[inverse], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Chance:
    """How often firms meet where each stratum's bids are dealt at random.

    Two firms with d(i) and d(j) bids in a stratum of N bids meet d(i) d(j) Σ n(n - 1) / (N(N - 1)) times, the sum over
    its tenders of n bids each. `activity` is strata × firms, `factor` the fraction of each stratum.
    """

    activity: Matrix
    factor: npt.NDArray[np.float64]

    def meetings(self, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Expected meetings of pairs of firms."""
        firms = sparse.csr_array(self.activity.T)
        scaled = sparse.csr_array(firms @ sparse.diags_array(self.factor))
        result = np.empty(len(first))
        block = 500_000
        for begin in range(0, len(first), block):
            part = slice(begin, begin + block)
            result[part] = scaled[first[part]].multiply(firms[second[part]]).sum(axis=1)
        return result

    def within(self, label: Labels) -> npt.NDArray[np.float64]:
        """Expected meetings of all pairs inside each community."""
        k = int(label.max()) + 1 if len(label) else 0
        member = sparse.csr_array((np.ones(len(label)), (np.arange(len(label)), label)), shape=(len(label), k))
        together = sparse.csr_array(self.activity @ member).power(2) - sparse.csr_array(self.activity.power(2) @ member)
        return np.asarray((self.factor @ together) / 2, dtype=np.float64)


def profile(weights: Matrix, shared: Matrix, chance: Chance, label: Labels) -> pd.DataFrame:
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
    together, expected = _within(shared, label, k), chance.within(label)
    return pd.DataFrame(
        {
            "size": size,
            "pairs_met": met,
            "cohesion": np.nan_to_num(coherence * density),
            "exclusivity": np.nan_to_num(exclusivity),
            "together": together,
            "expected": expected,
            "excess": np.where(expected > 0, (together - expected) / np.sqrt(np.maximum(expected, 1e-9)), 0.0),
        }
    )


def _within(values: Matrix, label: Labels, k: int) -> npt.NDArray[np.float64]:
    pairs = sparse.triu(values, k=1).tocoo()
    inner = label[pairs.row] == label[pairs.col]
    found = np.bincount(label[pairs.row[inner]], weights=pairs.data[inner], minlength=k)
    return np.asarray(found, dtype=np.float64)

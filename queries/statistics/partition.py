"""Communities of a weighted graph."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from queries.statistics.incidence import Matrix

Labels = npt.NDArray[np.int64]


def leiden(weights: Matrix, seed: int = 1, resolution: float = 1.0) -> Labels:
    """The community of each node of a symmetric weighted graph: Leiden (Traag et al. 2019), one thread, fixed seed.

    Labels are numbered by the smallest member, so the same graph gives the same labels. Nodes without an edge are
    communities of their own.
    """
    import networkit as nk  # here, since it brings scikit-learn and matplotlib: seconds that few commands have use for

    nodes = weights.shape[0]
    upper = scipy.sparse.triu(weights, k=1).tocoo()
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
    edges = scipy.sparse.triu(weights, k=1).tocoo()
    label, open_ = part.copy(), np.ones(len(part), dtype=bool)
    for level in range(levels):
        inner = (label[edges.row] == label[edges.col]) & open_[edges.row]
        if not inner.any():
            break
        row, col, weight = edges.row[inner], edges.col[inner], edges.data[inner]
        total = np.bincount(label[row], weights=weight, minlength=int(label.max()) + 1)
        scaled = weight / total[label[row]]
        graph = scipy.sparse.csr_array((scaled, (row, col)), shape=weights.shape)
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

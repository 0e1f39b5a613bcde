"""Who bid where: the bipartite network of tenders and bidders as a sparse matrix, and its weighted projection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

Matrix = Any
"""`scipy.sparse.csr_array`; SciPy ships no types."""


@dataclass(frozen=True, slots=True)
class Incidence:
    """`matrix[t, f]` is 1 where bidder `bidders[f]` bid in tender `tenders[t]`; both lists are sorted."""

    tenders: npt.NDArray[Any]
    bidders: npt.NDArray[Any]
    matrix: Matrix

    @property
    def degree(self) -> npt.NDArray[np.float64]:
        """How many tenders each bidder bid in."""
        return np.asarray(self.matrix.sum(axis=0), dtype=np.float64).ravel()

    @property
    def size(self) -> npt.NDArray[np.float64]:
        """How many bidders each tender had."""
        return np.asarray(self.matrix.sum(axis=1), dtype=np.float64).ravel()


def incidence(tender: npt.ArrayLike, bidder: npt.ArrayLike) -> Incidence:
    """The incidence of bids; several bids of one firm in one tender count once.

    Raises:
        ValueError: the arrays differ in length.
    """
    t, tenders = pd.factorize(np.asarray(tender), sort=True)
    f, bidders = pd.factorize(np.asarray(bidder), sort=True)
    if len(t) != len(f):
        raise ValueError(f"{len(t)} tenders for {len(f)} bidders: give one of each for every bid")
    return numbered_incidence(t, np.asarray(tenders), f, np.asarray(bidders))


def numbered_incidence(
    tender: npt.NDArray[Any], tenders: npt.NDArray[Any], bidder: npt.NDArray[Any], bidders: npt.NDArray[Any]
) -> Incidence:
    """The incidence of bids whose tenders and bidders are given as places in the sorted lists of them."""
    matrix = scipy.sparse.csr_array((np.ones(len(tender)), (tender, bidder)), shape=(len(tenders), len(bidders)))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return Incidence(tenders, bidders, matrix)


def co_bids(matrix: Matrix) -> Matrix:
    """Firm × firm: in how many tenders two firms both bid; the diagonal is empty."""
    shared = scipy.sparse.csr_array(matrix.T @ matrix)
    shared.setdiag(0)
    shared.eliminate_zeros()
    shared.sort_indices()
    return shared


def jaccard(shared: Matrix, degree: npt.NDArray[np.float64]) -> Matrix:
    """Weights |A ∩ B| / |A ∪ B| of the tenders of two firms (or of the firms of two tenders)."""
    pairs = shared.tocoo()
    union = degree[pairs.row] + degree[pairs.col] - pairs.data
    return scipy.sparse.csr_array((pairs.data / union, (pairs.row, pairs.col)), shape=shared.shape)


def pairs_of_tenders(matrix: Matrix) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Every pair of bidders that met in a tender: arrays (tender, first, second), first < second, sorted by tender.

    Vectorised over the tenders; Σ n(n-1)/2 entries.
    """
    matrix = matrix.tocsr()
    matrix.sort_indices()
    count = np.diff(matrix.indptr).astype(np.int64)
    position = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], count)
    tender = np.repeat(np.arange(matrix.shape[0]), count)
    later = count[tender] - position - 1
    first = np.repeat(np.arange(matrix.nnz), later)
    step = np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later) + 1
    indices = matrix.indices.astype(np.int64)
    return tender[first].astype(np.int64), indices[first], indices[first + step]

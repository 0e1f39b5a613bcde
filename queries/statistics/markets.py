"""The closed markets among the bidders, which no column of the records names."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy

from queries.statistics.incidence import Incidence, co_bids
from queries.statistics.meetings import Integers
from queries.statistics.partition import leiden

CLOSED = 0.8
"""Share of the meetings of a market's firms that are with one another."""


def markets(bids: Incidence, stratum: npt.ArrayLike, *, largest: int, seed: int = 1) -> Integers:
    """The market of each bidder, counted from 0.

    Category, place and period do not tell all trades apart: lifts and roads are both works. Firms of one trade then
    meet more than the records explain, and each trade would look like a ring. A market is a community of the co-bidding
    network of more firms than a group may have (`largest`) that keeps to itself; what is left of a connected
    component is one market as well. A component too small to be a market joins that of a bid drawn from the stratum
    of one of its own: it is held against firms that could have been there.

    Args:
        bids: the incidence.
        stratum: of each tender.
        largest: firms of the largest group that is sought.
        seed: of Leiden and of the draw.
    """
    shared = co_bids(bids.matrix)
    _, component = scipy.sparse.csgraph.connected_components(shared, directed=False)
    community = leiden(shared, seed)
    pairs = scipy.sparse.triu(shared, k=1).tocoo()
    one, other = community[pairs.row], community[pairs.col]
    k = int(community.max(initial=0)) + 1
    inside = np.bincount(one[one == other], weights=pairs.data[one == other], minlength=k)
    leaving = np.zeros(k)
    for end in (one, other):
        leaving += np.bincount(end[one != other], weights=pairs.data[one != other], minlength=k)
    size = np.bincount(community, minlength=k)
    closed = (size > largest) & (inside >= CLOSED * (inside + leaving))
    # Communities that are no market of their own stay together with the rest of their component.
    name = np.where(closed[community], k + community, component)
    _, name = np.unique(name, return_inverse=True)
    small = np.bincount(name) <= largest
    if small.all():
        return np.zeros(len(name), dtype=np.int64)
    joined = _joined(bids, np.asarray(stratum), name.astype(np.int64), small, np.random.default_rng(seed))
    return np.unique(joined[name], return_inverse=True)[1].astype(np.int64)


def _joined(
    bids: Incidence,
    stratum: npt.NDArray[np.generic],
    name: Integers,
    small: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> Integers:
    """The market that each one joins: a small one that of a bid, drawn from the stratum of one of its own bids."""
    matrix = bids.matrix
    _, group = np.unique(stratum, return_inverse=True)
    place = np.repeat(group, np.diff(matrix.indptr))
    owner = name[matrix.indices]
    big = ~small[owner]
    order = np.flatnonzero(big)[np.argsort(place[big], kind="stable")]
    begin = np.searchsorted(place[order], np.arange(int(group.max()) + 2))
    own = np.flatnonzero(~big & (np.diff(begin)[place] > 0))
    own = own[rng.permutation(len(own))]
    drawn, at = np.unique(owner[own], return_index=True)
    where = place[own[at]]
    pick = begin[where] + (rng.random(len(where)) * np.diff(begin)[where]).astype(np.int64)
    joined = np.arange(len(small))
    # One that shares no stratum with a market goes to the largest.
    joined[small] = np.bincount(name).argmax()
    joined[drawn] = owner[order[pick]]
    return joined

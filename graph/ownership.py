"""Ownership arithmetic: what a holder's stakes amount to along chains, and who has the last word over a firm.

Two different questions. *Effective ownership* multiplies the shares along each chain and adds the chains up: a
third of 60 % of a firm is 20 % of it. *Control* asks who decides: 60 % of 60 % decides although it is 36 %.

    P holds 60 % of B and 25 % of A, B holds 30 % of A:
    effective_shares       P in A: 25 % + 60 % x 30 % = 43 %
    ultimate_controllers   P over B, and over A too: B's 30 % and its own 25 % are voted by one hand
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_PARTS = 1_000_000
"""Stakes are added as whole millionths of a percent, rounded down: the sum is the same in any order, and three
sixths are not more than a half."""
_FULL = 1.0 - 1e-9


class OwnershipError(ValueError):
    """Shares from which nothing can be computed; says which and what to do."""


@dataclass(frozen=True, slots=True)
class Stakes:
    """Who holds what of whom on one day, as edges between numbered parties.

    `share` is in percent (0 to 100), NaN where it is unknown; `control` marks a holder that is stated to be the
    actual controller, whatever its share. The caller chooses the rows that are valid on the day.
    """

    ids: Sequence[str]
    """The parties, sorted; an edge's `holder` and `org` are positions in it."""
    holder: Ints
    org: Ints
    share: Floats
    control: Flags

    @classmethod
    def of(
        cls,
        holders: Sequence[str],
        orgs: Sequence[str],
        shares: Sequence[float | None],
        control: Sequence[bool] | None = None,
    ) -> Stakes:
        """Stakes from parallel lists of ids, shares in percent and control flags (default: none).

        The order of the rows has no influence on any result. A party's stake in itself is left out.

        Raises:
            OwnershipError: a share is not from 0 to 100.
        """
        position, every = pd.factorize(np.asarray([*holders, *orgs], dtype=object), sort=True)
        holder, org = position[: len(holders)].astype(np.int64), position[len(holders) :].astype(np.int64)
        share = np.asarray(shares, dtype=np.float64)
        flags = np.zeros(len(holder), np.bool_) if control is None else np.asarray(control, np.bool_)
        wrong = np.flatnonzero((share < 0) | (share > 100))
        if len(wrong):
            row = int(wrong[0])
            raise OwnershipError(
                f"{holders[row]} holds {share[row]:g} % of {orgs[row]}: a share is from 0 to 100; correct the row"
            )
        order = np.lexsort((flags, share, holder, org))
        order = order[holder[order] != org[order]]
        return cls(every.tolist(), holder[order], org[order], share[order], flags[order])

    def matrix(self) -> sparse.csc_array:
        """W: entry (i, j) is the fraction of j that i holds directly; unknown shares count as nothing."""
        known = ~np.isnan(self.share) & (self.share > 0)
        size = len(self.ids)
        entries = (self.share[known] / 100.0, (self.holder[known], self.org[known]))
        return sparse.csc_array(sparse.coo_array(entries, shape=(size, size)))


def effective_shares(stakes: Stakes, targets: Sequence[int], max_links: int | None = None) -> sparse.csc_array:
    """Effective share of every party in each target, as a fraction: direct and through all chains.

    The sum over chains is Y = W + W² + W³ + … For a party that nobody owns it is the part of the target's profits
    that reaches it; for a firm inside a circle of cross-holdings it also counts the way round, and may exceed 1.

    Args:
        stakes: the direct stakes.
        targets: positions of the firms that are asked about.
        max_links: longest chain that counts (truncated series). None: all chains, also those that run through
            circles of cross-holdings, by solving (I - W) Y = W for the targets and all who stand above them.

    Returns:
        Matrix of all parties by targets.

    Raises:
        OwnershipError: the stakes in a firm add up to more than 100 %, or a circle of firms belongs wholly to
            itself. The series then does not converge (its limit exists if and only if the spectral radius of W
            is below 1; with columns of at most 1 that fails just in a closed circle).

    Source: Brioschi, Buzzacchi and Colombo, "Risk capital financing and the separation of ownership and control
    in business groups", Journal of Banking and Finance 13 (1989) 747-772.
    """
    whole = stakes.matrix()
    above = _holders_above(whole, targets)
    direct = whole[above][:, above]
    columns = direct[:, np.searchsorted(above, np.asarray(targets, np.int64))]
    if max_links is None:
        _check_convergence(stakes, direct, above)
        system = sparse.csc_array(sparse.eye_array(len(above), format="csc") - direct)
        found = sparse.csc_array(splu(system).solve(columns.toarray()))
    else:
        found = layer = sparse.csc_array(columns)
        for _ in range(max_links - 1):
            layer = direct @ layer
            if not layer.nnz:
                break
            found = found + layer
    spread = sparse.coo_array(found)
    return sparse.csc_array(
        sparse.coo_array((spread.data, (above[spread.row], spread.col)), shape=(len(stakes.ids), len(targets)))
    )


def _holders_above(direct: sparse.csc_array, targets: Sequence[int]) -> Ints:
    """Positions of the targets and of all who hold them directly or through others, ascending."""
    reached = np.zeros(direct.shape[0], np.bool_)
    frontier = np.unique(np.asarray(targets, np.int64))
    while len(frontier):
        reached[frontier] = True
        holders = np.unique(direct[:, frontier].indices)
        frontier = holders[~reached[holders]].astype(np.int64)
    return np.flatnonzero(reached)


def _check_convergence(stakes: Stakes, direct: sparse.csc_array, above: Ints) -> None:
    held = np.asarray(direct.sum(axis=0)).ravel()
    over = np.flatnonzero(held > 1 + 1e-9)
    if len(over):
        firm = stakes.ids[above[over[0]]]
        raise OwnershipError(
            f"the stakes in {firm} add up to {100 * held[over[0]]:g} %: choose the rows valid on one day, "
            "leave out indirect holdings, or give max_links"
        )
    # With columns of at most 1, the series diverges only where a circle of firms is owned by nobody outside.
    count, circle = csgraph.connected_components(direct, directed=True, connection="strong")
    leaky = np.zeros(count, np.bool_)
    leaky[circle[held < _FULL]] = True
    entries = sparse.coo_array(direct)
    leaky[circle[entries.col[circle[entries.row] != circle[entries.col]]]] = True
    closed = np.flatnonzero(~leaky[circle] & (held >= _FULL))
    if len(closed):
        firm = stakes.ids[above[closed[0]]]
        raise OwnershipError(f"{firm} belongs wholly to a circle of firms that own each other; give max_links")


@dataclass(frozen=True, slots=True)
class Control:
    """Who controls whom, by position in `ids`."""

    ids: Sequence[str]
    root: Ints
    """The party at the top of each party's chain of control; itself where nobody controls it."""
    via: Ints
    """The holder through which control reaches a party (the largest stake of the controlling group); -1 at the top."""
    links: Ints
    """Links of the chain from the top; 0 at the top."""
    mutual: Flags
    """Tops of circles of firms that control each other: nobody outside does, and the top stands for all of them."""
    max_links: int

    @property
    def reached(self) -> Flags:
        """Parties that are controlled through at most `max_links` links."""
        return (self.links > 0) & (self.links <= self.max_links)

    def mapping(self) -> dict[str, str]:
        """Id of the ultimate controller of each controlled party; longer chains than `max_links` are left out."""
        found = np.flatnonzero(self.reached)
        return {self.ids[i]: self.ids[r] for i, r in zip(found.tolist(), self.root[found].tolist(), strict=True)}

    def chain(self, party: str) -> list[str]:
        """The chain of control over a party, from itself to the top.

        Raises:
            KeyError: there is no such party.
        """
        position = int(np.searchsorted(np.asarray(self.ids, dtype=object), party))
        if position == len(self.ids) or self.ids[position] != party:
            raise KeyError(party)
        steps = [position]
        while (following := int(self.via[steps[-1]])) >= 0:
            steps.append(following)
        return [self.ids[step] for step in steps]


def ultimate_controllers(stakes: Stakes, max_links: int = 6, threshold: float = 50.0) -> Control:
    """Who has the last word over each firm.

    A holder controls a firm if it is stated to be its actual controller, or if its stake and those of all firms
    that it controls add up to more than `threshold` percent. Several stated controllers under different tops
    control jointly: none of them is the ultimate one, unless a majority is.

    Computed by rounds over all edges at once: firms under one top vote as one, which may complete a majority
    elsewhere, until nothing changes. Groups only grow, so the result does not depend on any order. Time is
    O(edges log edges) a round; rounds are as many as majorities depend on one another, a handful in practice.

    Args:
        stakes: the direct stakes on one day.
        max_links: longest chain of control that `Control.reached` and `mapping` accept.
        threshold: percent that must be exceeded; at least 50, so that there is one majority at most.

    Raises:
        OwnershipError: the threshold is below 50, or not below 100.

    Source: the company control problem of Ceri, Gottlob and Tanca, "Logic Programming and Databases", Springer
    (1990); the majority voting rule of Chapelle and Szafarz, "Controlling firms through the majority voting rule",
    Physica A 355 (2005) 509-529.
    """
    if not 50 <= threshold < 100:
        raise OwnershipError(f"threshold {threshold:g}: choose 50 or more (one majority at most) and less than 100")
    size = len(stakes.ids)
    root = np.arange(size, dtype=np.int64)
    via = np.full(size, -1, np.int64)
    mutual = np.zeros(size, np.bool_)
    parts = np.floor(np.nan_to_num(stakes.share) * _PARTS + 1e-3).astype(np.int64)
    need = round(threshold * _PARTS)
    affected = np.ones(size, np.bool_)
    while True:
        free = affected & (via < 0) & ~mutual
        edges = np.flatnonzero(free[stakes.org])
        firms, tops, holders = _round(stakes, root, parts, need, edges)
        if not len(firms):
            break
        parent = np.arange(size, dtype=np.int64)
        parent[firms] = tops
        circle = _circle_tops(parent)
        via[firms] = holders
        via[circle], parent[circle], mutual[circle] = -1, circle, True
        before, root = root, _tops(parent)[root]
        affected = np.zeros(size, np.bool_)
        affected[stakes.org[root[stakes.holder] != before[stakes.holder]]] = True
    return Control(stakes.ids, root, via, _depths(via), mutual, max_links)


def _round(stakes: Stakes, root: Ints, parts: Ints, need: int, edges: Ints) -> tuple[Ints, Ints, Ints]:
    """Firms over which a group gains control, the group's top, and the holder through which it does."""
    firm, holder, part, flag = stakes.org[edges], stakes.holder[edges], parts[edges], stakes.control[edges]
    top = root[holder]
    outside = top != firm  # what a firm's own subsidiaries hold of it gives nobody else a vote
    firm, holder, part, flag, top = (values[outside] for values in (firm, holder, part, flag, top))
    # Of each group its flagged holder first, then the largest stake: the first one stands for the group.
    order = np.lexsort((holder, -part, ~flag, top, firm))
    firm, holder, part, flag, top = (values[order] for values in (firm, holder, part, flag, top))
    first = np.flatnonzero(np.r_[True, (firm[1:] != firm[:-1]) | (top[1:] != top[:-1])]) if len(firm) else edges[:0]
    stake = np.add.reduceat(part, first) if len(first) else part
    stated = flag[first]
    firm, holder, top = firm[first], holder[first], top[first]
    tops_stated = np.bincount(firm[stated], minlength=len(root))
    chosen = (stated & (tops_stated[firm] == 1)) | ((stake > need) & (tops_stated[firm] != 1))
    return firm[chosen], top[chosen], holder[chosen]


def _tops(parent: Ints) -> Ints:
    """Where each one's pointers end, by pointer doubling; there are no circles."""
    while not np.array_equal(further := parent[parent], parent):
        parent = further
    return parent


def _circle_tops(parent: Ints) -> Ints:
    """The smallest member of each circle of pointers."""
    doublings = len(parent).bit_length()
    far, least = parent, np.arange(len(parent), dtype=np.int64)
    for _ in range(doublings):
        least = np.minimum(least, least[far])
        far = far[far]
    ends = np.unique(far)  # after so many steps every pointer stands at a top or in a circle
    inside = ends[parent[ends] != ends]
    return np.unique(least[inside])


def _depths(via: Ints) -> Ints:
    """Steps from each one to the end of its pointers, by pointer doubling."""
    links = (via >= 0).astype(np.int64)
    far = np.where(via >= 0, via, np.arange(len(via), dtype=np.int64))
    while True:
        further = links + links[far]
        if np.array_equal(further, links):
            return links
        links, far = further, far[far]

"""Cohesive groups of the co-bidding network, against chance.

Firms that meet far more often than their activity explains, and meet few others, are where a cartel can live: Wachs &
Kertész (2019), "A network approach to cartel detection in public auction markets", Scientific Reports 9, 10818.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from queries.statistics.incidence import Incidence, co_bids, jaccard
from queries.statistics.markets import markets
from queries.statistics.meetings import Booleans, Chance, Floats, Integers, Places, places
from queries.statistics.partition import leiden
from queries.statistics.reshuffled import Reshuffled, market_of
from queries.statistics.tight_groups import Grouping, TightGroups, tight_groups

_SHARE = 0.8
"""Share of the tenders that a resample keeps."""


@dataclass(frozen=True, slots=True)
class CohesiveGroups:
    """Communities with their profile, p-value and q-value; `label` is the row of each firm's community, -1 for none."""

    label: Integers
    table: pd.DataFrame


def regulars(
    bids: Incidence, *, fewest: int = 6, overlap: float = 0.25, smallest: int = 3, largest: int = 10, seed: int = 1
) -> list[tuple[str, ...]]:
    """Groups of firms that keep bidding together: Leiden communities of the pairs that met often enough.

    Unlike `cohesive_groups` this makes no claim about chance; it only says whom a test of the winners should look at.

    Args:
        bids: the incidence.
        fewest: tenders in common that a pair needs.
        overlap: Jaccard overlap of their tenders that a pair needs.
        smallest, largest: members of a group.
        seed: of Leiden.
    """
    shared = co_bids(bids.matrix)
    pairs = jaccard(shared, bids.degree).tocoo()
    met = np.asarray(shared[pairs.row, pairs.col]).ravel()
    kept = (met >= fewest) & (pairs.data >= overlap)
    weights = scipy.sparse.csr_array((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=shared.shape)
    if not weights.nnz:
        return []
    label = leiden(weights, seed)
    size = np.bincount(label)
    chosen = np.flatnonzero((size >= smallest) & (size <= largest))
    return [tuple(str(firm) for firm in bids.bidders[label == community]) for community in chosen]


def peel(
    bids: Incidence,
    stratum: npt.ArrayLike,
    *,
    level: float = 0.05,
    rounds: int = 10,
    copies: int = 99,
    resamples: int = 10,
    smallest: int = 3,
    largest: int = 12,
    seed: int = 1,
    resolution: float = 1.0,
) -> tuple[pd.DataFrame, int]:
    """Take the cohesive groups off the network one by one, the strongest first, until chance explains the rest.

    Edges carry the excess of meetings over what chance gives, so a firm that bids everywhere ties nobody. Chance is the
    same search in reshuffled networks, in which the bids of each market and stratum are dealt anew. `p` is the share of
    their communities with a score at least as high; `q`, the false discovery rate, is how many of them one copy has on
    average, over how many the network itself has.

    A ring's meetings leave its rivals' tenders to themselves, so those too seem to seek each other. Each round
    therefore tests all communities, keeps in each market those with at least half of its highest score, and takes out
    their market's places in the tenders in which two or more members of one of them met. Only the markets that lost
    something are searched and dealt anew.

    Args:
        bids: the incidence.
        stratum: of each tender, in which its bidders could have come from: category, place, period.
        level: false discovery rate up to which a group is kept.
        rounds: of taking off, at most.
        copies: reshuffled networks at most; fewer, but at least 20, where the network is large, and no more than it
            takes to tell which groups are flagged.
        resamples: networks of four fifths of the tenders, for the stability.
        smallest, largest: members that a community may have.
        seed: of Leiden and of the reshuffling.
        resolution: of Leiden; higher gives smaller groups.

    Returns:
        One row a group: the columns of `tight_groups` with `p`, `q`, `stability`, `round` and `members` (bidders'
        labels, sorted); and how many communities the first round tested. `stability` is the mean, over the resamples,
        of the best Jaccard overlap of the group with a community found there.
    """
    search = Grouping(smallest, largest, seed=seed, resolution=resolution)
    market, where = _field(bids, stratum, search)
    whole, chance = where, Reshuffled(market, search, len(where.firm), copies)
    touched = np.full(int(market.max(initial=-1)) + 1, True)
    seen, found, tested = pd.DataFrame(), [], 0
    for number in range(rounds):
        active = where.kept(touched[market[where.firm]])
        law = Chance(active)
        own = tight_groups(active, law, search)
        fresh = own.table.assign(market=market_of(own, market), firms=pd.Series(_members(own), dtype=object))
        if number:
            fresh = pd.concat([seen[~touched[seen["market"]]], fresh], ignore_index=True)
            chance.renew(active, law, touched, number)
        seen = chance.judge(fresh, where, Chance(where) if number else law, number, level)
        tested = tested or len(seen)
        flagged = seen[seen["q"] <= level]
        strong = flagged[flagged["score"] >= flagged.groupby("market")["score"].transform("max") / 2]
        if not len(strong):
            break
        found.append(strong.assign(round=number + 1))
        group = np.full(where.firms, -1)
        group[np.concatenate(strong["firms"].tolist())] = np.repeat(np.arange(len(strong)), strong["firms"].str.len())
        where = where.kept(~_met(where, group))
        touched = np.isin(np.arange(len(touched)), strong["market"])
    if not found:
        return pd.DataFrame(), tested
    table = pd.concat(found, ignore_index=True)
    table["stability"] = _stability(
        whole.kept(np.isin(market[whole.firm], table["market"])), table["firms"].tolist(), resamples, search
    )
    table["members"] = [tuple(str(firm) for firm in bids.bidders[firms]) for firms in table["firms"]]
    return table.drop(columns=["firms", "market"]), tested


def cohesive_groups(
    bids: Incidence,
    stratum: npt.ArrayLike,
    *,
    copies: int = 99,
    smallest: int = 3,
    largest: int = 12,
    seed: int = 1,
    resolution: float = 1.0,
) -> CohesiveGroups:
    """All communities of the network with the `p` and `q` that `peel` gives them in its first round."""
    search = Grouping(smallest, largest, seed=seed, resolution=resolution)
    market, where = _field(bids, stratum, search)
    chance, law = Reshuffled(market, search, len(where.firm), copies), Chance(where)
    found = tight_groups(where, law, search)
    chance.deal(where, law, chance.most, 0)
    return CohesiveGroups(found.label, chance.judged(found.table))


def _field(bids: Incidence, stratum: npt.ArrayLike, search: Grouping) -> tuple[Integers, Places]:
    """The market of each firm, and the places in the cells of stratum and market."""
    market = markets(bids, stratum, largest=search.largest, seed=search.seed)
    _, group = np.unique(np.asarray(stratum), return_inverse=True)
    tender = np.repeat(group.astype(np.int64), np.diff(bids.matrix.indptr))
    cell = np.unique(tender * (int(market.max(initial=0)) + 1) + market[bids.matrix.indices], return_inverse=True)[1]
    return market, places(bids, cell)


def _members(groups: TightGroups) -> list[Integers]:
    """The firms of each community."""
    member = np.flatnonzero(groups.label >= 0)
    order = member[np.argsort(groups.label[member], kind="stable")]
    return np.split(order, np.cumsum(np.bincount(groups.label[member]))[:-1]) if len(order) else []


def _met(where: Places, group: Integers) -> Booleans:
    """The places in a tender and cell in which two members of one group met."""
    one = group[where.firm[where.first]]
    together = (one >= 0) & (one == group[where.firm[where.second]])
    lost = np.unique(where.tender[where.first[together]] * where.cells + where.cell[where.first[together]])
    return np.isin(where.tender * where.cells + where.cell, lost)


def _stability(where: Places, groups: list[Integers], resamples: int, search: Grouping) -> Floats:
    """Mean best Jaccard overlap of each group with the communities of resamples of four fifths of the tenders."""
    if resamples < 1:
        return np.full(len(groups), np.nan)
    block = where.copied(resamples)
    kept = np.random.default_rng(search.seed).random(block.tenders) < _SHARE
    label = tight_groups(replace(block, held=kept[block.tender]), Chance(where), search, _SHARE).label
    size = np.bincount(label[label >= 0], minlength=1)
    own = np.repeat(np.arange(len(groups)), [len(firms) for firms in groups])
    there = label[np.concatenate(groups)[:, None] + np.arange(resamples) * where.firms]
    case = (own[:, None] * resamples + np.arange(resamples))[there >= 0]
    key, common = np.unique(case * len(size) + there[there >= 0], return_counts=True)
    case, community = np.divmod(key, len(size))
    best = np.zeros(len(groups) * resamples)
    np.maximum.at(best, case, common / (np.bincount(own)[case // resamples] + size[community] - common))
    return np.asarray(best.reshape(len(groups), resamples).mean(axis=1), dtype=np.float64)

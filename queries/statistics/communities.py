"""Cohesive groups of the co-bidding network, against chance.

Firms that meet far more often than their activity explains, and meet few others, are where a cartel can live: Wachs &
Kertész (2019), "A network approach to cartel detection in public auction markets", Scientific Reports 9, 10818.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from queries.statistics.discovery import benjamini_hochberg
from queries.statistics.incidence import Incidence, Matrix, co_bids, jaccard
from queries.statistics.partition import Chance, Labels, leiden, nested_leiden, numbered, profile


def reshuffle(bids: Incidence, stratum: npt.ArrayLike, copies: int, rng: np.random.Generator) -> list[Incidence]:
    """Networks in which the firms bid as often, in the same strata and tenders as large, but meet by chance.

    Within each stratum (category, place, period) the firms' bids are dealt anew to the tenders' places: every firm
    keeps its degree and its time, every tender its size, up to the rare bid that falls twice in one tender and is
    dropped. All copies are dealt in one sort.
    """
    matrix = bids.matrix.tocoo()
    _, group = np.unique(np.asarray(stratum), return_inverse=True)
    order = np.lexsort((matrix.col, matrix.row, group[matrix.row]))
    row, col, at = matrix.row[order], matrix.col[order], group[matrix.row[order]]
    n = len(row)
    keys = rng.random((copies, n)) + at[None, :]
    dealt = col[np.argsort(keys, axis=1, kind="stable")]
    networks = []
    for copy in dealt:
        made = sparse.csr_array((np.ones(n), (row, copy)), shape=bids.matrix.shape)
        made.sum_duplicates()
        made.data[:] = 1.0
        networks.append(Incidence(bids.tenders, bids.bidders, made))
    return networks


def chance_meetings(bids: Incidence, stratum: npt.ArrayLike) -> Chance:
    """How often the firms of a network meet by chance, given the stratum of each tender."""
    _, group = np.unique(np.asarray(stratum), return_inverse=True)
    k = int(group.max()) + 1 if len(group) else 0
    member = sparse.csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(k, len(group)))
    activity = sparse.csr_array(member @ bids.matrix)
    total = np.asarray(activity.sum(axis=1)).ravel()
    places = np.bincount(group, weights=bids.size * (bids.size - 1), minlength=k)
    factor = np.divide(places, total * (total - 1), out=np.zeros(k), where=total > 1)
    return Chance(activity, factor)


CELLS = 2_000_000
"""Bids that all reshuffled copies may have together."""


@dataclass(frozen=True, slots=True)
class CohesiveGroups:
    """Communities with their profile, stability over resamples, and p-value; `label` is the community of each firm."""

    label: Labels
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
    weights = sparse.csr_array((pairs.data[kept], (pairs.row[kept], pairs.col[kept])), shape=shared.shape)
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

    A ring's meetings leave its rivals' tenders to themselves, so those too seem to seek each other. Each round
    therefore tests all communities (Benjamini-Hochberg at `level`), keeps those with at least half of the highest
    score, and takes out the tenders in which two or more members of one of them met.

    Returns:
        One row a group: the columns of `cohesive_groups` with `q` and `members` (bidders' labels, sorted); and how
        many communities the first round tested.
    """
    groups, matrix, found, tested = np.asarray(stratum), bids.matrix, [], 0
    for number in range(rounds):
        part = cohesive_groups(
            Incidence(bids.tenders, bids.bidders, matrix),
            groups,
            copies=copies,
            resamples=resamples,
            smallest=smallest,
            largest=largest,
            seed=seed,
            resolution=resolution,
        )
        table = part.table.assign(q=benjamini_hochberg(part.table["p"]))
        tested = tested or len(table)
        flagged = table[table["q"] <= level]
        if not len(flagged):
            break
        strong = flagged[flagged["score"] >= flagged["score"].max() / 2].sort_values("score", ascending=False)
        for community, row in strong.iterrows():
            inside = part.label == community
            found.append({**row.to_dict(), "round": number + 1, "members": tuple(bids.bidders[inside])})
            alone = np.asarray(matrix @ inside.astype(np.float64)).ravel() < 2
            matrix = sparse.csr_array(sparse.diags_array(alone.astype(np.float64)) @ matrix)
        matrix.eliminate_zeros()
    return pd.DataFrame(found), tested


def cohesive_groups(
    bids: Incidence,
    stratum: npt.ArrayLike,
    *,
    copies: int = 99,
    resamples: int = 10,
    smallest: int = 3,
    largest: int = 12,
    seed: int = 1,
    resolution: float = 1.0,
) -> CohesiveGroups:
    """Find the communities and ask how often chance makes one as tight.

    Edges carry the excess of meetings over what chance gives, so a firm that bids everywhere ties nobody. The
    p-value of a community is the share of the communities, found in the same way in reshuffled networks, whose score
    (excess × exclusivity × cohesion) is at least its own. `stability` is the mean, over resamples of
    four fifths of the tenders, of the best Jaccard overlap of the community with one found there.

    Args:
        bids: the incidence.
        stratum: of each tender, in which its bidders could have come from: category, place, period.
        copies: reshuffled networks; `resamples`: of the tenders, for the stability.
        smallest, largest: members that a community may have.
        seed: of Leiden and of the reshuffling.
        resolution: of Leiden; higher gives smaller groups.
    """
    rng = np.random.default_rng(seed)
    groups = np.asarray(stratum)
    label, table = _communities([bids], groups, largest, seed, resolution)[0]
    table = table[_eligible(table, smallest, largest)].copy()
    if not len(table):
        return CohesiveGroups(label, table.assign(score=[], stability=[], p=[]))
    table["score"] = _score(table)
    # A large network has many communities a copy: fewer copies say as much, and stay within memory.
    enough = int(np.clip(CELLS // max(1, bids.matrix.nnz), 5, copies))
    nulls = _communities(reshuffle(bids, groups, min(enough, copies), rng), groups, largest, seed, resolution)
    chance = np.sort(np.concatenate([_score(t[_eligible(t, smallest, largest)]).to_numpy() for _, t in nulls]))
    above = len(chance) - np.searchsorted(chance, table["score"].to_numpy(), side="left")
    table["p"] = (1.0 + above) / (1.0 + len(chance))
    table["stability"] = _stability(bids, groups, label, table.index, resamples, rng, largest, seed, resolution)
    return CohesiveGroups(label, table)


def _eligible(table: pd.DataFrame, smallest: int, largest: int) -> pd.Series:
    return table["size"].between(smallest, largest) & (table["excess"] > 0)


def _score(table: pd.DataFrame) -> pd.Series:
    return table["excess"] * table["exclusivity"] * table["cohesion"]


def _communities(
    networks: Sequence[Incidence], stratum: npt.NDArray[np.generic], largest: int, seed: int, resolution: float
) -> list[tuple[Labels, pd.DataFrame]]:
    """Communities and their profiles of several networks over the same tenders and firms, side by side as one graph."""
    parts = []
    for network in networks:
        shared, chance = co_bids(network.matrix), chance_meetings(network, stratum)
        weights = _excess_weights(shared, chance, network.degree)
        parts.append((shared, chance, weights))
    block = sparse.block_diag([weights for _, _, weights in parts], format="csr")
    firms = len(networks[0].bidders)
    label = nested_leiden(block, np.repeat(np.arange(len(parts)), firms), largest, seed, resolution)
    found = []
    for n, (shared, chance, weights) in enumerate(parts):
        own = numbered(label[n * firms : (n + 1) * firms])
        found.append((own, profile(weights, shared, chance, own)))
    return found


def _excess_weights(shared: Matrix, chance: Chance, degree: npt.NDArray[np.float64]) -> Matrix:
    """Jaccard weight of the tenders of two firms, kept for pairs that meet more often than chance (and twice)."""
    pairs = sparse.triu(shared, k=1).tocoo()
    often = pairs.data >= 2
    first, second, met = pairs.row[often].astype(np.int64), pairs.col[often].astype(np.int64), pairs.data[often]
    expected = chance.meetings(first, second)
    weight = met / (degree[first] + degree[second] - met) * (1.0 - expected / met)
    kept = met > expected
    half = sparse.csr_array((weight[kept], (first[kept], second[kept])), shape=shared.shape)
    return sparse.csr_array(half + half.T)


def _stability(
    bids: Incidence,
    stratum: npt.NDArray[np.generic],
    label: Labels,
    communities: pd.Index[int],
    resamples: int,
    rng: np.random.Generator,
    largest: int,
    seed: int,
    resolution: float,
) -> npt.NDArray[np.float64]:
    """Mean best Jaccard overlap of each community with those of resamples of four fifths of the tenders."""
    if resamples < 1:
        return np.full(len(communities), np.nan)
    networks = []
    for keep in rng.random((resamples, len(bids.tenders))) < 0.8:
        thinned = sparse.csr_array(sparse.diags_array(keep.astype(np.float64)) @ bids.matrix)
        thinned.eliminate_zeros()
        networks.append(Incidence(bids.tenders, bids.bidders, thinned))
    size = np.bincount(label)
    overlap = np.zeros((resamples, len(communities)))
    for n, (other, _) in enumerate(_communities(networks, stratum, largest, seed, resolution)):
        common = sparse.csr_array((np.ones(len(label)), (label, other)), shape=(len(size), int(other.max()) + 1))
        common.sum_duplicates()
        both = common.tocoo()
        union = size[both.row] + np.bincount(other)[both.col] - both.data
        best = np.zeros(len(size))
        np.maximum.at(best, both.row, both.data / union)
        overlap[n] = best[communities.to_numpy()]
    return np.asarray(overlap.mean(axis=0), dtype=np.float64)

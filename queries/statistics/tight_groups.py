"""Communities of the pairs that meet more often than chance, and what each is like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from queries.statistics.incidence import Matrix
from queries.statistics.meetings import Chance, Floats, Integers, Places, meetings
from queries.statistics.partition import nested_leiden, numbered


@dataclass(frozen=True, slots=True)
class Grouping:
    """How communities are sought: their size, the meetings a pair needs, and Leiden's seed and resolution."""

    smallest: int = 3
    largest: int = 12
    fewest: int = 2
    """Meetings that a pair needs for an edge."""
    seed: int = 1
    resolution: float = 1.0


@dataclass(frozen=True, slots=True)
class TightGroups:
    """`label` is the row in `table` of each firm's community, -1 for a firm in none."""

    label: Integers
    table: pd.DataFrame


def tight_groups(where: Places, chance: Chance, search: Grouping, share: float = 1.0) -> TightGroups:
    """The communities of the network of excess meetings that have the size asked and more meetings than chance gives.

    An edge weighs the Jaccard overlap of the tenders of two firms, less the part that chance gives; a pair that
    met no more often than that has none. `where` may hold several copies of the network that `chance` was made of;
    `share` is that of the tenders that are at hand, where some are left out.

    Columns of the table, one row a community:

    - `size`: members; `pairs_met`: pairs of them with an edge.
    - `cohesion`: coherence of Onnela et al. (2005), as Wachs & Kertész use it: the geometric over the arithmetic
      mean of the weights of its edges, times the share of its pairs that have an edge; 1 where all meet equally often.
    - `exclusivity`: weight of its inner edges over the weight of all edges at its members (inner counted once).
    - `together`: meetings within it, pair by pair; `expected`: how many chance would give; `excess`:
      (together - expected) / √expected.
    - `score`: excess × exclusivity × cohesion.
    """
    firms = len(chance.degree)
    first, second, met = meetings(where)
    often = met >= search.fewest
    one, other, count = first[often], second[often], met[often].astype(np.float64)
    expected = share * chance.of_pairs(one % firms, other % firms)
    kept = count > expected
    one, other, count, expected = one[kept], other[kept], count[kept], expected[kept]
    union = share * (chance.degree[one % firms] + chance.degree[other % firms]) - count
    weight = (count - expected) / np.maximum(union, count)
    nodes, ends = _numbered(np.concatenate([one, other]), where.firms)
    edges = scipy.sparse.csr_array((weight, tuple(np.split(ends, 2))), shape=(len(nodes), len(nodes)))
    # Each component is judged against its own weight, so copies and markets leave one another alone.
    part = scipy.sparse.csgraph.connected_components(edges, directed=False)[1].astype(np.int64) if len(nodes) else nodes
    part = numbered(part)
    community = nested_leiden(edges, part, search.largest, search.seed, search.resolution)
    size = np.bincount(community)
    fit = (size >= search.smallest) & (size <= search.largest)
    row = np.where(fit, np.cumsum(fit) - 1, -1)
    label = np.full(where.firms, -1, dtype=np.int64)
    label[nodes] = row[community]
    table = _shape(edges, row[community], size[fit])
    together = (label[first] >= 0) & (label[first] == label[second])
    member = np.flatnonzero(label >= 0)
    table["together"] = _sums(label[first[together]], len(table), met[together].astype(np.float64))
    table["expected"] = share * chance.within(member % firms, label[member], len(table))
    table["excess"] = (table["together"] - table["expected"]) / np.sqrt(table["expected"].clip(lower=1e-9))
    table["score"] = table["excess"] * table["exclusivity"] * table["cohesion"]
    chosen = (table["excess"] > 0).to_numpy()
    renumbered = np.append(np.where(chosen, np.cumsum(chosen) - 1, -1), -1)
    return TightGroups(renumbered[label], table[chosen].reset_index(drop=True))


def _shape(edges: Matrix, community: Integers, size: Integers) -> pd.DataFrame:
    pairs, k = edges.tocoo(), len(size)
    one, other = community[pairs.row], community[pairs.col]
    inner = (one == other) & (one >= 0)
    at, weight = one[inner], pairs.data[inner]
    met, total = _sums(at, k), _sums(at, k, weight)
    touching = total.copy()
    for end in (one, other):
        leaving = ~inner & (end >= 0)
        touching += _sums(end[leaving], k, pairs.data[leaving])
    with np.errstate(divide="ignore", invalid="ignore"):
        coherence = np.exp(_sums(at, k, np.log(weight)) / met) / (total / met)
        cohesion = np.nan_to_num(coherence * met / (size * (size - 1) / 2))
        exclusivity = np.nan_to_num(total / touching)
    return pd.DataFrame({"size": size, "pairs_met": met, "cohesion": cohesion, "exclusivity": exclusivity})


def _sums(at: Integers, k: int, weights: Floats | None = None) -> Floats:
    return np.bincount(at, weights=weights, minlength=k).astype(np.float64)


def _numbered(values: Integers, most: int) -> tuple[Integers, Integers]:
    """The distinct values, sorted, and the place of each value among them; all are below `most`."""
    there = np.zeros(most, dtype=bool)
    there[values] = True
    return np.flatnonzero(there), (np.cumsum(there) - 1)[values]

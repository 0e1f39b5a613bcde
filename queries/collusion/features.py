"""What the model reads of a tender: its prices, its bidders' network, and what its bidders did elsewhere.

Nothing here reads a date, an investigation period or the name of a firm. Blocks, from the most portable to the most
local:

- prices: screens, position against the estimate, gaps, subgroups of 3 bids, size of the tender;
- structure: how the bidders meet elsewhere, and the prices of the tenders in which they do (coalition screens);
- habits (`habits`): how the bidders price in their other tenders;
- position: coordinates of the tender in the co-bidding network, which only mean something among the firms known;
- history: the labels of *training* tenders in which the bidders took part. Never the tender's own label;
- ring (`ring`): how many of the bidders those labels make out to be members of a ring.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

from queries.statistics.incidence import Incidence, Matrix, co_bids, incidence, pairs_of_tenders
from queries.statistics.prices import against_reference, gaps, screens
from queries.statistics.subgroups import subgroup_screens
from queries.statistics.tenders import Floats, group

NEIGHBOUR_SCREENS = (
    "cv",
    "spread",
    "lowest_to_reference",
    "median_to_reference",
    "closest_cv",
    "losing_cv",
    "relative_distance",
    "ks_uniform",
    "n_bids",
)
COORDINATES = 10


@dataclass(frozen=True, slots=True)
class Tenders:
    """Tenders ready for the model: price features by row, incidence in the same order, who bid lowest, and the bids.

    `offers` has one row for each bidder of a tender, its lowest bid, sorted by tender and price: `tender` and `bidder`
    (places in the incidence), `price`, `estimate`.
    """

    prices: pd.DataFrame
    bids: Incidence
    lowest: npt.NDArray[np.int64]
    offers: pd.DataFrame

    def __len__(self) -> int:
        return len(self.bids.tenders)


def read(bids: pd.DataFrame) -> Tenders:
    """Price features and incidence of bids in long form.

    Args:
        bids: `tender_id`, `bidder_id`, `price`, and `estimate` (the estimate or ceiling; NaN where unknown).
    """
    frame = bids[bids["price"].gt(0)].sort_values(["tender_id", "price", "bidder_id"], kind="stable")
    network = incidence(frame["tender_id"].to_numpy(), frame["bidder_id"].to_numpy())
    tenders = group(frame["tender_id"].to_numpy(), frame["price"].to_numpy())
    table = screens(tenders).join(against_reference(tenders, frame["estimate"].to_numpy())).join(gaps(tenders))
    table = table.join(subgroup_screens(tenders, 3, most=200)[["cv3_min", "cv3_median", "cv3_max"]])
    first = frame.drop_duplicates("tender_id")
    # Against the median of the same data, so that currencies and years need no conversion.
    worth = first["estimate"].where(first["estimate"] > 0).to_numpy(dtype=np.float64)
    table["size"] = np.log(worth / np.nanmedian(worth)) if np.isfinite(worth).any() else np.nan
    lowest = np.searchsorted(network.bidders, first["bidder_id"].to_numpy())
    return Tenders(table, network, lowest.astype(np.int64), _offers(frame, network))


def _offers(sorted_bids: pd.DataFrame, network: Incidence) -> pd.DataFrame:
    each = sorted_bids.drop_duplicates(["tender_id", "bidder_id"])
    return pd.DataFrame(
        {
            "tender": np.searchsorted(network.tenders, each["tender_id"].to_numpy()),
            "bidder": np.searchsorted(network.bidders, each["bidder_id"].to_numpy()),
            "price": each["price"].to_numpy(np.float64),
            "estimate": each["estimate"].to_numpy(np.float64),
        }
    )


def structure(tenders: Tenders) -> pd.DataFrame:
    """How a tender's bidders meet elsewhere, and at which prices; the tender itself is left out of all counts.

    - `jaccard_*`: over the pairs of bidders, overlap of their other tenders (mean, median, 90 % quantile, max);
      `met_*`: other tenders in common (mean, max, share of pairs with any);
    - `activity_*`: tenders of the bidders (mean, median, min, max, share with no other);
    - `partners_mean`: different firms that a bidder meets; `faithful_mean`, `faithful_max`: meetings per partner;
    - `near_<screen>_*`: coalition screens, the price screens of the other tenders with many of the same bidders.
    """
    bids = tenders.bids
    matrix, degree = bids.matrix, bids.degree
    shared = co_bids(matrix)
    tender, first, second = pairs_of_tenders(matrix)
    met = np.asarray(shared[first, second]).ravel() - 1.0
    union = degree[first] + degree[second] - 2.0 - met
    overlap = np.where(union > 0, met / np.maximum(union, 1.0), 0.0)
    rows = pd.RangeIndex(len(tenders))
    pairs = pd.DataFrame({"overlap": overlap, "met": met}).groupby(tender)
    columns: dict[str, pd.Series | npt.NDArray[np.float64]] = {
        "jaccard_mean": pairs["overlap"].mean().reindex(rows),
        "jaccard_median": pairs["overlap"].median().reindex(rows),
        "jaccard_q90": pairs["overlap"].quantile(0.9).reindex(rows),
        "jaccard_max": pairs["overlap"].max().reindex(rows),
        "met_mean": pairs["met"].mean().reindex(rows),
        "met_max": pairs["met"].max().reindex(rows),
        "met_share": pd.Series(met > 0).groupby(tender).mean().reindex(rows),
    }
    partners = np.diff(shared.indptr).astype(np.float64)
    faithful = np.asarray(shared.sum(axis=1)).ravel() / np.maximum(partners, 1.0)
    each = pd.DataFrame(
        {"activity": degree[matrix.indices], "partners": partners[matrix.indices], "faithful": faithful[matrix.indices]}
    ).groupby(np.repeat(np.arange(len(tenders)), np.diff(matrix.indptr)))
    columns |= {f"activity_{name}": each["activity"].agg(name) for name in ("mean", "median", "min", "max")}
    columns["activity_alone"] = each["activity"].agg(lambda values: float((values == 1).mean()))
    columns["partners_mean"] = each["partners"].mean()
    columns["faithful_mean"], columns["faithful_max"] = each["faithful"].mean(), each["faithful"].max()
    ranks = tenders.prices[list(NEIGHBOUR_SCREENS)].rank(pct=True).fillna(0.5)
    columns |= nearby_prices(tenders.bids, ranks)
    return pd.DataFrame({name: np.asarray(values, dtype=np.float64) for name, values in columns.items()}).set_axis(
        pd.Index(bids.tenders, name="tender")
    )


def nearby_prices(bids: Incidence, values: pd.DataFrame, block: int = 2_000) -> dict[str, Floats]:
    """Mean of each screen over the other tenders that share bidders, weighted by how much they share.

    `near_<screen>_1` and `_3` weigh by the Jaccard overlap of the bidders and its cube, `_rare` by the square of the
    cosine with rare firms weighing more. Tenders are taken `block` at a time, so memory stays bounded.
    """
    matrix, size = bids.matrix, bids.size
    rarity = np.sqrt(np.log((1.0 + len(bids.tenders)) / (1.0 + bids.degree)))
    weighted = sparse.csr_array(matrix @ sparse.diags_array(rarity))
    norm = np.maximum(np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel()), 1e-9)
    known, middle = values.to_numpy(np.float64), 0.5
    result = {kind: np.empty_like(known) for kind in ("1", "3", "rare")}
    for begin in range(0, len(size), block):
        end = min(begin + block, len(size))
        common = sparse.csr_array(matrix[begin:end] @ matrix.T).tocoo()
        other = common.row + begin != common.col
        row, col, met = common.row[other], common.col[other], common.data[other]
        overlap = met / (size[row + begin] + size[col] - met)
        rare = np.asarray(sparse.csr_array(weighted[begin:end] @ weighted.T)[row, col]).ravel()
        for kind, weight in (
            ("1", overlap),
            ("3", overlap**3),
            ("rare", (rare / (norm[row + begin] * norm[col])) ** 2),
        ):
            near = sparse.csr_array((weight, (row, col)), shape=(end - begin, len(size)))
            total = np.asarray(near.sum(axis=1)).ravel()[:, None]
            result[kind][begin:end] = (near @ known + 1e-6 * middle) / (total + 1e-6)
    return {
        f"near_{name}_{kind}": table[:, n] for kind, table in result.items() for n, name in enumerate(values.columns)
    }


@dataclass(frozen=True, slots=True)
class Map:
    """Coordinates of the co-bidding network: firms' loadings, from a singular value decomposition of who bid where."""

    bidders: npt.NDArray[np.str_]
    rarity: Floats
    loading: Floats

    def place(self, bids: Incidence) -> Floats:
        """Coordinates of tenders, from the bidders that the map knows; tenders without any lie at the origin."""
        known = pd.Index(self.bidders).get_indexer(pd.Index(bids.bidders.astype(str)))
        at = np.flatnonzero(known >= 0)
        weighted = sparse.csr_array(bids.matrix[:, at] @ sparse.diags_array(self.rarity[known[at]]))
        norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return np.asarray((weighted @ self.loading[known[at]]) / np.maximum(norm, 1e-12)[:, None], dtype=np.float64)


def chart(bids: Incidence, coordinates: int = COORDINATES) -> Map:
    """The map of a network: bids weighted by the rarity of the firm (log of tenders over its tenders).

    The sign of each axis is fixed by its largest loading, so the same bids give the same map.
    """
    rarity = np.log(len(bids.tenders) / bids.degree)
    weighted = sparse.csr_array(bids.matrix @ sparse.diags_array(rarity))
    norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    scaled = sparse.csr_array(sparse.diags_array(1.0 / np.maximum(norm, 1e-12)) @ weighted)
    k = max(1, min(coordinates, min(scaled.shape) - 1))
    axes = TruncatedSVD(k, random_state=0).fit(scaled).components_
    axes = axes * np.sign(axes[np.arange(k), np.abs(axes).argmax(axis=1)])[:, None]
    return Map(bids.bidders.astype(str), rarity, np.asarray(axes.T, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Labelled:
    """Training tenders: who bid, who bid lowest, and the labels."""

    bidders: npt.NDArray[np.str_]
    matrix: Matrix
    lowest: npt.NDArray[np.int64]
    label: Floats

    def without(self, rows: npt.NDArray[np.bool_]) -> Labelled:
        """The training tenders without some of them."""
        return Labelled(self.bidders, self.matrix[~rows], self.lowest[~rows], self.label[~rows])


def labelled(tenders: Tenders, label: Floats, rows: npt.NDArray[np.int64]) -> Labelled:
    """The training tenders `rows` of `tenders`."""
    return Labelled(
        tenders.bids.bidders.astype(str), sparse.csr_array(tenders.bids.matrix[rows]), tenders.lowest[rows], label[rows]
    )


def history(tenders: Tenders, rows: npt.NDArray[np.int64], known: Labelled) -> pd.DataFrame:
    """What the training tenders say of the bidders of `rows`. The rows must not be among them: their own label
    would leak.

    - `vote_*`: share of collusive among training tenders, weighted by the overlap of the bidders (Jaccard, its
      powers; `rare` weighs rare firms more); `nearest_*`: the largest overlap with one of each;
    - `rate_*`: each bidder's share of collusive training tenders, shrunk: mean, max, median, min, mean of top three,
      pooled; `rate_lowest`: of the lowest bidder; `rate_lowest_lowest`: where it bid lowest.
    """
    column = pd.Index(known.bidders).get_indexer(pd.Index(tenders.bids.bidders.astype(str)))
    seen = np.flatnonzero(column >= 0)
    spread = sparse.csr_array((np.ones(len(seen)), (seen, column[seen])), shape=(len(column), len(known.bidders)))
    here = sparse.csr_array(tenders.bids.matrix[rows] @ spread)
    size = tenders.bids.size[rows]
    y, base = known.label, float(known.label.mean())
    common = sparse.csr_array(here @ known.matrix.T).tocoo()
    there = np.asarray(known.matrix.sum(axis=1)).ravel()
    overlap = common.data / (size[common.row] + there[common.col] - common.data)
    degree = np.asarray(known.matrix.sum(axis=0)).ravel()
    rarity = np.sqrt(np.log((1.0 + len(y)) / (1.0 + degree)))
    own, other = here @ sparse.diags_array(rarity), known.matrix @ sparse.diags_array(rarity)
    rare = sparse.csr_array(own @ other.T)[common.row, common.col]
    norms = [np.sqrt(np.asarray(m.multiply(m).sum(axis=1)).ravel()) for m in (own, other)]
    rare = np.asarray(rare).ravel() / np.maximum(norms[0][common.row] * norms[1][common.col], 1e-9)

    def vote(weight: Floats) -> Floats:
        for_it = np.bincount(common.row, weights=weight * y[common.col], minlength=len(rows))
        total = np.bincount(common.row, weights=weight, minlength=len(rows))
        return np.asarray((for_it + 0.02 * base) / (total + 0.02), dtype=np.float64)

    def nearest(weight: Floats) -> Floats:
        best = np.zeros(len(rows))
        np.maximum.at(best, common.row, weight)
        return best

    columns = {
        "vote_1": vote(overlap),
        "vote_2": vote(overlap**2),
        "vote_4": vote(overlap**4),
        "vote_rare_1": vote(rare),
        "vote_rare_2": vote(rare**2),
        "vote_rare_4": vote(rare**4),
        "nearest_collusive": nearest(overlap * y[common.col]),
        "nearest_honest": nearest(overlap * (1 - y[common.col])),
        "nearest_rare_collusive": nearest(rare * y[common.col]),
        "nearest_rare_honest": nearest(rare * (1 - y[common.col])),
    }
    collusive = np.asarray(known.matrix.T @ y).ravel()
    columns |= _rates(tenders.bids.matrix[rows], spread @ collusive, spread @ degree, base)
    low = np.bincount(known.lowest, minlength=len(known.bidders)).astype(np.float64)
    low_collusive = np.bincount(known.lowest, weights=y, minlength=len(known.bidders))
    firm = tenders.lowest[rows]
    columns["rate_lowest"] = ((spread @ collusive + 2 * base) / (spread @ degree + 2))[firm]
    columns["rate_lowest_lowest"] = ((spread @ low_collusive + base) / (spread @ low + 1))[firm]
    return pd.DataFrame(columns, index=pd.Index(tenders.bids.tenders[rows], name="tender"))


def _rates(matrix: Matrix, collusive: Floats, degree: Floats, base: float) -> dict[str, Floats]:
    """Summaries over the bidders of each row of their shrunk rates."""
    matrix = sparse.csr_array(matrix)
    count = np.diff(matrix.indptr)
    row = np.repeat(np.arange(matrix.shape[0]), count)
    firm = matrix.indices
    rate = (collusive[firm] + 2 * base) / (degree[firm] + 2)
    order = np.lexsort((rate, row))
    rate = rate[order]
    start = matrix.indptr[:-1]
    last = start + count - 1
    # Top three: the last three of each sorted run, fewer where there are fewer.
    place = np.arange(len(rate)) - start[row]
    top = place >= (count - 3)[row]
    pooled = np.bincount(row, weights=collusive[firm], minlength=len(count))
    exposure = np.bincount(row, weights=degree[firm], minlength=len(count))
    return {
        "rate_mean": np.add.reduceat(rate, start) / count,
        "rate_max": rate[last],
        "rate_median": (rate[start + (count - 1) // 2] + rate[start + count // 2]) / 2,
        "rate_min": rate[start],
        "rate_top3": np.bincount(row, weights=rate * top) / np.minimum(count, 3),
        "rate_pooled": (pooled + 2 * base) / (exposure + 2),
        "rate_log_odds": np.add.reduceat(np.log(rate / (1 - rate)), start) / count,
    }

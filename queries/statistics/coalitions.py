"""Screens of a coalition of firms over the tenders in which they meet.

The coalition, not the tender, is the unit: its firms' bids alone are screened in every tender that at least two of
them entered, and the screens are summarised over these tenders. Imhof & Wallimann (2021), "Detecting bid-rigging
coalitions in different countries and auction formats", International Review of Law and Economics 68, 106016.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from queries.statistics.incidence import Incidence, Matrix, co_bids, pairs_of_tenders
from queries.statistics.prices import Floats, group, screens


def coalition_screens(
    tender: npt.ArrayLike, bidder: npt.ArrayLike, price: npt.ArrayLike, coalitions: Sequence[Sequence[object]]
) -> pd.DataFrame:
    """One row a coalition: `tenders` in which at least two of its firms bid, and screens of their bids alone.

    Columns `cv_median`, `cv_min`, `cv_mean`, `difference_median`, `relative_distance_median`, `ks_uniform_median`;
    NaN where no common tender carries the screen. A firm may belong to several coalitions.
    """
    members = pd.DataFrame(
        [(c, firm) for c, firms in enumerate(coalitions) for firm in firms], columns=["coalition", "bidder"]
    )
    bids = pd.DataFrame({"tender": np.asarray(tender), "bidder": np.asarray(bidder), "price": np.asarray(price)})
    rows = members.merge(bids, on="bidder")
    meeting = rows.groupby(["coalition", "tender"], sort=True).ngroup().to_numpy()
    table = screens(group(meeting, rows["price"]))
    owner = rows.groupby(meeting)["coalition"].first().reindex(table.index)
    table = table[table["n_bids"] >= 2]
    grouped = table.groupby(owner.loc[table.index].to_numpy())
    summary = pd.DataFrame(
        {
            "tenders": grouped.size(),
            "cv_median": grouped["cv"].median(),
            "cv_min": grouped["cv"].min(),
            "cv_mean": grouped["cv"].mean(),
            "difference_median": grouped["difference"].median(),
            "relative_distance_median": grouped["relative_distance"].median(),
            "ks_uniform_median": grouped["ks_uniform"].median(),
        }
    ).reindex(range(len(coalitions)))
    summary["tenders"] = summary["tenders"].fillna(0)
    return summary


def pair_history(bids: Incidence, screen: Floats, prior: float = 1.0) -> pd.DataFrame:
    """What the pairs of a tender's bidders did in their *other* common tenders, one row a tender.

    For each pair that meets in the tender, the mean of `screen` over the other tenders in which the two meet, shrunk to
    the overall mean by `prior` tenders; then over the pairs the `mean`, the `min` and the `max`. The tender's own value
    never enters. NaN where no two bidders of it meet.

    Args:
        bids: the incidence; `screen` has one value a tender, in its order (NaN counts as the overall mean).
        screen: a screen of each tender.
        prior: weight of the overall mean, in tenders.
    """
    overall = float(np.nanmean(screen)) if np.isfinite(screen).any() else 0.0
    value = np.where(np.isfinite(screen), screen, overall)
    tender, first, second = pairs_of_tenders(bids.matrix)
    shared = co_bids(bids.matrix)
    weighted = co_bids_weighted(bids, value)
    together = np.asarray(shared[first, second]).ravel() - 1.0
    total = np.asarray(weighted[first, second]).ravel() - value[tender]
    history = (total + prior * overall) / (together + prior)
    grouped = pd.Series(history).groupby(tender)
    table = pd.DataFrame({"mean": grouped.mean(), "min": grouped.min(), "max": grouped.max()})
    return table.reindex(range(len(bids.tenders))).set_axis(pd.Index(bids.tenders, name="tender"))


def co_bids_weighted(bids: Incidence, weight: Floats) -> Matrix:
    """Firm × firm: the sum of a tender's `weight` over the tenders in which two firms meet."""
    return sparse.csr_array(bids.matrix.T @ (sparse.diags_array(weight) @ bids.matrix))

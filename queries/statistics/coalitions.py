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

from queries.statistics.prices import screens
from queries.statistics.tenders import group


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
    bids = bids[bids["bidder"].isin(members["bidder"])]
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

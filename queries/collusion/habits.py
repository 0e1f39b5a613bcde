"""What the bidders of a tender usually do: how they price in their other tenders, and in which tenders they bid.

No label is read, nor a firm's name. The tender itself is left out of all its bidders' habits.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

from queries.collusion.features import Map, Tenders
from queries.statistics.tenders import Floats

_PRIOR = 2.0
"""A habit is a mean that the mean of all bids joins with the weight of so many bids."""


def readings(tenders: Tenders) -> pd.DataFrame:
    """What is read of each bid, in the order of `tenders.offers`.

    - of the bid: `level`, price / estimate; `markup`, price / lowest price - 1; `score`, distance to the mean in
      standard deviations; `rank` from 0 (lowest) to 1;
    - of its tender: `dispersion`, log of the coefficient of variation; `lowest`, lowest price / estimate; `size`, log
      of the estimate; `rivals`, number of bidders.

    Values that cannot be read are the median of those that can, 0 where none can.
    """
    offers = tenders.offers
    price, estimate = offers["price"], offers["estimate"].where(offers["estimate"] > 0)
    by_tender = price.groupby(offers["tender"])
    count, lowest, mean = by_tender.transform("size"), by_tender.transform("min"), by_tender.transform("mean")
    deviation = by_tender.transform("std")
    deviation = deviation.where(deviation > 0)
    table = pd.DataFrame(
        {
            "level": price / estimate,
            "markup": price / lowest - 1.0,
            "score": (price - mean) / deviation,
            "rank": (by_tender.rank() - 1.0) / (count - 1.0).clip(lower=1.0),
            "dispersion": np.log(deviation / mean),
            "lowest": lowest / estimate,
            "size": np.log(estimate),
            "rivals": count.astype(np.float64),
        }
    )
    return table.fillna(table.median()).fillna(0.0)


def habits(tenders: Tenders) -> pd.DataFrame:
    """Habits of the bidders of each tender, from their bids in other tenders.

    For each reading, over the bidders: `habit_<reading>_mean`, `_min`, `_max`, `_std` of their mean elsewhere, `_var`
    the mean of their standard deviation elsewhere, `_low` the habit of the lowest bidder.
    """
    offers = tenders.offers
    tender, firm = offers["tender"].to_numpy(), offers["bidder"].to_numpy()
    elsewhere = np.bincount(firm)[firm] - 1.0
    lowest = ~offers["tender"].duplicated().to_numpy()
    columns: dict[str, Floats] = {}

    def over_bidders(name: str, values: Floats, how: tuple[str, ...]) -> None:
        grouped = pd.Series(values).groupby(tender)
        columns.update({f"{name}_{each}": grouped.agg(each).to_numpy(np.float64) for each in how})

    for name, column in readings(tenders).items():
        x = column.to_numpy(np.float64)
        mean = _elsewhere(x, firm, elsewhere)
        variance = _elsewhere(x**2, firm, elsewhere) - mean**2
        over_bidders(f"habit_{name}", mean, ("mean", "min", "max", "std"))
        columns[f"habit_{name}_low"] = mean[lowest]
        over_bidders(f"habit_{name}_var", np.sqrt(np.maximum(variance, 0.0)), ("mean",))
    return pd.DataFrame(columns, index=pd.Index(tenders.bids.tenders, name="tender"))


def traits(tenders: Tenders, chart: Map) -> Floats:
    """What is known of each firm without labels, as normal scores, shape (firms, traits).

    The means of its readings that describe tenders and price levels, its largest tender, how often it bids, and where
    the map of the network puts it.
    """
    table = readings(tenders)[["size", "level", "lowest", "rivals", "dispersion"]]
    by_firm = table.groupby(tenders.offers["bidder"].to_numpy())
    parts = [by_firm.mean(), by_firm["size"].max(), by_firm["size"].size(), chart.loading]
    return normal_scores(np.column_stack([np.asarray(part, dtype=np.float64) for part in parts]))


def normal_scores(values: Floats) -> Floats:
    """Each column brought to the quantiles of a normal distribution by its ranks; ties share the middle."""
    return np.asarray(norm.ppf((rankdata(values, axis=0) - 0.5) / len(values)), dtype=np.float64)


def _elsewhere(x: Floats, firm: np.ndarray, elsewhere: Floats) -> Floats:
    """For each bid, the mean of its bidder's other bids, shrunk towards the mean of all."""
    return np.asarray(
        (np.bincount(firm, weights=x)[firm] - x + _PRIOR * x.mean()) / (elsewhere + _PRIOR), dtype=np.float64
    )

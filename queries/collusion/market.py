"""Bids of a snapshot as the statistical detectors read them: the SQL, and the arrays made of its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from queries.finding import Entity, Ref
from queries.statistics.incidence import Incidence, Matrix, incidence

BIDS = """
SELECT e.tender_id, e.bidder_id, p.name AS bidder_name, e.bid_id, e.price, e.is_winner, e.day, e.status,
       coalesce(e.consortium_id, e.bidder_id) AS unit, e.bid_key, e.tender_key,
       coalesce(t.category, '') AS category, coalesce(t.region, '') AS region, coalesce(e.method, '') AS method,
       t.estimate, t.ceiling_price
FROM entries e LEFT JOIN tenders t USING (tender_id) LEFT JOIN parties p ON p.id = e.bidder_id
WHERE e.status IS DISTINCT FROM 'withdrawn'
"""
"""Every bid that stood; needs the relations `entries` and `parties`."""

ORDER = "ORDER BY e.tender_id, e.bidder_id, e.bid_id"

RELATIONS = ("parties", "entries", "tender_sizes")


@dataclass(frozen=True, slots=True)
class Market:
    """Bids as arrays: who bid where, who won, and in which stratum and order of time each tender lies."""

    rows: pd.DataFrame
    bids: Incidence
    won: Matrix
    tender: pd.DataFrame
    days: npt.NDArray[np.datetime64]
    """When each tender was, NaT where that is unknown."""
    entered: sparse.csc_array
    """`bids.matrix` by bidder."""
    carried: sparse.csc_array
    """`won` by bidder."""
    starts: npt.NDArray[np.int64]
    """Where the rows of each tender begin, and after the last one the number of rows."""

    def stratum(self) -> npt.NDArray[np.str_]:
        """Category, region and year of each tender."""
        year = pd.to_datetime(self.tender["day"]).dt.year.fillna(0).astype(int).astype(str)
        return np.asarray((self.tender["category"] + "|" + self.tender["region"] + "|" + year).to_numpy(), dtype=str)

    def names(self) -> pd.Series:
        """The name of each bidder, or its id where no table names it."""
        first = self.rows.drop_duplicates("bidder_id").set_index("bidder_id")["bidder_name"]
        return first.where(first.notna(), first.index.to_series())

    def contests(self, members: tuple[str, ...], fewest: int = 2) -> Contests:
        """The tenders that a member won with at least `fewest` members bidding, in order of time."""
        at = np.searchsorted(self.bids.bidders, np.array(members))
        present = np.asarray(self.entered[:, at].toarray(), dtype=bool)
        won = np.asarray(self.carried[:, at].toarray(), dtype=bool)
        fit = np.flatnonzero((present.sum(axis=1) >= fewest) & (won.sum(axis=1) == 1))
        fit = fit[np.lexsort((fit, self.days[fit]))]
        return Contests(fit, present[fit], won[fit].argmax(axis=1))

    def records(self, tenders: npt.NDArray[np.str_], members: tuple[str, ...]) -> tuple[Ref, ...]:
        """The bids of the members in the tenders."""
        own = set(members)
        at = np.searchsorted(self.bids.tenders, tenders)
        spans = zip(self.starts[at].tolist(), self.starts[at + 1].tolist(), strict=True)
        places = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(start, end) for start, end in spans)])
        bids = self.rows.iloc[np.unique(places)]
        pairs = zip(bids["bidder_id"], bids["bid_key"], strict=True)
        return tuple(Ref("bids", int(key)) for bidder, key in pairs if bidder in own)


@dataclass(frozen=True, slots=True)
class Contests:
    """Tenders (positions), who of the members bid in each, and the column of the member that won."""

    tender: npt.NDArray[np.int64]
    present: npt.NDArray[np.bool_]
    winner: npt.NDArray[np.int64]


def market(rows: pd.DataFrame) -> Market:
    """Arrays of the rows of `BIDS`; the order of the rows makes no difference."""
    rows = rows.sort_values(["tender_id", "bidder_id", "bid_id"], kind="stable").reset_index(drop=True)
    network = incidence(rows["tender_id"].to_numpy(dtype=str), rows["bidder_id"].to_numpy(dtype=str))
    winners = rows[rows["is_winner"]]
    at = (
        np.searchsorted(network.tenders, winners["tender_id"].to_numpy(dtype=str)),
        np.searchsorted(network.bidders, winners["bidder_id"].to_numpy(dtype=str)),
    )
    won = sparse.csr_array((np.ones(len(winners)), at), shape=network.matrix.shape)
    won.sum_duplicates()
    won.data[:] = 1.0
    tender = rows.drop_duplicates("tender_id").set_index("tender_id").loc[network.tenders]
    return Market(
        rows,
        network,
        won,
        tender,
        days=pd.to_datetime(tender["day"]).to_numpy(),
        entered=network.matrix.tocsc(),
        carried=won.tocsc(),
        starts=np.append(np.flatnonzero(~rows.duplicated("tender_id")), len(rows)),
    )


def parties(members: tuple[str, ...], tenders: npt.NDArray[np.str_]) -> tuple[Entity, ...]:
    """The members and the tenders as entities of a finding."""
    return (
        *(Entity(str(member), "org", "bidder") for member in sorted(members)),
        *(Entity(str(tender), "tender", "tender") for tender in sorted(tenders)),
    )

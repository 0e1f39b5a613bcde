"""Bids of a snapshot as the statistical detectors read them: the SQL, and the arrays made of its rows."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from queries.detector import Sql
from queries.finding import Entity, Ref
from queries.statistics.incidence import Incidence, Matrix, numbered_incidence

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

BIDS = Sql("""
SELECT e.tender_id, e.bidder_id, p.name AS bidder_name, e.bid_id, e.price, e.is_winner, e.day, e.status,
       coalesce(e.consortium_id, e.bidder_id) AS unit, e.bid_key, e.tender_key,
       coalesce(t.category, '') AS category, coalesce(t.region, '') AS region, coalesce(e.method, '') AS method,
       t.estimate, t.ceiling_price, o.region AS home, o.established_on, o.size, c.ends
FROM entries e LEFT JOIN tenders t USING (tender_id) LEFT JOIN parties p ON p.id = e.bidder_id
LEFT JOIN orgs o ON o.org_id = e.bidder_id
LEFT JOIN (SELECT tender_id, supplier_id, max(due_on) AS ends FROM contracts WHERE due_on IS NOT NULL GROUP BY ALL) c
  ON c.tender_id = e.tender_id AND c.supplier_id = e.bidder_id AND e.is_winner
WHERE e.status IS DISTINCT FROM 'withdrawn'
ORDER BY e.tender_id, e.bidder_id, e.bid_id
""")
"""Every bid that stood, with what is known of its tender, its bidder (`home`, `established_on`, `size`) and until when
a winner is busy with it (`ends`). One text for all detectors of bids, so that a scan reads it once."""

RELATIONS = ("parties", "entries", "tender_sizes")


@dataclass(frozen=True, slots=True)
class Market:
    """Bids as arrays: who bid where, who won, and in which stratum and order of time each tender lies."""

    rows: pd.DataFrame
    """Sorted by tender, bidder and bid."""
    of_tender: Integers
    """The tender of each row, as its place in `bids.tenders`."""
    of_bidder: Integers
    """The bidder of each row, as its place in `bids.bidders`."""
    bids: Incidence
    won: Matrix
    tender: pd.DataFrame
    """The first row of each tender."""
    days: npt.NDArray[np.datetime64]
    """When each tender was, NaT where that is unknown."""
    entered: scipy.sparse.csc_array
    """`bids.matrix` by bidder."""
    carried: scipy.sparse.csc_array
    """`won` by bidder."""
    starts: Integers
    """Where the rows of each tender begin, and after the last one the number of rows."""

    def stratum(self) -> npt.NDArray[np.str_]:
        """Category, region and year of each tender."""
        year = pd.to_datetime(self.tender["day"]).dt.year.fillna(0).astype(int).astype(str)
        return np.asarray((self.tender["category"] + "|" + self.tender["region"] + "|" + year).to_numpy(), dtype=str)

    def names(self) -> pd.Series:
        """The name of each bidder, or its id where no table names it."""
        first = np.empty(len(self.bids.bidders), dtype=np.int64)
        first[self.of_bidder[::-1]] = np.arange(len(self.rows))[::-1]
        name = self.rows["bidder_name"].iloc[first].set_axis(pd.Index(self.bids.bidders, name="bidder_id"))
        return name.where(name.notna(), name.index.to_series())

    def first_of_unit(self) -> Booleans:
        """The rows without the further bids of a unit in one tender: partners of a consortium make one bid."""
        return ~self.rows[["unit"]].assign(tender=self.of_tender).duplicated(["tender", "unit"]).to_numpy()

    def where(self, chosen: npt.ArrayLike) -> Market:
        """The market of the chosen rows alone."""
        kept = np.asarray(chosen, dtype=bool)
        if kept.all():
            return self
        tender, tenders = _renumbered(self.of_tender[kept], self.bids.tenders)
        bidder, bidders = _renumbered(self.of_bidder[kept], self.bids.bidders)
        return _arrays(self.rows[kept].reset_index(drop=True), tender, tenders, bidder, bidders)

    def contests(self, members: tuple[str, ...], fewest: int = 2) -> Contests:
        """The tenders that a member won with at least `fewest` members bidding, in order of time."""
        at = np.searchsorted(self.bids.bidders, np.array(members))
        bid, bidder = _column_entries(self.entered, at)
        tenders, place = np.unique(bid, return_inverse=True)
        present = np.zeros((len(tenders), len(at)), dtype=bool)
        present[place, bidder] = True
        win, winner = _column_entries(self.carried, at)
        won = np.zeros_like(present)
        won[np.searchsorted(tenders, win), winner] = True
        fit = np.flatnonzero((present.sum(axis=1) >= fewest) & (won.sum(axis=1) == 1))
        fit = fit[np.lexsort((fit, self.days[tenders[fit]]))]
        return Contests(tenders[fit].astype(np.int64), present[fit], won[fit].argmax(axis=1))

    def of(self, bidder: str) -> pd.DataFrame:
        """The rows of a bidder."""
        return self.rows.iloc[np.flatnonzero(self.of_bidder == np.searchsorted(self.bids.bidders, bidder))]

    def within(self, tenders: npt.NDArray[np.str_], members: tuple[str, ...]) -> pd.DataFrame:
        """The rows of the members in the tenders."""
        at = np.unique(np.searchsorted(self.bids.tenders, tenders))
        spans = zip(self.starts[at].tolist(), self.starts[at + 1].tolist(), strict=True)
        places = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(start, end) for start, end in spans)])
        own = np.isin(self.of_bidder[places], np.searchsorted(self.bids.bidders, np.array(members)))
        return self.rows.iloc[places[own]]

    def records(self, tenders: npt.NDArray[np.str_], members: tuple[str, ...]) -> tuple[Ref, ...]:
        """The bids of the members in the tenders."""
        return tuple(Ref("bids", int(key)) for key in self.within(tenders, members)["bid_key"])


@dataclass(frozen=True, slots=True)
class Contests:
    """Tenders (positions), who of the members bid in each, and the column of the member that won."""

    tender: npt.NDArray[np.int64]
    present: npt.NDArray[np.bool_]
    winner: npt.NDArray[np.int64]


_made: dict[int, tuple[weakref.ref[pd.DataFrame], Market]] = {}
"""Markets by the frame they were made of, as long as that frame lives."""


def market(rows: pd.DataFrame) -> Market:
    """Arrays of the rows of `BIDS`; the order of the rows makes no difference.

    The detectors of a scan are handed one and the same frame, and share the market made of it.
    """
    held = _made.get(id(rows))
    if held and held[0]() is rows:
        return held[1]
    made = _market(rows)
    name = id(rows)
    _made[name] = (weakref.ref(rows, lambda _: _made.pop(name, None)), made)
    return made


def _market(rows: pd.DataFrame) -> Market:
    # Without its index it is another frame, so a market never keeps alive the frame that it was made of.
    rows = rows.reset_index(drop=True)
    tender, tenders = pd.factorize(rows["tender_id"], sort=True)
    bidder, bidders = pd.factorize(rows["bidder_id"], sort=True)
    key = tender.astype(np.int64) * max(1, len(bidders)) + bidder
    step = np.diff(key)
    again = np.flatnonzero(step == 0)
    bid = rows["bid_id"]
    if (step < 0).any() or (bid.iloc[again + 1].to_numpy() < bid.iloc[again].to_numpy()).any():
        order = rows[["bid_id"]].assign(key=key).sort_values(["key", "bid_id"], kind="stable").index.to_numpy()
        rows, tender, bidder = rows.iloc[order].reset_index(drop=True), tender[order], bidder[order]
    return _arrays(
        rows,
        tender.astype(np.int64),
        np.asarray(tenders.to_numpy(dtype=str)),
        bidder.astype(np.int64),
        np.asarray(bidders.to_numpy(dtype=str)),
    )


def _arrays(
    rows: pd.DataFrame,
    tender: Integers,
    tenders: npt.NDArray[np.str_],
    bidder: Integers,
    bidders: npt.NDArray[np.str_],
) -> Market:
    """The market of sorted rows whose tenders and bidders are numbered."""
    network = numbered_incidence(tender, tenders, bidder, bidders)
    winner = rows["is_winner"].to_numpy(dtype=bool)
    at = (tender[winner], bidder[winner])
    won = scipy.sparse.csr_array((np.ones(len(at[0])), at), shape=network.matrix.shape)
    won.sum_duplicates()
    won.data[:] = 1.0
    starts = np.searchsorted(tender, np.arange(len(tenders) + 1))
    about = rows.iloc[starts[:-1]].set_axis(pd.Index(tenders, name="tender_id"))
    return Market(
        rows,
        tender,
        bidder,
        network,
        won,
        about,
        days=pd.to_datetime(about["day"]).to_numpy(),
        entered=network.matrix.tocsc(),
        carried=won.tocsc(),
        starts=starts.astype(np.int64),
    )


def _renumbered(code: Integers, labels: npt.NDArray[np.str_]) -> tuple[Integers, npt.NDArray[np.str_]]:
    """Codes and labels without the labels that no code names."""
    there = np.zeros(len(labels), dtype=bool)
    there[code] = True
    return (np.cumsum(there) - 1)[code], labels[there]


def _column_entries(matrix: scipy.sparse.csc_array, columns: Integers) -> tuple[Integers, Integers]:
    """The rows of the entries of the columns, and for each the place of its column among them."""
    parts = [matrix.indices[matrix.indptr[column] : matrix.indptr[column + 1]] for column in columns]
    return np.concatenate(parts), np.repeat(np.arange(len(columns)), [len(part) for part in parts])


def parties(members: tuple[str, ...], tenders: npt.NDArray[np.str_]) -> tuple[Entity, ...]:
    """The members and the tenders as entities of a finding."""
    return (
        *(Entity(str(member), "org", "bidder") for member in sorted(members)),
        *(Entity(str(tender), "tender", "tender") for tender in sorted(tenders)),
    )

"""Bids of a snapshot as the statistical detectors read them: the SQL, and the arrays made of its rows."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
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
  ON c.tender_id = e.tender_id AND c.supplier_id = e.bidder_id
WHERE e.status IS DISTINCT FROM 'withdrawn'
ORDER BY e.tender_id, e.bidder_id, e.bid_id
""")
"""Every bid that stood, with what is known of its tender, its bidder (`home`, `established_on`, `size`) and until when
a contract of the tender keeps its bidder busy (`ends`). One text for all detectors of bids: a scan reads it once."""

RELATIONS = ("parties", "entries", "tender_sizes")

_OF_TENDER = ["day", "category", "region", "method", "estimate", "ceiling_price"]


@dataclass(frozen=True, slots=True)
class Market:
    """Bids as arrays: who bid where, who won, and in which stratum and order of time each tender lies."""

    frame: pd.DataFrame
    """Bids sorted by tender, bidder and bid."""
    at: Integers | None
    """Which of them are of this market; none: all."""
    of_tender: Integers
    """The tender of each row, as its place in `bids.tenders`."""
    of_bidder: Integers
    """The bidder of each row, as its place in `bids.bidders`."""
    bids: Incidence
    won: Matrix
    tender: pd.DataFrame
    """What the first row of each tender says of it."""
    days: npt.NDArray[np.datetime64]
    """When each tender was, NaT where that is unknown."""
    entered: scipy.sparse.csc_array
    """`bids.matrix` by bidder."""
    carried: scipy.sparse.csc_array
    """`won` by bidder."""
    starts: Integers
    """Where the rows of each tender begin, and after the last one the number of rows."""

    @property
    def rows(self) -> pd.DataFrame:
        """The bids of this market; those of a part are copied at each call, so read what few columns it takes."""
        return self.frame if self.at is None else self.frame.iloc[self.at].reset_index(drop=True)

    def column(self, name: str, rows: Integers | slice = slice(None)) -> pd.Series:
        """A column of the rows, or of those at the places given."""
        return self.frame[name].iloc[rows if self.at is None else self.at[rows]]

    def stratum(self) -> Integers:
        """Category, region and year of each tender as one number, in the order of their names."""
        return joined([self.tender["category"], self.tender["region"], years(self.tender["day"])], "|")[0]

    def names(self) -> pd.Series:
        """The name of each bidder, or its id where no table names it."""
        first = np.empty(len(self.bids.bidders), dtype=np.int64)
        first[self.of_bidder[::-1]] = np.arange(len(self.of_bidder))[::-1]
        name = self.column("bidder_name", first).set_axis(pd.Index(self.bids.bidders, name="bidder_id"))
        return name.where(name.notna(), name.index.to_series())

    def first_of_unit(self) -> Booleans:
        """The rows without the further bids of a unit in one tender: partners of a consortium make one bid."""
        return ~pd.Series(self.of_unit()).duplicated().to_numpy()

    def of_unit(self) -> Integers:
        """A number a tender and unit, of each row: partners of a consortium are one unit in their tender."""
        unit = pd.factorize(self.column("unit"))[0]
        return np.asarray(self.of_tender * (int(unit.max(initial=0)) + 1) + unit, dtype=np.int64)

    def prices(self) -> npt.NDArray[np.float64]:
        """The price of each row; NaN where it is unknown or not above zero, which no screen reads."""
        price = self.column("price").to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(price > 0, price, np.nan)

    def where(self, chosen: npt.ArrayLike) -> Market:
        """The market of the chosen rows alone."""
        kept = np.asarray(chosen, dtype=bool)
        if kept.all():
            return self
        tender, tenders = _renumbered(self.of_tender[kept], self.bids.tenders)
        bidder, bidders = _renumbered(self.of_bidder[kept], self.bids.bidders)
        at = np.flatnonzero(kept) if self.at is None else self.at[kept]
        return _arrays(self.frame, at, tender, tenders, bidder, bidders)

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
        at = int(np.searchsorted(self.bids.bidders, bidder))
        return self._taken(self._places(_column_entries(self.entered, np.array([at]))[0], np.array([at])))

    def within(self, tenders: npt.NDArray[np.str_], members: tuple[str, ...]) -> pd.DataFrame:
        """The rows of the members in the tenders."""
        return self._taken(self._named(tenders, members))

    def records(self, tenders: npt.NDArray[np.str_], members: tuple[str, ...]) -> tuple[Ref, ...]:
        """The bids of the members in the tenders."""
        return tuple(Ref("bids", int(key)) for key in self.column("bid_key", self._named(tenders, members)))

    def _taken(self, rows: Integers) -> pd.DataFrame:
        return self.frame.iloc[rows if self.at is None else self.at[rows]]

    def _named(self, tenders: npt.NDArray[np.str_], members: tuple[str, ...]) -> Integers:
        """The places of the rows of the members in the tenders."""
        at = np.searchsorted(self.bids.tenders, tenders)
        return self._places(np.unique(at), np.searchsorted(self.bids.bidders, np.array(members)))

    def _places(self, tenders: Integers, bidders: Integers) -> Integers:
        """The places of the rows of the bidders in the tenders, both numbered, the tenders in rising order."""
        spans = zip(self.starts[tenders].tolist(), self.starts[tenders + 1].tolist(), strict=True)
        places = np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(start, end) for start, end in spans)])
        return np.asarray(places[np.isin(self.of_bidder[places], bidders)], dtype=np.int64)


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
        None,
        tender.astype(np.int64),
        np.asarray(tenders.to_numpy(dtype=str)),
        bidder.astype(np.int64),
        np.asarray(bidders.to_numpy(dtype=str)),
    )


def _arrays(
    frame: pd.DataFrame,
    at: Integers | None,
    tender: Integers,
    tenders: npt.NDArray[np.str_],
    bidder: Integers,
    bidders: npt.NDArray[np.str_],
) -> Market:
    """The market of sorted rows, or of those at the places given, whose tenders and bidders are numbered."""
    network = numbered_incidence(tender, tenders, bidder, bidders)
    winner = frame["is_winner"].to_numpy(dtype=bool)
    winner = winner if at is None else winner[at]
    entries = (tender[winner], bidder[winner])
    won = scipy.sparse.csr_array((np.ones(len(entries[0])), entries), shape=network.matrix.shape)
    won.sum_duplicates()
    won.data[:] = 1.0
    starts = np.searchsorted(tender, np.arange(len(tenders) + 1))
    first = starts[:-1] if at is None else at[starts[:-1]]
    about = frame[_OF_TENDER].iloc[first].set_axis(pd.Index(tenders, name="tender_id"))
    return Market(
        frame,
        at,
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


def joined(columns: Sequence[pd.Series], between: str) -> tuple[Integers, npt.NDArray[np.str_]]:
    """The texts of several columns as one: for each row its place among those that occur, and these, sorted."""
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        place, texts = pd.factorize(column)
        code = code * max(1, len(texts)) + place
    _, first, code = np.unique(code, return_index=True, return_inverse=True)
    rows = zip(*(column.iloc[first].astype(str) for column in columns), strict=True)
    names, place = np.unique(np.array([between.join(row) for row in rows], dtype=str), return_inverse=True)
    return place[code].astype(np.int64), names


def years(days: pd.Series) -> pd.Series:
    """The year of each day, 0 where that is unknown."""
    return pd.to_datetime(days).dt.year.fillna(0).astype(int)


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

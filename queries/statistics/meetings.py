"""Who meets whom: bids as places in tenders, dealt anew by chance, and the pairs that meet more often than chance.

Firms meet within a *cell*: a stratum of the tenders (category, region, year) and a market of the firms. Chance deals
the bids of a cell anew to its places, so every firm keeps its activity, its time and its market, every tender its size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy

from queries.statistics.incidence import Incidence

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

_REPAIRS = 3
_BLOCK = 5_000


@dataclass(frozen=True, slots=True)
class Places:
    """The places in tenders and who holds them; several copies of a network stand side by side in one.

    Arrays of one entry a place, sorted by cell: `tender`, `firm`, `cell`, and `held`, false for a place that stays
    empty. `first` and `second` are the pairs of places of one tender and cell. `firms`, `cells` and `tenders` count all
    copies.
    """

    tender: Integers
    firm: Integers
    cell: Integers
    held: Booleans
    first: Integers
    second: Integers
    tenders: int
    firms: int
    cells: int

    def copied(self, copies: int) -> Places:
        """The network `copies` times, each with its own tenders, firms and cells."""
        number = np.arange(copies, dtype=np.int64)[:, None]
        return Places(
            tender=(self.tender + number * self.tenders).ravel(),
            firm=(self.firm + number * self.firms).ravel(),
            cell=(self.cell + number * self.cells).ravel(),
            held=np.tile(self.held, copies),
            first=(self.first + number * len(self.tender)).ravel(),
            second=(self.second + number * len(self.tender)).ravel(),
            tenders=self.tenders * copies,
            firms=self.firms * copies,
            cells=self.cells * copies,
        )

    def dealt(self, rng: np.random.Generator) -> Places:
        """The firms of each cell dealt anew to its places.

        A firm that falls twice into one tender changes places with others of the cell; where that does not help in
        `_REPAIRS` rounds, one of its places stays empty.
        """
        begin = np.concatenate([[0], np.cumsum(np.bincount(self.cell, minlength=self.cells))])
        firm = self.firm[_shuffled(self.cell, rng)]
        twice = self._twice(firm)
        for _ in range(_REPAIRS):
            if not len(twice):
                break
            # As many others of the same cells, wherever they are.
            cell = self.cell[twice]
            other = begin[cell] + (rng.random(len(cell)) * (begin[cell + 1] - begin[cell])).astype(np.int64)
            chosen = np.zeros(len(firm), dtype=bool)
            chosen[twice] = chosen[other] = True
            moved = np.flatnonzero(chosen)
            firm[moved] = firm[moved[_shuffled(self.cell[moved], rng)]]
            twice = self._twice(firm)
        held = self.held.copy()
        held[twice] = False
        return replace(self, firm=firm, held=held)

    def _twice(self, firm: Integers) -> Integers:
        """The places whose firm has an earlier one in the same tender."""
        twice = np.zeros(len(firm), dtype=bool)
        twice[self.second[firm[self.first] == firm[self.second]]] = True
        return np.flatnonzero(twice)

    def kept(self, chosen: Booleans) -> Places:
        """The chosen places only, with the numbers of tenders, firms and cells as they were."""
        position = np.cumsum(chosen) - 1
        pairs = chosen[self.first] & chosen[self.second]
        return replace(
            self,
            tender=self.tender[chosen],
            firm=self.firm[chosen],
            cell=self.cell[chosen],
            held=self.held[chosen],
            first=position[self.first[pairs]],
            second=position[self.second[pairs]],
        )


def places(bids: Incidence, cell: npt.ArrayLike) -> Places:
    """The places of an incidence.

    Args:
        bids: the incidence.
        cell: of each bid, in the order of the matrix's entries (by tender, then bidder), counted from 0.
    """
    matrix = bids.matrix
    tender = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    cells = np.asarray(cell, dtype=np.int64)
    order = np.lexsort((matrix.indices, tender, cells))
    tender, cells, firm = tender[order], cells[order], matrix.indices.astype(np.int64)[order]
    n = len(tender)
    begins = np.flatnonzero(np.r_[True, (tender[1:] != tender[:-1]) | (cells[1:] != cells[:-1])]) if n else tender
    size = np.diff(np.r_[begins, n])
    later = np.repeat(size, size) - (np.arange(n) - np.repeat(begins, size)) - 1
    first = np.repeat(np.arange(n), later)
    second = first + 1 + np.arange(len(first)) - np.repeat(np.cumsum(later) - later, later)
    return Places(
        tender=tender,
        firm=firm,
        cell=cells,
        held=np.ones(n, dtype=bool),
        first=first.astype(np.int64),
        second=second.astype(np.int64),
        tenders=matrix.shape[0],
        firms=matrix.shape[1],
        cells=int(cells.max()) + 1 if n else 0,
    )


class Chance:
    """How often chance lets firms meet.

    Two firms with d(i) and d(j) of the N bids of a cell meet d(i) d(j) 2M / (N² - Σd²) times, M being the meetings in
    the cell: over all its pairs of firms that is M. Dealing anew changes none of these, so every copy has the same
    chance; what was worked out for a pair is kept.
    """

    def __init__(self, where: Places) -> None:
        made = np.bincount(where.cell[where.first], minlength=where.cells).astype(np.float64)
        who, place, bids = _activity(where)
        total = np.bincount(place, weights=bids, minlength=where.cells)
        others = total**2 - np.bincount(place, weights=bids**2, minlength=where.cells)
        self.degree = np.bincount(where.firm, minlength=where.firms).astype(np.float64)
        self.factor = np.divide(2 * made, others, out=np.zeros(where.cells), where=others > 0)
        pointer = np.searchsorted(who, np.arange(where.firms + 1))
        self.activity = scipy.sparse.csr_array((bids, place, pointer), shape=(where.firms, where.cells))
        # Of the same pattern, in order: rows whose order SciPy does not know it multiplies far slower.
        self._scaled = scipy.sparse.csr_array((bids * self.factor[place], place, pointer), shape=self.activity.shape)
        # Pairs and what was worked out for them, replaced as one: several threads may ask.
        self._known: tuple[Integers, Floats] = np.empty(0, dtype=np.int64), np.empty(0)

    def of_pairs(self, first: Integers, second: Integers) -> Floats:
        """Expected meetings of pairs of firms, `first` < `second`."""
        firms = len(self.degree)
        code = first * firms + second
        pairs, expected = self._known
        new = _counted(np.sort(code))[0]
        if len(pairs):
            near = np.minimum(np.searchsorted(pairs, new), len(pairs) - 1)
            new = new[pairs[near] != new]
        if len(new):
            values = np.empty(len(new))
            for begin in range(0, len(new), _BLOCK):
                a, b = np.divmod(new[begin : begin + _BLOCK], firms)
                values[begin : begin + _BLOCK] = self._scaled[a].multiply(self.activity[b]).sum(axis=1)
            pairs, expected = np.concatenate([pairs, new]), np.concatenate([expected, values])
            order = np.argsort(pairs, kind="stable")
            pairs, expected = pairs[order], expected[order]
            self._known = pairs, expected
        return np.asarray(expected[np.searchsorted(pairs, code)])

    def within(self, firm: Integers, community: Integers, communities: int) -> Floats:
        """Expected meetings of all pairs inside each community: Σ over cells of factor × ((Σd)² - Σd²) / 2."""
        activity = scipy.sparse.csr_array(self.activity[firm]).tocoo()
        cells = max(1, len(self.factor))
        key = community[activity.row] * cells + activity.col
        order = np.argsort(key, kind="stable")
        key, count = _counted(key[order])
        entry = np.empty(len(order), dtype=np.int64)
        entry[order] = np.repeat(np.arange(len(key)), count)
        total = np.bincount(entry, weights=activity.data, minlength=len(key))
        squares = np.bincount(entry, weights=activity.data**2, minlength=len(key))
        both = self.factor[key % cells] * (total**2 - squares) / 2
        return np.bincount(key // cells, weights=both, minlength=communities).astype(np.float64)


def meetings(where: Places) -> tuple[Integers, Integers, Integers]:
    """Every pair of firms that met: first < second, and how often."""
    a, b = where.firm[where.first], where.firm[where.second]
    if not where.held.all():
        both = where.held[where.first] & where.held[where.second]
        a, b = a[both], b[both]
    code = np.minimum(a, b) * where.firms + np.maximum(a, b)
    code.sort()
    pairs, met = _counted(code)
    return pairs // max(1, where.firms), pairs % max(1, where.firms), met


def _shuffled(cell: Integers, rng: np.random.Generator) -> Integers:
    """Positions by cell, and in each cell in an order drawn by chance."""
    n = len(cell)
    # Sorted as one number, cell and draw: no two are equal, so the order is the same on every machine.
    draw = rng.permutation(n)
    key = cell * n + draw
    key.sort()
    at = np.empty(n, dtype=np.int64)
    at[draw] = np.arange(n)
    return np.asarray(at[key % max(1, n)], dtype=np.int64)


def _activity(where: Places) -> tuple[Integers, Integers, Floats]:
    """Firm, cell, and bids of the one in the other."""
    key = where.firm * where.cells + where.cell
    key.sort()
    key, count = _counted(key)
    who, place = np.divmod(key, max(1, where.cells))
    return who, place, count.astype(np.float64)


def _counted(ordered: Integers) -> tuple[Integers, Integers]:
    """The distinct values of a sorted array, and how often each occurs."""
    if not len(ordered):
        return ordered, ordered
    begins = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    return ordered[begins], np.diff(np.r_[begins, len(ordered)]).astype(np.int64)

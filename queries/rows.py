"""Rows of a select by column, cut into the many small parts that are judged one by one.

A select is one table; the matters in it (the bidders of a tender, the chains after a release) are a few rows each. As
a frame each such part costs a hundred times what reading its cells does, so a part is a list of places in columns that
all parts share.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pandas as pd


class Columns:
    """The columns of a frame as lists, made when they are first read; an empty cell is None."""

    __slots__ = ("_frame", "_lists")

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._lists: dict[str, list[Any]] = {}

    def __getitem__(self, column: str) -> list[Any]:
        """The cells of a column.

        Raises:
            KeyError: there is no such column.
        """
        cells = self._lists.get(column)
        if cells is None:
            series = self._frame[column]
            empty = series.isna().to_numpy(dtype=bool)
            cells = series.tolist()
            if empty.any():
                cells = [None if missing else cell for cell, missing in zip(cells, empty.tolist(), strict=True)]
            self._lists[column] = cells
        return cells

    @property
    def names(self) -> list[str]:
        """The columns' names, in the order of the select."""
        return [str(name) for name in self._frame.columns]


class Rows:
    """Some rows of a select: `rows["price"]` is the list of their prices; an empty cell is None."""

    __slots__ = ("_columns", "_cut", "_places")

    def __init__(self, columns: Columns, places: Sequence[int]) -> None:
        self._columns = columns
        self._places = places
        self._cut: dict[str, list[Any]] = {}

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Rows:
        """All rows of a frame."""
        return cls(Columns(frame), range(len(frame)))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, column: str) -> list[Any]:
        """The cells of a column.

        Raises:
            KeyError: there is no such column.
        """
        cells = self._cut.get(column)
        if cells is None:
            whole = self._columns[column]
            cells = self._cut[column] = [whole[place] for place in self._places]
        return cells

    def cells(self, *columns: str) -> Iterator[tuple[Any, ...]]:
        """The cells of several columns, row by row."""
        return zip(*(self[column] for column in columns), strict=True)

    def each(self) -> Iterator[dict[str, Any]]:
        """The rows one by one, by column."""
        names = self._columns.names
        return (dict(zip(names, row, strict=True)) for row in self.cells(*names))

    @property
    def first(self) -> dict[str, Any]:
        """The first row, by column.

        Raises:
            IndexError: there is none.
        """
        place = self._places[0]
        return {name: self._columns[name][place] for name in self._columns.names}

    def where(self, kept: Iterable[object]) -> Rows:
        """The rows for which it is true."""
        return self._at(place for place, keep in zip(self._places, kept, strict=True) if keep)

    def distinct(self, *columns: str) -> Rows:
        """The first row of each combination of cells."""
        seen: dict[tuple[Any, ...], int] = {}
        for place, cells in zip(self._places, self.cells(*columns), strict=True):
            seen.setdefault(cells, place)
        return self._at(seen.values())

    def ordered(self, *columns: str) -> Rows:
        """The rows sorted by columns without empty cells; those that are equal keep their order."""
        return self._at(place for _, place in sorted(zip(self.cells(*columns), self._places, strict=True)))

    def by(self, *columns: str) -> list[tuple[tuple[Any, ...], Rows]]:
        """The rows of each combination of cells, sorted by it, empty cells last; they keep their order."""
        parts = self._parts(*columns)
        order = sorted(parts, key=lambda cells: [(cell is None, cell) for cell in cells])
        return [(cells, self._at(parts[cells])) for cells in order]

    def split(self, *columns: str) -> list[Rows]:
        """The rows of each combination of cells, in the order of their first rows."""
        return [self._at(places) for places in self._parts(*columns).values()]

    def _parts(self, *columns: str) -> dict[tuple[Any, ...], list[int]]:
        parts: dict[tuple[Any, ...], list[int]] = {}
        for place, cells in zip(self._places, self.cells(*columns), strict=True):
            parts.setdefault(cells, []).append(place)
        return parts

    def _at(self, places: Iterable[int]) -> Rows:
        return Rows(self._columns, list(places))

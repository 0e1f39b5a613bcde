"""Spreadsheets and Parquet files as text columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import python_calamine

from loaders.delimited import HEADER_WITHIN, Rows
from loaders.messages import UnreadableSource

_BATCH = 1 << 17
_EXACT = 2**53
"""Above it a spreadsheet's number is not the number that was typed in."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet whose header was found."""

    name: str
    headers: tuple[str, ...]
    cells: list[list[Any]]
    """Rows below the header."""
    first_row: int

    def rows(self) -> Iterator[Rows]:
        """The rows, as text. Rows are numbered as the spreadsheet shows them."""
        width = len(self.headers)
        for start in range(0, len(self.cells), _BATCH):
            part = self.cells[start : start + _BATCH]
            arrays = [
                pa.array([_text(row[position]) if position < len(row) else None for row in part], pa.string())
                for position in range(width)
            ]
            numbers = np.arange(self.first_row + start, self.first_row + start + len(part))
            names = [str(position) for position in range(width)]
            yield Rows(pa.table([*arrays, pa.array(numbers)], names=[*names, "_row"]))


def open_workbook(file: Path) -> dict[str, tuple[int, list[list[Any]]]]:
    """The sheets of a workbook that have anything in them: by name, the number of the first row, and the rows.

    Raises:
        UnreadableSource: the workbook is damaged or has a password.
    """
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(file))
        sheets: dict[str, tuple[int, list[list[Any]]]] = {}
        for name in workbook.sheet_names:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if any(cell != "" for row in rows for cell in row):
                sheets[name] = (1, rows)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableSource(file, "damaged_sheet") from error
    return sheets


def find_sheet_header(
    file: Path,
    name: str,
    rows: list[list[Any]],
    score: Callable[[Sequence[str]], int],
    header_row: int | None = None,
) -> Sheet:
    """Find the header row of a sheet: the first of those with the most known headers.

    Raises:
        UnreadableSource: the sheet has no row that could be one.
    """
    best: tuple[int, int, tuple[str, ...]] | None = None
    for number, row in enumerate(rows[: max(HEADER_WITHIN, header_row or 0)]):
        if header_row is not None and number + 1 != header_row:
            continue
        cells = [(_text(cell) or "").strip() for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        if cells and (best is None or score(cells) > best[0]):
            best = score(cells), number, tuple(cells)
    if best is None:
        raise UnreadableSource(file, "no_header")
    return Sheet(name, best[2], rows[best[1] + 1 :], best[1] + 2)


def _text(cell: Any) -> str | None:
    match cell:
        case "" | None:
            return None
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float():
            if cell.is_integer():
                # In scientific form an identifier is refused by name instead of kept with wrong digits.
                return str(int(cell)) if abs(cell) < _EXACT else f"{cell:.15E}"
            return f"{Decimal(repr(cell)):f}"
        case int() if abs(cell) >= _EXACT:
            return f"{float(cell):.15E}"
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)


@dataclass(frozen=True, slots=True)
class ParquetRows:
    """A Parquet file; its first row is numbered 2, as if it stood below a header."""

    path: Path
    headers: tuple[str, ...]

    def rows(self) -> Iterator[Rows]:
        """The rows, every column as text."""
        row = 2
        for batch in pq.ParquetFile(self.path).iter_batches(_BATCH):
            arrays = [_as_text(column) for column in batch.columns]
            numbers = pa.array(np.arange(row, row + batch.num_rows))
            names = [str(position) for position in range(len(self.headers))]
            yield Rows(pa.table([*arrays, numbers], names=[*names, "_row"]))
            row += batch.num_rows


def open_parquet(file: Path) -> ParquetRows:
    """Open a Parquet file.

    Raises:
        UnreadableSource: it is damaged or cut off.
    """
    try:
        return ParquetRows(file, tuple(pq.ParquetFile(file).schema_arrow.names))
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableSource(file, "not_parquet") from error


def _as_text(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if pa.types.is_timestamp(kind):
        pattern = "%Y-%m-%dT%H:%M:%S" + ("Z" if kind.tz else "")
        if kind.tz:
            column = column.cast(pa.timestamp(kind.unit, "UTC"))
        return pc.strftime(column, format=pattern)
    if pa.types.is_floating(kind):
        return pa.array([None if cell is None else _text(cell) for cell in column.to_pylist()], pa.string())
    if pa.types.is_list(kind) or pa.types.is_struct(kind) or pa.types.is_binary(kind):
        return pa.array([None if cell is None else str(cell) for cell in column.to_pylist()], pa.string())
    return column.cast(pa.string())

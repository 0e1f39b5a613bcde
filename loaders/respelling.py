"""The careful way: rows with a cell that SQL did not read get its canonical spelling, or go to quarantine."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
from stdnum.cn import ric

from graph.schema import TABLES
from graph.schema.model import Column, Kind
from loaders.cells import Bad, Reading, half_width, reader

AS_OF = Column("as_of_date", Kind.DATE, "数据日期")
_CENT = 2


@dataclass(slots=True)
class Respelled:
    """What the careful reading of some rows gave."""

    rows: pa.Table
    """The rows all of whose cells have a reading, in canonical spelling."""
    blank: int
    """Rows without any cell; they are no rows."""
    unread: pa.Table
    """The rows with a cell that has none; the other cells of theirs that were odd in canonical spelling."""
    cells: list[pa.Table] = field(default_factory=list)
    """The cells without a reading: `_file`, `_row`, `column`, `value`, `reason`."""
    rounded: dict[str, int] = field(default_factory=dict)
    """Columns and how many of their amounts have more than two places."""


def respell(table: str, rows: pa.Table, odd: pa.ChunkedArray, secret: bytes) -> Respelled:
    """Read the odd cells of some rows.

    Args:
        table: canonical table.
        rows: text rows with `_row` and `_file`.
        odd: for each row, the bits of the columns whose cells are odd.
        secret: key of the pseudonyms.
    """
    declared = TABLES[table]
    blank = _blank(rows.select([name for name in rows.column_names if name in declared]))
    blanks = pc.sum(blank).as_py() or 0
    if blanks:
        keep = pc.invert(blank)
        rows, odd = rows.filter(keep), odd.filter(keep)
    result = Respelled(rows, blanks, rows)
    bad = pa.chunked_array([pa.repeat(False, rows.num_rows)], pa.bool_())
    for bit, column in enumerate((*declared.columns, AS_OF)):
        if column.name not in rows.column_names:
            continue
        is_odd = pc.not_equal(pc.bit_wise_and(odd, pa.scalar(1 << bit, odd.type)), 0)
        if pc.any(is_odd).as_py():
            spelled, reasons, rounded = _column(table, column, rows[column.name], is_odd, secret)
            wrong = pc.is_valid(reasons)
            bad = pc.or_(bad, wrong)
            result.cells.append(_cells(column.name, rows, reasons, wrong))
            rows = rows.set_column(rows.column_names.index(column.name), column.name, spelled)
            if rounded:
                result.rounded[column.name] = rounded
    result.unread = rows.filter(bad)
    result.rows = rows.filter(pc.invert(bad))
    return result


def _column(
    table: str, column: Column, cells: pa.ChunkedArray, is_odd: pa.ChunkedArray, secret: bytes
) -> tuple[pa.ChunkedArray, pa.ChunkedArray, int]:
    """The cells with the odd ones respelled, the reason for each that has no reading, how many were rounded."""
    read = reader(table, column)
    encoded = pc.dictionary_encode(pc.if_else(is_odd, cells, None).combine_chunks())
    spelled: list[str | None] = []
    reasons: list[str | None] = []
    for cell in encoded.dictionary.to_pylist():
        reading = _without_personal_number(read(cell), secret) if column.kind is Kind.ID else read(cell)
        if reading is None and column.required:
            reading = Bad("required_empty")
        spelled.append(None if isinstance(reading, Bad) else reading)
        reasons.append(reading.reason if isinstance(reading, Bad) else None)
    reason = pa.chunked_array([pa.array(reasons, pa.string()).take(encoded.indices)])
    if column.required:
        reason = pc.if_else(pc.and_(is_odd, pc.is_null(cells)), "required_empty", reason)
    respelled = pc.if_else(is_odd, pa.chunked_array([pa.array(spelled, pa.string()).take(encoded.indices)]), cells)
    rounded = 0
    if column.kind is Kind.MONEY:
        fine = pa.array([len((text or "").partition(".")[2]) > _CENT for text in spelled], pa.bool_())
        rounded = pc.sum(fine.take(encoded.indices)).as_py() or 0
    return respelled, reason, rounded


def _without_personal_number(reading: Reading, secret: bytes) -> Reading:
    """A resident identity number is no identifier: its pseudonym takes its place."""
    if isinstance(reading, str):
        number = half_width(reading).upper()
        if len(number) == 18 and ric.is_valid(number):
            return pseudonym(secret, number)
    return reading


def pseudonym(secret: bytes, number: str) -> str:
    """What stands for a personal number: `p-` and 32 hex digits of its keyed hash."""
    return "p-" + hmac.digest(secret, number.encode(), hashlib.sha256).hex()[:32]


def _cells(column: str, rows: pa.Table, reasons: pa.ChunkedArray, wrong: pa.ChunkedArray) -> pa.Table:
    taken = rows.select(["_file", "_row"]).append_column("value", rows[column]).append_column("reason", reasons)
    return taken.filter(wrong).append_column("column", pa.repeat(pa.scalar(column), pc.sum(wrong).as_py() or 0))


def _blank(rows: pa.Table) -> pa.ChunkedArray:
    nothing = pa.chunked_array([pa.repeat(True, rows.num_rows)])
    for column in rows.columns:
        nothing = pc.and_(nothing, pc.is_null(column))
    return nothing

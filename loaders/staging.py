"""Batches of text rows become typed rows in a staging table; what cannot be read goes to quarantine."""
# ruff: noqa: S608 - SQL composed of names that the schema declares.

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa

from graph.schema import PROVENANCE_HEADERS, TABLES
from loaders import quarantine, unread, validating
from loaders.adapter import Batch, Rejected
from loaders.report import LoadReport
from loaders.respelling import respell

_BLOCK = 64
"""Bytes of a SHA-256 block."""
_WAITING_ROWS = 1 << 16
"""Rows that are gathered before they are typed: a thousand small documents cost a thousand statements otherwise."""

_Shape = tuple[str, tuple[str, ...], bool]
"""Table, columns and whether empty cells say nothing: rows of one shape are typed by one statement."""


class Stage:
    """The rows of one load, typed, a DuckDB table `staged_<table>` for each canonical table that has any."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, secret: bytes, report: LoadReport) -> None:
        self.connection = connection
        self.tables: set[str] = set()
        self.suspects: dict[str, set[str]] = {}
        """Columns of a table that may have cells that begin like formulas."""
        self._report = report
        self._secret = secret
        self._files: list[str] = []
        self._waiting: dict[_Shape, list[pa.Table]] = {}
        key = secret.ljust(_BLOCK, b"\0")
        for name, pad in (("inner_key", 0x36), ("outer_key", 0x5C)):
            connection.execute(f"SET VARIABLE {name} = ?::BLOB", [bytes(byte ^ pad for byte in key)])
        connection.register("no_quarantine", quarantine.SCHEMA.empty_table())
        connection.execute("CREATE TEMP TABLE quarantine AS FROM no_quarantine")
        connection.execute(unread.CREATE)

    @property
    def files(self) -> tuple[str, ...]:
        """The files of the load so far."""
        return tuple(self._files)

    def next_file(self, name: str) -> None:
        """The batches that follow are of this file. Later files win over earlier ones."""
        self._files.append(name)

    def add(self, batch: Batch, source: int, *, sparse: bool = False) -> None:
        """Take in a batch of the current file.

        Args:
            batch: text rows of one table.
            source: index of the file in the manifest's sources.
            sparse: an empty cell does not replace an earlier value.
        """
        counts = self._report.table(batch.table)
        refused = len({item.row for item in batch.rejected})
        counts.quarantined += refused
        counts.read += batch.rows.num_rows + refused
        self._quarantine_rows(batch.rejected)
        if not batch.rows.num_rows:
            return
        columns = tuple(
            name
            for name in batch.rows.column_names
            if name in TABLES[batch.table] or name in PROVENANCE_HEADERS or name == "_derived"
        )
        rows = batch.rows.select([*columns, "_row"])
        for name, value in (("_source", source), ("_file", len(self._files) - 1)):
            rows = rows.append_column(name, pa.array(np.full(rows.num_rows, value, np.int32)))
        shape = (batch.table, columns, sparse)
        waiting = self._waiting.setdefault(shape, [])
        waiting.append(rows)
        if sum(table.num_rows for table in waiting) >= _WAITING_ROWS:
            self._type(shape)

    def finish(self) -> None:
        """Type what waits."""
        for shape in list(self._waiting):
            self._type(shape)

    def drop(self, table: str) -> None:
        """Forget the rows of a table."""
        self.connection.execute(f"DROP TABLE staged_{table}")
        self.tables.discard(table)

    def _type(self, shape: _Shape) -> None:
        table, columns, sparse = shape
        if table not in self.tables:
            self.connection.execute(validating.create_stage(table))
            self.tables.add(table)
        rows = pa.concat_tables(self._waiting.pop(shape)).combine_chunks()
        rows = rows.append_column("_n", pa.array(np.arange(rows.num_rows)))
        self._insert(table, columns, rows, careful=False, sparse=sparse)
        odd = self._take_odd(table)
        if odd.num_rows:
            result = respell(table, rows.take(odd["_n"]), odd["_odd"], self._secret)
            counts = self._report.table(table)
            counts.read -= result.blank
            counts.quarantined += result.unread.num_rows
            self._note_unread(table, result.unread)
            for cells in result.cells:
                self._quarantine_cells(table, cells)
            for column, count in result.rounded.items():
                self._report.warn("money_rounded", table=table, column=column, count=count)
            if result.rows.num_rows:
                self._insert(table, columns, result.rows, careful=True, sparse=sparse)
                self._refuse(table)

    def _insert(self, table: str, columns: tuple[str, ...], rows: pa.Table, *, careful: bool, sparse: bool) -> None:
        messy = validating.messy_columns(rows)
        self.suspects.setdefault(table, set()).update(validating.formula_columns(rows))
        self.connection.register("raw", rows)
        self.connection.execute(validating.insert(table, columns, messy=messy, careful=careful, sparse=sparse))
        self.connection.unregister("raw")

    def _take_odd(self, table: str) -> pa.Table:
        """The odd rows that were just staged, with what they name; they are taken out again."""
        names = "".join(f', "{column.name}"' for column in unread.naming(table))
        query = f"SELECT _n, _odd, _row, _file{names} FROM staged_{table} WHERE _odd <> 0 ORDER BY _n"
        odd = self.connection.sql(query).to_arrow_table()
        if odd.num_rows:
            self.connection.execute(f"DELETE FROM staged_{table} WHERE _odd <> 0")
        return odd

    def _refuse(self, table: str) -> None:
        """What is odd after the careful reading is a value that its column cannot hold."""
        odd = self._take_odd(table)
        if odd.num_rows:
            names = [column.name for column in TABLES[table].columns]
            columns = [names[(bits & -bits).bit_length() - 1] for bits in odd["_odd"].to_pylist()]
            nothing = pa.nulls(odd.num_rows, pa.string())
            cells = odd.select(["_file", "_row"]).append_column("column", pa.array(columns))
            cells = cells.append_column("value", nothing)
            self._quarantine_cells(table, cells.append_column("reason", pa.repeat("unreadable", odd.num_rows)))
            self._report.table(table).quarantined += odd.num_rows
            self._note_unread(table, odd)

    def _note_unread(self, table: str, rows: pa.Table) -> None:
        if (lines := unread.lines(table, self._files, rows)).num_rows:
            self.connection.register("not_read", lines)
            self.connection.execute("INSERT INTO unread FROM not_read")
            self.connection.unregister("not_read")

    def _quarantine_rows(self, rejected: Sequence[Rejected]) -> None:
        if rejected:
            self._quarantine(quarantine.from_rejected(self._files[-1], rejected))

    def _quarantine_cells(self, table: str, cells: pa.Table) -> None:
        if cells.num_rows:
            self._quarantine(quarantine.from_cells(table, self._files, cells))

    def _quarantine(self, lines: pa.Table) -> None:
        self.connection.register("refused", lines)
        self.connection.execute("INSERT INTO quarantine FROM refused")
        self.connection.unregister("refused")

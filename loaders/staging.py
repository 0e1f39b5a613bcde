"""Batches of text rows become typed rows in a staging table; what cannot be read goes to quarantine."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from stdnum.cn import ric

from graph.schema import PROVENANCE_HEADERS, TABLES
from graph.schema.model import Column, Kind
from loaders import quarantine, validating
from loaders.adapter import Batch, Rejected
from loaders.cells import Bad, half_width, reader
from loaders.report import LoadReport

_BLOCK = 64
"""Bytes of a SHA-256 block."""


class Stage:
    """The rows of one load, typed, a DuckDB table `staged_<table>` for each canonical table that has any."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, secret: bytes, report: LoadReport) -> None:
        self.connection = connection
        self.tables: set[str] = set()
        self._report = report
        self._secret = secret
        self._batches = 0
        key = secret.ljust(_BLOCK, b"\0")
        for name, pad in (("inner_key", 0x36), ("outer_key", 0x5C)):
            connection.execute(f"SET VARIABLE {name} = ?::BLOB", [bytes(byte ^ pad for byte in key)])
        connection.register("no_quarantine", quarantine.SCHEMA.empty_table())
        connection.execute("CREATE TEMP TABLE quarantine AS FROM no_quarantine")

    def add(self, batch: Batch, file: str, source: int, *, sparse: bool = False) -> None:
        """Type the rows of a batch.

        Args:
            batch: text rows of one table.
            file: name of the file, for quarantine and warnings.
            source: index of the file in the manifest's sources.
            sparse: an empty cell does not replace an earlier value.
        """
        table = batch.table
        counts = self._report.table(table)
        self._quarantine(file, batch.rejected)
        counts.quarantined += len({item.row for item in batch.rejected})
        counts.read += batch.rows.num_rows + len({item.row for item in batch.rejected})
        if not batch.rows.num_rows:
            return
        if table not in self.tables:
            self.connection.execute(validating.create_stage(table))
            self.tables.add(table)
        self._batches += 1
        rows = batch.rows.append_column("_n", pa.array(range(batch.rows.num_rows), pa.int64()))
        self._insert(table, rows, source, careful=False, sparse=sparse)
        odd = self.connection.sql(
            f"SELECT _n, _odd FROM staged_{table} WHERE _batch = ? AND _odd <> 0 ORDER BY _n",  # noqa: S608
            params=[self._batches],
        ).to_arrow_table()
        if odd.num_rows:
            self.connection.execute(f"DELETE FROM staged_{table} WHERE _odd <> 0")  # noqa: S608
            self._read_carefully(table, file, rows.take(odd["_n"]), odd["_odd"], source, sparse)

    def drop(self, table: str) -> None:
        """Forget the rows of a table."""
        self.connection.execute(f"DROP TABLE staged_{table}")
        self.tables.discard(table)

    def _insert(self, table: str, rows: pa.Table, source: int, *, careful: bool, sparse: bool) -> None:
        columns = tuple(
            name
            for name in rows.column_names
            if name in TABLES[table] or name in PROVENANCE_HEADERS or name == "_derived"
        )
        self.connection.register("raw", rows)
        self.connection.execute(
            validating.insert(table, columns, messy=validating.messy_columns(rows), careful=careful, sparse=sparse),
            [source, self._batches],
        )
        self.connection.unregister("raw")

    def _read_carefully(
        self, table: str, file: str, rows: pa.Table, odd: pa.ChunkedArray, source: int, sparse: bool
    ) -> None:
        """Spell the odd cells canonically, quarantine the rows with a cell that has no reading, stage the others."""
        declared = TABLES[table]
        own = [name for name in rows.column_names if name in declared]
        blank = _all_null(rows.select(own))
        if blank.true_count:
            self._report.table(table).read -= blank.true_count
            keep = pc.invert(blank)
            rows, odd = rows.filter(keep), odd.filter(keep)
        bad = pa.chunked_array([pa.repeat(False, rows.num_rows)], pa.bool_())
        rejected: list[Rejected] = []
        cells = [(bit, column) for bit, column in enumerate(declared.columns)]
        cells.append((len(declared.columns), Column("as_of_date", Kind.DATE, "数据日期")))
        for bit, column in cells:
            if column.name not in rows.column_names:
                continue
            is_odd = pc.not_equal(pc.bit_wise_and(odd, pa.scalar(1 << bit, odd.type)), 0)
            if not pc.any(is_odd).as_py():
                continue
            rows, wrong, reasons = self._respell(table, column, rows, is_odd)
            bad = pc.or_(bad, wrong)
            places = rows["_row"].filter(wrong).to_pylist()
            values = rows[column.name].filter(wrong).to_pylist()
            rejected += [
                Rejected(table, row, column.name, value, reason)
                for row, value, reason in zip(places, values, reasons, strict=True)
            ]
        rejected.sort(key=lambda item: item.row)
        self._quarantine(file, rejected)
        self._report.table(table).quarantined += pc.sum(bad).as_py() or 0
        rows = rows.filter(pc.invert(bad))
        if not rows.num_rows:
            return
        self._insert(table, rows, source, careful=True, sparse=sparse)
        self._reject_the_rest(table, file)

    def _respell(
        self, table: str, column: Column, rows: pa.Table, is_odd: pa.ChunkedArray
    ) -> tuple[pa.Table, pa.ChunkedArray, list[str]]:
        """The rows with the odd cells of one column respelled, which of them have no reading, and why each has none."""
        cells = rows[column.name].combine_chunks()
        read = reader(table, column)
        encoded = pc.dictionary_encode(pc.if_else(is_odd, cells, None)).combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0)
        spelled: list[str | None] = []
        reasons: list[str | None] = []
        for cell in encoded.dictionary.to_pylist():
            reading = self._party(read(cell)) if column.kind is Kind.ID else read(cell)
            if reading is None and column.required:
                reading = Bad("required_empty")
            spelled.append(None if isinstance(reading, Bad) else reading)
            reasons.append(reading.reason if isinstance(reading, Bad) else None)
        reason = pa.array(reasons, pa.string()).take(encoded.indices)
        if column.required:
            reason = pc.if_else(pc.and_(is_odd, cells.is_null()), "required_empty", reason)
        wrong = pc.and_(is_odd, reason.is_valid())
        respelled = pc.if_else(is_odd, pa.array(spelled, pa.string()).take(encoded.indices), cells)
        # A cell without a reading keeps its text, for quarantine.
        respelled = pc.if_else(wrong, cells, respelled)
        position = rows.column_names.index(column.name)
        rows = rows.set_column(position, column.name, respelled)
        return rows, _chunked(wrong), _chunked(reason).filter(_chunked(wrong)).to_pylist()

    def _party(self, reading: str | Bad | None) -> str | Bad | None:
        """A resident identity number is no identifier: its pseudonym takes its place."""
        if isinstance(reading, str) and len(number := half_width(reading).upper()) == 18 and ric.is_valid(number):
            return pseudonym(self._secret, number)
        return reading

    def _reject_the_rest(self, table: str, file: str) -> None:
        """What is odd after the careful reading is a value that its column cannot hold."""
        rest = self.connection.execute(
            f"SELECT _row, _odd FROM staged_{table} WHERE _odd <> 0 ORDER BY _row"  # noqa: S608
        ).fetchall()
        if not rest:
            return
        self.connection.execute(f"DELETE FROM staged_{table} WHERE _odd <> 0")  # noqa: S608
        names = [column.name for column in TABLES[table].columns]
        self._quarantine(
            file,
            [Rejected(table, row, names[(bits & -bits).bit_length() - 1], None, "unreadable") for row, bits in rest],
        )
        self._report.table(table).quarantined += len(rest)

    def _quarantine(self, file: str, rejected: Sequence[Rejected]) -> None:
        if rejected:
            self.connection.register("rejected", quarantine.as_table(file, rejected))
            self.connection.execute("INSERT INTO quarantine FROM rejected")
            self.connection.unregister("rejected")


def pseudonym(secret: bytes, number: str) -> str:
    """What stands for a personal number: `p-` and 32 hex digits of its keyed hash."""
    return "p-" + hmac.digest(secret, number.encode(), hashlib.sha256).hex()[:32]


def _chunked(array: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _all_null(rows: pa.Table) -> pa.ChunkedArray:
    nothing = pa.chunked_array([pa.repeat(True, rows.num_rows)])
    for column in rows.columns:
        nothing = pc.and_(nothing, pc.is_null(column))
    return nothing

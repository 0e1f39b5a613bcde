"""Source rows by their reference: what stands in the files that evidence rests on."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from graph.schema import TABLES
from graph.schema.model import Kind, Table
from graph.snapshot import Source
from queries.explore.masking import HIDDEN_COLUMNS, MASKED_COLUMNS, mask
from queries.explore.shapes import SourceRow, row_ref

FILE = "rows.duckdb"


def write_rows(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Copy the stored tables, sorted by the hash of their keys, into a database that finds a row without a scan."""
    connection.execute(f"ATTACH '{_quoted(folder / FILE)}' AS explored")
    try:
        for table in TABLES:
            connection.execute(f"CREATE TABLE explored.{table} AS SELECT * FROM stored_{table} ORDER BY _key, _row")
            connection.execute(f"CREATE INDEX {table}_key ON explored.{table} (_key)")
        connection.execute("CREATE TABLE explored.aliases AS SELECT * FROM aliases ORDER BY id")
    finally:
        connection.execute("DETACH explored")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def open_rows(folder: Path) -> duckdb.DuckDBPyConnection:
    """The copied tables, to be read only; take a cursor for each thread."""
    connection = duckdb.connect(str(folder / FILE), read_only=True)
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    return connection


def parse_ref(ref: str) -> tuple[str, int] | None:
    """Table and key of a reference `table:hex16`; None if it is none."""
    table, colon, digits = ref.partition(":")
    if table not in TABLES or not colon or len(digits) != 16:
        return None
    try:
        key = int(digits, 16)
    except ValueError:
        return None
    return table, key - (1 << 64) if key >= 1 << 63 else key


def source_rows(
    connection: duckdb.DuckDBPyConnection, refs: Iterable[str], sources: Sequence[Source]
) -> list[SourceRow]:
    """The rows of those references, in the order asked, one query a table; a reference to no row is left out."""
    wanted = list(dict.fromkeys(refs))
    by_table: dict[str, list[int]] = {}
    for ref in wanted:
        if parsed := parse_ref(ref):
            by_table.setdefault(parsed[0], []).append(parsed[1])
    found: dict[str, SourceRow] = {}
    cursor = connection.cursor()
    for name, keys in by_table.items():
        rows = cursor.execute(
            f"SELECT * FROM {name} WHERE _key IN (SELECT unnest(?::BIGINT[])) ORDER BY _key, _row", [keys]
        )
        columns = [column[0] for column in rows.description or ()]
        for values in rows.fetchall():
            row = _row(TABLES[name], dict(zip(columns, values, strict=True)), sources)
            found.setdefault(row.ref, row)
    return [found[ref] for ref in wanted if ref in found]


def _row(table: Table, row: dict[str, Any], sources: Sequence[Source]) -> SourceRow:
    hidden, masked = HIDDEN_COLUMNS.get(table.name, frozenset()), MASKED_COLUMNS.get(table.name, frozenset())
    columns: dict[str, Any] = {}
    for column in table.columns:
        value = row[column.name]
        if value is None or column.name in hidden:
            continue
        if column.name in masked:
            value = mask("account", value)
        elif table.name == "contacts" and column.name == "value":
            value = mask(row["kind"], value)
        columns[column.name] = _shown(column.kind, value)
    as_of = row["_as_of"]
    return SourceRow(
        ref=row_ref(table.name, row["_key"]),
        table=table.name,
        file=sources[row["_source"]].file,
        row=row["_row"],
        columns=columns,
        terms={name: table[name].zh for name in columns},
        source_record_id=row["_record"],
        source_system=row["_system"],
        as_of=as_of.isoformat() if as_of else None,
    )


def _shown(kind: Kind, value: Any) -> Any:
    if kind is Kind.MONEY:
        sign, minor = "-" if value < 0 else "", abs(value)
        return f"{sign}{minor // 100}.{minor % 100:02d}"
    return value.isoformat() if isinstance(value, datetime.date) else value

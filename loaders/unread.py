"""What the rows name that could not be read: without them, nobody can say that a payment or an entry is not there."""
# ruff: noqa: S608 - SQL composed of names that the schema declares.

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from graph.schema import TABLES
from graph.schema.model import Column, Kind
from loaders.cells import half_width

CREATE = """
CREATE TEMP TABLE unread
  (file VARCHAR, row BIGINT, "table" VARCHAR, "column" VARCHAR, refers VARCHAR, value VARCHAR)"""
"""The statement that makes the table of what unread rows name; `refers` is the table that has what is named."""


def naming(table: str) -> list[Column]:
    """The columns by which a row names other rows, and its own id where that is its key."""
    declared = TABLES[table]
    return [column for column in declared.columns if column.kind is Kind.ID and _refers(table, column)]


def _refers(table: str, column: Column) -> str | None:
    return column.refers or (table if TABLES[table].key == (column.name,) else None)


def lines(table: str, files: Sequence[str], rows: pa.Table) -> pa.Table:
    """What rows name, in the form of the table `unread`; ids without blanks and in half width, as rows that are read.

    Args:
        table: canonical table.
        files: of the load.
        rows: with `_file`, `_row` and columns of the table as text.
    """
    parts: list[tuple[str, int, str, str, str | None, str]] = []
    places = list(zip(rows["_file"].to_pylist(), rows["_row"].to_pylist(), strict=True))
    for column in naming(table):
        if column.name in rows.column_names:
            for (file, row), cell in zip(places, rows[column.name].to_pylist(), strict=True):
                if value := half_width(cell or "").strip():
                    parts.append((files[file], row, table, column.name, _refers(table, column), value))
    names = ("file", "row", "table", "column", "refers", "value")
    types = (pa.string(), pa.int64(), pa.string(), pa.string(), pa.string(), pa.string())
    columns = list(zip(*parts, strict=True)) or [()] * len(names)
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def write(
    connection: duckdb.DuckDBPyConnection,
    previous: Path | None,
    target: Path,
    files: Collection[str],
    tables: Mapping[str, Path],
) -> str | None:
    """Write what is unread after a load, and give a hash of it, the same in whatever order and from whatever file.

    Where every row was read nothing is written, and there is no hash.

    What earlier loads could not read stays unread until its file is loaded again, or a row of its id is read.

    Args:
        connection: with the table `unread` of this load.
        previous: the file of the last snapshot.
        target: the file to write.
        files: of this load.
        tables: the tables of the snapshot.
    """
    if previous is not None:
        connection.execute(
            "INSERT INTO unread FROM read_parquet(?) WHERE file NOT IN (SELECT unnest(?))", [str(previous), list(files)]
        )
    for name, table in tables.items():
        if len(TABLES[name].key) == 1:
            (key,) = TABLES[name].key
            connection.execute(
                f"""DELETE FROM unread WHERE "table" = '{name}' AND (file, row) IN (
                      SELECT (u.file, u.row) FROM unread u SEMI JOIN read_parquet(?) t ON t."{key}" = u.value
                      WHERE u."table" = '{name}' AND u."column" = '{key}')""",
                [str(table)],
            )
    named = """SELECT md5(string_agg(line, '' ORDER BY line)) FROM
               (SELECT DISTINCT concat_ws(' ', "table", "column", value) AS line FROM unread)"""
    ((content,),) = connection.execute(named).fetchall()
    if content is not None:
        path = str(target).replace("'", "''")
        connection.execute(f"COPY (SELECT DISTINCT * FROM unread ORDER BY ALL) TO '{path}' (FORMAT parquet)")
    return str(content) if content is not None else None

"""The staged rows of one table and the last snapshot's become the next snapshot's.

A row is named by `_key`. Rows of one key are laid over each other in the order of their `as_of_date`, then of their
arrival: the last snapshot first, then file by file, row by row. Each replaces the columns that it has (`_has`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from graph.schema import PROVENANCE, TABLES
from graph.schema.model import Table
from graph.snapshot import TableInfo
from loaders.quarantine import explain
from loaders.report import LoadReport, TableReport
from loaders.validating import hash_of


class KeyCollision(Exception):
    """Two different rows have the same 63-bit key: nothing was written."""


CREATE_UPDATES = """
CREATE TEMP TABLE updates ("table" VARCHAR, key VARCHAR, "column" VARCHAR, earlier VARCHAR, later VARCHAR,
                           earlier_source INTEGER, earlier_row BIGINT, later_source INTEGER, later_row BIGINT)"""
"""The statement that makes the table of changed values."""


def merge(
    connection: duckdb.DuckDBPyConnection, name: str, previous: Path | None, target: Path, counts: TableReport
) -> bool:
    """Merge `staged_<name>` into the table of the last snapshot, and write it to `target` if that changes it.

    Counts are added to `counts`; changed values go to the table `updates`. Answers whether a file was written;
    otherwise the last snapshot's stands.

    Raises:
        KeyCollision: two rows with different key columns have one `_key`.
    """
    table = TABLES[name]
    stored = ", ".join(f'"{column}"' for column in (*table.names, *PROVENANCE))
    if previous is None and not _repeats(connection, name):
        (rows,) = _one(connection, f"SELECT count(*) FROM staged_{name}")
        counts.new += rows
        counts.total = rows
        if rows:
            _write(connection, f"SELECT {stored} FROM staged_{name}", target)
        return rows > 0
    _gather(connection, table, previous)
    _check_keys(connection, table)
    _fold(connection, table)
    _count(connection, name, counts)
    _note_updates(connection, table)
    (changed, before) = _one(
        connection,
        "SELECT count(*) FILTER (before_hash IS DISTINCT FROM _hash), "
        f"(SELECT count(*) FROM before_{name}) FROM folded_{name}",
    )
    (new,) = _one(connection, f"SELECT count(*) FROM single_{name}")
    counts.total = before + counts.new
    if changed or new:
        _write(
            connection,
            f"SELECT {stored} FROM before_{name} ANTI JOIN "
            f"(SELECT _key FROM folded_{name} WHERE before_hash <> _hash) USING (_key) "
            f"UNION ALL SELECT {stored} FROM single_{name} "
            f"UNION ALL SELECT {stored} FROM folded_{name} WHERE before_hash IS DISTINCT FROM _hash",
            target,
        )
    return bool(changed or new)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    (row,) = connection.execute(query).fetchall()
    return tuple(row)


def _write(connection: duckdb.DuckDBPyConnection, query: str, target: Path) -> None:
    connection.execute(f"COPY ({query}) TO '{str(target).replace(chr(39), chr(39) * 2)}' (FORMAT parquet)")


def _repeats(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    (rows, keys) = _one(connection, f"SELECT count(*), count(DISTINCT _key) FROM staged_{name}")
    return rows != keys


def _gather(connection: duckdb.DuckDBPyConnection, table: Table, previous: Path | None) -> None:
    """`before_`: the last snapshot's rows; `single_`: rows that stand alone; `many_`: rows laid over each other."""
    name = table.name
    if previous is not None:
        connection.read_parquet(str(previous)).create_view(f"before_{name}", replace=True)
    else:
        stored = ", ".join(f'"{column}"' for column in (*table.names, *PROVENANCE))
        connection.execute(f"CREATE TEMP VIEW before_{name} AS SELECT {stored} FROM staged_{name} WHERE false")
    every = (1 << len(table.columns)) - 1
    connection.execute(
        f"""
        CREATE TEMP TABLE keys_{name} AS
        SELECT s._key, s.many, b._hash AS before_hash,
               s.many OR (b._key IS NOT NULL AND NOT (s._hash = b._hash AND s.complete)) AS fold
        FROM (SELECT _key, count(*) > 1 AS many, any_value(_hash) AS _hash, bool_and(_has = {every}) AS complete
              FROM staged_{name} GROUP BY _key) s
        LEFT JOIN before_{name} b USING (_key)"""
    )
    connection.execute(
        f"CREATE TEMP VIEW single_{name} AS SELECT * FROM staged_{name} SEMI JOIN "
        f"(SELECT _key FROM keys_{name} WHERE NOT fold AND before_hash IS NULL) USING (_key)"
    )
    own = ", ".join(f'"{column}"' for column in table.names)
    provenance = "_source, _row, _record, _system, _derived"
    connection.execute(
        f"""
        CREATE TEMP TABLE many_{name} AS
        SELECT *, row_number() OVER (ORDER BY _key, effective NULLS FIRST, arrived, _row, _n, _hash) AS _order
        FROM (
          SELECT {own}, _key, _hash, {every} AS _has, 0 AS arrived, {provenance}, _as_of, _as_of AS effective, 0 AS _n
          FROM before_{name} SEMI JOIN (SELECT _key FROM keys_{name} WHERE fold) USING (_key)
          UNION ALL
          SELECT {own}, _key, s._hash, _has, _file + 1, {provenance}, s._as_of, coalesce(s._as_of, b._as_of), _n
          FROM staged_{name} s SEMI JOIN (SELECT _key FROM keys_{name} WHERE fold) USING (_key)
          LEFT JOIN (SELECT _key, _as_of FROM before_{name}) b USING (_key))"""
    )


def _check_keys(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    parts = ", ".join(f'"{column}"' for column in table.key)
    same = (
        f"SELECT _key, {parts} FROM staged_{table.name} SEMI JOIN "
        f"(SELECT _key FROM keys_{table.name} WHERE many OR before_hash IS NOT NULL) USING (_key) "
        f"UNION ALL SELECT _key, {parts} FROM before_{table.name} "
        f"SEMI JOIN (SELECT _key FROM keys_{table.name}) USING (_key)"
    )
    found = connection.execute(
        f"SELECT _key FROM (SELECT DISTINCT * FROM ({same})) GROUP BY _key HAVING count(*) > 1 LIMIT 1"
    ).fetchall()
    if found:
        raise KeyCollision(
            f"two different rows of {table.name} have the key {found[0][0]}: nothing was written; "
            "report it with both rows"
        )


def _fold(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """`folded_`: one row a key, each column from the last row that has it."""
    name = table.name
    # A struct keeps a null that replaces a value; arg_max alone would skip it.
    own = ", ".join(
        f'arg_max({{\'v\': "{column}"}}, _order) FILTER (WHERE _has & {1 << bit} <> 0).v AS "{column}"'
        for bit, column in enumerate(table.names)
    )
    provenance = ", ".join(
        f"arg_max({{'v': {column}}}, _order).v AS {column}"
        for column in ("_source", "_row", "_record", "_system", "_as_of", "_derived")
    )
    connection.execute(
        f"""
        CREATE TEMP TABLE folded_{name} AS
        SELECT *, {hash_of(table, table.names)} AS _hash
        FROM (SELECT _key, {own}, {provenance}, any_value(_hash) FILTER (WHERE arrived = 0) AS before_hash,
                     count(*) FILTER (WHERE arrived > 0) AS rows,
                     count(DISTINCT _hash) FILTER (WHERE arrived > 0) AS versions
              FROM many_{name} GROUP BY _key)"""
    )


def _count(connection: duckdb.DuckDBPyConnection, name: str, counts: TableReport) -> None:
    (single, same) = _one(
        connection,
        "SELECT count(*) FILTER (before_hash IS NULL), count(*) FILTER (before_hash IS NOT NULL) "
        f"FROM keys_{name} WHERE NOT fold",
    )
    (duplicates, new, updated, unchanged) = _one(
        connection,
        f"""SELECT coalesce(sum(rows - versions), 0)::BIGINT,
                   count(*) FILTER (before_hash IS NULL),
                   coalesce(sum(CASE WHEN before_hash <> _hash THEN versions ELSE versions - 1 END), 0)::BIGINT,
                   count(*) FILTER (before_hash = _hash)
            FROM folded_{name}""",
    )
    counts.new += single + new
    counts.unchanged += same + unchanged
    counts.updated += updated
    counts.duplicates += duplicates


def _note_updates(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Every value that another one replaced, with the places of both, into `updates`."""
    name = table.name
    key = ", ".join(f"coalesce(CAST(f.\"{column}\" AS VARCHAR), '')" for column in table.key)
    for column in table.columns:
        if column.name in table.key:
            continue
        bit = 1 << table.names.index(column.name)
        connection.execute(
            f"""
            INSERT INTO updates
            SELECT '{name}', concat_ws(' | ', {key}), '{column.name}',
                   {_shown(column.name, "m")}, {_shown(column.name, "f")},
                   m._source, m._row, f._source, f._row
            FROM many_{name} m JOIN folded_{name} f USING (_key)
            WHERE m._has & {bit} <> 0 AND m."{column.name}" IS NOT NULL
              AND m."{column.name}" IS DISTINCT FROM f."{column.name}"
              AND (m._source, m._row) IS DISTINCT FROM (f._source, f._row)"""
        )


def _shown(column: str, row: str) -> str:
    value = f'{row}."{column}"'
    return f"CAST({value} AS VARCHAR)"


def describe(connection: duckdb.DuckDBPyConnection, name: str, file: Path) -> TableInfo:
    """What the manifest says of a written table."""
    (rows, total, mixed) = _one(
        connection,
        "SELECT count(*), coalesce(sum(_hash), 0), coalesce(bit_xor(_hash), 0) "
        f"FROM read_parquet('{str(file).replace(chr(39), chr(39) * 2)}')",
    )
    return TableInfo(rows, f"{rows:x}-{int(total):x}-{mixed & (1 << 64) - 1:016x}", _filled(file, TABLES[name]))


def _filled(file: Path, table: Table) -> tuple[str, ...]:
    """The columns that have a value in any row."""
    metadata = pq.ParquetFile(file).metadata
    names = metadata.schema.names
    filled: set[str] = set()
    for group in range(metadata.num_row_groups):
        for position, name in enumerate(names):
            if name in filled:
                continue
            chunk = metadata.row_group(group).column(position)
            if not chunk.is_stats_set or chunk.statistics.null_count < chunk.num_values:
                filled.add(name)
    return tuple(name for name in table.names if name in filled)


_FEW_OF_EACH = """
    SELECT * EXCLUDE turn FROM (
      SELECT *, row_number() OVER (PARTITION BY reason ORDER BY file, row, "table", "column") AS turn FROM quarantined)
    ORDER BY turn, reason LIMIT {limit}"""
"""Examples of every reason before the second of any."""


def summarise(
    connection: duckdb.DuckDBPyConnection, report: LoadReport, folder: Path, files: Sequence[str], examples: int
) -> None:
    """Write `quarantine.parquet`, and `updates.parquet` if there are any, into a folder; their sums into the report."""
    connection.register("files", pa.table({"source": pa.array(range(len(files)), pa.int32()), "file": list(files)}))
    connection.execute(
        """CREATE TEMP VIEW updated AS
           SELECT u."table", u.key, u."column", u.earlier, u.later, e.file AS earlier_file, u.earlier_row,
                  l.file AS later_file, u.later_row
           FROM updates u
           LEFT JOIN files e ON e.source = u.earlier_source
           LEFT JOIN files l ON l.source = u.later_source
           ORDER BY ALL"""
    )
    connection.execute('CREATE TEMP VIEW quarantined AS FROM quarantine ORDER BY file, row, "table", "column", reason')
    _write(connection, "FROM quarantined", folder / "quarantine.parquet")
    reasons = connection.execute("SELECT reason, count(*) FROM quarantine GROUP BY ALL ORDER BY ALL").fetchall()
    report.quarantine = {
        "cells": sum(count for _, count in reasons),
        "reasons": dict(reasons),
        "examples": [
            {**cell, "message": explain(cell["table"], cell["column"], cell["value"], cell["reason"]).as_dict()}
            for cell in _dicts(connection.execute(_FEW_OF_EACH.format(limit=examples)))
        ],
    }
    (values,) = _one(connection, "SELECT count(*) FROM updates")
    report.updates = {"values": values, "examples": []}
    if values:
        _write(connection, "FROM updated", folder / "updates.parquet")
        report.updates["examples"] = _dicts(connection.execute(f"FROM updated LIMIT {examples}"))


def _dicts(result: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in result.description or ()]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

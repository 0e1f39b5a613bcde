"""The tables of a snapshot as DuckDB views: what every SQL text of the project reads."""

from __future__ import annotations

import hmac
from pathlib import Path

import duckdb

from graph.schema import PROVENANCE, SHARED_CODES, STANDS_FOR, TABLES
from graph.schema.model import Column, Table
from graph.snapshot import Snapshot
from graph.spelling import SPELLINGS

_PARTY = frozenset(STANDS_FOR["Party"])


def connect(threads: int | None = None, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB connection with the project's macros.

    `days(d)` days since 1970-01-01 of a date or time · `held(from, to, day)` whether a relation with those
    ends held on a day, an open end being unbounded.
    """
    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET parquet_metadata_cache = true")  # a snapshot's files never change
    if threads is not None:
        connection.execute("SET threads = ?", [threads])
    if memory_limit is not None:
        connection.execute("SET memory_limit = ?", [memory_limit])
    connection.execute("CREATE MACRO days(d) AS CAST(CAST(d AS DATE) - DATE '1970-01-01' AS BIGINT)")
    connection.execute(
        "CREATE MACRO held(valid_from, valid_to, d) AS "
        "coalesce(valid_from, DATE '0001-01-01') <= CAST(d AS DATE) "
        "AND coalesce(valid_to, DATE '9999-12-31') >= CAST(d AS DATE)"
    )
    return connection


def open_tables(
    snapshot: Snapshot, secret: bytes, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with one view a canonical table, present in the snapshot or empty.

    One firm under two ids (equal USCC, not masked nor one digit throughout) and one person under two (equal pseudonym
    of the identity number) are one: every reference is to the smallest of the ids, and `aliases (id, canonical)` says
    which were joined.
    Numbers and codes stand in their plain form (`graph.spelling`); a contact whose value names nothing is left out.
    The view `shared_codes (bid_id, bidder_id, stage, on_site, ref, code, value)` has each use of a machine or file code
    that more than one bidder used. The view `unread (file, row, table, column, refers, value)` has what those rows name
    that could not be read; `refers` is the table of what is named. Macros `contact_id(kind, value)` and
    `device_id(code, value)` give the keyed ids of those graph nodes.
    """
    connection = connect(threads, memory_limit)
    salt = hmac.digest(secret, b"graph identifiers", "sha256").hex()
    connection.execute("SET VARIABLE salt = ?", [salt])
    for macro in ("contact_id", "device_id"):
        connection.execute(
            f"CREATE MACRO {macro}(kind, value) AS "
            "kind || ':' || left(sha256(concat(getvariable('salt'), kind, ':', value)), 20)"
        )
    stored = {name: file for name in TABLES if (file := snapshot.table_file(name))}
    for table in TABLES.values():
        _create_stored(connection, table, stored.get(table.name))
    connection.execute(_ALIASES)
    (joined,) = connection.execute("SELECT count(*) FROM aliases").fetchone() or (0,)
    for table in TABLES.values():
        connection.execute(_view(table, with_aliases=joined > 0))
    connection.execute(f"CREATE VIEW shared_codes AS {SHARED_CODES}")
    connection.execute(_unread(snapshot.unread_file))
    return connection


def reader(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Another connection to the tables of `open_tables`, for a thread of its own; whoever asks for it closes it.

    It sees the views, tables and macros; temporary ones are each connection's own.
    """
    cursor = connection.cursor()
    cursor.execute("SET TimeZone = 'Asia/Shanghai'")
    cursor.execute("SET VARIABLE salt = ?", connection.execute("SELECT getvariable('salt')").fetchall()[0])
    return cursor


_ALIASES = """
CREATE TABLE aliases AS
SELECT org_id AS id, canonical
FROM stored_orgs JOIN (SELECT uscc, min(org_id) AS canonical FROM stored_orgs
                       WHERE regexp_full_match(uscc, '[0-9A-Z]{18}') AND replace(uscc, uscc[1], '') <> ''
                       GROUP BY uscc HAVING min(org_id) <> max(org_id)) USING (uscc)
WHERE org_id <> canonical
UNION ALL
SELECT person_id, canonical
FROM stored_persons JOIN (SELECT id_number, min(person_id) AS canonical FROM stored_persons
                          GROUP BY id_number HAVING min(person_id) <> max(person_id)) USING (id_number)
WHERE person_id <> canonical
"""


def _unread(file: Path | None) -> str:
    if file is None:
        rows = """(SELECT '' AS file, 0 AS row, '' AS "table", '' AS "column", '' AS refers, '' AS value LIMIT 0)"""
    else:
        path = str(file).replace("'", "''")
        rows = f"read_parquet('{path}')"
    return (
        f'CREATE VIEW unread AS SELECT u.file, u.row, u."table", u."column", u.refers, '
        f"coalesce(a.canonical, u.value) AS value FROM {rows} u LEFT JOIN aliases a ON a.id = u.value"
    )


def _create_stored(connection: duckdb.DuckDBPyConnection, table: Table, file: Path | None) -> None:
    """`stored_<table>`: the rows as they are in the snapshot."""
    if file is not None:
        path = str(file).replace("'", "''")
        connection.execute(f"CREATE VIEW stored_{table.name} AS FROM read_parquet('{path}')")
        return
    columns = [f'"{c.name}" {c.sql_type}' for c in table.columns]
    columns += [f'"{name}" {sql_type}' for name, sql_type in PROVENANCE.items()]
    connection.execute(f"CREATE TABLE stored_{table.name} ({', '.join(columns)})")


def _view(table: Table, *, with_aliases: bool) -> str:
    replaced = dict(SPELLINGS.get(table.name, {}))
    joins, where = "", []
    if with_aliases:
        for i, column in enumerate(c for c in table.columns if _names_party(table, c)):
            joins += f" LEFT JOIN aliases a{i} ON a{i}.id = t.{column.name}"
            replaced[column.name] = f"coalesce(a{i}.canonical, t.{column.name})"
        if table.name in ("orgs", "persons"):
            # The joined row of a party is left out: its canonical row stands for it.
            where.append("a0.id IS NULL")
    if table.name == "contacts":
        where.append(f"{replaced['value']} IS NOT NULL")
    replace = ", ".join(f"{sql} AS {name}" for name, sql in replaced.items())
    selected = f"t.* REPLACE ({replace})" if replace else "t.*"
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    return f"CREATE VIEW {table.name} AS SELECT {selected} FROM stored_{table.name} t{joins}{condition}"


def _names_party(table: Table, column: Column) -> bool:
    return column.refers in _PARTY or (table.name in ("orgs", "persons") and (column.name,) == table.key)

"""Which columns differ between two snapshots, and which layers read one of them: the other layers are as they were.

Comparing the stored rows costs little: two numbers a row say whether it changed, and only the rows that did are looked
at further. Computing a layer from all of its rows, twice, costs far more.
"""

# Names come from the schema; there are no values.
# ruff: noqa: S608

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from graph.neo4j.rows import Layer, NodeLayer
from graph.schema import SHARED_CODES, TABLES
from graph.snapshot import Snapshot

_WORD = re.compile(r"\w+")
_EVERY_COLUMN = re.compile(r"(?:SELECT|,|\.)\s*\*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TableChange:
    """How a table differs between two snapshots: `has_other_rows` if one has a row whose key the other has not; else
    `columns` are those in which any row differs."""

    has_other_rows: bool
    columns: frozenset[str] = frozenset()


Changes = Mapping[str, TableChange]
"""The tables that differ, by name."""


def changes(
    new: Snapshot, new_tables: duckdb.DuckDBPyConnection, old: Snapshot, old_tables: duckdb.DuckDBPyConnection
) -> Changes:
    """How the tables of two snapshots differ, as their views give them.

    Args:
        new: one snapshot.
        new_tables: its tables, from `open_tables`.
        old: the other one.
        old_tables: its tables.
    """
    aliases = [c.execute("SELECT * FROM aliases ORDER BY ALL").fetchall() for c in (new_tables, old_tables)]
    if aliases[0] != aliases[1]:
        # A party that got another id changes rows of every table.
        return dict.fromkeys(TABLES, TableChange(has_other_rows=True))
    found: dict[str, TableChange] = {}
    for name in TABLES:
        is_new, was_old = new.manifest.tables.get(name), old.manifest.tables.get(name)
        if (is_new and is_new.content) == (was_old and was_old.content):
            continue
        file = old.table_file(name)
        if is_new is None or file is None:
            found[name] = TableChange(has_other_rows=True)
        else:
            found[name] = _table_change(new_tables, name, file)
    return found


def _table_change(tables: duckdb.DuckDBPyConnection, name: str, old_file: Path) -> TableChange:
    """How the rows of `stored_<name>` differ from those of a file."""
    tables.read_parquet(str(old_file)).create_view("former", replace=True)
    new, old = tables.sql(f"FROM stored_{name}"), tables.sql("FROM former")
    if new.columns != old.columns or not (_has_keys(new) and _has_keys(old)):
        return TableChange(has_other_rows=True)
    tables.execute(
        "CREATE OR REPLACE TEMP TABLE differing AS "
        "SELECT _key, n._hash IS NULL OR o._hash IS NULL AS is_alone "
        f"FROM (SELECT _key, _hash FROM stored_{name}) n FULL JOIN (SELECT _key, _hash FROM former) o USING (_key) "
        "WHERE n._hash IS DISTINCT FROM o._hash"
    )
    if tables.sql("FROM differing WHERE is_alone LIMIT 1").fetchall():
        return TableChange(has_other_rows=True)
    columns = TABLES[name].names
    tests = ", ".join(f'bool_or(n."{column}" IS DISTINCT FROM o."{column}")' for column in columns)
    (differs,) = tables.sql(
        f"SELECT {tests} FROM (FROM stored_{name} SEMI JOIN differing USING (_key)) n "
        "JOIN (FROM former SEMI JOIN differing USING (_key)) o USING (_key)"
    ).fetchall()
    return TableChange(False, frozenset(column for column, is_other in zip(columns, differs, strict=True) if is_other))


def _has_keys(rows: duckdb.DuckDBPyRelation) -> bool:
    """Whether no two rows have one `_key`, so that rows of two snapshots can be paired by it."""
    ((count, keys),) = rows.aggregate("count(*), count(DISTINCT _key)").fetchall()
    return bool(count == keys)


def is_touched(layer: Layer, differing: Changes) -> bool:
    """Whether a layer may have other rows, because it is computed from something that differs.

    A word of its SQL that only looks like a table or a column counts as one.
    """
    queries = [node.query for node in layer.declarations] if isinstance(layer, NodeLayer) else [layer.query]
    text = " ".join(queries)
    words = set(_WORD.findall(text))
    if "shared_codes" in words:
        words.update(_WORD.findall(SHARED_CODES))
    reads_every_column = _EVERY_COLUMN.search(text) is not None
    return any(
        table in words and (change.has_other_rows or reads_every_column or bool(change.columns & words))
        for table, change in differing.items()
    )

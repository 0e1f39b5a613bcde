"""What is worth a look in rows that were read: references to nothing, codes that fail their check, formulas."""
# ruff: noqa: S608 - SQL composed of names that the schema declares.

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path

import duckdb

from graph.schema import STANDS_FOR, TABLES
from graph.schema.model import Kind
from loaders.cells import last_day
from loaders.quarantine import masked
from loaders.report import LoadReport

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_ACTS: dict[str, tuple[str, ...]] = {
    "tenders": ("published_at", "opened_at", "awarded_on"),
    "bids": ("submitted_at",),
    "contracts": ("signed_on",),
    "payments": ("paid_on",),
    "debts": ("registered_on",),
    "debt_reports": ("period",),
    "complaints": ("received_at",),
}
"""Columns that say when something was done. Due dates and ends of validity lie ahead and say nothing of the data."""

_SHOWN = 5


def _file(path: Path) -> str:
    return "read_parquet('" + str(path).replace("'", "''") + "')"


def acts_until(connection: duckdb.DuckDBPyConnection, tables: dict[str, Path]) -> date | None:
    """The day up to which the tables tell: the latest `as_of_date`, or the latest act where no source states one."""
    if not tables:
        return None
    stated = " UNION ALL ".join(f"SELECT max(_as_of) AS day FROM {_file(file)}" for file in tables.values())
    ((day,),) = connection.execute(f"SELECT max(day) FROM ({stated})").fetchall()
    if isinstance(day, date):
        return day
    acts = [
        f"SELECT CAST(max({column}) AS VARCHAR)[:10] FROM {_file(tables[table])}"
        for table, columns in _ACTS.items()
        if table in tables
        for column in columns
    ]
    if not acts:
        return None
    days = [day for (day,) in connection.execute(" UNION ALL ".join(acts)).fetchall() if day]
    return max((last_day(day) if len(day) == 7 else date.fromisoformat(day) for day in days), default=None)


def dangling(connection: duckdb.DuckDBPyConnection, tables: dict[str, Path]) -> dict[str, int]:
    """`table.column` and how many of its values are the key of no row, where there are any."""
    ids: dict[str, str] = {}
    for target in {column.refers for table in TABLES.values() for column in table.references}:
        members = [name for name in STANDS_FOR["Party"] if name in TABLES] if target == "party" else [target]
        parts = [f"SELECT {TABLES[name].key[0]} AS id FROM {_file(tables[name])}" for name in members if name in tables]
        if target:
            ids[target] = " UNION ALL ".join(parts) or "SELECT NULL::VARCHAR AS id WHERE false"
    counts = [
        f"SELECT '{table.name}.{column.name}' AS reference, count(*) AS missing "
        f"FROM (SELECT {column.name} AS id FROM {_file(tables[table.name])} WHERE {column.name} IS NOT NULL) "
        f"ANTI JOIN ({ids[column.refers]}) USING (id)"
        for table in TABLES.values()
        if table.name in tables
        for column in table.references
        if column.refers
    ]
    if not counts:
        return {}
    found = connection.execute(f"FROM ({' UNION ALL '.join(counts)}) WHERE missing > 0 ORDER BY reference").fetchall()
    return dict(found)


def warn_of_values(
    connection: duckdb.DuckDBPyConnection, name: str, suspects: Collection[str], report: LoadReport, files: list[str]
) -> None:
    """Warn of social credit codes that fail their check and of cells that begin like formulas, kept as they are."""
    table = TABLES[name]
    tests = {
        ("formula", column.name): f"starts_with(\"{column.name}\", '=')"
        for column in table.columns
        if column.kind in (Kind.ID, Kind.TEXT) and column.name in suspects
    }
    if "uscc" in table:
        tests["uscc_check", "uscc"] = f"uscc IS NOT NULL AND NOT ({_uscc_is_valid('uscc')})"
    if not tests:
        return
    counted = ", ".join(f"count(*) FILTER ({test})" for test in tests.values())
    (row,) = connection.execute(f"SELECT {counted} FROM staged_{name}").fetchall()
    for ((key, column), test), count in zip(tests.items(), row, strict=True):
        if not count:
            continue
        shown = connection.execute(
            f'SELECT _source, _row, "{column}" FROM staged_{name} WHERE {test} ORDER BY 1, 2, 3 LIMIT {_SHOWN}'
        ).fetchall()
        examples = [{"file": files[source], "row": place, "value": masked(value)} for source, place, value in shown]
        report.warn(key, table=name, column=column, count=count, examples=examples)


def _uscc_is_valid(cell: str) -> str:
    """GB 32100: 18 characters, the last one a weighted check of the others."""
    total = " + ".join(
        f"{weight} * (instr('{_USCC_ALPHABET}', {cell}[{position}]) - 1)"
        for position, weight in enumerate(_USCC_WEIGHTS, start=1)
    )
    return (
        f"CASE WHEN regexp_full_match({cell}, '[0-9]{{8}}[{_USCC_ALPHABET}]{{10}}') "
        f"THEN '{_USCC_ALPHABET}'[(31 - ({total}) % 31) % 31 + 1] = {cell}[18] ELSE false END"
    )

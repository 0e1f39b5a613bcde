"""From the rows that a judge names to the files they stand in."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pandas as pd

from graph.snapshot import Source
from queries.finding import Record, Ref


def refs(value: object) -> tuple[Ref, ...]:
    """Source rows out of a cell that SQL filled with a `{'table', 'key'}` struct or a list of them."""
    if value is None or value is pd.NA or isinstance(value, float):  # an empty cell beside full ones is NaN
        return ()
    if isinstance(value, dict):
        return (Ref(value["table"], int(value["key"])),)
    return tuple(Ref(item["table"], int(item["key"])) for item in value)  # type: ignore[attr-defined]


def resolve(
    connection: duckdb.DuckDBPyConnection, wanted: Iterable[Ref], sources: tuple[Source, ...]
) -> dict[Ref, Record]:
    """File, row and content hash of every row, one query a table.

    Raises:
        LookupError: a row is in no table; a detector made it up.
    """
    by_table: dict[str, set[int]] = {}
    for ref in wanted:
        by_table.setdefault(ref.table, set()).add(ref.key)
    records: dict[Ref, Record] = {}
    for table, keys in sorted(by_table.items()):
        frame = pd.DataFrame({"key": sorted(keys)}, dtype="int64")
        rows = connection.execute(
            f"SELECT key, _source, _row, _record, _hash FROM stored_{table} JOIN frame ON _key = key"
        ).fetchall()
        for key, source, row, record, content in rows:
            file = sources[source]
            records[Ref(table, key)] = Record(Ref(table, key), file.file, row, file.sha256, record, content)
        if len(rows) != len(frame):
            missing = sorted(key for key in keys if Ref(table, key) not in records)
            raise LookupError(f"{len(missing)} rows of evidence are not in table {table}, the first: {missing[0]}")
    return records

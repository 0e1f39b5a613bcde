"""Small snapshots made from rows, without a loader."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from graph.schema import PROVENANCE, TABLES
from graph.snapshot import Manifest, Snapshot, Source, TableInfo, Workspace

World = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by table; a row names only the columns that it fills."""


def store(workspace: Workspace, world: World) -> Snapshot:
    """Make a world the workspace's current snapshot."""
    with workspace.draft() as draft:
        tables: dict[str, TableInfo] = {}
        contents: list[str] = []
        for name, rows in sorted(world.items()):
            if not rows:
                continue
            file = draft.tables / f"{name}.parquet"
            _write(file, name, rows)
            content = hashlib.sha256(repr(sorted(map(repr, map(_sorted, rows)))).encode()).hexdigest()
            filled = tuple(c for c in TABLES[name].names if any(r.get(c) is not None for r in rows))
            tables[name] = TableInfo(len(rows), content, filled)
            contents.append(f"{name}:{content}")
        snapshot_id = hashlib.sha256("".join(contents).encode()).hexdigest()[:16]
        manifest = Manifest(snapshot_id, "2024-01-01T00:00:00Z", None, tables, (Source("world", "0" * 64, 0, "rows"),))
        return draft.commit(manifest, {})


def _sorted(row: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(row.items())


def _write(file: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    table = TABLES[name]
    columns = {c.name: c.sql_type for c in table.columns}
    with duckdb.connect(":memory:") as connection:
        declared = ", ".join(f'"{c}" {kind}' for c, kind in {**columns, **PROVENANCE}.items())
        connection.execute(f"CREATE TABLE rows ({declared})")
        marks = ", ".join("?" * (len(columns) + 4))
        names = ", ".join(f'"{c}"' for c in (*columns, "_key", "_hash", "_source", "_row"))
        connection.executemany(
            f"INSERT INTO rows ({names}) VALUES ({marks})",
            [
                [
                    *(row.get(c) for c in columns),
                    _number(name, *(row.get(k) for k in table.key)),
                    _number(name, *(row.get(c) for c in columns)),
                    0,
                    number,
                ]
                for number, row in enumerate(rows, start=2)
            ],
        )
        connection.execute("COPY rows TO ? (FORMAT parquet)", [str(file)])


def _number(*values: object) -> int:
    """A signed 64-bit hash, as the loader makes them."""
    return int.from_bytes(hashlib.sha256(repr(values).encode()).digest()[:8], "big", signed=True)

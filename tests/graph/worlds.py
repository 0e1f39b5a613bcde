"""Small snapshots made from rows, without a loader, and rows to make them from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import strategies as st

from graph.schema import PROVENANCE, TABLES
from graph.snapshot import Manifest, Snapshot, Source, TableInfo, Workspace

World = Mapping[str, Sequence[Mapping[str, Any]]]
"""Rows by table; a row names only the columns that it fills."""


BASE: dict[str, list[dict[str, Any]]] = {
    "orgs": [
        {"org_id": "O1", "name": "清河县住房和城乡建设局", "org_type": "government"},
        {"org_id": "O2", "name": "甲建筑有限公司", "org_type": "private", "legal_rep_id": "P1"},
        {"org_id": "O3", "name": "乙建筑有限公司", "org_type": "private", "parent_org_id": "O9"},
    ],
    "persons": [{"person_id": "P1", "name": "张三"}, {"person_id": "P2", "name": "李四"}],
    "roles": [
        {"holder_id": "P1", "org_id": "O2", "kind": "shareholder", "share_pct": 60.5},
        {"holder_id": "P2", "org_id": "O3", "kind": "manager"},
    ],
    "tenders": [{"tender_id": "T1", "buyer_id": "O1", "title": "道路工程"}],
    "bids": [
        {"bid_id": "B1", "tender_id": "T1", "bidder_id": "O2", "price": 100_001, "is_winner": True},
        {"bid_id": "B2", "tender_id": "T1", "bidder_id": "O3", "price": None},
    ],
    "payments": [
        {"payment_id": "M1", "payer_id": "O1", "payee_id": "O2", "amount": 5_000, "paid_on": "2024-03-01"},
        {"payment_id": "M2", "payer_id": "O1", "payee_id": "O2", "amount": 5_000, "paid_on": "2024-03-01"},
    ],
    "bid_devices": [{"bid_id": "B1", "mac": "00-16-EA-AE-3C-40"}, {"bid_id": "B2", "mac": "00-16-EA-AE-3C-40"}],
    "contacts": [
        {"owner_id": "O2", "kind": "phone", "value": "010-62345678"},
        {"owner_id": "O3", "kind": "phone", "value": "010-62345678"},
    ],
}


def changed(world: World, **tables: list[dict[str, Any]]) -> World:
    return {**world, **tables}


IDS = st.sampled_from(["A", "B", "C", "D"])
ROWS = {
    "orgs": st.fixed_dictionaries({"org_id": IDS, "name": st.text(max_size=3)}, optional={"parent_org_id": IDS}),
    "roles": st.fixed_dictionaries(
        {"holder_id": IDS, "org_id": IDS, "kind": st.sampled_from(["shareholder", "manager"])},
        optional={"share_pct": st.floats(0, 100)},
    ),
    "bids": st.fixed_dictionaries(
        {"bid_id": IDS, "tender_id": IDS, "bidder_id": IDS}, optional={"price": st.integers(0, 2**53)}
    ),
    "payments": st.fixed_dictionaries(
        {"payment_id": IDS, "payer_id": IDS, "payee_id": IDS, "amount": st.integers(0, 9)},
        optional={"debt_id": IDS, "approver_id": IDS},
    ),
}
KEYS = {"orgs": ("org_id",), "roles": ("holder_id", "org_id", "kind"), "bids": ("bid_id",), "payments": ("payment_id",)}
WORLDS = st.fixed_dictionaries(
    {
        table: st.lists(row, max_size=4, unique_by=lambda r, table=table: tuple(r[k] for k in KEYS[table]))
        for table, row in ROWS.items()
    }
)


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

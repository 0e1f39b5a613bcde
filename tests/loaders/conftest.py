"""Files to load, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from graph.snapshot import Workspace

Rows = list[dict[str, Any]]

ORGS = "org_id,name,org_type\nO1,岚州建筑有限公司,private\nO2,岚州市财政局,government\n"
TENDERS = "tender_id,buyer_id,title\nT1,O2,中心小学教学楼\n"
BIDS = "bid_id,tender_id,bidder_id,price\nB1,T1,O1,1000.50\nB2,T1,O9,2000\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Writes files (name without the dot: `bids_csv`, or a mapping) into a new folder."""
    made = 0

    def write(files: Mapping[str, str | bytes] | None = None, **named: str | bytes) -> Path:
        nonlocal made
        made += 1
        target = tmp_path / f"source{made}"
        target.mkdir()
        for name, content in {**(files or {}), **{f"{n}.csv": text for n, text in named.items()}}.items():
            data = content.encode() if isinstance(content, str) else content
            (target / name).write_bytes(data)
        return target

    return write


@pytest.fixture
def rows(workspace: Workspace) -> Callable[[str], Rows]:
    """The rows of a table of the current snapshot, sorted."""

    def read(table: str) -> Rows:
        file = workspace.current().table_file(table)
        if file is None:
            return []
        found: Rows = pq.read_table(file).to_pylist()
        return sorted(found, key=lambda row: row["_key"])

    return read


@pytest.fixture
def quarantined(workspace: Workspace) -> Callable[[], list[tuple[Any, ...]]]:
    """(table, row, column, value, reason) of every quarantined cell of the current snapshot."""

    def read() -> list[tuple[Any, ...]]:
        found = pq.read_table(workspace.current().path / "quarantine.parquet").to_pylist()
        return [(cell["table"], cell["row"], cell["column"], cell["value"], cell["reason"]) for cell in found]

    return read

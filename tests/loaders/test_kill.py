"""A load that is killed leaves the last snapshot whole, and a rerun gives what an undisturbed run gives."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq

from graph.snapshot import Workspace
from loaders.load import load

KILLS = 20
ROWS = 3_000


def write_tables(folder: Callable[..., Path], version: int) -> Path:
    """Bids and payments; a later version has other prices, more rows and rows that cannot be read."""
    bids = [f"B{i},T{i // 4},O{i % 97},{i * version}.50" for i in range(ROWS * version)]
    payments = [f"P{i},O1,O{i % 97},{i + 1},2024-01-{i % (29 + version) + 1:02d}" for i in range(ROWS)]
    return folder(
        bids="\n".join(["bid_id,tender_id,bidder_id,price", *bids]),
        payments="\n".join(["payment_id,payer_id,payee_id,amount,paid_on", *payments]),
    )


def check_whole(workspace: Workspace) -> str:
    """The current snapshot opens and holds what its manifest says."""
    snapshot = workspace.current()
    for name, info in snapshot.manifest.tables.items():
        file = snapshot.table_file(name)
        assert file is not None
        assert pq.read_table(file).num_rows == info.rows
    assert snapshot.load_report()["snapshot_after"] == snapshot.id
    pq.read_table(snapshot.path / "quarantine.parquet")
    return snapshot.id


def test_a_killed_load_changes_nothing_or_all(tmp_path: Path, folder: Callable[..., Path]) -> None:
    first, second = write_tables(folder, 1), write_tables(folder, 2)
    base = Workspace(tmp_path / "base")
    before = load([first], base).snapshot_after
    undisturbed = Workspace(tmp_path / "undisturbed")
    shutil.copytree(base.path, undisturbed.path)
    started = time.monotonic()
    after = load([second], undisturbed).snapshot_after
    duration = time.monotonic() - started
    assert before != after

    # A server that has the modules makes a child in milliseconds; a fresh interpreter would take seconds for each.
    children = multiprocessing.get_context("forkserver")
    children.set_forkserver_preload(["loaders.load"])
    moment = random.Random(20)
    survivors = 0
    disturbed = Workspace(tmp_path / "disturbed")
    shutil.copytree(base.path, disturbed.path)
    for _ in range(KILLS):
        child = children.Process(target=load, args=([second], disturbed))
        child.start()
        child.join(moment.uniform(0, 1.5 * duration))
        if child.is_alive():
            os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        found = check_whole(disturbed)
        assert found in (before, after)
        if found == after:
            survivors += 1
            shutil.rmtree(disturbed.path)
            shutil.copytree(base.path, disturbed.path)
    assert survivors < KILLS, "no load was killed in its course"
    load([second], disturbed)
    assert check_whole(disturbed) == after
    assert sorted(p.name for p in disturbed.snapshots.iterdir()) == sorted([str(before), str(after)])
    assert not (disturbed.path / ".scratch").exists()

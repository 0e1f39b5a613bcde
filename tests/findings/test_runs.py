"""Scans that are kept: whole or not at all, one at a time, and quicker where nothing changed."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from findings.inputs import tables_of
from findings.runs import queue, run_scan_and_store, scan_lock
from findings.settings import Settings, read_settings
from findings.store.database import Store, open_store
from findings.store.errors import StoreError
from findings.store.metadata import METADATA
from findings.store.models import Decision, FindingRow, RunState, ScanRun
from graph.snapshot import Workspace, WorkspaceError
from loaders.load import load
from loaders.sample import write_sample
from queries.detector import Detector
from queries.profiles import configure
from queries.registry import DETECTORS, choose, detector
from queries.scan import Progress
from tests.conftest import ROOT
from tests.findings.worlds import TOWN, load_rows

DEVICE = configure([detector("same_device")])


@pytest.fixture
def settings(tmp_path: Path, store_url: str) -> Settings:
    load_rows(tmp_path / "workspace", TOWN)
    return read_settings(workspace=tmp_path / "workspace", store_url=store_url)


def runs(settings: Settings) -> list[ScanRun]:
    store = open_store(settings.store_address())
    with store.reading() as session:
        found = list(session.scalars(select(ScanRun).order_by(ScanRun.id)))
    store.close()
    return found


def test_a_queued_scan_that_finds_another_one_running_says_so(settings: Settings) -> None:
    store = open_store(settings.store_address())
    store.upgrade()
    asked = queue(store, settings, changed_only=False, trigger="api", actor="u1")
    store.close()
    with scan_lock(settings.workspace), pytest.raises(StoreError):
        run_scan_and_store(settings, DEVICE, run_id=asked)
    (run,) = runs(settings)
    assert run.state == RunState.FAILED
    assert "another scan" in (run.error or {})["en"]


def test_a_scan_that_gives_way_does_so_until_it_is_recorded(settings: Settings) -> None:
    policies: list[int] = []

    def note(*_: Any, **__: Any) -> None:
        policies.append(os.sched_getscheduler(0))

    whole = run_scan_and_store(settings, DEVICE, progress=note, within=(note,), gives_way=True)
    assert policies == [os.SCHED_IDLE, os.SCHED_OTHER]
    assert len(whole.new) == 4
    policies.clear()
    run_scan_and_store(settings, DEVICE, progress=note, within=(note,))
    assert policies == [os.SCHED_OTHER, os.SCHED_OTHER]


def test_a_scan_is_kept_with_all_that_made_it(settings: Settings) -> None:
    diff = run_scan_and_store(settings, DEVICE, trigger="api", actor="u7")
    assert len(diff.new) == 4
    (run,) = runs(settings)
    assert (run.state, run.trigger, run.actor, run.engine) == (RunState.COMPLETE, "api", "u7", "embedded")
    assert run.snapshot_id == Workspace(settings.workspace).current().id
    assert run.detectors == {"same_device": DEVICE[0][0].version}
    assert run.parameters["same_device"] == DEVICE[0][1].model_dump(mode="json")
    assert run.report[0]["detector"] == "same_device"
    assert run.report[0]["judged"] >= 4
    assert run.counts == {"new": 4, "changed": 0, "gone": 0, "returned": 0, "unchanged": 0}
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.queued_at <= run.started_at <= run.finished_at
    store = open_store(settings.store_address())
    with store.reading() as session:
        row = session.scalars(select(FindingRow).where(FindingRow.agency_id == "G2")).one()
        assert (row.agency_name, row.region) == ("白陵县水利局", "380202")
        assert {e.name for e in row.entities} == {"中心小学4号楼", "青禾建设7", "青禾建设8", "白陵县水利局", None}
        assert row.document["scan_id"] == run.scan_id
    store.close()


def test_a_second_scan_does_not_run_beside_the_first_and_says_so(settings: Settings) -> None:
    with scan_lock(settings.workspace), pytest.raises(StoreError) as caught:
        run_scan_and_store(settings, DEVICE)
    assert caught.value.key == "store_scan_running"
    assert len(run_scan_and_store(settings, DEVICE).new) == 4


def test_a_scan_is_not_hindered_by_who_asks_whether_one_runs(settings: Settings) -> None:
    asked = threading.Event()

    def ask() -> None:
        with scan_lock(settings.workspace):
            asked.set()
            time.sleep(0.2)

    asking = threading.Thread(target=ask)
    asking.start()
    asked.wait()
    assert len(run_scan_and_store(settings, DEVICE).new) == 4
    asking.join()


def test_a_scan_that_fails_half_way_stores_nothing_and_says_why(settings: Settings) -> None:
    run_scan_and_store(settings, DEVICE)

    def stop(detector: str, number: int, total: int) -> None:
        if number == 2:
            raise WorkspaceError("in_use", workspace="there")

    two = configure([detector("same_device"), detector("same_handler")])
    with pytest.raises(WorkspaceError):
        run_scan_and_store(settings, two, progress=stop)
    first, failed = runs(settings)
    assert (first.state, failed.state) == (RunState.COMPLETE, RunState.FAILED)
    assert failed.error is not None
    assert "there" in failed.error["zh"]
    assert "there" in failed.error["en"]
    assert failed.counts == {}
    assert len(run_scan_and_store(settings, DEVICE).changed) == 0


def test_a_queued_scan_is_taken_up_once(settings: Settings) -> None:
    store = open_store(settings.store_address())
    store.upgrade()
    number = queue(store, settings, changed_only=False, trigger="api", actor="u1")
    store.close()
    assert run_scan_and_store(settings, DEVICE, run_id=number).after == number
    with pytest.raises(StoreError) as caught:
        run_scan_and_store(settings, DEVICE, run_id=number)
    assert caught.value.key == "store_not_queued"
    assert [run.state for run in runs(settings)] == [RunState.COMPLETE]


KILLED_WHILE_RECORDING = """
import sys, time
from findings.runs import run_scan_and_store
from findings.settings import read_settings
from queries.profiles import configure
from queries.registry import detector

def hang(session, run, diff):
    print("every row is written", flush=True)
    time.sleep(60)

settings = read_settings(workspace=sys.argv[1], store_url=sys.argv[2])
run_scan_and_store(settings, configure([detector("same_device")]), within=[hang])
"""


def test_a_scan_killed_while_it_is_recorded_leaves_nothing_and_the_next_one_says_so(settings: Settings) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED_WHILE_RECORDING, str(settings.workspace), settings.store_address()],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"every row is written\n"
    process.kill()
    process.wait(30)
    process.stdout.close()
    store = open_store(settings.store_address())
    with store.reading() as session:
        assert session.scalars(select(FindingRow)).all() == []
    store.close()
    assert [run.state for run in runs(settings)] == [RunState.RUNNING]
    diff = run_scan_and_store(settings, DEVICE)
    assert (diff.before, len(diff.new)) == (None, 4)
    killed = runs(settings)[0]
    assert killed.state == RunState.FAILED
    assert killed.error is not None
    assert "interrupted" in killed.error["en"]


def test_only_what_changed_runs_again(settings: Settings) -> None:
    chosen = configure([detector("same_device"), detector("same_principal"), detector("stale_platform")])
    ran: list[str] = []

    def told(detector: str, number: int, total: int) -> None:
        ran.append(detector)

    progress: Progress = told
    run_scan_and_store(settings, chosen, changed_only=True, progress=progress)
    assert ran == ["same_device", "same_principal", "stale_platform"], "nothing ran before: all must run"
    ran.clear()
    diff = run_scan_and_store(settings, chosen, changed_only=True, progress=progress)
    assert ran == []
    assert diff.unchanged == 4
    load_rows(settings.workspace, {"bid_devices": [{"bid_id": "B1a", "stage": "upload", "ip": "10.0.0.9"}]})
    run_scan_and_store(settings, chosen, changed_only=True, progress=progress)
    assert ran == ["same_device"]
    ran.clear()
    other = configure([detector("same_device")], None, {"same_device": {"popular": 5}})
    run_scan_and_store(settings, other, changed_only=True, progress=progress)
    assert ran == ["same_device"], "other parameters are other inputs"


@pytest.mark.parametrize("one", DETECTORS, ids=lambda one: one.id)
def test_what_a_detector_declares_is_among_what_it_reads(one: Detector) -> None:
    assert {*one.requires, *one.uses} <= tables_of(one)


def everything(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of findings, without the clock."""
    tables = [t for t in METADATA.sorted_tables if t.name.startswith("finding") or t.name == Decision.__tablename__]
    clock = {"at", "triaged_at"}
    with store.reading() as session:
        return {
            table.name: sorted(
                map(tuple, session.execute(select(*(c for c in table.columns if c.name not in clock)))), key=repr
            )
            for table in tables
        }


def shuffled_with_changes(source: Path, target: Path) -> None:
    """A later delivery of some tables: rows in another order, a firm renamed, payments doubled in amount."""
    target.mkdir()
    for name in ("payments", "orgs", "bid_devices"):
        with (source / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = list(reader)
        if name == "payments":
            for row in rows[::7]:
                row["amount"] = f"{float(row['amount']) * 2:.2f}"
        if name == "orgs":
            for row in rows[::11]:
                row["name"] += "（更名）"
        with (target / f"{name}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, fieldnames=reader.fieldnames or [])
            writer.writeheader()
            writer.writerows(rows[::-1])


@pytest.mark.slow
def test_only_what_changed_gives_what_a_full_scan_gives(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    write_sample(tmp_path / "province", bids=600, seed=5)
    load([tmp_path / "province"], Workspace(workspace))
    chosen = configure(choose([], []))
    settings = read_settings(workspace=workspace, store_url=f"sqlite:///{workspace / 'findings.db'}")
    first = run_scan_and_store(settings, chosen)
    assert len(first.new) > 50
    full = settings.model_copy(update={"store_url": f"sqlite:///{tmp_path / 'full.db'}"})
    shutil.copy(workspace / "findings.db", tmp_path / "full.db")
    shuffled_with_changes(tmp_path / "province", tmp_path / "later")
    load([tmp_path / "later"], Workspace(workspace))
    ran: list[str] = []
    partial_diff = run_scan_and_store(settings, chosen, changed_only=True, progress=lambda d, n, t: ran.append(d))
    full_diff = run_scan_and_store(full, chosen)
    assert 0 < len(ran) < len(chosen)
    assert partial_diff == full_diff
    assert full_diff.changed
    stores = [open_store(s.store_address()) for s in (settings, full)]
    partial_rows, full_rows = map(everything, stores)
    assert partial_rows == full_rows
    reports = [[{**entry, "seconds": 0} for entry in runs(s)[-1].report] for s in (settings, full)]
    assert reports[0] == reports[1]
    for store in stores:
        store.close()

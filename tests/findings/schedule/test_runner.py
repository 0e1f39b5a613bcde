"""The scheduler as a process of its own: it scans a small workspace, notes what became of each time, ends in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select, update

from findings.audit.models import AuditAnchor
from findings.audit.trail import append, read
from findings.schedule import history
from findings.schedule.jobs import Job
from findings.schedule.models import JobRun
from findings.schedule.runner import ANCHOR_FILE, anchor, expire
from findings.settings import Settings
from findings.store.base import now
from findings.store.database import Store
from findings.store.models import RunState, ScanRun
from graph.snapshot import Workspace
from tests.conftest import ROOT
from tests.findings.worlds import documents, record
from tests.graph.worlds import store as make_snapshot

RUN = "from findings.commands.schedule import app; app()"

ONE_DATABASE = pytest.mark.parametrize("store", ["sqlite"], indirect=True)
"""For what does not depend on the database: starting processes takes seconds."""

WORLD = {
    "orgs": [
        {"org_id": f"O{n}", "name": f"企业{n}", "org_type": "private", "legal_rep_id": "P1"} for n in (1, 2)
    ],
    "persons": [{"person_id": "P1", "name": "王"}],
}  # fmt: skip

SCHEDULE = """
[jobs.often]
action = "scan"
cron = "* * * * * *"
detectors = ["same_principal"]

[jobs.anchors]
action = "anchor"
cron = "0 0 1 1 *"
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    make_snapshot(Workspace(folder), WORLD)
    (folder / "schedule.toml").write_text(SCHEDULE, encoding="utf-8")
    return folder


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(workspace: Path, store: Store) -> Iterator[Start]:
    """Starts a scheduler on the store; what is still running at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []
    url = store.engine.url.set(drivername=store.dialect).render_as_string(hide_password=False)
    environment = os.environ | {"QINGFENG_STORE_URL": url, "QINGFENG_LANG": "en"}

    def start(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", RUN, "run", "-w", str(workspace), *options]
        started.append(subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _await_runs(store: Store, wanted: Callable[[list[JobRun]], bool]) -> list[JobRun]:
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        with store.reading() as session:
            runs = list(session.scalars(select(JobRun).order_by(JobRun.id)))
        if wanted(runs):
            return runs
        time.sleep(0.2)
    raise AssertionError(f"not in two minutes: {[(run.job, run.state, run.detail) for run in runs]}")


def test_a_scan_is_done_by_itself_and_the_scheduler_ends_on_a_signal(
    store: Store, workspace: Path, start: Start
) -> None:
    process = start()
    runs = _await_runs(store, lambda runs: any(run.state == "done" for run in runs))
    done = next(run for run in runs if run.state == "done")
    assert (done.job, done.action) == ("often", "scan")
    with store.reading() as session:
        scan = session.get_one(ScanRun, done.scan_run)
        assert (scan.state, scan.trigger, scan.actor) == (RunState.COMPLETE, "schedule", "schedule")
        assert list(scan.detectors) == ["same_principal"]
    # A scan takes longer than the second until the next is due: that one is noted, not run beside it.
    _await_runs(store, lambda runs: any(run.state == "overlapped" for run in runs))
    second = start()
    _, said = second.communicate(timeout=120)
    assert second.returncode == 1
    assert f"process {process.pid}" in said.decode()
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    with store.reading() as session:
        assert session.scalars(select(JobRun).where(JobRun.state == "running")).all() == []
        assert session.scalars(select(ScanRun).where(ScanRun.state == RunState.RUNNING)).all() == []


@ONE_DATABASE
def test_what_is_under_way_at_the_end_of_patience_is_ended_and_noted(
    store: Store, workspace: Path, start: Start
) -> None:
    process = start("--seconds-to-end", "0")
    _await_runs(store, lambda runs: any(run.state == "running" for run in runs))
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    with store.reading() as session:
        states = {run.state for run in session.scalars(select(JobRun))}
    assert "running" not in states
    assert states & {"interrupted", "done"}


def test_a_scheduler_that_was_killed_leaves_a_note_and_what_was_missed_is_done(
    store: Store, workspace: Path, start: Start
) -> None:
    (workspace / "schedule.toml").write_text(
        f'timezone = "UTC"\n[jobs.late]\naction = "anchor"\ncron = "{now() - timedelta(minutes=2):%M %H * * *}"\n'
        f'[jobs.too_late]\naction = "anchor"\ncron = "{now() - timedelta(hours=3):%M %H * * *}"\n'
        f'[jobs.in_time]\naction = "anchor"\ncron = "{now() - timedelta(minutes=2):%M %H * * *}"\n',
        encoding="utf-8",
    )
    job = Job(action="anchor", cron="0 0 * * *")
    dead = history.begin(store, "late", job, now() - timedelta(days=1))
    history.end(store, history.begin(store, "in_time", job, now()), "done", {})
    process = start()
    runs = _await_runs(store, lambda runs: any(run.job == "late" and run.state == "done" for run in runs))
    process.send_signal(signal.SIGTERM)
    assert process.wait(120) == 0
    assert [run.state for run in runs if run.id == dead] == ["interrupted"]
    assert [run.job for run in runs] == ["late", "in_time", "late"]


@ONE_DATABASE
def test_a_failure_is_noted_and_does_not_end_the_scheduler(store: Store, workspace: Path, start: Start) -> None:
    (workspace / "CURRENT").unlink()
    process = start()
    runs = _await_runs(store, lambda runs: sum(run.state == "failed" for run in runs) > 1)
    detail = orjson.loads(next(run.detail or "" for run in runs if run.state == "failed"))
    assert detail["problem"] == "no_data"
    assert process.poll() is None


def test_anchors_go_to_the_folder_of_the_settings(store: Store, tmp_path: Path) -> None:
    settings = Settings(anchor_folder=tmp_path / "elsewhere", _env_file=None)  # type: ignore[call-arg]
    with store.session() as session:
        append(session, actor="u_1", action="party.read", subject="party/O1")
    assert anchor(store, settings) == {"anchored": 0}
    with store.session() as session:
        row = session.scalars(select(AuditAnchor)).one_or_none()
        assert row is None
        session.add(AuditAnchor(day=now().date() - timedelta(days=1), seq=1, hash="a" * 64, made_at=now()))
    anchor(store, settings)
    assert len((tmp_path / "elsewhere" / ANCHOR_FILE).read_bytes().splitlines()) == 1


def test_expiry_without_a_retention_setting_touches_no_lead(store: Store) -> None:
    assert expire(store, Settings(_env_file=None)) == {"approvals": 0}  # type: ignore[call-arg]
    kept = Settings(retention_days=30, _env_file=None)  # type: ignore[call-arg]
    assert expire(store, kept) == {"approvals": 0, "expired": 0, "erased": 0}


def test_expiry_by_the_schedule_is_in_the_trail_as_the_commands_is(store: Store) -> None:
    record(store, documents(range(1, 4)))
    with store.session() as session:
        session.execute(update(ScanRun).values(finished_at=now() - timedelta(days=31)))
    kept = Settings(retention_days=30, _env_file=None)  # type: ignore[call-arg]
    assert expire(store, kept) == {"approvals": 0, "expired": 3, "erased": 0}
    assert expire(store, kept)["expired"] == 0
    with store.reading() as session:
        (said,) = read(session)
    assert (said.actor, said.action, said.subject) == ("schedule", "findings.expire", "days=30 expired=3 erased=0")

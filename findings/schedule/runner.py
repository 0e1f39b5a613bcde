"""The scheduler: one process that does what is due, notes what became of it, and ends in order."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any

import orjson
from apscheduler.events import (  # type: ignore[import-untyped]
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
    JobSubmissionEvent,
)
from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

from findings.access.approvals import expire as expire_approvals
from findings.audit.trail import append
from findings.audit.verifying import make_anchors, stored_anchors, write_anchors
from findings.notify.delivery import deliver_due
from findings.schedule import history
from findings.schedule.cron import last_due
from findings.schedule.jobs import Job, Schedule, ScheduleError
from findings.settings import Settings
from findings.store.base import now
from findings.store.database import Store
from findings.store.retention import expire as expire_findings
from i18n import Problem

SECONDS_TO_END = 60.0
"""How long a scan under way may go on after the signal to stop; then it is ended, and has stored nothing."""

SECONDS_TO_DIE = 10.0

ANCHOR_FILE = "audit-anchors.jsonl"


class Runner:
    """Runs a schedule until it is told to stop.

    A scan, a process of its own, reads the settings anew: other than the workspace they must come from the environment.
    """

    def __init__(self, settings: Settings, schedule: Schedule, store: Store, *, seconds_to_end: float) -> None:
        self._settings = settings
        self._schedule = schedule
        self._store = store
        self._seconds_to_end = seconds_to_end
        self._stopping = threading.Event()
        self._idle = threading.Condition()
        self._busy = 0
        self._scans: set[subprocess.Popen[bytes]] = set()

    def run(self, ready: Callable[[], None] | None = None) -> None:
        """Do what is due until SIGTERM or SIGINT; call it in the main thread.

        Args:
            ready: called when jobs are waited for.

        Raises:
            ScheduleError: another scheduler of the workspace runs.
        """
        with schedule_lock(self._settings.workspace):
            history.interrupt(self._store)
            scheduler = self._scheduler()
            with _signals(self._stopping):
                scheduler.start()
                if ready:
                    ready()
                self._stopping.wait()
                scheduler.shutdown(wait=False)
                self._end()

    def _scheduler(self) -> BackgroundScheduler:
        # It says in English what the history says of jobs that were skipped.
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        workers = ThreadPoolExecutor(max(4, len(self._schedule.jobs)))
        scheduler = BackgroundScheduler(executors={"default": workers}, timezone=self._schedule.zone)
        scheduler.add_listener(self._not_run, EVENT_JOB_MISSED | EVENT_JOB_MAX_INSTANCES)
        for name, job in self._schedule.jobs.items():
            trigger = job.trigger(self._schedule.zone)
            late = last_due(trigger, now(), job.grace) if job.action != "deliver" else None
            # What was due while no scheduler ran is done now, if it is not too late.
            at_once = late is not None and not history.ran_since(self._store, name, late)
            scheduler.add_job(
                self._do,
                trigger,
                args=(name, job),
                id=name,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=job.grace_seconds,
                **({"next_run_time": now()} if at_once else {}),
            )
        return scheduler

    def _not_run(self, event: JobExecutionEvent | JobSubmissionEvent) -> None:
        job = self._schedule.jobs[event.job_id]
        if job.action == "deliver":
            return  # The next one, half a minute later, has nothing less to do.
        if isinstance(event, JobSubmissionEvent):
            history.note(self._store, event.job_id, job, event.scheduled_run_times[-1], "overlapped")
        else:
            history.note(self._store, event.job_id, job, event.scheduled_run_time, "missed")

    def _do(self, name: str, job: Job) -> None:
        with self._idle:
            if self._stopping.is_set():
                return
            self._busy += 1
        try:
            self._do_noted(name, job)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _do_noted(self, name: str, job: Job) -> None:
        run_id = history.begin(self._store, name, job, now())
        try:
            if job.action == "scan":
                self._scan(run_id, name)
                return
            detail = self._act(job)
        except Problem as problem:
            history.end(self._store, run_id, "failed", {"problem": problem.key, "said": problem.text.as_dict()})
        except Exception as error:
            # Whatever it was, it is on record and the next time is tried; its words may hold data, so only its kind.
            history.end(self._store, run_id, "failed", {"problem": type(error).__name__})
        else:
            if job.action == "deliver" and not any(detail.values()):
                history.drop(self._store, run_id)
            else:
                history.end(self._store, run_id, "done", detail)

    def _act(self, job: Job) -> dict[str, Any]:
        if job.action == "deliver":
            done = deliver_due(self._store, self._settings)
            return {"sent": done.sent, "failed": done.failed, "dead": done.dead}
        if job.action == "anchor":
            return anchor(self._store, self._settings)
        return expire(self._store, self._settings)

    def _scan(self, run_id: int, name: str) -> None:
        command = [sys.executable, "-m", "findings.schedule.scan", name]
        # Its own session: a Ctrl-C at the terminal reaches the scheduler, which lets the scan end.
        environment = os.environ | {"QINGFENG_WORKSPACE": str(self._settings.workspace)}
        process = subprocess.Popen(  # noqa: S603 - this interpreter and the name of a job
            command, stdout=subprocess.PIPE, start_new_session=True, env=environment
        )
        with self._idle:
            self._scans.add(process)
        output, _ = process.communicate()
        with self._idle:
            self._scans.discard(process)
        outcome = _last_line(output)
        if outcome is None:
            state = "interrupted" if self._stopping.is_set() else "failed"
            history.end(self._store, run_id, state, {"problem": f"exit {process.returncode}"})
        elif "problem" in outcome:
            state = "overlapped" if outcome["problem"] == "store_scan_running" else "failed"
            history.end(self._store, run_id, state, outcome)
        else:
            history.end(self._store, run_id, "done", outcome, scan_run=outcome["run"])

    def _end(self) -> None:
        """Wait for what is under way, then end the scans that still run."""
        for seconds, send in ((self._seconds_to_end, signal.SIGTERM), (SECONDS_TO_DIE, signal.SIGKILL)):
            with self._idle:
                if self._idle.wait_for(lambda: self._busy == 0, seconds):
                    return
                for process in self._scans:
                    process.send_signal(send)
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0, SECONDS_TO_DIE)


def anchor(store: Store, settings: Settings) -> dict[str, Any]:
    """Anchor the audit trail's days that are over, and write the anchors to the folder of the settings, if any.

    Raises:
        AnchorError: the folder's file has another anchor of a day: the trail is to be verified.
    """
    with store.session() as session:
        made = make_anchors(session)
        everything = stored_anchors(session)
    if settings.anchor_folder is not None:
        settings.anchor_folder.mkdir(parents=True, exist_ok=True)
        write_anchors(everything, settings.anchor_folder / ANCHOR_FILE)
    return {"anchored": len(made)}


def expire(store: Store, settings: Settings) -> dict[str, Any]:
    """Close approvals that nobody decided on, and let unconfirmed leads expire where the settings say when."""
    with store.session() as session:
        closed = expire_approvals(session)
        if settings.retention_days is None:
            return {"approvals": closed}
        done = expire_findings(session, now(), settings.retention_days)
        counts = {"expired": len(done.expired), "erased": len(done.erased)}
        said = " ".join(f"{name}={count}" for name, count in {"days": settings.retention_days, **counts}.items())
        if any(counts.values()):
            append(session, actor="schedule", action="findings.expire", subject=said)
    return {"approvals": closed, **counts}


def next_times(schedule: Schedule, at: datetime) -> dict[str, datetime | None]:
    """When each job is due next, jitter apart."""
    return {
        name: job.model_copy(update={"jitter_seconds": 0}).trigger(schedule.zone).get_next_fire_time(None, at)
        for name, job in schedule.jobs.items()
    }


@contextlib.contextmanager
def schedule_lock(workspace: Path) -> Iterator[None]:
    """The one scheduler of a workspace that may run. The system gives it back when the process ends, however it ends.

    Raises:
        ScheduleError: another process holds it.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    with (workspace / "schedule.lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "?"
            raise ScheduleError("trust_schedule_running", workspace=workspace, process=holder) from None
        handle.truncate(0)
        handle.write(f"{os.getpid()}\n")
        handle.flush()
        yield


@contextlib.contextmanager
def _signals(stopping: threading.Event) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _last_line(output: bytes) -> dict[str, Any] | None:
    lines = output.splitlines()
    try:
        document = orjson.loads(lines[-1]) if lines else None
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None

"""Scans that the API starts are processes of their own: a scan never takes the server down, nor the server a scan.

`python -m api.scanning RUN` takes up a queued run with the settings of its environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.logs import configure_logs, log
from api.platform import Platform
from findings.runs import run_scan_and_store, scan_lock
from findings.settings import Settings, read_settings
from findings.store.base import now
from findings.store.database import open_store
from findings.store.errors import StoreError
from findings.store.models import RunState, ScanRun
from findings.store.recording import fail_scan
from i18n import Problem, catalogue
from queries.profiles import configure, read_profile
from queries.registry import DETECTORS

SECONDS_TO_BEGIN = 60
"""A queued run that no process took up for so long is not waited for any more."""


def spawn(platform: Platform, run_id: int) -> None:
    """Start the process of a queued scan, and note its failure where it ends without saying why."""
    process = start(platform.settings, run_id)
    log.info("scan started", run=run_id, pid=process.pid)
    threading.Thread(target=_reap, args=(platform, run_id, process), name=f"scan {run_id}", daemon=True).start()


def start(settings: Settings, run_id: int) -> subprocess.Popen[bytes]:
    """The process of a queued scan."""
    environment = {
        **os.environ,
        "QINGFENG_WORKSPACE": str(settings.workspace.resolve()),
        "QINGFENG_STORE_URL": settings.store_address(),  # in the environment: an address may hold a password
        "QINGFENG_ENGINE": settings.engine,
    }
    if settings.threads is not None:
        environment["QINGFENG_THREADS"] = str(settings.threads)
    return subprocess.Popen(  # noqa: S603 - the product's own module; the run is a number
        [sys.executable, "-m", "api.scanning", str(run_id)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        # Of its own, so that it goes on when the server is restarted. No session of its own: Linux gives sessions
        # equal parts of the processor, whatever the priority of what runs in them.
        process_group=0,
    )


def _reap(platform: Platform, run_id: int, process: subprocess.Popen[bytes]) -> None:
    code = process.wait()
    log.info("scan ended", run=run_id, code=code)
    try:
        with platform.store.session() as session:
            run = session.get(ScanRun, run_id)
            if run is not None and run.state in (RunState.QUEUED, RunState.RUNNING):
                fail_scan(session, run_id, catalogue()["api.scan_died"].format(code=code))
    except Exception as error:
        log.error("scan not closed", run=run_id, exc_info=error)


def under_way(session: Session, settings: Settings) -> int | None:
    """The run that is waiting or running now, None where none is. What a killed process left behind does not count."""
    unfinished = select(ScanRun).where(ScanRun.state.in_((RunState.QUEUED, RunState.RUNNING)))
    run = session.scalars(unfinished.order_by(ScanRun.id.desc()).limit(1)).first()
    if run is None:
        return None
    if run.state == RunState.QUEUED and run.queued_at > now() - timedelta(seconds=SECONDS_TO_BEGIN):
        return run.id
    try:
        with scan_lock(settings.workspace):
            return None
    except StoreError:
        return run.id


def take_up(settings: Settings, run_id: int) -> None:
    """Do a queued scan, with what was asked for when it was queued.

    Raises:
        Problem: it failed; the run says why.
    """
    store = open_store(settings.store_address())
    try:
        with store.reading() as session:
            run = session.get_one(ScanRun, run_id)
            profile, changed_only, actor = run.profile, run.changed_only, run.actor
    finally:
        store.close()
    chosen = configure(DETECTORS, read_profile(profile))
    run_scan_and_store(
        settings, chosen, changed_only=changed_only, trigger="api", actor=actor, run_id=run_id, gives_way=True
    )


if __name__ == "__main__":
    given = read_settings()
    configure_logs(given.log_level)
    os.nice(10)  # people who read go before a scan
    try:
        take_up(given, int(sys.argv[1]))
    except Problem as problem:
        log.error("scan failed", run=int(sys.argv[1]), code=problem.key)
        sys.exit(1)

"""Scans that the API starts are processes of their own: a scan never takes the server down, nor the server a scan."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.logs import log
from api.platform import Platform
from findings.settings import Settings
from findings.store.models import RunState, ScanRun
from findings.store.recording import fail_scan
from i18n import catalogue


def command(settings: Settings, run_id: int) -> list[str]:
    """The command that takes up a queued scan."""
    workspace = str(settings.workspace.resolve())
    return [sys.executable, "-m", "cli", "scan", "--store", "--run", str(run_id), "--workspace", workspace]


def spawn(platform: Platform, run_id: int) -> None:
    """Start the process of a queued scan, and note its failure where it ends without saying why."""
    settings = platform.settings
    environment = {
        **os.environ,
        "QINGFENG_STORE_URL": settings.store_address(),  # in the environment: an address may hold a password
        "QINGFENG_ENGINE": settings.engine,
    }
    process = subprocess.Popen(  # noqa: S603 - the product's own command; the run is a number
        command(settings, run_id),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        start_new_session=True,  # it goes on when the server is restarted
    )
    log.info("scan started", run=run_id, pid=process.pid)
    threading.Thread(target=_reap, args=(platform, run_id, process), name=f"scan {run_id}", daemon=True).start()


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
    """The run that is waiting or running now, None where none is."""
    unfinished = select(ScanRun.id).where(ScanRun.state.in_((RunState.QUEUED, RunState.RUNNING)))
    return session.scalar(unfinished.order_by(ScanRun.id.desc()).limit(1))

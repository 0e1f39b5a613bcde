"""Bringing a scan into the store: one transaction, in which every finding gets its new state or nothing happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.store.base import now
from findings.store.database import Store
from findings.store.diffing import ScanDiff
from findings.store.errors import StoreError
from findings.store.evidence import prepare
from findings.store.models import RunState, ScanRun, State
from findings.store.sorting import Sorting, read_known
from findings.store.writing import write_scan
from findings.subjects import Subjects
from i18n import Text


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a complete scan brings to be recorded."""

    scan_id: str
    snapshot_id: str
    data_as_of: date | None
    findings: Sequence[bytes]
    """Each finding in the findings format, as JSON; all findings of all `detectors`."""
    detectors: Mapping[str, int]
    """Version by detector. What another detector found before is left as it is."""
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    report: Sequence[Mapping[str, Any]]


InScan = Callable[[Session, ScanRun, ScanDiff], object]
"""What else is written in the transaction of a scan, such as notifications to send."""


def queue_scan(
    session: Session, *, engine: str, profile: str, trigger: str, actor: str, changed_only: bool = False
) -> ScanRun:
    """A scan that was asked for; a process takes it up with `begin_scan`."""
    run = ScanRun(engine=engine, profile=profile, trigger=trigger, actor=actor, changed_only=changed_only)
    session.add(run)
    session.flush()
    return run


def begin_scan(session: Session, run_id: int, *, snapshot_id: str, data_as_of: date | None, steps: int) -> ScanRun:
    """A queued scan starts. The caller holds the lock of scans, so any other one that runs is a dead one's.

    Raises:
        StoreError: there is no such scan, or it has started already.
    """
    run = session.get(ScanRun, run_id)
    if run is None or run.state != RunState.QUEUED:
        raise StoreError("store_not_queued", run=run_id)
    for dead in session.scalars(select(ScanRun).where(ScanRun.state == RunState.RUNNING)):
        _fail(dead, StoreError("store_interrupted").text)
    run.state = RunState.RUNNING
    run.started_at = now()
    run.snapshot_id = snapshot_id
    run.data_as_of = data_as_of
    run.steps = steps
    return run


def fail_scan(session: Session, run_id: int, why: Text) -> None:
    """A scan ended without a result; findings stay as they were."""
    run = session.get(ScanRun, run_id)
    if run is not None and run.state in (RunState.QUEUED, RunState.RUNNING):
        _fail(run, why)


def _fail(run: ScanRun, why: Text) -> None:
    run.state = RunState.FAILED
    run.finished_at = now()
    run.error = why.as_dict()


def record_scan(
    store: Store, run_id: int, scanned: Scanned, subjects: Subjects, within: Sequence[InScan] = ()
) -> ScanDiff:
    """Record a complete scan, and make it the last one.

    A finding that was there before is updated, never doubled. One whose evidence changed and that was dismissed or
    had expired is open again, with a decision by the system that says what changed. Findings of the scan's detectors
    that it did not find have gone.

    Args:
        store: where to.
        run_id: the scan, begun.
        scanned: what it found.
        subjects: names, public bodies and regions, of `read_subjects`.
        within: what else to write in the same transaction.

    Raises:
        StoreError: the store is locked or full; nothing was recorded.
    """
    with store.reading() as session:
        known = read_known(session, list(scanned.detectors))
    sorting = Sorting(known)
    for line in scanned.findings:
        sorting.add(prepare(orjson.loads(line), subjects))
    with store.session() as session:
        run = session.get_one(ScanRun, run_id)
        if run.state != RunState.RUNNING:
            raise StoreError("store_not_running", run=run_id)
        write_scan(session, run_id, sorting, list(scanned.detectors))
        diff = ScanDiff(
            before=_last_complete(session),
            after=run_id,
            new=sorting.ids(State.NEW),
            changed=sorting.ids(State.CHANGED),
            gone=sorting.gone,
            returned=sorting.ids(State.RETURNED),
            unchanged=sorting.unchanged,
        )
        run.state = RunState.COMPLETE
        run.finished_at = now()
        run.step, run.step_name = run.steps, None
        run.scan_id = scanned.scan_id
        run.detectors = dict(scanned.detectors)
        run.parameters = dict(scanned.parameters)
        run.inputs = dict(scanned.inputs)
        run.report = [dict(entry) for entry in scanned.report]
        run.counts = diff.counts
        session.flush()
        for write in within:
            write(session, run, diff)
    return diff


def _last_complete(session: Session) -> int | None:
    complete = select(ScanRun.id).where(ScanRun.state == RunState.COMPLETE)
    return session.scalar(complete.order_by(ScanRun.id.desc()).limit(1))

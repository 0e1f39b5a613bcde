"""Scans that are kept: run under a lock, recorded whole, and, on request, only as far as the data changed."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson
from sqlalchemy import select

from findings.aside import aside
from findings.inputs import input_hashes
from findings.notify.outbox import enqueue
from findings.settings import Settings
from findings.store.database import Store, open_store
from findings.store.diffing import ScanDiff
from findings.store.errors import StoreError
from findings.store.models import FindingRow, FindingVersion, RunState, ScanRun, State
from findings.store.recording import InScan, Scanned, begin_scan, fail_scan, queue_scan, record_scan
from findings.subjects import Subjects, read_subjects
from graph.engine import GraphEngine
from graph.projection import Part
from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables
from i18n import Problem, Text, catalogue
from queries.detector import Cypher, Detector, Params
from queries.evidence import resolve
from queries.finding import Record, Ref
from queries.scan import Progress, ScanResult, run_scan, scan_id
from queries.session import EngineName, open_engine

Chosen = Sequence[tuple[Detector, Params]]


def run_scan_and_store(
    settings: Settings,
    chosen: Chosen,
    *,
    changed_only: bool = False,
    trigger: str = "cli",
    actor: str = "local",
    run_id: int | None = None,
    progress: Progress | None = None,
    within: Sequence[InScan] = (enqueue,),
    gives_way: bool = False,
) -> ScanDiff:
    """Scan the current snapshot of the workspace and record it; a scan that fails stores nothing and says why.

    Args:
        settings: workspace, store, engine, profile, threads.
        chosen: detectors with their parameters; the findings of others stay as they are.
        changed_only: run only those whose inputs changed since they last ran; the result is that of a full scan.
        trigger: `cli`, `api` or `schedule`.
        actor: who asked for it.
        run_id: a scan that was queued; None queues one.
        progress: told of each detector that runs.
        within: what else to write in the transaction that records the scan: the notifications to send.
        gives_way: look for findings only while no other process wants the processor; they are recorded at once.

    Raises:
        StoreError: another scan is running, or the store is locked, full or out of reach.
        WorkspaceError, ScanError, EngineError: see `queries.session.scan_workspace`.
    """
    settings.require_workspace()
    store = open_store(settings.store_address())
    try:
        store.upgrade()
        with _refusing(store, run_id), scan_lock(settings.workspace, seconds=1):
            if run_id is None:
                run_id = queue(store, settings, changed_only=changed_only, trigger=trigger, actor=actor)
            with _failing(store, run_id):

                def scan() -> tuple[Scanned, Subjects]:
                    return _scan(store, run_id, settings, chosen, changed_only, progress)

                scanned, subjects = aside(scan) if gives_way else scan()
                return record_scan(store, run_id, scanned, subjects, within)
    finally:
        store.close()


def queue(store: Store, settings: Settings, *, changed_only: bool, trigger: str, actor: str) -> int:
    """Ask for a scan, to be run by another process with `run_id`; returns its number."""
    with store.session() as session:
        return queue_scan(
            session,
            engine=settings.engine,
            profile=settings.profile,
            trigger=trigger,
            actor=actor,
            changed_only=changed_only,
        ).id


@contextlib.contextmanager
def scan_lock(workspace: Path, *, seconds: float = 0) -> Iterator[None]:
    """The one scan of a workspace that may run. The system gives it back when the process ends, however it ends.

    Args:
        workspace: whose scan.
        seconds: how long to wait for the lock, which whoever asks whether a scan runs also holds for a moment.

    Raises:
        StoreError: another process holds it.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + seconds
    with (workspace / "scan.lock").open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise StoreError("store_scan_running", workspace=workspace) from error
                time.sleep(0.02)
        yield


@contextlib.contextmanager
def _refusing(store: Store, run_id: int | None) -> Iterator[None]:
    """A scan that was queued and cannot begin says why; one that has begun is another process's to close."""
    try:
        yield
    except StoreError as error:
        with contextlib.suppress(StoreError), store.session() as session:
            run = session.get(ScanRun, run_id) if run_id is not None else None
            if run is not None and run.state == RunState.QUEUED:
                fail_scan(session, run.id, error.text)
        raise


@contextlib.contextmanager
def _failing(store: Store, run_id: int) -> Iterator[None]:
    """Whatever ends the scan early is written to its run, in words without data."""
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(StoreError), store.session() as session:
            fail_scan(session, run_id, _why(error))
        raise


def _why(error: BaseException) -> Text:
    if isinstance(error, Problem):
        return error.text
    said = getattr(error, "text", None)
    if isinstance(said, Text):
        return said
    return catalogue()["error.store_scan_ended"].format(reason=type(error).__name__)


def _scan(
    store: Store,
    run_id: int,
    settings: Settings,
    chosen: Chosen,
    changed_only: bool,
    progress: Progress | None,
) -> tuple[Scanned, Subjects]:
    """What the detectors find, and whom it is about; the run in the store has begun."""
    workspace = Workspace(settings.workspace)
    snapshot = workspace.current()
    connection = open_tables(snapshot, workspace.secret(), settings.threads)
    try:
        inputs = input_hashes(chosen, snapshot, connection, workspace.secret())
        before = _last_of_each(store, inputs) if changed_only else {}
        kept = {detector: last for detector, last in before.items() if last.input == inputs[detector]}
        due = [(detector, params) for detector, params in chosen if detector.id not in kept]
        with store.session() as session:
            begin_scan(
                session,
                run_id,
                snapshot_id=snapshot.id,
                data_as_of=snapshot.manifest.data_as_of,
                steps=len(due),
            )
        result = _run(store, run_id, settings.engine, snapshot, connection, due, progress)
        found = [finding.as_json() for finding in result.findings]
        found += _kept_findings(store, kept, snapshot, connection)
        reports = {report.detector: asdict(report) for report in result.reports}
        reports |= {detector: dict(last.report) for detector, last in kept.items()}
        scanned = Scanned(
            scan_id=scan_id(snapshot.id, chosen),
            snapshot_id=snapshot.id,
            data_as_of=snapshot.manifest.data_as_of,
            findings=found,
            detectors={detector.id: detector.version for detector, _ in chosen},
            parameters={detector.id: params.model_dump(mode="json") for detector, params in chosen},
            inputs=inputs,
            report=[reports[detector.id] for detector, _ in chosen],
        )
        return scanned, read_subjects(connection, map(orjson.loads, found))
    finally:
        connection.close()


def _run(
    store: Store,
    run_id: int,
    engine: EngineName,
    snapshot: Snapshot,
    connection: duckdb.DuckDBPyConnection,
    due: Chosen,
    progress: Progress | None,
) -> ScanResult:
    """Run the detectors that are due; the run in the store says which one is being run."""
    graphs: list[GraphEngine] = []

    def graph() -> GraphEngine:
        walks = [d.select.text for d, _ in due if isinstance(d.select, Cypher)]
        graphs.append(open_engine(engine, snapshot, connection, Part.named_in(walks)))
        return graphs[0]

    def step(detector: str, number: int, total: int) -> None:
        # A store that is busy for a moment must not end a scan that only wants to say how far it is.
        with contextlib.suppress(StoreError), store.session() as session:
            run = session.get_one(ScanRun, run_id)
            run.step, run.step_name = number, detector
        if progress:
            progress(detector, number, total)

    try:
        return run_scan(snapshot, connection, graph, due, step)
    finally:
        for opened in graphs:
            opened.close()


@dataclass(frozen=True, slots=True)
class _Last:
    """The last complete scan of a detector."""

    input: str
    report: Mapping[str, Any]


def _last_of_each(store: Store, detectors: Iterable[str]) -> dict[str, _Last]:
    """The last complete scan of each detector, as far as there is one."""
    wanted = set(detectors)
    last: dict[str, _Last] = {}
    with store.reading() as session:
        complete = select(ScanRun.inputs, ScanRun.report).where(ScanRun.state == RunState.COMPLETE)
        for inputs, report in session.execute(complete.order_by(ScanRun.id.desc())).yield_per(10):
            reports = {entry["detector"]: entry for entry in report}
            last |= {name: _Last(inputs[name], reports[name]) for name in wanted & inputs.keys()}
            wanted -= inputs.keys()
            if not wanted:
                break
    return last


def _kept_findings(
    store: Store, detectors: Iterable[str], snapshot: Snapshot, connection: duckdb.DuckDBPyConnection
) -> list[bytes]:
    """The findings of detectors that need not run, as they would find them now.

    Their evidence is the same; the rows it stands in may be in another place or file since the data were loaded again.
    """
    with store.reading() as session:
        documents = [
            orjson.loads(document or "{}")
            for document in session.scalars(
                select(FindingVersion.document)
                .join(
                    FindingRow,
                    (FindingRow.finding_id == FindingVersion.finding_id)
                    & (FindingRow.evidence_run == FindingVersion.run_id),
                )
                .where(FindingRow.detector.in_(list(detectors)), FindingRow.state != State.GONE)
                .order_by(FindingRow.finding_id)
            )
        ]
    records = [record for document in documents for record in document["evidence"]["records"]]
    now = resolve(connection, {_ref(record["ref"]) for record in records}, snapshot.manifest.sources)
    for record in records:
        record.update(_place(now[_ref(record["ref"])]))
    return [orjson.dumps(document) for document in documents]


def _ref(text: str) -> Ref:
    table, _, digits = text.rpartition(":")
    key = int(digits, 16)
    return Ref(table, key - (1 << 64) if key >= 1 << 63 else key)


def _place(record: Record) -> dict[str, Any]:
    return {
        "file": record.file,
        "row": record.row,
        "sha256": record.sha256,
        "source_record_id": record.source_record_id,
    }

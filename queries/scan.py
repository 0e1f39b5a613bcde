"""The scan: run detectors over a snapshot and hand out findings."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import duckdb
import orjson

from graph.engine import GraphEngine
from graph.snapshot import Snapshot
from i18n import Problem
from queries.detector import Detector, Params
from queries.evidence import resolve
from queries.finding import Finding, Lead, Record, Ref, Status, finding_id
from queries.laws import in_force
from queries.side_by_side import Judged, Runner
from queries.signed import cite
from queries.unread import weigh


class ScanError(Problem):
    """A scan stopped: names the detector and what went wrong. Nothing of the scan counts."""


class Progress(Protocol):
    """Told which detector the scan waits for, in their order: its id, its number (from 1) and how many there are."""

    def __call__(self, detector: str, number: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class DetectorReport:
    """What one detector did: what it could judge, what it flagged and cleared, what it could not judge and why.

    `seconds` from its first select to its last lead; detectors run side by side, so that they add up to more than the
    scan took.
    """

    detector: str
    judged: int
    flagged: dict[str, int]
    cleared: int
    not_judgeable: dict[str, int]
    implausible: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class ScanResult:
    """The findings of a scan, in the order of the registry and then of their ids, with a report a detector."""

    scan_id: str
    snapshot_id: str
    data_as_of: date | None
    engine: str
    findings: tuple[Finding, ...]
    reports: tuple[DetectorReport, ...]


def scan_id(snapshot_id: str, chosen: Sequence[tuple[Detector, Params]]) -> str:
    """Hash of the snapshot, the detectors' versions and their parameters: no clock, no chance, no engine."""
    plan = [[d.id, d.version, p.model_dump(mode="json")] for d, p in chosen]
    document = orjson.dumps([snapshot_id, plan], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(document).hexdigest()[:16]


def run_scan(
    snapshot: Snapshot,
    connection: duckdb.DuckDBPyConnection,
    engine: Callable[[], GraphEngine],
    chosen: Sequence[tuple[Detector, Params]],
    progress: Progress | None = None,
) -> ScanResult:
    """Run the chosen detectors with their parameters.

    Args:
        snapshot: what is scanned.
        connection: its tables, as `graph.tables.open_tables` opens them.
        engine: gives the graph; called only if a detector walks it.
        chosen: detectors with their parameters.
        progress: told of each detector.

    Raises:
        ScanError: a detector failed, or two of its findings claim one identity.
        EngineError: the graph cannot be opened.
    """
    manifest = snapshot.manifest
    this_scan = scan_id(snapshot.id, chosen)
    with Runner(connection, engine, chosen, manifest.data_as_of) as runner:
        judged = []
        for number, ((detector, _), job) in enumerate(zip(chosen, runner.judged, strict=True), start=1):
            if progress:
                progress(detector.id, number, len(chosen))
            try:
                judged.append(job.result())
            except duckdb.Error as error:
                raise ScanError("detector_failed", detector=detector.id, reason=error) from error
        name = runner.engine
    leads_of = [
        weigh(connection, detector, cite(connection, detector, said.leads))
        for (detector, _), said in zip(chosen, judged, strict=True)
    ]
    refs = {ref for leads in leads_of for lead in leads for ref in lead.records}
    records = resolve(connection, refs, manifest.sources)
    findings: list[Finding] = []
    reports: list[DetectorReport] = []
    for (detector, params), said, leads in zip(chosen, judged, leads_of, strict=True):
        found = _complete(detector, params, leads, records, snapshot, this_scan)
        findings += found
        reports.append(_report(detector, said, found))
    return ScanResult(
        scan_id=this_scan,
        snapshot_id=snapshot.id,
        data_as_of=manifest.data_as_of,
        engine=name,
        findings=tuple(findings),
        reports=tuple(reports),
    )


def _complete(
    detector: Detector,
    params: Params,
    leads: Sequence[Lead],
    records: Mapping[Ref, Record],
    snapshot: Snapshot,
    this_scan: str,
) -> list[Finding]:
    """Findings out of leads, with their records, sorted by id."""
    findings: dict[str, Finding] = {}
    for lead in leads:
        name = finding_id(detector.id, lead.identity)
        if name in findings:
            raise ScanError("one_identity", detector=detector.id, identity=lead.identity)
        findings[name] = Finding(
            finding_id=name,
            detector=detector.id,
            detector_version=detector.version,
            family=detector.family,
            lead=lead,
            records=tuple(records[ref] for ref in sorted(set(lead.records), key=str)),
            legal_basis=in_force(detector.legal_basis, lead.period[1]) if lead.laws is None else lead.laws,
            parameters=params.model_dump(mode="json"),
            data_as_of=snapshot.manifest.data_as_of,
            scan_id=this_scan,
        )
    return [findings[name] for name in sorted(findings)]


def _report(detector: Detector, said: Judged, findings: list[Finding]) -> DetectorReport:
    counts = dict(said.counts)
    judged = counts.pop("judged")
    if counts.keys() != detector.not_judgeable.keys():
        raise ScanError(
            "other_reasons", detector=detector.id, counted=sorted(counts), declared=sorted(detector.not_judgeable)
        )
    flagged = Counter(f.lead.tier.value for f in findings if f.lead.status is Status.FLAGGED)
    cleared = sum(f.lead.status is Status.CLEARED for f in findings)
    return DetectorReport(
        detector=detector.id,
        judged=judged,
        flagged=dict(sorted(flagged.items())),
        cleared=cleared,
        not_judgeable=counts,
        implausible=judged > 0 and flagged.total() > max(1, detector.max_share * judged),
        seconds=round(said.seconds, 3),
    )

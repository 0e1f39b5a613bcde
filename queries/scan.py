"""The scan: run detectors over a snapshot and hand out findings."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import duckdb
import orjson
import pandas as pd
import pyarrow as pa

from graph.engine import GraphEngine
from graph.snapshot import Snapshot
from i18n import Problem
from queries.detector import Cypher, Detector, Params
from queries.evidence import resolve
from queries.finding import Finding, Lead, Status, finding_id
from queries.frames import frame
from queries.laws import in_force
from queries.relations import materialise

_Values = Mapping[str, Any]


class ScanError(Problem):
    """A scan stopped: names the detector and what went wrong. Nothing of the scan counts."""


class Progress(Protocol):
    """Told before each detector runs: its id, its number (from 1) and how many there are."""

    def __call__(self, detector: str, number: int, total: int) -> None: ...


@dataclass(frozen=True, slots=True)
class DetectorReport:
    """What one detector did: what it could judge, what it flagged and cleared, what it could not judge and why."""

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
    findings: list[Finding] = []
    reports: list[DetectorReport] = []
    graph: GraphEngine | None = None
    selects = _Selects(chosen, manifest.data_as_of)
    for number, (detector, params) in enumerate(chosen, start=1):
        if progress:
            progress(detector.id, number, len(chosen))
        if isinstance(detector.select, Cypher) and graph is None:
            graph = engine()
        started = time.perf_counter()
        materialise(connection, detector.relations)
        values = detector.bindings(params, manifest.data_as_of)
        leads = list(detector.judge(selects.rows(detector, connection, graph, values), params))
        found = _complete(detector, params, leads, snapshot, connection, this_scan)
        findings += found
        reports.append(_report(detector, connection, values, found, time.perf_counter() - started))
    return ScanResult(
        scan_id=this_scan,
        snapshot_id=snapshot.id,
        data_as_of=manifest.data_as_of,
        engine=graph.name if graph else "tables",
        findings=tuple(findings),
        reports=tuple(reports),
    )


class _Selects:
    """The rows that detectors judge; where several ask for the same with the same values, they are read once.

    Rows are held until the last detector that asks for them has had them.
    """

    def __init__(self, chosen: Sequence[tuple[Detector, Params]], data_as_of: date | None) -> None:
        self._left = Counter(self._name(detector, detector.bindings(params, data_as_of)) for detector, params in chosen)
        self._held: dict[bytes, pd.DataFrame] = {}

    def rows(
        self, detector: Detector, connection: duckdb.DuckDBPyConnection, graph: GraphEngine | None, values: _Values
    ) -> pd.DataFrame:
        """The rows of a detector, which it must not change."""
        name = self._name(detector, values)
        rows = self._held.pop(name, None)
        if rows is None:
            rows = _select(detector, connection, graph, values)
        self._left[name] -= 1
        if self._left[name]:
            self._held[name] = rows
        return rows

    @staticmethod
    def _name(detector: Detector, values: _Values) -> bytes:
        select = detector.select
        text = [select.text, select.anchors.text, select.then.text] if isinstance(select, Cypher) else [select.text]
        bound = select.bind(values)
        if isinstance(select, Cypher):
            bound |= select.anchors.bind(values) | select.then.bind(values)
        return orjson.dumps([text, bound], option=orjson.OPT_SORT_KEYS)


def _select(
    detector: Detector, connection: duckdb.DuckDBPyConnection, graph: GraphEngine | None, values: _Values
) -> pd.DataFrame:
    """The rows that the detector judges."""
    select = detector.select
    try:
        if not isinstance(select, Cypher):
            return frame(connection.sql(select.text, params=select.bind(values)))
        assert graph is not None
        return _walk(select, connection, graph, values)
    except duckdb.Error as error:
        raise ScanError("detector_failed", detector=detector.id, reason=error) from error


def _walk(select: Cypher, connection: duckdb.DuckDBPyConnection, graph: GraphEngine, values: _Values) -> pd.DataFrame:
    """Anchors from the tables, paths from the graph, and what judging needs from the tables again."""
    anchors: pa.Table = connection.sql(select.anchors.text, params=select.anchors.bind(values)).to_arrow_table()
    parameters = select.bind(values)
    walked = [
        graph.run(select.text, {**parameters, "anchors": anchors.slice(start, select.batch).to_pylist()})
        for start in range(0, len(anchors), select.batch)
    ]
    rows = [row for part in walked for row in part.to_dict("records")]
    connection.register("anchors", anchors)
    types = pa.schema([(name, _ARROW[kind]) for name, kind in select.walked.items()])
    connection.register("walked", pa.Table.from_pylist(rows, schema=types))
    try:
        return frame(connection.sql(select.then.text, params=select.then.bind(values)))
    finally:
        connection.unregister("anchors")
        connection.unregister("walked")


_ARROW = {
    "BIGINT": pa.int64(),
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT[]": pa.list_(pa.int64()),
    "VARCHAR[]": pa.list_(pa.string()),
}


def _complete(
    detector: Detector,
    params: Params,
    leads: list[Lead],
    snapshot: Snapshot,
    connection: duckdb.DuckDBPyConnection,
    this_scan: str,
) -> list[Finding]:
    """Findings out of leads, with their records, sorted by id."""
    records = resolve(connection, {ref for lead in leads for ref in lead.records}, snapshot.manifest.sources)
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


def _report(
    detector: Detector,
    connection: duckdb.DuckDBPyConnection,
    values: _Values,
    findings: list[Finding],
    seconds: float,
) -> DetectorReport:
    population = connection.execute(detector.population.text, detector.population.bind(values)).df()
    counts = {str(name): int(value or 0) for name, value in population.iloc[0].items()}
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
        seconds=round(seconds, 3),
    )

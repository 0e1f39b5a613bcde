"""Writing a sorted scan: rows by the thousand, in as many statements as there are kinds of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Executable, bindparam, case, delete, insert, select, update
from sqlalchemy.orm import Session

from findings.store.base import now
from findings.store.evidence import Prepared, difference
from findings.store.models import Decision, FindingEntity, FindingRow, FindingVersion, State, Triage
from findings.store.sorting import Sorting

SYSTEM = "system"
"""Who acts where no person does."""

REOPENED_FROM = (Triage.DISMISSED, Triage.EXPIRED)
"""Decisions that hold only while the evidence stays."""

COUNT_VALUES = "ANALYZE findings"
"""Has the database count how many findings share a value, by which it chooses between indexes."""

_BATCH = 2_000


def write_scan(session: Session, run_id: int, sorting: Sorting, detectors: Sequence[str]) -> None:
    """Write all rows of a scan of these detectors, findings first."""
    connection = session.connection()
    reopened = _reopen(session, run_id, sorting.other_evidence)
    new, changed, returned = (sorting.altered[state] for state in (State.NEW, State.CHANGED, State.RETURNED))
    seen = {"last_run": run_id, "changed_run": run_id, "evidence_run": run_id}
    _run(connection, insert(FindingRow), [_new_row(prepared, run_id) for prepared in new])
    _update(connection, [{**_keyed(p), **seen, "state": State.CHANGED} for p in changed])
    _update(connection, [{**_keyed(p), **seen, "state": State.RETURNED, "erased_at": None} for p in returned])
    _update(connection, [_keyed(p) for p in sorting.moved])
    _update(connection, [{"key": name, "state": State.GONE, "changed_run": run_id} for name in sorting.gone])
    _update(connection, [{"key": name, "triage": Triage.OPEN, "triaged_at": now()} for name in reopened])
    _write_entities(connection, new, [*changed, *returned, *sorting.moved])
    _write_versions(connection, run_id, sorting)
    # What is left is unchanged, and has not been touched by this scan yet.
    connection.execute(
        update(FindingRow)
        .where(FindingRow.detector.in_(detectors), FindingRow.state != State.GONE, FindingRow.last_run != run_id)
        .values(
            last_run=run_id,
            state=State.UNCHANGED,
            version=FindingRow.version + case((FindingRow.state != State.UNCHANGED, 1), else_=0),
        )
    )
    connection.exec_driver_sql(COUNT_VALUES)


def _new_row(prepared: Prepared, run_id: int) -> dict[str, Any]:
    runs = dict.fromkeys(("first_run", "last_run", "changed_run", "evidence_run"), run_id)
    return {
        "finding_id": prepared.finding_id,
        **prepared.columns,
        **runs,
        "state": State.NEW,
        "triage": Triage.OPEN,
        "version": 1,
    }


def _keyed(prepared: Prepared) -> dict[str, Any]:
    return {"key": prepared.finding_id, **prepared.columns}


def _run(connection: Connection, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), _BATCH):
        connection.execute(statement, rows[start : start + _BATCH])


def _update(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set the columns that the rows name, of the finding that `key` names; a reader sees another version."""
    if not rows:
        return
    columns: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "key"}
    statement = update(FindingRow).where(FindingRow.finding_id == bindparam("key"))
    _run(connection, statement.values(**columns, version=FindingRow.version + 1), rows)


def _write_entities(connection: Connection, new: Sequence[Prepared], altered: Sequence[Prepared]) -> None:
    _run(
        connection,
        delete(FindingEntity).where(FindingEntity.finding_id == bindparam("key")),
        [{"key": prepared.finding_id} for prepared in altered],
    )
    _run(connection, insert(FindingEntity), [entity for prepared in (*new, *altered) for entity in prepared.entities])


def _write_versions(connection: Connection, run_id: int, sorting: Sorting) -> None:
    """The versions that this scan adds; a document of unchanged evidence is replaced where it stands."""
    versions = [
        _version(prepared.finding_id, run_id, state, prepared.columns["evidence_hash"], prepared.document)
        for state, altered in sorting.altered.items()
        for prepared in altered
    ]
    versions += [_version(name, run_id, State.GONE, sorting.known[name].evidence_hash, None) for name in sorting.gone]
    _run(connection, insert(FindingVersion), versions)
    _run(
        connection,
        update(FindingVersion)
        .where(FindingVersion.finding_id == bindparam("key"), FindingVersion.run_id == bindparam("run"))
        .values(document=bindparam("document")),
        [
            {"key": p.finding_id, "run": sorting.known[p.finding_id].evidence_run, "document": p.document}
            for p in sorting.moved
        ],
    )


def _version(finding_id: str, run_id: int, outcome: State, evidence_hash: str, document: str | None) -> dict[str, Any]:
    return {
        "finding_id": finding_id,
        "run_id": run_id,
        "outcome": outcome,
        "evidence_hash": evidence_hash,
        "document": document,
    }


def _reopen(session: Session, run_id: int, other_evidence: Sequence[Prepared]) -> list[str]:
    """Say of each finding that was set aside on other evidence what changed; returns their ids.

    Read in this transaction: a person may have decided while the scan ran.
    """
    by_id = {prepared.finding_id: prepared for prepared in other_evidence}
    names = sorted(by_id)
    reopened: list[str] = []
    for start in range(0, len(names), _BATCH):
        rows = session.execute(
            select(FindingRow.finding_id, FindingRow.triage, FindingVersion.document)
            .join(
                FindingVersion,
                (FindingVersion.finding_id == FindingRow.finding_id)
                & (FindingVersion.run_id == FindingRow.evidence_run),
            )
            .where(FindingRow.finding_id.in_(names[start : start + _BATCH]), FindingRow.triage.in_(REOPENED_FROM))
            .order_by(FindingRow.finding_id)
            .with_for_update(of=FindingRow)
        )
        for finding_id, triage, document in rows:
            after = by_id[finding_id]
            session.add(
                Decision(
                    finding_id=finding_id,
                    actor=SYSTEM,
                    action="reopen",
                    triage_before=triage,
                    triage_after=Triage.OPEN,
                    reason_code="evidence_changed",
                    evidence_hash=after.columns["evidence_hash"],
                    run_id=run_id,
                    details=difference(orjson.loads(document), orjson.loads(after.document)) if document else None,
                )
            )
            reopened.append(finding_id)
    session.flush()
    return reopened

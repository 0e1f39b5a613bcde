"""The overview: the last scan beside the one before, and where its leads are. Counts, never one summed score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from findings.access.principal import Scope
from findings.store.evidence import AGENCY, EVIDENCE
from findings.store.filtering import Filter, conditions, in_scope
from findings.store.models import CURRENT, FindingEntity, FindingRow, FindingVersion, RunState, ScanRun, State

MOST_AGENCIES = 20
MOST_FIRMS = 20
CITY_DIGITS = 4
FLAGGED = "flagged"


def runs_as_dicts(session: Session, runs: Sequence[ScanRun], scope: Scope | None) -> list[dict[str, Any]]:
    """Scans as JSON, without their reports; what each found is counted inside a scope, None is everywhere."""
    if scope is None:
        return [_run_as_dict(run, run.counts) for run in runs]
    inside = _counts_inside(session, [run.id for run in runs], scope)
    return [_run_as_dict(run, inside[run.id] if run.counts else {}) for run in runs]


def _counts_inside(session: Session, runs: Sequence[int], scope: Scope) -> dict[int, dict[str, int | None]]:
    """How many leads of a scope each scan found new, changed, gone and returned. How many stayed is not kept by
    region: None."""
    counts: dict[int, dict[str, int | None]] = {
        run: {state.value: None if state == State.UNCHANGED else 0 for state in State} for run in runs
    }
    rows = session.execute(
        select(FindingVersion.run_id, FindingVersion.outcome, func.count())
        .join(FindingRow, FindingRow.finding_id == FindingVersion.finding_id)
        .where(FindingVersion.run_id.in_(runs), *in_scope(scope))
        .group_by(FindingVersion.run_id, FindingVersion.outcome)
    )
    for run, outcome, count in rows:
        counts[run][outcome] = count
    return counts


def _run_as_dict(run: ScanRun, counts: Mapping[str, int | None]) -> dict[str, Any]:
    return {
        "run": run.id,
        "scan_id": run.scan_id,
        "snapshot_id": run.snapshot_id,
        "data_as_of": run.data_as_of,
        "engine": run.engine,
        "profile": run.profile,
        "changed_only": run.changed_only,
        "trigger": run.trigger,
        "actor": run.actor,
        "state": run.state,
        "queued_at": run.queued_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None,
        "error": run.error,
        "counts": counts,
    }


def last_runs(session: Session, count: int = 2) -> list[ScanRun]:
    """The last complete scans, the newest first."""
    query = select(ScanRun).where(ScanRun.state == RunState.COMPLETE).order_by(ScanRun.id.desc()).limit(count)
    return list(session.scalars(query))


def overview(session: Session, scope: Scope, counted: Scope | None) -> dict[str, Any]:
    """What is shown of the leads inside a scope. Each list says how many there are beyond those it names.

    Args:
        session: of the store.
        scope: of the caller.
        counted: the scope inside which the scans' own numbers are told; None is everywhere.
    """
    runs = runs_as_dicts(session, last_runs(session), counted)
    visible = conditions(Filter(scope=scope))
    standing = [*visible, FindingRow.state.in_(CURRENT), FindingRow.status == FLAGGED]
    agencies, agencies_total = _agencies(session, standing)
    firms, firms_total = _firms(session, standing)
    return {
        "last": runs[0] if runs else None,
        "previous": runs[1] if len(runs) > 1 else None,
        "by_family_tier": _by_family_tier(session, visible),
        "cities": _cities(session, standing),
        "agencies": agencies,
        "agencies_total": agencies_total,
        "firms": firms,
        "firms_total": firms_total,
    }


def _by_family_tier(session: Session, visible: list[ColumnElement[bool]]) -> list[dict[str, Any]]:
    query = (
        select(FindingRow.family, FindingRow.tier, FindingRow.state, func.count())
        .where(*visible)
        .group_by(FindingRow.family, FindingRow.tier, FindingRow.state)
        .order_by(FindingRow.family, FindingRow.tier)
    )
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    for family, tier, state, count in session.execute(query):
        empty = {"family": family, "tier": tier, **{s.value: 0 for s in State}}
        cells.setdefault((family, tier), empty)[state] = count
    return list(cells.values())


def _cities(session: Session, standing: list[ColumnElement[bool]]) -> list[dict[str, Any]]:
    city = func.substr(FindingRow.region, 1, CITY_DIGITS)
    query = (
        select(city, FindingRow.family, FindingRow.tier, func.count())
        .where(*standing, FindingRow.region.is_not(None))
        .group_by(city, FindingRow.family, FindingRow.tier)
        .order_by(city, FindingRow.family, FindingRow.tier)
    )
    return [
        {"region": code.ljust(6, "0"), "family": family, "tier": tier, "count": count}
        for code, family, tier, count in session.execute(query)
    ]


def _tiers() -> list[ColumnElement[int]]:
    return [func.count().filter(FindingRow.tier == tier).label(tier) for tier in "ABC"]


def _agencies(session: Session, standing: list[ColumnElement[bool]]) -> tuple[list[dict[str, Any]], int]:
    """Public bodies by leads of tier A, then B, then C; `amount` is the largest sum of one lead (they overlap)."""
    a, b, c = _tiers()
    grouped = (
        select(FindingRow.agency_id, func.max(FindingRow.agency_name), a, b, c, func.max(FindingRow.amount_value))
        .where(*standing, FindingRow.agency_id.is_not(None))
        .group_by(FindingRow.agency_id)
    )
    total = session.scalar(select(func.count()).select_from(grouped.subquery())) or 0
    rows = session.execute(grouped.order_by(a.desc(), b.desc(), c.desc(), FindingRow.agency_id).limit(MOST_AGENCIES))
    return [
        {"id": key, "name": name, "A": of_a, "B": of_b, "C": of_c, "amount": amount}
        for key, name, of_a, of_b, of_c, amount in rows
    ], total


def _firms(session: Session, standing: list[ColumnElement[bool]]) -> tuple[list[dict[str, Any]], int]:
    a, b, c = _tiers()
    grouped = (
        select(FindingEntity.entity_id, func.max(FindingEntity.name), a, b, c)
        .join(FindingRow, FindingRow.finding_id == FindingEntity.finding_id)
        .where(*standing, FindingEntity.kind == "org", FindingEntity.role.not_in((AGENCY, EVIDENCE)))
        .where(FindingRow.agency_id.is_(None) | (FindingEntity.entity_id != FindingRow.agency_id))
        .group_by(FindingEntity.entity_id)
    )
    total = session.scalar(select(func.count()).select_from(grouped.subquery())) or 0
    order = grouped.order_by(a.desc(), b.desc(), c.desc(), FindingEntity.entity_id).limit(MOST_FIRMS)
    return [
        {"id": key, "name": name, "A": of_a, "B": of_b, "C": of_c}
        for key, name, of_a, of_b, of_c in session.execute(order)
    ], total

"""A finding as a line of a list: what the API, the page and the command show of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from findings.store.models import FindingEntity, FindingRow
from i18n import Text
from queries.registry import DETECTORS

ENTITIES = 6
"""How many entities a line names; `entity_count` says how many there are."""

TITLES: Mapping[str, Text] = {detector.id: detector.title for detector in DETECTORS}
_TITLES = {name: title.as_dict() for name, title in TITLES.items()}

LINE = (
    FindingRow.finding_id,
    FindingRow.detector,
    FindingRow.headline_zh,
    FindingRow.headline_en,
    FindingRow.family,
    FindingRow.tier,
    FindingRow.status,
    FindingRow.state,
    FindingRow.triage,
    FindingRow.assignee,
    FindingRow.amount_value,
    FindingRow.currency,
    FindingRow.period_from,
    FindingRow.period_to,
    FindingRow.region,
    FindingRow.agency_id,
    FindingRow.agency_name,
    FindingRow.entity_count,
    FindingRow.score,
    FindingRow.rank,
    FindingRow.first_run,
    FindingRow.last_run,
    FindingRow.changed_run,
    FindingRow.version,
)
"""The columns that a line shows."""

# Made once: making a statement of so many columns costs as much as what it reads.
_LINES = select(*LINE).where(FindingRow.finding_id.in_(bindparam("ids", expanding=True)))
_FIRST_ENTITIES = (
    select(
        FindingEntity.finding_id, FindingEntity.entity_id, FindingEntity.kind, FindingEntity.role, FindingEntity.name
    )
    .where(FindingEntity.finding_id.in_(bindparam("ids", expanding=True)), FindingEntity.position < ENTITIES)
    .order_by(FindingEntity.finding_id, FindingEntity.position)
)


def lines(session: Session, ids: Sequence[str]) -> list[Row[*tuple[Any, ...]]]:
    """The columns `LINE` of several findings, in the order asked."""
    found = {row.finding_id: row for row in session.connection().execute(_LINES, {"ids": ids}).all()}
    return [found[identifier] for identifier in ids]


def summaries(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[dict[str, Any]]:
    """The lines of several findings, given by their columns `LINE`; their first entities are read in one query."""
    shown: dict[str, list[dict[str, Any]]] = {row.finding_id: [] for row in rows}
    # Columns instead of objects: a page has hundreds of entities, and making objects of them took most of its time.
    found = session.connection().execute(_FIRST_ENTITIES, {"ids": list(shown)})
    for finding_id, identifier, kind, role, name in found.all():
        shown[finding_id].append({"id": identifier, "kind": kind, "role": role, "name": name})
    return [_line(row, shown[row.finding_id]) for row in rows]


def summary(row: FindingRow, entities: Iterable[FindingEntity]) -> dict[str, Any]:
    """The line of one finding, JSON types only."""
    return _line(row, [{"id": e.entity_id, "kind": e.kind, "role": e.role, "name": e.name} for e in entities])


def _line(row: FindingRow | Row[*tuple[Any, ...]], entities: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "finding_id": row.finding_id,
        "detector": row.detector,
        "title": _TITLES.get(row.detector) or {"zh": row.detector, "en": row.detector},
        "headline": {"zh": row.headline_zh, "en": row.headline_en},
        "family": row.family,
        "tier": row.tier,
        "status": row.status,
        "state": row.state,
        "triage": row.triage,
        "assignee": row.assignee,
        "amount": {"value": row.amount_value, "currency": row.currency} if row.currency else None,
        "period": {
            "from": row.period_from.isoformat() if row.period_from else None,
            "to": row.period_to.isoformat() if row.period_to else None,
        },
        "region": row.region,
        "agency": {"id": row.agency_id, "name": row.agency_name} if row.agency_id else None,
        "entities": entities,
        "entity_count": row.entity_count,
        "score": row.score,
        "rank": row.rank,
        "first_run": row.first_run,
        "last_run": row.last_run,
        "changed_run": row.changed_run,
        "version": row.version,
    }

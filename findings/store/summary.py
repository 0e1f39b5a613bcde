"""A finding as a line of a list: what the API, the page and the command show of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from findings.store.models import FindingEntity, FindingRow
from i18n import Text
from queries.registry import DETECTORS

ENTITIES = 6
"""How many entities a line names; `entity_count` says how many there are."""

TITLES: Mapping[str, Text] = {detector.id: detector.title for detector in DETECTORS}


PARTICIPANT = (FindingEntity.entity_id, FindingEntity.kind, FindingEntity.role, FindingEntity.name)

Participant = FindingEntity | Row[*tuple[Any, ...]]
"""A whole entity, or its columns `PARTICIPANT`."""


def summaries(session: Session, rows: Sequence[FindingRow]) -> list[dict[str, Any]]:
    """The lines of several findings, their first entities read in one query."""
    shown: dict[str, list[Participant]] = {row.finding_id: [] for row in rows}
    # Columns instead of objects: a page has hundreds of entities, and making objects of them took most of its time.
    for entity in session.execute(
        select(FindingEntity.finding_id, *PARTICIPANT)
        .where(FindingEntity.finding_id.in_(shown), FindingEntity.position < ENTITIES)
        .order_by(FindingEntity.finding_id, FindingEntity.position)
    ):
        shown[entity.finding_id].append(entity)
    return [summary(row, shown[row.finding_id]) for row in rows]


def summary(row: FindingRow, entities: Iterable[Participant]) -> dict[str, Any]:
    """The line of one finding, JSON types only."""
    title = TITLES.get(row.detector, Text(zh=row.detector, en=row.detector))
    return {
        "finding_id": row.finding_id,
        "detector": row.detector,
        "title": title.as_dict(),
        "headline": {"zh": row.headline_zh, "en": row.headline_en},
        "family": row.family,
        "tier": row.tier,
        "status": row.status,
        "state": row.state,
        "triage": row.triage,
        "assignee": row.assignee,
        "amount": row.amount,
        "period": {
            "from": row.period_from.isoformat() if row.period_from else None,
            "to": row.period_to.isoformat() if row.period_to else None,
        },
        "region": row.region,
        "agency": {"id": row.agency_id, "name": row.agency_name} if row.agency_id else None,
        "entities": [{"id": e.entity_id, "kind": e.kind, "role": e.role, "name": e.name} for e in entities],
        "entity_count": row.entity_count,
        "score": row.score,
        "rank": row.rank,
        "first_run": row.first_run,
        "last_run": row.last_run,
        "changed_run": row.changed_run,
        "version": row.version,
    }

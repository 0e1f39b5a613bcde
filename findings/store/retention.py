"""Retention: leads that nobody confirmed in time expire, and what is neither confirmed nor found any more is erased."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from findings.store.models import Decision, FindingEntity, FindingRow, FindingVersion, ScanRun, State, Triage
from findings.store.writing import SYSTEM

UNCONFIRMED = (Triage.OPEN, Triage.IN_REVIEW)
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Expiry:
    """What retention did: ids of leads that expired now, and of those whose content was erased now."""

    expired: tuple[str, ...]
    erased: tuple[str, ...]


def expire(session: Session, at: datetime, days: int) -> Expiry:
    """Expire the leads that are open or in review, and that for `days` neither changed nor were decided on.

    Each one keeps a decision by the system that says so; other evidence opens it again. Of an expired lead that
    is no longer found, sentences, names and documents are erased: its id, hashes and history stay, so that it is
    known again, and so is what became of it.
    """
    limit = at - timedelta(days=days)
    rows = session.scalars(
        select(FindingRow)
        .join(ScanRun, ScanRun.id == FindingRow.changed_run)
        .where(
            FindingRow.triage.in_(UNCONFIRMED),
            ScanRun.finished_at < limit,
            or_(FindingRow.triaged_at.is_(None), FindingRow.triaged_at < limit),
        )
        .order_by(FindingRow.finding_id)
        .with_for_update(of=FindingRow)
    ).all()
    for row in rows:
        session.add(
            Decision(
                finding_id=row.finding_id,
                at=at,
                actor=SYSTEM,
                action="expire",
                triage_before=row.triage,
                triage_after=Triage.EXPIRED,
                reason_code="retention",
                evidence_hash=row.evidence_hash,
                details={"days": days},
            )
        )
        row.triage = Triage.EXPIRED
        row.triaged_at = at
        row.version += 1
    session.flush()
    return Expiry(tuple(row.finding_id for row in rows), _erase(session, at))


def _erase(session: Session, at: datetime) -> tuple[str, ...]:
    names = session.scalars(
        select(FindingRow.finding_id)
        .where(FindingRow.triage == Triage.EXPIRED, FindingRow.state == State.GONE, FindingRow.erased_at.is_(None))
        .order_by(FindingRow.finding_id)
    ).all()
    for start in range(0, len(names), _BATCH):
        batch = names[start : start + _BATCH]
        session.execute(delete(FindingEntity).where(FindingEntity.finding_id.in_(batch)))
        session.execute(update(FindingVersion).where(FindingVersion.finding_id.in_(batch)).values(document=None))
        session.execute(
            update(Decision).where(Decision.finding_id.in_(batch), Decision.run_id.is_not(None)).values(details=None)
        )
        session.execute(
            update(FindingRow)
            .where(FindingRow.finding_id.in_(batch))
            .values(
                headline_zh="",
                headline_en="",
                agency_id=None,
                agency_name=None,
                entity_count=0,
                erased_at=at,
                version=FindingRow.version + 1,
            )
        )
    return tuple(names)

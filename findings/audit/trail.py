"""Writing and reading the audit trail in the store.

A record is written in the transaction of what it is about, or in one of its own before an answer with personal data
leaves. Writers stand in line from the moment they look for the last record until they commit: on SQLite by the write
lock that `Store.session()` takes at its start, on PostgreSQL by an advisory lock that the transaction holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from findings.audit.chain import GENESIS, AuditRecord, chained_hash
from findings.audit.masking import without_personal_numbers
from findings.audit.models import AuditRow
from findings.store.base import now

_ADVISORY_LOCK = 7_126_540_022
"""Number of the PostgreSQL lock that writers of the trail stand in line for; any, but always the same."""

_BATCH = 2_000


def append(
    session: Session,
    *,
    actor: str,
    action: str,
    subject: str,
    purpose: str | None = None,
    request_id: str | None = None,
) -> AuditRecord:
    """Add one record to the trail. It counts when the session's transaction commits, and not otherwise.

    Args:
        session: of `Store.session()`. Append late: on PostgreSQL other writers wait until the transaction ends.
        actor: id of the principal, never a name.
        action: what was done, such as `party.read`, `finding.refer`, `export.dossier`.
        subject: ids of what it was done to. An identity or mobile number in it or in the purpose is masked.
        purpose: the purpose or case number that was given.
        request_id: the request that it belongs to, as in the log and in the answer.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
    last = session.execute(
        select(AuditRow.seq, AuditRow.hash, AuditRow.at).order_by(AuditRow.seq.desc()).limit(1)
    ).one_or_none()
    seq, prev_hash, at = (last.seq + 1, last.hash, max(now(), last.at)) if last else (1, GENESIS, now())
    clean_subject = without_personal_numbers(subject)
    clean_purpose = None if purpose is None else without_personal_numbers(purpose)
    digest = chained_hash(
        prev_hash,
        at=at,
        actor=actor,
        action=action,
        subject=clean_subject,
        purpose=clean_purpose,
        request_id=request_id,
    )
    row = AuditRow(
        seq=seq,
        at=at,
        actor=actor,
        action=action,
        subject=clean_subject,
        purpose=clean_purpose,
        request_id=request_id,
        prev_hash=prev_hash,
        hash=digest,
    )
    session.add(row)
    session.flush()
    return as_record(row)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records an auditor asks for; None is no limit."""

    actor: str | None = None
    action: str | None = None
    """Whole, or a beginning that ends in a dot: `export.` is every export."""
    subject: str | None = None
    """An id that the subject holds."""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    """Only records with a smaller number: the next page begins before the last one of this."""


def read(session: Session, wanted: AuditFilter | None = None, *, limit: int = 100) -> list[AuditRecord]:
    """The newest records that fit, newest first."""
    query = _filtered(wanted or AuditFilter()).order_by(AuditRow.seq.desc()).limit(limit)
    return [as_record(row) for row in session.scalars(query)]


def stream(session: Session, *, after: int = 0) -> Iterator[AuditRecord]:
    """All records by ascending number, in constant memory."""
    while True:
        query = select(AuditRow).where(AuditRow.seq > after).order_by(AuditRow.seq).limit(_BATCH)
        rows = session.scalars(query).all()
        for row in rows:
            yield as_record(row)
        session.expunge_all()
        if len(rows) < _BATCH:
            return
        after = rows[-1].seq


def _filtered(wanted: AuditFilter) -> Select[AuditRow]:
    query = select(AuditRow)
    if wanted.actor is not None:
        query = query.where(AuditRow.actor == wanted.actor)
    if wanted.action is not None:
        whole = not wanted.action.endswith(".")
        query = query.where(
            AuditRow.action == wanted.action if whole else AuditRow.action.startswith(wanted.action, autoescape=True)
        )
    if wanted.subject is not None:
        query = query.where(AuditRow.subject.contains(wanted.subject, autoescape=True))
    if wanted.since is not None:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.at < wanted.until)
    if wanted.before is not None:
        query = query.where(AuditRow.seq < wanted.before)
    return query


def as_record(row: AuditRow) -> AuditRecord:
    """A stored row as a record of the chain."""
    return AuditRecord(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        purpose=row.purpose,
        request_id=row.request_id,
        prev_hash=row.prev_hash,
        hash=row.hash,
    )

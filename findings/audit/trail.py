"""Writing and reading the audit trail in the store.

A record is written in the transaction of what it is about, or in one of its own before an answer with personal data
leaves. Writers stand in line from the moment they look for the last record until they commit: on SQLite by the write
lock that `Store.session()` takes at its start, on PostgreSQL by an advisory lock that the transaction holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, insert, select, text
from sqlalchemy.orm import Session

from findings.audit.chain import GENESIS, AuditRecord, chained_hash
from findings.audit.masking import without_personal_numbers
from findings.audit.models import AuditRow
from findings.store.base import now

_ADVISORY_LOCK = 7_126_540_022
"""Number of the PostgreSQL lock that writers of the trail stand in line for; any, but always the same."""

_BATCH = 2_000

_LAST = select(AuditRow.seq, AuditRow.hash, AuditRow.at).order_by(AuditRow.seq.desc()).limit(1)
_INSERT = insert(AuditRow)


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
    entry = Entry(actor=actor, action=action, subject=subject, purpose=purpose, request_id=request_id)
    return append_all(session, [entry])[0]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a record is to say, before it has a place in the trail; see `append`."""

    actor: str
    action: str
    subject: str
    purpose: str | None = None
    request_id: str | None = None


def append_all(session: Session, entries: Sequence[Entry]) -> list[AuditRecord]:
    """Add several records to the trail, in their order: the last one is looked up, and the disk asked, once for all."""
    # On the connection, with statements made once: through the session a record costs half as much again.
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ADVISORY_LOCK})
    last = connection.execute(_LAST).one_or_none()
    seq, prev_hash, at = (last.seq, last.hash, last.at) if last else (0, GENESIS, now())
    records: list[AuditRecord] = []
    for entry in entries:
        content: dict[str, Any] = {
            "at": (at := max(now(), at)),
            "actor": entry.actor,
            "action": entry.action,
            "subject": without_personal_numbers(entry.subject),
            "purpose": None if entry.purpose is None else without_personal_numbers(entry.purpose),
            "request_id": entry.request_id,
        }
        seq, digest = seq + 1, chained_hash(prev_hash, **content)
        records.append(AuditRecord(seq=seq, prev_hash=prev_hash, hash=digest, **content))
        prev_hash = digest
    connection.execute(_INSERT, [{name: getattr(record, name) for name in _COLUMNS} for record in records])
    return records


_COLUMNS = ("seq", "at", "actor", "action", "subject", "purpose", "request_id", "prev_hash", "hash")


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

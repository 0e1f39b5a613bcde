"""Tables of the audit trail, and the triggers that let nobody change a record by the way of the product."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import DDL, Date, Index, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column

from findings.store.base import Base


class AuditRow(Base):
    """One record; see `chain.AuditRecord`."""

    __tablename__ = "audit_records"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(String(100))
    prev_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """Unique: two records cannot follow on one, so the chain has no fork, whatever a program does."""
    hash: Mapped[str] = mapped_column(String(64), unique=True)

    __table_args__ = (
        Index("ix_audit_records_actor_seq", "actor", "seq"),
        Index("ix_audit_records_at", "at"),
    )


class AuditAnchor(Base):
    """The last record of a day, as it was anchored."""

    __tablename__ = "audit_anchors"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]


_APPEND_ONLY = {
    "sqlite": (
        """CREATE TRIGGER audit_records_no_update BEFORE UPDATE ON audit_records
           BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END""",
        """CREATE TRIGGER audit_records_no_delete BEFORE DELETE ON audit_records
           BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'audit records are append-only'; END $$""",
        """CREATE TRIGGER audit_records_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records
           FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only()""",
    ),
}
"""Made with the table. Whoever owns the database can drop them; the chain and its anchors show what was done then."""

for _dialect, _statements in _APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(AuditRow.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))  # type: ignore[no-untyped-call]

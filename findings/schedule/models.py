"""Table of what the schedule did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from findings.store.base import Base


class JobRun(Base):
    """One time that a job was due: what became of it."""

    __tablename__ = "job_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(20))
    """scan, deliver, anchor, expire."""
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20))
    """running → done | failed | interrupted; or missed (too late), overlapped (the one before still ran)."""
    detail: Mapped[str | None] = mapped_column(Text)
    """What it did, or why it did not."""
    scan_run: Mapped[int | None]
    """The run that a scan job made."""

    __table_args__ = (Index("ix_job_runs_job_due", "job", "due_at"),)

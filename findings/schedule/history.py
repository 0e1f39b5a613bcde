"""What became of each job when it was due, kept in the store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from findings.schedule.jobs import Job
from findings.schedule.models import JobRun
from findings.store.base import now
from findings.store.database import Store


def begin(store: Store, name: str, job: Job, due_at: datetime) -> int:
    """A job starts; returns the number of this run."""
    with store.session() as session:
        run = JobRun(job=name, action=job.action, due_at=due_at, started_at=now(), state="running")
        session.add(run)
        session.flush()
        return run.id


def end(store: Store, run_id: int, state: str, detail: dict[str, Any], scan_run: int | None = None) -> None:
    """A job ended: `done`, `failed`, `overlapped` or `interrupted`, with what it did or why not."""
    with store.session() as session:
        session.execute(
            update(JobRun)
            .where(JobRun.id == run_id)
            .values(state=state, detail=orjson.dumps(detail).decode(), scan_run=scan_run, finished_at=now())
        )


def drop(store: Store, run_id: int) -> None:
    """Forget a run that did nothing: a delivery every half minute with nothing to deliver is no history."""
    with store.session() as session:
        session.delete(session.get_one(JobRun, run_id))


def note(store: Store, name: str, job: Job, due_at: datetime, state: str) -> None:
    """A job did not start: `missed` or `overlapped`."""
    with store.session() as session:
        session.add(JobRun(job=name, action=job.action, due_at=due_at, state=state, finished_at=now()))


def interrupt(store: Store) -> int:
    """Close the runs of a scheduler that died; only the one that holds the lock of the schedule calls it."""
    with store.session() as session:
        ended = update(JobRun).where(JobRun.state == "running").values(state="interrupted", finished_at=now())
        return len(session.execute(ended.returning(JobRun.id)).all())


def ran_since(store: Store, name: str, since: datetime) -> bool:
    """Whether a job was started, or noted as not started, since a time."""
    with store.reading() as session:
        query = select(JobRun.id).where(JobRun.job == name, JobRun.due_at >= since).limit(1)
        return session.scalar(query) is not None


def recent(session: Session, *, job: str | None = None, limit: int = 50) -> list[JobRun]:
    """The last runs, newest first."""
    query = select(JobRun).order_by(JobRun.due_at.desc(), JobRun.id.desc()).limit(limit)
    return list(session.scalars(query if job is None else query.where(JobRun.job == job)))

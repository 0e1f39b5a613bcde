"""The revision of the findings: a number that is another one after every change that a list can show.

A list that was read is right as long as the revision is the one that it was read at, whoever changes the findings:
another worker, a scan, a person at the database. Triggers on `findings` and `finding_entities` count, in the
transaction of the change, so nobody sees the change without the count, or the count without the change.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from findings.store.base import Base


class Revision(Base):
    """How many changes a writer has made; the revision is the sum of all.

    On PostgreSQL each connection counts in a row of its own, since two that count in one row would wait for each
    other until they commit, and could do so in a circle. On SQLite there is one writer at a time, and one row.
    """

    __tablename__ = "revisions"
    __table_args__ = {"info": {"derived": True}}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute

    writer: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Process id of the connection on PostgreSQL, 0 on SQLite."""
    changes: Mapped[int] = mapped_column(BigInteger)


REVISION = select(func.coalesce(func.sum(Revision.changes), 0))
REVISION_SQL = "SELECT coalesce(sum(changes), 0) FROM revisions"
"""The same as text, for a connection without SQLAlchemy around it."""


def revision(session: Session) -> int:
    """The revision of what this session sees."""
    return int(session.connection().scalar(REVISION) or 0)

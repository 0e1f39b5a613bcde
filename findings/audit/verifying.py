"""Is the audit trail whole? And the anchors that let one answer for its end too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from findings.audit.chain import Anchor, AuditRecord, Fault, faults
from findings.audit.models import AuditAnchor, AuditRow
from findings.audit.trail import stream
from findings.store.base import now
from findings.store.database import Store
from i18n import Problem

MOST_FAULTS = 1_000
"""A trail that was broken everywhere is told by its first faults; `Verification.complete` says that there are more."""


class AnchorError(Problem):
    """A file of anchors cannot be read, or an anchor contradicts one that is there."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What checking the trail showed."""

    records: int
    last_hash: str | None
    anchors: int
    anchored_until: int
    """Number of the last anchored record; what came after it could be cut off unseen."""
    faults: tuple[Fault, ...]
    complete: bool
    """False if there are more faults than are listed."""

    @property
    def whole(self) -> bool:
        """Whether nothing contradicts."""
        return not self.faults

    def as_dict(self) -> dict[str, object]:
        """JSON of the result."""
        return {
            "whole": self.whole,
            "records": self.records,
            "last_hash": self.last_hash,
            "anchors": self.anchors,
            "anchored_until": self.anchored_until,
            "faults": [fault.as_dict() for fault in self.faults],
            "complete": self.complete,
        }


def verify(store: Store, anchors: Iterable[Anchor] = ()) -> Verification:
    """Check every record against its hash and its neighbours, and the trail against its anchors.

    Args:
        store: whose trail; it is read in one state, while others go on writing.
        anchors: those that were exported and kept elsewhere, beside the ones in the store. Whoever can alter the
            trail can alter the store's own; only exported ones prove that the end is there.
    """
    with store.reading() as session:
        # By number first: an anchor in the store that differs from the exported one of its day is checked as well.
        known = sorted({*stored_anchors(session), *anchors}, key=lambda a: (a.seq, a.day, a.hash))
        counted = _Counted(stream(session))

        def exists(digest: str) -> bool:
            return session.scalar(select(AuditRow.seq).where(AuditRow.hash == digest)) is not None

        found: list[Fault] = []
        complete = True
        for fault in faults(counted, known, exists=exists):
            if len(found) == MOST_FAULTS:
                complete = False
                break
            found.append(fault)
        return Verification(
            records=counted.records,
            last_hash=counted.last_hash,
            anchors=len(known),
            anchored_until=max((anchor.seq for anchor in known), default=0),
            faults=tuple(found),
            complete=complete,
        )


class _Counted:
    """Passes records on and remembers how many there were and the last one."""

    def __init__(self, records: Iterable[AuditRecord]) -> None:
        self._records = iter(records)
        self.records = 0
        self.last_hash: str | None = None

    def __iter__(self) -> _Counted:
        return self

    def __next__(self) -> AuditRecord:
        record = next(self._records)
        self.records += 1
        self.last_hash = record.hash
        return record


def stored_anchors(session: Session) -> list[Anchor]:
    """The anchors in the store, by day."""
    rows = session.scalars(select(AuditAnchor).order_by(AuditAnchor.day))
    return [Anchor(row.day, row.seq, row.hash) for row in rows]


def make_anchors(session: Session, *, until: date | None = None) -> list[Anchor]:
    """Anchor each day that is over (in UTC) and has records but no anchor yet; returns the new anchors.

    Args:
        until: the first day that is not over; today where it is not given.
    """
    last = session.scalar(select(func.max(AuditAnchor.day)))
    ends = _day_ends(session, after=last, before=until or now().date())
    made = []
    for day, seq in ends:
        digest = session.scalars(select(AuditRow.hash).where(AuditRow.seq == seq)).one()
        session.add(AuditAnchor(day=day, seq=seq, hash=digest, made_at=now()))
        made.append(Anchor(day, seq, digest))
    session.flush()
    return made


def _day_ends(session: Session, *, after: date | None, before: date) -> list[tuple[date, int]]:
    """Each day with records in the open interval, and the number of its last record."""
    ends: list[tuple[date, int]] = []
    limit = _midnight(before)
    start = _midnight(after + timedelta(days=1)) if after else None
    while True:
        query = select(func.max(AuditRow.seq), func.max(AuditRow.at)).where(AuditRow.at < limit)
        if start is not None:
            query = query.where(AuditRow.at >= start)
        seq, at = session.execute(query).one()
        if seq is None:
            return ends[::-1]
        day = at.astimezone(UTC).date()
        ends.append((day, seq))
        limit = _midnight(day)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def write_anchors(anchors: Iterable[Anchor], file: Path) -> int:
    """Write anchors as JSON lines, or add those that the file does not have yet; returns how many it has then.

    Raises:
        AnchorError: the file has another anchor of the same day: it is kept, and the trail is to be verified.
    """
    known = {anchor.day: anchor for anchor in read_anchors(file)} if file.exists() else {}
    for anchor in anchors:
        if known.setdefault(anchor.day, anchor) != anchor:
            raise AnchorError("trust_anchor_differs", file=file, day=anchor.day)
    draft = file.with_name(f".{file.name}.draft")
    draft.write_bytes(b"".join(orjson.dumps(known[day].as_dict()) + b"\n" for day in sorted(known)))
    draft.replace(file)
    return len(known)


def read_anchors(file: Path) -> list[Anchor]:
    """The anchors of a file that `write_anchors` wrote.

    Raises:
        AnchorError: a line cannot be read; says which.
    """
    anchors = []
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            document = orjson.loads(line)
            anchor = Anchor(date.fromisoformat(document["day"]), int(document["seq"]), str(document["hash"]))
        except (ValueError, KeyError, TypeError) as error:
            raise AnchorError("trust_anchor_unreadable", file=file, line=number) from error
        anchors.append(anchor)
    return anchors

"""The hash chain of the audit trail, as arithmetic on records: no store, no clock.

A record's hash is SHA-256 over the canonical JSON of its content together with the hash of the record before it. So
a changed record no longer has its own hash; a removed or reordered one leaves a neighbour that names a hash which
does not stand before it; a trail that was cut or written anew contradicts an anchor that was exported earlier.
(Haber & Stornetta 1991, "How to time-stamp a digital document".)
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import orjson

from i18n import Text, catalogue

GENESIS = "0" * 64
"""What the first record names as the hash before it."""

FaultKind = Literal["changed", "removed", "reordered", "unlinked", "truncated", "rewritten"]


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what, to what, when, and for which purpose.

    `subject` holds ids only (`party/O123`, `finding/<20 hex>`), never a name or a personal number.
    """

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    purpose: str | None
    request_id: str | None
    prev_hash: str
    hash: str

    def as_dict(self) -> dict[str, object]:
        """JSON of the record, times in UTC."""
        return {
            "seq": self.seq,
            "at": instant(self.at),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "purpose": self.purpose,
            "request_id": self.request_id,
            "prev_hash": self.prev_hash,
            "hash": self.hash,
        }


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the trail's last record of a day was: kept elsewhere, it proves that nothing before it was altered."""

    day: date
    seq: int
    hash: str

    def as_dict(self) -> dict[str, object]:
        """`{"day": "2026-11-22", "seq": 17, "hash": …}`."""
        return {"day": self.day.isoformat(), "seq": self.seq, "hash": self.hash}


@dataclass(frozen=True, slots=True)
class Fault:
    """One contradiction in the trail, at the record where it shows."""

    kind: FaultKind
    seq: int
    said: Text

    def as_dict(self) -> dict[str, object]:
        """JSON of the fault, its sentence in both languages."""
        return {"kind": self.kind, "seq": self.seq, "said": self.said.as_dict()}


def instant(at: datetime) -> str:
    """A time as it enters the hash: UTC, ISO 8601, microseconds, whatever zone it was given in.

    Raises:
        ValueError: the time has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("an audit record needs a time with a zone")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def chained_hash(
    prev_hash: str,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    purpose: str | None,
    request_id: str | None,
) -> str:
    """The hash of a record's content and the hash before it: 64 hex digits.

    The number of a record is not hashed: its place is what `prev_hash` says. So two records that change places keep
    their own hashes, and `faults` can say that they were reordered rather than changed.
    """
    content = {
        "at": instant(at),
        "actor": actor,
        "action": action,
        "subject": subject,
        "purpose": purpose,
        "request_id": request_id,
        "prev": prev_hash,
    }
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def hash_of(record: AuditRecord) -> str:
    """The hash that the record's content ought to have."""
    return chained_hash(
        record.prev_hash,
        at=record.at,
        actor=record.actor,
        action=record.action,
        subject=record.subject,
        purpose=record.purpose,
        request_id=record.request_id,
    )


def faults(
    records: Iterable[AuditRecord], anchors: Iterable[Anchor] = (), *, exists: Callable[[str], bool]
) -> Iterator[Fault]:
    """Every contradiction of a trail, in order; none means that it is whole as far as the anchors reach.

    Args:
        records: the trail by ascending number.
        anchors: what was exported or stored of it earlier.
        exists: whether some record of the trail has this hash; tells a reordered record from a removed one.
    """
    anchored: dict[int, list[Anchor]] = {}
    for anchor in anchors:
        anchored.setdefault(anchor.seq, []).append(anchor)
    expected, before = 1, GENESIS
    for record in records:
        if hash_of(record) != record.hash:
            yield _fault("changed", record.seq)
        if record.seq != expected:
            yield _fault("removed", record.seq, first=expected, last=record.seq - 1)
        elif record.prev_hash != before:
            moved = record.prev_hash == GENESIS or exists(record.prev_hash)
            yield _fault("reordered" if moved else "unlinked", record.seq)
        for anchor in anchored.pop(record.seq, ()):
            if anchor.hash != record.hash:
                yield _fault("rewritten", record.seq, day=anchor.day)
        expected, before = record.seq + 1, record.hash
    for seq in sorted(anchored):
        for anchor in anchored[seq]:
            if seq >= expected:
                yield _fault("truncated", seq, day=anchor.day, last=expected - 1)
            else:
                yield _fault("removed", seq, first=seq, last=seq)


def _fault(kind: FaultKind, seq: int, **values: object) -> Fault:
    return Fault(kind, seq, catalogue()[f"trust.audit_{kind}"].format(seq=seq, **values))

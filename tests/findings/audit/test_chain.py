"""The hash chain on records in memory: every way to alter it is seen, and named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from findings.audit.chain import GENESIS, Anchor, AuditRecord, chained_hash, faults


def _trail(length: int) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    for seq in range(1, length + 1):
        prev = records[-1].hash if records else GENESIS
        at = datetime(2026, 11, 1, 8, tzinfo=UTC) + timedelta(hours=seq)
        content = {
            "at": at,
            "actor": f"u{seq % 3}",
            "action": "party.read",
            "subject": f"party/O{seq}",
            "purpose": "案号〔2026〕7 号" if seq % 2 else None,
            "request_id": None,
        }
        records.append(AuditRecord(seq=seq, prev_hash=prev, hash=chained_hash(prev, **content), **content))  # type: ignore[arg-type]
    return records


def _kinds(records: list[AuditRecord], anchors: list[Anchor] | None = None) -> list[tuple[str, int]]:
    hashes = {record.hash for record in records}
    return [(fault.kind, fault.seq) for fault in faults(records, anchors or [], exists=hashes.__contains__)]


def _anchor(record: AuditRecord) -> Anchor:
    return Anchor(record.at.date(), record.seq, record.hash)


def test_a_whole_trail_has_no_fault() -> None:
    trail = _trail(20)
    assert _kinds(trail, [_anchor(trail[9]), _anchor(trail[19])]) == []
    assert _kinds([]) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actor", "u9"),
        ("action", "party.list"),
        ("subject", "party/O99"),
        ("purpose", "另一目的"),
        ("request_id", "r1"),
        ("at", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_change_of_any_field_is_seen(field: str, value: object) -> None:
    trail = _trail(5)
    trail[2] = replace(trail[2], **{field: value})  # type: ignore[arg-type]
    assert _kinds(trail) == [("changed", 3)]


def test_a_change_with_its_hash_made_anew_is_seen_at_the_next_record() -> None:
    trail = _trail(5)
    forged = replace(trail[2], subject="party/O99")
    trail[2] = replace(forged, hash=chained_hash(forged.prev_hash, at=forged.at, actor=forged.actor,
                                                 action=forged.action, subject=forged.subject,
                                                 purpose=forged.purpose, request_id=forged.request_id))  # fmt: skip
    assert _kinds(trail) == [("unlinked", 4)]


@pytest.mark.parametrize("first", [0, 2])
def test_a_removed_record_is_seen_wherever_it_stood(first: int) -> None:
    trail = _trail(5)
    del trail[first]
    assert _kinds(trail) == [("removed", first + 2)]


def test_a_removed_record_is_seen_when_the_rest_was_numbered_anew() -> None:
    trail = _trail(5)
    del trail[2]
    trail = [replace(record, seq=seq) for seq, record in enumerate(trail, 1)]
    assert _kinds(trail) == [("unlinked", 3)]


def test_records_that_changed_places_are_seen_as_reordered() -> None:
    trail = _trail(6)
    trail[2], trail[3] = replace(trail[3], seq=3), replace(trail[2], seq=4)
    assert _kinds(trail) == [("reordered", 3), ("reordered", 4), ("reordered", 5)]


def test_only_an_anchor_shows_that_the_end_was_cut_off() -> None:
    trail = _trail(8)
    assert _kinds(trail[:5]) == []
    assert _kinds(trail[:5], [_anchor(trail[7])]) == [("truncated", 8)]
    assert _kinds([], [_anchor(trail[7])]) == [("truncated", 8)]


def test_only_an_anchor_shows_that_the_whole_chain_was_written_anew() -> None:
    trail, other = _trail(8), _trail(8)[:0]
    for record in trail:
        prev = other[-1].hash if other else GENESIS
        content = {"at": record.at, "actor": "u0", "action": record.action, "subject": record.subject,
                   "purpose": record.purpose, "request_id": None}  # fmt: skip
        other.append(AuditRecord(seq=record.seq, prev_hash=prev, hash=chained_hash(prev, **content), **content))  # type: ignore[arg-type]
    assert _kinds(other) == []
    assert _kinds(other, [_anchor(trail[3])]) == [("rewritten", 4)]


def test_an_anchor_of_a_removed_record_is_missed() -> None:
    trail = _trail(5)
    anchor = _anchor(trail[2])
    del trail[2]
    assert _kinds(trail, [anchor]) == [("removed", 4), ("removed", 3)]


def test_the_hash_does_not_depend_on_the_zone_a_time_was_given_in() -> None:
    at = datetime(2026, 11, 22, 1, 30, 0, 5, tzinfo=UTC)
    content = {"actor": "u1", "action": "a", "subject": "s/1", "purpose": None, "request_id": None}
    here = chained_hash(GENESIS, at=at.astimezone(timezone(timedelta(hours=8))), **content)  # type: ignore[arg-type]
    assert here == chained_hash(GENESIS, at=at, **content)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="zone"):
        chained_hash(GENESIS, at=at.replace(tzinfo=None), **content)  # type: ignore[arg-type]


def test_a_fault_says_in_both_languages_which_record_and_which_day() -> None:
    trail = _trail(3)
    anchor = Anchor(date(2026, 11, 30), 9, "f" * 64)
    (fault,) = faults(trail, [anchor], exists=lambda _: False)
    assert "2026-11-30" in fault.said.zh
    assert "9" in fault.said.en

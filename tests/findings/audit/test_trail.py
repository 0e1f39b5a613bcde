"""The audit trail in a store: no fork under many writers, and every alteration behind the product's back is found."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from findings.audit.chain import Anchor
from findings.audit.models import AuditAnchor, AuditRow
from findings.audit.trail import AuditFilter, append, read, stream
from findings.audit.verifying import AnchorError, make_anchors, read_anchors, verify, write_anchors
from findings.store.database import Store
from tests.conftest import ROOT

Tamper = Callable[[Connection], object]


def _write(store: Store, count: int, actor: str = "u_1") -> None:
    with store.session() as session:
        for number in range(count):
            append(session, actor=actor, action="party.read", subject=f"party/O{number}", purpose="〔2026〕7")


def _tamper(store: Store, act: Tamper) -> None:
    """As somebody who owns the database would: without the triggers."""
    with store.engine.begin() as connection:
        if store.dialect == "sqlite":
            connection.execute(text("DROP TRIGGER audit_records_no_update"))
            connection.execute(text("DROP TRIGGER audit_records_no_delete"))
        else:
            connection.execute(text("ALTER TABLE audit_records DISABLE TRIGGER ALL"))
        act(connection)


def _faults(store: Store, anchors: tuple[Anchor, ...] = ()) -> list[tuple[str, int]]:
    return [(fault.kind, fault.seq) for fault in verify(store, anchors).faults]


def _swap(connection: Connection, one: int, other: int) -> None:
    for before, after in ((one, -1), (other, one), (-1, other)):
        connection.execute(update(AuditRow).where(AuditRow.seq == before).values(seq=after))


TAMPERINGS: dict[str, tuple[Tamper, list[tuple[str, int]]]] = {
    "changed": (
        lambda c: c.execute(update(AuditRow).where(AuditRow.seq == 4).values(subject="party/O99")),
        [("changed", 4)],
    ),
    "removed": (lambda c: c.execute(delete(AuditRow).where(AuditRow.seq.in_([4, 5]))), [("removed", 6)]),
    "first removed": (lambda c: c.execute(delete(AuditRow).where(AuditRow.seq == 1)), [("removed", 2)]),
    "reordered": (lambda c: _swap(c, 4, 5), [("reordered", 4), ("reordered", 5), ("reordered", 6)]),
    "backdated": (
        lambda c: c.execute(update(AuditRow).where(AuditRow.seq == 4).values(at=datetime(2020, 1, 1, tzinfo=UTC))),
        [("changed", 4)],
    ),
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_what_was_done_behind_the_products_back_is_found(store: Store, how: str) -> None:
    _write(store, 8)
    assert _faults(store) == []
    act, expected = TAMPERINGS[how]
    _tamper(store, act)
    assert _faults(store) == expected


def test_a_trail_whose_end_was_cut_off_contradicts_an_exported_anchor(store: Store, tmp_path: Path) -> None:
    _write(store, 8)
    with store.session() as session:
        made = make_anchors(session, until=date(2100, 1, 1))
    write_anchors(made, tmp_path / "anchors.jsonl")
    anchors = tuple(read_anchors(tmp_path / "anchors.jsonl"))
    assert [anchor.seq for anchor in anchors] == [8]
    assert verify(store, anchors).anchored_until == 8

    def cut(connection: Connection) -> None:
        connection.execute(delete(AuditRow).where(AuditRow.seq > 5))
        connection.execute(delete(AuditAnchor))  # who can do the one can do the other

    _tamper(store, cut)
    assert _faults(store) == []
    assert _faults(store, anchors) == [("truncated", 8)]


def test_records_cannot_be_changed_by_the_way_of_the_product(store: Store) -> None:
    _write(store, 3)
    for statement in (
        update(AuditRow).where(AuditRow.seq == 2).values(actor="u_2"),
        delete(AuditRow).where(AuditRow.seq == 2),
        delete(AuditRow),
    ):
        with pytest.raises(DBAPIError, match="append-only"), store.session() as session:
            session.execute(statement)
    assert _faults(store) == []


def test_a_record_counts_only_with_its_transaction(store: Store) -> None:
    _write(store, 2)

    def undone() -> None:
        with store.session() as session:
            append(session, actor="u_1", action="finding.triage", subject="finding/x")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        undone()
    _write(store, 1)
    assert _faults(store) == []
    assert verify(store).records == 3


def test_eight_threads_make_one_chain_without_a_fork(store: Store) -> None:
    failures: list[BaseException] = []
    ready = threading.Barrier(8)

    def work(number: int) -> None:
        try:
            ready.wait()
            for _ in range(15):
                _write(store, 1, actor=f"u_{number}")
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    _is_one_chain(store, writers=8, each=15)


WRITER = """
import sys
from findings.audit.trail import append
from findings.store.database import open_store

store = open_store(sys.argv[1])
for number in range(10):
    with store.session() as session:
        append(session, actor=sys.argv[2], action="party.read", subject=f"party/O{number}")
"""


def test_eight_processes_make_one_chain_without_a_fork(store: Store) -> None:
    url = store.engine.url.set(drivername=store.dialect).render_as_string(hide_password=False)
    command = [sys.executable, "-c", WRITER, url]
    processes = [subprocess.Popen([*command, f"u_{number}"], cwd=ROOT) for number in range(8)]
    assert [process.wait() for process in processes] == [0] * 8
    _is_one_chain(store, writers=8, each=10)


def _is_one_chain(store: Store, *, writers: int, each: int) -> None:
    result = verify(store)
    assert result.faults == ()
    assert result.records == writers * each
    with store.reading() as session:
        rows = list(stream(session))
    assert [row.seq for row in rows] == list(range(1, writers * each + 1))
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    for number in range(writers):
        assert sum(row.actor == f"u_{number}" for row in rows) == each


def test_personal_numbers_do_not_get_into_the_trail(store: Store) -> None:
    with store.session() as session:
        append(
            session,
            actor="u_1",
            action="party.search",
            subject="search 11010119900307783x 13800138000",
            purpose="核查 13800138000 举报",
        )
    with store.reading() as session:
        (record,) = read(session)
    assert record.subject == "search *** ***"
    assert record.purpose == "核查 *** 举报"
    assert _faults(store) == []


def test_an_auditor_reads_by_who_what_and_when_page_by_page(store: Store) -> None:
    for actor in ("u_1", "u_2"):
        _write(store, 3, actor=actor)
    with store.session() as session:
        append(session, actor="u_2", action="export.dossier", subject="finding/abc")
        append(session, actor="u_2", action="exports", subject="finding/a_c")
    with store.reading() as session:
        assert [r.seq for r in read(session, limit=3)] == [8, 7, 6]
        assert [r.seq for r in read(session, AuditFilter(before=6), limit=2)] == [5, 4]
        assert [r.seq for r in read(session, AuditFilter(actor="u_1"))] == [3, 2, 1]
        assert [r.seq for r in read(session, AuditFilter(action="export."))] == [7]
        assert [r.seq for r in read(session, AuditFilter(subject="party/O1"))] == [5, 2]
        assert [r.seq for r in read(session, AuditFilter(subject="a_c"))] == [8]
        moment = read(session)[0].at
        assert read(session, AuditFilter(since=moment + timedelta(seconds=1))) == []
        assert len(read(session, AuditFilter(until=moment + timedelta(seconds=1)))) == 8


def test_each_day_that_is_over_is_anchored_once(store: Store) -> None:
    _write(store, 6)
    days = [date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 4), None]

    def spread(connection: Connection) -> None:
        for seq, day in enumerate(days, 1):
            if day is not None:
                at = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=UTC)
                connection.execute(update(AuditRow).where(AuditRow.seq == seq).values(at=at))

    _tamper(store, spread)
    with store.session() as session:
        first = make_anchors(session, until=date(2026, 11, 4))
        assert [(anchor.day, anchor.seq) for anchor in first] == [(date(2026, 11, 1), 2), (date(2026, 11, 3), 3)]
        assert [anchor.seq for anchor in make_anchors(session, until=date(2026, 11, 5))] == [5]
        assert make_anchors(session, until=date(2026, 11, 5)) == []
        assert len(session.scalars(select(AuditAnchor)).all()) == 3


def test_a_file_of_anchors_grows_and_is_never_overwritten_by_others(tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    one, two = Anchor(date(2026, 11, 1), 2, "a" * 64), Anchor(date(2026, 11, 2), 9, "b" * 64)
    assert write_anchors([one], file) == 1
    assert write_anchors([one, two], file) == 2
    assert read_anchors(file) == [one, two]
    with pytest.raises(AnchorError, match="2026-11-01"):
        write_anchors([Anchor(one.day, 2, "c" * 64)], file)
    assert read_anchors(file) == [one, two]
    file.write_text('{"day": "2026-11-01"}\n', encoding="utf-8")
    with pytest.raises(AnchorError, match="line 1"):
        read_anchors(file)

"""The revision of the findings: another number after every change, seen together with the change, and by everybody."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from findings.audit.trail import append
from findings.store.database import Store, open_store
from findings.store.models import FindingEntity, FindingRow
from findings.store.revision import revision
from findings.store.triage import decide
from tests.findings.worlds import document, documents, record, regions

FIRST = document(0)["finding_id"]


@pytest.fixture
def filled(store: Store) -> Store:
    record(store, documents(range(20)), regions(range(20)))
    return store


def test_it_grows_with_every_change_that_a_list_shows(filled: Store) -> None:
    seen = [filled.revision()]

    def changed() -> bool:
        seen.append(filled.revision())
        return seen[-1] > seen[-2]

    with filled.session() as session:
        decide(session, FIRST, "start", actor="u1", expected_version=1)
    assert changed()
    with filled.session() as session:
        session.get_one(FindingEntity, (FIRST, 0)).name = "another name"
    assert changed()
    with filled.session() as session:
        session.execute(text("UPDATE findings SET assignee = 'u2' WHERE tier = 'A'"))  # by the way of nobody's code
    assert changed()
    record(filled, documents(range(19)), regions(range(19)))  # a scan that no longer finds one
    assert changed()
    with filled.session() as session:
        session.execute(text("DELETE FROM finding_entities"))
    assert changed()
    with filled.reading() as session:
        assert revision(session) == seen[-1]


def test_it_stays_where_nothing_changes_that_a_list_shows(filled: Store) -> None:
    before = filled.revision()
    with filled.session() as session:
        append(session, actor="u1", action="findings.list", subject=FIRST)
    with filled.session() as session:
        session.get_one(FindingRow, FIRST).assignee = "u1"
        session.flush()
        session.rollback()
    assert filled.revision() == before


def test_a_change_and_its_count_are_seen_together(filled: Store) -> None:
    other = open_store(filled.engine.url.render_as_string(hide_password=False))
    before = other.revision()
    with filled.session() as session, other.reading() as reader:
        assert revision(reader) == before
        session.get_one(FindingRow, FIRST).assignee = "u1"
        session.flush()
        assert other.revision() == before
        session.commit()
        assert other.revision() > before
        assert revision(reader) == before, "a reader's state does not change under it"
        assert reader.get_one(FindingRow, FIRST).assignee is None
    other.close()


def test_writers_count_each_by_itself_and_wait_for_nobody(filled: Store) -> None:
    if filled.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    before = filled.revision()
    ids = [document(n)["finding_id"] for n in range(4)]
    together = threading.Barrier(len(ids), timeout=20)

    def write(finding: str) -> None:
        with filled.session() as session:
            session.get_one(FindingRow, finding).assignee = "u1"
            session.flush()
            together.wait()  # all have counted, none has committed

    threads = [threading.Thread(target=write, args=(finding,)) for finding in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert filled.revision() == before + len(ids)

"""Decisions: each allowed step, with who, why and on which evidence; none lost where two decide at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from findings.store.base import now
from findings.store.database import Store
from findings.store.errors import StoreError
from findings.store.models import CaseLink, Comment, FindingRow, FindingVersion, Triage
from findings.store.reasons import codes, reasons, required
from findings.store.retention import expire
from findings.store.triage import ACTIONS, VersionConflict, comment, decide, history, link_case
from tests.findings.worlds import documents, record

ONE = f"{1:020x}"

WAYS: dict[Triage, list[tuple[str, dict[str, Any]]]] = {
    Triage.OPEN: [],
    Triage.IN_REVIEW: [("start", {})],
    Triage.CONFIRMED: [("confirm", {})],
    Triage.DISMISSED: [("dismiss", {"reason_code": "data_error"})],
    Triage.REFERRED: [("start", {}), ("refer", {"case_number": "C1"})],
}
"""How a finding gets into each state that a person can bring it to."""


@pytest.fixture
def one(store: Store) -> Store:
    record(store, documents([1]))
    return store


def step(store: Store, action: str, **given: Any) -> FindingRow:
    with store.session() as session:
        return decide(session, ONE, action, actor="u1", **given)


@pytest.mark.parametrize("before", WAYS)
@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_follows_only_the_states_that_it_can(one: Store, before: Triage, action: str) -> None:
    for earlier, given in WAYS[before]:
        step(one, earlier, **given)
    given = {"case_number": "C2"} if action == "refer" else {}
    given |= {"reason_code": codes(action)[0]} if required(action) else {}
    if before in ACTIONS[action].before:
        row = step(one, action, **given)
        assert row.triage == (ACTIONS[action].after or before)
        with one.reading() as session:
            last = history(session, ONE)[-1]
            assert (last.triage_before, last.triage_after, last.actor) == (before, row.triage, "u1")
            assert last.evidence_hash == row.evidence_hash
    else:
        with pytest.raises(StoreError) as caught:
            step(one, action, **given)
        assert caught.value.key == "store_not_allowed"


@pytest.mark.parametrize(
    ("action", "given", "key"),
    [
        ("dismiss", {}, "store_reason_missing"),
        ("dismiss", {"reason_code": "regulator"}, "store_no_reason"),
        ("start", {"reason_code": "data_error"}, "store_no_reason"),
        ("refer", {}, "store_case_missing"),
        ("convict", {}, "store_no_action"),
    ],
)
def test_a_step_without_what_it_needs_is_refused_and_leaves_nothing(
    one: Store, action: str, given: dict[str, Any], key: str
) -> None:
    with pytest.raises(StoreError) as caught:
        step(one, action, **given)
    assert caught.value.key == key
    with one.reading() as session:
        assert history(session, ONE) == []
        assert session.get_one(FindingRow, ONE).version == 1


def test_who_starts_gets_it_and_it_can_be_given_to_another_and_to_nobody(one: Store) -> None:
    assert step(one, "start").assignee == "u1"
    assert step(one, "assign", assignee="u2").assignee == "u2"
    assert step(one, "confirm").assignee == "u2"
    assert step(one, "assign").assignee is None


def test_only_the_version_that_was_read_is_decided_on(one: Store) -> None:
    assert step(one, "start", expected_version=1).version == 2
    with pytest.raises(VersionConflict):
        step(one, "confirm", expected_version=1)
    assert step(one, "confirm", expected_version=2).triage == Triage.CONFIRMED


def test_of_many_who_decide_at_once_one_is_heard(one: Store) -> None:
    outcomes: list[str] = []

    def try_it(actor: str) -> None:
        try:
            with one.session() as session:
                decide(session, ONE, "start", actor=actor, expected_version=1)
            outcomes.append("done")
        except VersionConflict:
            outcomes.append("conflict")

    threads = [threading.Thread(target=try_it, args=[f"u{n}"]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["conflict"] * 7 + ["done"]
    with one.reading() as session:
        assert len(history(session, ONE)) == 1


def test_comments_and_cases_are_kept_and_a_case_is_linked_once(one: Store) -> None:
    with one.session() as session:
        comment(session, ONE, author="u1", text="已调取合同")
        link_case(session, ONE, "C1", actor="u1")
        link_case(session, ONE, "C1", actor="u2")
    with one.reading() as session:
        assert [c.text for c in session.scalars(select(Comment))] == ["已调取合同"]
        assert [(c.case_number, c.actor) for c in session.scalars(select(CaseLink))] == [("C1", "u1")]
        assert session.get_one(FindingRow, ONE).version == 3, "a link that is there changes nothing"
    with one.session() as session, pytest.raises(StoreError):
        comment(session, "f" * 20, author="u1", text="x")


def test_every_reason_belongs_to_an_action() -> None:
    assert {reason.action for reason in reasons()} <= {*ACTIONS, "expire"}
    for action in ACTIONS:
        assert codes(action) or not required(action)
    for reason in reasons():
        assert reason.title.zh
        assert reason.title.en


def test_unconfirmed_leads_expire_with_a_record_and_come_back_with_other_evidence(store: Store) -> None:
    record(store, documents([1, 2, 3]))
    with store.session() as session:
        decide(session, ONE, "confirm", actor="u1")
        assert expire(session, now() + timedelta(days=29), 30).expired == ()
        done = expire(session, now() + timedelta(days=31), 30)
        assert done.expired == (f"{2:020x}", f"{3:020x}")
        assert done.erased == ()
        (last,) = history(session, f"{2:020x}")
        assert (last.actor, last.action, last.triage_after, last.details) == (
            "system",
            "expire",
            Triage.EXPIRED,
            {"days": 30},
        )
    record(store, [*documents([1, 2]), *documents([3], sentence=" again")])
    with store.reading() as session:
        triages = {int(r.finding_id, 16): r.triage for r in session.scalars(select(FindingRow))}
    assert triages == {1: Triage.CONFIRMED, 2: Triage.EXPIRED, 3: Triage.OPEN}


def test_what_expired_and_is_gone_is_erased_and_returns_whole(store: Store) -> None:
    record(store, documents([1]))
    later = now() + timedelta(days=31)
    with store.session() as session:
        expire(session, later, 30)
    record(store, [])
    with store.session() as session:
        assert expire(session, later, 30).erased == (ONE,)
        assert expire(session, later, 30).erased == ()
    with store.reading() as session:
        row = session.get_one(FindingRow, ONE)
        assert (row.headline_zh, row.entities, row.entity_count) == ("", [], 0)
        assert [v.document for v in session.scalars(select(FindingVersion))] == [None, None]
        assert len(history(session, ONE)) == 1
    record(store, documents([1], sentence=" again"))
    with store.reading() as session:
        row = session.get_one(FindingRow, ONE)
        assert (row.state, row.triage, row.erased_at) == ("returned", Triage.OPEN, None)
        assert row.document["finding_id"] == ONE
        assert len(row.entities) == 3

"""The rule of two persons, and the recusal list."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from findings.access import approvals, recusal
from findings.access.errors import AccessError
from findings.access.models import Approval
from findings.access.principal import Principal
from findings.access.rights import Role
from findings.store.base import now
from findings.store.database import Store


def _who(user_id: str, role: Role, owner: str | None = None) -> Principal:
    return Principal(user_id, user_id, role, None, None, "key" if owner else "session", owner_id=owner)


MAKER = _who("u_maker", Role.INVESTIGATOR)
CHECKER = _who("u_checker", Role.SUPERVISOR)
SUBJECT = "finding/0123456789abcdef0123"


def _ask(store: Store, principal: Principal = MAKER) -> str:
    with store.session() as session:
        payload = {"reason_code": "jurisdiction", "case_number": "〔2026〕7"}
        return approvals.ask(session, principal, "referral", SUBJECT, payload=payload, reason="证据较充分").id


def _decide(store: Store, approval_id: str, principal: Principal = CHECKER, *, granted: bool = True) -> Approval:
    with store.session() as session:
        return approvals.decide(session, principal, approval_id, granted=granted, note="已复核")


def test_one_asks_another_grants_and_it_happens_once(store: Store) -> None:
    approval_id = _ask(store)
    with pytest.raises(AccessError) as refused, store.session() as session:
        approvals.use(session, MAKER, "referral", SUBJECT)
    assert refused.value.key == "trust_needs_second"
    assert _decide(store, approval_id).decided_by == "u_checker"
    with store.session() as session:
        used = approvals.use(session, MAKER, "referral", SUBJECT)
        assert (used.id, used.state, used.payload["reason_code"]) == (approval_id, "used", "jurisdiction")
    with pytest.raises(AccessError), store.session() as session:
        approvals.use(session, MAKER, "referral", SUBJECT)


def test_asking_twice_is_one_question(store: Store) -> None:
    assert _ask(store) == _ask(store)
    assert _ask(store, CHECKER) != _ask(store)


@pytest.mark.parametrize(
    "same_person", [CHECKER, _who("key:ab", Role.SUPERVISOR, owner="u_checker")], ids=["self", "own key"]
)
def test_nobody_grants_their_own_question(store: Store, same_person: Principal) -> None:
    approval_id = _ask(store, CHECKER)
    with pytest.raises(AccessError) as refused:
        _decide(store, approval_id, same_person)
    assert refused.value.key == "trust_two_persons"


def test_the_database_itself_refuses_one_person_as_both(store: Store) -> None:
    approval_id = _ask(store)
    with pytest.raises(IntegrityError), store.session() as session:
        session.execute(update(Approval).where(Approval.id == approval_id).values(state="granted", decided_by=MAKER.id))


def test_what_was_granted_to_one_is_not_for_another_nor_for_something_else(store: Store) -> None:
    _decide(store, _ask(store))
    for principal, subject in ((CHECKER, SUBJECT), (MAKER, "finding/ffffffffffffffffffff")):
        with pytest.raises(AccessError), store.session() as session:
            approvals.use(session, principal, "referral", subject)
    with pytest.raises(AccessError), store.session() as session:
        approvals.use(session, MAKER, "export", SUBJECT)


def test_a_refusal_needs_a_note_and_lets_one_ask_again(store: Store) -> None:
    approval_id = _ask(store)
    with pytest.raises(AccessError), store.session() as session:
        approvals.decide(session, CHECKER, approval_id, granted=False, note=" ")
    assert _decide(store, approval_id, granted=False).state == "refused"
    with pytest.raises(AccessError):
        _decide(store, approval_id)
    assert _ask(store) != approval_id


def test_roles_without_the_right_neither_ask_nor_decide(store: Store) -> None:
    approval_id = _ask(store)
    with pytest.raises(AccessError):
        _ask(store, _who("u_v", Role.VIEWER))
    for role in (Role.VIEWER, Role.INVESTIGATOR, Role.AUDITOR, Role.ADMIN, Role.SYSTEM):
        with pytest.raises(AccessError):
            _decide(store, approval_id, _who("u_x", role))


def test_time_closes_what_is_not_decided_and_what_is_not_used(store: Store) -> None:
    pending, granted = _ask(store), _ask(store, _who("u_2", Role.INVESTIGATOR))
    _decide(store, granted)
    with store.session() as session:
        session.execute(update(Approval).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(AccessError):
        _decide(store, pending)
    with pytest.raises(AccessError), store.session() as session:
        approvals.use(session, _who("u_2", Role.INVESTIGATOR), "referral", SUBJECT)
    with store.session() as session:
        assert approvals.expire(session) == 2
        assert approvals.find_approval(session, pending).state == "expired"


def test_only_who_asked_takes_a_question_back(store: Store) -> None:
    approval_id = _ask(store)
    with pytest.raises(AccessError), store.session() as session:
        approvals.withdraw(session, CHECKER, approval_id)
    with store.session() as session:
        assert approvals.withdraw(session, MAKER, approval_id).state == "withdrawn"
    with pytest.raises(AccessError):
        _decide(store, approval_id)


def test_a_grant_is_spent_once_by_many_at_the_same_moment(store: Store) -> None:
    _decide(store, _ask(store))
    spent: list[str] = []
    ready = threading.Barrier(6)

    def spend() -> None:
        ready.wait()
        try:
            with store.session() as session:
                spent.append(approvals.use(session, MAKER, "referral", SUBJECT).id)
        except AccessError:
            pass

    threads = [threading.Thread(target=spend) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spent) == 1


def test_one_sees_ones_own_questions_and_a_supervisor_all(store: Store) -> None:
    mine, others = _ask(store), _ask(store, _who("u_2", Role.INVESTIGATOR))
    with store.reading() as session:
        assert [a.id for a in approvals.list_approvals(session, MAKER)] == [mine]
        assert {a.id for a in approvals.list_approvals(session, CHECKER, states=["pending"])} == {mine, others}
        assert approvals.list_approvals(session, CHECKER, states=["used"]) == []


def test_a_recusal_is_added_once_and_ended_by_another_and_stays_on_record(store: Store) -> None:
    with store.session() as session:
        added = recusal.add_recusal(session, "u_1", "O9", reason="曾在该公司任职", actor="u_boss").id
        recusal.add_recusal(session, "u_2", "O8", reason="亲属", actor="u_boss")
        with pytest.raises(AccessError):
            recusal.add_recusal(session, "u_1", "O9", reason="重复", actor="u_boss")
        with pytest.raises(AccessError):
            recusal.add_recusal(session, "u_1", "O7", reason="  ", actor="u_boss")
        assert recusal.recused_parties(session, "u_1", None) == {"O9"}
    with pytest.raises(AccessError), store.session() as session:
        recusal.end_recusal(session, added, actor="u_1")
    with store.session() as session:
        recusal.end_recusal(session, added, actor="u_boss")
    with store.session() as session:
        assert recusal.recused_parties(session, "u_1", None) == frozenset()
        assert [r.id for r in recusal.list_recusals(session, "u_1", ended=True)] == [added]
        assert recusal.list_recusals(session, "u_1") == []
        with pytest.raises(AccessError):
            recusal.end_recusal(session, added, actor="u_boss")
        assert recusal.add_recusal(session, "u_1", "O9", reason="再次", actor="u_boss").id != added


def test_the_database_keeps_one_open_question_a_person(store: Store) -> None:
    _ask(store)
    with pytest.raises(IntegrityError), store.session() as session:
        session.execute(
            insert(Approval).values(
                id="a_2", kind="referral", subject=SUBJECT, payload={}, reason="x", asked_by=MAKER.id, expires_at=now()
            )
        )

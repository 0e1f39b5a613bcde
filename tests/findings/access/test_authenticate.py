"""Passwords, sessions and keys against a real store: who is let in, with what, and who is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from findings.access import keys, users
from findings.access.authenticate import (
    authenticate_key,
    authenticate_password,
    authenticate_session,
    end_session,
    open_session,
)
from findings.access.errors import AccessDenied, AccessError
from findings.access.models import ApiKey, BrowserSession, User
from findings.access.passwords import LONGEST_REST, WeakPassword, rest_after
from findings.access.principal import Principal
from findings.access.recusal import add_recusal
from findings.access.rights import Right, Role
from findings.access.tokens import csrf_token, token_hash
from findings.store.base import now
from findings.store.database import Store

PASSWORD = "清风徐来-水波不兴-2026"
IDLE = timedelta(minutes=30)


@pytest.fixture
def wang(store: Store) -> str:
    with store.session() as session:
        user = users.create_user(
            session, "wang", Role.INVESTIGATOR, password=PASSWORD, regions=["330102"], agencies=None,
            person_id="P7", actor="local",
        )  # fmt: skip
        return user.id


def _key(store: Store, **changes: object) -> keys.IssuedKey:
    fields: dict[str, object] = {"regions": None, "agencies": None, "days": 30, "actor": "local"}
    with store.session() as session:
        return keys.create_key(session, "案件系统", Role.SYSTEM, **(fields | changes))  # type: ignore[arg-type]


def test_the_right_password_gives_the_user_with_limits_and_recusals(store: Store, wang: str) -> None:
    with store.session() as session:
        add_recusal(session, wang, "O9", reason="曾任职", actor="u_boss")
    principal = authenticate_password(store, "wang", PASSWORD, ties=lambda person: [f"kin of {person}"])
    assert principal == Principal(
        id=wang, name="wang", role=Role.INVESTIGATOR, regions=frozenset({"330102"}), agencies=None, via="session",
        recused=frozenset({"O9", "P7", "kin of P7"}), person_id="P7",
    )  # fmt: skip


@pytest.mark.parametrize(("name", "password"), [("wang", "wrong password"), ("nobody", PASSWORD), ("wang", "")])
def test_wrong_name_or_password_is_refused_in_the_same_words(store: Store, wang: str, name: str, password: str) -> None:
    with pytest.raises(AccessDenied) as refused:
        authenticate_password(store, name, password)
    assert refused.value.key == "trust_login_failed"


def test_the_id_of_a_user_is_no_name_to_sign_on_with(store: Store, wang: str) -> None:
    with pytest.raises(AccessDenied):
        authenticate_password(store, wang, PASSWORD)


def test_after_wrong_passwords_the_name_rests_for_the_right_one_too_and_then_no_longer(store: Store, wang: str) -> None:
    with store.session() as session:
        session.execute(update(User).where(User.id == wang).values(failures=5))
    with pytest.raises(AccessDenied):
        authenticate_password(store, "wang", "wrong password")
    with pytest.raises(AccessDenied):
        authenticate_password(store, "wang", PASSWORD)
    with store.session() as session:
        user = session.get_one(User, wang)
        assert user.failures == 6
        assert user.rests_until is not None
        user.rests_until = now() - timedelta(seconds=1)
    assert authenticate_password(store, "wang", PASSWORD).id == wang
    with store.reading() as session:
        assert session.get_one(User, wang).failures == 0


def test_rest_doubles_and_ends() -> None:
    assert [rest_after(n).total_seconds() for n in (0, 5, 6, 7, 8)] == [0, 0, 2, 4, 8]
    assert rest_after(10_000) == LONGEST_REST


def test_a_disabled_user_is_out_everywhere(store: Store, wang: str) -> None:
    opened = open_session(store, wang, lifetime=timedelta(hours=1))
    with store.session() as session:
        issued = keys.create_key(session, "wang", Role.VIEWER, regions=None, agencies=None,
                                 owner=session.get_one(User, wang), days=1, actor=wang)  # fmt: skip
    assert authenticate_key(store, issued.token).owner_id == wang
    with store.session() as session:
        users.disable_user(session, session.get_one(User, wang))
    with pytest.raises(AccessDenied):
        authenticate_password(store, "wang", PASSWORD)
    with pytest.raises(AccessDenied):
        authenticate_session(store, opened.token, idle=IDLE)
    with pytest.raises(AccessDenied):
        authenticate_key(store, issued.token)


def test_a_session_lives_until_it_is_ended_idle_or_old(store: Store, wang: str) -> None:
    first = open_session(store, wang, lifetime=timedelta(hours=1))
    assert authenticate_session(store, first.token, idle=IDLE).id == wang
    assert first.csrf == csrf_token(first.token) != first.token
    end_session(store, first.token)
    idle, old = (open_session(store, wang, lifetime=timedelta(hours=1)) for _ in range(2))
    with store.session() as session:
        rows = {row.hash: row for row in session.scalars(select(BrowserSession))}
        rows[token_hash(idle.token)].seen_at = now() - timedelta(minutes=31)
        rows[token_hash(old.token)].expires_at = now() - timedelta(seconds=1)
    for token in (first.token, idle.token, old.token, "", "x" * 5000):
        with pytest.raises(AccessDenied):
            authenticate_session(store, token, idle=IDLE)


def test_a_new_password_ends_open_sessions(store: Store, wang: str) -> None:
    opened = open_session(store, wang, lifetime=timedelta(hours=1))
    with store.session() as session:
        users.set_password(session, session.get_one(User, wang), "another password 2026")
    with pytest.raises(AccessDenied):
        authenticate_session(store, opened.token, idle=IDLE)
    with pytest.raises(AccessDenied):
        authenticate_password(store, "wang", PASSWORD)
    assert authenticate_password(store, "wang", "another password 2026").id == wang


def test_nothing_that_is_stored_lets_anybody_in(store: Store, wang: str) -> None:
    opened = open_session(store, wang, lifetime=timedelta(hours=1))
    issued = _key(store)
    with store.reading() as session:
        stored = repr([
            list(session.execute(text(f"SELECT * FROM {table}")).all())
            for table in ("users", "api_keys", "browser_sessions")
        ])  # fmt: skip
    for secret in (PASSWORD, opened.token, opened.csrf, issued.token, issued.token.rsplit("_", 1)[1]):
        assert secret not in stored


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 300])
def test_a_weak_password_is_not_taken(store: Store, password: str) -> None:
    with pytest.raises(WeakPassword), store.session() as session:
        users.create_user(session, "li", Role.VIEWER, password=password, regions=None, agencies=None, actor="local")


@pytest.mark.parametrize("name", ["", "13800138000", "11010119900307783X", "a b", "x" * 65, "<b>", "a\nb"])
def test_a_name_that_is_a_personal_number_or_markup_is_not_taken(store: Store, name: str) -> None:
    with pytest.raises(AccessError), store.session() as session:
        users.create_user(session, name, Role.VIEWER, password=None, regions=None, agencies=None, actor="local")


def test_a_name_is_taken_once(store: Store, wang: str) -> None:
    with pytest.raises(AccessError, match="taken"), store.session() as session:
        users.create_user(session, "wang", Role.VIEWER, password=None, regions=None, agencies=None, actor="local")


def test_a_key_lets_a_machine_in_with_its_scopes_and_limits(store: Store) -> None:
    issued = _key(store, scopes=[Right.FINDINGS_READ], regions=["330100"], agencies=["G1"])
    principal = authenticate_key(store, issued.token)
    assert principal.id == f"key:{issued.key.id}"
    assert principal.may(Right.FINDINGS_READ)
    assert not principal.may(Right.PARTIES_READ)
    assert principal.scope().covers("330102", "G1")
    assert not principal.scope().covers("330102", "G2")
    with store.reading() as session:
        assert session.get_one(ApiKey, issued.key.id).last_used_at is not None


def test_a_key_that_is_over_or_altered_is_refused(store: Store) -> None:
    good, expired, revoked = _key(store), _key(store), _key(store)
    with store.session() as session:
        keys.revoke_key(session, revoked.key.id)
        session.execute(update(ApiKey).where(ApiKey.id == expired.key.id).values(expires_at=now()))
    altered = good.token[:-1] + ("a" if good.token[-1] != "a" else "b")
    swapped = f"qf_{expired.key.id}_{good.token.rsplit('_', 1)[1]}"
    for token in (expired.token, revoked.token, altered, swapped, good.token.upper(), "qf_", "qf__", "Bearer", ""):
        with pytest.raises(AccessDenied):
            authenticate_key(store, token)


def test_a_rotated_key_works_beside_its_successor_for_a_while(store: Store) -> None:
    old = _key(store, scopes=[Right.FINDINGS_READ], regions=["330102"])
    with store.session() as session:
        new = keys.rotate_key(session, old.key.id, days=30, actor="local")
    assert authenticate_key(store, old.token).regions == authenticate_key(store, new.token).regions
    assert authenticate_key(store, new.token).scopes == frozenset({Right.FINDINGS_READ})
    with store.session() as session:
        assert session.get_one(ApiKey, old.key.id).expires_at <= now() + keys.GRACE
        keys.rotate_key(session, new.key.id, days=30, actor="local", grace=timedelta(0))
    with pytest.raises(AccessDenied):
        authenticate_key(store, new.token)
    with pytest.raises(AccessError), store.session() as session:
        keys.rotate_key(session, new.key.id, days=30, actor="local")


def test_a_key_never_reaches_further_than_its_owner(store: Store, wang: str) -> None:
    with store.session() as session:
        owner = session.get_one(User, wang)
        issued = keys.create_key(session, "脚本", Role.INVESTIGATOR, regions=["330000"], agencies=None, owner=owner,
                                 days=30, actor=wang)  # fmt: skip
        add_recusal(session, wang, "O9", reason="亲属", actor="u_boss")
        with pytest.raises(AccessError):
            keys.create_key(session, "x", Role.ADMIN, regions=None, agencies=None, owner=owner, days=30, actor=wang)
    principal = authenticate_key(store, issued.token)
    assert principal.regions == frozenset({"330102"})
    assert principal.recused == {"O9", "P7"}
    assert principal.accountable_id == wang
    with store.session() as session:
        users.change_user(session, session.get_one(User, wang), role=Role.VIEWER)
    assert not authenticate_key(store, issued.token).may(Right.FINDINGS_DECIDE)


@pytest.mark.parametrize("days", [0, keys.MOST_DAYS + 1])
def test_a_key_always_expires(store: Store, days: int) -> None:
    with pytest.raises(AccessError):
        _key(store, days=days)


def test_a_scope_beyond_the_role_and_a_region_that_is_none_are_refused(store: Store) -> None:
    with pytest.raises(AccessError, match=r"audit\.read"):
        _key(store, scopes=[Right.AUDIT_READ])
    with pytest.raises(AccessError, match="north"):
        _key(store, regions=["north"])

"""Who is this? A password, a session cookie or an API key becomes a `Principal`, or is refused.

Bearer tokens of an identity provider are in `oidc`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from findings.access.errors import AccessDenied, AccessError
from findings.access.keys import works
from findings.access.models import ApiKey, BrowserSession, User
from findings.access.passwords import hash_password, outdated, rest_after, verify_password
from findings.access.principal import Principal, common, common_regions, limit
from findings.access.recusal import Ties, recused_parties
from findings.access.rights import RIGHTS, Right, Role
from findings.access.tokens import csrf_token, key_prefix, new_session_token, same, token_hash
from findings.access.users import find_user
from findings.store.base import now
from findings.store.database import Store

_KEY_USE_NOTED = timedelta(hours=1)
_SESSION_USE_NOTED = timedelta(minutes=1)
"""How exactly the last use is known: noting each one would make every read a write."""


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A browser that has just signed on: the cookie's value, and the token that its unsafe requests carry."""

    token: str
    csrf: str
    expires_at: datetime


def authenticate_password(store: Store, name: str, password: str, *, ties: Ties | None = None) -> Principal:
    """The user of this name, if the password fits.

    After five wrong passwords in a row the name rests, each time twice as long, up to a quarter of an hour.

    Raises:
        AccessDenied: name or password is wrong, the user is disabled, or the name rests. Which of these it is is not
            said, nor does the time of the answer tell: a stranger does not learn which names exist.
    """
    with store.reading() as session:
        try:
            user = find_user(session, name)
        except AccessError:
            user = None
    if user is not None and user.name != name:
        user = None  # An id is no name to sign on with.
    resting = user is not None and user.rests_until is not None and user.rests_until > now()
    # Outside any transaction: hashing takes a while and must not hold the store.
    fits = verify_password(user.password_hash if user and not resting else None, password)
    if user is None or resting:
        raise AccessDenied("trust_login_failed")
    fresh_hash = hash_password(password) if fits and outdated(user.password_hash or "") else None
    if not fits or user.failures:
        _note_attempt(store, user.id, fits=fits)
    if not fits or user.disabled:
        raise AccessDenied("trust_login_failed")
    if fresh_hash is not None:
        with store.session() as session:
            session.execute(update(User).where(User.id == user.id).values(password_hash=fresh_hash))
    with store.reading() as session:
        return user_principal(session, user, ties)


def _note_attempt(store: Store, user_id: str, *, fits: bool) -> None:
    with store.session() as session:
        # Counted in the database: attempts at the same moment each count.
        failures = 0 if fits else User.failures + 1
        session.execute(update(User).where(User.id == user_id).values(failures=failures))
        user = session.get_one(User, user_id)
        rest = rest_after(user.failures)
        user.rests_until = now() + rest if rest else None


def open_session(store: Store, user_id: str, *, lifetime: timedelta) -> OpenedSession:
    """Sign a browser on for a user who was just authenticated; sessions that are over are cleared away."""
    token, moment = new_session_token(), now()
    with store.session() as session:
        session.execute(delete(BrowserSession).where(BrowserSession.expires_at < moment))
        session.add(
            BrowserSession(
                hash=token_hash(token),
                user_id=user_id,
                created_at=moment,
                expires_at=moment + lifetime,
                seen_at=moment,
            )
        )
    return OpenedSession(token, csrf_token(token), moment + lifetime)


def authenticate_session(store: Store, token: str, *, idle: timedelta, ties: Ties | None = None) -> Principal:
    """The user whose browser holds this cookie.

    Args:
        store: where sessions are.
        token: the cookie's value.
        idle: how long a session may lie unused.
        ties: who is tied to a person, for recusal.

    Raises:
        AccessDenied: there is no such session, it is over, or its user is disabled.
    """
    moment, digest = now(), token_hash(token)
    with store.reading() as session:
        opened = session.get(BrowserSession, digest)
        user = session.get(User, opened.user_id) if opened else None
        if opened is None or user is None or user.disabled:
            raise AccessDenied("trust_session_over")
        if opened.expires_at <= moment or opened.seen_at + idle <= moment:
            raise AccessDenied("trust_session_over")
        principal = user_principal(session, user, ties)
    if moment - opened.seen_at > _SESSION_USE_NOTED:
        with store.session() as session:
            session.execute(update(BrowserSession).where(BrowserSession.hash == digest).values(seen_at=moment))
    return principal


def end_session(store: Store, token: str) -> None:
    """Sign a browser off; a session that is not there is no error."""
    with store.session() as session:
        session.execute(delete(BrowserSession).where(BrowserSession.hash == token_hash(token)))


def authenticate_key(store: Store, token: str, *, ties: Ties | None = None) -> Principal:
    """The machine that holds this API key.

    Raises:
        AccessDenied: there is no such key, it expired, was revoked, or its owner is disabled.
    """
    prefix, moment = key_prefix(token), now()
    if prefix is None:
        raise AccessDenied("trust_key_refused")
    with store.reading() as session:
        key = session.get(ApiKey, prefix)
        if key is None or not same(key.hash, token_hash(token)) or not works(key, moment):
            raise AccessDenied("trust_key_refused")
        owner = session.get(User, key.owner_id) if key.owner_id else None
        if owner is not None and owner.disabled:
            raise AccessDenied("trust_key_refused")
        principal = _key_principal(session, key, owner, ties)
    if key.last_used_at is None or moment - key.last_used_at > _KEY_USE_NOTED:
        with store.session() as session:
            session.execute(update(ApiKey).where(ApiKey.id == prefix).values(last_used_at=moment))
    return principal


def user_principal(session: Session, user: User, ties: Ties | None = None) -> Principal:
    """A user as a principal with a session."""
    return Principal(
        id=user.id,
        name=user.name,
        role=Role(user.role),
        regions=limit(user.regions),
        agencies=limit(user.agencies),
        via="session",
        recused=recused_parties(session, user.id, user.person_id, ties),
        person_id=user.person_id,
    )


def _key_principal(session: Session, key: ApiKey, owner: User | None, ties: Ties | None) -> Principal:
    """A key as a principal: inside its own limits and, where somebody answers for it, inside the owner's as well."""
    person_id = owner.person_id if owner else None
    principal_id = f"key:{key.id}"
    listed = recused_parties(session, principal_id, None)
    scopes = None if key.scopes is None else frozenset(Right(scope) for scope in key.scopes)
    regions, agencies = limit(key.regions), limit(key.agencies)
    if owner is not None:
        listed |= recused_parties(session, owner.id, person_id, ties)
        owned = RIGHTS[Role(owner.role)]
        scopes = owned if scopes is None else scopes & owned
        regions = common_regions(regions, limit(owner.regions))
        agencies = common(agencies, limit(owner.agencies))
    return Principal(
        id=principal_id,
        name=key.name,
        role=Role(key.role),
        regions=regions,
        agencies=agencies,
        via="key",
        scopes=scopes,
        recused=listed,
        person_id=person_id,
        owner_id=owner.id if owner else None,
    )

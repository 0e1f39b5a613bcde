"""API keys: made, rotated, revoked. They always expire."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.access.errors import AccessError
from findings.access.models import ApiKey, User
from findings.access.rights import RIGHTS, Right, Role
from findings.access.tokens import new_key, token_hash
from findings.access.users import checked_regions
from findings.store.base import now

MOST_DAYS = 731
GRACE = timedelta(hours=24)
"""How long a rotated key still works beside its successor."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key and its text, which is not stored: show it now."""

    key: ApiKey
    token: str


def create_key(
    session: Session,
    name: str,
    role: Role,
    *,
    regions: Collection[str] | None,
    agencies: Collection[str] | None,
    scopes: Collection[Right] | None = None,
    owner: User | None = None,
    days: int,
    actor: str,
) -> IssuedKey:
    """Make a key.

    Args:
        session: of `Store.session()`.
        name: what the key is for.
        role: what it may, at most.
        regions: division codes that it sees; None is all of them, an empty list is none.
        agencies: agencies that it sees; None is all of them, an empty list is none.
        scopes: rights that it is narrowed to; None is all of its role.
        owner: the user who answers for it. The key of an owner may no more than the owner, and sees no more.
        days: how long it works, at most `MOST_DAYS`.
        actor: who makes it.

    Raises:
        AccessError: it would not expire in time, a scope is not a right of the role, the owner may less, or a region
            is no division code.
    """
    if not 1 <= days <= MOST_DAYS:
        raise AccessError("trust_key_days", most=MOST_DAYS)
    if scopes is not None and (beyond := set(scopes) - RIGHTS[role]):
        raise AccessError("trust_scope_beyond_role", role=role, scopes=", ".join(sorted(beyond)))
    if owner is not None and not RIGHTS[role] <= RIGHTS[Role(owner.role)]:
        raise AccessError("trust_key_beyond_owner", owner=owner.name)
    return _issue(
        session,
        ApiKey(
            name=name.strip()[:64],
            role=role.value,
            scopes=None if scopes is None else sorted(Right(scope).value for scope in scopes),
            regions=checked_regions(regions),
            agencies=None if agencies is None else sorted(set(agencies)),
            owner_id=owner.id if owner else None,
            expires_at=now() + timedelta(days=days),
            created_by=actor,
        ),
    )


def rotate_key(session: Session, key_id: str, *, days: int, actor: str, grace: timedelta = GRACE) -> IssuedKey:
    """Make the successor of a key: the same name, role and limits. The old one works for the grace time, no longer.

    Raises:
        AccessError: there is no such key, it is over, or it would not expire in time.
    """
    if not 1 <= days <= MOST_DAYS:
        raise AccessError("trust_key_days", most=MOST_DAYS)
    old = find_key(session, key_id)
    if not works(old, now()):
        raise AccessError("trust_key_over", key_id=key_id)
    old.expires_at = min(old.expires_at, now() + grace)
    return _issue(
        session,
        ApiKey(
            name=old.name,
            role=old.role,
            scopes=old.scopes,
            regions=old.regions,
            agencies=old.agencies,
            owner_id=old.owner_id,
            expires_at=now() + timedelta(days=days),
            rotated_from=old.id,
            created_by=actor,
        ),
    )


def revoke_key(session: Session, key_id: str) -> ApiKey:
    """End a key at once. Doing it twice changes nothing.

    Raises:
        AccessError: there is no such key.
    """
    key = find_key(session, key_id)
    key.revoked_at = key.revoked_at or now()
    session.flush()
    return key


def find_key(session: Session, key_id: str) -> ApiKey:
    """A key by its id, which is the prefix in its text.

    Raises:
        AccessError: there is none.
    """
    key = session.get(ApiKey, key_id)
    if key is None:
        raise AccessError("trust_no_key", key_id=key_id)
    return key


def list_keys(session: Session) -> list[ApiKey]:
    """All keys, newest first."""
    return list(session.scalars(select(ApiKey).order_by(ApiKey.created_at.desc(), ApiKey.id)))


def works(key: ApiKey, at: datetime) -> bool:
    """Whether a key is neither revoked nor expired."""
    return key.revoked_at is None and key.expires_at > at


def _issue(session: Session, key: ApiKey) -> IssuedKey:
    fresh = new_key()
    key.id, key.hash = fresh.prefix, token_hash(fresh.token)
    session.add(key)
    session.flush()
    return IssuedKey(key, fresh.token)

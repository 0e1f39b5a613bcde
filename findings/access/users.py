"""Users: made, changed, disabled. They are never deleted, since decisions and the audit trail name them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from findings.access.errors import AccessError
from findings.access.models import BrowserSession, User
from findings.access.passwords import hash_password
from findings.access.principal import region_prefix
from findings.access.rights import Role
from findings.audit.masking import MASK, without_personal_numbers

_NAME = re.compile(r"[\w][\w.@-]{0,63}")


def create_user(
    session: Session,
    name: str,
    role: Role,
    *,
    password: str | None,
    regions: Collection[str] | None,
    agencies: Collection[str] | None,
    person_id: str | None = None,
    actor: str,
) -> User:
    """Make a user.

    Args:
        session: of `Store.session()`.
        name: what is typed to sign on: letters of any script, digits and `. @ - _`; no identity or mobile number.
        role: what the user is here for.
        password: None for one who only answers for keys; see `set_password`.
        regions: division codes that the user sees; None is all of them, an empty list is none.
        agencies: agencies that the user sees; None is all of them, an empty list is none.
        person_id: the user's id in the data, from which recusal follows.
        actor: who makes it.

    Raises:
        AccessError: the name is taken or not allowed, or a region is no division code.
        WeakPassword: the password cannot be accepted.
    """
    if not _NAME.fullmatch(name) or MASK in without_personal_numbers(name):
        raise AccessError("trust_bad_name")
    user = User(
        id=f"u_{secrets.token_hex(6)}",
        name=name,
        role=Role(role).value,
        password_hash=None if password is None else hash_password(password),
        regions=checked_regions(regions),
        agencies=None if agencies is None else sorted(set(agencies)),
        person_id=person_id,
        created_by=actor,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError:
        raise AccessError("trust_name_taken", name=name) from None
    return user


def find_user(session: Session, name_or_id: str) -> User:
    """A user by sign-on name or id.

    Raises:
        AccessError: there is none.
    """
    query = select(User).where((User.name == name_or_id) | (User.id == name_or_id)).order_by(User.name != name_or_id)
    user = session.scalars(query).first()
    if user is None:
        raise AccessError("trust_no_user", name=name_or_id)
    return user


def list_users(session: Session) -> list[User]:
    """All users by name, disabled ones too."""
    return list(session.scalars(select(User).order_by(User.name)))


def set_password(session: Session, user: User, password: str) -> None:
    """Give a user a password; every browser that is signed on as the user has to sign on again.

    Raises:
        WeakPassword: it cannot be accepted.
    """
    user.password_hash = hash_password(password)
    user.failures, user.rests_until = 0, None
    _end_sessions(session, user)


def change_user(
    session: Session,
    user: User,
    *,
    role: Role | None = None,
    limits: tuple[Collection[str] | None, Collection[str] | None] | None = None,
    person_id: str | None = None,
) -> None:
    """Change what a user may and sees; what is None stays.

    Args:
        session: of `Store.session()`.
        user: whom.
        role: the new role.
        limits: the new regions and agencies, both, since None stands for "all" in them.
        person_id: the user's id in the data.

    Raises:
        AccessError: a region is no division code.
    """
    if role is not None:
        user.role = role.value
    if limits is not None:
        user.regions = checked_regions(limits[0])
        user.agencies = None if limits[1] is None else sorted(set(limits[1]))
    if person_id is not None:
        user.person_id = person_id
    session.flush()


def disable_user(session: Session, user: User) -> None:
    """Let a user in no more: neither with a password, nor a browser signed on, nor a key the user answers for."""
    user.disabled = True
    _end_sessions(session, user)


def enable_user(session: Session, user: User) -> None:
    """Let a disabled user sign on again."""
    user.disabled = False
    user.failures, user.rests_until = 0, None
    session.flush()


def checked_regions(regions: Collection[str] | None) -> list[str] | None:
    """A limit by region as it is stored.

    Raises:
        AccessError: one of them is no division code.
    """
    if regions is None:
        return None
    for region in regions:
        try:
            region_prefix(region)
        except ValueError:
            raise AccessError("trust_bad_region", region=region) from None
    return sorted(set(regions))


def _end_sessions(session: Session, user: User) -> None:
    session.execute(delete(BrowserSession).where(BrowserSession.user_id == user.id))
    session.flush()

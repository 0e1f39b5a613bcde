"""Recusal (回避): the parties that a person stays away from, by the list and by what the data say of the person."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from findings.access.errors import AccessError
from findings.access.models import Recusal
from findings.store.base import now

Ties = Callable[[str], Iterable[str]]
"""The parties that a person of the data is tied to by kin, office, role or a shared contact; see `ties`."""


def recused_parties(session: Session, user_id: str, person_id: str | None, ties: Ties | None = None) -> frozenset[str]:
    """All parties that a user is kept from: the list in force, the user's own person, and those tied to it.

    Args:
        session: of the store.
        user_id: whose list; for a key its owner.
        person_id: the user's id in the data, None where it is not known.
        ties: who is tied to a person in the current snapshot; None where there is no snapshot to ask.
    """
    listed = session.scalars(
        select(Recusal.party_id).where(Recusal.user_id == user_id, Recusal.ended_at.is_(None))
    ).all()
    if person_id is None:
        return frozenset(listed)
    return frozenset((*listed, person_id, *(ties(person_id) if ties else ())))


def add_recusal(session: Session, user_id: str, party_id: str, *, reason: str, actor: str) -> Recusal:
    """Keep a user from a party.

    Raises:
        AccessError: no reason is given, or this recusal is in force already.
    """
    if not reason.strip():
        raise AccessError("trust_reason_needed")
    recusal = Recusal(user_id=user_id, party_id=party_id, reason=reason.strip(), added_by=actor)
    try:
        with session.begin_nested():
            session.add(recusal)
    except IntegrityError:
        raise AccessError("trust_recused_already", user=user_id, party=party_id) from None
    return recusal


def end_recusal(session: Session, recusal_id: int, *, actor: str) -> None:
    """End a recusal; it stays on record.

    Raises:
        AccessError: there is none in force with this id, or the user it binds wants to end it.
    """
    recusal = session.get(Recusal, recusal_id)
    if recusal is None or recusal.ended_at is not None:
        raise AccessError("trust_no_recusal", recusal=recusal_id)
    if recusal.user_id == actor:
        raise AccessError("trust_own_recusal")
    session.execute(
        update(Recusal)
        .where(Recusal.id == recusal_id, Recusal.ended_at.is_(None))
        .values(ended_at=now(), ended_by=actor)
    )


def list_recusals(session: Session, user_id: str | None = None, *, ended: bool = False) -> list[Recusal]:
    """Recusals by user and party; with `ended` also those that are over."""
    query = select(Recusal).order_by(Recusal.user_id, Recusal.party_id, Recusal.id)
    if user_id is not None:
        query = query.where(Recusal.user_id == user_id)
    if not ended:
        query = query.where(Recusal.ended_at.is_(None))
    return list(session.scalars(query))

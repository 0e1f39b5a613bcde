"""Who a lead can be given to: somebody of this store who may decide on it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from findings.access.authenticate import user_principal
from findings.access.errors import AccessError
from findings.access.models import User
from findings.access.rights import Role
from findings.access.ties import SnapshotTies
from findings.access.users import find_user, list_users
from findings.store.models import FindingEntity, FindingRow

DECIDING = frozenset({Role.INVESTIGATOR, Role.SUPERVISOR})
"""The roles of persons who decide on leads; a machine (`system`) decides too, but takes nothing over."""


def assignable_users(session: Session) -> list[User]:
    """All who may take leads over, by name: which ones, their scope says."""
    return [user for user in list_users(session) if not user.disabled and user.role in DECIDING]


def assignee_of(session: Session, name_or_id: str, finding: FindingRow, ties: SnapshotTies) -> str:
    """The id of the user whom a finding is to be given to.

    Args:
        session: of the store.
        name_or_id: of the user.
        finding: what is to be given.
        ties: who is tied to a person in the current snapshot, for recusal.

    Raises:
        AccessError: there is no such user, the user is disabled or does not decide on leads, does not see this one, or
            is recused from a party in it.
    """
    try:
        user = find_user(session, name_or_id)
    except AccessError:
        raise AccessError("trust_assignee_unknown", name=name_or_id) from None
    if user.disabled:
        raise AccessError("trust_assignee_disabled", name=user.name)
    if user.role not in DECIDING:
        raise AccessError("trust_assignee_role", name=user.name)
    scope = user_principal(session, user, ties).scope()
    if not scope.covers(finding.region, finding.agency_id):
        raise AccessError("trust_assignee_outside", name=user.name, finding=finding.finding_id)
    if not ties.all_ids(scope.recused).isdisjoint(_parties(session, finding)):
        raise AccessError("trust_assignee_recused", name=user.name, finding=finding.finding_id)
    return user.id


def _parties(session: Session, finding: FindingRow) -> Iterable[str]:
    return session.scalars(select(FindingEntity.entity_id).where(FindingEntity.finding_id == finding.finding_id))

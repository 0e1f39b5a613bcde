"""A caller's part of the data, as routes ask for it: which leads, which parties."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.problems import ApiProblem
from findings.access.models import User
from findings.access.principal import Principal, Scope, limit, region_prefix
from findings.access.rights import Right
from findings.store.filtering import in_scope
from findings.store.models import FindingEntity, FindingRow


def lead(session: Session, principal: Principal, finding_id: str) -> FindingRow:
    """A finding that the caller may see.

    Raises:
        ApiProblem: there is none inside the scope; or a party in it is one that the caller is recused from.
    """
    row = session.get(FindingRow, finding_id)
    scope = principal.scope()
    if row is None or not scope.covers(row.region, row.agency_id):
        raise ApiProblem("api_not_found")
    if scope.recused:
        parties = session.scalars(select(FindingEntity.entity_id).where(FindingEntity.finding_id == finding_id))
        refuse_recused(scope, parties)
    return row


def counting_scope(principal: Principal) -> Scope | None:
    """Inside which scope a caller may be told how many leads a scan found; None is all of them.

    Who reads the leads of some regions or agencies is told of those only. Who reads none at all (auditors,
    administrators, the machine that collects measurements) is told how the product runs, with all numbers.
    """
    scope = principal.scope()
    limited = scope.regions is not None or scope.agencies is not None
    return scope if limited and principal.may(Right.FINDINGS_READ) else None


def answers_for(principal: Principal, user: User | None) -> bool:
    """Whether a caller may keep a user's recusals: one who reads leads of some regions or agencies only, if the user
    does not see more; anybody else with that right."""
    own = counting_scope(principal)
    if own is None:
        return True
    if user is None:
        return False
    prefixes, regions, agencies = own.region_prefixes, limit(user.regions), limit(user.agencies)
    within = prefixes is None or (regions is not None and all(region_prefix(r).startswith(prefixes) for r in regions))
    return within and (own.agencies is None or (agencies is not None and agencies <= own.agencies))


def visible_keys(session: Session, scope: Scope) -> frozenset[str]:
    """The keys of all who take part in a lead inside a scope."""
    query = select(FindingEntity.entity_id).join(FindingRow, FindingRow.finding_id == FindingEntity.finding_id)
    return frozenset(session.scalars(query.where(*in_scope(scope)).distinct()))


def refuse_recused(scope: Scope, parties: Iterable[str]) -> None:
    """Refuse with the reason where a recused party takes part.

    Raises:
        ApiProblem: one does.
    """
    if scope.recused and not scope.recused.isdisjoint(parties):
        raise ApiProblem("api_recused")


def check_nodes(session: Session, principal: Principal, nodes: Iterable[tuple[str, str | None]]) -> None:
    """Refuse parties and other nodes outside the caller's part of the data.

    A node is inside if its region is, or if it takes part in a lead that the caller sees: so a county can follow the
    money of its own leads abroad, and nothing else.

    Args:
        session: of the store.
        principal: who asks.
        nodes: key and region of each.

    Raises:
        ApiProblem: one is outside, or recused.
    """
    scope = principal.scope()
    given = list(nodes)
    refuse_recused(scope, (key for key, _ in given))
    if outside(session, scope, given):
        raise ApiProblem("api_not_found")


def outside(session: Session, scope: Scope, nodes: Iterable[tuple[str, str | None]]) -> set[str]:
    """Keys of the nodes that are not inside a scope; nodes as `check_nodes` takes them."""
    prefixes = scope.region_prefixes
    elsewhere = {
        key
        for key, region in nodes
        if (scope.agencies is not None and key not in scope.agencies)
        or (prefixes is not None and not (region and region.startswith(prefixes)))
    }
    if not elsewhere:
        return elsewhere
    query = (
        select(FindingEntity.entity_id)
        .join(FindingRow, FindingRow.finding_id == FindingEntity.finding_id)
        .where(FindingEntity.entity_id.in_(elsewhere))
        .distinct()
    )
    if prefixes is not None:
        query = query.where(or_(False, *(FindingRow.region.startswith(prefix, autoescape=True) for prefix in prefixes)))
    if scope.agencies is not None:
        query = query.where(FindingRow.agency_id.in_(scope.agencies))
    return elsewhere - set(session.scalars(query))

"""Which findings: a filter, and the conditions that it stands for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from findings.access.principal import Scope
from findings.store.models import FindingEntity, FindingRow

UNLIMITED = Scope(regions=None, agencies=None)
"""The scope of the command line: who can read the store's file sees all of it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A selection of findings. An empty part selects nothing out; parts are joined by "and", values by "or".

    There is no default scope: who reads says what may be read.
    """

    scope: Scope
    families: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    triages: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    """Division codes; one that ends in zeros covers the divisions under it."""
    agencies: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    unassigned: bool = False
    entities: tuple[str, ...] = ()
    """Ids; a finding in which any of them takes part."""
    amount_min: int | None = None
    """In minor units. A finding without an amount is below every minimum."""
    amount_max: int | None = None
    day_from: date | None = None
    """The first day of a period that the finding's own period touches."""
    day_to: date | None = None
    changed_since: int | None = None
    """A run: findings that were new, changed, gone or returned in it or later."""
    q: str = ""
    """Words in the first sentence, or in a name, or an id."""

    def without_facets(self) -> Filter:
        """The filter without the parts that `FACETS` count."""
        return replace(self, families=(), detectors=(), tiers=(), statuses=(), states=(), triages=())


FACETS: dict[str, tuple[InstrumentedAttribute[str], str]] = {
    "family": (FindingRow.family, "families"),
    "detector": (FindingRow.detector, "detectors"),
    "tier": (FindingRow.tier, "tiers"),
    "status": (FindingRow.status, "statuses"),
    "state": (FindingRow.state, "states"),
    "triage": (FindingRow.triage, "triages"),
}
"""What findings are counted by: the column, and the part of the filter that chooses by it."""


def conditions(chosen: Filter) -> list[ColumnElement[bool]]:
    """The filter as conditions on `FindingRow`."""
    where = in_scope(chosen.scope)
    where += [column.in_(values) for column, part in FACETS.values() if (values := getattr(chosen, part))]
    if chosen.regions:
        where.append(or_(*(_within(region) for region in chosen.regions)))
    if chosen.agencies:
        where.append(FindingRow.agency_id.in_(chosen.agencies))
    if chosen.assignees or chosen.unassigned:
        mine = FindingRow.assignee.in_(chosen.assignees)
        where.append(or_(mine, FindingRow.assignee.is_(None)) if chosen.unassigned else mine)
    if chosen.entities:
        where.append(_has_entity(FindingEntity.entity_id.in_(chosen.entities)))
    if chosen.amount_min is not None:
        where.append(FindingRow.amount_value >= chosen.amount_min)
        if chosen.amount_min <= 0:  # What has no amount has the value 0.
            where.append(FindingRow.currency.is_not(None))
    if chosen.amount_max is not None:
        where += [FindingRow.amount_value <= chosen.amount_max, FindingRow.currency.is_not(None)]
    if chosen.day_from is not None:
        where.append(or_(FindingRow.period_to >= chosen.day_from, FindingRow.period_from >= chosen.day_from))
    if chosen.day_to is not None:
        where.append(or_(FindingRow.period_from <= chosen.day_to, FindingRow.period_to <= chosen.day_to))
    if chosen.changed_since is not None:
        where.append(FindingRow.changed_run >= chosen.changed_since)
    if words := chosen.q.split():
        where += [_mentions(word) for word in words]
    return where


def in_scope(scope: Scope) -> list[ColumnElement[bool]]:
    """What a principal may see, as conditions. Nothing is let through that the scope does not name."""
    where: list[ColumnElement[bool]] = []
    prefixes = scope.region_prefixes
    if prefixes is not None:
        where.append(or_(false(), *(FindingRow.region.startswith(prefix, autoescape=True) for prefix in prefixes)))
    if scope.agencies is not None:
        where.append(FindingRow.agency_id.in_(sorted(scope.agencies)))
    if scope.recused:
        where.append(~_has_entity(FindingEntity.entity_id.in_(sorted(scope.recused))))
    return where


def region_bounds(chosen: Filter) -> list[ColumnElement[bool]]:
    """Between which codes the regions of `conditions` lie, for an index to begin and to end at.

    Only where texts are compared by their bytes, as SQLite does: other orders put other codes between two.
    """
    asked = tuple(_prefix(region) for region in chosen.regions)
    return [
        or_(*(and_(FindingRow.region >= prefix, FindingRow.region <= prefix + _LAST) for prefix in prefixes))
        for prefixes in (chosen.scope.region_prefixes, asked)
        if prefixes
    ]


_LAST = "\U0010ffff"
"""Stands after every character."""


def _within(region: str) -> ColumnElement[bool]:
    return FindingRow.region.startswith(_prefix(region), autoescape=True)


def _prefix(region: str) -> str:
    """How a division and those under it begin: 380100 covers 380101; a code that is no division covers itself."""
    return (Scope(regions=frozenset({region}), agencies=None).region_prefixes or (region,))[0]


def _has_entity(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    # Found once by the entities' index; asked of each finding by itself it would be asked thousands of times.
    return FindingRow.finding_id.in_(select(FindingEntity.finding_id).where(condition))


def _mentions(word: str) -> ColumnElement[bool]:
    named = select(FindingEntity.finding_id).where(
        or_(FindingEntity.entity_id == word, FindingEntity.name.icontains(word, autoescape=True))
    )
    return or_(
        FindingRow.headline_zh.icontains(word, autoescape=True),
        FindingRow.headline_en.icontains(word, autoescape=True),
        FindingRow.finding_id.startswith(word.lower(), autoescape=True),
        FindingRow.finding_id.in_(named),
    )

"""Interests of a relationship as roles, with the days on which they held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from loaders.bods.statements import Statement
from loaders.json_rows import Fields, plain

SHAREHOLDING = "shareholding"
_OFFICES = {
    "boardmember": "director",
    "boardchair": "director",
    "seniormanagingofficial": "manager",
    "senior-managing-official": "manager",
    "board-member": "director",
    "board-chair": "director",
}
_VOTES = frozenset(("votingrights", "voting-rights"))
_MAJORITY = Decimal(50)


@dataclass(frozen=True, slots=True)
class Role:
    """A row of `roles` without its parties. `indirect`: held through others; `beneficial`: flagged as control."""

    kind: str
    share: str | None
    start: str | None
    end: str | None
    indirect: bool
    beneficial: bool
    statement: Statement

    @property
    def is_majority(self) -> bool:
        """More than half of the shares."""
        return self.share is not None and Decimal(self.share) > _MAJORITY


def roles_of(statement: Statement) -> list[Role]:
    """The roles that one statement's interests are.

    A shareholding is a shareholder's, at its exact share, else at its least. An office is itself. A majority of the
    votes is control. Any other interest makes an actual controller if the publisher says that it is beneficial
    ownership or control, and has no row otherwise (counted).
    """
    found: dict[tuple[str, str | None, bool], Role] = {}
    for interest in statement.body.objects("interests"):
        kind, share = _kind_and_share(interest)
        if kind is None:
            interest.count("bods.interest_without_role", "type", interest.text("type") or "–")
            continue
        level = (interest.text("directOrIndirect") or interest.text("interestLevel") or "").casefold()
        start, end = interest.date("startDate"), interest.date("endDate")
        role = Role(kind, share, start, end, level == "indirect", _is_beneficial(interest), statement)
        key = (kind, start, role.indirect)
        if key in found and share is not None:
            # Several holdings of one holder, of several classes of shares: together they are its share.
            earlier = found[key].share
            role = replace(
                role, share=plain(Decimal(earlier or 0) + Decimal(share)) if kind == "shareholder" else share
            )
        found[key] = role
    return list(found.values())


def _kind_and_share(interest: Fields) -> tuple[str | None, str | None]:
    name = (interest.text("type") or "").casefold()
    share = interest.object("share")
    exact, least = share.number("exact"), share.number("minimum") or share.number("exclusiveMinimum")
    stated = exact or least
    if name == SHAREHOLDING:
        return "shareholder", stated
    if name in _OFFICES:
        return _OFFICES[name], None
    if name in _VOTES and stated is not None:
        more = Decimal(stated) > _MAJORITY or (exact is None and "exclusiveMinimum" in share and Decimal(stated) >= 50)
        return ("actual_controller", None) if more else (None, None)
    return ("actual_controller", None) if _is_beneficial(interest) else (None, None)


def _is_beneficial(interest: Fields) -> bool:
    return interest.members.get("beneficialOwnershipOrControl") is True


def spells(history: Sequence[Statement]) -> list[Role]:
    """The roles over a relationship's life.

    Each statement says how things stand. What a later one does not repeat has ended: the day before the interest
    that takes its place begins, else on the day of that statement. An interest that goes on with another share
    changed on the day of the statement, whatever start it repeats; the earlier share is not carried backwards.
    """
    done: list[Role] = []
    open_roles: list[Role] = []
    for statement in history:
        present = [] if statement.closed else roles_of(statement)
        final = {(r.kind, r.indirect): r for r in roles_of(statement)} if statement.closed else {}
        for old in open_roles:
            same = next(
                (r for r in present if (r.kind, r.indirect, r.start) == (old.kind, old.indirect, old.start)), None
            )
            if same is None:
                following = [r.start for r in present if (r.kind, r.indirect) == (old.kind, old.indirect) and r.start]
                stated = final.get((old.kind, old.indirect))
                end = old.end or (stated.end if stated else None) or _day_before(min(following, default=None))
                done.append(replace(old, end=_not_before(end or statement.date[:10] or None, old.start)))
            elif same.share != old.share and statement.date:
                done.append(replace(old, end=_not_before(old.end or _day_before(statement.date), old.start)))
                present[present.index(same)] = replace(same, start=statement.date[:10])
            else:
                # The earlier row goes on: a change that was dated by its statement keeps that date.
                present[present.index(same)] = replace(same, start=old.start)
        open_roles = present
    return done + open_roles


def _day_before(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return (date.fromisoformat(text[:10]) - timedelta(days=1)).isoformat()
    except ValueError:
        return text


def _not_before(end: str | None, start: str | None) -> str | None:
    return max(end[:10], start[:10]) if end and start else end

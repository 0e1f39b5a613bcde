"""What roles may do, and which part of the data a principal sees."""

from __future__ import annotations

import pytest

from findings.access.principal import NOTHING, Principal, Scope, region_prefix
from findings.access.rights import RIGHTS, ROLE_NAMES, Right, Role


def _principal(role: Role, **changes: object) -> Principal:
    fields: dict[str, object] = {
        "id": "u1",
        "name": "王",
        "role": role,
        "regions": None,
        "agencies": None,
        "via": "key",
    }
    return Principal(**(fields | changes))  # type: ignore[arg-type]


def test_every_role_has_rights_and_a_name() -> None:
    assert set(RIGHTS) == set(Role) == set(ROLE_NAMES)
    assert set().union(*RIGHTS.values()) == set(Right)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN])
def test_those_who_watch_or_give_access_see_no_lead(role: Role) -> None:
    principal = _principal(role)
    assert not principal.may(Right.FINDINGS_READ)
    assert not principal.may(Right.PARTIES_READ)
    assert principal.scope() == NOTHING


def test_only_the_auditor_reads_the_trail_and_only_the_admin_makes_users() -> None:
    assert [role for role in Role if Right.AUDIT_READ in RIGHTS[role]] == [Role.AUDITOR]
    assert [role for role in Role if Right.USERS_MANAGE in RIGHTS[role]] == [Role.ADMIN]


def test_a_machine_neither_refers_nor_exports_persons_nor_approves() -> None:
    system = _principal(Role.SYSTEM)
    assert not any(system.may(r) for r in (Right.FINDINGS_REFER, Right.EXPORT_PERSONAL, Right.APPROVALS_DECIDE))


def test_the_scopes_of_a_key_only_take_away() -> None:
    narrowed = _principal(Role.VIEWER, scopes=frozenset({Right.FINDINGS_READ, Right.USERS_MANAGE}))
    assert narrowed.may(Right.FINDINGS_READ)
    assert not narrowed.may(Right.PARTIES_READ)
    assert not narrowed.may(Right.USERS_MANAGE)


def test_a_key_and_its_owner_are_one_person() -> None:
    assert _principal(Role.SUPERVISOR, id="key:ab", owner_id="u7").accountable_id == "u7"
    assert _principal(Role.SUPERVISOR).accountable_id == "u1"


@pytest.mark.parametrize(
    ("code", "prefix"),
    [("330000", "33"), ("330100", "3301"), ("330102", "330102"), ("33", "33"), ("3301", "3301"),
     ("330102004000", "330102004"), ("330102004007", "330102004007"), ("110101000000", "110101"),
     ("320102", "320102")],
)  # fmt: skip
def test_a_division_covers_what_lies_in_it(code: str, prefix: str) -> None:
    assert region_prefix(code) == prefix


@pytest.mark.parametrize("code", ["", "3", "33%", "3301__", "３３０１００", "1234567890123"])
def test_what_is_no_division_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="division code"):
        region_prefix(code)


def test_a_county_sees_its_own_and_nothing_beside_it() -> None:
    county = Scope(regions=frozenset({"330102"}), agencies=None)
    assert county.covers("330102", "G1")
    assert county.covers("330102004", None)
    assert not county.covers("330105", "G1")
    assert not county.covers("330100", "G1")
    assert not county.covers(None, "G1")


def test_a_city_sees_its_counties() -> None:
    city = Scope(regions=frozenset({"330100", "331002"}), agencies=None)
    assert [city.covers(code, None) for code in ("330102", "330100", "331002", "331003", "330200")] == [
        True, True, True, False, False]  # fmt: skip
    assert city.region_prefixes == ("3301", "331002")


def test_limits_by_region_and_by_agency_both_hold() -> None:
    both = Scope(regions=frozenset({"330100"}), agencies=frozenset({"G1"}))
    assert both.covers("330102", "G1")
    assert not both.covers("330102", "G2")
    assert not both.covers("330102", None)
    assert not both.covers("440300", "G1")


def test_an_empty_limit_is_nothing_and_no_limit_is_all() -> None:
    assert not Scope(regions=frozenset(), agencies=None).covers("330102", "G1")
    assert not Scope(regions=None, agencies=frozenset()).covers("330102", "G1")
    assert Scope(regions=None, agencies=None).covers(None, None)
    assert not NOTHING.covers("330102", "G1")


def test_a_lead_with_a_recused_party_is_not_seen() -> None:
    scope = Scope(regions=None, agencies=None, recused=frozenset({"P1"}))
    assert scope.sees("330102", "G1", ["O1", "P2"])
    assert not scope.sees("330102", "G1", ["O1", "P1"])

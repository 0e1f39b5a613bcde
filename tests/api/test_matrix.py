"""Every route × role × region: default deny, generated from the app's own routes."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.guard import GuardedRoute
from api.rules import RULES, RouteWithoutRule, Rule, Scoping, check_rules, names_of
from findings.access.rights import RIGHTS, Role
from tests.api.conftest import Served

ROLES = tuple(Role)


@pytest.fixture(scope="module")
def known(served: Served) -> dict[str, str]:
    """Ids that exist, for the routes that take one; for those that end something, ids that do not."""
    lead = next(item for item in served.get("/findings?limit=200")["items"] if item["region"])
    firm = next(item for item in served.get("/search?q=O0&kinds=firm")["items"] if item["region"])
    tender = next(item for item in served.get("/search?q=T0&kinds=tender")["items"] if item["region"])
    records = served.get(f"/findings/{lead['finding_id']}/records")["items"]
    return {
        "finding_id": lead["finding_id"],
        "region": lead["region"],
        "party_id": firm["key"],
        "party_region": firm["region"],
        "tender_region": tender["region"],
        "node_key": firm["key"],
        "label": "Party",
        "tender_id": tender["key"],
        "ref": records[0]["ref"],
        "detector_id": lead["detector"],
        "run_id": "1",
        "before": "1",
        "after": "1",
        "language": "zh",
        "name": "start.js",
        "path": "index.html",
        "filter_id": "99999",
        "recusal_id": "99999",
    }


def _address(route: APIRoute, known: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        return known.get(match.group(1), "nothing")

    address = re.sub(r"\{([a-z_]+)(?::path)?\}", value, route.path)
    if route.path.endswith(("/paths", "/money-paths")):
        party = known["party_id"]
        address += f"?source=Party/{party}&target=Party/{party}"
    return address


def _routes(served: Served) -> list[tuple[str, APIRoute, Rule]]:
    return [
        (name, route, RULES[name])
        for route in served.app.routes
        if isinstance(route, APIRoute)
        for name in names_of(route)
    ]


def test_every_route_is_guarded_and_has_a_rule(served: Served) -> None:
    routes = [route for route in served.app.routes if isinstance(route, APIRoute)]
    assert len(routes) == len(served.app.routes)
    assert all(isinstance(route, GuardedRoute) for route in routes)
    assert {name for route in routes for name in names_of(route)} == RULES.keys()


def test_an_app_with_a_route_that_has_no_rule_does_not_start() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/api/v1/everything")
    def everything() -> dict[str, str]:
        return {}

    with pytest.raises(RouteWithoutRule, match=r"GET /api/v1/everything"):
        check_rules(app.routes)


def test_a_guarded_route_without_a_rule_answers_nobody(served: Served) -> None:
    route = GuardedRoute("/api/v1/unruled", lambda: {"secret": 1}, methods=["GET"])
    served.app.router.routes.append(route)
    try:
        answer = served.client.get("/api/v1/unruled", headers=served.key(Role.SUPERVISOR))
    finally:
        served.app.router.routes.remove(route)
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_nothing_but_health_and_the_sign_on_page_works_without_authentication(
    served: Served, known: dict[str, str]
) -> None:
    served.client.cookies.clear()
    opened = []
    for name, route, _ in _routes(served):
        method = name.partition(" ")[0]
        answer = served.client.request(method, _address(route, known), json={} if method != "GET" else None)
        if answer.status_code != 401:
            opened.append(name)
    assert opened == [
        "GET /healthz",
        "GET /readyz",
        "GET /docs",
        "GET /docs/{name}",
        "GET /",
        "GET /static/{path:path}",
        "POST /api/v1/session",
        "GET /api/v1/texts/{language}",
    ]


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_exactly_the_routes_of_its_rights(served: Served, known: dict[str, str], role: Role) -> None:
    headers = served.key(role)
    wrong = []
    for name, route, rule in _routes(served):
        if rule.public:
            continue
        method = name.partition(" ")[0]
        # A scan by no known rules: whoever may start one must not start one here.
        body = {"profile": "none"} if name == "POST /api/v1/scans" else {}
        answer = served.client.request(
            method, _address(route, known), headers=headers, json=body if method != "GET" else None
        )
        refused = answer.status_code == 403 and answer.json()["code"] == "api_forbidden"
        may = rule.right is None or rule.right in RIGHTS[role]
        if refused == may or answer.status_code in (401, 500):
            wrong.append((name, answer.status_code))
    assert wrong == []


SCOPED = (Scoping.LEAD, Scoping.PARTY)


@pytest.mark.parametrize("role", [r for r in ROLES if r not in (Role.AUDITOR, Role.ADMIN)])
def test_a_county_reads_its_own_and_nobody_elses(served: Served, known: dict[str, str], role: Role) -> None:
    """On every route that reads one lead, party or row: the own region is answered, another one is not found."""
    kinds = {Scoping.LEAD: known["region"], Scoping.PARTY: known["party_region"]}
    wrong: list[Any] = []
    for name, route, rule in _routes(served):
        readable = rule.right is not None and rule.right in RIGHTS[role] and not rule.export
        one = "{" in name or name.endswith("paths")
        if not (name.startswith("GET") and rule.scoping in SCOPED and readable and one):
            continue
        address, region = _address(route, known), kinds[rule.scoping]
        if "{tender_id}" in name:
            region = known["tender_region"]
        elif "{ref}" in name:  # a row of the lead's
            region = known["region"]
        inside = served.client.get(address, headers=served.key(role, [region]))
        outside = served.client.get(address, headers=served.key(role, ["990000"]))
        nowhere = served.client.get(address, headers=served.key(role, []))
        statuses = (inside.status_code, outside.status_code, nowhere.status_code)
        if statuses != (200, 404, 404):
            wrong.append((name, statuses))
    assert wrong == []


def test_lists_hold_and_count_only_the_own_region(served: Served) -> None:
    stream = served.client.get("/api/v1/findings/stream", headers=served.key(Role.SUPERVISOR)).text
    everything = [orjson.loads(line) for line in stream.splitlines()]
    # A county: a code that ends in zeros covers others as well.
    region = next(item["region"] for item in everything if item["region"] and not item["region"].endswith("00"))
    own = [item for item in everything if item["region"] == region]

    def listed(path: str, regions: list[str]) -> Any:
        answer = served.client.get(f"/api/v1{path}", headers=served.key(Role.SUPERVISOR, regions))
        assert answer.status_code == 200, answer.text
        return answer

    county = listed("/findings?limit=500&facets=true", [region]).json()
    assert {item["finding_id"] for item in county["items"]} == {item["finding_id"] for item in own}
    assert county["total"] == len(own)
    assert sum(county["facets"]["tier"].values()) == len(own)
    assert len(listed("/findings/stream", [region]).text.splitlines()) == len(own)
    assert listed("/findings/stream", ["990000"]).text == ""
    assert listed("/findings", []).json()["total"] == 0
    assert listed("/search?q=O0", ["990000"]).json()["total"] == 0
    assert listed("/search?q=O0", []).json()["total"] == 0
    assert {hit["region"] for hit in listed("/search?q=O0", [region]).json()["items"]} == {region}
    overview = listed("/overview", ["990000"]).json()
    assert overview["by_family_tier"] == overview["agencies"] == overview["firms"] == overview["cities"] == []
    assert listed("/scans/1/diff/1", ["990000"]).json()["new"] == []

"""Schemathesis over the whole OpenAPI: whatever is sent, no fault of the server and no answer that is not described."""

from __future__ import annotations

import time

import pytest
import schemathesis
from fastapi.routing import APIRoute
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case
from schemathesis.checks import CheckFunction
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.rules import RULES, V1
from findings.access.rights import RIGHTS, Role
from tests.api.conftest import PURPOSE, Serve, Served

CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

EXAMPLES = 8
"""Of each route: enough for every parameter to be left out, odd and plain, few enough for a minute in all."""

NOT_SENT = {
    f"POST {V1}/scans": "would start processes; test_process sends it",
    f"GET {V1}/audit/verify": "reads the whole trail, which grows with this test; test_injection sends it",
}


@pytest.fixture(scope="module")
def described(serve: Serve) -> Served:
    """An app whose second person is not asked, so that exports answer too."""
    made = serve(two_person=False)
    until = time.monotonic() + 120
    while made.client.get("/readyz").status_code != 200 and time.monotonic() < until:
        time.sleep(0.1)
    return made


@pytest.fixture(scope="module")
def schema(described: Served) -> schemathesis.BaseSchema:
    """The description, as the app gives it."""
    return schemathesis.openapi.from_asgi("/openapi.json", described.app, headers=described.key(Role.SUPERVISOR))


def _role_for(name: str) -> Role:
    """A role that may, so that the route itself is tried."""
    right = RULES[name].right
    return next(role for role in (Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR) if right is None or right in RIGHTS[role])


def _sent() -> list[str]:
    return [name for name in RULES if name not in NOT_SENT]


@pytest.mark.parametrize("name", _sent())
def test_no_fault_and_nothing_undescribed(name: str, schema: schemathesis.BaseSchema, described: Served) -> None:
    method, _, path = name.replace(":path}", "}").partition(" ")
    operation = schema[path][method]
    headers = PURPOSE if RULES[name].public else described.key(_role_for(name))

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def tried(case: Case) -> None:
        case.headers = {**(case.headers or {}), **headers}
        case.call_and_validate(checks=CHECKS)

    tried()


def test_every_route_is_described(described: Served) -> None:
    paths = described.app.openapi()["paths"]
    for route in described.app.routes:
        assert isinstance(route, APIRoute)
        described_route = paths[route.path.replace(":path}", "}")]
        for method in route.methods:
            operation = described_route[method.lower()]
            assert operation.get("description"), route.path
            bodies = operation.get("requestBody")
            if bodies:
                name = bodies["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                assert described.app.openapi()["components"]["schemas"][name].get("examples"), name

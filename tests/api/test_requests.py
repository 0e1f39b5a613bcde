"""Requests as programs send them by mistake: each is refused in the one shape of errors, and says what to do."""

from __future__ import annotations

import re
from typing import Any

import pytest
from structlog.testing import capture_logs

from api.problems import MEDIA_TYPE
from api.rules import RULES
from findings.access.rights import RIGHTS, Role
from tests.api.conftest import Serve, Served

V1 = "/api/v1"
ASKED = b'{"queries": {"a": {"name": "\xe5\xb2\x9a\xe6\xb1\x9f"}}}'


@pytest.fixture(scope="module")
def small(serve: Serve) -> Served:
    """An app that takes bodies of 2,000 bytes."""
    return serve(max_body_bytes=2_000)


def _match(served: Served, content: Any, kind: str | None = "application/json", language: str = "zh") -> Any:
    headers = {**served.key(Role.SUPERVISOR), "Accept-Language": language}
    if kind is not None:
        headers["Content-Type"] = kind
    return served.client.post(f"{V1}/match", headers=headers, content=content)


def _problem(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == MEDIA_TYPE, answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("told", [True, False], ids=["with its length", "in chunks"])
def test_a_body_that_is_too_large_is_a_problem_and_no_fault_of_the_server(small: Served, told: bool) -> None:
    large = ASKED.ljust(2_001)
    with capture_logs() as lines:
        answer = _match(small, large if told else iter([large[:1_500], large[1_500:]]))
    assert _problem(answer) == (413, "api_too_large")
    assert [(line["event"], line["status"], line["code"]) for line in lines] == [("request", 413, "api_too_large")]
    assert _match(small, large[:2_000]).status_code == 200


def test_whoever_is_nobody_is_told_so_only_where_the_body_is_not_too_large(small: Served) -> None:
    assert _problem(small.client.post(f"{V1}/match", content=b" " * 2_001)) == (413, "api_too_large")
    assert _problem(small.client.post(f"{V1}/match", content=b" " * 2_000)) == (401, "api_unauthenticated")


@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_a_body_that_does_not_say_that_it_is_json_is_told_to(small: Served, kind: str | None) -> None:
    said = {language: _match(small, ASKED, kind, language) for language in ("zh", "en")}
    for answer in said.values():
        assert _problem(answer) == (415, "api_media_type")
        assert "Content-Type: application/json" in answer.json()["detail"]
    assert said["zh"].json()["detail"] != said["en"].json()["detail"]


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8", "application/case+json"])
def test_json_is_read_by_whatever_name_it_has(small: Served, kind: str) -> None:
    assert _match(small, ASKED, kind).status_code == 200


def test_json_that_is_wrong_is_no_wrong_media_type(small: Served) -> None:
    for content in (b"[]", b"null", b"", b'{"queries": 1}', b"{"):
        assert _problem(_match(small, content)) == (422, "api_invalid")
    assert _problem(_match(small, ASKED.decode().encode("gbk"), "application/json; charset=gbk"))[0] == 400


KNOWN = {"finding_id": "0" * 20, "ref": f"bids:{'0' * 16}", "label": "Party"}
KNOWN |= dict.fromkeys(("run_id", "before", "after", "filter_id", "recusal_id"), "1")


@pytest.mark.parametrize("name", [name for name in RULES if not RULES[name].public])
def test_no_route_overlooks_a_parameter_that_it_does_not_know(small: Served, name: str) -> None:
    """Left out unsaid, a misspelt limit would let more leave than was asked for."""
    rule, (method, _, path) = RULES[name], name.partition(" ")
    role = next(r for r in (Role.SUPERVISOR, Role.ADMIN, Role.AUDITOR) if rule.right is None or rule.right in RIGHTS[r])
    path = re.sub(r"\{([a-z_]+)(:path)?\}", lambda part: KNOWN.get(part[1], "x"), path)
    answer = small.client.request(method, f"{path}?limits=3", headers=small.key(role))
    assert _problem(answer) == (422, "api_invalid")
    assert ("query.limits", "extra_forbidden") in [(e["where"], e["type"]) for e in answer.json()["errors"]]


def test_a_page_may_be_asked_for_with_anything_behind_its_address(small: Served) -> None:
    for path in ("/", "/healthz", "/readyz", "/docs", f"{V1}/texts/zh"):
        assert small.client.get(f"{path}?v=3").status_code in (200, 503)


@pytest.mark.parametrize("path", ["/healthz", "/", f"{V1}/texts/zh", f"{V1}/findings", f"{V1}/findings/stream"])
def test_head_is_get_without_the_body(small: Served, path: str) -> None:
    headers = small.key(Role.SUPERVISOR)
    get, head = (small.client.request(method, path, headers=headers) for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "etag", "content-length", "x-qingfeng-scan"):
        assert head.headers.get(name) == get.headers.get(name), name
    assert len(get.content) > 0


def test_head_asks_for_the_same_right_and_leaves_the_same_record(small: Served) -> None:
    assert small.client.head(f"{V1}/findings").status_code == 401
    assert small.client.head(f"{V1}/findings", headers=small.key(Role.AUDITOR)).status_code == 403
    before = small.get("/audit?action=findings.list", Role.AUDITOR)["items"]
    assert small.client.head(f"{V1}/findings?limit=7", headers=small.key(Role.VIEWER)).status_code == 200
    after = small.get("/audit?action=findings.list", Role.AUDITOR)["items"]
    assert len(after) == len(before) + 1


def test_what_has_nothing_to_say_needs_no_body(small: Served) -> None:
    admin = small.key(Role.ADMIN)
    made = small.client.post(f"{V1}/keys", headers=admin, json={"name": "cases", "role": "system"}).json()["key"]
    again = small.client.post(f"{V1}/keys/{made['id']}/rotate", headers=admin)
    assert (again.status_code, again.json()["key"]["rotated_from"]) == (201, made["id"])
    paths = small.app.openapi()["paths"]
    assert not paths[f"{V1}/scans"]["post"]["requestBody"].get("required")


@pytest.mark.parametrize("what", ["keys", "users"])
def test_whoever_is_made_without_regions_sees_none(small: Served, what: str) -> None:
    body = {"name": f"no.regions.{what}", "role": "system"}
    made = small.client.post(f"{V1}/{what}", headers=small.key(Role.ADMIN), json=body).json()
    assert made.get("key", made)["regions"] == []

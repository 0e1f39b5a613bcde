"""Signing on, CSRF, the end of sessions and keys, purposes, rate limits, the language of problems."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from api.callers import BELIEVED_SECONDS
from findings.access.keys import create_key, revoke_key, rotate_key
from findings.access.models import BrowserSession
from findings.access.rights import Role
from findings.audit.trail import read
from findings.store.base import now
from i18n import catalogue
from tests.api.conftest import PASSWORD, PURPOSE, Serve, Served

V1 = "/api/v1"


@pytest.fixture(scope="module", autouse=True)
def people(served: Served) -> None:
    served.user("li.na", Role.INVESTIGATOR)


@pytest.fixture
def browser(served: Served) -> TestClient:
    """A browser of its own, without cookies."""
    return TestClient(served.app, base_url="http://testserver", raise_server_exceptions=False)


def _sign_on(browser: TestClient, name: str = "li.na", password: str = PASSWORD) -> Any:
    return browser.post(f"{V1}/session", json={"username": name, "password": password})


def test_a_browser_signs_on_works_and_signs_off(browser: TestClient) -> None:
    answer = _sign_on(browser)
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    body = answer.json()
    assert body["user"]["name"] == "li.na"
    assert browser.get(f"{V1}/session").json()["csrf"] == body["csrf"]
    assert browser.get(f"{V1}/findings", headers=PURPOSE).status_code == 200
    assert browser.delete(f"{V1}/session", headers={"X-CSRF-Token": body["csrf"]}).status_code == 204
    assert browser.get(f"{V1}/findings", headers=PURPOSE).status_code == 401


def test_the_cookie_goes_only_over_tls_where_that_is_set(serve: Serve) -> None:
    served = serve(cookie_secure=True)
    served.user("li.na", Role.VIEWER)
    assert "Secure" in _sign_on(served.client).headers["set-cookie"]


def test_what_changes_something_needs_the_csrf_token(browser: TestClient, served: Served) -> None:
    csrf = _sign_on(browser).json()["csrf"]
    body = {"name": "mine", "query": {"tier": "A"}}
    without = browser.post(f"{V1}/filters", json=body)
    wrong = browser.post(f"{V1}/filters", json=body, headers={"X-CSRF-Token": "0" * 64})
    assert (without.status_code, without.json()["code"]) == (403, "api_csrf")
    assert wrong.status_code == 403
    assert browser.get(f"{V1}/filters").json()["total"] == 0
    assert browser.post(f"{V1}/filters", json=body, headers={"X-CSRF-Token": csrf}).status_code == 201
    assert browser.get(f"{V1}/filters").json()["items"][0]["query"] == {"tier": "A"}
    assert served.client.get(f"{V1}/filters", headers=served.key(Role.SUPERVISOR)).json()["total"] == 0


def test_a_wrong_password_and_an_unknown_name_are_one_answer(browser: TestClient) -> None:
    wrong, unknown = _sign_on(browser, password="wrong password 1"), _sign_on(browser, name="nobody")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["detail"] == unknown.json()["detail"]


def test_a_session_that_is_over_lets_nobody_in(browser: TestClient, served: Served) -> None:
    _sign_on(browser)
    assert browser.get(f"{V1}/session").status_code == 200
    with served.store.session() as session:
        session.execute(update(BrowserSession).values(expires_at=now() - timedelta(seconds=1)))
    served.app.state.platform.callers.forget()
    assert browser.get(f"{V1}/session").status_code == 401


def test_an_authentication_is_believed_for_a_moment_only(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that another process revoked goes on for two seconds at most."""
    with served.store.session() as session:
        issued = create_key(session, "k", Role.VIEWER, regions=None, agencies=None, days=1, actor="test")
    headers = {"Authorization": f"Bearer {issued.token}", **PURPOSE}
    callers = served.app.state.platform.callers
    at = 1_000.0
    monkeypatch.setattr(callers, "_clock", lambda: at)
    assert served.client.get(f"{V1}/findings", headers=headers).status_code == 200
    with served.store.session() as session:
        revoke_key(session, issued.key.id)
    at += BELIEVED_SECONDS + 0.1
    assert served.client.get(f"{V1}/findings", headers=headers).status_code == 401


def test_a_key_is_rotated_and_its_successor_works(served: Served) -> None:
    admin = served.key(Role.ADMIN)
    made = served.client.post(f"{V1}/keys", headers=admin, json={"name": "cases", "role": "system"})
    key = made.json()["key"]["id"]
    rotated = served.client.post(f"{V1}/keys/{key}/rotate", headers=admin, json={"days": 30})
    assert rotated.status_code == 201
    for token in (made.json()["token"], rotated.json()["token"]):  # the old one has its grace
        headers = {"Authorization": f"Bearer {token}", **PURPOSE}
        assert served.client.get(f"{V1}/findings", headers=headers).status_code == 200
    assert served.client.delete(f"{V1}/keys/{key}", headers=admin).status_code == 204
    headers = {"Authorization": f"Bearer {made.json()['token']}", **PURPOSE}
    assert served.client.get(f"{V1}/findings", headers=headers).status_code == 401
    listed = served.client.get(f"{V1}/keys", headers=admin).text
    assert made.json()["token"] not in listed
    assert rotated.json()["token"] not in listed
    with served.store.session() as session, pytest.raises(Exception, match="expired or revoked"):
        rotate_key(session, key, days=1, actor="test")


def test_a_disabled_user_is_out_at_once(served: Served, browser: TestClient) -> None:
    user = served.user("wang", Role.VIEWER)
    _sign_on(browser, "wang")
    assert browser.get(f"{V1}/findings", headers=PURPOSE).status_code == 200
    assert served.client.delete(f"{V1}/users/{user}", headers=served.key(Role.ADMIN)).status_code == 204
    assert browser.get(f"{V1}/findings", headers=PURPOSE).status_code == 401


def test_personal_data_need_a_purpose_and_the_trail_has_it_before_they_leave(served: Served) -> None:
    headers = served.key(Role.INVESTIGATOR)
    bare = {"Authorization": headers["Authorization"]}
    refused = served.client.get(f"{V1}/findings", headers=bare)
    assert (refused.status_code, refused.json()["code"]) == (400, "api_purpose_required")
    answer = served.client.get(f"{V1}/findings?limit=2", headers={**headers, "X-Request-ID": "request-0001"})
    assert answer.headers["X-Request-ID"] == "request-0001"
    with served.store.reading() as session:
        last = read(session, limit=1)[0]
    assert (last.action, last.purpose, last.request_id) == ("findings.list", "核查", "request-0001")
    assert all(item["finding_id"] in last.subject for item in answer.json()["items"])


def test_without_a_trail_nothing_leaves(serve: Serve) -> None:
    """The record is written first: where it cannot be, the answer is a problem without data."""
    served = serve()
    headers = served.key(Role.VIEWER)
    assert served.client.get(f"{V1}/findings", headers=headers).status_code == 200
    with served.store.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE audit_records RENAME TO moved")
        connection.commit()
    answer = served.client.get(f"{V1}/findings", headers=headers)
    assert answer.status_code == 500
    assert "finding_id" not in answer.text


def test_a_caller_that_asks_too_often_is_told_when_to_come_back(serve: Serve) -> None:
    served = serve(rate_per_minute=60)
    headers, other = served.key(Role.VIEWER), served.key(Role.SUPERVISOR)
    statuses = [served.client.get(f"{V1}/reasons", headers=headers).status_code for _ in range(40)]
    assert statuses[:20] == [200] * 20
    assert statuses[-1] == 429
    answer = served.client.get(f"{V1}/reasons", headers=headers)
    assert int(answer.headers["Retry-After"]) >= 1
    assert served.client.get(f"{V1}/reasons", headers=other).status_code == 200


def test_a_problem_speaks_the_callers_language(served: Served) -> None:
    for language, said in (("en-GB,en;q=0.9", "no such thing"), ("zh-CN", "未找到"), ("fr", "未找到"), ("", "未找到")):
        headers = {**served.key(Role.VIEWER), "Accept-Language": language}
        answer = served.client.get(f"{V1}/findings/{'0' * 20}", headers=headers)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert said in answer.json()["detail"]
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("query", "kind", "zh", "en"),
    [
        ("limit=0", "greater_than_equal", "不得小于 1", "must not be less than 1"),
        ("limit=ten", "int_parsing", "应为整数", "must be a whole number"),
        ("tier=D", "string_pattern_mismatch", "格式不符", "must match"),
        ("from=soon", "date_from_datetime_parsing", "应为日期", "must be a date"),
        ("q=%0A", "line_break", "含有换行", "contains a line break"),
        ("facets=perhaps", "bool_parsing", "应为 true 或 false", "must be true or false"),
    ],
)
def test_what_is_wrong_with_a_value_is_said_in_the_callers_language(
    served: Served, query: str, kind: str, zh: str, en: str
) -> None:
    for language, said in (("zh", zh), ("en", en)):
        headers = {**served.key(Role.VIEWER), "Accept-Language": language}
        answer = served.client.get(f"{V1}/findings?{query}", headers=headers)
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert (fault["where"], fault["type"]) == (f"query.{query.partition('=')[0]}", kind)
        assert said in fault["message"]


def test_every_fault_of_a_value_has_words_and_an_unknown_one_too(served: Served) -> None:
    for body, kind in (({}, "missing"), ({"queries": {}}, "too_short"), ({"queries": [], "x": 1}, "dict_type")):
        answer = served.client.post(f"{V1}/match", json=body, headers=served.key(Role.SUPERVISOR))
        faults = {fault["type"]: fault["message"] for fault in answer.json()["errors"]}
        assert faults[kind] == catalogue()[f"api.fault_{kind}"].zh.format(min_length=1, actual_length=0)
    assert faults["extra_forbidden"] == "不接受此项"


def test_every_answer_names_snapshot_and_scan_and_forbids_what_is_not_ours(served: Served) -> None:
    for path in ("/", "/docs", "/healthz", f"{V1}/findings", f"{V1}/nothing"):
        headers = served.client.get(path, headers=served.key(Role.VIEWER)).headers
        assert headers["X-Qingfeng-Snapshot"] == served.app.state.platform.view().snapshot.id
        assert headers["X-Qingfeng-Scan"] not in ("", "none")
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"

"""Leads: paged, streamed, decided on; recusal and the second person."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import inspect

from findings.access.recusal import add_recusal
from findings.access.rights import Role
from findings.store.models import FindingRow
from tests.api.conftest import BOTH, PASSWORD, PURPOSE, Serve, Served

V1 = "/api/v1"


@pytest.fixture(scope="module", params=BOTH)
def database(request: pytest.FixtureRequest) -> str:
    """What people do with leads must be the same on either database."""
    return str(request.param)


def _first(served: Served, query: str = "limit=1") -> Any:
    return served.get(f"/findings?{query}")["items"][0]


def _decide(served: Served, finding: Any, version: Any, role: Role = Role.SUPERVISOR, **step: Any) -> Any:
    headers = {**served.key(role), **({"If-Match": f'"{version}"'} if version else {})}
    return served.client.post(f"{V1}/findings/{finding['finding_id']}/triage", headers=headers, json=step)


def test_pages_by_cursor_hold_every_lead_once_while_others_change(served: Served) -> None:
    total = served.get("/findings?limit=1")["total"]
    seen: list[str] = []
    cursor = ""
    while True:
        page = served.get(f"/findings?limit=17{cursor}")
        seen += [item["finding_id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
        with served.store.session() as session:  # what was passed goes away from in front of the cursor
            session.get_one(FindingRow, seen[-1]).amount_value += 1
    assert len(seen) == len(set(seen)) == total
    broken = served.client.get(f"{V1}/findings?cursor=AAAA", headers=served.key(Role.VIEWER))
    assert (broken.status_code, broken.json()["code"]) == (400, "store_cursor")


def test_a_decision_needs_the_version_that_was_seen(serve: Serve) -> None:
    served = serve()
    finding = _first(served)
    detail = served.client.get(f"{V1}/findings/{finding['finding_id']}", headers=served.key(Role.VIEWER))
    assert detail.headers["ETag"] == f'"{finding["version"]}"'
    assert _decide(served, finding, None, action="start").status_code == 428
    started = _decide(served, finding, finding["version"], action="start")
    assert (started.status_code, started.json()["triage"]) == (200, "in_review")
    late = _decide(served, finding, finding["version"], action="confirm")
    assert (late.status_code, late.json()["code"]) == (412, "store_version")
    version = started.json()["version"]
    assert _decide(served, finding, version, action="dismiss").status_code == 422
    done = _decide(served, finding, version, action="dismiss", reason_code="data_error", note="核对无误")
    assert done.json()["triage"] == "dismissed"
    again = _decide(served, finding, done.json()["version"], action="reopen", reason_code="mistake")
    history = served.get(f"/findings/{finding['finding_id']}")["history"]
    assert [step["action"] for step in history][:2] == ["start", "dismiss"], again.text
    assert history[1]["note"] == "核对无误"


def test_many_are_decided_on_at_once_each_by_itself(serve: Serve) -> None:
    served = serve()
    items = served.get("/findings?limit=3")["items"]
    chosen = [{"id": item["finding_id"], "version": item["version"]} for item in items]
    chosen[1]["version"] = 99
    body = {"action": "start", "items": chosen}
    answer = served.client.post(f"{V1}/findings/triage", headers=served.key(Role.INVESTIGATOR), json=body).json()
    assert [result["ok"] for result in answer["results"]] == [True, False, True]
    assert answer["results"][1]["problem"]["code"] == "store_version"


@pytest.mark.parametrize("path", ["findings", "findings/stream", "findings/export.csv", "findings/export.xlsx"])
def test_a_misspelt_filter_lets_nothing_out(served: Served, path: str) -> None:
    refused = served.client.get(f"{V1}/{path}?tiers=A", headers=served.key(Role.SUPERVISOR))
    assert refused.status_code == 422
    assert refused.json()["errors"] == [{"where": "query.tiers", "type": "extra_forbidden", "message": "不接受此项"}]
    language = "" if path in ("findings", "findings/stream") else "&language=en"
    answer = served.client.get(f"{V1}/{path}?tier=A{language}", headers=served.key(Role.SUPERVISOR))
    assert answer.status_code == 200


def test_what_is_known_is_not_sent_again(served: Served) -> None:
    path = f"{V1}/findings/{_first(served)['finding_id']}"
    headers = served.key(Role.VIEWER)
    etag = served.client.get(path, headers=headers).headers["ETag"]
    again = served.client.get(path, headers={**headers, "If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_only_a_party_has_leads_of_its_own(served: Served) -> None:
    entities = [entity for item in served.get("/findings?limit=500")["items"] for entity in item["entities"]]
    party = next(entity["id"] for entity in entities if entity["kind"] == "org")
    assert served.get(f"/parties/{party}/findings")["total"] > 0
    for kind in {entity["kind"] for entity in entities} - {"org", "person"}:
        thing = next(entity["id"] for entity in entities if entity["kind"] == kind)
        answer = served.client.get(f"{V1}/parties/{thing}/findings", headers=served.key(Role.SUPERVISOR))
        assert (answer.status_code, answer.json()["code"]) == (404, "api_not_found"), kind


def test_ten_thousand_leads_stream_whole(serve: Serve) -> None:
    served = serve()
    multiply(served, 10_000)
    total = served.get("/findings?limit=1")["total"]
    assert total > 10_000
    with served.client.stream("GET", f"{V1}/findings/stream", headers=served.key(Role.VIEWER)) as answer:
        ids = [orjson.loads(line)["finding_id"] for line in answer.iter_lines()]
    assert len(ids) == len(set(ids)) == total
    assert answer.headers["content-type"] == "application/x-ndjson"


def multiply(served: Served, count: int) -> None:
    """The same leads under other ids, as many as are wanted."""
    with served.store.engine.begin() as connection:
        there = connection.exec_driver_sql("SELECT count(*) FROM findings").scalar_one()
        for table in ("findings", "finding_versions"):
            names = [column["name"] for column in inspect(connection).get_columns(table)]
            columns = ", ".join(f't."{name}"' for name in names if name != "finding_id")
            quoted = ", ".join(f'"{name}"' for name in names if name != "finding_id")
            connection.exec_driver_sql(
                f"INSERT INTO {table} (finding_id, {quoted}) "
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count // there + 1}) "
                f"SELECT substr(CAST(100000 + n.i AS TEXT), 2) || substr(t.finding_id, 6), {columns} FROM {table} t, n "
                f"WHERE length(t.finding_id) = 20"
            )


def test_a_recused_party_hides_its_leads_and_says_why(serve: Serve) -> None:
    served = serve()
    user = served.user("zhao", Role.INVESTIGATOR)
    finding = next(
        i for i in served.get("/findings?limit=200")["items"] if any(e["kind"] == "org" for e in i["entities"])
    )
    party = next(entity["id"] for entity in finding["entities"] if entity["kind"] == "org")
    with served.store.session() as session:
        add_recusal(session, user, party, reason="配偶在该单位任职", actor="test")
    before = served.get("/findings")["total"]
    with_party = served.get(f"/findings?entity={party}")["total"]
    csrf = served.client.post(f"{V1}/session", json={"username": "zhao", "password": PASSWORD}).json()["csrf"]
    listed = served.client.get(f"{V1}/findings", headers=PURPOSE).json()
    assert listed["total"] == before - with_party
    for path in (f"findings/{finding['finding_id']}", f"parties/{party}", f"graph/nodes/Party/{party}/neighbourhood"):
        refused = served.client.get(f"{V1}/{path}", headers=PURPOSE)
        assert (refused.status_code, refused.json()["code"]) == (403, "api_recused"), path
    headers = {**PURPOSE, "X-CSRF-Token": csrf, "If-Match": '"1"'}
    decided = served.client.post(
        f"{V1}/findings/{finding['finding_id']}/triage", headers=headers, json={"action": "start"}
    )
    assert (decided.status_code, decided.json()["code"]) == (403, "api_recused")


@pytest.mark.parametrize("path", ["dossier.html", "snapshot.html"])
def test_an_export_needs_a_second_person_and_is_granted_once(serve: Serve, path: str) -> None:
    served = serve()
    asking = served.key(Role.INVESTIGATOR)
    address = f"{V1}/findings/{_first(served)['finding_id']}/{path}"
    asked = served.client.get(address, headers=asking)
    assert (asked.status_code, asked.json()["code"]) == (409, "api_second_person")
    approval = asked.json()["approval_id"]
    assert served.client.get(address, headers=asking).json()["approval_id"] == approval
    decide = f"{V1}/approvals/{approval}/decide"
    assert served.client.post(decide, headers=asking, json={"granted": True}).status_code == 403
    granted = served.client.post(decide, headers=served.key(Role.SUPERVISOR), json={"granted": True})
    assert granted.json()["state"] == "granted"
    taken = served.client.get(address, headers=asking)
    assert taken.status_code == 200
    assert taken.headers["Content-Disposition"].startswith("attachment")
    assert served.client.get(address, headers=asking).status_code == 409


def test_nobody_is_asked_about_a_referral_that_cannot_be(serve: Serve) -> None:
    served = serve()
    finding = _first(served)
    step = {"action": "refer", "case_number": "2026-17"}
    for version, given, status in (
        (finding["version"], step, 409),  # it is not in review
        (99, step, 412),
        (finding["version"], {**step, "reason_code": "data_error"}, 422),
    ):
        refused = _decide(served, finding, version, Role.INVESTIGATOR, **given)
        assert (refused.status_code, "approval_id" in refused.json()) == (status, False)
    assert served.get("/approvals")["items"] == []


def test_a_referral_needs_a_second_person_for_that_very_case(serve: Serve) -> None:
    served = serve()
    finding = _first(served)
    started = _decide(served, finding, finding["version"], Role.INVESTIGATOR, action="start").json()
    step = {"action": "refer", "case_number": "2026-17"}
    asked = _decide(served, finding, started["version"], Role.INVESTIGATOR, **step)
    assert asked.status_code == 409
    granted = served.client.post(
        f"{V1}/approvals/{asked.json()['approval_id']}/decide",
        headers=served.key(Role.SUPERVISOR),
        json={"granted": True},
    )
    assert granted.status_code == 200
    other = _decide(served, finding, started["version"], Role.INVESTIGATOR, action="refer", case_number="2026-18")
    assert other.status_code == 409
    done = _decide(served, finding, started["version"], Role.INVESTIGATOR, **step)
    assert (done.status_code, done.json()["triage"]) == (200, "referred")
    assert served.get(f"/findings/{finding['finding_id']}")["cases"][0]["case_number"] == "2026-17"

"""What the page takes out by itself: recorded before there is a file, refused like the server's own exports."""

from __future__ import annotations

from typing import Any

import pytest

from findings.access.rights import Role
from tests.api.conftest import Serve, Served

V1 = "/api/v1"


@pytest.fixture(scope="module")
def open_served(serve: Serve) -> Served:
    """An app that asks no second person."""
    return serve(two_person=False)


def _records(served: Served, action: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = served.get(f"/audit?action={action}", Role.AUDITOR)["items"]
    return items


def _firm(served: Served) -> str:
    return next(f"Party/{item['key']}" for item in served.get("/search?q=O0&kinds=firm")["items"])


def _take(served: Served, what: str, role: Role, **body: Any) -> Any:
    return served.client.post(f"{V1}/{what}/taken", headers=served.key(role), json=body)


@pytest.mark.parametrize("kind", ["png", "svg", "table"])
def test_a_graph_is_recorded_with_its_lead_its_nodes_and_the_purpose(open_served: Served, kind: str) -> None:
    firm = _firm(open_served)
    finding = open_served.get("/findings?limit=1")["items"][0]["finding_id"]
    answer = _take(open_served, "graph", Role.INVESTIGATOR, kind=kind, finding_id=finding, nodes=[firm])
    assert answer.status_code == 200
    record = _records(open_served, "export.graph")[0]
    assert record["subject"] == f"graph {kind} Finding/{finding} {firm}"
    assert record["purpose"] == "核查"


def test_the_mark_says_who_when_and_what_for(open_served: Served) -> None:
    mark = _take(open_served, "graph", Role.INVESTIGATOR, kind="svg", nodes=[_firm(open_served)]).json()
    user, at, purpose = mark["columns"]
    assert [user["heading"], at["heading"], purpose["heading"]] == ["导出人", "导出时间", "查阅事由"]
    assert purpose["value"] == "核查"
    assert mark["sentence"] == f"{user['value']} 于 {at['value']} 导出，查阅事由：核查"


def test_rows_of_the_list_and_of_the_trail_are_recorded(open_served: Served) -> None:
    leads = [item["finding_id"] for item in open_served.get("/findings?limit=3")["items"]]
    assert _take(open_served, "findings", Role.INVESTIGATOR, findings=leads).status_code == 200
    assert _records(open_served, "export.findings")[0]["subject"] == " ".join(["findings table", *leads])
    assert _take(open_served, "audit", Role.AUDITOR, first=1, last=9).status_code == 200
    assert _records(open_served, "export.audit")[0]["subject"] == "audit table 1-9"
    assert _take(open_served, "audit", Role.AUDITOR, first=9, last=1).status_code == 422


def test_copied_rows_say_what_the_servers_own_tables_say_of_persons(open_served: Served) -> None:
    items = {item["finding_id"]: item for item in open_served.get("/findings?limit=500")["items"]}
    answer = _take(open_served, "findings", Role.INVESTIGATOR, findings=list(items)).json()["leads"]
    persons = {e["name"]: e["id"] for item in items.values() for e in item["entities"] if e["kind"] == "person"}
    assert [name for name in persons if name in str(answer)] == []
    assert answer.keys() >= {f for f, item in items.items() if any(e["kind"] == "person" for e in item["entities"])}
    exported = open_served.client.get(f"{V1}/findings/export.csv", headers=open_served.key(Role.INVESTIGATOR)).text
    renamed = {f: lead for f, lead in answer.items() if lead["headline"] != items[f]["headline"]}
    assert renamed
    for finding, lead in renamed.items():
        assert lead["headline"]["zh"] in exported, finding
        assert [(e["id"], e["role"]) for e in lead["entities"]] == [
            (e["id"], e["role"]) for e in items[finding]["entities"]
        ]


def test_what_lies_outside_the_scope_gets_no_mark(open_served: Served) -> None:
    elsewhere = open_served.key(Role.INVESTIGATOR, ["990000"])
    finding = open_served.get("/findings?limit=1")["items"][0]["finding_id"]
    before = len(_records(open_served, "export.graph")), len(_records(open_served, "export.findings"))
    for what, body in (
        ("graph", {"kind": "png", "nodes": [_firm(open_served)]}),
        ("graph", {"kind": "png", "nodes": ["Contact/none"], "finding_id": finding}),
        ("findings", {"findings": [finding]}),
    ):
        answer = open_served.client.post(f"{V1}/{what}/taken", headers=elsewhere, json=body)
        assert (answer.status_code, "sentence" in answer.text) == (404, False)
    assert before == (len(_records(open_served, "export.graph")), len(_records(open_served, "export.findings")))


def test_no_record_no_mark(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve(two_person=False)
    firm = _firm(served)

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("api.trail.append_all", broken)
    answer = _take(served, "graph", Role.INVESTIGATOR, kind="png", nodes=[firm])
    assert answer.status_code >= 500
    assert "sentence" not in answer.text


def test_a_picture_needs_the_second_person_that_a_dossier_needs(serve: Serve) -> None:
    served = serve()
    body = {"kind": "png", "nodes": [_firm(served)]}
    asked = _take(served, "graph", Role.INVESTIGATOR, **body)
    assert (asked.status_code, asked.json()["code"]) == (409, "api_second_person")
    decide = f"{V1}/approvals/{asked.json()['approval_id']}/decide"
    assert served.client.post(decide, headers=served.key(Role.SUPERVISOR), json={"granted": True}).status_code == 200
    assert _take(served, "graph", Role.INVESTIGATOR, **body).status_code == 200
    assert _take(served, "graph", Role.INVESTIGATOR, **body).status_code == 409

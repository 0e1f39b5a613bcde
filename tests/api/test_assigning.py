"""Giving leads to people: only to those of the store who may decide on them."""

from __future__ import annotations

from typing import Any

import pytest

from findings.access.recusal import add_recusal
from findings.access.rights import Role
from findings.access.users import disable_user, find_user
from tests.api.conftest import Serve, Served

V1 = "/api/v1"
UNFIT = ("unknown", "disabled", "role", "outside", "recused")


@pytest.fixture(scope="module")
def staffed(serve: Serve) -> Served:
    """An app with one user for each reason why a lead is not given to somebody, and one who can take it."""
    served = serve()
    finding = _lead(served)
    served.user("disabled", Role.INVESTIGATOR)
    served.user("role", Role.VIEWER)
    served.user("outside", Role.INVESTIGATOR, regions=["990000"])
    recused = served.user("recused", Role.INVESTIGATOR)
    served.user("fit", Role.INVESTIGATOR, regions=[finding["region"]])
    with served.store.session() as session:
        disable_user(session, find_user(session, "disabled"))
        add_recusal(session, recused, finding["entities"][-1]["id"], reason="近亲属任职", actor="test")
    return served


def _lead(served: Served) -> Any:
    return next(item for item in served.get("/findings?limit=200")["items"] if item["region"])


def _give(served: Served, finding: Any, language: str = "zh", **step: Any) -> Any:
    headers = {**served.key(Role.SUPERVISOR), "If-Match": f'"{finding["version"]}"', "Accept-Language": language}
    return served.client.post(f"{V1}/findings/{finding['finding_id']}/triage", headers=headers, json=step)


@pytest.mark.parametrize("why", UNFIT)
@pytest.mark.parametrize("action", ["assign", "start"])
def test_a_lead_is_given_only_to_who_may_decide_on_it(staffed: Served, why: str, action: str) -> None:
    finding = _lead(staffed)
    said = {}
    for language in ("zh", "en"):
        refused = _give(staffed, finding, language, action=action, assignee=why)
        assert (refused.status_code, refused.json()["code"]) == (422, f"trust_assignee_{why}")
        said[language] = refused.json()["detail"]
    assert why in said["zh"]
    assert said["zh"] != said["en"]
    assert _lead(staffed) == finding


def test_of_many_leads_each_says_why_it_was_not_given(staffed: Served) -> None:
    items = [i for i in staffed.get("/findings?limit=200")["items"] if i["region"]]
    inside = items[0]
    outside = next(i for i in items if i["region"] != inside["region"])
    chosen = [{"id": item["finding_id"], "version": item["version"]} for item in (inside, outside)]
    body = {"action": "assign", "assignee": "fit", "items": chosen}
    results = staffed.client.post(f"{V1}/findings/triage", headers=staffed.key(Role.SUPERVISOR), json=body).json()
    assert [result["ok"] for result in results["items"]] == [True, False]
    assert results["items"][1]["problem"]["code"] == "trust_assignee_outside"
    with staffed.store.reading() as session:
        fit = find_user(session, "fit").id
    assignees = {item["finding_id"]: item["assignee"] for item in staffed.get("/findings?limit=200")["items"]}
    assert (assignees[inside["finding_id"]], assignees[outside["finding_id"]]) == (fit, None)


def test_whom_a_lead_can_be_given_to_is_listed_without_others(staffed: Served) -> None:
    listed = {user["name"] for user in staffed.get("/users/assignable")["items"]}
    assert listed == {"outside", "recused", "fit"}

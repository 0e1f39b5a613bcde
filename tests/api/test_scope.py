"""The edges of a scope: what a county could learn of another one by the way of numbers, questions and references."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from findings.access.keys import create_key
from findings.access.recusal import add_recusal
from findings.access.rights import Role
from tests.api.conftest import PASSWORD, PURPOSE, Serve, Served

V1 = "/api/v1"
ELSEWHERE = ["990000"]


@pytest.fixture(scope="module")
def placed(served: Served) -> Any:
    """A lead that lies in a county, with a firm in it."""
    items = served.get("/findings?limit=500")["items"]
    return next(i for i in items if i["region"] and any(e["kind"] == "org" for e in i["entities"]))


def _firm(finding: Any) -> str:
    return str(next(entity["id"] for entity in finding["entities"] if entity["kind"] == "org"))


def _asked(served: Served, finding: Any) -> dict[str, str]:
    """Questions of an investigator that wait for a second person, by what each is about."""
    asking, firm = served.key(Role.INVESTIGATOR), _firm(finding)
    taken = {"nodes": [f"Party/{firm}"], "format": "graphml"}
    answers = {
        "lead": served.client.get(f"{V1}/findings/{finding['finding_id']}/dossier.html", headers=asking),
        "party": served.client.get(f"{V1}/parties/{firm}/dossier.html", headers=asking),
        "graph": served.client.post(f"{V1}/graph/export", headers=asking, json=taken),
    }
    return {name: answer.json()["approval_id"] for name, answer in answers.items()}


def test_a_second_person_sees_and_decides_only_what_lies_inside_the_scope(serve: Serve, placed: Any) -> None:
    served = serve()
    asked = _asked(served, placed)
    own, other = (served.key(Role.SUPERVISOR, regions) for regions in ([placed["region"]], ELSEWHERE))
    assert served.client.get(f"{V1}/approvals", headers=other).json()["items"] == []
    listed = served.client.get(f"{V1}/approvals", headers=own).json()["items"]
    assert {approval["id"] for approval in listed} == set(asked.values())
    for name, approval in asked.items():
        address = f"{V1}/approvals/{approval}/decide"
        refused = served.client.post(address, headers=other, json={"granted": True})
        assert (refused.status_code, refused.json()["code"]) == (404, "api_not_found"), name
        assert served.client.post(address, headers=own, json={"granted": True}).json()["state"] == "granted", name
    trail = served.get("/audit?action=approval.decide", Role.AUDITOR)["items"]
    said = {record["subject"] for record in trail}
    assert f"approvals/{asked['lead']} granted export findings/{placed['finding_id']}" in said
    assert f"approvals/{asked['graph']} granted export Party/{_firm(placed)}" in said


def test_who_is_recused_from_a_party_grants_nothing_about_it(serve: Serve, placed: Any) -> None:
    served = serve()
    asked = _asked(served, placed)
    user = served.user("qian", Role.SUPERVISOR)
    with served.store.session() as session:
        add_recusal(session, user, _firm(placed), reason="配偶任职", actor="test")
    csrf = served.client.post(f"{V1}/session", json={"username": "qian", "password": PASSWORD}).json()["csrf"]
    headers = {**PURPOSE, "X-CSRF-Token": csrf}
    assert served.client.get(f"{V1}/approvals", headers=headers).json()["items"] == []
    for name, approval in asked.items():
        refused = served.client.post(f"{V1}/approvals/{approval}/decide", headers=headers, json={"granted": True})
        assert (refused.status_code, refused.json()["code"]) == (403, "api_recused"), name


def test_a_county_lifts_no_recusal_of_another_ones_people(served: Served, placed: Any) -> None:
    region, firm = placed["region"], _firm(placed)
    users = {
        regions: served.user(f"of.{regions}", Role.INVESTIGATOR, regions=[regions]) for regions in (region, "990000")
    }
    served.user("of.all", Role.INVESTIGATOR)
    county, admin = served.key(Role.SUPERVISOR, [region]), served.key(Role.ADMIN, [])

    def keep(headers: dict[str, str], name: str) -> Any:
        body = {"user": name, "party_id": firm, "reason": "近亲属任职"}
        return served.client.post(f"{V1}/recusals", headers=headers, json=body)

    for name in ("of.990000", "of.all"):
        assert keep(county, name).json()["code"] == "api_outside_scope"
    own = keep(county, f"of.{region}").json()["id"]
    others = [keep(admin, name).json()["id"] for name in ("of.990000", "of.all")]
    listed = served.client.get(f"{V1}/recusals", headers=county).json()["items"]
    assert [recusal["user_id"] for recusal in listed] == [users[region]]
    assert served.client.get(f"{V1}/recusals", headers=admin).json()["total"] >= 3
    for recusal in others:
        assert served.client.delete(f"{V1}/recusals/{recusal}", headers=county).status_code == 404
        assert served.client.delete(f"{V1}/recusals/{recusal}", headers=admin).status_code == 204
    assert served.client.delete(f"{V1}/recusals/{own}", headers=county).status_code == 204


def test_a_recused_party_is_left_out_of_what_is_told_of_others(serve: Serve) -> None:
    served = serve()
    prices = served.get("/search?q=T0&kinds=tender&limit=200")["items"]
    tender = next(t["key"] for t in prices if len(served.get(f"/tenders/{t['key']}/prices")["bids"]) > 2)
    first, second = (bid["bidder_id"] for bid in served.get(f"/tenders/{tender}/prices")["bids"][:2])
    paths = (f"/tenders/{tender}/prices", f"/parties/{second}/timeline?limit=500", "/overview/communities?min=2")
    group = served.get("/overview/communities?min=2")["communities"][0]["firms"][0]["id"]
    payer = next(
        node.removeprefix("Party/")
        for event in served.get(f"/parties/{second}/timeline?limit=500")["events"]
        for node in event["nodes"]
        if node.startswith("Party/") and node != f"Party/{second}"
    )
    user = served.user("zheng", Role.VIEWER)
    with served.store.session() as session:
        for party in dict.fromkeys((first, group, payer)):
            add_recusal(session, user, party, reason="近亲属任职", actor="test")
    served.client.post(f"{V1}/session", json={"username": "zheng", "password": PASSWORD})
    for path, party in zip(paths, (first, payer, group), strict=True):
        assert party in str(served.get(path)), path
        answer = served.client.get(f"{V1}{path}", headers=PURPOSE)
        assert answer.status_code == 200, answer.text
        assert party not in answer.text, path
        assert answer.json()["withheld"] > 0, path


def test_who_is_limited_by_agency_looks_for_nobody_elses_parties(served: Served) -> None:
    items = served.get("/findings?limit=500")["items"]
    finding = next(i for i in items if i["agency"] and any(e["kind"] == "org" for e in i["entities"]))
    agency = finding["agency"]["id"]
    with served.store.session() as session:
        issued = create_key(session, "bureau", Role.SUPERVISOR, regions=None, agencies=[agency], days=1, actor="test")
    bureau = {"Authorization": f"Bearer {issued.token}", **PURPOSE}
    inside = {agency}
    for line in served.client.get(f"{V1}/findings/stream", headers=bureau).text.splitlines():
        inside |= {entity["id"] for entity in orjson.loads(line)["document"]["entities"]}
    own = next(entity for entity in finding["entities"] if entity["kind"] == "org")
    other = next(hit for hit in served.get("/parties?q=O0&limit=500")["items"] if hit["key"] not in inside)

    def read(path: str) -> Any:
        return served.client.get(f"{V1}{path}", headers=bureau).json()

    hits = read("/search?q=O0&limit=500")
    assert {hit["key"] for hit in hits["items"]} <= inside
    assert 0 < hits["total"] == len(hits["items"])
    assert read(f"/search?q={own['id']}")["total"] == 1
    assert read(f"/search?q={other['key']}") == {"items": [], "total": 0, "withheld": 0}
    asked = {"queries": {"own": {"name": own["name"]}, "other": {"name": other["name"]}}}
    results = served.client.post(f"{V1}/match", headers=bureau, json=asked).json()["results"]
    assert own["id"] in {candidate["id"] for candidate in results["own"]["items"]}
    assert {candidate["id"] for result in results.values() for candidate in result["items"]} <= inside
    groups = read("/overview/communities?min=2")
    assert groups["total"] == len(groups["communities"])
    assert {firm["id"] for group in groups["communities"] for firm in group["firms"]} <= inside
    assert served.get("/overview/communities?min=2")["total"] > groups["total"]


def test_scans_are_counted_inside_the_scope(served: Served, placed: Any) -> None:
    region = placed["region"]
    everything = served.get("/scans/1")["counts"]
    own = len(served.client.get(f"{V1}/findings/stream", headers=served.key(Role.VIEWER, [region])).text.splitlines())
    assert 0 < own < everything["new"]
    for regions, new in (([region], own), (ELSEWHERE, 0), ([], 0)):
        headers = served.key(Role.VIEWER, regions)
        read = {path: served.client.get(f"{V1}/{path}", headers=headers).json() for path in ("scans", "scans/1")}
        read["overview"] = served.client.get(f"{V1}/overview", headers=headers).json()
        for shown in (read["scans"]["items"][0], read["scans/1"], read["overview"]["last"]):
            counts = {"new": new, "changed": 0, "gone": 0, "returned": 0, "unchanged": None}
            assert shown["counts"] == counts, regions
    assert served.get("/scans/1", Role.AUDITOR)["counts"] == everything


def test_numbers_over_all_regions_are_for_those_who_may_see_all(served: Served) -> None:
    limited, auditor = served.key(Role.VIEWER, ELSEWHERE), served.key(Role.AUDITOR, [])
    refused = served.client.get(f"{V1}/scans/1/report", headers=limited)
    assert (refused.status_code, refused.json()["code"]) == (403, "api_outside_scope")
    assert served.client.get(f"{V1}/scans/1/report", headers=auditor).status_code == 200
    assert "qingfeng_findings" in served.client.get("/metrics", headers=auditor).text
    page = served.client.get("/metrics", headers=limited).text
    assert "qingfeng_findings" not in page
    assert "qingfeng_scan_age_seconds" in page


def test_a_source_row_is_shown_where_it_names_something_inside(served: Served, placed: Any) -> None:
    rows = served.get(f"/findings/{placed['finding_id']}/records")["items"]
    for row in rows:
        address = f"{V1}/records/{row['ref']}"
        inside = served.client.get(address, headers=served.key(Role.VIEWER, [placed["region"]]))
        assert inside.json()["columns"] == row["columns"]
        outside = served.client.get(address, headers=served.key(Role.VIEWER, ELSEWHERE))
        assert (outside.status_code, outside.json()["code"]) == (404, "api_not_found")


@pytest.mark.parametrize("action", ["start", "confirm", "assign"])
def test_only_who_may_assign_gives_a_lead_to_another_by_whatever_step(serve: Serve, action: str) -> None:
    served = serve()
    finding = served.get("/findings?limit=1")["items"][0]
    address = f"{V1}/findings/{finding['finding_id']}/triage"
    step = {"action": action, "assignee": served.user("sun", Role.INVESTIGATOR)}
    match = {"If-Match": f'"{finding["version"]}"'}
    refused = served.client.post(address, headers={**served.key(Role.INVESTIGATOR), **match}, json=step)
    assert (refused.status_code, refused.json()["code"]) == (403, "api_forbidden")
    assert served.get("/findings?limit=1")["items"][0]["assignee"] is None
    given = served.client.post(address, headers={**served.key(Role.SUPERVISOR), **match}, json=step)
    assert given.json()["assignee"] == step["assignee"]


def test_a_limit_that_is_left_out_of_a_change_stays(served: Served) -> None:
    user = served.user("zhou", Role.VIEWER, regions=["380101"], agencies=["G1"])
    admin = served.key(Role.ADMIN)

    def changed(**body: Any) -> Any:
        shown = served.client.patch(f"{V1}/users/{user}", headers=admin, json=body).json()
        return shown["regions"], shown["agencies"]

    assert changed(regions=["380102"]) == (["380102"], ["G1"])
    assert changed(agencies=["G2"]) == (["380102"], ["G2"])
    assert changed(role="investigator") == (["380102"], ["G2"])
    assert changed(agencies=None) == (["380102"], None)


def test_nobody_subscribes_to_what_they_see_nothing_of(served: Served) -> None:
    body = {"name": "cases", "kind": "webhook", "target": "https://cases.example/hook"}
    for headers in (served.key(Role.ADMIN), served.key(Role.SUPERVISOR, [])):
        refused = served.client.post(f"{V1}/subscriptions", headers=headers, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "api_outside_scope")
    made = served.client.post(f"{V1}/subscriptions", headers=served.key(Role.SUPERVISOR, ["380101"]), json=body)
    assert made.json()["regions"] == ["380101"]


def test_the_trail_says_what_came_of_a_change(serve: Serve) -> None:
    served = serve()
    admin, supervisor = served.key(Role.ADMIN), served.key(Role.SUPERVISOR)
    items = served.get("/findings?limit=3")["items"]
    chosen = [{"id": item["finding_id"], "version": item["version"]} for item in items]
    chosen[1]["version"] = 99
    served.client.post(f"{V1}/findings/triage", headers=supervisor, json={"action": "start", "items": chosen})
    body = {"name": "wu", "role": "viewer", "regions": ["380101"]}
    user = served.client.post(f"{V1}/users", headers=admin, json=body).json()["id"]
    key = served.client.post(
        f"{V1}/keys", headers=admin, json={"name": "cases", "role": "system", "regions": None}
    ).json()["key"]["id"]
    trail = served.get("/audit?limit=20", Role.AUDITOR)["items"]
    said = {(record["action"], record["subject"]) for record in trail}
    assert ("finding.start", f"findings {chosen[0]['id']} {chosen[2]['id']}") in said
    assert ("user.create", f"users/{user} role=viewer regions=380101 agencies=*") in said
    assert ("key.create", f"keys/{key} role=system regions=* agencies=*") in said


def test_two_long_idempotency_keys_are_two_or_refused(served: Served) -> None:
    headers = {**served.key(Role.SUPERVISOR), "Idempotency-Key": "k" * 129}
    refused = served.client.post(f"{V1}/scans", headers=headers, json={"profile": "none"})
    assert [fault["where"] for fault in refused.json()["errors"]] == ["header.idempotency-key"]


def test_deliveries_of_others_do_not_push_the_own_ones_out(served: Served) -> None:
    from findings.notify.models import Delivery, Subscription
    from findings.store.base import now

    limited = served.key(Role.SUPERVISOR, ["380101"])
    body = {"name": "own", "kind": "webhook", "target": "https://cases.example/hook"}
    own = served.client.post(f"{V1}/subscriptions", headers=limited, json=body).json()["id"]
    with served.store.session() as session:
        session.add(
            Subscription(
                id="s_other", name="other", kind="webhook", target="https://x.example/", states=["new"], created_by="x"
            )
        )
        session.flush()
        for part, of in enumerate([own, "s_other", "s_other"]):
            session.add(Delivery(id=f"d_{part}", subscription_id=of, run_id=1, part=part, body="{}", next_at=now()))
            session.flush()
    shown = served.client.get(f"{V1}/deliveries?limit=1", headers=limited).json()["items"]
    assert [delivery["subscription_id"] for delivery in shown] == [own]

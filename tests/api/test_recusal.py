"""Every route × a recused party (回避): who is recused from it is refused, or told how much is withheld, and never
shown it. The routes come from the table of rules: a new one that reads leads or parties fails until it is asked here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from httpx import Response

from api.rules import RULES, Scoping
from findings.access.keys import create_key
from findings.access.recusal import add_recusal
from findings.access.rights import Role
from findings.access.tokens import key_prefix
from findings.store.evidence import prepare
from findings.subjects import read_subjects
from graph.snapshot import Workspace
from graph.tables import open_tables
from tests.api.conftest import PURPOSE, Serve, Served, World
from tests.graph.worlds import store as make_snapshot

V1 = "/api/v1"
READING = (Scoping.LISTING, Scoping.LEAD, Scoping.PARTY)

REFUSED: dict[str, Any] = {
    "GET /findings/{finding_id}": None,
    "GET /findings/{finding_id}/graph": None,
    "GET /findings/{finding_id}/timeline": None,
    "GET /findings/{finding_id}/records": None,
    "GET /findings/{finding_id}/dossier.html": None,
    "GET /findings/{finding_id}/dossier.pdf": None,
    "GET /findings/{finding_id}/snapshot.html": None,
    "GET /parties/{party_id}": None,
    "GET /parties/{party_id}/timeline": None,
    "GET /parties/{party_id}/findings": None,
    "GET /parties/{party_id}/dossier.html": None,
    "GET /parties/{party_id}/dossier.pdf": None,
    "GET /graph/nodes/Party/{party_id}": None,
    "GET /graph/nodes/Party/{party_id}/neighbourhood": None,
    "GET /graph/paths?source=Party/{party_id}&target=Tender/{tender_id}": None,
    "GET /graph/money-paths?source=Party/{payer}&target=Party/{party_id}": None,
    "GET /records/{ref}": None,
    "POST /graph/common": {"nodes": ["Party/{party_id}", "Tender/{tender_id}"]},
    "POST /graph/subgraph": {"nodes": ["Party/{party_id}", "Tender/{tender_id}"]},
    "POST /graph/export": {"nodes": ["Party/{party_id}"], "format": "graphml"},
    "POST /graph/taken": {"nodes": ["Party/{party_id}"], "kind": "png"},
}
"""What names the party, or a lead or source row of it, is refused with the reason."""

WITHHELD: dict[str, Any] = {
    "GET /search?q={name}": None,
    "GET /search?q={party_id}&kinds=firm": None,
    "GET /parties?q={name}": None,
    "POST /match": {"queries": {"asked": {"name": "{name}"}}},
    "GET /tenders/{tender_id}/prices": None,
    "GET /parties/{payer}/timeline?limit=500": None,
    "GET /graph/nodes/Party/{payer}/neighbourhood?unguarded=true&limit=500": None,
    "GET /graph/paths?source=Party/{owner}&target=Party/{payer}": None,
    "POST /graph/common": {"nodes": ["Party/{owner}", "Party/{payer}"]},
    "GET /overview/communities?min=2": None,
}
"""What is about others leaves the party out, and says how much was withheld."""

ABSENT: dict[str, Any] = {
    "GET /findings?limit=500": None,
    "GET /findings/stream": None,
    "GET /findings/export.csv": None,
    "GET /findings/export.xlsx": None,
    "GET /parties/{payer}/findings?limit=500": None,
    "GET /parties/{payer}/dossier.html": None,
    "GET /overview": None,
}
"""Lists of leads hold none of the party's."""

BY_ITSELF = {
    "POST /findings/taken": "answers with a mark alone: `test_what_a_recused_caller_copies_holds_no_lead_of_the_party`",
    "GET /scans/{before}/diff/{after}": "needs two scans; ids alone, chosen as the lists above are",
}
"""Asked in tests of their own, or why not."""


def _route(asked: str) -> str:
    """The name in the table of rules of what is asked."""
    method, path = asked.partition("?")[0].split()
    path = re.sub(r"nodes/Party/\{[a-z_]+\}", "nodes/{label}/{node_key:path}", path)
    return f"{method} {V1}{path.replace('{payer}', '{party_id}')}"


def test_every_route_that_reads_leads_or_parties_is_asked() -> None:
    listed = {name for name, rule in RULES.items() if rule.scoping in READING and not rule.audit_first}
    asked = {_route(each) for table in (REFUSED, WITHHELD, ABSENT, BY_ITSELF) for each in table}
    assert listed - asked == set()


@pytest.fixture(scope="module")
def open_served(serve: Serve) -> Served:
    """An app that asks no second person, so that exports answer at once."""
    return serve(two_person=False)


@pytest.fixture(scope="module")
def known(open_served: Served) -> dict[str, str]:
    """A firm in a lead about a tender, who owns it and who paid it; a firm of a group that bids together."""
    get = open_served.get
    for firm in get("/overview")["firms"]:
        around = get(f"/graph/nodes/Party/{firm['id']}/neighbourhood?unguarded=true&limit=500")["graph"]
        edges = {edge["type"]: edge["source"].removeprefix("Party/") for edge in around["edges"]}
        for lead in get(f"/parties/{firm['id']}/findings")["items"]:
            tender = next((entity["id"] for entity in lead["entities"] if entity["kind"] == "tender"), None)
            if tender and {"OWNS", "PAID"} <= edges.keys():
                rows = get(f"/findings/{lead['finding_id']}/records")["items"]
                return {
                    "party_id": firm["id"],
                    "name": firm["name"],
                    "finding_id": lead["finding_id"],
                    "tender_id": tender,
                    "owner": edges["OWNS"],
                    "payer": edges["PAID"],
                    "ref": next(row["ref"] for row in rows if firm["id"] in row["columns"].values()),
                    "member": get("/overview/communities?min=2")["communities"][0]["firms"][0]["id"],
                }
    raise AssertionError("no firm with a lead, an owner and a payer")


@pytest.fixture(scope="module")
def recused(open_served: Served, known: Mapping[str, str]) -> dict[str, str]:
    """Headers of one who may read and export everything but the party."""
    with open_served.store.session() as session:
        key = create_key(session, "recused", Role.SUPERVISOR, regions=None, agencies=None, days=1, actor="test").token
        for party in (known["party_id"], known["member"]):
            add_recusal(session, f"key:{key_prefix(key)}", party, reason="近亲属任职", actor="test")
    return {"Authorization": f"Bearer {key}", **PURPOSE}


def _ask(served: Served, headers: Mapping[str, str], known: Mapping[str, str], asked: str, body: Any) -> Response:
    method, _, path = asked.partition(" ")
    content = None if body is None else _filled(orjson.dumps(body).decode(), known)
    answer: Response = served.client.request(
        method, V1 + _filled(path, known), headers={**headers, "Content-Type": "application/json"}, content=content
    )
    return answer


def _filled(text: str, known: Mapping[str, str]) -> str:
    return re.sub(r"\{([a-z_]+)\}", lambda match: known[match[1]], text)


def _told(answer: Response) -> str:
    """What an answer says, a workbook's cells too."""
    if not answer.content.startswith(b"PK"):
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        return "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))


def _names_the_party(answer: Response, known: Mapping[str, str]) -> bool:
    told = _told(answer)
    return any(known[key] in told for key in ("party_id", "name", "finding_id", "member"))


@pytest.mark.parametrize("asked", REFUSED)
def test_what_names_a_recused_party_is_refused_with_the_reason(
    open_served: Served, known: Mapping[str, str], recused: Mapping[str, str], asked: str
) -> None:
    assert _ask(open_served, open_served.key(Role.SUPERVISOR), known, asked, REFUSED[asked]).status_code == 200
    refused = _ask(open_served, recused, known, asked, REFUSED[asked])
    assert (refused.status_code, refused.json()["code"]) == (403, "api_recused")


@pytest.mark.parametrize("asked", [*WITHHELD, *ABSENT])
def test_what_is_about_others_leaves_a_recused_party_out(
    open_served: Served, known: Mapping[str, str], recused: Mapping[str, str], asked: str
) -> None:
    body = WITHHELD.get(asked)
    assert _names_the_party(_ask(open_served, open_served.key(Role.SUPERVISOR), known, asked, body), known)
    answer = _ask(open_served, recused, known, asked, body)
    assert answer.status_code == 200, answer.text
    assert not _names_the_party(answer, known)
    if asked in WITHHELD:
        assert re.search(r'"withheld":[1-9]', answer.text)


def test_what_a_recused_caller_copies_holds_no_lead_of_the_party(
    open_served: Served, known: Mapping[str, str], recused: Mapping[str, str]
) -> None:
    body = {"findings": [known["finding_id"]]}
    callers = (open_served.key(Role.SUPERVISOR), recused)
    answers = [open_served.client.post(f"{V1}/findings/taken", headers=caller, json=body) for caller in callers]
    assert [answer.status_code for answer in answers] == [200, 404]


def test_pages_of_a_search_count_without_who_is_withheld(
    open_served: Served, known: Mapping[str, str], recused: Mapping[str, str]
) -> None:
    asked = f"/search?q={known['name'][2:3]}&kinds=firm"
    whole = open_served.get(f"{asked}&limit=500")
    assert 10 < whole["total"] == len(whole["items"])

    def page(offset: int) -> Any:
        return open_served.client.get(f"{V1}{asked}&limit=10&offset={offset}", headers=recused).json()

    pages = [page(offset) for offset in range(0, whole["total"], 10)]
    hidden = {known["party_id"], known["member"]}
    left = [item["key"] for item in whole["items"] if item["key"] not in hidden]
    assert [item["key"] for each in pages for item in each["items"]] == left
    counted = {(each["total"], each["withheld"]) for each in pages}
    assert counted == {(len(left), whole["total"] - len(left))}
    assert len(left) < whole["total"]


def test_source_rows_of_a_lead_that_name_a_recused_person_are_withheld(open_served: Served) -> None:
    lead = open_served.get("/findings?detector=same_device&limit=1")["items"][0]
    rows = open_served.get(f"/findings/{lead['finding_id']}/records")["items"]
    manager = next(row["columns"]["project_manager_id"] for row in rows if row["table"] == "bids")
    assert manager
    with open_served.store.session() as session:
        key = create_key(session, "kin", Role.SUPERVISOR, regions=None, agencies=None, days=1, actor="test").token
        add_recusal(session, f"key:{key_prefix(key)}", manager, reason="近亲属", actor="test")
    headers = {"Authorization": f"Bearer {key}", **PURPOSE}
    left = open_served.client.get(f"{V1}/findings/{lead['finding_id']}/records", headers=headers).json()
    assert manager not in str(left["items"])
    assert left["total"] + left["withheld"] == len(rows)
    assert left["withheld"] == sum(manager in row["columns"].values() for row in rows)
    dossier = open_served.client.get(f"{V1}/findings/{lead['finding_id']}/dossier.html", headers=headers)
    assert (dossier.status_code, manager in dossier.text) == (200, False)


def test_a_party_of_the_evidence_alone_is_kept_as_one_of_the_lead(open_served: Served, world: World) -> None:
    """So that recusal, scope and the rule on persons' names hold for it: who paid the bidders' deposits, say."""
    finding = open_served.get("/findings?detector=same_device&limit=1")["items"][0]["finding_id"]
    document = open_served.get(f"/findings/{finding}")["document"]
    party = next(entity for entity in document["entities"] if entity["role"] == "bidder")
    document["entities"].remove(party)
    assert party["id"] in document["evidence"]["nodes"]
    place = Workspace(world.workspace)
    connection = open_tables(place.current(), place.secret(), threads=1)
    subjects = read_subjects(connection, iter([document]))
    connection.close()
    kept = [(entity["entity_id"], entity["role"]) for entity in prepare(document, subjects).entities]
    assert (party["id"], "evidence") in kept
    assert len(kept) == len(set(kept))


def test_a_recused_party_is_withheld_under_each_of_its_ids(serve: Serve, tmp_path: Path) -> None:
    one = {"name": "岚江青禾建设有限公司", "org_type": "private", "uscc": "91380102MA0000001X"}
    make_snapshot(Workspace(tmp_path), {"orgs": [{"org_id": "O1", **one}, {"org_id": "O9", **one}]})
    served = serve(workspace=tmp_path)
    for listed in ("O1", "O9"):
        with served.store.session() as session:
            key = create_key(session, listed, Role.VIEWER, regions=None, agencies=None, days=1, actor="test").token
            add_recusal(session, f"key:{key_prefix(key)}", listed, reason="近亲属任职", actor="test")
        headers = {"Authorization": f"Bearer {key}", **PURPOSE}
        for asked in ("O1", "O9"):
            assert served.get(f"/parties/{asked}", Role.VIEWER)["node"]["key"] == "O1"
            refused = served.client.get(f"{V1}/parties/{asked}", headers=headers)
            assert (refused.status_code, refused.json()["code"]) == (403, "api_recused"), (listed, asked)
            hits = served.client.get(f"{V1}/search?q={asked}", headers=headers).json()
            assert hits == {"items": [], "total": 0, "withheld": 1}, (listed, asked)

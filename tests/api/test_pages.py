"""Pages of leads that are kept: the same bytes again and again, never out of date, never somebody else's."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.pages import Lines, Pages, Written
from findings.access.recusal import add_recusal
from findings.access.rights import Role
from findings.store.database import open_store
from findings.store.filtering import UNLIMITED, Filter
from findings.store.listing import DEFAULT_SORT, facets, list_findings
from findings.store.models import FindingRow
from tests.api.conftest import BOTH, Serve, Served

V1 = "/api/v1"


@pytest.fixture(scope="module", params=BOTH)
def database(request: pytest.FixtureRequest) -> str:
    """All of this holds on either database."""
    return str(request.param)


def _items(served: Served, query: str = "limit=200", **caller: Any) -> list[Any]:
    answer = served.client.get(f"{V1}/findings?{query}", headers=served.key(Role.SUPERVISOR, **caller))
    assert answer.status_code == 200, answer.text
    items: list[Any] = answer.json()["items"]
    return items


def test_a_page_is_read_once_while_nothing_changes(served: Served) -> None:
    pages = Pages(served.store)
    read: list[int] = []

    def write(session: Session, _: int) -> Written:
        read.append(session.query(FindingRow).count())
        return Written(b"[]", "findings")

    kept = pages.page("k", write)
    assert pages.page("k", write) is kept
    assert pages.page("other", write) is not kept
    assert len(read) == 2
    with served.store.session() as session:
        session.query(FindingRow).first().version += 1  # type: ignore[union-attr]
    assert pages.page("k", write) is not kept
    assert len(read) == 3


def test_memory_is_bounded_and_the_page_used_last_stays(served: Served) -> None:
    pages = Pages(served.store, most_bytes=100)

    def write(_: Session, __: int) -> Written:
        return Written(b"x" * 40, "findings")

    first = pages.page(1, write)
    pages.page(2, write)
    assert pages.page(1, write) is first
    pages.page(3, write)
    assert pages.held == 80
    assert pages.page(1, write) is first
    assert pages.page(4, lambda *_: Written(b"x" * 101, "findings")).page.body
    assert pages.held == 0


def test_a_line_is_made_once_for_a_revision_and_never_shown_at_another(served: Served) -> None:
    lines = Lines(most=3)
    with served.store.reading() as session:
        ids = [item["finding_id"] for item in list_findings(session, Filter(UNLIMITED), limit=4).items]
        first = lines.of(session, 1, ids[:2])
        assert [orjson.loads(line)["finding_id"] for line in first] == ids[:2]
        again = lines.of(session, 1, ids[1::-1] + ids[2:3])
        assert (again[0], again[1]) == (first[1], first[0])
        assert again[1] is first[0]
        assert lines.of(session, 2, ids[:2])[0] is not first[0]
        assert lines.of(session, 1, ids[:2]) == first
        # More than are kept: those before make room for what was read last.
        assert len(lines.of(session, 1, ids)) == 4
        assert lines.held == 2


def test_a_page_holds_what_the_list_holds(serve: Serve) -> None:
    served = serve()
    for query, sort, limit in (("", DEFAULT_SORT, 7), ("&sort=-score&facets=true", "-score", 7)):
        body = served.client.get(f"{V1}/findings?limit={limit}{query}", headers=served.key(Role.SUPERVISOR)).json()
        with served.store.reading() as session:
            page = list_findings(session, Filter(UNLIMITED), sort, limit)
            counts = facets(session, Filter(UNLIMITED))
        assert (body["items"], body["total"], body["next"]) == (page.items, page.total, page.next)
        assert body.get("facets") == (counts if "facets" in query else None)
        assert list(body) == ["items", "total", "next", *(["facets"] if "facets" in query else [])]


def test_a_decision_is_on_the_next_page_whoever_made_it(serve: Serve) -> None:
    served = serve()
    first, second, third = _items(served)[:3]
    assert first["triage"] == "open"
    headers = {**served.key(Role.SUPERVISOR), "If-Match": f'"{first["version"]}"'}
    path = f"{V1}/findings/{first['finding_id']}/triage"
    assert served.client.post(path, headers=headers, json={"action": "start"}).status_code == 200
    assert _items(served)[0]["triage"] == "in_review"
    # Another process has its own connections to the store, and its own pages.
    other = open_store(served.settings.store_address())
    with other.session() as session:
        session.get_one(FindingRow, second["finding_id"]).assignee = "u1"
    assert _items(served)[1]["assignee"] == "u1"
    with other.session() as session:
        session.execute(text("UPDATE finding_entities SET name = 'renamed' WHERE position = 0"))
    assert _items(served)[2]["entities"][0]["name"] == "renamed"
    assert _items(served)[2]["finding_id"] == third["finding_id"]
    other.close()


def test_a_page_that_was_being_read_while_a_decision_was_made_is_not_kept_as_the_newer_one(served: Served) -> None:
    pages = Pages(served.store)
    finding = _items(served)[0]["finding_id"]

    def write(session: Session, _: int) -> Written:
        shown = str(session.get_one(FindingRow, finding).assignee)
        with served.store.session() as other:
            other.get_one(FindingRow, finding).assignee = f"{shown}+"
        return Written(shown.encode(), "findings")

    before = pages.page("k", write).page.body
    assert pages.page(
        "k", lambda s, _: Written(str(s.get_one(FindingRow, finding).assignee).encode(), "")
    ).page.body == (before + b"+")


def test_nobody_gets_the_page_of_another_scope(serve: Serve) -> None:
    served = serve()
    everything = _items(served)
    regions = sorted({item["region"] for item in everything if item["region"]})
    for region in regions[:3]:
        mine = _items(served, regions=[region])
        assert {item["region"] for item in mine} <= {r for r in regions if r.startswith(region.rstrip("0"))}
        assert len(mine) < len(everything)
    user = served.user("wang.fang", Role.SUPERVISOR)
    with served.store.session() as session:
        session.get_one(FindingRow, everything[0]["finding_id"]).assignee = user
    assert [i["finding_id"] for i in _items(served, "assignee=me&limit=200")] == []
    assert len(_items(served, f"assignee={user}&limit=200")) == 1


def test_a_recusal_counts_for_the_page_that_was_kept_before(serve: Serve) -> None:
    served = serve()
    listed = _items(served)
    party = listed[0]["entities"][0]["id"]
    with served.store.session() as session:
        key = served.key(Role.SUPERVISOR)["Authorization"].split("_")[1]
        add_recusal(session, f"key:{key}", party, reason="kin", actor="admin")
    served.app.state.platform.callers.forget()
    shown = _items(served)
    assert shown
    assert all(party != entity["id"] for item in shown for entity in item["entities"])


def test_what_was_kept_is_audited_like_what_was_read(served: Served) -> None:
    names = []
    for request in ("request-kept-1", "request-kept-2"):
        headers = {**served.key(Role.SUPERVISOR), "X-Request-ID": request}
        answer = served.client.get(f"{V1}/findings?limit=3", headers=headers)
        assert answer.headers["ETag"].startswith('W/"')
        names.append([item["finding_id"] for item in answer.json()["items"]])
    trail = served.get("/audit?limit=20", role=Role.AUDITOR)["items"]
    records = {record["request_id"]: record for record in trail}
    for request, ids in zip(("request-kept-1", "request-kept-2"), names, strict=True):
        assert records[request]["subject"].split() == ["findings", *ids]

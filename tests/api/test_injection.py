"""Hostile text in every field that takes text: it changes nothing, reads nothing, and is text wherever it comes out."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import quote

import pytest

from findings.access.rights import Role
from tests.api.conftest import Serve, Served

V1 = "/api/v1"

HOSTILE = (
    "' OR '1'='1",
    "'; DROP TABLE findings; --",
    "1); DELETE FROM audit_records; --",
    '" OR 1=1 --',
    "%' OR finding_id LIKE '%",
    "x'}) MATCH (n) DETACH DELETE n //",
    'O1"}) RETURN n UNION MATCH (m) RETURN m //',
    "$param",
    "{{7*7}}",
    '=HYPERLINK("http://evil.example","x")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "a\r\nSet-Cookie: qf_session=evil",
    "a\nX-Injected: 1",
    "\u202eevil\u0000",
    "𠮷" * 300,
)


@pytest.fixture(scope="module")
def state(served: Served) -> Any:
    """What must stay as it is."""
    return _state(served)


def _state(served: Served) -> Any:
    return served.get("/findings?limit=500")["items"], served.get("/scans")["total"], served.get("/filters")["items"]


@pytest.mark.parametrize("text", HOSTILE)
def test_in_every_query_and_path(served: Served, state: Any, text: str) -> None:
    headers = served.key(Role.SUPERVISOR)
    sent = quote(text, safe="")
    names = [
        p["name"] for p in served.app.openapi()["paths"][f"{V1}/findings"]["get"]["parameters"] if p["in"] == "query"
    ]
    for name in names:
        answer = served.client.get(f"{V1}/findings?{name}={sent}", headers=headers)
        assert answer.status_code in (200, 400, 422), (name, answer.text)
        if answer.status_code == 200:
            assert answer.json()["total"] == 0, name
    for path in (
        f"search?q={sent}",
        f"parties?q={sent}",
        f"search?q=O&kinds={sent}",
        f"graph/paths?source={sent}&target={sent}",
        f"graph/money-paths?source=Party/{sent}&target=Party/{sent}",
        f"graph/nodes/Party/{sent}",
        f"graph/nodes/Party/{sent}/neighbourhood?types={sent}",
        f"graph/nodes/{sent}/x/neighbourhood",
        f"parties/{sent}",
        f"parties/{sent}/timeline",
        f"findings/{sent}",
        f"records/{sent}",
        f"detectors/{sent}",
        f"tenders/{sent}/prices",
    ):
        answer = served.client.get(f"{V1}/{path}", headers=headers)
        assert answer.status_code in (200, 400, 404, 422), (path, answer.text)
        if answer.status_code == 200:
            assert answer.json().get("total") == 0, path
        assert "X-Injected" not in answer.headers
        assert "set-cookie" not in answer.headers
    for place in ("static", "docs"):
        assert served.client.get(f"/{place}/{sent}").status_code in (404, 422)
    assert _state(served) == state


@pytest.mark.parametrize("text", HOSTILE)
def test_in_every_header(served: Served, state: Any, text: str) -> None:
    headers = served.key(Role.SUPERVISOR)
    sent = quote(text, safe="")
    for name in ("X-Purpose", "X-Request-ID", "If-None-Match", "Accept-Language", "X-CSRF-Token"):
        answer = served.client.get(f"{V1}/findings?limit=1", headers={**headers, name: sent})
        assert answer.status_code == 200, answer.text
        assert answer.json()["total"] == len(state[0])
        assert "X-Injected" not in answer.headers
        assert "set-cookie" not in answer.headers
    for name in ("Authorization", "Cookie"):
        answer = served.client.get(f"{V1}/findings", headers={"X-Purpose": "x", name: f"Bearer {sent}"})
        assert answer.status_code == 401


def test_in_every_text_that_is_kept(serve: Serve) -> None:
    """Notes, names, case numbers, reasons, queries: kept as they are, or refused; never run."""
    served = serve(two_person=False)
    headers, finding = served.key(Role.SUPERVISOR), served.get("/findings?limit=1")["items"][0]["finding_id"]
    before = served.get("/findings")["total"]
    kept = []
    for text in HOSTILE:
        for path, body in (
            (f"findings/{finding}/comments", {"text": text}),
            (f"findings/{finding}/cases", {"case_number": text}),
            ("filters", {"name": text, "query": {"q": text}}),
            ("recusals", {"user": text, "party_id": text, "reason": text}),
            ("subscriptions", {"name": text, "kind": "webhook", "target": text}),
            ("subscriptions", {"name": text, "kind": "email", "target": text}),
            ("match", {"queries": {text: {"name": text}}, "exclude_ids": [text]}),
            ("graph/common", {"nodes": [text, f"Party/{text}"]}),
            ("graph/subgraph", {"nodes": [f"Party/{text}"]}),
            ("graph/export", {"nodes": [f"Party/{text}"], "format": "csv"}),
            ("scans", {"profile": text}),
        ):
            answer = served.client.post(f"{V1}/{path}", headers=headers, json=body)
            assert answer.status_code in (200, 201, 400, 404, 422), (path, answer.text)
            if path.endswith("comments") and answer.status_code == 201:
                kept.append(text)
    comments = served.get(f"/findings/{finding}")["comments"]
    assert [comment["text"] for comment in comments] == kept
    assert served.get("/findings")["total"] == before
    verified = served.client.get(f"{V1}/audit/verify", headers=served.key(Role.AUDITOR)).json()
    assert verified["whole"]
    page = served.client.get(f"{V1}/findings/{finding}/dossier.html", headers=headers)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "<img src=x" not in page.text


def test_a_spreadsheet_runs_nothing(serve: Serve) -> None:
    served = serve()
    headers = {**served.key(Role.SUPERVISOR), "X-Purpose": quote('=HYPERLINK("http://evil.example")')}
    answer = served.client.get(f"{V1}/findings/export.csv", headers=headers)
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == served.get("/findings")["total"] + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert rows[1][-1].startswith("'=")


def test_no_body_is_too_large_or_too_deep_to_refuse(served: Served) -> None:
    headers = {**served.key(Role.SUPERVISOR), "Content-Type": "application/json"}
    large = served.client.post(f"{V1}/match", headers=headers, content=b'{"queries": "' + b"x" * 2_000_000 + b'"}')
    assert large.status_code == 413
    deep = served.client.post(f"{V1}/match", headers=headers, content=b"[" * 200_000)
    assert deep.status_code in (400, 422)
    for broken in (b"{", b"\xff\xfe", b'{"queries": {"a": {"name": "\\ud800"}}}', b"null", b"[]", b'{"queries": NaN}'):
        assert served.client.post(f"{V1}/match", headers=headers, content=broken).status_code in (400, 422)

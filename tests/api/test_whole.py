"""What leaves whole is named in the trail: each id, or a fingerprint from which the list can be told."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from api.whole import fingerprint
from findings.access.rights import Role
from findings.store.models import FindingEntity, FindingRow
from tests.api.conftest import BOTH, Serve, Served
from tests.api.test_leads import multiply

V1 = "/api/v1"


@pytest.fixture(scope="module", params=BOTH)
def database(request: pytest.FixtureRequest) -> str:
    """The same on either database."""
    return str(request.param)


def _last(served: Served, action: str) -> str:
    return str(served.get(f"/audit?action={action}&limit=1", role=Role.AUDITOR)["items"][0]["subject"])


def _streamed(served: Served, query: str) -> list[str]:
    answer = served.client.get(f"{V1}/findings/stream?{query}", headers=served.key(Role.SUPERVISOR))
    assert answer.status_code == 200
    return [orjson.loads(line)["finding_id"] for line in answer.iter_lines()]


def test_few_are_named_one_by_one(served: Served) -> None:
    ids = _streamed(served, "tier=A")
    assert 0 < len(ids) < 150
    assert _last(served, "findings.stream").split() == ["findings", *sorted(ids)]


@pytest.mark.parametrize("table", ["findings/stream", "findings/export.csv"])
def test_many_are_counted_and_fingerprinted(serve: Serve, table: str) -> None:
    served = serve()
    multiply(served, 1_000)
    ids = _streamed(served, "q=有限公司&tier=A,B,C")
    answer = served.client.get(f"{V1}/{table}?q=有限公司&tier=A,B,C", headers=served.key(Role.SUPERVISOR))
    assert answer.status_code == 200
    counted, digest, said = _subject(_last(served, "findings.stream" if "stream" in table else "export.findings"))
    assert counted == len(ids) > 500
    # As `sort ids.txt | sha256sum` does it.
    assert digest == hashlib.sha256("".join(sorted(f"{i}\n" for i in ids)).encode()).hexdigest() == fingerprint(ids)
    assert said["tiers"] == ["A", "B", "C"]
    assert said["q_sha256"] == hashlib.sha256("有限公司".encode()).hexdigest()
    assert "有限公司" not in str(said)


def _subject(subject: str) -> tuple[int, str, Any]:
    head, _, said = subject.partition(" of ")
    _, count, digest = head.split()
    return int(count), digest.removeprefix("sha256:"), orjson.loads(said)


@pytest.mark.parametrize("table", ["csv", "xlsx"])
def test_a_table_of_leads_names_no_natural_person(served: Served, table: str) -> None:
    with served.store.reading() as session:
        persons = {
            entity.name: entity.entity_id
            for entity in session.scalars(select(FindingEntity).where(FindingEntity.kind == "person"))
        }
        firms = set(session.scalars(select(FindingEntity.name).where(FindingEntity.kind == "org")))
    listed = served.get("/findings?limit=500")["items"]
    assert any(name in item["headline"]["zh"] for item in listed for name in persons)
    answer = served.client.get(f"{V1}/findings/export.{table}?language=zh", headers=served.key(Role.SUPERVISOR))
    said = answer.text if table == "csv" else _text_of(answer.content)
    for firm in sorted(filter(None, firms), key=len, reverse=True):  # a person's name may be a part of a firm's
        said = said.replace(firm, "")
    assert [name for name in persons if name and name in said] == []
    assert sum(person in said for person in persons.values()) > 5


def _text_of(workbook: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))


def test_what_comes_after_the_record_does_not_leave(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve()
    trail = served.app.state.platform.trail
    record = trail.record
    other = next(i for i in served.get("/findings?limit=500")["items"] if i["tier"] != "A")["finding_id"]

    def recorded(entry: Any) -> Any:
        done = record(entry)
        done.result(10)
        with served.store.session() as session:  # at this very moment a scan makes it another tier
            session.get_one(FindingRow, other).tier = "A"
        return done

    monkeypatch.setattr(trail, "record", recorded)
    ids = _streamed(served, "tier=A")
    assert other not in ids
    assert other in _streamed(served, "tier=A")

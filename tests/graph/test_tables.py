"""The views that every SQL text reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from graph.embedded import EmbeddedGraph, build, open_graph
from graph.engine import EngineError
from graph.schema import EDGES, NODES, TABLES
from graph.snapshot import Workspace
from graph.tables import connect, open_tables
from loaders.load import load
from tests.queries.casefiles import write_tables

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def _open(tables: Rows, folder: Path) -> duckdb.DuckDBPyConnection:
    write_tables(tables, folder / "source")
    workspace = Workspace(folder / "workspace")
    load([folder / "source"], workspace)
    return open_tables(workspace.current(), b"k" * 32)


ONE_ORG: Rows = {"orgs": [{"org_id": "O1", "name": "甲", "org_type": "private"}]}


def test_every_table_is_there_loaded_or_not(tmp_path: Path) -> None:
    connection = _open(ONE_ORG, tmp_path)
    for table in TABLES.values():
        columns = connection.sql(f"FROM {table.name}").columns
        assert set(table.names) <= set(columns)
    assert connection.sql("SELECT org_id, legal_rep_id FROM orgs").fetchall() == [("O1", None)]


def test_every_query_of_the_schema_runs_on_an_empty_province(tmp_path: Path) -> None:
    connection = _open(ONE_ORG, tmp_path)
    for declared in (*NODES, *EDGES):
        columns = connection.sql(declared.query).columns
        assert set(declared.properties) <= set(columns), declared


FIRM = {"org_type": "private", "uscc": "91350100M000100Y43"}


def test_one_firm_under_two_ids_is_one(tmp_path: Path) -> None:
    connection = _open(
        {
            "orgs": [
                {"org_id": "O2", "name": "甲公司", **FIRM},
                {"org_id": "O1", "name": "甲公司", **FIRM},
                {"org_id": "O3", "name": "乙公司", "org_type": "private"},
            ],
            "bids": [
                {"bid_id": "B1", "tender_id": "T1", "bidder_id": "O2"},
                {"bid_id": "B2", "tender_id": "T1", "bidder_id": "O3"},
            ],
        },
        tmp_path,
    )
    assert connection.sql("FROM aliases").fetchall() == [("O2", "O1")]
    assert connection.sql("SELECT org_id FROM orgs ORDER BY 1").fetchall() == [("O1",), ("O3",)]
    assert connection.sql("SELECT bidder_id FROM bids ORDER BY bid_id").fetchall() == [("O1",), ("O3",)]


def test_two_persons_of_one_name_stay_two(tmp_path: Path) -> None:
    persons = [{"person_id": "P1", "name": "王伟"}, {"person_id": "P2", "name": "王伟"}]
    connection = _open({"persons": persons}, tmp_path)
    assert connection.sql("SELECT count(*) FROM persons").fetchall() == [(2,)]


def test_one_identity_number_is_one_person(tmp_path: Path) -> None:
    number = {"id_number": "11010519491231002X"}
    persons = [{"person_id": "P1", "name": "王伟", **number}, {"person_id": "P2", "name": "王伟", **number}]
    connection = _open({"persons": persons}, tmp_path)
    assert connection.sql("SELECT person_id FROM persons").fetchall() == [("P1",)]
    assert "11010519491231002X" not in str(connection.sql("FROM stored_persons").fetchall())


@pytest.mark.parametrize("number", ["无", "不详", "-", "000000000000000000", "350203********0012"])
def test_a_number_that_names_nobody_joins_nobody(tmp_path: Path, number: str) -> None:
    persons = [{"person_id": f"P{n}", "name": name, "id_number": number} for n, name in enumerate("甲乙")]
    orgs = [{"org_id": f"O{n}", "name": name, "org_type": "private", "uscc": number} for n, name in enumerate("丙丁")]
    connection = _open({"persons": persons, "orgs": orgs}, tmp_path)
    assert connection.sql("FROM aliases").fetchall() == []


@pytest.mark.parametrize(
    ("start", "end", "day", "expected"),
    [
        ("2024-01-01", "2024-12-31", "2024-01-01", True),
        ("2024-01-01", "2024-12-31", "2024-12-31", True),
        ("2024-01-01", "2024-12-31", "2023-12-31", False),
        ("2024-01-01", "2024-12-31", "2025-01-01", False),
        (None, "2024-12-31", "1990-01-01", True),
        ("2024-01-01", None, "2090-01-01", True),
        (None, None, "2024-01-01", True),
    ],
)
def test_held_counts_both_ends_and_open_ones(start: str | None, end: str | None, day: str, expected: bool) -> None:
    row = connect().execute("SELECT held(?::DATE, ?::DATE, ?::DATE)", [start, end, day]).fetchone()
    assert row == (expected,)


def test_the_views_have_the_plain_form_and_the_stored_rows_what_was_written(tmp_path: Path) -> None:
    contacts = [
        {"owner_id": "O1", "kind": "phone", "value": "+86 138-0000-1111"},
        {"owner_id": "O2", "kind": "phone", "value": "0592-2211889"},
        {"owner_id": "O3", "kind": "phone", "value": "138****1111"},
        {"owner_id": "O4", "kind": "email", "value": "Bid@Example.cn"},
        {"owner_id": "O5", "kind": "account", "value": "6222 0213 0001"},
        {"owner_id": "O6", "kind": "address", "value": "人民路 ７ 号"},
        {"owner_id": "O7", "kind": "phone", "value": "见附件 1"},
    ]
    connection = _open({"contacts": contacts}, tmp_path)
    plain = connection.sql("SELECT owner_id, value FROM contacts ORDER BY 1").fetchall()
    assert plain == [
        ("O1", "13800001111"),
        ("O2", "05922211889"),
        ("O4", "bid@example.cn"),
        ("O5", "622202130001"),
        ("O6", "人民路7号"),
    ]
    written = connection.sql("SELECT value FROM stored_contacts ORDER BY owner_id").fetchall()
    assert [value for (value,) in written] == [contact["value"] for contact in contacts]


def test_a_registered_address_is_a_contact_where_none_is_listed(tmp_path: Path) -> None:
    orgs = [{"org_id": f"O{n}", "name": f"甲{n}", "org_type": "private", "address": "人民路 7 号"} for n in (1, 2)]
    contacts = [{"owner_id": "O2", "kind": "address", "value": "解放路 1 号"}]
    graph = EmbeddedGraph(build(_open({"orgs": orgs, "contacts": contacts}, tmp_path)), "test")
    rows = graph.run("MATCH (o:Party)-[:USES]->(c:Contact) RETURN o.id AS id, c.owners AS owners ORDER BY id", {})
    assert rows.to_dict("records") == [{"id": "O1", "owners": 1}, {"id": "O2", "owners": 1}]


def test_references_without_a_row_become_stubs_and_no_edge_is_lost(tmp_path: Path) -> None:
    connection = _open({"bids": [{"bid_id": "B1", "tender_id": "T9", "bidder_id": "O9"}]}, tmp_path)
    graph = EmbeddedGraph(build(connection), "test")
    rows = graph.run(
        "MATCH (o:Party)-[:SUBMITTED]->(b:Bid)-[:BID_FOR]->(t:Tender) "
        "RETURN o.id AS bidder, o.stub AS stub, t.id AS tender ORDER BY bidder",
        {},
    )
    assert rows.to_dict("records") == [{"bidder": "O9", "stub": True, "tender": "T9"}]


def test_equal_payments_stay_parallel_edges(tmp_path: Path) -> None:
    paid = {"payer_id": "O1", "payee_id": "O2", "amount": 100, "paid_on": "2024-01-05"}
    connection = _open({"payments": [{"payment_id": f"P{n}", **paid} for n in range(3)]}, tmp_path)
    graph = EmbeddedGraph(build(connection), "test")
    rows = graph.run("MATCH (:Party {id: 'O1'})-[p:PAID]->(:Party) RETURN count(p) AS n, sum(p.amount) AS total", {})
    assert rows.to_dict("records") == [{"n": 3, "total": 30_000}]


def test_contact_ids_hide_the_number(tmp_path: Path) -> None:
    connection = _open({"contacts": [{"owner_id": "O1", "kind": "phone", "value": "13800138000"}]}, tmp_path)
    ids = [row[0] for row in connection.sql("SELECT contact_id(kind, value) FROM contacts").fetchall()]
    assert ids[0].startswith("phone:")
    assert "13800138000" not in ids[0]


def test_the_embedded_graph_is_cached_and_a_damaged_cache_is_rebuilt(tmp_path: Path) -> None:
    write_tables(ONE_ORG, tmp_path / "source")
    workspace = Workspace(tmp_path / "workspace")
    load([tmp_path / "source"], workspace)
    snapshot = workspace.current()
    opened = []

    def connection() -> duckdb.DuckDBPyConnection:
        opened.append(1)
        return open_tables(snapshot, b"k" * 32)

    query = "MATCH (o:Org) RETURN o.id AS id ORDER BY id"
    for times in (1, 1):
        assert open_graph(snapshot, connection).run(query, {})["id"].tolist() == ["O1"]
        assert len(opened) == times
    (cache,) = (snapshot.path / "graph").glob("*.kgl")
    cache.write_bytes(b"broken")
    assert open_graph(snapshot, connection).run(query, {})["id"].tolist() == ["O1"]
    assert len(opened) == 2


def test_a_node_without_a_name_has_none(tmp_path: Path) -> None:
    payment = {"payment_id": "M1", "payer_id": "O1", "payee_id": "unknown", "amount": 5, "paid_on": "2024-01-01"}
    tables = {**ONE_ORG, "payments": [payment]}
    graph = EmbeddedGraph(build(_open(tables, tmp_path)), "test")
    names = graph.rows("MATCH (n) RETURN n.id AS id, n.name AS name ORDER BY id", {})
    assert [row["id"] for row in names if row["name"] is None] == ["M1", "unknown"]


def test_a_query_that_writes_is_refused(tmp_path: Path) -> None:
    graph = EmbeddedGraph(build(_open(ONE_ORG, tmp_path)), "test")
    with pytest.raises(EngineError):
        graph.run("CREATE (n:Party {id: 'X'})", {})

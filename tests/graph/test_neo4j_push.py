"""Pushes to a real server: what it holds afterwards is the projection of the snapshot, row for row."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from neo4j import Driver

from graph.engine import EngineError
from graph.neo4j import Neo4jGraph, cypher, server_snapshot
from graph.neo4j.errors import ServerError
from graph.neo4j.push import push
from graph.neo4j.settings import Neo4jSettings, connect
from graph.neo4j.state import LEASE_MS
from graph.neo4j.writer import Writer
from graph.projection import edge_frames, node_frames
from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables
from tests.graph.worlds import BASE, WORLDS, World, changed, store

pytestmark = pytest.mark.xdist_group("neo4j")


def _row(values: dict[str, Any], *without: str) -> frozenset[tuple[str, Any]]:
    """A row without its empty properties, as both stores can give it."""

    def is_empty(value: object) -> bool:
        return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))

    return frozenset((k, v) for k, v in values.items() if k not in without and not is_empty(v))


def wanted_content(workspace: Workspace, snapshot: Snapshot) -> tuple[Counter[Any], Counter[Any]]:
    """Every node and edge that the snapshot projects to."""
    nodes: Counter[Any] = Counter()
    edges: Counter[Any] = Counter()
    with open_tables(snapshot, workspace.secret()) as tables:
        for frame in node_frames(tables):
            labels = frozenset({frame.node.label, *frame.node.labels})
            nodes.update((labels, _row(row)) for row in frame.rows.astype(object).to_dict("records"))
        for frame in edge_frames(tables):
            for row in frame.rows.astype(object).to_dict("records"):
                edges[frame.edge.type, row["source"], row["target"], _row(row, "source", "target")] += 1
    return nodes, edges


def held_content(driver: Driver) -> tuple[Counter[Any], Counter[Any]]:
    """Every node and edge that the server holds, without the marks of the push."""
    nodes, _, _ = driver.execute_query("MATCH (n) WHERE NOT n:QingfengGraph RETURN labels(n) AS l, properties(n) AS p")
    edges, _, _ = driver.execute_query(
        "MATCH (a)-[r]->(b) RETURN type(r) AS t, a.id AS a, b.id AS b, properties(r) AS p"
    )
    return (
        Counter((frozenset(r["l"]), _row(r["p"], "_hash")) for r in nodes),
        Counter((r["t"], r["a"], r["b"], _row(r["p"], "_hash")) for r in edges),
    )


def assert_shows(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    snapshot = workspace.current()
    with connect(neo4j_settings) as driver:
        assert held_content(driver) == wanted_content(workspace, snapshot)
    assert server_snapshot(neo4j_settings) == snapshot.id


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_first_push_writes_the_whole_projection(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    store(workspace, BASE)
    seen: list[tuple[str, int, int]] = []
    report = push(workspace, neo4j_settings, progress=lambda *step: seen.append(step))
    assert report.compared_with == "nothing"
    assert_shows(workspace, neo4j_settings)
    assert ("Bid", 2, 2) in seen
    assert ("PAID", 2, 2) in seen


def test_every_index_is_whole_when_a_push_ends(
    workspace: Workspace, neo4j_settings: Neo4jSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(workspace, BASE)
    asked: list[str] = []
    execute = Writer.execute

    def noting(self: Writer, text: str) -> list[Any]:
        asked.append(text)
        return execute(self, text)

    monkeypatch.setattr(Writer, "execute", noting)
    with connect(neo4j_settings) as driver:
        driver.execute_query("DROP INDEX qingfeng_party_name IF EXISTS")
        push(workspace, neo4j_settings, full=True)
        indexes, _, _ = driver.execute_query("SHOW INDEXES YIELD name, state")
    states = {index["name"]: index["state"] for index in indexes}
    assert "qingfeng_party_name" in states
    assert set(states.values()) == {"ONLINE"}
    # So few names are read in no time: that the push waits for them is seen in what it asks for.
    made = [place for place, text in enumerate(asked) if text.startswith("CREATE ")]
    assert cypher.AWAIT_INDEXES in asked[made[-1] :]


def test_second_push_of_the_same_snapshot_writes_nothing(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    store(workspace, BASE)
    push(workspace, neo4j_settings)
    assert push(workspace, neo4j_settings).rows == 0


CHANGES: dict[str, tuple[World, set[str]]] = {
    "a value": (
        changed(BASE, bids=[BASE["bids"][0], {**BASE["bids"][1], "price": 7}]),
        {"Bid"},
    ),
    "a value that is gone": (
        changed(BASE, bids=[{**BASE["bids"][0], "price": None}, BASE["bids"][1]]),
        {"Bid"},
    ),
    "a stub that becomes a row": (
        changed(BASE, orgs=[*BASE["orgs"], {"org_id": "O9", "name": "集团", "org_type": "soe"}]),
        {"Party"},
    ),
    "an edge's property": (
        changed(BASE, roles=[{**BASE["roles"][0], "share_pct": 40.0}, BASE["roles"][1]]),
        {"OWNS"},
    ),
    "an edge's end": (
        changed(BASE, bids=[BASE["bids"][0], {**BASE["bids"][1], "bidder_id": "O1"}]),
        {"SUBMITTED"},
    ),
    "one of two equal payments": (
        changed(BASE, payments=BASE["payments"][:1]),
        {"PAID", "Payment", "PAID_BY", "PAID_TO"},
    ),
    "a shared machine": (changed(BASE, bid_devices=BASE["bid_devices"][:1]), {"Device", "MADE_WITH"}),
    "a table": ({k: v for k, v in BASE.items() if k != "tenders"}, {"Tender", "BUYS"}),
    "two ids of one firm": (
        changed(
            BASE,
            orgs=[
                {**row, "uscc": "91130000MA00000000"} if row["org_id"] in ("O2", "O3") else row for row in BASE["orgs"]
            ],
        ),
        {"Party", "SUBMITTED", "ROLE", "Contact", "USES", "PART_OF", "Device", "MADE_WITH"},
    ),
}


def test_changes_are_pushed_and_nothing_else(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    store(workspace, BASE)
    push(workspace, neo4j_settings)
    for name, (world, touched) in CHANGES.items():
        for target in (world, BASE):  # there and back again
            store(workspace, target)
            report = push(workspace, neo4j_settings)
            assert report.compared_with == "snapshot", name
            assert set(report.changes) == touched, name
            assert_shows(workspace, neo4j_settings)


def test_former_snapshot_that_is_gone_is_read_from_the_server(
    workspace: Workspace, neo4j_settings: Neo4jSettings
) -> None:
    former = store(workspace, BASE)
    push(workspace, neo4j_settings)
    store(workspace, CHANGES["one of two equal payments"][0])
    (former.path / "manifest.json").unlink()
    report = push(workspace, neo4j_settings)
    assert report.compared_with == "server"
    assert set(report.changes) == CHANGES["one of two equal payments"][1]
    assert_shows(workspace, neo4j_settings)


def test_what_others_keep_in_the_graph_stays(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    store(workspace, BASE)
    push(workspace, neo4j_settings)
    with connect(neo4j_settings) as driver:
        driver.execute_query(
            "MATCH (o:Party {id: 'O2'}) SET o.seen_by = 'analyst' "
            "CREATE (:Note {text: 'mine'})-[:ABOUT]->(o), (:Tender {id: 'my own'})"
        )
        store(workspace, changed(BASE, orgs=[{**BASE["orgs"][1], "name": "改名"}], bids=[]))
        push(workspace, neo4j_settings)
        push(workspace, neo4j_settings, full=False)
        records, _, _ = driver.execute_query("MATCH (n:Note)-[:ABOUT]->(o) RETURN n.text, o.id, o.name, o.seen_by")
        assert [r.values() for r in records] == [["mine", "O2", "改名", "analyst"]]
        assert driver.execute_query("MATCH (t:Tender {id: 'my own'}) RETURN t.id").records


def test_full_push_repairs_a_graph_that_was_changed_by_hand(
    workspace: Workspace, neo4j_settings: Neo4jSettings
) -> None:
    store(workspace, BASE)
    push(workspace, neo4j_settings)
    with connect(neo4j_settings) as driver:
        driver.execute_query("MATCH (b:Bid {id: 'B1'}) SET b.price = 1")
        driver.execute_query("MATCH (:Party)-[r:PAID]->() WITH r LIMIT 1 DELETE r")
    push(workspace, neo4j_settings, full=True)
    assert_shows(workspace, neo4j_settings)


def test_rows_that_somebody_removed_are_noticed(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    store(workspace, BASE)
    push(workspace, neo4j_settings)
    with connect(neo4j_settings) as driver:
        driver.execute_query("MATCH (:Party)-[r:PAID]->() WITH r LIMIT 1 DELETE r")
    store(workspace, changed(BASE, payments=[*BASE["payments"], {**BASE["payments"][0], "payment_id": "M3"}]))
    with pytest.raises(ServerError, match=r"holds 2 rows of PAID instead of 3.*--full"):
        push(workspace, neo4j_settings)
    assert server_snapshot(neo4j_settings) is None


def test_one_id_of_two_parties_stops_the_push(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    store(workspace, changed(BASE, persons=[{"person_id": "O1", "name": "张三"}]))
    with pytest.raises(EngineError, match="1 ids of Party stand for more than one row"):
        push(workspace, neo4j_settings)
    assert server_snapshot(neo4j_settings) is None


def test_second_push_at_the_same_time_is_refused(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    store(workspace, BASE)
    refused: list[ServerError] = []

    def meanwhile(name: str, done: int, total: int) -> None:
        if not refused:
            with pytest.raises(ServerError, match="Another push is under way") as caught:
                push(workspace, neo4j_settings)
            refused.append(caught.value)

    push(workspace, neo4j_settings, progress=meanwhile)
    assert refused
    assert_shows(workspace, neo4j_settings)


@pytest.mark.parametrize(
    ("host", "lock_left", "is_refused"),
    [("another-host", LEASE_MS, True), ("another-host", -1, False)],
)
def test_lock_of_a_push_that_broke_off_ends(
    host: str, lock_left: int, is_refused: bool, workspace: Workspace, neo4j_settings: Neo4jSettings
) -> None:
    store(workspace, BASE)
    with connect(neo4j_settings) as driver:
        driver.execute_query(
            "CREATE (:QingfengGraph {name: 'graph', lock_token: 'x', lock_host: $host, lock_pid: 1, "
            "lock_until: timestamp() + $left})",
            host=host,
            left=lock_left,
        )
    if is_refused:
        with pytest.raises(ServerError, match="host another-host, process 1"):
            push(workspace, neo4j_settings)
    else:
        push(workspace, neo4j_settings)
        assert_shows(workspace, neo4j_settings)


def test_push_whose_lock_was_taken_over_changes_nothing_more(
    workspace: Workspace, neo4j_settings: Neo4jSettings
) -> None:
    store(workspace, BASE)

    def take_over(name: str, done: int, total: int) -> None:
        with connect(neo4j_settings) as driver:
            driver.execute_query("MATCH (g:QingfengGraph) SET g.lock_token = 'another'")

    with pytest.raises(ServerError, match="another one took the lock over"):
        push(workspace, neo4j_settings, progress=take_over)
    assert server_snapshot(neo4j_settings) is None
    with connect(neo4j_settings) as driver:
        nodes, edges = held_content(driver)
    assert len(nodes) <= len(BASE["orgs"]) + len(BASE["persons"]) + 1
    assert not edges


def test_graph_of_another_workspace_is_not_overwritten(
    workspace: Workspace, neo4j_settings: Neo4jSettings, tmp_path: Path
) -> None:
    store(workspace, BASE)
    push(workspace, neo4j_settings)
    other = Workspace(tmp_path / "other")
    store(other, {"persons": BASE["persons"]})
    with pytest.raises(ServerError, match="pushed from another workspace"):
        push(other, neo4j_settings)
    assert_shows(workspace, neo4j_settings)
    push(other, neo4j_settings, full=True)
    assert_shows(other, neo4j_settings)


def test_batches_are_bounded_by_bytes(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    tenders = [
        {"tender_id": f"T{i}", "buyer_id": "O1", "title": "长" * (3_000 if i % 5 else 30_000)} for i in range(40)
    ]
    store(workspace, {"tenders": tenders})
    steps: list[int] = []

    def note(name: str, done: int, total: int) -> None:
        if name == "Tender":
            steps.append(done)

    push(workspace, neo4j_settings.model_copy(update={"batch_bytes": 20_000}), progress=note)
    sizes = [b - a for a, b in zip([0, *steps], steps, strict=False)]
    assert max(sizes) == 2  # 9,000 bytes each
    assert min(sizes) == 1  # 90,000 bytes: more than a batch, and still written
    assert_shows(workspace, neo4j_settings)


def test_query_is_read_only_and_checked(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    snapshot = store(workspace, BASE)
    push(workspace, neo4j_settings)
    graph = Neo4jGraph.open(neo4j_settings, snapshot.id)
    rows = graph.run(
        "UNWIND $ids AS id MATCH (b:Bid {id: id}) RETURN b.id AS id, b.price AS price ORDER BY id",
        {"ids": ["B1", "B2"]},
    )
    assert rows["id"].tolist() == ["B1", "B2"]
    assert str(rows["price"].dtype) == "Int64"
    with pytest.raises(ServerError, match="tries to write"):
        graph.run("CREATE (n:Bid {id: 'x'}) RETURN n.id", {})
    with pytest.raises(ServerError, match="refuses the query"):
        graph.run("MATCH (b:Bid RETURN b.id", {})
    with pytest.raises(ServerError, match="whole node"):
        graph.run("MATCH (b:Bid) RETURN b", {})
    graph.close()


def test_graph_of_another_snapshot_is_not_queried(workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    first = store(workspace, BASE)
    with pytest.raises(ServerError, match=rf"shows snapshot –, the current one is {first.id}"):
        Neo4jGraph.open(neo4j_settings, first.id)
    push(workspace, neo4j_settings)
    graph = Neo4jGraph.open(neo4j_settings, first.id)
    second = store(workspace, CHANGES["a value"][0])

    def meanwhile(name: str, done: int, total: int) -> None:
        with pytest.raises(ServerError, match=f"being brought to snapshot {second.id}"):
            graph.run("RETURN 1 AS one", {})

    push(workspace, neo4j_settings, progress=meanwhile)
    with pytest.raises(ServerError, match=f"shows snapshot {second.id}"):
        graph.run("RETURN 1 AS one", {})
    graph.close()


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds=st.lists(WORLDS, min_size=2, max_size=2))
def test_any_sequence_of_snapshots_is_followed(
    worlds: list[World], neo4j_settings: Neo4jSettings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    workspace = Workspace(tmp_path_factory.mktemp("worlds"))
    for number, world in enumerate(worlds):
        store(workspace, world)
        push(workspace, neo4j_settings, full=number == 0)
        assert_shows(workspace, neo4j_settings)

"""The graph, the timeline and the rows behind each finding of a province; profiles, matches and overviews."""

from __future__ import annotations

import csv
from typing import Any

import orjson
import pytest

from graph.snapshot import Workspace
from queries.explore import Explorer
from queries.profiles import configure
from queries.registry import DETECTORS
from queries.session import scan_workspace
from tests.queries.explore.conftest import TOWN, Make


@pytest.fixture(scope="module")
def documents(province_workspace: Workspace) -> list[dict[str, Any]]:
    """The first two findings of every detector that has any."""
    result = scan_workspace(province_workspace, configure(DETECTORS))
    chosen: dict[str, list[dict[str, Any]]] = {}
    for finding in result.findings:
        if len(chosen.setdefault(finding.detector, [])) < 2:
            chosen[finding.detector].append(orjson.loads(finding.as_json()))
    assert len(chosen) > 30
    return [document for found in chosen.values() for document in found]


def test_graph_holds_what_the_finding_names(province: Explorer, documents: list[dict[str, Any]]) -> None:
    unknown = 0
    for document in documents:
        graph = province.finding_graph(document)
        keys = {node.key for node in graph.nodes}
        assert keys >= set(document["evidence"]["nodes"]), document["detector"]
        ids = {node.id for node in graph.nodes}
        assert all(ids.issuperset((edge.source, edge.target)) for edge in graph.edges)
        assert len({edge.id for edge in graph.edges}) == len(graph.edges)
        own = [edge for edge in graph.edges if edge.own]
        assert {edge.type for edge in own} == {link["type"] for link in document["evidence"]["edges"]}
        assert graph.complete
        unknown += sum(node.kind == "other" and node.label == "Other" for node in graph.nodes)
    assert unknown <= len(documents) / 10  # assets and platforms are no nodes of the graph


def test_edges_with_a_row_lead_to_it(province: Explorer, documents: list[dict[str, Any]]) -> None:
    for document in documents:
        refs = {edge.ref for edge in province.finding_graph(document).edges if edge.ref}
        assert {row.ref for row in province.records(refs)} == refs, document["detector"]


def test_records_are_the_rows_of_the_files(
    province: Explorer, province_workspace: Workspace, documents: list[dict[str, Any]]
) -> None:
    files: dict[str, list[list[str]]] = {}
    for document in documents:
        records = province.finding_records(document)
        assert [row.ref for row in records] == [record["ref"] for record in document["evidence"]["records"]]
        for row in records[:3]:
            path = province_workspace.path.parent / "source" / row.file
            lines = files.setdefault(row.file, list(csv.reader(path.open(encoding="utf-8"))))
            original = dict(zip(lines[0], lines[row.row - 1], strict=True))
            for column in ("tender_id", "bid_id", "payment_id", "org_id", "debt_id", "price"):
                if column in row.columns:
                    assert row.columns[column] == original[column]


def test_timelines_are_in_order(province: Explorer, documents: list[dict[str, Any]]) -> None:
    dated = 0
    for document in documents:
        timeline = province.finding_timeline(document)
        days = [event.day for event in timeline.events if event.day is not None]
        assert days == sorted(days)
        assert timeline.total == len(timeline.events)
        dated += bool(days)
    assert dated > len(documents) / 2


def test_a_timeline_pages_without_loss(town: Explorer) -> None:
    whole = town.timeline("Party/O1").as_dict()
    assert whole["total"] == len(whole["events"])
    assert any(event["type"] == "sanction" and event["day"] == "2023-01-01" for event in whole["events"])
    assert [e["day"] for e in whole["events"] if e["day"]] == sorted(e["day"] for e in whole["events"] if e["day"])
    paged = [e for n in range(whole["total"]) for e in town.timeline("Party/O1", limit=1, offset=n).as_dict()["events"]]
    assert paged == whole["events"]


def test_subgraph_has_every_edge_among_the_nodes(town: Explorer) -> None:
    graph = town.subgraph(["Party/O1", "Party/G1", "Party/P1", "Party/nobody"])
    assert [node.id for node in graph.nodes] == ["Party/O1", "Party/G1", "Party/P1"]
    assert sorted(edge.type for edge in graph.edges) == ["PAID", "PAID", "PAID", "POST"]


def test_profile(town: Explorer) -> None:
    profile = town.profile("O1")
    assert (profile.bids, profile.won) == (1, 1)
    assert profile.record is not None
    assert profile.record.columns["uscc"] == "91380102MA0000001X"


def test_match_says_why(town: Explorer) -> None:
    found = town.match(
        {
            "code": {"uscc": "９１３80102ma0000001X"},
            "name": {"name": "岚州建设(集团)有限责任公司", "region": "380100"},
            "person": {"name": "李四"},
            "nothing": {"name": "；DROP TABLE%"},
            "empty": {},
        },
        threshold=0.5,
    )
    assert [(c.node.key, c.score) for c in found["code"].items] == [("O1", 1.0)]
    best = found["name"].items[0]
    assert (best.node.key, best.score) == ("O1", 1.0)
    assert [f.feature for f in best.features] == ["name", "region"]
    assert [(c.node.key, c.score) for c in found["person"].items] == [("P2", 0.6)]
    assert "同名" in found["person"].items[0].features[0].text.zh
    assert found["nothing"].total == found["empty"].total == 0


def test_match_lowers_what_differs_and_leaves_out_the_excluded(town: Explorer) -> None:
    query = {"q": {"name": "岚州建设（集团）有限公司", "uscc": "91380102MA0000002Y"}}
    scores = {c.node.key: c.score for c in town.match(query, threshold=0)["q"].items}
    assert scores["O1"] == 0.5
    assert scores["O3"] > scores["O1"]  # it has no code that could differ
    assert all(c.node.key != "O1" for c in town.match(query, threshold=0, exclude=["O1"])["q"].items)
    assert all(c.node.key != "O1" for c in town.match(query, threshold=0, regions=["380200"])["q"].items)


def test_prices_of_a_tender(town: Explorer) -> None:
    prices = town.tender_prices("T1")
    assert prices["ceiling"] == 100_000
    assert [(bid["bidder"], bid["price"]) for bid in prices["bids"]] == [
        ("岚州建设（集团）有限公司", 90_000),
        ("岚州建设", 95_000),
    ]
    assert prices["statistics"]["variation"] == pytest.approx(3.8222, abs=1e-4)


def test_overview_keeps_to_its_scope(province: Explorer) -> None:
    whole = province.overview()
    regions = [row["region"] for row in whole["volumes"]]
    one = province.overview(regions=[regions[0]])
    assert [row["region"] for row in one["volumes"]] == [regions[0]]
    parts = [province.overview(regions=[region])["volumes"][0] for region in regions]
    assert sum(row["bids"] for row in parts) == sum(row["bids"] for row in whole["volumes"]) > 0
    assert province.overview(regions=[])["arrears"] == province.overview(agencies=[])["arrears"] == []
    balances = {row["month"]: row for row in whole["arrears"]}
    assert all(row["closing"] >= 0 for row in balances.values())


def test_communities_are_groups_that_met(province: Explorer) -> None:
    found = province.communities(3)
    assert found["total"] == len(found["communities"])
    for community in found["communities"]:
        size = len(community["firms"])
        assert size >= 3
        assert [len(row) for row in community["matrix"]] == [size] * size
        assert community["meetings"] > 0


def test_graph_shows_who_stands_between_a_person_and_a_firm(explore: Make) -> None:
    town = explore({**TOWN, "kinship": [{"person_a": "P1", "person_b": "P2", "relation": "sibling"}]})
    document = {
        "entities": [{"id": "P1", "kind": "person", "role": "official"}, {"id": "O1", "kind": "org", "role": "winner"}],
        "evidence": {"nodes": ["O1", "P1"], "edges": []},
    }
    graph = town.finding_graph(document)
    assert {node.key for node in graph.nodes} == {"P1", "P2", "O1"}  # kin of the one, head of the other
    ties = {(edge.type, edge.source, edge.target) for edge in graph.edges}
    assert ("ROLE", "Party/P2", "Party/O1") in ties
    assert any(kind == "KIN" and {a, b} == {"Party/P1", "Party/P2"} for kind, a, b in ties)
    assert not any(edge.own for edge in graph.edges)

"""What a graph is filled with."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.embedded import EmbeddedGraph, build
from graph.projection import Part
from graph.snapshot import Workspace
from graph.tables import open_tables
from tests.graph.worlds import store


def test_whole_numbers_stay_whole_beside_unknown_ones(tmp_path: Path) -> None:
    # As floats they would divide differently on an engine that keeps them whole.
    workspace = Workspace(tmp_path)
    bids = [
        {"bid_id": f"B{i}", "tender_id": "T", "bidder_id": "O", "price": price} for i, price in ((1, 301), (2, None))
    ]
    snapshot = store(workspace, {"bids": bids})
    graph = EmbeddedGraph(build(open_tables(snapshot, workspace.secret())), snapshot.id)
    rows = graph.run("MATCH (b:Bid) RETURN b.id AS id, b.price / 2 AS half ORDER BY id", {})
    assert rows["half"].tolist()[:1] == [150]
    assert rows["half"].isna().tolist() == [False, True]


def test_reference_to_a_row_that_no_table_has_becomes_a_stub(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    snapshot = store(workspace, {"bids": [{"bid_id": "B", "tender_id": "T", "bidder_id": "O"}]})
    graph = EmbeddedGraph(build(open_tables(snapshot, workspace.secret())), snapshot.id)
    rows = graph.run("MATCH (o:Party)-[:SUBMITTED]->(:Bid)-[:BID_FOR]->(t:Tender) RETURN o.stub AS o, t.stub AS t", {})
    assert rows.to_dict("records") == [{"o": True, "t": True}]


@pytest.mark.parametrize(
    ("text", "labels", "types"),
    [
        ("MATCH (c:Party {id: a.x})-[p1:PAID]->(m)", {"Party"}, {"PAID"}),
        ("MATCH (b:Bid)-[:BID_FOR|SUBMITTED*1..2]-(x)", {"Bid", "Tender", "Party"}, {"BID_FOR", "SUBMITTED"}),
        ("MATCH (o:Org:Party)", {"Org", "Party"}, set()),
    ],
)
def test_a_part_holds_what_a_query_names(text: str, labels: set[str], types: set[str]) -> None:
    part = Part.named_in([text])
    assert part is not None
    assert part.labels == labels
    assert part.types == types


@pytest.mark.parametrize("text", ["MATCH (a)-[r]->(b)", "MATCH (a)-->(b)", "MATCH (a)-[*1..3]-(b)", "MATCH (a)--(b)"])
def test_a_query_over_any_edge_needs_the_whole_graph(text: str) -> None:
    assert Part.named_in([text]) is None


def test_a_part_answers_as_the_whole(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    paid = [
        {"payment_id": f"P{i}", "payer_id": "A", "payee_id": "B", "amount": i, "paid_on": "2024-01-01"} for i in "12"
    ]
    orgs = [{"org_id": name, "name": name} for name in "AC"]  # B is named by the payments alone, and nobody pays C
    bids = [{"bid_id": "X", "tender_id": "T", "bidder_id": "A"}]
    snapshot = store(workspace, {"payments": paid, "bids": bids, "orgs": orgs})
    query = "MATCH (a:Party)-[p:PAID]->(b:Party) RETURN a.id AS a, b.id AS b, p.amount AS amount ORDER BY amount"
    answers, sizes = [], []
    for part in (None, Part.named_in([query])):
        graph = build(open_tables(snapshot, workspace.secret()), part=part)
        answers.append(EmbeddedGraph(graph, snapshot.id).run(query, {}).to_dict("records"))
        sizes.append(sum(graph.node_type_counts().values()))
    assert answers[0] == answers[1] != []
    assert sizes[1] == 2 < sizes[0]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("UNWIND $anchors AS a MATCH (c:Party {id: a.x})-[p1:PAID]->(m:Party) RETURN p1.day AS day", set()),
        ("MATCH (b:Bid) MATCH (p:Party)-[:SUBMITTED]->(b)", {"Bid"}),
        ("MATCH (o:Org), (p:Party)-[:PAID]->(o)", {"Org"}),
        ("MATCH (t:Tender WHERE t.region = 'x')<-[:BID_FOR]-(b:Bid)", {"Tender"}),
    ],
)
def test_a_part_holds_nodes_without_edges_where_a_query_may_meet_them(text: str, whole: set[str]) -> None:
    part = Part.named_in([text])
    assert part is not None
    assert part.whole == whole


@pytest.mark.parametrize("text", ["MATCH (n {id: 'x'}) RETURN n.id", "MATCH (a:Party)-[:PAID*0..2]->(b:Party)"])
def test_a_query_over_nodes_of_any_label_needs_the_whole_graph(text: str) -> None:
    assert Part.named_in([text]) is None

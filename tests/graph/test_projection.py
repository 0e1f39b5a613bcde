"""What a graph is filled with."""

from __future__ import annotations

from pathlib import Path

from graph.embedded import EmbeddedGraph, build
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

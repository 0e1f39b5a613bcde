"""Projections to networkit and NetworkX."""

from __future__ import annotations

from pathlib import Path

import networkit as nk
import networkx as nx
import numpy as np
import pytest

from graph.networks import to_networkit, to_networkx
from graph.snapshot import Workspace
from graph.tables import open_tables
from loaders.load import load
from tests.queries.casefiles import write_tables


def test_networkit_adds_up_parallel_edges_and_keeps_ids() -> None:
    network = to_networkit(["b", "a", "a", "c"], ["a", "b", "c", "d"], [1, 2, 5, 7])
    assert network.ids.tolist() == ["a", "b", "c", "d"]
    edges = {(network.ids[u], network.ids[v]): network.graph.weight(u, v) for u, v in network.graph.iterEdges()}
    assert {tuple(sorted(pair)): weight for pair, weight in edges.items()} == {
        ("a", "b"): 3,
        ("a", "c"): 5,
        ("c", "d"): 7,
    }


def test_networkit_keeps_direction_where_it_counts() -> None:
    network = to_networkit(["a", "b"], ["b", "a"], directed=True)
    assert network.graph.isDirected()
    assert network.graph.numberOfEdges() == 2


def test_networkit_agrees_with_networkx_on_components() -> None:
    rng = np.random.default_rng(7)
    source, target = rng.integers(0, 300, 250).astype(str), rng.integers(0, 300, 250).astype(str)
    network = to_networkit(source, target)
    components = nk.components.ConnectedComponents(network.graph)
    components.run()
    ours = {frozenset(network.ids[list(part)]) for part in components.getComponents()}
    peer = nx.Graph(list(zip(source, target, strict=True)))
    assert ours == {frozenset(part) for part in nx.connected_components(peer)}


def test_networkit_takes_no_edges_and_refuses_uneven_arrays() -> None:
    assert to_networkit([], []).graph.numberOfNodes() == 0
    with pytest.raises(ValueError, match="2 sources, 1 targets"):
        to_networkit(["a", "b"], ["c"])


def test_networkx_has_the_neighbours_of_a_party(tmp_path: Path) -> None:
    tables = {
        "orgs": [
            {"org_id": "O1", "name": "甲", "org_type": "private"},
            {"org_id": "G1", "name": "局", "org_type": "government"},
        ],
        "payments": [
            {"payment_id": "P1", "payer_id": "G1", "payee_id": "O1", "amount": 10, "paid_on": "2024-01-01"},
            {"payment_id": "P2", "payer_id": "G1", "payee_id": "O1", "amount": 10, "paid_on": "2024-01-01"},
            {"payment_id": "P3", "payer_id": "G1", "payee_id": "O2", "amount": 10, "paid_on": "2024-01-01"},
        ],
    }
    write_tables(tables, tmp_path / "source")
    workspace = Workspace(tmp_path / "workspace")
    load([tmp_path / "source"], workspace)
    graph = to_networkx(open_tables(workspace.current(), b"k" * 32), ["O1"])
    assert graph.nodes["O1"]["name"] == "甲"
    assert graph.nodes["O1"]["labels"] == ("Org",)
    paid = [data for _, _, data in graph.edges(data=True) if data["type"] == "PAID"]
    assert len(paid) == 2
    assert {data["amount"] for data in paid} == {1000}
    assert "O2" not in graph

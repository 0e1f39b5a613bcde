"""The explorer says the same on the embedded engine and on a real Neo4j server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from graph.neo4j.push import push
from graph.neo4j.settings import Neo4jSettings
from graph.snapshot import Workspace
from queries.explore import Explorer
from tests.queries.explore.conftest import TOWN, Tables

pytestmark = pytest.mark.xdist_group("neo4j")

WORLD = {
    **TOWN,
    "payments": [
        *TOWN["payments"],
        {"payment_id": "Z4", "payer_id": "O1", "payee_id": "O2", "amount": 450, "paid_on": "2024-04-05"},
        {"payment_id": "Z5", "payer_id": "O2", "payee_id": "O3", "amount": 300, "paid_on": "2024-04-10"},
        {"payment_id": "Z6", "payer_id": "O2", "payee_id": "O9", "amount": 100, "paid_on": "2024-04-11"},
    ],
    "debts": [{"debt_id": "D1", "debtor_id": "G1", "creditor_id": "O1", "amount": 500, "due_on": "2023-12-31"}],
    "contracts": [
        {"contract_id": "C1", "buyer_id": "G1", "supplier_id": "O1", "amount": 900, "tender_id": "T1"},
        {"contract_id": "C2", "buyer_id": "O1", "supplier_id": "O2", "amount": 700, "parent_id": "C1"},
    ],
    "bid_members": [{"bid_id": "B1", "person_id": "P2", "role": "technical"}],
}

NODES = ("Party/O1", "Party/G1", "Party/P2", "Tender/T1", "Bid/B1", "Payment/Z1", "Debt/D1", "Contract/C1", "Party/O9")

QUESTIONS: dict[str, Callable[[Explorer], Any]] = {
    "neighbours": lambda x: [x.neighbourhood(node) for node in NODES],
    "doubled": lambda x: [x.neighbourhood("Party/O1", types=["PAID_TO", "PAID_BY"], direction="in")],
    "profile": lambda x: [x.profile("O1"), x.profile("P2")],
    "paths": lambda x: [x.shortest_paths("Party/P1", "Party/O3"), x.shortest_paths("Party/P2", "Debt/D1")],
    "money": lambda x: [x.money_paths("Party/G1", "Party/O3"), x.money_paths("Party/O1", "Party/O2")],
    "common": lambda x: [x.common_neighbours(["Party/O1", "Party/O2", "Party/G1"])],
    "subgraph": lambda x: [x.subgraph(NODES)],
    "timeline": lambda x: [x.timeline(node) for node in NODES],
    "finding": lambda x: [
        x.finding_graph(
            {
                "entities": [
                    {"id": "O1", "kind": "org", "role": "bidder"},
                    {"id": "T1", "kind": "tender", "role": "t"},
                ],
                "evidence": {
                    "nodes": ["O1", "O2", "T1", "P2"],
                    "edges": [{"type": "ROLE", "source": "P2", "target": "O1", "ref": None}],
                },
            }
        )
    ],
}


def test_both_engines_answer_alike(
    made: Callable[[Tables], Workspace], neo4j_settings: Neo4jSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGFENG_SECRET", "a key for the tests alone")
    monkeypatch.setenv("QINGFENG_NEO4J_URI", neo4j_settings.uri)
    monkeypatch.setenv("QINGFENG_NEO4J_PASSWORD", neo4j_settings.password.get_secret_value())
    workspace = made(WORLD)
    push(workspace, neo4j_settings)
    explorers = [Explorer.open(workspace), Explorer.open(workspace, engine="neo4j")]
    assert [explorer.engine.name for explorer in explorers] == ["embedded", "neo4j"]
    for name, ask in QUESTIONS.items():
        embedded, server = ([answer.as_dict() for answer in ask(explorer)] for explorer in explorers)
        assert embedded == server, name
        assert orjson.dumps(embedded) == orjson.dumps(server), name
        assert any(answer.get("paths") or answer.get("graph", answer) for answer in embedded), name
    for explorer in explorers:
        explorer.close()

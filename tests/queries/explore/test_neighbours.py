"""Neighbours: exact counts, a guard, pages without loss, periods and sums."""

from __future__ import annotations

from datetime import date

import orjson
import pytest

from graph.networks import to_networkx
from graph.snapshot import Workspace
from graph.tables import open_tables
from queries.explore import ExploreError, Explorer, NotFoundError
from queries.explore.vocabulary import DOUBLED
from tests.queries.explore.conftest import Make


def test_a_firm_and_its_neighbours(town: Explorer) -> None:
    result = town.neighbourhood("Party/O1")
    assert not result.guarded
    nodes = {node.id: node for node in result.graph.nodes}
    assert {i for i in nodes if i.startswith(("Party/", "Bid/"))} == {"Party/O1", "Party/G1", "Party/P2", "Bid/B1"}
    assert nodes["Party/G1"].kind == "public_body"
    assert nodes["Party/P2"].kind == "person"
    assert result.graph.total == result.graph.shown == len(nodes) - 1
    assert result.graph.complete


def test_kinds_of_parties(town: Explorer) -> None:
    kinds = {key: town.node(f"Party/{key}").kind for key in ("P1", "P2", "G1", "O1", "A1")}
    assert kinds == {"P1": "official", "P2": "person", "G1": "public_body", "O1": "firm", "A1": "agent"}


def test_sums_and_days_of_edges(town: Explorer) -> None:
    edges = {(e.type, e.ref): e for e in town.neighbourhood("Party/O1").graph.edges}
    paid = sorted((e.amount, e.currency, e.day) for (kind, _), e in edges.items() if kind == "PAID")
    assert [(amount, currency) for amount, currency, _ in paid] == [(100, "CNY"), (40_000, "USD"), (50_000, "CNY")]
    (bid,) = [e for (kind, _), e in edges.items() if kind == "SUBMITTED"]
    assert (bid.amount, bid.as_dict()["day"]) == (90_000, "2024-03-01")
    (share,) = [e for (kind, _), e in edges.items() if kind == "OWNS"]
    assert share.share_pct == 60
    assert "60%" in share.text.zh
    (role,) = [e for (kind, _), e in edges.items() if kind == "ROLE"]
    assert "2019-01-01至今" in role.text.zh
    assert "2019-01-01 to today" in role.text.en


def test_counts_do_not_add_up_currencies(town: Explorer) -> None:
    counts = {(c.type, c.direction): c for c in town.neighbourhood("Party/O1").by_type}
    assert counts["PAID", "in"].count == 2
    assert counts["PAID", "in"].amount is None
    assert counts["PAID", "out"].amount == 100


def test_a_loop_is_one_edge_and_no_neighbour(town: Explorer) -> None:
    result = town.neighbourhood("Party/O1", types=["PAID"])
    assert [e for e in result.graph.edges if e.source == e.target != ""] != []
    assert len([e for e in result.graph.edges if e.source == e.target]) == 1
    assert result.graph.total == 1


def test_personal_numbers_never_leave(town: Explorer) -> None:
    said = orjson.dumps(
        [
            town.neighbourhood("Party/O1").as_dict(),
            town.timeline("Party/O1").as_dict(),
            town.profile("O1").as_dict(),
            [row.as_dict() for row in town.records(e.ref for e in town.neighbourhood("Party/O1").graph.edges if e.ref)],
        ]
    ).decode()
    assert "138****1234" in said
    assert "6217****5321" in said
    for number in ("13812341234", "6217000988641975321", "zhangsan@"):
        assert number not in said


def test_guard_shows_nobody_and_says_what_there_is(explore: Make) -> None:
    world = {
        "orgs": [{"org_id": "G", "name": "局", "org_type": "government"}],
        "payments": [
            {"payment_id": f"Z{n}", "payer_id": "G", "payee_id": f"O{n}", "amount": n + 1, "paid_on": "2024-01-01"}
            for n in range(31)
        ],
    }
    explorer = explore(world)
    guarded = explorer.neighbourhood("Party/G")
    assert guarded.guarded
    assert [node.id for node in guarded.graph.nodes] == ["Party/G"]
    assert (guarded.graph.shown, guarded.graph.total, guarded.graph.complete) == (0, 31, False)
    assert [(c.type, c.count, c.nodes, c.amount) for c in guarded.by_type] == [("PAID", 31, 31, 31 * 32 // 2 * 100)]
    opened = explorer.neighbourhood("Party/G", guard=None, limit=5)
    assert [e.amount for e in sorted(opened.graph.edges, key=lambda e: -(e.amount or 0))] == [
        3100,
        3000,
        2900,
        2800,
        2700,
    ]
    assert (opened.graph.shown, opened.graph.total, opened.graph.complete) == (5, 31, False)
    assert not explorer.neighbourhood("Party/G", min_amount=300).guarded
    assert explorer.neighbourhood("Party/G", min_amount=300).graph.total == 29


def test_period_keeps_what_held_then(town: Explorer) -> None:
    def types(**period: date) -> set[str]:
        return {edge.type for edge in town.neighbourhood("Party/O1", **period).graph.edges}  # type: ignore[arg-type]

    assert "PAID" in types(from_day=date(2024, 4, 1), to_day=date(2024, 4, 1))
    assert "PAID" not in types(to_day=date(2024, 3, 31))
    assert "SUBMITTED" in types(from_day=date(2024, 3, 1), to_day=date(2024, 3, 1))
    assert "SUBMITTED" not in types(from_day=date(2024, 3, 2))
    assert "ROLE" not in types(to_day=date(2018, 12, 31))
    assert "ROLE" in types(from_day=date(2030, 1, 1))
    assert "OWNS" in types(to_day=date(1990, 1, 1))  # no day is known, so none rules it out


def test_bundles_count_what_they_stand_for(town: Explorer) -> None:
    (bundle,) = [
        e for e in town.neighbourhood("Party/G1", types=["PAID"], bundle=True).graph.edges if e.target == "Party/O1"
    ]
    assert bundle.bundle is not None
    assert bundle.bundle.as_dict() == {"count": 2, "amount": None, "first": "2024-04-01", "last": "2024-05-01"}


def test_errors_say_what_is_wrong(town: Explorer) -> None:
    with pytest.raises(NotFoundError, match="Party/nobody"):
        town.neighbourhood("Party/nobody")
    with pytest.raises(ExploreError, match="PAYED"):
        town.neighbourhood("Party/O1", types=["PAYED"])
    with pytest.raises(ExploreError):
        town.neighbourhood("Party/O1", limit=-1)
    for node in ("", "/", "Party", "Party/' OR 1=1", "Nonsense/O1", "Party/\ud800"):
        with pytest.raises(NotFoundError):
            town.node(node)


def test_joined_parties_answer_under_both_ids(explore: Make) -> None:
    same = {"name": "甲公司", "org_type": "private", "uscc": "91380102MA0000001X"}
    world = {
        "orgs": [
            {"org_id": "O1", **same},
            {"org_id": "O9", **same},
            {"org_id": "G", "name": "局", "org_type": "government"},
        ],
        "payments": [{"payment_id": "Z", "payer_id": "G", "payee_id": "O9", "amount": 1, "paid_on": "2024-01-01"}],
    }
    explorer = explore(world)
    assert explorer.node("Party/O9").id == "Party/O1"
    assert explorer.neighbourhood("Party/O9").graph.total == 1
    assert [(h.node.key, h.matched_by) for h in explorer.search("O9").items] == [("O1", "id")]


def test_pages_of_the_largest_hubs_are_exactly_the_tables(province: Explorer, province_workspace: Workspace) -> None:
    with open_tables(province_workspace.current(), province_workspace.secret()) as tables:
        hubs = [
            key
            for (key,) in tables.execute(
                "SELECT payer_id FROM payments GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 3"
            ).fetchall()
        ]
        for hub in hubs:
            peer = to_networkx(tables, [hub])
            edges = [
                (data["type"], key)
                for a, b, key, data in peer.edges(keys=True, data=True)
                if hub in (a, b) and data["type"] not in DOUBLED
            ]
            others = {
                n for a, b, d in peer.edges(data=True) if hub in (a, b) and d["type"] not in DOUBLED for n in (a, b)
            }
            node = f"Party/{hub}"
            first = province.neighbourhood(node, guard=None, limit=7)
            pages = [
                province.neighbourhood(node, guard=None, limit=7, offset=offset)
                for offset in range(0, first.graph.total or 0, 7)
            ]
            keys = [n.key for page in pages for n in page.graph.nodes if n.id != node]
            assert len(keys) == len(set(keys)) == first.graph.total
            assert set(keys) == others - {hub}
            shown = [e.id for page in pages for e in page.graph.edges]
            assert len(shown) == len(set(shown)) == len(edges)
            assert sum(c.count for c in first.by_type) == len(edges)

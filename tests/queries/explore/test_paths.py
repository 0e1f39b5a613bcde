"""Paths: the shortest are NetworkX's, money goes forward in time and never grows."""

from __future__ import annotations

import itertools
import random
from datetime import date, timedelta
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.explore import ExploreError, Explorer
from tests.queries.explore.conftest import Make

PARTIES = [f"O{n}" for n in range(10)]
FIRST = date(2024, 1, 1)


def payments(count: int, amounts: list[int], seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    rows = []
    for n in range(count):
        payer, payee = rng.sample(PARTIES, 2)
        day = FIRST + timedelta(days=rng.randrange(90))
        rows.append(
            {
                "payment_id": f"Z{n}",
                "payer_id": payer,
                "payee_id": payee,
                "amount": rng.choice(amounts),
                "paid_on": day.isoformat(),
            }
        )
    return rows


ORGS = [{"org_id": party, "name": f"企业{party}", "org_type": "private"} for party in PARTIES]
EQUAL = payments(60, [100], seed=3)
MIXED = payments(60, [30, 60, 100, 200], seed=4)


@pytest.fixture(scope="module")
def equal(explore: Make) -> Explorer:
    return explore({"orgs": ORGS, "payments": EQUAL})


@pytest.fixture(scope="module")
def mixed(explore: Make) -> Explorer:
    return explore({"orgs": ORGS, "payments": MIXED})


def day_of(row: dict[str, Any]) -> int:
    return (date.fromisoformat(row["paid_on"]) - date(1970, 1, 1)).days


def by_hand(rows: list[dict[str, Any]], first: str, last: str, hops: int, rest: int) -> set[tuple[str, ...]]:
    """Every sequence of parties over which payments follow each other in time, by trying all."""
    found = set()
    stack: list[tuple[tuple[str, ...], int | None]] = [((first,), None)]
    while stack:
        path, day = stack.pop()
        for row in rows:
            if row["payer_id"] != path[-1] or (day is not None and not day <= day_of(row) <= day + rest):
                continue
            payee = row["payee_id"]
            if payee == last:
                found.add((*path, payee))
            elif payee not in path and len(path) < hops:
                stack.append(((*path, payee), day_of(row)))
    return found


ends = st.sampled_from(PARTIES)


@settings(max_examples=60, deadline=None)
@given(first=ends, last=ends, hops=st.integers(1, 4), rest=st.integers(0, 40))
def test_with_equal_sums_money_takes_every_way_that_time_allows(
    equal: Explorer, first: str, last: str, hops: int, rest: int
) -> None:
    result = equal.money_paths(
        f"Party/{first}", f"Party/{last}", max_hops=hops, within_days=rest, min_ratio=0.01, limit=10_000
    )
    assert result.complete
    ours = {tuple(node.partition("/")[2] for node in path.nodes) for path in result.paths}
    assert ours == by_hand(EQUAL, first, last, hops, rest)


@settings(max_examples=60, deadline=None)
@given(first=ends, last=ends, hops=st.integers(1, 4), rest=st.integers(0, 40), ratio=st.sampled_from([0.3, 0.5, 1.0]))
def test_no_payment_is_more_than_was_just_received(
    mixed: Explorer, first: str, last: str, hops: int, rest: int, ratio: float
) -> None:
    result = mixed.money_paths(
        f"Party/{first}", f"Party/{last}", max_hops=hops, within_days=rest, min_ratio=ratio, limit=10_000
    )
    edges = {edge.id: edge for edge in result.graph.edges}
    everything = [edges[i] for i in dict.fromkeys(i for path in result.paths for i in path.edges)]
    possible = by_hand(MIXED, first, last, hops, rest)
    for path in result.paths:
        assert tuple(node.partition("/")[2] for node in path.nodes) in possible
        steps = set(itertools.pairwise(path.nodes))
        assert {(edges[i].source, edges[i].target) for i in path.edges} == steps
        for edge in (edges[i] for i in path.edges if edges[i].source != f"Party/{first}"):
            assert edge.day is not None
            assert edge.amount is not None
            received = sum(
                e.amount or 0
                for e in everything
                if e.target == edge.source and e.day is not None and edge.day - rest <= e.day <= edge.day
            )
            assert edge.amount <= received


def test_structured_sums_add_up_and_lone_large_ones_do_not(explore: Make) -> None:
    def pay(number: int, payer: str, payee: str, amount: int, day: str) -> dict[str, Any]:
        return {"payment_id": f"Z{number}", "payer_id": payer, "payee_id": payee, "amount": amount, "paid_on": day}

    explorer = explore(
        {
            "orgs": [*ORGS, {"org_id": "G", "name": "国库", "org_type": "government"}],
            "payments": [
                pay(1, "O0", "O1", 40, "2024-01-01"),
                pay(2, "O0", "O1", 60, "2024-01-03"),
                pay(3, "O1", "O2", 95, "2024-01-05"),  # two sums together
                pay(4, "O1", "O3", 500, "2024-01-05"),  # more than came in: other business
                pay(5, "O2", "O0", 90, "2023-12-31"),  # before the money was there
                pay(6, "O0", "G", 50, "2024-01-02"),
                pay(7, "G", "O4", 50, "2024-01-03"),  # the treasury's money is nobody's
            ],
        }
    )
    (path,) = explorer.money_paths("Party/O0", "Party/O2").paths
    assert len(path.edges) == 3
    assert "95.00 元" in path.text.zh
    assert explorer.money_paths("Party/O0", "Party/O3").paths == ()
    assert explorer.money_paths("Party/O0", "Party/O0").paths == ()
    assert explorer.money_paths("Party/O0", "Party/O4").paths == ()
    assert len(explorer.money_paths("Party/O0", "Party/O4", through_treasuries=True).paths) == 1


@settings(max_examples=60, deadline=None)
@given(first=ends, last=ends, hops=st.integers(1, 6))
def test_shortest_paths_are_those_of_networkx(mixed: Explorer, first: str, last: str, hops: int) -> None:
    peer: nx.Graph[str] = nx.Graph([(row["payer_id"], row["payee_id"]) for row in MIXED])
    result = mixed.shortest_paths(f"Party/{first}", f"Party/{last}", types=["PAID"], max_hops=hops, limit=1_000)
    expected = {tuple(path) for path in nx.all_shortest_paths(peer, first, last)}
    expected = {path for path in expected if len(path) - 1 <= hops}
    assert {tuple(node.partition("/")[2] for node in path.nodes) for path in result.paths} == expected
    assert result.complete
    ids = {edge.id for edge in result.graph.edges}
    assert all(ids.issuperset(path.edges) for path in result.paths)


def test_paths_cross_all_kinds_of_nodes_and_avoid_hubs_first(town: Explorer) -> None:
    result = town.shortest_paths("Party/O2", "Party/O1")
    lengths = {len(path.nodes) for path in result.paths}
    assert lengths == {3}
    (middle,) = {path.nodes[1] for path in result.paths}
    assert middle.startswith("Contact/phone:")
    assert result.paths[0].text.zh.startswith("岚州建设 —联系方式→ 138****1234 —使用人→ ")


def test_common_neighbours_are_linked_to_two_at_least(town: Explorer) -> None:
    graph = town.common_neighbours(["Party/O1", "Party/O2"])
    added = {node.id for node in graph.nodes} - {"Party/O1", "Party/O2"}
    assert {node.partition(":")[0] for node in added} == {"Contact/phone"}
    assert (graph.shown, graph.total, graph.complete) == (1, 1, True)


def test_limits_are_said(town: Explorer) -> None:
    with pytest.raises(ExploreError):
        town.shortest_paths("Party/O1", "Party/O2", max_hops=99)
    with pytest.raises(ExploreError):
        town.money_paths("Party/O1", "Tender/T1")
    with pytest.raises(ExploreError):
        town.money_paths("Party/O1", "Party/O2", min_ratio=0)

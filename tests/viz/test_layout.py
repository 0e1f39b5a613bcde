"""Where nodes stand: pinned ones stay, the rest is readable, the order of the input does not matter."""

from __future__ import annotations

import itertools
import math
import random

import networkx as nx
import pytest

from viz.layout import HEIGHT, HOP, WIDTH, Position, positions

Links = list[tuple[str, str]]


def _lead() -> tuple[list[str], Links]:
    """A debtor that pays a creditor, which pays six firms; a pair and a single beside them."""
    links = [("buyer", "debt"), ("debt", "creditor"), *(("creditor", f"firm{n}") for n in range(6)), ("a", "b")]
    return sorted({end for link in links for end in link} | {"alone"}), links


def _distance(one: Position, other: Position) -> float:
    return math.dist(one, other)


def test_no_node_covers_another() -> None:
    nodes, links = _lead()
    place = positions(nodes, links)
    assert place.keys() == set(nodes)
    for one, other in itertools.combinations(nodes, 2):
        (x, y), (u, v) = place[one], place[other]
        assert math.hypot((x - u) / WIDTH, (y - v) / HEIGHT) > 0.9, (one, other)


def test_neighbours_stand_nearer_than_strangers() -> None:
    nodes, links = _lead()
    place = positions(nodes, links)
    assert _distance(place["buyer"], place["debt"]) < _distance(place["buyer"], place["creditor"])
    assert HOP / 2 < _distance(place["buyer"], place["debt"]) < HOP * 2


def test_the_order_of_nodes_and_edges_does_not_matter() -> None:
    graph = nx.gnm_random_graph(150, 220, seed=4)
    nodes, links = [f"n{n}" for n in graph], [(f"n{a}", f"n{b}") for a, b in graph.edges]
    first = positions(nodes, links)
    random.Random(1).shuffle(nodes)
    assert positions(nodes, [(b, a) for a, b in reversed(links)] + links[:9]) == first


@pytest.mark.parametrize("held", [1, 2, 9])
def test_pinned_nodes_keep_their_place_to_the_last_bit(held: int) -> None:
    nodes, links = _lead()
    pinned = {node: (137.123456789 * n, -41.987654321 * n) for n, node in enumerate(sorted(nodes)[:held])}
    place = positions(nodes, links, pinned)
    assert {node: place[node] for node in pinned} == pinned
    assert all(math.isfinite(x) and math.isfinite(y) for x, y in place.values())


def test_an_expansion_stands_near_what_it_grew_from() -> None:
    nodes, links = _lead()
    before = positions(nodes, links)
    grown = [("firm3", f"new{n}") for n in range(12)]
    after = positions([*nodes, *(new for _, new in grown)], links + grown, before)
    assert {node: after[node] for node in before} == before
    for _, new in grown:
        assert _distance(after[new], after["firm3"]) < 4 * HOP


def test_a_new_component_stays_clear_of_what_is_pinned() -> None:
    place = positions(["a", "b", "c", "d"], [("a", "b"), ("c", "d")], {"a": (0.0, 0.0), "b": (500.0, 300.0)})
    assert min(place["c"][1], place["d"][1]) >= 300 + HEIGHT


def test_odd_input_is_laid_out_too() -> None:
    assert positions([], []) == {}
    assert set(positions(["a"], [("a", "a"), ("a", "gone")], {"gone": (1.0, 1.0)})) == {"a"}
    together = positions(["a", "b", "c"], [("a", "b"), ("b", "c")], {"a": (5.0, 5.0), "b": (5.0, 5.0)})
    assert together["a"] == together["b"] == (5.0, 5.0)
    assert together["c"] != (5.0, 5.0)

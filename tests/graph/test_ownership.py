"""Effective ownership and control against values worked out by hand, and against the definition on random graphs."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from graph.ownership import Control, OwnershipError, Stakes, effective_shares, ultimate_controllers
from loaders.adapter import Notes
from loaders.bods import read_bods

Edge = tuple[str, str, float | None] | tuple[str, str, float | None, bool]


def stakes(*edges: Edge) -> Stakes:
    return Stakes.of(
        [e[0] for e in edges], [e[1] for e in edges], [e[2] for e in edges], [len(e) > 3 and bool(e[3]) for e in edges]
    )


def percent(of: Stakes, holder: str, org: str, max_links: int | None = None) -> float:
    ids = list(of.ids)
    found = effective_shares(of, [ids.index(org)], max_links)
    return round(100 * float(found[ids.index(holder), 0]), 6)


def controllers(*edges: Edge, max_links: int = 6) -> dict[str, str]:
    return ultimate_controllers(stakes(*edges), max_links).mapping()


# Effective ownership


def test_shares_multiply_along_a_chain_and_add_up_over_chains() -> None:
    diamond = stakes(("P", "B", 60), ("P", "C", 50), ("B", "A", 40), ("C", "A", 20), ("P", "A", 5))
    assert percent(diamond, "P", "A") == 5 + 0.6 * 40 + 0.5 * 20
    assert percent(diamond, "P", "A", max_links=1) == 5
    assert percent(diamond, "B", "A") == 40
    assert percent(diamond, "A", "P") == 0


def test_circles_are_summed_to_their_limit() -> None:
    # P and B hold half of A each, A holds all of B: P gets 50 + 25 + 12.5 + … = all of A's profits.
    circle = stakes(("P", "A", 50), ("B", "A", 50), ("A", "B", 100))
    assert percent(circle, "P", "A") == 100
    assert [percent(circle, "P", "A", max_links=n) for n in (1, 2, 3, 5)] == [50, 50, 75, 87.5]


def test_outside_owners_get_the_whole_of_a_firm() -> None:
    # Three firms with cross-holdings, the rest of each held by one person: x = (I - W)^-1 W by hand.
    firms = stakes(("P1", "A", 70), ("B", "A", 30), ("P2", "B", 80), ("C", "B", 20), ("P3", "C", 90), ("A", "C", 10))
    found = [percent(firms, person, "A") for person in ("P1", "P2", "P3")]
    around = 1 / (1 - 0.3 * 0.2 * 0.1)
    assert found == pytest.approx([70 * around, 24 * around, 5.4 * around])
    assert sum(found) == pytest.approx(100)


def test_stakes_from_which_nothing_follows_are_refused() -> None:
    with pytest.raises(OwnershipError, match="A add up to 110 %"):
        percent(stakes(("P", "A", 60), ("Q", "A", 50)), "P", "A")
    closed = stakes(("B", "A", 100), ("A", "B", 100), ("A", "C", 10))
    with pytest.raises(OwnershipError, match="wholly to a circle"):
        percent(closed, "A", "C")
    assert percent(closed, "A", "C", max_links=6) == 30, "10 directly and twice around the circle"
    with pytest.raises(OwnershipError, match="Q holds 101 % of A"):
        stakes(("P", "A", 60), ("Q", "A", 101))


# Control


def test_a_majority_at_every_link() -> None:
    assert controllers(("P", "B", 60), ("B", "A", 60)) == {"A": "P", "B": "P"}, "although 36 % of A"
    assert controllers(("P", "B", 60), ("B", "A", 50)) == {"B": "P"}, "a half is no majority"
    assert controllers(("P", "A", 50.1), ("Q", "A", 49.9)) == {"A": "P"}


def test_stakes_of_controlled_firms_add_up() -> None:
    assert controllers(("P", "B", 60), ("B", "A", 30), ("P", "A", 25)) == {"A": "P", "B": "P"}
    assert controllers(("P", "B", 60), ("P", "C", 60), ("B", "A", 30), ("C", "A", 21)) == {"A": "P", "B": "P", "C": "P"}
    assert controllers(("P", "B", 40), ("B", "A", 30), ("P", "A", 25)) == {}, "B is not P's"


@pytest.mark.parametrize("parts", [3, 5, 7])
def test_a_half_in_parts_is_no_majority(parts: int) -> None:
    halves = [e for i in range(parts) for e in (("P", f"F{i}", 100.0), (f"F{i}", "A", 50 / parts))]
    assert "A" not in controllers(*halves)


def test_a_majority_may_depend_on_another() -> None:
    found = controllers(("P", "B", 51), ("B", "C", 30), ("P", "C", 30), ("C", "D", 30), ("B", "D", 30))
    assert found == {"B": "P", "C": "P", "D": "P"}


def test_stated_control_needs_no_share() -> None:
    assert controllers(("P", "A", None, True)) == {"A": "P"}
    assert controllers(("P", "A", None, True), ("Q", "A", 90)) == {"A": "P"}, "the statement is about the last word"
    assert controllers(("P", "A", None, True), ("Q", "A", None, True)) == {}, "joint control"
    assert controllers(("B", "A", None, True), ("P", "A", None, True), ("P", "B", 60)) == {"A": "P", "B": "P"}


def test_long_chains_are_left_out_and_shown() -> None:
    links = [(f"n{i}", f"n{i + 1}", 60.0) for i in range(8)]
    found = ultimate_controllers(stakes(*links), max_links=6)
    assert found.mapping() == {f"n{i}": "n0" for i in range(1, 7)}
    assert found.chain("n3") == ["n3", "n2", "n1", "n0"]
    assert found.links[list(found.ids).index("n8")] == 8
    with pytest.raises(KeyError):
        found.chain("nobody")


def test_the_chain_runs_over_the_largest_stake() -> None:
    found = ultimate_controllers(stakes(("P", "B", 60), ("P", "C", 60), ("B", "A", 20), ("C", "A", 40)))
    assert found.chain("A") == ["A", "C", "P"]


def test_firms_that_control_each_other_have_nobody_above_them() -> None:
    found = ultimate_controllers(stakes(("A", "B", 60), ("B", "A", 60), ("B", "C", 60), ("P", "A", 40)))
    assert found.mapping() == {"B": "A", "C": "A"}
    assert [party for party, mutual in zip(found.ids, found.mutual, strict=True) if mutual] == ["A"]
    three = ultimate_controllers(stakes(("B", "C", 90), ("C", "D", 90), ("D", "B", 90), ("D", "E", 90)))
    assert three.mapping() == {"C": "B", "D": "B", "E": "B"}


def test_what_a_firms_own_subsidiaries_hold_of_it_is_nobodys_vote() -> None:
    found = ultimate_controllers(stakes(("A", "B", 100), ("B", "A", 45), ("P", "A", 55)))
    assert found.mapping() == {"A": "P", "B": "P"}
    both = stakes(("A", "B", 100), ("A", "C", 100), ("B", "A", 30), ("C", "A", 30))
    assert ultimate_controllers(both).mapping() == {"B": "A", "C": "A"}
    assert controllers(("A", "B", 40), ("A", "C", 60), ("C", "A", 60)) == {"C": "A"}, "a circle of two, nobody above"


def test_thresholds() -> None:
    edges = stakes(("P", "A", 60))
    assert ultimate_controllers(edges, threshold=66.6).mapping() == {}
    for wrong in (49.9, 100.0):
        with pytest.raises(OwnershipError, match="threshold"):
            ultimate_controllers(edges, threshold=wrong)
    assert ultimate_controllers(stakes()).mapping() == {}


def by_definition(edges: list[tuple[str, str, float]]) -> dict[str, set[str]]:
    """Company control as it is defined: for each party alone, add firms until nothing changes."""
    parties = {p for edge in edges for p in edge[:2]}
    found = {}
    for x in parties:
        controlled: set[str] = set()
        while True:
            held: dict[str, float] = {}
            for holder, org, share in edges:
                if (holder == x or holder in controlled) and org != x:
                    held[org] = held.get(org, 0) + share
            more = {org for org, share in held.items() if share > 50} - controlled
            if not more:
                break
            controlled |= more
        found[x] = controlled
    return found


@pytest.mark.parametrize("seed", range(30))
def test_agrees_with_the_definition_and_with_no_order(seed: int) -> None:
    chance = random.Random(seed)
    edges = []
    for org in range(1, 40):
        left = 100
        for holder in chance.sample(range(org), min(org, chance.randint(1, 4))):  # no circles
            share = chance.choice((left, chance.randint(1, left), chance.randint(1, left)))
            left -= share
            edges.append((f"n{holder:02}", f"n{org:02}", float(share)))
            if left == 0:
                break
    defined = by_definition(edges)
    tops = {x for x in defined if not any(x in others for others in defined.values())}
    expected = {org: x for x in tops for org in defined[x]}
    found = ultimate_controllers(stakes(*edges), max_links=100)
    assert found.mapping() == expected
    chance.shuffle(edges)
    again = ultimate_controllers(stakes(*edges), max_links=100)
    assert (again.root == found.root).all()
    assert (again.via == found.via).all()
    targets = range(len(found.ids))
    ways = [effective_shares(stakes(*edges), targets, n).toarray() for n in (None, 100)]
    assert np.allclose(*ways)


# The BODS examples, by hand


def bods(shared_data: Path, name: str, day: str = "2025-01-01") -> Stakes:
    names: dict[str, str] = {}
    edges: list[Edge] = []
    for batch in read_bods(shared_data / "ownership" / f"{name}.json", Notes()):
        rows = batch.rows.to_pylist()
        names |= {r.get("org_id") or r.get("person_id"): r["name"] for r in rows if batch.table in ("orgs", "persons")}
        for row in rows if batch.table == "roles" else ():
            if (row.get("valid_from") or "") <= day <= (row.get("valid_to") or "9999"):
                ends = (names.get(row["holder_id"], row["holder_id"]), names[row["org_id"]])
                if row["kind"] == "shareholder":
                    edges.append((*ends, float(row["share_pct"]) if row["share_pct"] else None))
                elif row["kind"] == "actual_controller":
                    edges.append((*ends, None, True))
    return stakes(*edges)


def of(control: Control) -> dict[str, str]:
    return control.mapping()


def test_state_owned_firm_through_two_chains(shared_data: Path) -> None:
    finland = bods(shared_data, "bods-package-fi-soe")
    assert percent(finland, "Valtiovarainministerio", "Gasgrid Finland Oy") == 100  # 23.5 + 100 x 76.5
    assert of(ultimate_controllers(finland)) == {
        "Gasgrid Finland Oy": "Valtiovarainministerio",
        "Suomen Kaasuverkko Oy": "Valtiovarainministerio",
    }


def test_joint_shareholding(shared_data: Path) -> None:
    joint = bods(shared_data, "joint-ownership")
    assert percent(joint, "Natalie Coleman", "CHRINON LTD") == 50  # 50 x 100
    assert of(ultimate_controllers(joint)) == {"CHRINON LTD": "Joint shareholding"}


def test_control_through_controlled_firms(shared_data: Path) -> None:
    # Person 1 controls B and C, which hold 40 and 20 of A; the file states 60 % indirectly, and control.
    two = bods(shared_data, "mutilple-indirect-ownership-2")
    assert of(ultimate_controllers(two)) == {f"Company {x}": "Person 1" for x in "ABC"}
    # The same without the statement about A: 40 + 20 are a majority in one hand.
    inferred = stakes(("B", "A", 40), ("C", "A", 20), ("P", "B", None, True), ("P", "C", None, True))
    assert of(ultimate_controllers(inferred)) == {"A": "P", "B": "P", "C": "P"}


def test_direct_and_indirect_halves(shared_data: Path) -> None:
    before, after = (
        bods(shared_data, "mixed-direct-and-indirect-ownership", day) for day in ("2018-12-31", "2019-05-01")
    )
    assert of(ultimate_controllers(before)) == {"Company B": "Person 1"}, "half of A through B is no majority"
    assert of(ultimate_controllers(after)) == {"Company A": "Person 1", "Company B": "Person 1"}


def test_chain_with_an_unknown_link(shared_data: Path) -> None:
    chain = bods(shared_data, "indirect-ownership")
    assert of(ultimate_controllers(chain)) == {"Company A": "Company B"}, "who controls B is not stated"


def test_ownership_over_time(shared_data: Path) -> None:
    tops = {
        day: of(ultimate_controllers(bods(shared_data, "tecido", day))).get("Tecido Ltd")
        for day in ("2020-01-01", "2022-01-01", "2024-01-01")
    }
    assert tops == {"2020-01-01": "Maria Esteves", "2022-01-01": "Shear Trust", "2024-01-01": "Shear Trust"}
    fermcat = [of(ultimate_controllers(bods(shared_data, "fermcat", day))) for day in ("2020-01-01", "2023-01-01")]
    assert fermcat == [{}, {"Fermcat Ltd": "Patrick O'Donohue"}], "two halves, then one hand"


def test_several_trustees_control_jointly(shared_data: Path) -> None:
    assert of(ultimate_controllers(bods(shared_data, "levent"))) == {}

"""R057: whose meetings are a rotation, from files and from tables alike."""

from __future__ import annotations

import random
from typing import Any

import duckdb
import pytest

from queries.ocp.rules.r057_bid_rotation import RULE
from queries.ocp.settings import settings_from
from tests.queries.ocp.conftest import Judge, award, bid, flags, of, reasons, release


def meeting(ocid: str, winner: str, *losers: str, price: float = 100, kind: str = "72") -> dict[str, Any]:
    """A process that `winner` won for `price`, with a bid of each of the `losers`."""
    bids = [bid(winner, price), *(bid(loser, price + 10) for loser in losers)]
    return release(ocid, bids, [award(winner, items=[{"classification": {"id": kind}}])])


def turns(*winners: str, kind: str = "72", name: str = "") -> list[dict[str, Any]]:
    """Meetings of all who win, one after the other."""
    firms = sorted(set(winners))
    return [
        meeting(f"{name or kind}-{n}", winner, *(firm for firm in firms if firm != winner), kind=kind)
        for n, winner in enumerate(winners)
    ]


def test_three_who_win_in_turn(judged: Judge) -> None:
    found = judged(*turns("A", "B", "C", "A", "B", "C"), meeting("other", "X", "A", "Y"))
    assert of(found, "R057") == {f"72-{n}": 1.0 for n in range(6)}
    assert {who for who, codes in flags(found)["Tenderer"].items() if "R057" in codes} == {"A", "B", "C"}


@pytest.mark.parametrize(
    ("name", "releases", "settings"),
    [
        ("one won more", turns("A", "B", "A", "B", "A"), {}),
        ("they met too seldom", turns("A", "B", "A", "B"), {"r057_tenders": 5}),
        ("each won too seldom", turns("A", "B", "A", "B"), {"r057_wins": 3}),
        ("the sums differ", [*turns("A", "B", "A"), meeting("dear", "B", "A", price=131)], {}),
        ("others won two in six", [*turns("A", "B", "A", "B"), *(meeting(n, "X", "A", "B") for n in "mn")], {}),
        ("the third never met the second", [*turns("A", "B", "A", "B"), *turns("A", "C", "A", "C", name="x")], {}),
    ],
)
def test_no_rotation(judged: Judge, name: str, releases: list[dict[str, Any]], settings: dict[str, int]) -> None:
    assert of(judged(*releases, **settings), "R057") == {}, name


def test_the_edges_count_as_rotation(judged: Judge) -> None:
    alike = [*turns("A", "B", "A"), meeting("dear", "B", "A", price=130)]  # 200 and 230: 15 % more
    assert len(of(judged(*alike), "R057")) == 4
    one_in_five = [*turns("A", "B", "A", "B"), meeting("other", "X", "A", "B")]
    assert len(of(judged(*one_in_five), "R057")) == 5


def test_its_section_of_the_settings() -> None:
    chosen = settings_from({"": {}, "R057": {"tenders": "6", "wins": "3", "amount_pct": "20", "share_pct": "70"}})
    assert chosen.indicators == ("R057",)
    assert (chosen.r057_tenders, chosen.r057_wins, chosen.r057_amount, chosen.r057_share) == (6, 3, 20, 70)


def test_kinds_of_goods_are_told_apart(judged: Judge) -> None:
    found = judged(*turns("A", "B", "A", "B", kind="7211"), *turns("A", "A", "A", "B", kind="33"))
    assert set(of(found, "R057")) == {f"7211-{n}" for n in range(4)}


def test_what_nobody_paid_for_in_the_main_currency_is_not_judged(judged: Judge) -> None:
    foreign = release("foreign", [bid("A", 100, currency="EUR"), bid("B", 110, currency="EUR")], [award("A")])
    found = judged(*turns("A", "B", "A", "B"), foreign, release("no award", [bid("A", 1), bid("B", 2)]))
    assert len(of(found, "R057")) == 4
    assert reasons(found, "R057") == {"no_winning_price": 1, "no_award": 1}


def test_a_consortium_rotates_as_one_bidder(judged: Judge) -> None:
    joint = [
        release(f"{n}", [bid(["A", "B"], 100), bid("C", 100)], [award(winner)])
        for n, winner in enumerate([["A", "B"], "C", ["B", "A"], "C"])
    ]
    assert len(of(judged(*joint), "R057")) == 4
    assert of(judged(*joint, consortia="exclude"), "R057") == {}


@pytest.mark.parametrize("seed", range(5))
def test_files_and_tables_are_judged_alike(judged: Judge, seed: int) -> None:
    draw = random.Random(seed)
    releases, rows = [], []
    for number in range(400):
        town, kind = draw.randrange(40), draw.choice(["33", "72"])
        firms = draw.sample([f"{town}-{firm}" for firm in range(draw.choice([3, 3, 4]))], draw.choice([2, 3]))
        price = draw.choice([100, 104, 109])
        releases.append(meeting(f"t{number}", firms[0], *firms[1:], price=price, kind=kind))
        rows += [
            (kind, f"t{number}", firm, None, firm == firms[0], price if firm == firms[0] else price + 10)
            for firm in firms
        ]
    database = duckdb.connect()
    database.execute(
        "CREATE TABLE entries (category VARCHAR, tender_id VARCHAR, bidder_id VARCHAR, consortium_id VARCHAR, "
        "is_winner BOOLEAN, price DOUBLE, bid_key AS (tender_id || ' ' || bidder_id))"
    )
    database.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
    cursor = database.execute(RULE.select, RULE.parameters().model_dump())
    place = [column[0] for column in cursor.description].index("refs")
    by_tables = {ref["key"] for row in cursor.fetchall() for ref in row[place]}
    found = judged(*releases)
    (outcome,) = (one for one in found.outcomes if one.code == "R057")
    processes, tenderers = outcome.ties["tenderer"]
    ocids, keys = found.case.columns.ocid, found.case.parties.keys
    by_file = {f"{ocids[row]} {keys[who]}" for row, who in zip(processes.tolist(), tenderers.tolist(), strict=True)}
    assert by_file == by_tables
    assert by_file

"""The rules, where they go beyond the reference implementation or must not follow it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.queries.ocp.conftest import Judge, award, bid, flags, of, reasons, release


def usual(count: int = 8, step: float = 10.0) -> list[dict[str, Any]]:
    """Processes whose winner is `step`, 2 × `step`, … per cent below the second bid."""
    return [
        release(f"usual-{n}", [bid(f"w{n}", 100), bid(f"l{n}", 100 + step * n)], [award(f"w{n}")])
        for n in range(1, count + 1)
    ]


def test_deadlines_are_instants(judged: Judge) -> None:
    def at(ocid: str, date: str, deadline: str) -> dict[str, Any]:
        period = {"tenderPeriod": {"endDate": deadline}}
        return release(ocid, [bid("W", 1, date=date)], [award("W")], tender=period)

    found = judged(
        at("late by offset", "2000-03-15T10:00:00-05:00", "2000-03-15T12:00:00Z"),
        at("on time by offset", "2000-03-15T13:00:00+02:00", "2000-03-15T12:00:00Z"),
        at("same instant", "2000-03-15T14:00:00+02:00", "2000-03-15T12:00:00Z"),
        at("half a second late", "2000-03-15T12:00:00.5Z", "2000-03-15T12:00:00Z"),
        at("on the last day", "2000-03-15T12:00:00Z", "2000-03-15"),
        at("no such day", "2000-02-30T12:00:00Z", "2000-03-15T12:00:00Z"),
    )
    assert of(found, "R030") == {"late by offset": 1.0, "half a second late": 1.0}
    assert reasons(found, "R030") == {"no_bid_date": 1}


def test_period_is_measured_across_offsets(judged: Judge) -> None:
    def period(ocid: str, start: str, end: str) -> dict[str, Any]:
        return release(ocid, tender={"tenderPeriod": {"startDate": start, "endDate": end}})

    found = judged(
        period("15 days", "2000-01-01T00:00:00+05:00", "2000-01-15T19:00:00Z"),
        period("a second less", "2000-01-01T00:00:00+05:00", "2000-01-15T18:59:59Z"),
        period("reversed", "2000-01-02T00:00:00Z", "2000-01-01T00:00:00Z"),
    )
    assert of(found, "R003") == {"a second less": 1.0}
    assert reasons(found, "R003") == {"period_reversed": 1}


def test_single_bidder_by_the_bids_themselves(judged: Judge) -> None:
    method = {"procurementMethod": "open"}
    found = judged(
        release("one bid", [bid("A", 1)], tender=method),
        release("two bids of one", [bid("A", 1), bid("A", 2)], tender=method),
        release("two", [bid("A", 1), bid("B", 2)], tender=method),
        release("invited do not count", [bid("A", 1), bid("B", 2, "invited")], tender=method),
        release("declared", [bid("A", 1)], tender={**method, "numberOfTenderers": 3}),
        release("nobody known", [{"status": "valid"}, {"status": "valid"}], tender=method),
        release("nothing", tender=method),
        release("minus one", tender={**method, "numberOfTenderers": -1}),
    )
    assert set(of(found, "R018")) == {"one bid", "two bids of one", "invited do not count"}
    assert reasons(found, "R018") == {"no_tenderers": 1, "implausible_number": 1}


def test_zero_amounts_are_no_prices(judged: Judge) -> None:
    found = judged(
        *usual(),
        release("winner for nothing", [bid("W", 0), bid("L", 5)], [award("W")]),
        release("two undisclosed", [bid("W", 0), bid("L", 0)], [award("W")]),
        release("disqualified for nothing", [bid("W", 9), bid("L", 0, "disqualified")], [award("W")]),
    )
    assert "winner for nothing" not in flags(found)["OCID"]
    assert reasons(found, "R058")["no_winning_price"] == 2
    assert not of(found, "R028")
    assert not of(found, "R036")


def test_no_fence_from_a_spread_of_zero(judged: Judge) -> None:
    same = [
        release(f"{n}", [bid(f"w{n}", 100), bid(f"l{n}", 110)], [award(f"w{n}")], buyer={"id": f"B{n % 2}"})
        for n in range(10)
    ]
    found = judged(*same)
    assert flags(found) == {}
    for code in ("R024", "R058"):
        assert reasons(found, code) == {"no_spread": 10}
    assert reasons(found, "R038", "Buyer") == {"too_few": 2}
    assert reasons(found, "R048", "Tenderer") == {}


def test_no_fence_from_too_few(judged: Judge) -> None:
    assert reasons(judged(*usual(4)), "R058") == {"too_few": 4}
    assert reasons(judged(*usual(5)), "R058") == {}
    assert reasons(judged(*usual(3), minimum_population=3), "R058") == {}


def test_outliers_are_found_on_both_sides(judged: Judge) -> None:
    close = release("close", [bid("W", 100), bid("L", 101)], [award("W")])
    far = release("far", [bid("W", 100), bid("L", 900)], [award("W")])
    narrow = [release(f"{n}", [bid(f"w{n}", 100), bid(f"l{n}", 130 + n)], [award(f"w{n}")]) for n in range(12)]
    found = judged(*narrow, close, far)
    assert of(found, "R024") == {"close": 0.01}
    assert of(found, "R058") == {"far": 8.0}
    assert flags(found)["Tenderer"] == {"L": {"R024": 0.0}, "W": {"R024": 0.0, "R058": 0.0}}


def test_lots_are_judged_lot_by_lot(judged: Judge) -> None:
    lots = release(
        "lots",
        [
            bid("A", 100, relatedLots=["1"]),
            bid("B", 900, relatedLots=["1"]),
            bid("A", 50, relatedLots=["2"]),
            bid("C", 55, relatedLots=["2"]),
        ],
        [award("A", relatedLots=["1"]), award("C", relatedLots=["2"])],
        tender={"procurementMethod": "open"},
    )
    found = judged(*usual(), lots)
    assert of(found, "R058") == {"lots": 8.0}
    without = {**lots, "bids": {"details": [{**one, "relatedLots": []} for one in lots["bids"]["details"]]}}
    assert reasons(judged(*usual(), without), "R058") == {"several_awards": 1}


def test_same_price_in_different_lots_is_nothing(judged: Judge) -> None:
    def prices(ocid: str, first: str, second: str) -> dict[str, Any]:
        return release(ocid, [bid("A", 7, relatedLots=[first]), bid("B", 7, relatedLots=[second])])

    assert set(of(judged(prices("apart", "1", "2"), prices("together", "1", "1")), "R028")) == {"together"}


def test_a_single_bidder_in_one_lot(judged: Judge) -> None:
    found = judged(
        release(
            "lots",
            [bid("A", 1, relatedLots=["1"]), bid("B", 2, relatedLots=["1"]), bid("A", 1, relatedLots=["2"])],
            tender={"procurementMethod": "open", "numberOfTenderers": 2},
        )
    )
    assert of(found, "R018") == {"lots": 1.0}


def test_one_price_for_several_lots_cannot_be_compared(judged: Judge) -> None:
    lots = release(
        "lots",
        [bid("A", 100, relatedLots=["1", "2"]), bid("B", 900, relatedLots=["1"]), bid("B", 900, relatedLots=["2"])],
        [award("A", relatedLots=["1", "2"])],
    )
    assert reasons(judged(*usual(), lots), "R058") == {"price_for_lots": 1}


def test_a_consortium_is_one_bidder(judged: Judge) -> None:
    joint = release("joint", [bid(["A", "B"], 100), bid("C", 900)], [award(["B", "A"])])
    found = judged(*usual(), joint)
    assert of(found, "R058") == {"joint": 8.0}
    assert set(flags(found)["Tenderer"]) == {"A", "B"}
    assert reasons(judged(*usual(), joint, consortia="exclude"), "R058") == {"consortium": 1}
    alone = release("alone", [bid(["A", "B"], 7), bid("D", 9, "disqualified")], [award(["A", "B"])])
    assert of(judged(alone), "R035") == {"alone": 1.0}
    assert of(judged(alone, consortia="exclude"), "R035") == {}


def test_currency_is_that_of_most_prices(judged: Judge) -> None:
    euro = [
        release(f"euro-{n}", [bid("W", 1, currency="EUR"), bid("L", 900, currency="EUR")], [award("W")])
        for n in range(3)
    ]
    found = judged(*euro, *usual())
    assert found.currency == "USD"
    assert reasons(found, "R058") == {"other_currency": 3}
    assert judged(*euro, *usual(), currency="EUR").currency == "EUR"
    assert reasons(judged(*euro, *usual(), currency="EUR"), "R058") == {"other_currency": 8, "too_few": 3}


def test_disqualified_in_currencies_are_not_compared(judged: Judge) -> None:
    found = judged(
        *usual(),
        release("mixed", [bid("W", 9), bid("D", 8, "disqualified", currency="EUR")], [award("W")]),
        release("plain", [bid("W", 9), bid("D", 8, "disqualified")], [award("W")]),
    )
    assert set(of(found, "R036")) == {"plain"}


def test_cancelled_and_excluded_processes(judged: Judge) -> None:
    tender = {"procurementMethod": "open", "numberOfTenderers": 1}
    found = judged(
        release("plain", tender=tender),
        release("cancelled", tender={**tender, "status": "cancelled"}),
        release("excluded", tender={**tender, "procurementMethodDetails": "EXC"}),
        excluded_details=frozenset({"EXC"}),
    )
    assert set(of(found, "R018")) == {"plain"}
    assert found.case.excluded == {"cancelled": 1, "exclusion": 1}


@pytest.mark.parametrize(("counts", "flagged"), [("processes", False), ("bids", True)])
def test_what_the_minimum_of_r038_counts(judged: Judge, counts: str, flagged: bool) -> None:
    one = release("0", [bid("A", 1), bid("B", 2, "disqualified")], buyer={"id": "B"})
    found = judged(one, r038_minimum_counts=counts, minimum_population=1)
    assert ("Buyer" in flags(found)) is flagged


def test_every_process_is_accounted_for(judged: Judge) -> None:
    found = judged(*usual(), release("empty"), release("bids", [bid("A", 1)]))
    for outcome in found.outcomes:
        if outcome.processes is not None:
            count = outcome.counts["OCID"]
            assert count.judged + sum(count.not_judgeable.values()) == 10


def test_equal_prices_among_very_many_bids(judged: Judge) -> None:
    many = [bid(f"F{n}", 1000 + n) for n in range(60)]
    found = judged(release("same", [*many, bid("X", 1007), bid("Y", 1007)]), release("other", many))
    assert flags(found)["Tenderer"] == {name: {"R028": 1.0} for name in ("F7", "X", "Y")}
    assert set(of(found, "R028")) == {"same"}


AWARDED = {"id": "a1", "status": "active", "items": [{"id": "desk", "quantity": 200}, {"id": "chair", "quantity": 10}]}


def contract(*lines: tuple[object, object], status: str = "active", amended: bool = True, award: str = "a1") -> Any:
    items = [{"id": key, "quantity": quantity} for key, quantity in lines]
    return {"awardID": award, "status": status, "items": items, "amendments": [{"id": "1"}] if amended else []}


@pytest.mark.parametrize(
    ("name", "one", "outcome"),
    [
        ("more of an item", contract(("desk", 260), ("chair", 10)), "flagged"),
        ("an item that was not awarded", contract(("desk", 200), ("lamp", None)), "flagged"),
        ("the same items", contract(("desk", 200), ("chair", 10)), "passed"),
        ("fewer items", contract(("desk", 100)), "passed"),
        ("a quantity that is not told", contract(("desk", None)), "passed"),
        ("no amendment", contract(("desk", 260), amended=False), "passed"),
        ("an item twice, together no more", contract(("desk", 120), ("desk", 80)), "passed"),
        ("an item twice, together more", contract(("desk", 120), ("desk", 120)), "flagged"),
        ("a contract that is not active", contract(("desk", 260), status="terminated"), "no_contract"),
        ("no contract", None, "no_contract"),
        ("an amended contract without items", contract(), "no_lines"),
        ("another award", contract(("desk", 260), award="a2"), "no_lines"),
    ],
)
def test_r066(judged: Judge, name: str, one: Any, outcome: str) -> None:
    found = judged(release(name, awards=[AWARDED], contracts=[] if one is None else [one]))
    count = next(one for one in found.outcomes if one.code == "R066").counts["OCID"]
    expected = {"flagged": (0, 1, {}), "passed": (1, 0, {})}.get(outcome, (0, 0, {outcome: 1}))
    assert (count.passed, count.flagged, count.not_judgeable) == expected


def test_r066_reads_numbers_written_as_text_and_one_contract_without_its_array(judged: Judge) -> None:
    assert of(judged(release("x", awards=[AWARDED], contracts=contract(("desk", "260")))), "R066") == {"x": 1.0}

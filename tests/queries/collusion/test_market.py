"""The bids of a scan: read once, made into one market, whatever the order of the rows."""

from __future__ import annotations

import dataclasses
import gc
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.discovery import rows_of
from graph.snapshot import Workspace
from loaders.load import load
from queries.collusion import market as module
from queries.collusion.market import joined, market
from queries.detector import Params
from queries.finding import Lead
from queries.registry import detector
from queries.session import scan_workspace
from queries.statistics import simulation
from tests.queries.casefiles import write_tables


@pytest.fixture
def rows() -> pd.DataFrame:
    return rows_of(simulation.market(tenders=60, firms=15, ring_size=3, seed=2))


def test_the_order_of_the_rows_makes_no_difference(rows: pd.DataFrame) -> None:
    one, other = market(rows), market(rows.sample(frac=1.0, random_state=3))
    assert one.rows["bid_id"].tolist() == other.rows["bid_id"].tolist() == sorted(rows["bid_id"])
    assert (one.won != other.won).nnz == 0
    assert one.stratum().tolist() == other.stratum().tolist()
    for at, tender in enumerate(one.bids.tenders):
        assert set(one.rows["tender_id"].iloc[one.starts[at] : one.starts[at + 1]]) == {tender}
    assert (one.bids.bidders[one.of_bidder] == one.rows["bidder_id"]).all()


def test_the_market_of_some_rows_is_that_of_a_table_of_them_alone(rows: pd.DataFrame) -> None:
    chosen = (rows["region"] == rows["region"].iloc[0]) & (rows["bidder_id"] != "F00001")
    part, alone = market(rows).where(chosen[market(rows).rows.index]), market(rows[chosen])
    assert part.bids.bidders.tolist() == alone.bids.bidders.tolist()
    assert part.bids.tenders.tolist() == alone.bids.tenders.tolist()
    assert (part.bids.matrix != alone.bids.matrix).nnz == 0
    assert part.names().equals(alone.names())
    assert part.rows.drop(columns="bid_key").equals(alone.rows.drop(columns="bid_key"))
    assert part.tender.equals(alone.tender)
    assert part.stratum().tolist() == alone.stratum().tolist()
    np.testing.assert_array_equal(part.prices(), alone.prices())
    member = str(part.bids.bidders[0])
    assert part.of(member)["bid_id"].tolist() == sorted(rows.loc[chosen & (rows["bidder_id"] == member), "bid_id"])
    halved = chosen & (rows["bidder_id"] != member)
    assert part.where(part.column("bidder_id") != member).rows["bid_id"].tolist() == sorted(rows.loc[halved, "bid_id"])


def test_the_names_of_a_stratum_are_numbered_in_their_order() -> None:
    columns: list[pd.Series] = [pd.Series(["b", "a", "b", ""]), pd.Series([2, 10, 2, 2])]
    place, names = joined(columns, "|")
    assert names.tolist() == ["a|10", "b|2", "|2"]
    assert place.tolist() == [1, 0, 1, 2]


def test_a_price_of_nothing_is_none(rows: pd.DataFrame) -> None:
    priced = market(
        rows.assign(price=[0.0, -1.0, np.nan, *rows["price"].iloc[3:]], bid_id=rows["bid_id"].sort_values())
    )
    assert np.isnan(priced.prices()).sum() == 3


def test_partners_of_a_consortium_are_one_unit_in_their_tender_alone(rows: pd.DataFrame) -> None:
    first = rows["tender_id"] == rows["tender_id"].min()
    united = market(rows.assign(unit=rows["unit"].mask(first | (rows["bidder_id"] == "F00001"), "C1")))
    kept = united.where(united.first_of_unit())
    assert len(kept.within(kept.bids.tenders[:1], tuple(kept.bids.bidders))) == 1
    assert len(kept.rows) == len(rows) - int(first.sum()) + 1


def test_contests_are_won_by_one_of_two_members_or_more(rows: pd.DataFrame) -> None:
    world, members = market(rows), ("F00000", "F00001", "F00002")
    contests = world.contests(members)
    expected = []
    for tender, bids in rows[rows["bidder_id"].isin(members)].groupby("tender_id"):
        if len(bids) >= 2 and bids["is_winner"].sum() == 1:
            winner = bids.loc[bids["is_winner"], "bidder_id"].iloc[0]
            expected.append((bids["day"].iloc[0], tender, members.index(winner), sorted(bids["bidder_id"])))
    found = [
        (world.days[at], world.bids.tenders[at], winner, [members[m] for m in np.flatnonzero(present)])
        for at, winner, present in zip(contests.tender, contests.winner, contests.present, strict=True)
    ]
    assert len(found) >= 3
    assert found == sorted(expected, key=lambda entry: entry[:2])


def test_a_market_goes_with_the_rows_it_was_made_of(rows: pd.DataFrame) -> None:
    frame = rows.copy()
    held_rows = weakref.ref(market(frame).rows)
    assert market(frame) is market(frame)
    held = len(module._made)
    del frame
    gc.collect()
    assert len(module._made) == held - 1
    assert held_rows() is None


def one_bid(folder: Path) -> Workspace:
    tender = {"tender_id": "T1", "buyer_id": "G1", "opened_at": "2024-03-01"}
    bid = {"bid_id": "B1", "tender_id": "T1", "bidder_id": "O1"}
    write_tables({"tenders": [tender], "bids": [bid]}, folder / "source")
    workspace = Workspace(folder / "workspace")
    load([folder / "source"], workspace, threads=1)
    return workspace


def test_a_scan_reads_once_what_several_detectors_ask_for(tmp_path: Path) -> None:
    handed: list[pd.DataFrame] = []

    def keep(rows: pd.DataFrame, _: Params) -> Iterator[Lead]:
        handed.append(rows)
        return iter(())

    workspace = one_bid(tmp_path)
    names = ("cohesive_group", "biased_expert", "rotating_winners", "market_split")
    chosen = [(dataclasses.replace(detector(name), judge=keep), detector(name).parameters()) for name in names]
    scan_workspace(workspace, chosen, threads=1)
    cohesive, expert, rotating, split = handed
    assert cohesive is rotating is split
    assert expert is not cohesive
    assert cohesive["bid_id"].tolist() == ["B1"]


def test_a_scan_loads_the_libraries_of_a_detector_before_it_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "xml.dom.pulldom", raising=False)
    loaded: list[bool] = []

    def keep(_: pd.DataFrame, __: Params) -> Iterator[Lead]:
        loaded.append("xml.dom.pulldom" in sys.modules)
        return iter(())

    one = dataclasses.replace(detector("cohesive_group"), judge=keep, libraries=("xml.dom.pulldom",))
    scan_workspace(one_bid(tmp_path), [(one, one.parameters())], threads=1)
    assert loaded == [True]

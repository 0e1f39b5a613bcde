"""Who won a tender whose bids do not say it: the one bidder that signed its main contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from graph.snapshot import Workspace
from graph.tables import open_tables
from loaders.load import load
from queries.finding import Lead
from queries.relations import materialise
from tests.queries.casefiles import scan_tables, write_tables

Row = dict[str, Any]


def bid(bidder: str, **more: Any) -> Row:
    return {"bidder_id": bidder, "status": "valid", **more}


def contract(supplier: str, **more: Any) -> Row:
    return {"supplier_id": supplier, "buyer_id": "G", "amount": 100, "kind": "main", **more}


WORLDS: dict[str, tuple[Row, list[Row], list[Row], list[str]]] = {
    "one bidder signed": ({}, [bid("A"), bid("B")], [contract("A")], ["A"]),
    "no status, no kind": ({}, [bid("A", status=None), bid("B")], [contract("A", kind=None)], ["A"]),
    "others are marked as losers": ({}, [bid("A"), bid("B", is_winner=False)], [contract("A")], ["A"]),
    "two contracts with one bidder": ({}, [bid("A"), bid("B")], [contract("A"), contract("A")], ["A"]),
    "and one with a stranger": ({}, [bid("A"), bid("B")], [contract("A"), contract("X")], ["A"]),
    "both bidders signed": ({}, [bid("A"), bid("B")], [contract("A"), contract("B")], []),
    "another bid is marked": ({}, [bid("A"), bid("B", is_winner=True)], [contract("A")], []),
    "who signed is marked as a loser": ({}, [bid("A", is_winner=False), bid("B")], [contract("A")], []),
    "a stranger signed": ({}, [bid("A"), bid("B")], [contract("X")], []),
    "nobody signed": ({}, [bid("A"), bid("B")], [], []),
    "who signed had withdrawn": ({}, [bid("A", status="withdrawn"), bid("B")], [contract("A")], []),
    "who signed had been thrown out": ({}, [bid("A", status="disqualified"), bid("B")], [contract("A")], []),
    "who signed was only invited": ({}, [bid("A", status="invited"), bid("B")], [contract("A")], []),
    "a loser, thrown out, signed too": (
        {},
        [bid("A"), bid("B", status="disqualified")],
        [contract("A"), contract("B")],
        [],
    ),
    "a subcontract that names the tender": (
        {},
        [bid("A"), bid("B")],
        [contract("A"), contract("B", kind="sub")],
        ["A"],
    ),
    "a part let by the winner, of no kind": (
        {},
        [bid("A"), bid("B")],
        [contract("A"), contract("B", kind=None, buyer_id="A")],
        ["A"],
    ),
    "a contract under another": ({}, [bid("A"), bid("B")], [contract("A"), contract("B", parent_id="C")], ["A"]),
    "partners of one consortium": (
        {},
        [bid("A", consortium_id="K"), bid("B", consortium_id="K"), bid("D")],
        [contract("A")],
        ["A", "B"],
    ),
    "each partner signed": (
        {},
        [bid("A", consortium_id="K"), bid("B", consortium_id="K"), bid("D")],
        [contract("A"), contract("B")],
        ["A", "B"],
    ),
    "alone and in a consortium": (
        {},
        [bid("A"), bid("A", consortium_id="K"), bid("B", consortium_id="K")],
        [contract("A")],
        [],
    ),
    "two bids of one bidder": ({}, [bid("A"), bid("A", price=2), bid("B")], [contract("A")], []),
    "a framework": ({"method": "framework"}, [bid("A"), bid("B")], [contract("A")], []),
    "a tender that failed": ({"status": "failed"}, [bid("A"), bid("B")], [contract("A")], []),
    "a tender that was cancelled": ({"status": "cancelled"}, [bid("A"), bid("B")], [contract("A")], []),
    "a tender that was awarded": ({"status": "awarded", "method": "open"}, [bid("A")], [contract("A")], ["A"]),
}


def tables() -> dict[str, list[Row]]:
    """Each world is a tender of one delivery."""
    rows: dict[str, list[Row]] = {"tenders": [], "bids": [], "contracts": []}
    for at, (about, bids, contracts, _) in enumerate(WORLDS.values()):
        tender = {"tender_id": f"T{at}"}
        rows["tenders"].append({**tender, "buyer_id": "G", "method": None, "status": None, **about})
        rows["bids"] += [
            {"bid_id": f"T{at}-{n}", **tender, "is_winner": None, "consortium_id": None, "price": None, **row}
            for n, row in enumerate(bids)
        ]
        rows["contracts"] += [
            {"contract_id": f"T{at}-{n}", **tender, "parent_id": None, **row} for n, row in enumerate(contracts)
        ]
    return rows


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    folder = tmp_path_factory.mktemp("signed")
    write_tables(tables(), folder / "source")
    workspace = Workspace(folder / "workspace")
    load([folder / "source"], workspace, threads=1)
    connection = open_tables(workspace.current(), b"k" * 32, threads=1)
    materialise(connection, ("entries", "awards"))
    return connection


@pytest.mark.parametrize("name", WORLDS)
def test_who_won_by_contract(name: str, world: duckdb.DuckDBPyConnection) -> None:
    tender = f"T{list(WORLDS).index(name)}"
    rows = world.execute(
        "SELECT bidder_id, is_winner FROM entries WHERE tender_id = ? AND by_contract ORDER BY bidder_id", [tender]
    ).fetchall()
    assert rows == [(winner, True) for winner in WORLDS[name][3]]


def test_every_contract_with_the_winner_is_shown(world: duckdb.DuckDBPyConnection) -> None:
    tender = f"T{list(WORLDS).index('two contracts with one bidder')}"
    ((refs,),) = world.execute(
        "SELECT w.refs FROM signed_wins w JOIN bids USING (bid_id) WHERE tender_id = ?", [tender]
    ).fetchall()
    keys = world.execute("SELECT _key FROM contracts WHERE tender_id = ? ORDER BY _key", [tender]).fetchall()
    assert [(ref["table"], ref["key"]) for ref in refs] == [("contracts", key) for (key,) in keys]


def test_an_award_that_contracts_tell_counts_once(world: duckdb.DuckDBPyConnection) -> None:
    tender = f"T{list(WORLDS).index('one bidder signed')}"
    rows = world.execute("SELECT firm_id, award_table FROM awards WHERE tender_id = ?", [tender]).fetchall()
    assert rows == [("A", "contracts")]


def regulars(**marks: Any) -> dict[str, list[Row]]:
    """A firm that bids to one buyer only and signs each contract."""
    tenders = [f"T{n}" for n in range(4)]
    return {
        "tenders": [{"tender_id": t, "buyer_id": "G", "method": "open", "opened_at": "2024-03-01"} for t in tenders],
        "bids": [
            {"bid_id": f"{t}-{firm}", "tender_id": t, "bidder_id": firm, "price": 100, **marks}
            for t in tenders
            for firm in ("A", t + "R")
        ],
        "contracts": [{"contract_id": t, "tender_id": t, **contract("A")} for t in tenders],
    }


def tailored(folder: Path, **marks: Any) -> list[Lead]:
    found = scan_tables(regulars(**marks), folder, ["tailored_tender"]).findings
    return [finding.lead for finding in found]


def test_a_finding_on_several_such_wins_shows_each_contract_and_says_so_once(tmp_path: Path) -> None:
    (lead,) = tailored(tmp_path)
    assert sum(ref.table == "contracts" for ref in lead.records) == 4
    assert [reason.en.startswith("No bid is marked as the winner") for reason in lead.reasons].count(True) == 1


def test_what_is_on_record_is_not_overruled(tmp_path: Path) -> None:
    assert tailored(tmp_path, is_winner="false") == []


@pytest.mark.parametrize(
    ("detector", "parameters", "short"),
    [("tailored_tender", {"min_tenders": 4}, "too_few"), ("standing_loser", {"fewest_bids": 4}, "few_bids")],
)
def test_a_firm_of_whose_tenders_nobody_won_is_not_judged(
    detector: str, parameters: dict[str, int], short: str, tmp_path: Path
) -> None:
    counts = {}
    for name, marks in (("signed", {}), ("lost", {"is_winner": "false"})):
        result = scan_tables(regulars(**marks), tmp_path / name, [detector], {detector: parameters})
        (report,) = result.reports
        counts[name] = (report.judged, report.not_judgeable)
    assert counts == {"signed": (1, {short: 4, "no_winner": 0}), "lost": (0, {short: 4, "no_winner": 1})}


def test_a_detector_that_does_not_ask_who_won_shows_no_contract(tmp_path: Path) -> None:
    (lead, *_) = [f.lead for f in scan_tables(regulars(), tmp_path, ["identical_prices"]).findings]
    assert {ref.table for ref in lead.records} == {"bids"}

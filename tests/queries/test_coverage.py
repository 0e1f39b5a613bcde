"""What the data offer the detectors."""

from __future__ import annotations

from pathlib import Path

from graph.snapshot import Workspace
from graph.tables import open_tables
from loaders.load import load
from queries.coverage import coverage
from queries.registry import DETECTORS, detector
from tests.queries.casefiles import write_tables

BIDS = [{"bid_id": f"B{n}", "tender_id": "T1", "bidder_id": f"O{n}"} for n in range(4)]


def test_missing_columns_and_fill_are_named(tmp_path: Path) -> None:
    devices = [{"bid_id": "B0", "stage": "upload", "ip": "10.0.0.1"}, {"bid_id": "B1", "stage": "", "ip": "10.0.0.2"}]
    write_tables({"bids": BIDS, "bid_devices": devices}, tmp_path / "source")
    load([tmp_path / "source"], Workspace(tmp_path / "workspace"))
    connection = open_tables(Workspace(tmp_path / "workspace").current(), b"k" * 32)
    found = {item.detector: item for item in coverage(connection, DETECTORS)}
    devices_covered = found["same_device"]
    assert devices_covered.can_judge
    assert devices_covered.fill["bid_devices.stage"] == 0.5
    assert "bids.consortium_id" in devices_covered.missing_optional
    deposits = found["deposit_same_source"]
    assert not deposits.can_judge
    assert "bid_deposits.bid_id" in deposits.missing
    assert deposits.as_dict()["fill"]["bids.bid_id"] == 1.0


def test_every_detector_can_judge_the_columns_it_requires(tmp_path: Path) -> None:
    write_tables({"bids": BIDS}, tmp_path / "source")
    load([tmp_path / "source"], Workspace(tmp_path / "workspace"))
    connection = open_tables(Workspace(tmp_path / "workspace").current(), b"k" * 32)
    (only,) = coverage(connection, [detector("release_kickback")])
    assert set(only.missing) >= {"debts.debt_id", "payments.payer_id"}


def test_contracts_stand_in_for_the_mark_of_the_winner(tmp_path: Path) -> None:
    signed = {"contract_id": "C1", "buyer_id": "G", "supplier_id": "O0", "amount": 1, "kind": "main", "parent_id": "C0"}
    for name, contract in (("named", {**signed, "tender_id": "T1"}), ("unnamed", signed)):
        write_tables({"bids": BIDS, "contracts": [contract]}, tmp_path / name)
        load([tmp_path / name], Workspace(tmp_path / f"{name}_workspace"))
        connection = open_tables(Workspace(tmp_path / f"{name}_workspace").current(), b"k" * 32)
        (covered,) = coverage(connection, [detector("winner_feeds_loser")])
        assert ("bids.is_winner" in covered.missing) == (name == "unnamed")
        assert covered.fill["bids.is_winner"] == 0

"""OCDS files through the whole load, into a snapshot."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb

from graph.snapshot import Workspace
from loaders.load import load
from loaders.quarantine import explain

ALL = {"orgs": 203, "persons": 16, "tenders": 164, "bids": 184, "contracts": 84, "projects": 63, "contacts": 233}
"""Facts of all files together; most processes stand in several files (a record, its releases)."""


def test_all_files_become_one_snapshot(shared_data: Path, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    report = load([shared_data / "ocds"], workspace, source_kind="ocds")
    assert len(report.files) == 252
    assert {name: table.total for name, table in report.tables.items()} == ALL
    assert report.quarantine["reasons"] == {"ocds_linked_releases": 2, "required_empty": 4}
    empty = {(e["table"], e["column"]) for e in report.quarantine["examples"] if e["reason"] == "required_empty"}
    assert empty == {("contracts", "amount")}, "amendments that state no amount"
    for entry in report.quarantine["examples"]:
        sentence = explain(entry["table"], entry["column"], entry["value"], entry["reason"])
        assert sentence.zh
        assert sentence.en


def test_the_same_file_again_changes_nothing(shared_data: Path, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    first = load([shared_data / "ocds" / "ukraine" / "records"], workspace, source_kind="ocds")
    again = load([shared_data / "ocds" / "ukraine" / "records"], workspace, source_kind="ocds")
    assert first.changed
    assert not again.changed


def test_instants_amounts_and_provenance_arrive(tmp_path: Path) -> None:
    release = {
        "ocid": "ocds-213czf-1",
        "id": "1",
        "date": "2024-03-01T23:30:00Z",
        "tag": ["tender"],
        "buyer": {"id": "b", "name": "市住建局"},
        "tender": {
            "id": "t",
            "value": {"amount": 1234.56, "currency": "CNY"},
            "tenderPeriod": {"endDate": "2024-02-20T20:00:00Z"},
        },
        "bids": {
            "details": [{"id": "1", "tenderers": [{"id": "s", "name": "S"}], "value": {"amount": 7, "currency": "CNY"}}]
        },
        "awards": [{"id": "a", "date": "2024-02-29T18:00:00Z", "suppliers": [{"id": "s", "name": "S"}]}],
    }
    file = tmp_path / "one.jsonl.gz"
    file.write_bytes(gzip.compress(b"{}\n" + json.dumps(release).encode()))
    workspace = Workspace(tmp_path / "workspace")
    report = load([file], workspace, source_kind="ocds")
    assert report.quarantine["reasons"] == {"ocds_not_ocds": 1}
    snapshot = workspace.current_or_none()
    assert snapshot is not None
    tenders = next(snapshot.path.rglob("tenders*.parquet"))
    (row,) = duckdb.sql(
        f"SELECT estimate, submission_deadline::VARCHAR, awarded_on::VARCHAR, status, _row, _record FROM '{tenders}'"
    ).fetchall()
    assert row == (123456, "2024-02-21 04:00:00", "2024-03-01", "awarded", 2, "ocds-213czf-1 1"), "Shanghai's days"

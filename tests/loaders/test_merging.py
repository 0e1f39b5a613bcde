"""What a second load does to the first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from graph.snapshot import Workspace
from loaders import merging, validating
from loaders.load import load
from loaders.merging import KeyCollision
from loaders.report import LoadReport
from tests.loaders.conftest import BIDS, ORGS

Folder = Callable[..., Path]
Rows = Callable[[str], list[dict[str, Any]]]

HEADER = "bid_id,tender_id,bidder_id,price,rank\n"


def balanced(report: LoadReport) -> LoadReport:
    for counts in report.tables.values():
        parts = counts.new + counts.updated + counts.unchanged + counts.duplicates + counts.quarantined
        assert counts.read == parts, counts
    return report


def updates(workspace: Workspace) -> list[tuple[Any, ...]]:
    found = pq.read_table(workspace.current().path / "updates.parquet").to_pylist()
    return [(u["key"], u["column"], u["earlier"], u["later"], u["earlier_row"], u["later_row"]) for u in found]


def test_the_same_files_again_change_nothing(workspace: Workspace, folder: Folder) -> None:
    source = folder(orgs=ORGS, bids=BIDS)
    first = balanced(load([source], workspace))
    path = workspace.current().path
    before = {file: file.stat().st_mtime_ns for file in [path, *path.rglob("*")]}
    again = balanced(load([source], workspace))
    assert not again.changed
    assert again.snapshot_after == first.snapshot_after
    assert again.tables["bids"].unchanged == 2
    assert {file: file.stat().st_mtime_ns for file in [path, *path.rglob("*")]} == before
    assert [entry.name for entry in workspace.snapshots.iterdir()] == [first.snapshot_after]


def test_new_rows_updates_and_unchanged_rows(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    load([folder(orgs=ORGS, bids=HEADER + "B1,T1,O1,1,1\nB2,T1,O2,2,2\n")], workspace)
    first = workspace.current()
    report = balanced(load([folder(bids=HEADER + "B3,T1,O3,3,3\nB2,T1,O2,2.50,\nB1,T1,O1,1.0,1\n")], workspace))
    counts = report.tables["bids"]
    assert (counts.new, counts.updated, counts.unchanged, counts.total) == (1, 1, 1, 3)
    found = {row["bid_id"]: (row["price"], row["rank"], row["_row"], row["_source"]) for row in rows("bids")}
    # B1 keeps its first place, B2 has the place of the row that changed it.
    assert found == {"B1": (100, 1, 2, 1), "B2": (250, None, 3, 2), "B3": (300, 3, 2, 2)}
    assert updates(workspace) == [("B2", "price", "200", "250", 3, 3), ("B2", "rank", "2", None, 3, 3)]
    orgs = workspace.current().table_file("orgs")
    earlier = first.table_file("orgs")
    assert orgs is not None
    assert earlier is not None
    assert orgs.samefile(earlier), "an unchanged table is the same file"


def test_a_file_replaces_only_the_columns_that_it_has(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    load([folder(bids=HEADER + "B1,T1,O1,1,1\n")], workspace)
    report = balanced(load([folder(bids="bid_id,tender_id,bidder_id,status\nB1,T1,O1,有效\n")], workspace))
    (row,) = rows("bids")
    assert (row["price"], row["rank"], row["status"]) == (100, 1, "valid")
    assert report.tables["bids"].updated == 1
    again = balanced(load([folder(bids="bid_id,tender_id,bidder_id\nB1,T1,O1\n")], workspace))
    assert again.tables["bids"].unchanged == 1
    whole = balanced(
        load([folder(bids="bid_id,tender_id,bidder_id,price,rank,status\nB1,T1,O1,1,1,valid\n")], workspace)
    )
    assert not whole.changed, "the hash of a row laid together is that of the row given whole"


def test_rows_that_come_twice_in_one_load(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    text = HEADER + "B1,T1,O1,1,1\nB1,T1,O1,1.00,1\nB2,T1,O1,1,1\nB2,T1,O1,2,1\nB2,T1,O1,2,1\n"
    counts = balanced(load([folder(bids=text)], workspace)).tables["bids"]
    assert (counts.read, counts.new, counts.duplicates, counts.updated) == (5, 2, 2, 1)
    assert {row["bid_id"]: row["price"] for row in rows("bids")} == {"B1": 100, "B2": 200}
    assert updates(workspace) == [("B2", "price", "100", "200", 4, 6)]


def test_the_later_as_of_date_wins_over_the_later_file(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    header = "bid_id,tender_id,bidder_id,price,as_of_date\n"
    new = folder(bids=header + "B1,T1,O1,2,2024-02-01\n")
    old = folder(bids=header + "B1,T1,O1,1,2024-01-01\n")
    load([new, old], workspace)
    assert [(row["price"], row["_as_of"]) for row in rows("bids")] == [(200, date(2024, 2, 1))]
    report = balanced(load([old], workspace))
    assert not report.changed, "an older export does not undo a newer one"
    load([folder(bids=header + "B1,T1,O1,3,\n")], workspace)
    assert [row["price"] for row in rows("bids")] == [300]


def test_keys_of_several_columns_tell_null_from_text(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    text = "bid_id,person_id,role\nB1,P1,\nB1,P1,technical\nB1,P1,safety\n"
    assert load([folder(bid_members=text)], workspace).tables["bid_members"].new == 3
    assert len({row["_key"] for row in rows("bid_members")}) == 3


def test_separators_within_values_do_not_make_two_rows_one(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    text = "org_id,kind,certificate_no\nO1,a\x1fb,c\nO1,a,b\x1fc\n"
    assert load([folder(qualifications=text)], workspace).tables["qualifications"].new == 2


def test_keys_and_hashes_never_change(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    """They name rows in evidence and in stored findings: other values break every reference to them."""
    load([folder(bids="bid_id,tender_id,bidder_id,price,submitted_at\nB1,T1,O1,1.5,2024-03-05T09:30\n")], workspace)
    (row,) = rows("bids")
    assert (row["_key"], row["_hash"]) == (KEY, HASH)
    assert workspace.current().id == SNAPSHOT


KEY, HASH, SNAPSHOT = 2796789533205304650, 2233296344715197286, "5151bdbcc51995b2"


def test_a_collision_of_keys_is_an_error_and_nothing_is_written(
    workspace: Workspace, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def same_for_all(table: Any, columns: tuple[str, ...]) -> str:
        return "1" if columns == table.key else real(table, columns)

    real = validating.hash_of
    load([folder(bids=BIDS)], workspace)
    before = workspace.current().id
    validating.insert.cache_clear()
    monkeypatch.setattr(validating, "hash_of", same_for_all)
    monkeypatch.setattr(merging, "hash_of", same_for_all)
    try:
        with pytest.raises(KeyCollision, match="two different rows of bids"):
            load([folder(bids=BIDS)], workspace)
    finally:
        validating.insert.cache_clear()
    assert workspace.current().id == before


def test_a_table_that_is_gone_from_the_sources_stays(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    load([folder(orgs=ORGS)], workspace)
    load([folder(bids=BIDS)], workspace)
    assert len(rows("orgs")) == len(rows("bids")) == 2
    assert [source.file for source in workspace.current().manifest.sources] == ["orgs.csv", "bids.csv"]

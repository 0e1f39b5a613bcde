"""Files that are not what they should be: what is said, and what still loads."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from graph.snapshot import Workspace
from i18n import LANGUAGES
from loaders.adapter import SourceError
from loaders.load import load
from loaders.messages import UnreadableSource
from loaders.quarantine import explain
from tests.loaders.conftest import BIDS, ORGS

Folder = Callable[..., Path]
Rows = Callable[[str], list[dict[str, Any]]]
Quarantined = Callable[[], list[tuple[Any, ...]]]

HEADER = "bid_id,tender_id,bidder_id,price\n"

UNREADABLE: dict[str, tuple[str, bytes, str]] = {
    "empty file": ("bids.csv", b"", "empty_file"),
    "empty gzip": ("bids.csv.gz", gzip.compress(b""), "empty_file"),
    "only blank lines": ("bids.csv", b"\n\n\n", "no_header"),
    "PDF renamed": ("bids.csv", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "is_pdf"),
    "truncated gzip": ("bids.csv.gz", gzip.compress(BIDS.encode() * 999)[:-30], "damaged_gzip"),
    "web page saved as xls": ("bids.xls", b"<html><table><tr><td>bid_id", "not_a_sheet"),
    "web page saved as csv": ("bids.csv", b"<!DOCTYPE html><html>", "is_html"),
    "zip that is no workbook": ("bids.csv", b"PK\x03\x04" + b"x" * 50, "damaged_sheet"),
    "text named xlsx": ("bids.xlsx", BIDS.encode(), "not_a_sheet"),
    "text named parquet": ("bids.parquet", BIDS.encode(), "not_parquet"),
    "truncated parquet": ("bids.parquet", b"PAR1" + b"x" * 100, "not_parquet"),
    "picture": ("bids.csv", b"\x89PNG\r\n\x1a\n", "is_binary"),
    "missing required column": ("bids.csv", b"bid_id,tender_id,biddr_id\nB1,T1,O1\n", "missing_column"),
    "one column twice": ("bids.csv", "bid_id,tender_id,bidder_id,报价,price\n1,2,3,4,5\n".encode(), "header_twice"),
    "neither UTF-8 nor GB18030": ("bids.csv", HEADER.encode() + b"B1,T1,\xff\xff,1\n" * 3, "wrong_encoding"),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_file_that_cannot_be_read_is_named_and_nothing_is_written(
    what: str, workspace: Workspace, folder: Folder
) -> None:
    name, content, key = UNREADABLE[what]
    with pytest.raises(UnreadableSource) as caught:
        load([folder({"orgs.csv": ORGS, name: content})], workspace)
    assert caught.value.key == key
    assert name in str(caught.value)
    for language in LANGUAGES:
        assert name in caught.value.message.in_language(language)
    assert workspace.current_or_none() is None


def test_a_missing_column_is_named_with_what_was_found_and_what_is_near(workspace: Workspace, folder: Folder) -> None:
    with pytest.raises(SourceError, match=r"bidder_id \(投标人\).*found were bid_id, tender_id, biddr_id") as caught:
        load([folder(bids="bid_id,tender_id,biddr_id\nB1,T1,O1\n")], workspace)
    assert "biddr_id → bidder_id" in str(caught.value)


def test_a_source_that_is_not_there_or_has_nothing(workspace: Workspace, folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        load([tmp_path / "nowhere"], workspace)
    with pytest.raises(SourceError, match="no file that can be loaded"):
        load([folder({"readme.md": "x"})], workspace)
    with pytest.raises(SourceError, match="which table"):
        load([folder({"导出.csv": BIDS}) / "导出.csv"], workspace)


def test_a_header_without_rows_loads_nothing_and_says_so(workspace: Workspace, folder: Folder) -> None:
    report = load([folder(orgs=ORGS, bids=HEADER)], workspace)
    assert [(warning.key, warning.values["file"]) for warning in report.warnings] == [("no_rows", "bids.csv")]
    assert "bids" not in workspace.current().manifest.tables


ROWS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "broken quotes": ('B5,T1,"O1,7', ("bids", 3, None, 'B5,T1,"O1,7', "broken_quotes")),
    "text behind a quote": ('B5,T1,"O1"x,7', ("bids", 3, None, 'B5,T1,"O1"x,7', "broken_quotes")),
    "too few fields": ("B5,T1,O1", ("bids", 3, None, "3 / 4", "ragged_row")),
    "too many fields": ("B5,T1,O1,1,2", ("bids", 3, None, "5 / 4", "ragged_row")),
    "NUL": ("B5,T\0,O1,7", ("bids", 3, None, "B5,T\0,O1,7", "nul_byte")),
    "31 February": ("B5,T1,O1,7,2024-02-31", ("bids", 3, "submitted_at", "2024-02-31", "no_such_day")),
    "required cell empty": ("B5,,O1,7", ("bids", 3, "tender_id", None, "required_empty")),
    "required cell blank": ("B5, ,O1,7", ("bids", 3, "tender_id", " ", "required_empty")),
    "required cell says nothing": ("B5,无,O1,7", ("bids", 3, "tender_id", "无", "required_empty")),
    "negative amount": ("B5,T1,O1,-7", ("bids", 3, "price", "-7", "money_negative")),
    "absurd amount": ("B5,T1,O1,1e15", ("bids", 3, "price", "1e15", "money_absurd")),
    "amount NaN": ("B5,T1,O1,NaN", ("bids", 3, "price", "NaN", "not_finite")),
    "amount inf": ("B5,T1,O1,inf", ("bids", 3, "price", "inf", "not_finite")),
    "rounded identifier": ("B5,T1,9.138E+17,7", ("bids", 3, "bidder_id", "9.138E+17", "id_scientific")),
}


@pytest.mark.parametrize("what", ROWS)
def test_a_row_that_cannot_be_read_is_quarantined_and_the_rest_loads(
    what: str, workspace: Workspace, folder: Folder, rows: Rows, quarantined: Quarantined
) -> None:
    line, expected = ROWS[what]
    header, first, last = "bid_id,tender_id,bidder_id,price", "B1,T1,O1,1", "B9,T1,O2,2"
    if line.count(",") == 4 and expected[4] != "ragged_row":
        header, first, last = header + ",submitted_at", first + ",", last + ","
    report = load([folder(bids="\n".join([header, first, line, last, ""]))], workspace)
    assert [(row["bid_id"], row["_row"]) for row in rows("bids")] in ([("B1", 2), ("B9", 4)], [("B9", 4), ("B1", 2)])
    assert quarantined() == [expected]
    counts = report.tables["bids"]
    assert (counts.read, counts.new, counts.quarantined) == (3, 2, 1)
    table, _, column, value, reason = expected
    for language in LANGUAGES:
        assert explain(table, column, value, reason).in_language(language)


def test_a_line_of_50_megabytes(workspace: Workspace, folder: Folder, rows: Rows, quarantined: Quarantined) -> None:
    content = HEADER.encode() + b"B1,T1,O1,1\n" + b"x" * (50 << 20) + b"\nB9,T1,O2,2\n"
    load([folder({"bids.csv": content})], workspace)
    assert sorted((row["bid_id"], row["_row"]) for row in rows("bids")) == [("B1", 2), ("B9", 4)]
    assert [(cell[1], cell[4]) for cell in quarantined()] == [(3, "line_too_long")]


def test_a_few_bytes_of_another_encoding_cost_their_rows_only(
    workspace: Workspace, folder: Folder, rows: Rows, quarantined: Quarantined
) -> None:
    content = ("B1,T1,投标人,1\n" * 1 + "B2,T1,").encode() + b"\xff\xff" + ",2\nB3,T1,投标人,3\n".encode()
    load([folder({"bids.csv": HEADER.encode() + content})], workspace)
    assert {row["bid_id"] for row in rows("bids")} == {"B1", "B3"}
    assert [(cell[1], cell[4]) for cell in quarantined()] == [(3, "bad_encoding")]


def test_blank_rows_and_cells_over_several_lines(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    text = 'bid_id,tender_id,bidder_id,否决原因\nB1,T1,O1,\n\n,,,\nB2,T1,O1,"first\nsecond ""x"""\nB3,T1,O1,z\n'
    report = load([folder(bids=text)], workspace)
    found = {row["bid_id"]: (row["disqualified_reason"], row["_row"]) for row in rows("bids")}
    assert found == {"B1": (None, 2), "B2": ('first\nsecond "x"', 5), "B3": ("z", 6)}
    assert report.tables["bids"].read == 3


def test_codes_that_fail_their_check_and_formulas_are_kept_with_a_warning(
    workspace: Workspace, folder: Folder, rows: Rows
) -> None:
    text = (
        "org_id,name,org_type,uscc\n"
        "O1,=cmd()|' /C calc'!A0,private,91110000600037341L\n"
        "O2,乙,private,911100006000373410\n"
    )
    report = load([folder(orgs=text)], workspace)
    warnings = {warning.key: warning.values for warning in report.warnings}
    assert warnings["formula"]["count"] == 1
    assert warnings["uscc_check"]["count"] == 1
    assert warnings["uscc_check"]["examples"] == [{"file": "orgs.csv", "row": 3, "value": "911100006000373410"}]
    assert {row["name"] for row in rows("orgs")} == {"=cmd()|' /C calc'!A0", "乙"}


def test_identifiers_in_a_sheet_that_excel_rounded_are_refused(
    workspace: Workspace, folder: Folder, quarantined: Quarantined, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["bid_id", "tender_id", "bidder_id"])
    sheet.append(["B1", "T1", 911100006000373410])
    sheet.append(["B2", "T1", 12])
    book.save(tmp_path / "bids.xlsx")
    load([tmp_path / "bids.xlsx"], workspace)
    assert [(cell[1], cell[2], cell[4]) for cell in quarantined()] == [(2, "bidder_id", "id_scientific")]


def test_quarantine_shows_no_personal_number(workspace: Workspace, folder: Folder, quarantined: Quarantined) -> None:
    text = "person_id,name,id_number\n,甲,11010519491231002X\n11010519491231002X,,1\n13800138000,,\n"
    load([folder(persons=text)], workspace)
    assert [(cell[1], cell[3]) for cell in quarantined()] == [(2, None), (3, None), (4, None)]
    load(
        [folder(persons="person_id,name\nP,甲\n", posts="person_id,org_id,valid_from\nP,O,11010519491231002X\n")],
        workspace,
    )
    assert quarantined()[0][3] == "*" * 18


def test_a_load_in_which_every_row_is_bad_keeps_the_quarantine(
    workspace: Workspace, folder: Folder, quarantined: Quarantined
) -> None:
    report = load([folder(bids=HEADER + "B1,,O1,1\n")], workspace)
    assert report.changed
    assert len(quarantined()) == 1
    assert report.quarantine["reasons"] == {"required_empty": 1}
    again = load([folder(bids=HEADER + "B1,,O1,1\nB1,,O1,2\n")], workspace)
    assert not again.changed
    for one, cells in ((report, 1), (again, 2)):
        assert pq.read_table(workspace.path / one.quarantine["file"]).num_rows == cells


def test_the_report_has_an_example_of_every_reason_in_both_languages(workspace: Workspace, folder: Folder) -> None:
    text = "tender_id,buyer_id,method,status\n" + "T1,O1,抓阄,\n" * 30 + "T2,O1,,摆烂\nT3\n"
    report = load([folder(tenders=text)], workspace)
    examples = report.quarantine["examples"]
    assert {example["reason"] for example in examples} == {"unknown_choice", "ragged_row"}
    assert len(examples) == 20
    sentence = next(example["message"] for example in examples if example["reason"] == "unknown_choice")
    assert "“抓阄”" in sentence["zh"]
    assert "single_source" in sentence["en"]

"""The main road: a folder of canonical tables becomes a snapshot."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from graph.snapshot import Workspace
from loaders.load import load
from loaders.report import Tick
from tests.loaders.conftest import BIDS, ORGS, TENDERS

Folder = Callable[..., Path]
Rows = Callable[[str], list[dict[str, Any]]]


def test_rows_arrive_typed_and_with_their_place(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    source = folder(
        tenders="标段编号,采购人,开标时间,中标日期,最高限价,source_record_id,as_of_date\n"
        "T1,O2,2024-03-05T01:30:00Z,2024/3/6,12万元,r-7,2024-04-01\n"
    )
    report = load([source], workspace)
    (row,) = rows("tenders")
    assert row["opened_at"].isoformat() == "2024-03-05T09:30:00"
    assert row["awarded_on"] == date(2024, 3, 6)
    assert row["ceiling_price"] == 12_000_000
    assert (row["_row"], row["_record"], row["_as_of"]) == (2, "r-7", date(2024, 4, 1))
    manifest = workspace.current().manifest
    file = manifest.sources[row["_source"]]
    assert file.file == "tenders.csv"
    assert file.sha256 == hashlib.sha256((source / "tenders.csv").read_bytes()).hexdigest()
    assert manifest.data_as_of == date(2024, 4, 1)
    assert manifest.tables["tenders"].columns == ("tender_id", "buyer_id", "ceiling_price", "opened_at", "awarded_on")
    assert report.snapshot_after == manifest.snapshot_id
    assert workspace.current().load_report()["tables"]["tenders"]["new"] == 1


def test_the_report_counts_rows_references_and_unknown_columns(workspace: Workspace, folder: Folder) -> None:
    report = load([folder(orgs=ORGS, tenders=TENDERS, bids=BIDS.replace("price", "price,mood"))], workspace).as_dict()
    # The extra header makes every row too short.
    assert report["tables"]["bids"]["quarantined"] == 2
    again = load([folder(bids="bid_id,tender_id,bidder_id,mood\nB1,T1,O1,x\nB2,T7,O9,y\n")], workspace).as_dict()
    assert again["dangling"] == {"bids.bidder_id": 1, "bids.tender_id": 1}
    assert again["files"][0]["unknown_columns"] == ["mood"]
    assert again["tables"]["bids"] == {
        "read": 2,
        "new": 2,
        "updated": 0,
        "unchanged": 0,
        "duplicates": 0,
        "quarantined": 0,
        "total": 2,
    }


FORMS: dict[str, Callable[[str], tuple[str, bytes]]] = {
    "utf-8": lambda text: ("bids.csv", text.encode()),
    "byte order mark": lambda text: ("bids.csv", text.encode("utf-8-sig")),
    "gb18030": lambda text: ("bids.csv", text.encode("gb18030")),
    "utf-16": lambda text: ("bids.csv", text.replace(",", "\t").encode("utf-16")),
    "semicolon": lambda text: ("bids.csv", text.replace(",", ";").encode()),
    "tab": lambda text: ("bids.tsv", text.replace(",", "\t").encode()),
    "carriage returns": lambda text: ("bids.csv", text.replace("\n", "\r\n").encode()),
    "no last line end": lambda text: ("bids.csv", text.rstrip().encode()),
    "gzip": lambda text: ("bids.csv.gz", gzip.compress(text.encode("gb18030"))),
    "quoted": lambda text: ("bids.csv", text.replace("B1", '"B1"').encode()),
    "xlsx": lambda text: ("bids.xlsx", _xlsx(text)),
    "parquet": lambda text: ("bids.parquet", _parquet(text)),
}


def _xlsx(text: str, title: str | None = None) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    if title:
        sheet.append([title])
        sheet.merge_cells("A1:D1")
        sheet.append([])
    for line in text.splitlines():
        sheet.append([float(cell) if cell.replace(".", "").isdigit() else cell for cell in line.split(",")])
    return _saved(book)


def _saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _parquet(text: str) -> bytes:
    table = pacsv.read_csv(pa.BufferReader(text.encode()))
    target = pa.BufferOutputStream()
    pq.write_table(table, target)
    return target.getvalue().to_pybytes()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_file_gives_the_same_rows(form: str, workspace: Workspace, folder: Folder, rows: Rows) -> None:
    text = "bid_id,tender_id,bidder_id,price,否决原因\nB1,T1,投标人甲,1000.5,\nB2,T1,投标人乙,2000,资质不符\n"
    name, content = FORMS[form](text)
    load([folder({name: content})], workspace)
    found = sorted(
        (row["bid_id"], row["bidder_id"], row["price"], row["disqualified_reason"], row["_row"]) for row in rows("bids")
    )
    assert found == [("B1", "投标人甲", 100050, None, 2), ("B2", "投标人乙", 200000, "资质不符", 3)]


def test_title_rows_above_the_header_of_a_sheet(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    load([folder({"bids.xlsx": _xlsx(BIDS, title="岚州市投标情况统计表")})], workspace)
    assert sorted((row["bid_id"], row["_row"]) for row in rows("bids")) == [("B1", 4), ("B2", 5)]


def test_title_rows_above_the_header_of_a_text(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    load([folder(bids="岚州市投标情况统计表,,,\n,,,\n" + BIDS)], workspace)
    assert sorted((row["bid_id"], row["_row"]) for row in rows("bids")) == [("B1", 4), ("B2", 5)]


def test_a_workbook_with_a_sheet_for_each_table(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    book = openpyxl.Workbook()
    for name, text in {"投标": BIDS, "orgs": ORGS, "说明": "a,b\n"}.items():
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append(line.split(","))
    report = load([folder({"导出.xlsx": _saved(book)})], workspace)
    assert len(rows("bids")) == len(rows("orgs")) == 2
    assert ("sheet_not_read", "说明") in [(w.key, w.values.get("sheet")) for w in report.warnings]


def test_headers_in_wan_and_with_units(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    load([folder(tenders="tender_id,buyer_id,estimate_wan,最高限价（元）\nT1,O1,12.3456,9\nT2,O1,,8\n")], workspace)
    assert sorted((r["estimate"] or 0, r["ceiling_price"]) for r in rows("tenders")) == [(0, 800), (12_345_600, 900)]
    load([folder(tenders="tender_id,buyer_id,估算价（万元）\nT3,O1,12万元\nT4,O1,1\nT5,O1,1千\n")], workspace)
    assert {r["tender_id"]: r["estimate"] for r in rows("tenders")}["T4"] == 1_000_000


def test_currencies_have_their_own_minor_unit(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    source = "bid_id,tender_id,bidder_id,price,currency\nB1,T,O,3680000.0,jpy\nB2,T,O,1.234,KWD\nB3,T,O,1.5,人民币\n"
    load([folder(bids=source)], workspace)
    found = {row["bid_id"]: (row["price"], row["currency"]) for row in rows("bids")}
    assert found == {"B1": (3_680_000, "JPY"), "B2": (1_234, "KWD"), "B3": (150, "CNY")}


def test_identifiers_keep_their_zeros_and_lose_their_blanks(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    load([folder(bids="bid_id,tender_id,bidder_id\n 007 ,T1\t,Ｏ１２　\n")], workspace)
    (row,) = rows("bids")
    assert (row["bid_id"], row["tender_id"], row["bidder_id"]) == ("007", "T1", "O12")


PERSON = "11010519491231002X"
"""The example number of GB 11643."""


@pytest.mark.parametrize("word", ["无", "／", "N/A", "null", "不详"])
def test_an_identifier_that_only_says_that_there_is_none_is_unknown(
    word: str, workspace: Workspace, folder: Folder, rows: Rows
) -> None:
    load([folder(bids=f"bid_id,tender_id,bidder_id,handler_id\nB1,T1,O1,{word}\nB2,T1,O2,无锡1\n")], workspace)
    assert {row["bid_id"]: row["handler_id"] for row in rows("bids")} == {"B1": None, "B2": "无锡1"}


def test_a_personal_number_is_stored_nowhere(workspace: Workspace, folder: Folder, rows: Rows) -> None:
    source = folder(
        persons=f"person_id,name,id_number\nP1,甲,{PERSON.lower()}\n{PERSON},乙,\n",
        posts=f"person_id,org_id,valid_from\n{PERSON},O1,2024-02-31\n{PERSON},O1,2024-02-01\n",
        contacts=f"owner_id,kind,value\n{PERSON},phone,13800000000\n",
    )
    load([source], workspace)
    stands_for = "p-" + hmac.digest(workspace.secret(), PERSON.encode(), "sha256").hex()[:32]
    assert {row["id_number"] for row in rows("persons")} == {stands_for, None}
    assert {row["person_id"] for row in rows("persons")} == {"P1", stands_for}
    assert rows("posts")[0]["person_id"] == rows("contacts")[0]["owner_id"] == stands_for
    for file in workspace.path.rglob("*"):
        assert file.is_dir() or PERSON.encode() not in file.read_bytes(), file


def test_the_latest_act_dates_the_data_where_no_source_does(workspace: Workspace, folder: Folder) -> None:
    load(
        [
            folder(
                debt_reports="debt_id,period\nD1,2024-02\n",
                debts="debt_id,debtor_id,creditor_id,amount,due_on\nD1,O1,O2,5,2030-01-01\n",
                bids="bid_id,tender_id,bidder_id,submitted_at\nB1,T1,O1,2024-01-05T10:00\n",
            )
        ],
        workspace,
    )
    assert workspace.current().manifest.data_as_of == date(2024, 2, 29)


def test_progress_reaches_the_end(workspace: Workspace, folder: Folder) -> None:
    ticks: list[Tick] = []
    load([folder(orgs=ORGS, bids=BIDS)], workspace, progress=ticks.append)
    assert ticks[-1].done == ticks[-1].total == len(ORGS.encode()) + len(BIDS.encode())
    assert ticks[-1].rows == 4


def test_one_or_two_threads_and_shuffled_rows_give_the_same_snapshot(tmp_path: Path, folder: Folder) -> None:
    lines = [f"B{i},T{i % 7},O{i % 5},{i}.5" for i in range(500)]
    header = "bid_id,tender_id,bidder_id,price\n"
    ids = set()
    for number, (order, threads) in enumerate([(lines, 1), (lines, 2), (lines[::-1], 2)]):
        workspace = Workspace(tmp_path / str(number))
        load([folder(bids=header + "\n".join(order))], workspace, threads=threads)
        ids.add(workspace.current().id)
    assert len(ids) == 1


def test_what_else_lies_in_the_folder_is_named_and_passed_over(workspace: Workspace, folder: Folder) -> None:
    other = {"说明.xlsx": _xlsx("a,b\n1,2"), "旧数据.csv": "a,b\n", "truth.json": "{}", "readme.txt": "x"}
    report = load([folder({**other, ".hidden.csv": "x", "bids.csv": BIDS})], workspace)
    named = {warning.values["files"] for warning in report.warnings if warning.key == "files_not_read"}
    assert named == {"说明.xlsx", "readme.txt, 旧数据.csv"}
    assert [file.file for file in report.files if file.rows] == ["bids.csv"]


def test_documents_are_known_by_what_they_say(workspace: Workspace, folder: Folder) -> None:
    release = {"ocid": "o-1", "id": "1", "date": "2024-01-01T00:00:00Z", "tag": ["tender"], "tender": {"id": "T"}}
    release |= {"buyer": {"id": "B", "name": "岚州市财政局"}, "initiationType": "tender", "language": "zh"}
    details = {"name": "甲公司", "entityType": {"type": "registeredEntity"}, "isComponent": False}
    owner = {"statementId": "s1", "recordType": "entity", "recordId": "e1", "recordDetails": details}
    documents = {
        "a.json": json.dumps({"releases": [release]}),
        "b.json.gz": gzip.compress(json.dumps([owner]).encode()),
    }
    report = load([folder(documents)], workspace)
    assert report.tables["tenders"].new == 1
    assert report.tables["orgs"].new >= 1
    assert [file.file for file in report.files if file.rows] == ["a.json", "b.json.gz"]

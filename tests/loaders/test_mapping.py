"""Mapping files: real exports through the examples, every transformation, every mistake."""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

from graph.snapshot import Workspace
from loaders.adapter import SourceError
from loaders.identity import firm_id, person_id, plain_name
from loaders.load import load
from loaders.mapping import MappingError, read_mapping
from tests.conftest import ROOT

Folder = Callable[..., Path]
Rows = Callable[[str], list[dict[str, Any]]]

EXAMPLES = ROOT / "examples" / "mappings"


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def test_tsuchiura(workspace: Workspace, shared_data: Path, rows: Rows) -> None:
    file = shared_data / "collusion" / "tsuchiura.csv"
    report = load([file], workspace, mapping=EXAMPLES / "tsuchiura.yml")
    source = read(file)
    assert report.quarantined == 0
    assert report.files[0].unknown_columns == []
    bids = rows("bids")
    assert len(bids) == len(source) == 6013
    assert len(rows("tenders")) == len({(row["year"], row["pid"]) for row in source}) == 1565
    firms = [org for org in rows("orgs") if org["org_type"] == "private"]
    assert len(firms) == len({row["bidder"] for row in source}) == 269
    assert sum(bid["is_winner"] for bid in bids) == sum(row["winner"] == "1" for row in source)
    assert sum(bid["price"] or 0 for bid in bids) == sum(int(float(row["bid"] or 0)) for row in source)
    assert {bid["_derived"] for bid in bids} == {"bid_id;bidder_id"}
    assert {bid["currency"] for bid in bids} == {"JPY"}
    assert report.dangling == {}
    by_row = {bid["_row"]: bid for bid in bids}
    for number, row in enumerate(source, start=2):
        assert by_row[number]["tender_id"] == f"{row['year']}-{row['pid']}"


def test_taiwan(workspace: Workspace, shared_data: Path, rows: Rows) -> None:
    file = shared_data / "taiwan" / "bids.csv"
    load([file], workspace, mapping=EXAMPLES / "taiwan.yml")
    source = read(file)
    complete = [row for row in source if row["unit_id"].strip()]
    assert len(rows("tenders")) == len({(row["unit_id"], row["job_number"]) for row in complete})
    winners = {
        (row["unit_id"], row["job_number"], row["date"], name.strip())
        for row in complete
        for name in row["companies"].split("|")
        if name.strip()
    }
    assert len(rows("bids")) == len(winners)
    buyers = {row["unit_id"] for row in complete if row["unit_name"].strip()}
    firms = {plain_name(name) for *_, name in winners}
    # A row without a buyer is refused as a bid; its firms are read all the same.
    firms |= {plain_name(name) for row in source for name in row["companies"].split("|") if name.strip()}
    assert len(rows("orgs")) == len(buyers) + len(firms)
    assert {bid["tender_id"] for bid in rows("bids")} <= {tender["tender_id"] for tender in rows("tenders")}
    spent = next(tender for tender in rows("tenders") if tender["tender_id"] == "A.19-115R33")
    assert (spent["status"], spent["estimate"], spent["currency"]) == ("awarded", 156_000_000, "TWD")


def test_lambeth(workspace: Workspace, shared_data: Path, rows: Rows) -> None:
    file = shared_data / "payments" / "lambeth-2012-06.csv"
    report = load([file], workspace, mapping=EXAMPLES / "lambeth.yml")
    with file.open(encoding="utf-8", errors="replace", newline="") as handle:
        source = [(number, row) for number, row in enumerate(csv.reader(handle), start=1) if number > 10]
    whole = [(number, row) for number, row in source if len(row) == 6 and row[2].strip()]
    payments = rows("payments")
    assert sorted(payment["_row"] for payment in payments) == [number for number, _ in whole]
    assert sum(p["amount"] for p in payments) == sum(round(float(row[4].replace(",", "")) * 100) for _, row in whole)
    assert report.quarantine["reasons"] == {"ragged_row": sum(len(row) != 6 for _, row in source)}


def mapping(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mapping.yml"
    file.write_text(textwrap.dedent(text), encoding="utf-8")
    return file


def test_every_transformation(workspace: Workspace, folder: Folder, rows: Rows, tmp_path: Path) -> None:
    rules = mapping(
        tmp_path,
        """
        files: 导出*.csv
        source_system: 旧平台
        ignore: 备注
        tables:
          - table: tenders
            where: [{column: 类别, in: [施工, 货物]}]
            columns:
              tender_id: {from: [年度, 序号], join: /}
              buyer_id: {value: G1}
              category: {from: 类别, map: {施工: works}, others: goods}
              estimate: {from: 金额, unit: 万元}
              status: {from: 状态, default: active}
              published_at: {from: 日期, format: "%d.%m.%Y %H:%M"}
          - table: bids
            where: [{column: 单位, filled: true}]
            split: {columns: [单位, 报价], by: ；}
            columns:
              bid_id: {derive: {how: hash, from: [年度, 序号, 单位]}}
              tender_id: {from: [年度, 序号], join: /}
              bidder_id: {derive: {how: uscc_else_name, from: 单位}}
              handler_id: {derive: {how: name_in_scope, from: 经办人, scope: [单位]}}
              price: {from: 报价, unit: 万元}
        """,
    )
    text = (
        "年度,序号,类别,金额,状态,日期,单位,报价,经办人,备注,其他\n"
        "2024,007,施工,12.5,,05.03.2024 09:30,甲（集团）有限责任公司；乙公司,1；2.5,王伟,x,y\n"
        "2024,8,货物,1万,awarded,2024-03-05,甲(集团)有限公司,3,王伟,,\n"
        "2024,9,服务,,,,乙公司；丙公司,1,,,\n"
    )
    report = load([folder({"导出1.csv": text.encode("gb18030"), "其他.csv": "a,b\n"})], workspace, mapping=rules)
    tenders = {row["tender_id"]: row for row in rows("tenders")}
    assert set(tenders) == {"2024/007"}, "1万 in a column of 万元 is ambiguous"
    first = tenders["2024/007"]
    assert (first["category"], first["estimate"], first["status"]) == ("works", 12_500_000, "active")
    assert first["published_at"].isoformat() == "2024-03-05T09:30:00"
    assert (first["_system"], first["_derived"], first["_row"]) == ("旧平台", None, 2)
    bids = sorted(rows("bids"), key=lambda bid: (bid["_row"], bid["price"]))
    assert [(bid["_row"], bid["price"]) for bid in bids] == [(2, 1_000_000), (2, 2_500_000), (3, 3_000_000)]
    assert bids[0]["bidder_id"] == bids[2]["bidder_id"] != bids[1]["bidder_id"]
    assert len({bid["handler_id"] for bid in bids}) == 3, "the same name in three spellings of scope is not one person"
    assert {bid["_derived"] for bid in bids} == {"bid_id;bidder_id;handler_id"}
    assert report.files[0].unknown_columns == ["其他"]
    assert report.quarantine["reasons"] == {"bad_money": 1, "split_uneven": 1}
    assert "王伟" not in str([bid["handler_id"] for bid in bids])


def test_a_sheet_and_a_header_row_are_found_or_stated(workspace: Workspace, rows: Rows, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("数据")
    for line in (["某市交易中心"], ["单位代码", "单位"], ["91110000600037341L", "甲公司"], ["x", "乙公司"]):
        sheet.append(line)
    book.save(tmp_path / "a.xlsx")
    text = """
        sheet: 数据
        tables:
          - table: orgs
            columns:
              org_id: {derive: {how: uscc_else_name, from: [单位代码, 单位]}}
              name: 单位
              org_type: {value: private}
        """
    with pytest.raises(SourceError, match="no sheet “别处”; it has 数据"):
        load([tmp_path / "a.xlsx"], workspace, mapping=mapping(tmp_path, text.replace("数据", "别处")))
    load([tmp_path / "a.xlsx"], workspace, mapping=mapping(tmp_path, text))
    ids = {row["name"]: (row["org_id"], row["_row"]) for row in rows("orgs")}
    assert ids == {"甲公司": ("91110000600037341L", 3), "乙公司": (firm_id(None, "乙公司"), 4)}


def test_a_sparse_source_does_not_erase(workspace: Workspace, folder: Folder, rows: Rows, tmp_path: Path) -> None:
    text = "tables: [{table: bids, columns: {bid_id: a, tender_id: b, bidder_id: c, price: d, rank: e}}]\n"
    source = folder({"x.csv": "a,b,c,d,e\nB1,T1,O1,5,\nB1,T1,O1,,2\n"})
    load([source], workspace, mapping=mapping(tmp_path, "sparse: true\n" + text))
    assert [(row["price"], row["rank"]) for row in rows("bids")] == [(500, 2)]
    load([source], workspace, mapping=mapping(tmp_path, text))
    assert [(row["price"], row["rank"]) for row in rows("bids")] == [(None, 2)]


MISTAKES = {
    "no such table": (
        "tables:\n  - table: bid\n    columns: {bid_id: a}\n",
        2,
        "there is no table bid; the tables are orgs",
    ),
    "no such column": (
        "tables:\n  - table: bids\n    columns: {bid_id: a, tender_id: b, bidder_id: c, prize: d}\n",
        2,
        "bids has no column prize; it has bid_id",
    ),
    "required column": (
        "tables:\n  - table: bids\n    columns: {bid_id: a}\n",
        2,
        "cannot do without tender_id, bidder_id",
    ),
    "no such key": ("about: x\ntabels: []\n", 2, "tabels: is not known here; allowed are about, files"),
    "no such key of a column": (
        "tables:\n  - table: bids\n    columns:\n      bid_id: a\n      price:\n        form: x\n",
        6,
        "form: is not known here; allowed are from, join, value",
    ),
    "no such unit": ("tables:\n  - table: bids\n    columns:\n      price: {from: a, unit: 毛}\n", 4, "unit"),
    "a unit where there is no amount": (
        "tables:\n  - table: persons\n    columns:\n      person_id: a\n      name: {from: b, unit: 万元}\n",
        2,
        "name is no amount",
    ),
    "two origins": ("tables:\n  - table: bids\n    columns:\n      price: {from: a, value: 1}\n", 4, "exactly one of"),
    "a person by bare name": (
        "tables:\n  - table: persons\n    columns:\n"
        "      person_id: {derive: {how: name_in_scope, from: a}}\n      name: a\n",
        4,
        "not known by name alone",
    ),
    "no YAML": ("tables: [\n", 2, "is no YAML"),
    "a list": ("- a\n", None, "a mapping has keys"),
    "no tables": ("about: x\n", 1, "lacks tables"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(what: str, tmp_path: Path) -> None:
    text, line, message = MISTAKES[what]
    file = tmp_path / "m.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        read_mapping(file)
    assert message in str(caught.value)
    assert str(file) in str(caught.value)
    assert str(file) in caught.value.message.zh
    assert caught.value.message.zh != caught.value.message.en
    if line:
        assert f"line {line}:" in str(caught.value)


def test_a_file_without_the_columns_of_its_mapping(workspace: Workspace, folder: Folder, tmp_path: Path) -> None:
    rules = mapping(
        tmp_path, "tables: [{table: orgs, columns: {org_id: 编号, name: 名称, org_type: {value: other}}}]\n"
    )
    with pytest.raises(SourceError, match="needs: 编号; found were 号码, 名称"):
        load([folder({"x.csv": "号码,名称\n1,2\n"})], workspace, mapping=rules)


def test_names_of_one_firm_and_of_two() -> None:
    same = [
        ("岚州（集团）建筑有限责任公司", "岚州(集团)建筑 有限公司"),
        ("ＡＢＣ科技股份有限公司", "abc科技股份公司"),
        ("資拓宏宇國際股份有限公司 (International Integrated Systems, Inc.)", "資拓宏宇國際股份有限公司"),
        ("Smith & Sons Limited", "SMITH AND SONS LTD."),
    ]
    for one, other in same:
        assert firm_id(None, one) == firm_id(None, other)
    assert firm_id(None, "岚州建筑有限公司") != firm_id(None, "岚州建筑股份有限公司")
    assert firm_id(None, "岚州建筑(北京)有限公司") != firm_id(None, "岚州建筑(上海)有限公司")
    assert firm_id("91110000600037341L", "甲") == "91110000600037341L"
    assert firm_id("911100006000373410", "甲") == firm_id(None, "甲")
    assert firm_id(None, " ") is None


def test_a_person_is_known_within_a_scope_only() -> None:
    assert person_id("王伟", ["O1"]) == person_id("王 伟", ["O1"]) != person_id("王伟", ["O2"])
    with pytest.raises(ValueError, match="scope"):
        person_id("王伟", [])


def test_the_examples_are_explained(shared_data: Path) -> None:
    for file in EXAMPLES.glob("*.yml"):
        assert read_mapping(file).about
        assert yaml.safe_load(file.read_text(encoding="utf-8"))["files"]

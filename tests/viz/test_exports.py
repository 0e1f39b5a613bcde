"""Tables and graphs taken out: whole, marked, the same each time, and harmless in Excel and in readers of graphs."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import networkx as nx
import openpyxl
import pytest

from tests.viz.sample import HOSTILE, MARK, bundle, graph, poisoned
from viz import exports
from viz.exports import (
    Table,
    csv_bytes,
    csv_lines,
    edges_table,
    findings_table,
    followthemoney,
    graphml,
    nodes_table,
    records_table,
    xlsx_bytes,
)
from viz.exports.tables import harmless
from viz.plain import plain

ALL_HOSTILE = "¦".join(HOSTILE)


def _read(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf"), "Excel takes UTF-8 for the local code page without the mark"
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def _summary() -> dict[str, object]:
    document = bundle()["document"]
    return bundle() | {name: document[name] for name in ("tier", "status", "amount", "period", "detector", "family")}


def test_csv_has_every_edge_with_names_exact_sums_and_the_mark() -> None:
    rows = _read(csv_bytes(edges_table(graph(), "zh"), MARK, "zh"))
    assert len(rows) == len(graph()["edges"])
    assert rows[0]["来源"] == "清源市红丰区第123城市建设投资有限公司"
    assert rows[0]["涉及金额"] == "4731703.97"
    assert {(row["导出人"], row["导出时间"], row["查阅事由"]) for row in rows} == {
        ("li.investigator", "2026-03-31 08:15:00 UTC", "纪案〔2026〕12号")
    }


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", " =1", "\n+1"])
def test_no_cell_of_a_csv_begins_a_formula(start: str) -> None:
    assert harmless(start).startswith("'")
    content = csv_bytes(Table("nodes", ("name", start), [(start, 1)]), MARK, "en")
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "＝")) for cell in row)


def test_numbers_stay_numbers_in_a_csv_even_below_zero() -> None:
    row = _read(csv_bytes(Table("nodes", ("a", "b", "c"), [(-5, Decimal("-1.50"), None)]), MARK, "en"))[0]
    assert (row["a"], row["b"], row["c"]) == ("-5", "-1.50", "")


def test_a_long_csv_comes_in_pieces() -> None:
    rows = ((n, "x" * 100) for n in range(5_000))
    pieces = list(csv_lines(Table("nodes", ("n", "text"), rows), MARK, "en"))
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 100_000
    assert len(_read(b"".join(pieces))) == 5_000


def test_summaries_and_source_rows_are_told_in_the_readers_language() -> None:
    row = _read(csv_bytes(findings_table([_summary()], "zh"), MARK, "zh"))[0]
    assert (row["线索编号"], row["状态"], row["涉及金额"]) == ("00d5eb6da41651e4755c", "待核查", "861600.15")
    row = _read(csv_bytes(records_table(bundle()["records"], "zh"), MARK, "zh"))[0]
    assert row["内容"] == "欠款编号: D1\n欠款金额: 4731703.97"
    assert row["行"] == "68"


def test_excel_has_a_sheet_a_table_and_one_about_the_export() -> None:
    content = xlsx_bytes([edges_table(graph(), "zh"), nodes_table(graph(), "zh")], MARK, "zh")
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["导出说明", "关系", "节点"]
    info = {row[0].value: row[1].value for row in book["导出说明"].iter_rows()}
    assert info["导出人"] == "li.investigator"
    assert info["关系: 行数"] == len(graph()["edges"])
    assert book["关系"]["D2"].value == 4731703.97
    footer: Any = book["关系"].oddFooter
    assert "li.investigator" in footer.left.text


def test_excel_holds_hostile_texts_as_text() -> None:
    hostile = poisoned(graph(), ALL_HOSTILE)
    hostile["nodes"][0]["name"] = '=HYPERLINK("http://outside.invalid","click")'
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([nodes_table(hostile, "zh")], MARK, "zh")))
    cells = [cell for row in book["节点"].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert any(cell.value == hostile["nodes"][0]["name"] for cell in cells)
    assert not any(cell.hyperlink for cell in cells)
    assert any("[U+0000]" in str(cell.value) for cell in cells)


def test_a_text_longer_than_a_cell_says_how_much_is_missing() -> None:
    table = Table("nodes", ("name",), [("长" * 40_000,), ("𠮷" * 20_000,)])
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([table], MARK, "en")))
    first, second = (str(book["Nodes"][f"A{row}"].value) for row in (2, 3))
    assert first.count("长") + int(first.split("[")[1].split()[0]) == 40_000
    assert second.count("𠮷") + int(second.split("[")[1].split()[0]) == 20_000
    assert all(len(text.encode("utf-16-le")) // 2 <= 32_767 for text in (first, second))


def test_a_table_longer_than_a_sheet_goes_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viz.exports.sheets.ROW_LIMIT", 11)
    table = Table("edges", ("n",), ((n,) for n in range(25)))
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes([table], MARK, "en")))
    assert book.sheetnames[1:] == ["Relations", "Relations (2)", "Relations (3)"]
    seen = [row[0].value for name in book.sheetnames[1:] for row in book[name].iter_rows(min_row=2)]
    assert seen == list(range(25))


def test_graphml_is_read_back_with_every_node_edge_and_attribute() -> None:
    network = nx.read_graphml(io.BytesIO(graphml(graph(), MARK, "zh")), force_multigraph=True)
    assert len(network) == 7
    assert network.number_of_edges() == len(graph()["edges"])
    assert network.nodes["Party/O3"]["label"] == "岚江盛振科商贸有限公司"
    paid = [data for *_, data in network.edges(data=True) if data["type"] == "PAID"]
    assert sum(round(data["amount"] * 100) for data in paid) == 473_170_397 + 86_160_015
    assert network.graph["exported_by"] == "li.investigator"
    assert graphml(graph(), MARK, "zh") == graphml(graph(), MARK, "zh")


def test_graphml_holds_hostile_texts_as_text() -> None:
    hostile = poisoned(graph(), ALL_HOSTILE)
    network = nx.read_graphml(io.BytesIO(graphml(hostile, MARK, "zh")), force_multigraph=True)
    names = [str(name) for _, name in network.nodes(data="name")]
    assert names[0].replace("\r\n", "\n") == plain(hostile["nodes"][0]["name"]).replace("\r\n", "\n")


def _entities(content: bytes) -> Iterator[dict[str, object]]:
    return map(json.loads, content.splitlines())


def test_follow_the_money_entities_are_valid_and_linked() -> None:
    model = pytest.importorskip("followthemoney", reason="optional: pip install qingfeng[ftm]").model
    entities = {entity["id"]: entity for entity in _entities(followthemoney(graph(), MARK, "zh"))}
    for entity in entities.values():
        proxy = model.get_proxy(entity)
        proxy.schema.validate(entity)
        for prop, value in proxy.itervalues():
            assert prop.type.validate(value), (prop, value)
            if prop.type.name == "entity":
                assert entities[value], "no end is missing"
                assert model.get_proxy(entities[value]).schema.is_a(prop.range)
    schemata = [str(entity["schema"]) for entity in entities.values()]
    assert {s: schemata.count(s) for s in ("Payment", "Debt", "Family", "Directorship", "Ownership", "Employment")} == {
        "Payment": 7,
        "Debt": 1,
        "Family": 1,
        "Directorship": 1,
        "Ownership": 1,
        "Employment": 1,
    }
    debt = next(entity for entity in entities.values() if entity["schema"] == "Debt")
    assert {"debtor", "creditor"} <= set(debt["properties"])  # type: ignore[call-overload]
    assert followthemoney(graph(), MARK, "zh") == followthemoney(graph(), MARK, "zh")


def test_follow_the_money_takes_hostile_texts_as_text() -> None:
    pytest.importorskip("followthemoney", reason="optional: pip install qingfeng[ftm]")
    hostile = poisoned(graph(), ALL_HOSTILE)
    entities = list(_entities(followthemoney(hostile, MARK, "zh")))
    assert len(entities) >= len(hostile["nodes"])
    assert all(str(entity["id"]).startswith("qf-") for entity in entities)


def test_without_the_library_the_message_says_how_to_install_it() -> None:
    script = (
        "import sys; sys.modules['followthemoney'] = None\n"
        "from tests.viz.sample import MARK, graph\n"
        "from viz.exports import followthemoney\n"
        "try: followthemoney(graph(), MARK, 'en')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("FollowTheMoneyError")
    assert 'pip install "qingfeng[ftm]"' in done.stdout


def test_what_is_offered_is_there() -> None:
    assert all(hasattr(exports, name) for name in exports.__all__)

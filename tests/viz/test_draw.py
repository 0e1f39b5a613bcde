"""Static pictures for notebooks: readable Chinese, every name as text, the same bytes each time."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import networkx as nx
import pytest

from i18n import Problem
from tests.viz.sample import HOSTILE, MARK, graph, poisoned
from viz.draw import draw
from viz.picture import picture
from viz.plain import columns, css_string, plain, shortened, two_lines


def _texts(file: Path) -> str:
    return "\n".join(text for element in ElementTree.parse(file).iter() if (text := (element.text or "").strip()))


def test_an_svg_has_names_sums_and_mark_and_is_the_same_each_time(tmp_path: Path) -> None:
    one = draw(graph(), tmp_path / "one.svg", title="清偿回流", watermark=MARK)
    two = draw(graph(), tmp_path / "two.svg", title="清偿回流", watermark=MARK)
    text = _texts(one)
    for words in ("清偿回流", "高庆", "6 笔 · 86.16 万元", "2022-07-04 → 2022-07-09", "60 %", "li.investigator"):
        assert words in text
    assert one.read_bytes() == two.read_bytes()


def test_a_png_has_every_chinese_character(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of each character that no font has
        file = draw(graph(), tmp_path / "picture.png")
    assert file.read_bytes().startswith(b"\x89PNG")


def test_a_networkx_graph_is_drawn_as_it_is(tmp_path: Path) -> None:
    network: nx.DiGraph[str] = nx.DiGraph()
    network.add_node("A", name="甲公司", kind="firm")
    network.add_edge("A", "B", type="PAID", amount=1_000_000, day="2023-01-02")
    text = _texts(draw(network, tmp_path / "network.svg", language="en"))
    assert "甲公司" in text
    assert "CNY 10,000.00" in text


def test_another_ending_is_refused_with_the_ones_there_are(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"\.svg, \.png or \.pdf"):
        draw(graph(), tmp_path / "picture.gif")


@pytest.mark.parametrize("text", [*HOSTILE, "$x^2$ \\alpha {{ }}"])
def test_hostile_names_are_text_in_both_pictures(tmp_path: Path, text: str) -> None:
    hostile = poisoned(graph(), text)
    hostile["nodes"][0]["name"] = text
    drawn = tmp_path / "drawn.svg"
    drawn.write_text(picture(hostile, "zh").svg, encoding="utf-8")
    for file in (drawn, draw(hostile, tmp_path / "plot.svg", watermark=MARK)):
        tree = ElementTree.parse(file)
        tags = {str(element.tag).rpartition("}")[2] for element in tree.iter()}
        assert not tags & {"script", "image", "foreignObject", "a", "img", "b", "iframe"}
        names = {name for element in tree.iter() for name in element.attrib}
        assert not any(name.startswith("on") for name in names)
        assert not re.search("[\x00-\x08\u202e]", file.read_text(encoding="utf-8"))


def test_parallel_payments_are_one_line_and_kinship_has_no_direction() -> None:
    drawn = picture(graph(), "en").svg
    assert drawn.count("6×") == 1
    kin = next(part for part in drawn.split("<g>") if "sibling" in part or "relation 22" in part)
    assert "<polygon" not in kin


def test_what_acts_is_shown_by_its_number() -> None:
    assert plain("a\x00b\u202ec") == "a[U+0000]b[U+202E]c"
    assert plain("甲\t乙\n") == "甲\t乙\n"
    assert shortened("长" * 30, 5) == "长长长长…"
    assert two_lines("Lanjiang Construction Engineering", 10) == ["Lanjiang", "Construction Eng…"]
    assert two_lines("岚江邦万安商贸有限公司", 10) == ["岚江邦万安商", "贸有限公司"], "no line of one character"
    assert all(columns(words) <= 9 for words in two_lines("岚江市红丰区第一百二十三城市建设投资有限公司", 9))
    assert css_string('"}\\') == '"\\22 \\7D \\5C "'

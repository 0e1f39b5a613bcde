"""The pages of the indicators."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from queries.ocp.descriptions import DESCRIPTIONS
from queries.ocp.flags import FLAGS
from queries.ocp.pages import pages
from queries.ocp.settings import _KEYS, CODES

SOURCE = Path(__file__).resolve().parents[3] / "queries" / "ocp"


def test_every_indicator_has_a_page_in_both_languages() -> None:
    names = {f"ocp/{code}{suffix}.md" for code in (*CODES, "README") for suffix in ("", ".zh")}
    assert pages().keys() == names
    assert tuple(one.code for one in DESCRIPTIONS) == CODES


@pytest.mark.parametrize("code", CODES)
def test_a_page_names_every_setting_of_its_indicator(code: str) -> None:
    for suffix in ("", ".zh"):
        page = pages()[f"ocp/{code}{suffix}.md"]
        assert {key for key in _KEYS[code] if f"`{key}`" not in page} == set()
        assert "{" not in page


def test_the_rule_shows_the_defaults_in_bold() -> None:
    assert "**15 days**" in pages()["ocp/R003.md"]
    assert "**15 天**" in pages()["ocp/R003.zh.md"]
    assert "**`open` or `selective`**" in pages()["ocp/R018.md"]


def test_r038_says_what_its_minimum_counts() -> None:
    page = pages()["ocp/R038.md"]
    assert "`processes`, the contracting processes" in page
    assert "`bids`, the submitted bids" in page


def test_every_reason_in_the_rules_is_on_some_page() -> None:
    given = set()
    for file in ("process.py", "price.py", "parties.py", "rotation.py"):
        given |= set(re.findall(r'(?:\.give\(|not_judgeable\[)"(\w+)"', (SOURCE / file).read_text(encoding="utf-8")))
    told = {name for one in DESCRIPTIONS for name in one.reasons.split()}
    assert given - told == set()


def test_titles_have_at_most_five_words() -> None:
    assert [flag.title.en for flag in FLAGS if len(flag.title.en.split()) > 5] == []


def test_no_chinese_on_an_english_page() -> None:
    for name, page in pages().items():
        if ".zh" not in name:
            assert re.search(r"[\u4e00-\u9fff]", page) is None, name

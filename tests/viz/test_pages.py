"""The printed pages."""

from __future__ import annotations

import re
from pathlib import Path

from queries.parameters import described
from queries.registry import DETECTORS
from tests.conftest import ROOT
from viz.pages import differing, printed_pages, write_pages


def test_the_pages_in_docs_are_those_that_the_code_prints() -> None:
    assert differing(printed_pages(), ROOT / "docs") == [], "run `make docs`"


def test_every_detector_has_a_page_in_both_languages() -> None:
    pages = printed_pages()
    for detector in DETECTORS:
        english, chinese = pages[f"detectors/{detector.id}.md"], pages[f"detectors/{detector.id}.zh.md"]
        assert detector.question.en in english
        assert detector.question.zh in chinese
        for name, meaning in described(detector).items():
            assert f"- `{name}` = " in english
            assert meaning.en in english
            assert meaning.zh in chinese


def test_a_chinese_page_has_chinese_punctuation_and_no_english_sentence() -> None:
    pages = printed_pages()
    for detector in DETECTORS:
        page = pages[f"detectors/{detector.id}.zh.md"]
        assert not re.findall(r"[\u4e00-\u9fff]: ", page), detector.id
        _, _, cases = page.partition("## 证明用例")
        assert not re.findall(r"[a-z]+ [a-z]+ [a-z]+", cases), detector.id


def test_links_between_pages_resolve() -> None:
    pages = printed_pages()
    for name, page in pages.items():
        for target in re.findall(r"\]\(([^):]+\.md)\)", page):
            assert str(Path(name).parent / target) in pages, f"{name} links to {target}"


def test_writing_twice_changes_nothing_and_removes_what_no_detector_prints(tmp_path: Path) -> None:
    pages = printed_pages()
    assert set(write_pages(pages, tmp_path)) == pages.keys()
    assert write_pages(pages, tmp_path) == []
    (tmp_path / "detectors" / "gone.md").write_text("old")
    assert write_pages(pages, tmp_path) == ["detectors/gone.md"]
    assert not (tmp_path / "detectors" / "gone.md").exists()

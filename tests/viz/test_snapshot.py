"""The interactive snapshot: it works alone, asks for nothing, and hostile texts in it are text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from i18n import LANGUAGES, Language
from tests.viz.offline import Opener, browser
from tests.viz.sample import HOSTILE, MARK, graph, poisoned
from viz.plain import plain
from viz.snapshot import SnapshotError, page, snapshot_html

ALL_HOSTILE = "¦".join((*HOSTILE, "href"))


@pytest.fixture(scope="module")
def opened() -> Iterator[Opener]:
    with browser() as opener:
        yield opener


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_draws_and_links_picture_and_tables(opened: Opener, tmp_path: Path, language: Language) -> None:
    file = tmp_path / "snapshot.html"
    file.write_text(snapshot_html(graph(), "清偿回流", language, MARK), encoding="utf-8")
    shown, heard = opened(file)
    assert (heard.requests, heard.dialogs, heard.complaints) == ([], [], [])
    assert shown.evaluate("network.body.nodeIndices.length") == 7
    before = shown.evaluate("network.getPositions()")
    shown.wait_for_timeout(300)
    assert shown.evaluate("network.getPositions()") == before, "nothing moves by itself"
    row = shown.locator("tr[data-id]", has_text="岚江盛振科商贸有限公司").first
    row.focus()
    row.press("Enter")
    assert shown.evaluate("network.getSelectedEdges().length + network.getSelectedNodes().length") > 0
    assert row.get_attribute("aria-selected") == "true"
    x, y = shown.evaluate("(() => { const p = network.canvasToDOM(network.getPosition('n3')); return [p.x, p.y] })()")
    box = shown.locator("#mynetwork").bounding_box()
    assert box is not None
    shown.mouse.click(box["x"] + x, box["y"] + y)
    shown.wait_for_timeout(500)
    assert "高庆" in shown.locator("tr.lit").first.inner_text()
    shown.close()


def test_hostile_texts_are_shown_as_text_and_ask_for_nothing(opened: Opener, tmp_path: Path) -> None:
    hostile = poisoned(graph(), ALL_HOSTILE)
    for node in hostile["nodes"]:
        node["key"] += ALL_HOSTILE
        node["kind"] += "'\"><script>alert(3)</script>"
    file = tmp_path / "snapshot.html"
    file.write_text(snapshot_html(hostile, ALL_HOSTILE, "zh", MARK), encoding="utf-8")
    shown, heard = opened(file)
    shown.mouse.move(600, 300)
    shown.wait_for_timeout(300)
    assert (heard.requests, heard.dialogs, heard.complaints) == ([], [], [])
    assert shown.evaluate("network.body.nodeIndices.length") == 7
    assert shown.locator("img, iframe, [onerror], [onload], [href], script[src]").count() == 0
    seen = " ".join(shown.locator("main").text_content().split())  # type: ignore[union-attr]
    for text in HOSTILE:
        assert " ".join(plain(text).split())[:200] in seen, text[:40]
    shown.close()


def test_ids_in_the_page_are_running_numbers_and_nothing_outside_is_named() -> None:
    made = snapshot_html(graph(), "t", "en", MARK)
    assert "Party/O1" not in made
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", re.sub(r"(?s)<script>.*?</script>", "", made))
    assert "sourceMappingURL" not in made
    assert "bootstrap@" not in made
    assert "exported by li.investigator at 2026-03-31 08:15:00 UTC" in made


def test_it_is_not_handed_out_with_an_outside_reference_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    template = page._environment().from_string('<link rel="x" href="//cdn.outside.invalid/a.css">')
    monkeypatch.setattr(page, "_template", lambda: template)
    with pytest.raises(SnapshotError, match=r"cdn\.outside\.invalid"):
        snapshot_html(graph(), "t", "en", MARK)


def test_the_same_graph_gives_the_same_bytes() -> None:
    assert snapshot_html(graph(), "t", "zh", MARK) == snapshot_html(graph(), "t", "zh", MARK)


def test_a_part_of_a_larger_graph_says_so() -> None:
    assert "7 of 312 nodes" in snapshot_html(graph() | {"total": 312}, "t", "en", MARK)

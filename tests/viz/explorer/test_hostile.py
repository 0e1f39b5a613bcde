"""Script in every text that the server can send, or that a loaded file holds, is shown as text."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pypdf
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from findings.runs import run_scan_and_store
from graph.snapshot import Workspace
from loaders.load import load
from queries.profiles import configure
from queries.registry import choose
from tests.viz.explorer.conftest import Visiting
from tests.viz.explorer.hostile import HOSTILE, IMAGE, LONG, PAYMENTS, SCRIPT, write_hostile_sample
from tests.viz.explorer.served import Visit, add_people, serving, settings_of, visit
from viz.plain import plain

TEXTS = {
    "name", "text", "zh", "en", "title", "headline", "note", "file", "purpose", "reason", "subject", "actor", "author",
    "statute", "article", "region", "matched_by", "request_id", "case_number", "source_record_id", "hash", "question",
    "description", "bidder", "step_name", "term",
}  # fmt: skip


def poisoned(value: Any, texts: Any, key: str = "") -> Any:
    """The same document with script in every text; ids, codes and numbers stay, so that the page goes on working."""
    if isinstance(value, dict):
        inside = key in {"columns", "terms", "names", "people", "properties", "statistics", "parameters"}
        return {k: next(texts) if inside and isinstance(v, str) else poisoned(v, texts, k) for k, v in value.items()}
    if isinstance(value, list):
        return [next(texts) if key == "reasons" and isinstance(v, str) else poisoned(v, texts, key) for v in value]
    return next(texts) if isinstance(value, str) and key in TEXTS else value


def test_hostile_texts_stay_texts(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    texts = itertools.cycle([*HOSTILE, LONG])

    def poison(route: Route) -> None:
        answer = route.fetch()
        if "json" not in (answer.headers.get("content-type") or ""):
            route.fulfill(response=answer)
            return
        route.fulfill(response=answer, json=poisoned(answer.json(), texts))

    seen.sign_in("wang.lei")
    page.context.route(lambda url: "/api/v1/" in url and "/texts/" not in url and "/session" not in url, poison)
    seen.go("#/leads?view=all&detector=release_kickback", ".grid-row")
    expect(page.locator(".grid-row", has_text="<script>window.owned=1</script>").first).to_be_visible()
    page.locator(".lead-link").first.click()
    seen.graph_ready()
    page.keyboard.press("t")
    page.click(".twin [role=tab]:nth-child(2)")
    page.locator(".twin .grid-row").first.click()
    for tab in ("timeline", "rows", "innocent", "decision", "why"):
        page.click(f"#tab-{tab}")
        page.wait_for_timeout(300)
    page.locator(".canvas").hover()
    href = page.locator(".parties a").first.get_attribute("href") or ""
    seen.go(href, ".lead-list li")
    seen.go("#/overview", ".matrix.small td")
    seen.go("#/scans", "table.plain tbody tr")
    seen.go("#/audit", ".page")
    page.fill("#search", "O0")
    page.wait_for_selector("#search-list [role=option]")
    assert page.evaluate("window.owned") is None
    assert dialogs == []
    assert page.locator("img[src=x], svg[onload], b[onmouseover]").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0
    page.context.unroute_all(behavior="wait")


@pytest.fixture(scope="module")
def hostile_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A province whose files are hostile, loaded and scanned as any other."""
    folder = tmp_path_factory.mktemp("hostile")
    sources, mapping = write_hostile_sample(folder, bids=600)
    settings = settings_of(folder / "workspace")
    report = load(sources, Workspace(settings.workspace), mapping=mapping, threads=1)
    assert report.tables["payments"].total > 1_000, "the oddly named file was read"
    run_scan_and_store(settings, configure(choose([], ["release_kickback", "same_device", "new_arrears"])))
    add_people(settings)
    with serving(settings) as url:
        yield url


@pytest.fixture
def visitor(browser: Browser, hostile_address: str) -> Iterator[Visit]:
    """The supervisor, whose every name and purpose acts too; afterwards nothing has run."""
    context = browser.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    seen = visit(context, hostile_address)
    dialogs: list[str] = []
    seen.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    seen.sign_in("wang.lei", purpose=IMAGE)
    yield seen
    unharmed(seen.page)
    context.close()
    assert dialogs == []
    assert seen.outside == []
    assert seen.complaints == []


def unharmed(page: Page) -> None:
    """Nothing of the texts became an element, ran, or turns the reading order."""
    assert page.evaluate("window.owned") is None
    assert page.locator("img[src=x], svg[onload], b[onmouseover], [onerror], a[href^='javascript:' i]").count() == 0
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", page.locator("body").inner_text())


def sees(page: Page, *texts: str) -> None:
    """The texts stand on the page, letter by letter."""
    shown = page.locator("body").inner_text()
    assert [text for text in texts if text not in shown] == []
    unharmed(page)


def _open_lead(seen: Visit) -> str:
    seen.go("#/leads?view=all&detector=release_kickback", ".grid-row")
    seen.page.locator(".lead-link").first.click()
    seen.graph_ready()
    here: str = seen.page.evaluate("location.hash.split('/')[2].split('?')[0]")
    return here


def test_files_full_of_script_are_shown_as_text_in_every_view(visitor: Visit) -> None:
    seen, page = visitor, visitor.page
    seen.go("#/leads?view=all", ".grid-row")
    sees(page, "window.owned=1")
    assert page.locator(".grid-row").first.bounding_box()["height"] < 60, "10,000 characters do not stretch a row"  # type: ignore[index]

    _open_lead(seen)
    sees(page, "window.owned=1")
    page.keyboard.press("t")
    page.click(".twin [role=tab]:nth-child(2)")
    page.locator(".twin .grid-row").last.click()
    page.click(".details button:has-text('展开为逐笔')")
    page.locator(".twin .grid-row").last.click()
    expect(page.locator(".details .record")).to_be_visible()
    for tab, expected in (
        ("timeline", "window.owned=1"),
        ("rows", plain(PAYMENTS)),
        ("innocent", ""),
        ("decision", ""),
        ("why", "window.owned=1"),
    ):
        page.click(f"#tab-{tab}")
        expect(page.locator(f"#panel-{tab} .skeleton")).to_have_count(0)
        expect(page.locator(f"#panel-{tab}")).to_contain_text(expected)
        sees(page)
    page.locator(".canvas").hover()
    page.click("#tab-decision")
    page.click("[data-action=start]")
    page.fill(".decision textarea[name=note]", SCRIPT)
    page.click(".decision .primary")
    expect(page.locator(".history blockquote")).to_have_text(SCRIPT)
    page.fill("#panel-decision form:last-of-type textarea", IMAGE)
    page.click("#panel-decision form:last-of-type button[type=submit]")
    expect(page.locator(".comments")).to_contain_text(IMAGE)
    sees(page, SCRIPT, IMAGE)

    page.click("#tab-why")
    for kind in range(min(2, page.locator(".parties a").count())):
        href = page.locator(".parties a").nth(kind).get_attribute("href") or ""
        seen.go(href, ".lead-list li, .empty")
        expect(page.locator(".page h1")).not_to_be_empty()
        page.click("summary")
        sees(page, "window.owned=1")
        page.go_back()
        seen.graph_ready()

    seen.go("#/overview", ".matrix.small td")
    page.fill("#tender", "T0000001")
    page.wait_for_selector("#tender-list [role=option]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".price-place canvas")
    page.locator(".price-place summary").click()
    sees(page, "window.owned=1")
    seen.go("#/scans", "table.plain tbody tr")
    sees(page)
    page.fill("#search", "<script>window")
    page.wait_for_selector("#search-list [role=option]")
    sees(page, SCRIPT)
    page.keyboard.press("Escape")
    page.fill("#search", "\u202e\u2066")
    page.wait_for_selector("#search-list [role=option], #search-list .note")
    sees(page, "[U+202E]")
    page.keyboard.press("Escape")
    page.click("#account")
    sees(page, IMAGE)


def test_what_is_taken_from_hostile_files_stays_text(visitor: Visit, tmp_path: Path) -> None:
    seen, page = visitor, visitor.page
    lead = _open_lead(seen)
    party = (page.locator(".parties a").first.get_attribute("href") or "").rsplit("/", 1)[1]
    headers = {"X-Purpose": "%3Cscript%3Ewindow.owned%3D1%3C%2Fscript%3E"}
    for name, path in (
        ("lead.html", f"findings/{lead}/dossier.html"),
        ("graph.html", f"findings/{lead}/snapshot.html"),
        ("party.html", f"parties/{party}/dossier.html"),
    ):
        answer = page.request.get(f"{seen.address}api/v1/{path}", headers=headers)
        assert answer.ok, answer.text()
        file = tmp_path / name
        file.write_bytes(answer.body())
        with page.context.browser.new_context(offline=True) as offline:  # type: ignore[union-attr]
            sheet = offline.new_page()
            sheet.goto(file.as_uri())
            sheet.wait_for_load_state()
            sees(sheet, SCRIPT, "wang.lei")
    query = "q=" + quote(LONG[:9])
    long = page.request.get(f"{seen.address}api/v1/findings?limit=1&{query}", headers=headers).json()["items"][0]
    for path, expected in ((f"parties/{party}", "window.owned=1"), (f"findings/{long['finding_id']}", LONG)):
        answer = page.request.get(f"{seen.address}api/v1/{path}/dossier.pdf", headers=headers)
        assert answer.ok, answer.text()
        pdf = pypdf.PdfReader(io.BytesIO(answer.body()))
        text = "".join(part.extract_text() for part in pdf.pages)
        assert text.count(expected[0]) >= len(expected)
        assert "window.owned=1" in "".join(text.split())
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)
        assert "/JavaScript" not in pdf.trailer["/Root"].get("/Names", {})
    page.click(".tools button:has(use[href$='#download'])")
    with page.expect_download() as waiting:
        page.click(".menu button:has-text('SVG')")
    waiting.value.save_as(tmp_path / "graph.svg")
    drawing = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    drawing.goto((tmp_path / "graph.svg").as_uri())
    assert drawing.evaluate("[...document.querySelectorAll('script, img, [onload], [onerror]')].length") == 0
    drawing.context.close()


def test_the_page_shows_what_acts_unseen_as_everything_taken_along_does(visiting: Visiting) -> None:
    seen = visiting()
    seen.sign_in()
    every = "".join(map(chr, itertools.chain(range(0xD800), range(0xE000, 0x10000), range(0xE0000, 0xE0080))))
    shown = seen.page.evaluate("text => import('/static/js/plain.js').then(module => module.plain(text))", every)
    assert shown == plain(every)

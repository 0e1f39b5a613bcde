"""Script in every text that the server can send is shown as text."""

from __future__ import annotations

import itertools
from typing import Any

from playwright.sync_api import Route, expect

from tests.viz.explorer.conftest import Visiting

HOSTILE = [
    "<script>window.owned=1</script>",
    '"><img src=x onerror="window.owned=1">',
    "javascript:window.owned=1",
    "\u202e\u2066清风\u2069<b onmouseover=window.owned=1>",
    "{{constructor.constructor('window.owned=1')()}}",
    "=HYPERLINK(1)<svg/onload=window.owned=1>",
    "长" * 10_000,
]
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
    texts = itertools.cycle(HOSTILE)

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
    seen.go("#/overview", ".matrix td")
    seen.go("#/scans", "table.plain tbody tr")
    seen.go("#/audit", ".page")
    page.fill("#search", "O0")
    page.wait_for_selector("#search-list [role=option]")
    assert page.evaluate("window.owned") is None
    assert dialogs == []
    assert page.locator("img[src=x], svg[onload], b[onmouseover]").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0

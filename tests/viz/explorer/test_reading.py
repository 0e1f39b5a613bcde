"""What is shown can be read: on a narrow screen, among many lines, and it says what it leaves out."""

from __future__ import annotations

import csv
from collections import Counter

from playwright.sync_api import Page, expect

from findings.settings import Settings
from tests.viz.explorer.conftest import Visiting
from tests.viz.explorer.served import Visit

CY = "document.querySelector('.canvas')._cyreg.cy"
NAME = "{ includeNodes: false, includeOverlays: false, includeUnderlays: false }"
"""What of a node's box is its name."""
NEIGHBOURS = """async (id) => {
  const path = `api/v1/graph/nodes/${id}/neighbourhood?limit=1&unguarded=true`;
  const answer = await fetch(path, { headers: { "X-Purpose": "test" } });
  return (await answer.json()).graph.total;
}"""


def _hub(scanned: Settings) -> str:
    """The firm that bids, pays and is paid most often."""
    often: Counter[str] = Counter()
    for table, columns in {"bids": ["bidder_id"], "payments": ["payer_id", "payee_id"]}.items():
        with (scanned.workspace.parent / "province" / f"{table}.csv").open(encoding="utf-8-sig") as file:
            often.update(row[column] for row in csv.DictReader(file) for column in columns)
    return f"Party/{often.most_common(1)[0][0]}"


def _expand(seen: Visit, hub: str) -> None:
    """The first page of a hub's neighbours, by way of the guard."""
    seen.go(f"#/explore?nodes={hub}", ".explore-view[data-ready=true]")
    seen.page.click(".details button:has-text('展开')")
    seen.page.click(".sheet button:has-text('40')")
    seen.until(lambda: seen.count()[0] == 41)


def _phone(visiting: Visiting) -> Visit:
    seen = visiting(width=390, height=844)
    seen.sign_in()
    return seen


def _open_kickback(seen: Visit) -> None:
    seen.go("#/leads?view=all&detector=release_kickback&status=flagged", ".grid-row")
    seen.page.locator(".lead-link").first.click()
    seen.graph_ready()


def _width(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["width"]


def test_an_expanded_hub_says_how_many_are_left_and_brings_the_next(visiting: Visiting, scanned: Settings) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    hub = _hub(scanned)
    total = page.evaluate(NEIGHBOURS, hub)
    assert 40 < total <= 80, "one page and a rest"
    _expand(seen, hub)
    left = page.locator(".canvas-status .link")
    expect(left).to_contain_text(f"另有 {total - 40} 个相邻节点未显示")
    left.click()
    expect(left).to_have_count(0)
    assert seen.count()[0] == 1 + total
    page.keyboard.press("Control+z")
    expect(left).to_contain_text(f"另有 {total - 40} 个")
    assert seen.count()[0] == 41
    page.keyboard.press("Control+z")
    expect(left).to_have_count(0)


def test_thin_lines_of_a_crowded_graph_have_no_words(visiting: Visiting, scanned: Settings) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    _expand(seen, _hub(scanned))
    words = page.evaluate(
        f"{CY}.edges().map(e => [e.data('look'), e.data('label')])"
        ".reduce((all, [look, label]) => ({ ...all, [look]: [...(all[look] ?? []), label] }), {})"
    )
    assert set(words["thin"]) == {""}
    assert "" not in words["money"]


def test_lines_end_where_a_name_begins(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    _open_kickback(seen)
    covered = page.evaluate(
        f"{CY}.edges().filter(e => {{ const {{ x, y }} = e.targetEndpoint(); const n = e.target().boundingBox({NAME});"
        " return x > n.x1 + 7 && x < n.x2 - 7 && y > n.y1 + 7 && y < n.y2 - 7; }).map(e => e.data('label'))"
    )
    assert covered == []


def test_names_stand_in_two_even_lines(visiting: Visiting) -> None:
    seen = visiting()
    seen.sign_in()
    _open_kickback(seen)
    labels = seen.page.evaluate(f"{CY}.nodes().map(n => n.data('label').split('\\n'))")
    double = [label for label in labels if len(label) == 2]
    assert double
    assert all(abs(len(first) - len(second)) <= 2 for first, second in double), double


def test_a_graph_on_a_telephone_has_its_names(visiting: Visiting) -> None:
    seen = _phone(visiting)
    _open_kickback(seen)
    sizes = seen.page.evaluate(f"{CY}.nodes().map(n => parseFloat(n.style('font-size')) * {CY}.zoom())")
    least = seen.page.evaluate(f"parseFloat({CY}.nodes()[0].style('min-zoomed-font-size'))")
    assert min(sizes) > least


def test_dates_and_sums_are_not_broken_over_lines(visiting: Visiting) -> None:
    seen = _phone(visiting)
    _open_kickback(seen)
    for tab in ("why", "timeline"):
        seen.page.click(f"#tab-{tab}")
        exact = seen.page.locator(".tab-body .exact:visible")
        expect(exact.first).to_be_visible()
        assert exact.evaluate_all("all => all.filter(x => x.getClientRects().length > 1).map(x => x.textContent)") == []


def test_names_have_room_on_a_telephone(visiting: Visiting) -> None:
    seen = _phone(visiting)
    page = seen.page
    _open_kickback(seen)
    seen.go(page.locator(".parties a").first.get_attribute("href") or "", ".page-head h1")
    assert _width(page, ".page-head h1") > 200
    page.fill("#search", "lanzhou")
    page.wait_for_selector("#search-list [role=option]")
    assert _width(page, "#search-list") > 340
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_address_that_cannot_be_leads_back_to_the_list(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    page.evaluate("location.hash = '#/lead/nope'")
    expect(page.locator(".problem .detail")).to_contain_text("finding_id")
    assert page.locator(".problem button").count() == 0
    page.click(".problem a:has-text('返回列表')")
    page.wait_for_selector(".grid-row, .empty")
    assert all("422" in complaint for complaint in seen.complaints), "Chromium's own notes of refused requests"
    seen.complaints.clear()


def test_a_kickback_is_found_as_a_money_path_with_wider_conditions(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    _open_kickback(seen)
    debtor, beneficiary = (
        (page.locator(f".parties li:has-text('{role}') a").first.get_attribute("href") or "").rsplit("/", 1)[1]
        for role in ("债务人", "受益人")
    )
    seen.go(f"#/explore?nodes=Party/{debtor},Party/{beneficiary}", ".explore-view[data-ready=true]")
    for party in (debtor, beneficiary):
        page.evaluate(f"id => {CY}.getElementById(id).select()", f"Party/{party}")
        page.wait_for_timeout(100)
    page.click(".tools button:has(use[href$='#banknote'])")
    expect(page.locator(".sheet .path")).to_have_count(1)
    expect(page.locator(".sheet")).to_contain_text("放宽至 365 天、1%")
    places = page.evaluate(f"{CY}.nodes().map(n => n.position())")
    assert len(places) == 3
    assert all(abs(a["x"] - b["x"]) + abs(a["y"] - b["y"]) > 150 for i, a in enumerate(places) for b in places[:i]), (
        "no line of the path runs behind a node"
    )


def test_filters_on_a_telephone_close_again(visiting: Visiting) -> None:
    seen = _phone(visiting)
    page = seen.page
    seen.open_leads()
    toggle = page.locator(".list-top button:has-text('筛选')").first
    toggle.click()
    expect(page.locator(".filters")).to_be_visible()
    expect(page.locator(".grid-row").first).to_be_hidden()
    toggle.click()
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator(".grid-row").first).to_be_visible()

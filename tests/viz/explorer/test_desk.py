"""Each tool of the graph work does what it says, and can be taken back."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.viz.explorer.conftest import Visiting
from tests.viz.explorer.served import Visit

CY = "document.querySelector('.canvas')._cyreg.cy"


def _lead(visiting: Visiting) -> Visit:
    """A lead in which money flows back, its nodes listed in the table twin."""
    seen = visiting()
    seen.sign_in()
    seen.go("#/leads?view=all&detector=release_kickback", ".grid-row")
    seen.page.locator(".lead-link").first.click()
    seen.graph_ready()
    seen.page.keyboard.press("t")
    seen.page.wait_for_selector(".twin .grid-row")
    return seen


def _choose(page: Page, count: int) -> list[str]:
    """Choose so many firms and persons on the canvas; answers their ids."""
    ids: list[str] = page.evaluate(
        f"n => {{ const parties = {CY}.nodes().filter(x => x.id().startsWith('Party/')).slice(0, n);"
        f" {CY}.elements().unselect(); parties.select(); return parties.map(x => x.id()); }}",
        count,
    )
    page.wait_for_timeout(100)
    return ids


def _tool(page: Page, icon: str) -> None:
    page.click(f".tools button:has(use[href$='#{icon}'])")


def _places(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(f"Object.fromEntries({CY}.nodes().map(n => [n.id(), n.position()]))")
    return found


def test_hide_pin_and_group_and_the_way_back(visiting: Visiting) -> None:
    seen = _lead(visiting)
    page = seen.page
    nodes, _ = seen.count()
    chosen = _choose(page, 2)
    _tool(page, "pin")
    assert page.evaluate(f"id => {CY}.getElementById(id).locked()", chosen[0])
    _tool(page, "pin")
    assert not page.evaluate(f"id => {CY}.getElementById(id).locked()", chosen[0])

    _choose(page, 2)
    _tool(page, "group")
    assert seen.count()[0] == nodes - 1
    expect(page.locator(".twin")).to_contain_text("2")
    page.keyboard.press("Control+z")
    assert seen.count()[0] == nodes

    _choose(page, 1)
    _tool(page, "eye-off")
    assert seen.count()[0] == nodes - 1
    page.locator(".canvas-status .link").first.click()
    assert seen.count()[0] == nodes


def test_expand_collapse_and_places_that_stay(visiting: Visiting) -> None:
    seen = _lead(visiting)
    page = seen.page
    nodes, _ = seen.count()
    before = _places(page)
    row = page.locator(".twin .grid-row", has_text="企业").first
    row.click()
    page.locator(".details button", has_text="展开").click()
    seen.until(lambda: seen.count()[0] > nodes or page.locator(".sheet").is_visible())
    if page.locator(".sheet").is_visible():  # a hub: the guard asks which links
        page.click(".sheet button:has-text('40')")
        seen.until(lambda: seen.count()[0] > nodes)
    page.locator(".sheet").wait_for(state="hidden")
    after = _places(page)
    assert {key: after[key] for key in before} == before
    page.locator(".twin .grid-row.current").dblclick()
    page.click(".menu button:has-text('收起')")
    assert seen.count()[0] == nodes
    page.keyboard.press("Control+z")
    assert seen.count()[0] > nodes
    page.keyboard.press("Control+y")
    assert seen.count()[0] == nodes


def test_find_lights_and_counts(visiting: Visiting) -> None:
    seen = _lead(visiting)
    page = seen.page
    name = page.evaluate(f"{CY}.nodes().filter(n => n.id().startsWith('Party/'))[0].id().split('/')[1]")
    page.keyboard.press("f")
    page.keyboard.type(name)
    expect(page.locator(".canvas-status")).to_have_attribute("data-found", "1")
    assert page.evaluate(f"{CY}.nodes('.lit').length") == 1
    page.keyboard.press("Escape")
    assert page.evaluate(f"{CY}.nodes('.lit').length") == 0


def test_paths_of_relations_and_of_money_between_two_chosen(visiting: Visiting) -> None:
    seen = _lead(visiting)
    page = seen.page
    paid = f"{CY}.edges().filter(e => e.data('look') === 'money' && [e.source(), e.target()].every(party))[0]"
    for end in ("source", "target"):
        page.evaluate(f"() => {{ const party = n => n.id().startsWith('Party/'); {paid}.{end}().select(); }}")
        page.wait_for_timeout(100)
    _tool(page, "route")
    expect(page.locator(".sheet .path").first).to_be_visible()
    assert page.evaluate(f"{CY}.elements('.lit').length") >= 3
    page.keyboard.press("Escape")
    _tool(page, "banknote")
    days = page.locator(".sheet .path").first
    expect(days).to_contain_text("20")
    page.keyboard.press("Escape")


def test_common_neighbours_of_a_selection(visiting: Visiting) -> None:
    seen = _lead(visiting)
    page = seen.page
    _choose(page, 2)
    with page.expect_response("**/graph/common") as answer:
        _tool(page, "users")
    assert answer.value.ok
    expect(page.locator(".toast").last).to_contain_text("共同")


def test_relations_are_chosen_by_kind_and_sum_and_money_is_as_wide_as_much(visiting: Visiting) -> None:
    seen = _lead(visiting)
    page = seen.page
    widths = page.evaluate(f"{CY}.edges().filter(e => e.data('look') === 'money').map(e => e.data('w'))")
    others = page.evaluate(f"{CY}.edges().filter(e => e.data('look') !== 'money').map(e => e.data('w'))")
    assert max(widths) > max(others)
    assert len(set(widths)) > 1
    _, edges = seen.count()
    page.click("button[aria-label='关系与时间筛选']")
    chip = page.locator(".strip .chips button").first
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    seen.until(lambda: seen.count()[1] < edges)
    chip.click()
    seen.until(lambda: seen.count()[1] == edges)
    page.fill(".strip .least input", "99999999")
    page.keyboard.press("Tab")
    seen.until(lambda: seen.count()[1] < edges)


def test_kinds_are_told_apart_by_shape(visiting: Visiting) -> None:
    seen = _lead(visiting)
    outline = "n.style('shape') + ' ' + n.style('border-style')"
    shapes = dict(seen.page.evaluate(f"{CY}.nodes().map(n => [n.data('kind'), {outline}])"))
    assert {"official", "firm", "person"} <= shapes.keys()
    assert len(set(shapes.values())) == len(shapes)


def test_the_context_menu_leads_to_a_node_and_its_paths(visiting: Visiting) -> None:
    seen = _lead(visiting)
    page = seen.page
    at = page.evaluate(f"{CY}.nodes().filter(n => n.id().startsWith('Party/'))[0].renderedPosition()")
    box = page.locator(".canvas").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + at["x"], box["y"] + at["y"], button="right")
    items = page.locator(".menu button").all_inner_texts()
    for expected in ("展开", "收起", "到这里的路径", "流到这里的资金"):
        assert any(expected in item for item in items), items

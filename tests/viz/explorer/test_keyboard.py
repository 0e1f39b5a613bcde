"""Without a mouse: from the list to a decision, and everything on the canvas in a table."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.viz.explorer.conftest import Visiting
from tests.viz.explorer.served import PASSWORD


def test_from_signing_in_to_a_decision_by_keyboard_alone(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    keys = page.keyboard
    page.goto(seen.address)
    expect(page.locator("input[name=username]")).to_be_focused()
    keys.type("li.na")
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Tab")
    keys.type("例行核查")
    keys.press("Enter")
    expect(page.locator(".empty .primary")).to_be_visible()
    for _ in range(60):
        if page.locator(".empty .primary").evaluate("e => e === document.activeElement"):
            break
        keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".grid-row.current")).to_be_visible()
    first = page.locator(".grid-row.current").get_attribute("id")
    keys.press("j")
    assert page.locator(".grid-row.current").get_attribute("id") != first
    title = page.locator(".grid-row.current strong").text_content()
    keys.press("Enter")
    seen.graph_ready()
    expect(page.locator("h1")).to_have_text(title or "")
    keys.press("d")
    expect(page.locator(".decision select[name=reason]")).to_be_focused()
    expect(page.locator(".decision .primary")).to_be_enabled()
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.type("已核对")
    keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".lead-head .badge", has_text="已排除")).to_be_visible()
    keys.press("u")
    expect(page.locator(".grid-row").first).to_be_visible()


def test_several_leads_are_decided_at_once_by_keyboard(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.open_leads()
    for _ in range(3):
        page.keyboard.press("x")
        page.keyboard.press("j")
    expect(page.locator(".bulk strong")).to_have_text("已选 3 条")
    page.keyboard.press("c")
    expect(page.locator(".sheet select")).to_be_focused()
    page.click(".sheet .primary")
    expect(page.locator(".grid-row .badge", has_text="已确认")).to_have_count(3)


def test_escape_closes_what_floats_and_gives_the_focus_back(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.open_leads()
    page.keyboard.press("?")
    expect(page.locator(".sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".sheet")).to_have_count(0)
    page.focus("#account")
    page.keyboard.press("Enter")
    expect(page.locator(".menu")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#account")).to_be_focused()


def test_a_view_that_was_left_before_it_came_does_not_take_the_keys(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    page.add_init_script(
        "const now = fetch; window.fetch = async (address, ...more) => {"
        " if (/findings\\/\\w+$/.test(String(address))) await new Promise((go) => setTimeout(go, 700));"
        " return now(address, ...more); }"
    )
    seen.sign_in()
    seen.open_leads()
    lead = page.locator(".lead-link").first.get_attribute("href")
    with page.expect_response(lambda answer: str(lead).split("/")[-1] in answer.url):
        page.evaluate("lead => { location.hash = lead }", lead)
        seen.open_leads()
    page.wait_for_timeout(1000)
    expect(page.locator(".grid-row.current")).to_be_visible()
    page.keyboard.press("x")
    expect(page.locator(".grid-row[aria-selected=true]")).to_have_count(1)

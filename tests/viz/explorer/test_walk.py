"""From a list of leads to a decision, as an investigator goes."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.viz.explorer.conftest import Visiting


def test_from_the_list_to_a_decision_and_back(visiting: Visiting, tmp_path: Path) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    expect(page.locator(".empty h2")).to_have_text("没有分派给您的待办线索")
    page.click(".empty .primary")
    page.wait_for_selector(".grid-row")
    before = page.locator(".grid-foot .number").text_content()

    page.check(".filters fieldset:has(.tier.B) label:has(.tier.B) input")
    page.check(".filters label:has-text('靠债吃债') input")
    expect(page.locator(".grid-foot .number")).not_to_have_text(before or "")
    tiers = page.locator(".grid-row .tier").all_text_contents()
    assert set(tiers) == {"B"}

    page.locator(".lead-link").first.click()
    seen.graph_ready()
    assert re.fullmatch(r"#/lead/[0-9a-f]{20}.*", page.evaluate("location.hash"))
    nodes, edges = seen.count()
    assert nodes >= 2
    assert edges >= 1
    expect(page.locator(".reasons li").first).not_to_be_empty()

    page.click("#tab-decision")
    page.click("[data-action=start]")
    page.click(".decision .primary")
    expect(page.locator(".lead-head .badge", has_text="核查中")).to_be_visible()
    page.click("[data-action=dismiss]")
    page.select_option(".decision select", "data_error")
    page.fill(".decision textarea[name=note]", "台账金额单位有误")
    page.click(".decision .primary")
    expect(page.locator(".lead-head .badge", has_text="已排除")).to_be_visible()
    expect(page.locator(".history blockquote", has_text="台账金额单位有误")).to_be_visible()
    page.locator(".toast button").last.click()
    expect(page.locator(".lead-head .badge", has_text="待核")).to_be_visible()
    expect(page.locator(".history li", has_text="重新打开")).to_be_visible()

    page.click("text=返回列表")
    page.wait_for_selector(".grid-row")
    assert "tier=B" in page.evaluate("location.hash")


def test_whoever_gave_no_purpose_is_asked_for_it_and_reads_on(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in(purpose="")
    page.wait_for_selector(".sheet")
    page.keyboard.press("Escape")
    expect(page.locator(".problem .detail")).to_have_text("查阅个人信息须填写，随每次查阅写入审计记录。")
    page.click(".problem .primary")
    page.fill(".sheet input[name=purpose]", "纪〔2026〕17号")
    page.keyboard.press("Enter")
    page.wait_for_selector(".grid-row, .empty h2")  # what was asked for, whether or not leads are assigned by now
    expect(page.locator(".problem")).to_have_count(0)
    seen.complaints.clear()  # Chromium itself notes each refused request
    page.click("#account")
    expect(page.locator(".menu .head").last).to_have_text("查阅事由：纪〔2026〕17号")
    page.click(".menu >> text=退出登录")
    page.wait_for_selector("input[name=username]")
    assert page.input_value("input[name=purpose]") == ""


def test_every_pane_lights_what_is_chosen_in_another(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.go("#/leads?view=all&detector=release_kickback", ".grid-row")
    page.locator(".lead-link").first.click()
    seen.graph_ready()
    page.click("#tab-rows")
    page.locator(".rows-table:has-text('支付') .link").first.click()
    expect(page.locator(".rows-table tr.lit")).to_have_count(1)
    page.click(".tools button:has(use[href$='#table'])")
    page.click(".twin [role=tab]:nth-child(2)")
    page.locator(".twin .grid-row").first.click()
    expect(page.locator(".details")).to_be_visible()
    page.click("#tab-timeline")
    page.locator(".event").first.click()
    expect(page.locator(".timeline li.lit")).not_to_have_count(0)


def test_graph_work(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.go("#/leads?view=all&detector=release_kickback", ".grid-row")
    page.locator(".lead-link").first.click()
    seen.graph_ready()
    firms = page.locator(".parties li:has-text('债权人') a").first.get_attribute("href") or ""
    debtor = page.locator(".parties li:has-text('债务人') a").first.get_attribute("href") or ""
    source, target = (f"Party/{href.rsplit('/', 1)[1]}" for href in (debtor, firms))

    seen.go(f"#/explore?nodes={source}", ".explore-view[data-ready=true]")
    expect(page.locator(".details h3")).to_be_visible()
    page.click(".details button:has-text('展开')")
    seen.until(lambda: seen.count()[0] > 1 or page.locator(".sheet").is_visible())
    if page.locator(".sheet").is_visible():  # a hub: the guard asks which links, the largest will do
        page.click(".sheet button:has-text('40')")
        seen.until(lambda: seen.count()[0] > 1)
    many, _ = seen.count()
    page.keyboard.press("Control+z")
    assert seen.count()[0] == 1
    page.keyboard.press("Control+y")
    assert seen.count()[0] == many

    page.fill("#put", target.split("/")[1])
    page.wait_for_selector("#put-list [role=option]")
    page.keyboard.press("Enter")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    page.wait_for_selector(".twin .grid-row")

    # The end of a path is asked for in the menu of its node, the start is clicked afterwards in the table twin.
    rows = page.locator(".twin .grid-row")
    rows.filter(has_text=target.split("/")[1]).dblclick()
    page.click(".menu button:has-text('到这里的路径')")
    rows.filter(has_text=source.split("/")[1]).click()
    expect(page.locator(".sheet .path").first).to_be_visible()
    page.keyboard.press("Escape")

    page.click("button[aria-label='关系与时间筛选']")
    _, edges = seen.count()
    slider = page.locator(".sliders input").first
    slider.evaluate("e => { e.value = e.max; e.dispatchEvent(new Event('input', { bubbles: true })); }")
    seen.until(lambda: seen.count()[1] < edges)


def test_language_and_theme_switch_without_a_reload(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.open_leads()
    page.evaluate("window.here = 1")
    page.click("#language")
    expect(page.locator(".rail a[aria-current=page]")).to_have_text("Leads")
    expect(page.locator(".grid-head [role=columnheader]", has_text="Amount")).to_be_visible()
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("window.here") == 1
    page.reload()
    page.wait_for_selector(".rail")
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator(".rail a[aria-current=page]").text_content() == "Leads"


def test_what_is_taken_along_opens_without_the_server(visiting: Visiting, tmp_path: Path) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in("wang.lei")
    seen.open_leads()
    page.locator(".lead-link").first.click()
    seen.graph_ready()
    for item, name in (("档案（单个网页文件）", "dossier.html"), ("可交互网页", "snapshot.html")):
        page.locator(".lead-head button:has-text('导出')").click()
        with page.expect_download() as waiting:
            page.click(f".menu button:has-text('{item}')")
        waiting.value.save_as(tmp_path / name)
        offline = page.context.browser.new_context(offline=True)  # type: ignore[union-attr]
        sheet = offline.new_page()
        asked: list[str] = []
        sheet.on("request", lambda request, asked=asked: asked.append(request.url))
        sheet.goto((tmp_path / name).as_uri())
        expect(sheet.locator("body")).not_to_be_empty()
        assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
        offline.close()
    page.click(".tools button:has(use[href$='#download'])")
    with page.expect_download() as waiting:
        page.click(".menu button:has-text('SVG')")
    waiting.value.save_as(tmp_path / "graph.svg")
    drawing = (tmp_path / "graph.svg").read_text(encoding="utf-8")
    assert "<svg" in drawing
    assert "wang.lei" in drawing, "whoever took the picture stands on it"
    page.click(".tools button:has(use[href$='#download'])")
    with page.expect_download() as waiting:
        page.click(".menu button:has-text('PNG')")
    waiting.value.save_as(tmp_path / "graph.png")
    assert (tmp_path / "graph.png").read_bytes().startswith(b"\x89PNG")

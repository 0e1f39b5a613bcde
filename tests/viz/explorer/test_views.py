"""What the views offer besides the way from the list to a decision: filters, approvals, what cannot be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from findings.settings import Settings
from tests.viz.explorer.conftest import Visiting
from tests.viz.explorer.served import serving, visit

ALL = "#/leads?view=all"


def test_leads_are_filtered_by_region_and_agency_by_name(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.go(ALL, ".grid-row")
    every = page.locator(".grid-foot .number").text_content() or ""
    assert page.locator("#divisions option[value='岚州市']").count() == 1
    page.fill("input[name=region]", "岚州市")
    page.keyboard.press("Tab")
    expect(page.locator(".grid-foot .number")).not_to_have_text(every)
    assert "region=380100" in page.evaluate("location.hash")
    expect(page.locator("input[name=region]")).to_have_value("岚州市")

    seen.go(ALL, ".grid-row")
    agency = page.locator(".grid-row [role=gridcell]").nth(5).inner_text()
    page.fill("#agency", agency[:12])
    page.wait_for_selector("#agency-list [role=option]")
    page.keyboard.press("Enter")
    expect(page.locator(".grid-foot .number")).not_to_have_text(every)
    names = page.locator(".grid-row [role=gridcell]:nth-child(6)").all_inner_texts()
    assert len(set(names)) == 1


def test_what_is_new_since_the_last_scan_and_a_filter_that_is_kept(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.go(ALL, ".grid-row")
    page.click(".list-top [role=tab]:has-text('本次新增与变化')")
    expect(page.locator(".grid-row .badge", has_text="新增").first).to_be_visible()
    assert "state=new" in page.evaluate("location.hash")
    page.click("text=常用筛选")
    page.click(".menu button:has-text('保存当前筛选')")
    page.keyboard.type("每周查看")
    page.keyboard.press("Enter")
    expect(page.locator(".toast", has_text="筛选已保存")).to_be_visible()
    seen.go(ALL, ".grid-row")
    page.click("text=常用筛选")
    page.click(".menu button >> text=每周查看 >> nth=0")
    page.wait_for_selector(".grid-row")
    assert "state=new" in page.evaluate("location.hash")


def test_keys_search_refer_and_sort(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.open_leads()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("lanzhou")
    expect(page.locator("#search-list [role=option]").first).to_contain_text("岚州")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.locator(".list .grid-scroll").focus()
    page.keyboard.press("r")
    expect(page.locator(".sheet input[name=case]")).to_be_visible()
    page.keyboard.press("Escape")
    page.click(".grid-head button:has-text('金额')")
    expect(page.locator(".grid-head [aria-sort]")).to_have_count(1)
    assert "sort=" in page.evaluate("location.hash")


def test_regions_are_named(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.go("#/overview", ".matrix td")
    cities = page.locator(".matrix").first.locator("tbody th").all_inner_texts()
    assert cities
    assert not [city for city in cities if re.fullmatch(r"\d{6}", city)]
    seen.go(ALL, ".grid-row")
    page.locator(".lead-link").first.click()
    seen.graph_ready()
    expect(page.locator(".lead-title .facts")).to_contain_text(re.compile("[市省]"))
    page.click("#language")
    seen.go("#/overview", ".matrix td")
    english = page.locator(".matrix").first.locator("tbody th").all_inner_texts()
    assert len(english) == len(cities)
    assert not [city for city in english if re.search("[\u4e00-\u9fff]", city)]


def test_the_report_of_a_scan_names_its_rules_in_words(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.go("#/scans", "table.plain tbody tr")
    page.click("button:has-text('扫描报告')")
    rules = page.locator("caption:has-text('各规则判断情况') ~ tbody th a")
    expect(rules.first).to_be_visible()
    assert not [rule for rule in rules.all_inner_texts() if re.search("[a-z]_", rule)]


def test_the_overview_has_its_seven_parts(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.go("#/overview", ".matrix.small td")
    page.fill("#tender", "T0000001")
    page.wait_for_selector("#tender-list [role=option]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".price-place canvas")
    shown = page.locator(".page").inner_text()
    for part in (
        "各类别与上次扫描相比",
        "地区与类别",
        "单位（按层级",
        "企业（按层级",
        "拖欠账款与清偿",
        "标段报价与最高限价",
        "共同投标群体",
    ):
        assert part in shown
    assert page.locator("figure.chart canvas").count() == 2


def test_a_missing_lead_leads_back_to_the_list(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    page.evaluate("location.hash = '#/lead/00000000000000000000'")
    expect(page.locator(".problem .detail")).to_contain_text("未找到")
    assert page.locator(".problem button").count() == 0
    page.click(".problem a:has-text('返回列表')")
    page.wait_for_selector(".grid-row, .empty")
    seen.complaints.clear()  # Chromium itself notes each refused request


def test_whoever_may_not_read_the_trail_is_told_so(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in("chen.jing")
    seen.go("#/audit", ".empty")
    expect(page.locator(".empty")).to_have_text("审计记录由审计人员查阅")
    assert page.locator(".rail a[data-view=audit]").count() == 0


@pytest.fixture(scope="module")
def two_person_address(scanned: Settings) -> Iterator[str]:
    """The page of a house in which a second person agrees to every export."""
    with serving(scanned.model_copy(update={"two_person": True})) as url:
        yield url


def test_a_second_person_approves_an_export(browser: Browser, two_person_address: str, tmp_path: Path) -> None:
    asking = visit(browser.new_context(accept_downloads=True), two_person_address)
    asking.sign_in("li.na", purpose="纪〔2026〕17号")
    asking.open_leads()
    asking.page.locator(".lead-link").first.click()
    asking.graph_ready()

    def ask() -> None:
        asking.page.locator(".lead-head button:has-text('导出')").click()
        asking.page.click(".menu button:has-text('档案（单个网页文件）')")

    ask()
    expect(asking.page.locator(".toast").last).to_contain_text("另一人审批")
    other = visit(browser.new_context(), two_person_address)
    other.sign_in("wang.lei")
    other.go("#/audit", ".approvals li")
    expect(other.page.locator(".approvals li")).to_contain_text("纪〔2026〕17号")
    expect(other.page.locator(".approvals li")).to_contain_text("li.na")
    expect(other.page.locator(".approvals li a[href^='#/lead/']")).to_have_count(1)
    other.page.click(".approvals button:has-text('批准') >> nth=0")
    expect(other.page.locator(".approvals li")).to_have_count(0)
    with asking.page.expect_download() as waiting:
        ask()
    waiting.value.save_as(tmp_path / "dossier.html")
    assert "li.na" in (tmp_path / "dossier.html").read_text(encoding="utf-8")
    assert asking.outside == other.outside == []
    for person in (asking, other):
        person.page.context.close()


def test_a_page_whose_service_is_gone_says_so_and_stays(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.open_leads()
    page.context.set_offline(True)
    page.evaluate("location.hash = '#/overview'")
    expect(page.locator(".banner")).to_be_visible()
    expect(page.locator(".problem .detail")).to_contain_text("无法连接服务")
    page.click(".banner button:has-text('重试')")
    expect(page.locator(".toast")).to_contain_text("无法连接服务")
    expect(page.locator(".frame")).to_be_visible()
    page.context.set_offline(False)
    page.click(".problem button:has-text('重试')")
    page.wait_for_selector(".matrix td")
    expect(page.locator(".banner")).to_be_hidden()
    seen.complaints.clear()  # Chromium itself notes each request that did not come through

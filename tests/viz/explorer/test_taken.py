"""What is taken along carries who took it and when, and stands in the audit trail before there is a file."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from tests.viz.explorer.conftest import Visiting
from tests.viz.explorer.served import Visit

PURPOSE = "纪〔2026〕17号"
MENU = ".menu button:has-text('{}')"


def _open_lead(seen: Visit) -> str:
    """The id of the lead that is open afterwards."""
    seen.go("#/leads?view=all&detector=release_kickback", ".grid-row")
    seen.page.locator(".lead-link").first.click()
    seen.graph_ready()
    here: str = seen.page.evaluate("location.hash.split('/')[2].split('?')[0]")
    return here


def _take(seen: Visit, item: str, file: Path) -> bytes:
    seen.page.click(".tools button:has(use[href$='#download'])")
    with seen.page.expect_download() as waiting:
        seen.page.click(MENU.format(item))
    waiting.value.save_as(file)
    return file.read_bytes()


def _trail(seen: Visit, action: str) -> list[str]:
    """Subjects of the newest records of an action, as the auditor reads them."""
    with seen.page.context.browser.new_context() as other:  # type: ignore[union-attr]
        reader = Visit(other.new_page(), seen.address)
        reader.sign_in("zhao.min")
        answer = reader.page.request.get(
            f"{seen.address}api/v1/audit?action={action}&limit=20", headers={"X-Purpose": quote("检查")}
        )
        return [record["subject"] for record in answer.json()["items"]]


@pytest.mark.parametrize("kind", ["PNG", "SVG"])
def test_a_drawing_is_recorded_and_marked(visiting: Visiting, tmp_path: Path, kind: str) -> None:
    seen = visiting()
    seen.sign_in("wang.lei", purpose=PURPOSE)
    lead = _open_lead(seen)
    content = _take(seen, kind, tmp_path / f"graph.{kind.lower()}")
    subject = _trail(seen, "export.graph")[0]
    assert subject.startswith(f"graph {kind.lower()} Finding/{lead} ")
    assert subject.count("/") == 1 + seen.count()[0], "every node that is shown"
    if kind == "SVG":
        foot = re.sub(r"<[^>]*>", "", "<" + content.decode().rpartition("<text")[2])
        assert re.match(rf"wang\.lei 于 [-\d]{{10}} [:\d]{{8}} UTC 导出，查阅事由：{PURPOSE} · {lead} · ", foot), foot
    else:
        picture = Image.open(io.BytesIO(content)).convert("L")
        strip = picture.crop((0, picture.height - 26, picture.width, picture.height))
        shades = strip.histogram()
        assert min(sum(shades[:100]), sum(shades[-50:])) > 100, "letters on the ground, at the foot"


def test_without_a_record_there_is_no_file(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in("wang.lei")
    _open_lead(seen)
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.suggested_filename))

    def refused(route: Route) -> None:
        route.fulfill(status=503, json={"code": "api_internal", "title": "审计记录未能写入", "status": 503})

    page.context.route("**/graph/taken", refused)
    for item in ("PNG", "SVG"):
        page.click(".tools button:has(use[href$='#download'])")
        page.click(MENU.format(item))
        expect(page.locator(".toast", has_text="审计记录未能写入").last).to_be_visible()
        page.wait_for_timeout(300)
    assert downloads == []
    seen.complaints.clear()  # Chromium itself notes each refused request


def test_files_of_the_server_carry_the_mark_too(visiting: Visiting, tmp_path: Path) -> None:
    seen = visiting()
    seen.sign_in("wang.lei", purpose=PURPOSE)
    _open_lead(seen)
    table = _take(seen, "CSV", tmp_path / "a.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["导出人"] for row in rows} == {"wang.lei"}
    assert {row["查阅事由"] for row in rows} == {PURPOSE}
    assert all("UTC" in row["导出时间"] for row in rows)
    book = zipfile.ZipFile(io.BytesIO(_take(seen, "Excel", tmp_path / "a.xlsx")))
    strings = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    for content in (
        strings,
        _take(seen, "GraphML", tmp_path / "a.graphml").decode(),
        _take(seen, "FollowTheMoney", tmp_path / "a.ftm").decode(),
        _take(seen, "可交互网页", tmp_path / "a.html").decode(),
    ):
        assert "wang.lei" in content
        assert PURPOSE in content
        assert "UTC" in content
    kinds = {subject.split()[1] for subject in _trail(seen, "export.graph")}
    assert kinds >= {"csv", "xlsx", "graphml", "ftm", "snapshot"}


def test_all_leads_of_a_filter_are_exported(visiting: Visiting, tmp_path: Path) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in()
    seen.go("#/leads?view=all&family=debt_feeding&sort=-amount", ".grid-row")
    total = re.findall(r"\d+", page.locator(".grid-foot .number").inner_text())[-1]
    page.click(".grid-foot button:has-text('导出全部')")
    with page.expect_download() as waiting:
        page.click(".menu button:has-text('CSV')")
    waiting.value.save_as(tmp_path / "leads.csv")
    with (tmp_path / "leads.csv").open(encoding="utf-8-sig", newline="") as file:
        leads = list(csv.DictReader(file))
    assert len(leads) == int(total)


def test_a_copied_table_is_recorded_and_each_row_is_marked(visiting: Visiting) -> None:
    seen = visiting(permissions=["clipboard-read", "clipboard-write"])
    page = seen.page
    seen.sign_in("wang.lei", purpose=PURPOSE)
    seen.open_leads()
    chosen = page.locator(".grid-row[aria-selected=true]")
    page.keyboard.press("x")
    expect(chosen).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator(".grid-row.current[aria-selected=false]")).to_be_visible()
    page.keyboard.press("x")
    expect(chosen).to_have_count(2)
    page.click(".list-top button:has(use[href$='#copy'])")
    expect(page.locator(".toast").last).to_have_text("已复制 2 行")
    head, *rows = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert head.split("\t")[-3:] == ["导出人", "导出时间", "查阅事由"]
    assert [row.split("\t")[-3] for row in rows] == ["wang.lei"] * 2
    leads = _trail(seen, "export.findings")[0].split()
    assert leads[:2] == ["findings", "table"]
    assert len(leads) == 4

    _open_lead(seen)
    page.keyboard.press("t")
    page.locator(".twin .grid-scroll").press("Control+c")
    expect(page.locator(".toast", has_text="已复制").last).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").splitlines()[1].endswith(PURPOSE)
    assert _trail(seen, "export.graph")[0].startswith("graph table Finding/")


def test_a_copied_list_has_ids_in_place_of_persons_names(visiting: Visiting) -> None:
    seen = visiting(permissions=["clipboard-read", "clipboard-write"])
    page = seen.page
    seen.sign_in("wang.lei", purpose=PURPOSE)
    seen.go("#/leads?view=all&detector=kin_bidders", ".grid-row")
    shown = page.request.get(
        f"{seen.address}api/v1/findings?detector=kin_bidders&limit=500", headers={"X-Purpose": quote(PURPOSE)}
    ).json()["items"]
    persons = {e["name"]: e["id"] for lead in shown for e in lead["entities"] if e["kind"] == "person"}
    named = [lead["headline"]["zh"] for lead in shown if any(name in lead["headline"]["zh"] for name in persons)]
    expect(page.locator(".grid-body")).to_contain_text(named[0])
    page.locator(".list .grid-scroll").press("Control+c")
    expect(page.locator(".toast", has_text="已复制").last).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert [name for name in persons if name in copied] == []
    assert any(person in copied for person in persons.values())


def test_whoever_may_not_take_data_out_is_not_offered_it(visiting: Visiting) -> None:
    seen = visiting(permissions=["clipboard-read", "clipboard-write"])
    page = seen.page
    seen.sign_in("chen.jing")
    seen.open_leads()
    assert page.locator("button:has(use[href$='#copy']), button:has(use[href$='#download'])").count() == 0
    page.evaluate("navigator.clipboard.writeText('before')")
    page.locator(".list .grid-scroll").press("Control+c")
    _open_lead(seen)
    page.keyboard.press("t")
    assert page.locator("button:has(use[href$='#copy']), button:has(use[href$='#download'])").count() == 0
    assert page.evaluate("navigator.clipboard.readText()") == "before"


def test_a_printed_page_says_who_printed_it_and_when(visiting: Visiting) -> None:
    seen = visiting()
    page = seen.page
    seen.sign_in("wang.lei")
    lead = _open_lead(seen)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    mark = page.locator(".print-mark")
    expect(mark).to_be_visible()
    expect(mark).to_contain_text("wang.lei 于 ")
    expect(mark).to_contain_text(lead)

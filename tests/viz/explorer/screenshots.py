"""The README's pictures: `python -m tests.viz.explorer.screenshots` writes ten states into docs/pictures/."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.viz.explorer.served import PASSWORD, Visit, chromium, make_workspace, serving, visit

PICTURES = ROOT / "docs" / "pictures"
ALL_LEADS = "#/leads?view=open&triage=open,in_review&status=flagged"
KICKBACK = "#/leads?view=all&detector=release_kickback&status=flagged"


@dataclass(frozen=True)
class State:
    """One picture: what is done before it is taken."""

    name: str
    act: Callable[[Visit], None]
    language: str = "zh"
    theme: str = "light"
    width: int = 1366
    height: int = 768
    person: str | None = "wang.lei"


def _lead(seen: Visit, fragment: str = KICKBACK) -> None:
    seen.go(fragment, ".grid-row")
    seen.page.locator(".lead-link").first.click()
    seen.graph_ready()


def _sign_in(seen: Visit) -> None:
    seen.page.goto(seen.address)
    seen.page.fill("input[name=username]", "wang.lei")
    seen.page.fill("input[name=password]", PASSWORD)


def _leads(seen: Visit) -> None:
    seen.go(ALL_LEADS, ".grid-row")


def _bulk(seen: Visit) -> None:
    _leads(seen)
    for _ in range(4):
        seen.page.keyboard.press("x")
        seen.page.keyboard.press("j")
    seen.page.keyboard.press("c")
    seen.page.wait_for_selector(".sheet select option >> nth=1", state="attached")


def _timeline(seen: Visit) -> None:
    _lead(seen)
    seen.page.click("#tab-timeline")
    seen.page.locator(".timeline li.own .event").first.click()


def _rows(seen: Visit) -> None:
    _lead(seen)
    seen.page.keyboard.press("t")
    seen.page.click("#tab-rows")
    seen.page.locator(".rows-table .link").nth(3).click()


def _decision(seen: Visit) -> None:
    _lead(seen)
    seen.page.keyboard.press("d")
    seen.page.wait_for_selector(".decision select option >> nth=1", state="attached")


def _explore(seen: Visit) -> None:
    _lead(seen)
    links = seen.page.locator(".parties a").evaluate_all("all => all.map(a => a.getAttribute('href').split('/').pop())")
    seen.go(f"#/explore?nodes={','.join(f'Party/{key}' for key in links)}", ".explore-view[data-ready=true]")
    seen.page.keyboard.press("t")
    for key in links[:2]:
        seen.page.locator(".twin .grid-row", has_text=key).click()
        seen.page.locator(".details button").nth(1).click()
        seen.page.wait_for_timeout(900)
    seen.page.keyboard.press("t")
    seen.page.keyboard.press("Escape")
    seen.page.locator(".zoomer button").nth(3).click()
    seen.page.locator("button:has(use[href$='#filter'])").click()
    seen.page.wait_for_timeout(5_000)


def _overview(seen: Visit) -> None:
    seen.go("#/overview", ".matrix td")
    seen.page.wait_for_timeout(800)


def _prices(seen: Visit) -> None:
    seen.go("#/overview", ".matrix.small td")
    seen.page.fill("#tender", "T0000085")
    seen.page.wait_for_selector("#tender-list [role=option]")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_selector(".price-place canvas")
    seen.page.locator(".price-place").scroll_into_view_if_needed()
    seen.page.wait_for_timeout(800)


STATES = (
    State("login", _sign_in, person=None),
    State("leads", _leads),
    State("leads-bulk", _bulk, language="en"),
    State("lead", _lead, width=1920, height=1080),
    State("lead-timeline-dark", _timeline, language="en", theme="dark"),
    State("lead-rows", _rows, width=1920, height=1080),
    State("lead-decision", _decision, language="en"),
    State("explore", _explore, width=1920, height=1080),
    State("overview", _overview, width=1920, height=1080),
    State("overview-charts-dark", _prices, language="en", theme="dark", width=1920, height=1080),
)


def main(folder: Path = PICTURES) -> None:
    """Make every picture anew."""
    folder.mkdir(parents=True, exist_ok=True)
    families = ["bid_rigging", "affiliated_bidders", "debt_feeding", "arrears", "special_funds", "power"]
    with tempfile.TemporaryDirectory() as place:
        settings = make_workspace(Path(place), bids=5_000, families=families, detectors=[])
        with serving(settings) as address, chromium() as browser:
            for state in STATES:
                context = browser.new_context(
                    viewport={"width": state.width, "height": state.height}, color_scheme=state.theme
                )  # type: ignore[arg-type]
                chosen = f'{{"language":"{state.language}","theme":"{state.theme}"}}'
                context.add_init_script(f"localStorage.qingfeng ??= '{chosen}'")
                seen = visit(context, address)
                if state.person:
                    seen.sign_in(state.person)
                state.act(seen)
                seen.page.wait_for_timeout(600)
                seen.page.screenshot(path=folder / f"explorer-{state.name}.png")
                if seen.complaints:
                    print(state.name, *seen.complaints, sep="\n  ", file=sys.stderr)
                context.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

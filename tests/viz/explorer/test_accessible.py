"""axe-core finds no serious fault in any view, light or dark."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.viz.explorer.conftest import Visiting

VIEWS = {
    "leads": ("#/leads?view=open&triage=open,in_review", ".grid-row"),
    "explore": ("#/explore", ".empty"),
    "overview": ("#/overview", ".matrix td"),
    "scans": ("#/scans", "table.plain tbody tr"),
    "audit": ("#/audit", ".page"),
}


def faults(page: Any) -> list[str]:
    """Serious and critical faults, each with the element that has it."""
    # The library is injected as a script: only for this the page's content security policy is set aside.
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for fault in found
        if fault["impact"] in {"serious", "critical"}
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_view_has_a_serious_fault(visiting: Visiting, theme: str) -> None:
    seen = visiting(bypass_csp=True, color_scheme=theme)
    page = seen.page
    page.goto(seen.address)
    page.wait_for_selector("input[name=username]")
    assert faults(page) == []
    seen.sign_in("wang.lei")
    for name, (fragment, ready) in VIEWS.items():
        seen.go(fragment, ready)
        assert faults(page) == [], name
    seen.go("#/leads?view=all&detector=release_kickback", ".grid-row")
    page.locator(".lead-link").first.click()
    seen.graph_ready()
    page.keyboard.press("t")
    page.click("button:has(use[href$='#filter'])")
    for tab in ("why", "timeline", "rows", "innocent", "decision"):
        page.click(f"#tab-{tab}")
        page.wait_for_timeout(300)
        assert faults(page) == [], tab


def test_the_trail_has_no_serious_fault_and_verifies(visiting: Visiting) -> None:
    seen = visiting(bypass_csp=True)
    page = seen.page
    seen.sign_in("zhao.min")
    assert page.locator(".rail a[data-view]").evaluate_all("links => links.map(a => a.dataset.view)") == [
        "scans",
        "audit",
    ]
    seen.go("#/audit", ".grid-row")
    said = page.locator(".grid-row [role=gridcell]:nth-child(4)").all_inner_texts()
    assert "登录" in said
    assert not [action for action in said if action.isascii()]
    page.click("button:has-text('校验')")
    page.wait_for_selector(".verdict .good")
    assert faults(page) == []


def test_it_can_be_read_on_a_telephone(visiting: Visiting) -> None:
    seen = visiting(width=390, height=800)
    page = seen.page
    seen.sign_in()
    seen.open_leads()
    page.locator(".lead-link").first.click()
    seen.graph_ready()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

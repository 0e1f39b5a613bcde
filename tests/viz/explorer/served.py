"""The explorer as a person has it: a small province behind the real API, and Chromium in front of it."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from api.app import create_app
from api.logs import configure_logs
from findings.access.rights import Role
from findings.access.users import create_user
from findings.runs import run_scan_and_store
from findings.settings import Settings
from findings.store.database import open_store
from graph.snapshot import Workspace
from loaders.load import load
from loaders.sample import write_sample
from queries.profiles import configure
from queries.registry import choose

PASSWORD = "correct horse battery"
PEOPLE = {
    "li.na": Role.INVESTIGATOR,
    "wang.lei": Role.SUPERVISOR,
    "zhao.min": Role.AUDITOR,
    "chen.jing": Role.VIEWER,
}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def make_workspace(folder: Path, *, bids: int = 600, families: list[str], detectors: list[str]) -> Settings:
    """A sample province, loaded, scanned and recorded, with people who may sign in."""
    write_sample(folder / "province", bids=bids, seed=1)
    workspace = folder / "workspace"
    load([folder / "province"], Workspace(workspace), threads=1)
    settings = settings_of(workspace)
    run_scan_and_store(settings, configure(choose(families, detectors)))
    add_people(settings)
    return settings


def settings_of(workspace: Path) -> Settings:
    """Settings for tests: one thread, no second person, no limit that a test would meet."""
    return Settings(
        workspace=workspace,
        host="127.0.0.1",
        cookie_secure=False,
        two_person=False,
        rate_per_minute=100_000,
        login_per_minute=1_000,
        threads=1,
    )


def add_people(settings: Settings) -> None:
    """Give those of `PEOPLE` an account; all with the tests' password."""
    store = open_store(settings.store_address())
    with store.session() as session:
        for name, role in PEOPLE.items():
            create_user(session, name, role, password=PASSWORD, regions=None, agencies=None, actor="test")
    store.close()


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The API on a free port of the loopback address; gives its address, once a snapshot is open."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configure_logs("ERROR")
    app = create_app(settings.model_copy(update={"port": port}))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not (server.started and app.state.platform.opened):
        if time.monotonic() > deadline:
            raise TimeoutError("the API did not start within a minute")
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(timeout=30)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; skips where there is none."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A person in front of the page: what it asked for outside this machine, and what it complained about."""

    page: Page
    address: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, name: str = "li.na", purpose: str = "例行核查") -> None:
        """Sign in by the form."""
        self.page.goto(self.address)
        self.page.fill("input[name=username]", name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.fill("input[name=purpose]", purpose)
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(".frame")

    def go(self, fragment: str, ready: str) -> None:
        """Go to a view and wait for what shows that it is there."""
        self.page.evaluate("fragment => { location.hash = fragment }", fragment)
        if fragment.startswith("#/leads"):  # rows of the list before are still there for a moment
            self.page.wait_for_selector(f'.list-holder[data-shown="{fragment}"]')
        self.page.wait_for_selector(ready)

    def open_leads(self) -> None:
        """All open leads, the strongest first."""
        self.go("#/leads?view=open&triage=open,in_review&status=flagged", ".grid-row")

    def graph_ready(self) -> None:
        """Wait until the graph of the lead or the canvas can be used."""
        self.page.wait_for_selector("[data-ready=true]")

    def count(self) -> tuple[int, int]:
        """Nodes and edges that the canvas shows."""
        shown = self.page.locator(".canvas-status")
        return int(shown.get_attribute("data-nodes") or 0), int(shown.get_attribute("data-edges") or 0)

    def until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until something holds. The page's policy forbids the evaluation that Playwright's own waiting needs."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError("it did not come to hold")
            self.page.wait_for_timeout(50)


def visit(context: BrowserContext, address: str) -> Visit:
    """A page in this context that may reach nothing but this machine."""
    page = context.new_page()
    seen = Visit(page, address)

    def decide(route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.scheme in {"data", "blob"} or url.hostname in LOOPBACK:
            route.fallback()
        else:
            seen.outside.append(route.request.url)
            route.abort()

    context.route("**/*", decide)

    def heard(message: Any) -> None:
        expected = message.type not in {"error", "warning"} or "status of 401" in message.text
        if not expected:
            seen.complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    return seen

"""A file opened in Chromium as its reader would, with everything outside it refused and everything it says heard."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Dialog, Page, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-domain-reliability",
    "--no-first-run",
    "--metrics-recording-only",
]


@dataclass
class Heard:
    """What a page did besides being shown."""

    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Opener = Callable[[Path], tuple[Page, Heard]]


@contextlib.contextmanager
def browser() -> Iterator[Opener]:
    """Gives a function that opens a file; skips where there is no Chromium."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        context = chromium.new_context(viewport={"width": 1366, "height": 768}, offline=True)

        def opened(file: Path) -> tuple[Page, Heard]:
            page, heard = context.new_page(), Heard()

            def decide(route: Any) -> None:
                if route.request.url == file.as_uri() or route.request.url.startswith(("data:", "blob:")):
                    route.continue_()
                else:
                    heard.requests.append(route.request.url)
                    route.abort()

            page.route("**/*", decide)

            def dismiss(dialog: Dialog) -> None:
                heard.dialogs.append(dialog.message)
                dialog.dismiss()

            page.on("dialog", dismiss)
            page.on("console", lambda said: heard.complaints.append(said.text))
            page.on("pageerror", lambda error: heard.complaints.append(str(error)))
            page.goto(file.as_uri())
            page.wait_for_timeout(300)
            return page, heard

        yield opened
        chromium.close()

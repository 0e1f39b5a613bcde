"""One province behind the API for all tests of the page; a fresh browser context for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from findings.settings import Settings
from tests.viz.explorer.served import Visit, chromium, make_workspace, serving, visit

Visiting = Callable[..., Visit]


@pytest.fixture(scope="session")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Some hundred leads of all tiers."""
    return make_workspace(
        tmp_path_factory.mktemp("explorer"),
        families=["affiliated_bidders", "debt_feeding", "arrears"],
        detectors=["same_device", "price_screens"],
    )


@pytest.fixture(scope="module")
def address(scanned: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is; each module has its own store, so that decisions of one do not show in another."""
    file: Path = tmp_path_factory.mktemp("store") / "findings.db"
    shutil.copyfile(scanned.workspace / "findings.db", file)
    with serving(scanned.model_copy(update={"store_url": f"sqlite:///{file}"})) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as launched:
        yield launched


@pytest.fixture
def visiting(browser: Browser, address: str) -> Iterator[Visiting]:
    """Makes visits. After the test: nothing outside this machine was asked for, and the page did not complain."""
    contexts = []
    visits: list[Visit] = []

    def make(*, width: int = 1366, height: int = 768, **more: Any) -> Visit:
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **more)
        contexts.append(context)
        visits.append(visit(context, address))
        return visits[-1]

    yield make
    for context in contexts:
        context.close()
    assert [url for one in visits for url in one.outside] == []
    assert [text for one in visits for text in one.complaints] == []

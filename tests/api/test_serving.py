"""What a process that serves sets up for itself."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.command import serving_app
from findings.settings import read_settings
from tests.api.conftest import Served, World


@pytest.fixture
def collector() -> Iterator[None]:
    """Python's collector as it was, when the test is over."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_what_a_snapshot_holds_is_not_looked_through_for_garbage(world: World, tmp_path: Path) -> None:
    shutil.copy(world.store, tmp_path / "findings.db")
    gc.unfreeze()
    settings = read_settings(workspace=world.workspace, store_url=f"sqlite:///{tmp_path}/findings.db")
    platform = serving_app(settings).state.platform
    try:
        assert gc.get_freeze_count() == 0
        platform.view()
        assert gc.get_freeze_count() > 10_000
        # And what comes later is looked through, however much that is.
        gc.set_threshold(100, 5, 5)
        before = gc.get_stats()[2]["collections"]
        later: list[list[None]] = [[] for _ in range(10_000)]
        assert gc.get_stats()[2]["collections"] > before
        del later
    finally:
        platform.close()


def test_requests_are_told_apart(served: Served) -> None:
    ids = [served.client.get("/healthz").headers["X-Request-ID"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(len(identifier) == 32 for identifier in ids)

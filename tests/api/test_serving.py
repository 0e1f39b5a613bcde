"""What a process that serves sets up for itself."""

from __future__ import annotations

import ctypes
import gc
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.command import ARENAS, serving_app
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


POOLS = """
import ctypes, sys, threading
if sys.argv[1] == "shared":
    from api.command import share_pools
    share_pools()
c = ctypes.CDLL(None)
c.malloc.restype = ctypes.c_void_p
together = threading.Barrier(12)
def take():
    together.wait()
    c.malloc(ctypes.c_size_t(100))
    together.wait()
threads = [threading.Thread(target=take) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
c.malloc_info(0, ctypes.c_void_p.in_dll(c, "stdout"))
"""


def test_threads_share_a_few_pools_of_memory() -> None:
    def pools(how: str) -> int:
        ran = subprocess.run([sys.executable, "-c", POOLS, how], capture_output=True, text=True, check=True)
        return ran.stdout.count("<heap nr=")

    if not hasattr(ctypes.CDLL(None), "malloc_info"):
        pytest.skip("the C library is not glibc")
    assert pools("shared") <= ARENAS < pools("as they are")


def test_requests_are_told_apart(served: Served) -> None:
    ids = [served.client.get("/healthz").headers["X-Request-ID"] for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(len(identifier) == 32 for identifier in ids)

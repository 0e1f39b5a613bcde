"""The file of cards, read by threads that come and go."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.snapshot import Workspace
from queries.explore import Explorer
from queries.explore.cards import FILE, Cards
from tests.queries.explore.conftest import TOWN, Tables

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process's open files are listed by Linux only")


@pytest.fixture
def folder(made: Callable[[Tables], Workspace]) -> Path:
    """Where the town's cards lie."""
    workspace = made(TOWN)
    Explorer.open(workspace, threads=1).close()
    (file,) = workspace.path.rglob(FILE)
    return file.parent


def opened(folder: Path) -> int:
    """How often this process has the cards open."""
    return sum(file.exists() and file.samefile(folder / FILE) for file in Path("/proc/self/fd").iterdir())


def in_threads(cards: Cards, threads: int, *, at_once: bool) -> set[str]:
    """Ask in threads of their own, together or one after the other; returns the names that were found."""
    names: set[str] = set()
    meeting = threading.Barrier(threads if at_once else 1)

    def ask() -> None:
        meeting.wait()
        for _ in range(50):
            node = cards.node("Party/O1")
            assert node is not None
            names.add(node.name)

    running = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in running:
        thread.start()
        if not at_once:
            thread.join()
    for thread in running:
        thread.join()
    return names


def test_threads_that_end_leave_nothing_open(folder: Path) -> None:
    cards = Cards(folder)
    assert in_threads(cards, 20, at_once=False) == {"岚州建设（集团）有限公司"}
    assert opened(folder) == 1
    cards.close()
    assert opened(folder) == 0


def test_threads_at_once_have_connections_of_their_own(folder: Path) -> None:
    cards = Cards(folder)
    assert in_threads(cards, 6, at_once=True) == {"岚州建设（集团）有限公司"}
    assert 1 <= opened(folder) <= 6
    cards.close()
    assert opened(folder) == 0

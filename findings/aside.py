"""Work that gives way: it takes only the processor time that nobody else wants at the moment."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def aside(work: Callable[[], T]) -> T:
    """Do some work in a thread that gives way to every other process, and wait for what it returns or raises.

    Threads that it starts inherit that. It holds no lock for longer than a moment: on a busy machine those who wait
    for the lock would wait as long as it does. So it is a thread and not the process, which could not go back.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="aside", initializer=_give_way) as thread:
        return thread.submit(work).result()


def _give_way() -> None:
    # Where the system knows no such class, or refuses it, the thread runs like any other.
    with contextlib.suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))

"""Work that gives way to what others do, with all threads that it starts, and nothing else does."""

from __future__ import annotations

import os
import threading

import pytest

from findings.aside import aside


def _policy() -> int:
    return os.sched_getscheduler(0)


def test_the_work_and_its_threads_give_way_and_the_caller_does_not() -> None:
    before, inner = _policy(), []

    def work() -> int:
        thread = threading.Thread(target=lambda: inner.append(_policy()))
        thread.start()
        thread.join()
        return _policy()

    assert aside(work) == os.SCHED_IDLE
    assert inner == [os.SCHED_IDLE]
    assert _policy() == before


def test_an_error_of_the_work_is_the_callers() -> None:
    with pytest.raises(ZeroDivisionError):
        aside(lambda: 1 // 0)


def test_where_the_system_refuses_the_work_is_done_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", refuse)
    assert aside(_policy) == _policy()

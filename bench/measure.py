"""Time, processor time and peak memory of a step, each in a process of its own."""

from __future__ import annotations

import importlib
import math
import multiprocessing
import os
import platform
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step took: wall and processor seconds, peak memory in bytes, and what it returned."""

    wall: float
    cpu: float
    peak: int
    value: Any


def measure(step: Callable[..., Any], *arguments: Any, loaded: Sequence[str] = ()) -> Measured:
    """Run a step in a fresh process, so that its peak memory is its own.

    What the step imports counts, but for the modules in `loaded`: those are there before the clock starts, as in a
    process that runs on.

    Raises:
        RuntimeError: the step failed.
    """
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(sender, step, arguments, tuple(loaded)))
    process.start()
    sender.close()
    try:
        measured: Measured = receiver.recv()
    except EOFError:
        process.join()
        raise RuntimeError(f"{step.__qualname__} failed with exit code {process.exitcode}") from None
    process.join()
    return measured


def _run(sender: Any, step: Callable[..., Any], arguments: tuple[Any, ...], loaded: tuple[str, ...]) -> None:
    for module in loaded:
        importlib.import_module(module)
    started, processor = time.perf_counter(), time.process_time()
    value = step(*arguments)
    wall, cpu = time.perf_counter() - started, time.process_time() - processor
    sender.send(Measured(wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, value))


def growth(small: float, large: float, times: float) -> float:
    """The exponent with which a cost grew between two sizes: 1 is linear."""
    return math.log(large / small) / math.log(times) if small > 0 and large > 0 else math.nan


def machine() -> str:
    """The machine in a line, for the page."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), platform.processor())
    return f"{os.cpu_count()} cores ({model}), {memory:.0f} GiB, Python {platform.python_version()}"

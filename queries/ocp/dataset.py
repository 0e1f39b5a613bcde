"""A whole data set as columns, read on several cores.

Each worker numbers organizations and texts by itself; here their numbers become one numbering. Nothing that leaves
this package depends on those numbers, so neither the number of workers nor the order of the lines can show.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing.connection import Connection
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from queries.ocp.blocks import Block, Problem, Scope, Worker, raw_releases, work
from queries.ocp.columns import ORGANIZATION_COLUMNS, TEXT_COLUMNS, Columns, Flattener, Key
from queries.ocp.joining import joined, kept
from queries.ocp.merging import merged
from queries.ocp.releases import read
from queries.ocp.sources import Source, Task, opened, tasks
from queries.ocp.vocabulary import NONE


@dataclass
class Account:
    """What was read, and what could not be."""

    sources: list[str]
    lines: int = 0
    blank: int = 0
    releases: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)
    """(path, what) to (how often, source and line of the first)."""
    duplicated: int = 0
    """Contracting processes that came in more than one release."""
    merged: int = 0
    """Releases that became part of another one with the same ocid."""


@dataclass
class Dataset:
    """Every contracting process once, as columns, with the texts that their codes stand for."""

    columns: Columns
    source: NDArray[np.int32]
    organizations: list[Key]
    texts: list[str]
    account: Account


def load(names: list[str], *, workers: int = 2, scope: Scope = Scope()) -> Dataset:  # noqa: B008 - it is frozen
    """Read the files called `names` (`-` is standard input).

    Args:
        workers: processes that read; 1 reads in this one.
        scope: what of the releases is read.

    Raises:
        OSError: a file is missing or may not be read.
    """
    with opened(names) as sources:
        return gather(sources, workers=workers, scope=scope)


def gather(sources: list[Source], *, workers: int, scope: Scope) -> Dataset:
    """Read sources that are open."""
    collecting = gc.isenabled()
    gc.disable()  # millions of objects come and go, none of them in a cycle
    try:
        gathering = _Gathering(sources, scope)
        for block in _blocks(tasks(sources), workers, scope):
            gathering.add(block)
        return gathering.dataset()
    finally:
        if collecting:
            gc.enable()


def _blocks(todo: Iterator[Task], workers: int, scope: Scope) -> Iterator[Block]:
    """The blocks of all tasks, in their order; tasks are dealt out in turn, so nothing depends on who is faster.

    This process is one of the workers: what it reads itself need not travel through a pipe.
    """
    own = Worker(0, scope)
    with _at_work(workers - 1, scope) as pipes:
        while dealt := list(islice(todo, workers)):
            for pipe, task in zip(pipes, dealt[1:], strict=False):
                pipe.send(task)
            yield own.block(dealt[0])
            for pipe in pipes[: len(dealt) - 1]:
                yield _received(pipe)


@contextmanager
def _at_work(workers: int, scope: Scope) -> Iterator[list[Connection]]:
    """A pipe to each of some processes that turn tasks into blocks: no more than that, for it starts in no time."""
    context = multiprocessing.get_context("fork")
    pipes: list[Connection] = []
    processes = []
    for number in range(1, workers + 1):
        here, there = context.Pipe()
        process = context.Process(target=work, args=(there, [*pipes, here], number, scope), daemon=True)
        process.start()
        there.close()
        pipes.append(here)
        processes.append(process)
    try:
        yield pipes
    finally:
        for pipe in pipes:
            pipe.close()
        for process in processes:
            process.join()


def _received(pipe: Connection) -> Block:
    try:
        result = pipe.recv()
    except EOFError:
        raise ChildProcessError("a process that read the data ended before its time") from None
    if isinstance(result, Exception):
        raise result
    return cast("Block", result)


class _Numbers:
    """A worker's codes as codes of the whole; `NONE` stays `NONE`, for it indexes the last place."""

    def __init__(self) -> None:
        self._codes = np.full(1024, NONE, dtype=np.int32)
        self._count = 0

    def extend(self, codes: list[int]) -> None:
        count = self._count + len(codes)
        if count >= len(self._codes):
            larger = np.full(2 * count, NONE, dtype=np.int32)
            larger[: self._count] = self._codes[: self._count]
            self._codes = larger
        self._codes[self._count : count] = codes
        self._count = count

    def __getitem__(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        return self._codes[codes]


class _Gathering:
    """Blocks put together in the order of the tasks."""

    def __init__(self, sources: list[Source], scope: Scope) -> None:
        self._sources = sources
        self._kind = scope.kind
        self._flattener = Flattener(scope.digits)
        self._numbers: dict[int, tuple[_Numbers, _Numbers]] = {}
        self._columns: list[Columns] = []
        self._origin: list[NDArray[np.int32]] = []
        self._lines: Counter[int] = Counter()
        self.account = Account([source.name for source in sources])

    def add(self, block: Block) -> None:
        organizations, texts = self._numbers.setdefault(block.worker, (_Numbers(), _Numbers()))
        organizations.extend(self._flattener.organizations.codes(block.organizations))
        texts.extend(self._flattener.texts.codes(block.texts))
        columns = block.columns
        for numbers, names in ((organizations, ORGANIZATION_COLUMNS), (texts, TEXT_COLUMNS)):
            for name in names:
                setattr(columns, name, numbers[getattr(columns, name)])
        before = self._lines[block.source]
        columns.line += before
        self._lines[block.source] += block.lines
        self._columns.append(columns)
        self._origin.append(np.full(len(columns.ocid), block.source, dtype=np.int32))
        self._tell(block, before)

    def _tell(self, block: Block, before: int) -> None:
        account = self.account
        account.lines += block.lines
        account.blank += block.blank
        account.releases += len(block.columns.ocid)
        account.problems += [Problem(one.source, one.line + before, one.reason) for one in block.problems]
        for key, (count, line) in block.notes.items():
            known, *first = account.notes.get(key, (0, block.source, line + before))
            account.notes[key] = (known + count, first[0], first[1])

    def dataset(self) -> Dataset:
        columns, source = joined(self._columns), np.concatenate([*self._origin, np.empty(0, dtype=np.int32)])
        self._columns.clear()
        if len(set(columns.ocid)) < len(columns.ocid):
            columns, source = self._without_duplicates(columns, source)
        return Dataset(
            columns, source, self._flattener.organizations.entries, self._flattener.texts.entries, self.account
        )

    def _without_duplicates(self, columns: Columns, source: NDArray[np.int32]) -> tuple[Columns, NDArray[np.int32]]:
        times = Counter(columns.ocid)
        again = np.array([times[ocid] > 1 for ocid in columns.ocid], dtype=np.bool_)
        place = {
            columns.ocid[row]: (int(source[row]), int(columns.line[row]))
            for row in np.flatnonzero(again)[::-1].tolist()
        }
        copies = self._again(set(place)).values()
        releases = [read(merged(several), lambda path, what: None, self._kind) for several in copies]
        extra = [release for release in releases if release is not None]
        places = [place[str(release.ocid)] for release in extra]
        self.account.duplicated += len(place)
        self.account.merged += int(again.sum()) - len(place)
        added = self._flattener.columns([extra], [line for _, line in places])
        origin = np.array([number for number, _ in places], dtype=np.int32)
        return joined([kept(columns, ~again), added]), np.concatenate([source[~again], origin])

    def _again(self, ocids: set[str]) -> dict[str, list[dict[str, Any]]]:
        """The releases of `ocids` as plain JSON, read a second time."""
        found: dict[str, list[dict[str, Any]]] = {ocid: [] for ocid in sorted(ocids)}
        for release in chain.from_iterable(map(raw_releases, tasks(self._sources))):
            ocid = str(release.get("ocid"))
            if ocid in found:
                found[ocid].append(release)
        return found

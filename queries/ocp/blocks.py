"""What a worker makes of a task: columns, and an account of every line that gave none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import msgspec
import orjson

from queries.ocp.columns import Columns, Flattener
from queries.ocp.releases import Release, decode, read, releases_in
from queries.ocp.sources import BLOCK, LONGEST_LINE, Task, document

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises on a line that is no release: no JSON, a wrong type, bytes that are no UTF-8, too deep."""

TOO_LONG = f"the line is longer than {LONGEST_LINE >> 20} MiB"
NO_OCID = "no ocid"


@dataclass
class Problem:
    """A line that gave no release, and why. Lines count from 1; in a document, releases are counted instead."""

    source: int
    line: int
    reason: str


@dataclass
class Block:
    """The result of one task. The vocabularies hold only what the worker had not met before."""

    source: int
    worker: int
    columns: Columns
    lines: int
    blank: int
    problems: list[Problem]
    notes: dict[tuple[str, str], tuple[int, int]]
    organizations: list[Any]
    texts: list[Any]


@dataclass
class _Account:
    """Kept while the lines of a task are read."""

    source: int
    found_on: list[int] = field(default_factory=list)
    blank: int = 0
    problems: list[Problem] = field(default_factory=list)
    notes: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)

    def problem(self, line: int, reason: str) -> None:
        self.problems.append(Problem(self.source, line, reason))

    def note(self, path: str, what: str, line: int) -> None:
        count, first = self.notes.get((path, what), (0, line))
        self.notes[path, what] = (count + 1, first)


class Worker:
    """Reads tasks one after the other, with one pair of vocabularies.

    Args:
        number: tells this worker's vocabularies from the others'.
        digits: how many characters of an item's class make its first level.
    """

    def __init__(self, number: int, digits: int) -> None:
        self.number = number
        self.flattener = Flattener(digits)
        self._buffer = bytearray(BLOCK + (1 << 16))

    def block(self, task: Task) -> Block:
        """Read the lines of a task."""
        known = len(self.flattener.organizations.entries), len(self.flattener.texts.entries)
        account = _Account(task.source)
        if task.kind == "document":
            documents = list(releases_in(orjson.loads(document(task.path))))
            count = len(documents)
            releases = _patiently(documents, account)
        else:
            if task.too_long:
                account.problem(1, TOO_LONG)
            lines = self.lines(task, account)
            count = len(lines) + task.too_long
            releases = _releases(lines, account)
        columns = self.flattener.columns(releases, account.found_on)
        if task.cut is not None:
            account.problem(count, f"the compressed file is damaged: {task.cut}")
        return Block(
            source=task.source,
            worker=self.number,
            columns=columns,
            lines=count,
            blank=account.blank,
            problems=account.problems,
            notes=account.notes,
            organizations=self.flattener.organizations.entries[known[0] :],
            texts=self.flattener.texts.entries[known[1] :],
        )

    def lines(self, task: Task, account: _Account) -> Sequence[bytes | memoryview]:
        """The lines of a task, good until the next call."""
        if task.data is not None:
            lines = task.data.split(b"\n")
            return lines if lines[-1] else lines[:-1]
        length = task.end - task.start
        if length > BLOCK + LONGEST_LINE:
            return _long_lines(task, account)
        if length > len(self._buffer):
            self._buffer = bytearray(length)
        view = memoryview(self._buffer)[:length]
        with task.path.open("rb", buffering=0) as file:
            file.seek(task.start)
            length = _fill(file, view)
        lines_seen: list[bytes | memoryview] = []
        start = 0
        while start < length:
            end = self._buffer.find(b"\n", start, length)
            if end < 0:
                end = length
            lines_seen.append(view[start:end])
            start = end + 1
        return lines_seen


def _fill(file: Any, view: memoryview) -> int:
    filled = 0
    while filled < len(view) and (got := file.readinto(view[filled:])):
        filled += got
    return filled


def _long_lines(task: Task, account: _Account) -> list[bytes | memoryview]:
    """The lines of a task with at least one that is too long; those become empty, and are reported."""
    lines: list[bytes | memoryview] = []
    with task.path.open("rb") as file:
        file.seek(task.start)
        while file.tell() < task.end and (line := file.readline(LONGEST_LINE + 1)):
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                account.problem(len(lines) + 1, TOO_LONG)
                account.blank -= 1  # it stands as an empty line below, which it is not
                line = b""
                while (some := file.readline(BLOCK)) and not some.endswith(b"\n"):
                    pass
            lines.append(line)
    return lines


def _releases(lines: Sequence[bytes | memoryview], account: _Account) -> Iterator[Release]:
    found = account.found_on.append
    for number, line in enumerate(lines, start=1):
        try:
            release = decode(line)
        except UNREADABLE:
            yield from _unusual(line, number, account)
            continue
        if release.ocid:
            found(number)
            yield release
        else:
            yield from _unusual(line, number, account)


def _unusual(line: bytes | memoryview, number: int, account: _Account) -> Iterator[Release]:
    """A line that is blank, broken, a package, or a release with something of an unexpected type."""
    raw = bytes(line)
    if not raw.strip():
        account.blank += 1
        return
    try:
        documents = list(releases_in(orjson.loads(raw)))
    except (ValueError, RecursionError) as error:
        account.problem(number, f"not JSON: {error}")
        return
    yield from _patiently(documents, account, number)


def _patiently(documents: list[object], account: _Account, line: int | None = None) -> Iterator[Release]:
    for number, one in enumerate(documents, start=1):
        where = number if line is None else line
        release = read(one, lambda path, what, where=where: account.note(path, what, where))  # type: ignore[misc]
        if release is None:
            account.problem(where, NO_OCID if isinstance(one, dict) else "not an object")
        else:
            account.found_on.append(where)
            yield release


def work(tasks: Connection, others: Sequence[Connection], number: int, digits: int) -> None:
    """Turn every task that comes into a block, or into the error it ended with, until there are no more.

    Args:
        others: ends of pipes that a forked process holds without using them; they would keep a pipe open.
    """
    for other in others:
        other.close()
    worker = Worker(number, digits)
    while True:
        try:
            task = tasks.recv()
        except (EOFError, OSError):
            return  # there are no more, or nobody waits for the results
        result: Block | OSError
        try:
            result = worker.block(task)
        except OSError as error:
            result = error
        try:
            tasks.send(result)
        except OSError:
            return


def raw_lines(task: Task) -> Iterator[bytes]:
    """The lines of a task as they stand; the releases of a document as one line each."""
    if task.kind == "document":
        yield from map(orjson.dumps, releases_in(orjson.loads(document(task.path))))
        return
    for line in Worker(0, 2).lines(task, _Account(task.source)):
        yield bytes(line)


def raw_releases(task: Task) -> Iterator[dict[str, Any]]:
    """Every release of a task, as plain JSON: the second look at a release that came twice."""
    for line in raw_lines(task):
        try:
            documents = list(releases_in(orjson.loads(line)))
        except (ValueError, RecursionError):
            continue
        yield from (one for one in documents if isinstance(one, dict))

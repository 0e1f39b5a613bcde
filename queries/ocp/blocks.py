"""What a worker makes of a task: columns, and an account of every line that gave none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import orjson

from queries.ocp.columns import Columns, Flattener
from queries.ocp.releases import Release, decode, read, releases_in
from queries.ocp.sources import BLOCK, LONGEST_LINE, Task, document

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises on a line that is no release: no JSON, a wrong type, bytes that are no UTF-8, too deep."""

TOO_LONG = f"the line is longer than {LONGEST_LINE >> 20} MiB"
NO_OCID = "no ocid"

_BATCH = 1 << 18
"""Bytes whose lines are read, decoded and taken apart together: they stay in the processor's cache meanwhile."""


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
    lines: int = 0
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

    def block(self, task: Task) -> Block:
        """Read the lines of a task."""
        known = len(self.flattener.organizations.entries), len(self.flattener.texts.entries)
        account = _Account(task.source)
        if task.kind == "document":
            documents = list(releases_in(orjson.loads(document(task.path))))
            account.lines = len(documents)
            releases = iter([list(_patiently(documents, account))])
        else:
            if task.too_long:
                account.problem(1, TOO_LONG)
            releases = _releases(batches(task, account), account)
        columns = self.flattener.columns(releases, account.found_on)
        if task.cut is not None:
            account.problem(account.lines, f"the compressed file is damaged: {task.cut}")
        return Block(
            source=task.source,
            worker=self.number,
            columns=columns,
            lines=account.lines + task.too_long,
            blank=account.blank,
            problems=account.problems,
            notes=account.notes,
            organizations=self.flattener.organizations.entries[known[0] :],
            texts=self.flattener.texts.entries[known[1] :],
        )


def batches(task: Task, account: _Account) -> Iterator[list[bytes]]:
    """The lines of a task, some at a time."""
    length = task.end - task.start if task.data is None else len(task.data)
    if task.data is not None:
        yield from _batches(BytesIO(task.data), length)
    elif length > BLOCK + LONGEST_LINE:
        yield _long_lines(task, account)
    else:
        with task.path.open("rb", buffering=_BATCH) as file:
            file.seek(task.start)
            yield from _batches(file, length)


def _batches(file: BinaryIO, length: int) -> Iterator[list[bytes]]:
    """The lines within the next `length` bytes, which end behind a line break."""
    while length > 0 and (lines := file.readlines(min(length, _BATCH))):
        length -= sum(map(len, lines))
        if length < 0:
            lines.pop()  # the first line of the next task
        yield lines


def _long_lines(task: Task, account: _Account) -> list[bytes]:
    """The lines of a task with at least one that is too long; those become empty, and are reported."""
    lines: list[bytes] = []
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


def _releases(read_lines: Iterator[list[bytes]], account: _Account) -> Iterator[list[Release]]:
    for lines in read_lines:
        first = account.lines + 1
        account.lines += len(lines)
        try:
            releases = list(map(decode, lines))
            usual = all([release.ocid for release in releases])  # noqa: C419 - a list is faster than drawing one by one
        except UNREADABLE:
            usual = False
        if usual:
            account.found_on.extend(range(first, first + len(lines)))
        else:
            releases = list(_one_by_one(lines, first, account))
        yield releases


def _one_by_one(lines: list[bytes], first: int, account: _Account) -> Iterator[Release]:
    for number, line in enumerate(lines, start=first):
        try:
            release = decode(line)
        except UNREADABLE:
            release = None
        if release is not None and release.ocid:
            account.found_on.append(number)
            yield release
        else:
            yield from _unusual(line, number, account)


def _unusual(raw: bytes, number: int, account: _Account) -> Iterator[Release]:
    """A line that is blank, broken, a package, or a release with something of an unexpected type."""
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
    for lines in batches(task, _Account(task.source)):
        yield from (line.rstrip(b"\n") for line in lines)


def raw_releases(task: Task) -> Iterator[dict[str, Any]]:
    """Every release of a task, as plain JSON: the second look at a release that came twice."""
    for line in raw_lines(task):
        try:
            documents = list(releases_in(orjson.loads(line)))
        except (ValueError, RecursionError):
            continue
        yield from (one for one in documents if isinstance(one, dict))

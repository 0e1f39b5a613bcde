"""What a worker makes of a task: columns, and an account of every line that gave none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from queries.ocp.columns import Columns, Flattener
from queries.ocp.lines import Lines, batches, split
from queries.ocp.releases import ContractedRelease, Reading, Release, read, releases_in
from queries.ocp.sources import LONGEST_LINE, Task, document

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises on a line that is no release: no JSON, a wrong type, bytes that are no UTF-8, too deep."""

TOO_LONG = f"the line is longer than {LONGEST_LINE >> 20} MiB"
NO_OCID = "no ocid"


@dataclass(frozen=True)
class Scope:
    """What of the releases is read.

    `digits` is how many characters of an item's class make its first level; `contracts` are read only if asked for.
    """

    digits: int = 2
    contracts: bool = False

    @property
    def kind(self) -> type[Release]:
        """The type that a release is decoded into."""
        return ContractedRelease if self.contracts else Release


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

    def too_long(self, line: int) -> None:
        self.problem(line, TOO_LONG)
        self.blank -= 1  # it stands as an empty line, which it is not

    def note(self, path: str, what: str, line: int) -> None:
        count, first = self.notes.get((path, what), (0, line))
        self.notes[path, what] = (count + 1, first)


class Worker:
    """Reads tasks one after the other, with one pair of vocabularies.

    Args:
        number: tells this worker's vocabularies from the others'.
        scope: what of the releases is read.
    """

    def __init__(self, number: int, scope: Scope) -> None:
        self.number = number
        self.flattener = Flattener(scope.digits)
        self.reading = Reading(scope.kind)

    def block(self, task: Task) -> Block:
        """Read the lines of a task."""
        known = len(self.flattener.organizations.entries), len(self.flattener.texts.entries)
        account = _Account(task.source)
        if task.kind == "document":
            documents = list(releases_in(orjson.loads(document(task.path))))
            account.lines = len(documents)
            releases = iter([list(_patiently(documents, account, self.reading))])
        else:
            if task.too_long:
                account.problem(1, TOO_LONG)
            releases = _releases(batches(task, account.too_long), account, self.reading)
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


def _releases(read_lines: Iterator[Lines], account: _Account, reading: Reading) -> Iterator[list[Release]]:
    for lines in read_lines:
        first = account.lines + 1
        releases = _all_usual(lines, reading)
        if releases is None:
            single = split(lines.text)
            account.lines += len(single)
            releases = list(_one_by_one(single, first, account, reading))
        else:
            account.lines += len(releases)
            account.found_on.extend(range(first, first + len(releases)))
        yield releases


def _all_usual(lines: Lines, reading: Reading) -> list[Release] | None:
    """The releases if there are as many as lines, each with an ocid; None leaves it to reading line by line."""
    try:
        releases = reading.lines(lines.text)
    except UNREADABLE:
        return None
    if len(releases) != lines.number or not all([release.ocid for release in releases]):  # noqa: C419 - a list is faster than drawing one by one
        return None
    return releases


def _one_by_one(lines: list[bytes], first: int, account: _Account, reading: Reading) -> Iterator[Release]:
    for number, line in enumerate(lines, start=first):
        try:
            release = reading.line(line)
        except UNREADABLE:
            release = None
        if release is not None and release.ocid:
            account.found_on.append(number)
            yield release
        else:
            yield from _unusual(line, number, account, reading)


def _unusual(raw: bytes, number: int, account: _Account, reading: Reading) -> Iterator[Release]:
    """A line that is blank, broken, a package, or a release with something of an unexpected type."""
    if not raw.strip():
        account.blank += 1
        return
    try:
        documents = list(releases_in(orjson.loads(raw)))
    except (ValueError, RecursionError) as error:
        account.problem(number, f"not JSON: {error}")
        return
    yield from _patiently(documents, account, reading, number)


def _patiently(
    documents: list[object], account: _Account, reading: Reading, line: int | None = None
) -> Iterator[Release]:
    for number, one in enumerate(documents, start=1):
        where = number if line is None else line
        note = partial(account.note, line=where)
        release = read(one, note, reading.kind)
        if release is None:
            account.problem(where, NO_OCID if isinstance(one, dict) else "not an object")
        else:
            account.found_on.append(where)
            yield release


def work(tasks: Connection, others: Sequence[Connection], number: int, scope: Scope) -> None:
    """Turn every task that comes into a block, or into the error it ended with, until there are no more.

    Args:
        others: ends of pipes that a forked process holds without using them; they would keep a pipe open.
    """
    for other in others:
        other.close()
    worker = Worker(number, scope)
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
    for lines in batches(task, _Account(task.source).too_long):
        yield from split(lines.text)


def raw_releases(task: Task) -> Iterator[dict[str, Any]]:
    """Every release of a task, as plain JSON: the second look at a release that came twice."""
    for line in raw_lines(task):
        try:
            documents = list(releases_in(orjson.loads(line)))
        except (ValueError, RecursionError):
            continue
        yield from (one for one in documents if isinstance(one, dict))

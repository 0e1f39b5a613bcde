"""The lines of a task, some at a time, read into one buffer and not copied out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import FileIO
from typing import BinaryIO, NamedTuple

from queries.ocp.sources import BLOCK, LONGEST_LINE, Task

BATCH = 1 << 18
"""Bytes whose lines are read, decoded and taken apart together: they stay in the processor's cache meanwhile."""


class Lines(NamedTuple):
    """Whole lines, and how many they are."""

    text: bytes | memoryview
    number: int


def batches(task: Task, too_long: Callable[[int], None]) -> Iterator[Lines]:
    """Whole lines of a task, about `BATCH` bytes each time; what was given is overwritten by the next.

    Args:
        too_long: told the number of each line that is longer than `LONGEST_LINE`; it stands as an empty one.
    """
    length = task.end - task.start if task.data is None else len(task.data)
    if task.data is not None:
        yield from _of_bytes(task.data)
    elif length > BLOCK + LONGEST_LINE:
        with task.path.open("rb") as file:
            file.seek(task.start)
            yield from _long_lines(file, length, too_long)
    else:
        with task.path.open("rb", buffering=0) as unbuffered:
            unbuffered.seek(task.start)
            yield from _of_file(unbuffered, length)


def _of_bytes(data: bytes) -> Iterator[Lines]:
    view, start = memoryview(data), 0
    while start < len(data):
        end = data.find(b"\n", start + BATCH) + 1 or len(data)
        yield Lines(view[start:end], _number(data, start, end))
        start = end


def _of_file(file: FileIO, length: int) -> Iterator[Lines]:
    """The lines within the next `length` bytes, which end behind a line break or with the file."""
    buffer, held = bytearray(2 * BATCH), 0
    view = memoryview(buffer)
    while length:
        if held + BATCH > len(buffer):  # a line longer than the buffer
            buffer = buffer + bytes(len(buffer))
            view = memoryview(buffer)
        count = file.readinto(view[held : held + min(BATCH, length)])
        length = length - count if count else 0
        held += count
        end = buffer.rfind(b"\n", 0, held) + 1 if length else held
        if end:
            yield Lines(view[:end], _number(buffer, 0, end))
            buffer[: held - end] = buffer[end:held]
            held -= end


def _number(text: bytes | bytearray, start: int, end: int) -> int:
    """How many lines there are from `start` to `end`: `find` leaps over a line, where counting looks at each byte."""
    number, place = 0, start
    while place < end:
        number += 1
        place = text.find(b"\n", place, end) + 1 or end
    return number


def _long_lines(file: BinaryIO, length: int, too_long: Callable[[int], None]) -> Iterator[Lines]:
    """The lines of a task with at least one that is too long, one by one."""
    end, number = file.tell() + length, 0
    while file.tell() < end and (line := file.readline(LONGEST_LINE + 1)):
        number += 1
        if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
            too_long(number)
            while line and not line.endswith(b"\n"):
                line = file.readline(BLOCK)
            line = b"\n"
        yield Lines(line, 1)


def split(lines: bytes | memoryview) -> list[bytes]:
    """Each line by itself, without its line break."""
    single = bytes(lines).split(b"\n")
    if not single[-1]:
        single.pop()
    return single

"""Where releases come from: JSON lines, whole JSON documents, either of them gzipped, or standard input.

A source is cut into tasks that end at line breaks; a worker needs nothing but the task to read it.
"""

from __future__ import annotations

import gzip
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import orjson

BLOCK = 8 << 20
"""Bytes a task, about 1,400 releases: enough to make columns worth while, little enough to keep memory low."""

LONGEST_LINE = 64 << 20
"""A longer line is reported and left out: it would be parsed in memory, several times its size."""

LARGEST_DOCUMENT = 1 << 30
"""A JSON document that is not one release a line has to fit in memory; a larger one is read as lines."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Source:
    """A file to read. `kind`: `lines`, `gzip` (JSON lines, compressed) or `document` (one JSON document)."""

    name: str
    path: Path
    kind: str


@dataclass(frozen=True)
class Task:
    """A part of a source: the bytes from `start` to `end` of its file, or `data` where they had to be unpacked.

    `cut` says why the source ends here though more was expected.
    """

    source: int
    path: Path
    kind: str
    start: int = 0
    end: int = 0
    data: bytes | None = None
    too_long: bool = False
    cut: str | None = None


@contextmanager
def opened(names: list[str]) -> Iterator[list[Source]]:
    """The sources called `names`; `-` is standard input, kept in a temporary file meanwhile.

    Raises:
        OSError: a file is missing or may not be read.
    """
    with tempfile.TemporaryDirectory(prefix="qingfeng-ocp-") as folder:
        sources = []
        for number, name in enumerate(names):
            path = Path(name)
            if name == "-":
                path = Path(folder) / f"stdin-{number}"
                with path.open("wb") as spool:
                    shutil.copyfileobj(sys.stdin.buffer, spool, BLOCK)
            sources.append(Source(name, path, _kind(path)))
        yield sources


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP_MAGIC
    try:
        with _reader(path, compressed) as file:
            first = file.readline(LONGEST_LINE).removeprefix(BYTE_ORDER_MARK)
            if first.strip()[:1] in (b"{", b"[") and not _is_json(first):
                whole = first + file.read(LARGEST_DOCUMENT)
                if len(whole) < LARGEST_DOCUMENT and _is_json(whole):
                    return "document"
    except (EOFError, zlib.error, gzip.BadGzipFile):
        pass  # the lines before the damage are read, and the damage is reported, when the tasks are done
    return "gzip" if compressed else "lines"


def _is_json(text: bytes) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _reader(path: Path, compressed: bool) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if compressed else path.open("rb")


def document(path: Path) -> bytes:
    """The whole of a document, unpacked."""
    raw = path.read_bytes()
    return (gzip.decompress(raw) if raw.startswith(_GZIP_MAGIC) else raw).removeprefix(BYTE_ORDER_MARK)


def tasks(sources: list[Source]) -> Iterator[Task]:
    """The tasks of all sources, in order."""
    block = BLOCK
    for number, source in enumerate(sources):
        if source.kind == "document":
            yield Task(number, source.path, source.kind)
        elif source.kind == "gzip":
            yield from _unpacked(number, source, block)
        else:
            yield from _ranges(number, source, block)


def _ranges(number: int, source: Source, block: int) -> Iterator[Task]:
    """Byte ranges that end behind a line break, found by looking at the few bytes there."""
    with source.path.open("rb") as file:
        size = file.seek(0, 2)
        start = len(BYTE_ORDER_MARK) if _has_mark(file) else 0
        while start < size:
            end = _next_line(file, min(start + block, size), size)
            yield Task(number, source.path, source.kind, start, end)
            start = end


def _has_mark(file: BinaryIO) -> bool:
    file.seek(0)
    return file.read(3) == BYTE_ORDER_MARK


def _next_line(file: BinaryIO, position: int, size: int) -> int:
    file.seek(position)
    while position < size:
        some = file.read(65_536)
        found = some.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(some)
    return size


def _unpacked(number: int, source: Source, block: int) -> Iterator[Task]:
    """Unpacked blocks that end behind a line break; a damaged end is told in the last one."""
    rest, skipping, cut = b"", False, None
    with gzip.open(source.path, "rb") as file:
        while True:
            try:
                some = file.read1(block)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                cut, some = str(error), b""
            if not some:
                break
            if skipping:
                _, newline, some = some.partition(b"\n")
                skipping = not newline
            whole, newline, tail = some.rpartition(b"\n")
            if newline:
                yield Task(number, source.path, source.kind, data=rest + whole + newline)
                rest = tail
            else:
                rest += tail
            if len(rest) > LONGEST_LINE:
                yield Task(number, source.path, source.kind, too_long=True)
                rest, skipping = b"", True
    yield Task(number, source.path, source.kind, data=rest, cut=cut)

"""JSON files as spans of bytes: lines, or the elements of one large document, found without decoding the whole.

A plain file is mapped into memory, a gzip file is unpacked into a temporary file first, so that any span can be
read again. Only one span is decoded at a time; `LARGEST_SPAN` bounds it.
"""

from __future__ import annotations

import mmap
import tempfile
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from loaders.json_splitting import RESIDENT, give_back, scan_document
from loaders.messages import UnreadableSource

LARGEST_SPAN = 32 << 20
"""Bytes of the largest line, or element of a package, that is decoded; a larger one goes to quarantine."""

_CHUNK = 1 << 20
_BLANK = b" \t\r\n"
_GZIP = b"\x1f\x8b"
_LINE_SUFFIXES = (".jsonl", ".ndjson", ".jsonlines", ".jl")
_OTHER_KINDS = {
    b"%PDF": "json_is_pdf",
    b"PK\x03\x04": "json_is_zip",
    b"<": "json_is_markup",
    b"\xff\xfe": "json_is_utf16",
    b"\xfe\xff": "json_is_utf16",
}
_decoder = msgspec.json.Decoder(float_hook=Decimal)  # money must keep the digits it was written with


class UnreadableSpanError(Exception):
    """A span that is no JSON value; `reason` is the catalogue's key."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class JsonSource:
    """The spans of one file, in file order."""

    data: mmap.mmap
    starts: array[int] = field(default_factory=lambda: array("Q"))
    ends: array[int] = field(default_factory=lambda: array("Q"))
    rows: array[int] = field(default_factory=lambda: array("Q"))
    """Line number (lines) or 1-based position in the document's list (elements)."""
    broken: list[tuple[int, str]] = field(default_factory=list)
    """Places that no span covers and why: (line or position, catalogue key)."""
    _touched: int = 0

    def __len__(self) -> int:
        return len(self.starts)

    def add(self, start: int, end: int, row: int) -> None:
        """Append a span."""
        self.starts.append(start)
        self.ends.append(end)
        self.rows.append(row)

    def decode(self, index: int) -> Any:
        """The JSON value of a span; numbers with a fraction are `Decimal`.

        Raises:
            UnreadableSpanError: it is too large, too deeply nested, not UTF-8, or no JSON.
        """
        start, end = self.starts[index], self.ends[index]
        self._touched += end - start
        if self._touched > RESIDENT:
            give_back(self.data)
            self._touched = 0
        if end - start > LARGEST_SPAN:
            raise UnreadableSpanError("json_too_large")
        return decode(self.data[start:end])


def decode(text: bytes) -> Any:
    """The value of one JSON text.

    Raises:
        UnreadableSpanError: it is too deeply nested, not UTF-8, or no JSON.
    """
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise UnreadableSpanError("json_too_deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, ValueError):
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            raise UnreadableSpanError("json_not_utf8") from None
        raise UnreadableSpanError("json_broken") from None


@contextmanager
def open_json(file: Path, lists: tuple[str, ...] = (), whole: frozenset[str] = frozenset()) -> Iterator[JsonSource]:
    """The spans of a JSON document, of JSON lines or of concatenated JSON values, plain or gzip.

    A document that is an array is split into its elements; one that is an object is split into the elements of
    the first of its members `lists` that it has, and is a single span without any, or with a member in `whole`.

    Raises:
        UnreadableSource: the file is empty, another kind of file, or cannot be opened.
    """
    try:
        plain = file.open("rb")
    except OSError as error:
        raise UnreadableSource(file, "json_cannot_open", error=error.strerror or str(error)) from None
    with plain, tempfile.TemporaryFile() as unpacked:
        cut = False
        stream: Any = plain
        if plain.read(2) == _GZIP:
            cut = _unpack(plain, unpacked)
            stream = unpacked
        stream.seek(0, 2)
        if stream.tell() == 0:
            raise UnreadableSource(file, "json_cut" if cut else "json_empty")
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            source = JsonSource(data)
            _split(file, source, lists, whole)
            if cut:
                source.broken.append((_line_of(data, len(data)), "json_truncated_gzip"))
            yield source


def _unpack(packed: Any, target: Any) -> bool:
    """Write the unpacked bytes of all members to `target`; whether the file ends, or breaks, before its end."""
    packed.seek(0)
    member = zlib.decompressobj(wbits=31)
    pending = b""
    while True:
        pending = pending or packed.read(_CHUNK)
        if not pending:
            return not member.eof
        if member.eof:
            if not pending.strip(b"\0"):  # padding is allowed after the last member
                pending = b""
                continue
            member = zlib.decompressobj(wbits=31)
        try:
            target.write(member.decompress(pending, _CHUNK))
            pending = member.unconsumed_tail or member.unused_data
        except zlib.error:
            return True


def _split(file: Path, source: JsonSource, lists: tuple[str, ...], whole: frozenset[str]) -> None:
    data = source.data
    begin = _skip_blank(data, 3 if data[:3] == b"\xef\xbb\xbf" else 0)
    if begin == len(data):
        raise UnreadableSource(file, "json_empty")
    head = data[begin : begin + 4]
    for magic, key in _OTHER_KINDS.items():
        if head.startswith(magic):
            raise UnreadableSource(file, key)
    lined = file.name.removesuffix(".gz").endswith(_LINE_SUFFIXES)
    if head[:1] not in b"{[" and not lined:
        raise UnreadableSource(file, "json_no_json")
    if lined or _is_lines(data, begin):
        _split_lines(source, begin)
    else:
        _split_document(source, begin, lists, whole)


def _is_lines(data: mmap.mmap, begin: int) -> bool:
    """Whether every line is a value of its own: the first line is one, or it is broken and the second one is."""
    end = data.find(b"\n", begin)
    following = _skip_blank(data, end) if end >= 0 else len(data)
    if following == len(data):
        return False
    if _is_value(data, begin, end):
        return True
    after = data.find(b"\n", following)
    second = data[following : following + 1] == b"{" and _is_value(data, following, after if after >= 0 else len(data))
    return second and data[begin : begin + 1] == b"{" and len(data[begin:end].strip()) > 1


def _is_value(data: mmap.mmap, start: int, end: int) -> bool:
    if end - start > LARGEST_SPAN:
        return data[start : start + 1] == b"{" and data[max(start, end - 2) : end].rstrip().endswith(b"}")
    try:
        decode(data[start:end])
    except UnreadableSpanError:
        return False
    return True


def _split_lines(source: JsonSource, begin: int) -> None:
    data = source.data
    line = _line_of(data, begin)
    start = given_back = begin
    while start < len(data):
        if start - given_back > RESIDENT:
            give_back(data)
            given_back = start
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        if end - start > LARGEST_SPAN or data[start:end].strip():
            source.add(start, end, line)
        start = end + 1
        line += 1


def _split_document(source: JsonSource, begin: int, lists: tuple[str, ...], whole: frozenset[str]) -> None:
    data = source.data
    found = scan_document(data, begin, lists, whole)
    if len(found.values) > 1:
        line, counted = 1, 0
        for start, end in found.values:
            line += _count_lines(data, counted, start)
            counted = start
            source.add(start, end, line)
    elif found.is_array or found.chosen is not None:
        for position, (start, end) in enumerate(found.elements(), start=1):
            source.add(start, end, position)
        source.broken.extend((position, "json_broken") for position in found.gaps())
    elif found.values:
        source.add(*found.values[0], 1)
    if found.unfinished_at is not None:
        source.broken.append((_line_of(data, found.unfinished_at), "json_unfinished"))


def _skip_blank(data: mmap.mmap, start: int) -> int:
    while start < len(data) and data[start] in _BLANK:
        start += 1
    return start


def _line_of(data: mmap.mmap, position: int) -> int:
    """1-based number of the line in which a byte lies."""
    return 1 + _count_lines(data, 0, position)


def _count_lines(data: mmap.mmap, start: int, end: int) -> int:
    return sum(data[at : min(at + _CHUNK, end)].count(b"\n") for at in range(start, end, _CHUNK))

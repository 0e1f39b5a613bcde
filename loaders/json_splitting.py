"""Finding the elements of a JSON document by its brackets and strings alone, in one pass over the bytes."""

from __future__ import annotations

import mmap
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

# Possessive: each byte is looked at once, whatever the text is. A string without its closing quote matches too.
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+("?)|[{}\[\]]', re.DOTALL)
_OPENING = (b"{", b"[")


RESIDENT = 64 << 20
"""Bytes of a mapped file after which its pages are given back to the system."""


def give_back(data: mmap.mmap) -> None:
    """Let the system have the pages of a mapped file, which is read again from the disk where it is needed."""
    if hasattr(mmap, "MADV_DONTNEED"):
        data.madvise(mmap.MADV_DONTNEED)


@dataclass(slots=True)
class Scan:
    """What a document is made of; every span is (first byte, byte after the last)."""

    data: mmap.mmap
    lists: tuple[str, ...]
    is_array: bool
    is_whole: bool = False
    """An object with a member of `whole`: one thing, whatever lists it has."""
    values: list[tuple[int, int]] = field(default_factory=list)
    """Values that stand at the top, complete ones only."""
    found: dict[str, array[int]] = field(default_factory=dict)
    """Elements of each member in `lists` (an array document: under the empty name) as start, end, start, end…"""
    unfinished_at: int | None = None
    """Where the text breaks off, or closes more than it opened."""

    @property
    def chosen(self) -> str | None:
        """The member that is split: the first of `lists`; none where the object is itself one thing."""
        return None if self.is_whole else next((name for name in self.lists if name in self.found), None)

    def _flat(self) -> array[int]:
        return self.found.get("" if self.is_array else self.chosen or "", array("Q"))

    def elements(self) -> Iterator[tuple[int, int]]:
        """Spans of the elements, in order."""
        flat = self._flat()
        return zip(flat[::2], flat[1::2], strict=True)

    def gaps(self) -> Iterator[int]:
        """Positions of the elements before which something else than one comma stands."""
        flat = self._flat()
        for number in range(2, len(flat), 2):
            if self.data[flat[number - 1] : flat[number]].strip() != b",":
                yield number // 2 + 1


def scan_document(data: mmap.mmap, begin: int, lists: tuple[str, ...], whole: frozenset[str]) -> Scan:
    """Scan the values from `begin` on; see `Scan`."""
    scan = Scan(data, lists, data[begin : begin + 1] == b"[")
    names = {name.encode(): name for name in lists}
    whole_names = {name.encode() for name in whole}
    depth = start = element = 0
    key = b""
    current: array[int] | None = scan.found.setdefault("", array("Q")) if scan.is_array else None
    level = 1 if scan.is_array else 2
    """Depth at which the elements of the current list stand."""
    given_back = begin
    for token in _TOKEN.finditer(data, begin):
        at, end = token.span()
        if at - given_back > RESIDENT:
            give_back(data)
            given_back = at
        mark = data[at : at + 1]
        if mark == b'"':
            if not token.group(1):
                scan.unfinished_at = at
                return scan
            if depth == 1 and not scan.is_array:
                key = data[at + 1 : end - 1]
                if key in whole_names and data[end : end + 8].lstrip().startswith(b":"):
                    scan.is_whole = True
            elif depth == level and current is not None:
                current.extend((at, end))
        elif mark in _OPENING:
            if depth == 0:
                start = at
            elif depth == 1 and not scan.is_array:
                current = scan.found.setdefault(names[key], array("Q")) if mark == b"[" and key in names else None
            elif depth == level:
                element = at
            depth += 1
        else:
            depth -= 1
            if depth < 0:
                break
            if depth == 0:
                scan.values.append((start, end))
                current = current if scan.is_array else None
            elif depth == level and current is not None:
                current.extend((element, end))
            elif depth == 1 and not scan.is_array:
                current = None
    if depth != 0:
        scan.unfinished_at = len(data) if depth > 0 else at
    return scan

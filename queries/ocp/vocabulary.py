"""Texts and ids as small numbers."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NONE = -1
"""The code, count or lot of what is absent."""

_VACANT = -2
"""Stands in the table of a vocabulary where no key is held."""


class _Codes(dict[Hashable, int]):
    """Gives a key that it meets for the first time the next code, and puts it into `entries`."""

    def __init__(self) -> None:
        super().__init__({None: NONE, "": NONE})
        self.entries: list[Any] = []

    def __missing__(self, key: Hashable) -> int:
        if isinstance(key, int):
            code = self[str(key)]
        else:
            code = len(self.entries)
            self.entries.append(key)
        self[key] = code
        return code


class Vocabulary:
    """Codes of keys, in order of first appearance; None and the empty text have none."""

    def __init__(self) -> None:
        self._codes = _Codes()
        self.entries = self._codes.entries

    def codes(self, keys: Iterable[Any]) -> list[int]:
        """The code of each key; a number is the same key as its text."""
        return list(map(self._codes.__getitem__, keys))


class Keys:
    """Keys that come some at a time, each hashed while it is still in the processor's cache."""

    def __init__(self, keys: Sequence[Any] = ()) -> None:
        self.keys: list[Any] = []
        self._hashes: list[NDArray[np.int64]] = []
        self.add(keys)

    def add(self, keys: Sequence[Any]) -> None:
        """Take some more keys."""
        self.keys += keys
        self._hashes.append(np.fromiter(map(hash, keys), dtype=np.int64, count=len(keys)))

    def hashes(self) -> NDArray[np.int64]:
        """Python's hash of each key."""
        return np.concatenate(self._hashes)


class LargeVocabulary(Vocabulary):
    """A vocabulary for many thousand keys.

    In front of the dictionary stands a table that numpy looks up for thousands of keys at once: a dictionary with
    many organizations waits for memory at each look-up, and those waits were the largest single cost of reading.
    A key has two places in the table, so that few keys drive each other out. The table tells keys apart by Python's
    64-bit keyed hash; that two of a million keys share one has a chance below 1 in 10 million.
    """

    def __init__(self) -> None:
        super().__init__()
        self._clear(1 << 15)

    def codes_of(self, keys: Keys) -> NDArray[np.int32]:
        """The code of each key; a number is the same key as its text."""
        hashes = keys.hashes()
        places = hashes & (len(self._held) - 1)
        found = np.where(self._hashes[places] == hashes, self._held[places], _VACANT)
        rest = np.flatnonzero(found == _VACANT)
        if len(rest):
            others = (hashes[rest] >> 32) & (len(self._held) - 1)
            found[rest] = np.where(self._hashes[others] == hashes[rest], self._held[others], _VACANT)
            still = found[rest] == _VACANT
            unknown = rest[still]
            found[unknown] = self.codes(keys.keys[row] for row in unknown.tolist())
            free = self._held[places[unknown]] == _VACANT
            target = np.where(free, places[unknown], others[still])
            self._hashes[target], self._held[target] = hashes[unknown], found[unknown]
        if len(self.entries) * 8 > len(self._held):
            self._clear(len(self._held) * 8)
        return found

    def _clear(self, size: int) -> None:
        self._hashes = np.zeros(size, dtype=np.int64)
        self._held = np.full(size, _VACANT, dtype=np.int32)

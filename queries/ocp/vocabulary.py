"""Texts and ids as small numbers."""

from __future__ import annotations

from collections.abc import Hashable
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

    def codes(self, keys: list[Any]) -> NDArray[np.int32]:
        """The code of each key; a number is the same key as its text."""
        return np.fromiter(map(self._codes.__getitem__, keys), dtype=np.int32, count=len(keys))


class LargeVocabulary(Vocabulary):
    """A vocabulary for many thousand keys.

    In front of the dictionary stands a table that numpy looks up for thousands of keys at once: a dictionary with
    many organizations waits for memory at each look-up, and those waits were the largest single cost of reading.
    The table tells keys apart by Python's 64-bit keyed hash; that two of a million keys share one has a chance
    below 1 in 10 million.
    """

    def __init__(self) -> None:
        super().__init__()
        self._clear(1 << 15)

    def codes(self, keys: list[Any]) -> NDArray[np.int32]:
        """The code of each key; a number is the same key as its text."""
        hashes = np.fromiter(map(hash, keys), dtype=np.int64, count=len(keys))
        places = hashes & (len(self._held) - 1)
        found: NDArray[np.int32] = self._held[places]
        unknown = np.flatnonzero((self._hashes[places] != hashes) | (found == _VACANT))
        if len(unknown):
            found[unknown] = super().codes([keys[row] for row in unknown.tolist()])
            self._hashes[places[unknown]], self._held[places[unknown]] = hashes[unknown], found[unknown]
        if len(self.entries) * 8 > len(self._held):
            self._clear(len(self._held) * 8)
        return found

    def _clear(self, size: int) -> None:
        self._hashes = np.zeros(size, dtype=np.int64)
        self._held = np.full(size, _VACANT, dtype=np.int32)

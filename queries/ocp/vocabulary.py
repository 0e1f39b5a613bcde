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


class Vocabulary:
    """Codes of keys, in order of first appearance; None and the empty text have none.

    In front of the dictionary stands a table that numpy looks up for thousands of keys at once: a dictionary with
    many organizations waits for memory at each look-up, and those waits were the largest single cost of reading.
    The table tells keys apart by Python's 64-bit keyed hash; that two of a million keys share one has a chance
    below 1 in 10 million.
    """

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self._codes: dict[Hashable, int] = {None: NONE, "": NONE}
        self._clear(1 << 15)

    def codes(self, keys: list[Any]) -> NDArray[np.int32]:
        """The code of each key; a number is the same key as its text."""
        hashes = np.fromiter(map(hash, keys), dtype=np.int64, count=len(keys))
        places = hashes & (len(self._held) - 1)
        found: NDArray[np.int32] = self._held[places]
        for row in np.flatnonzero((self._hashes[places] != hashes) | (found == _VACANT)).tolist():
            found[row] = self._code(keys[row])
            self._hashes[places[row]], self._held[places[row]] = hashes[row], found[row]
        if len(self.entries) * 8 > len(self._held):
            self._clear(len(self._held) * 8)
        return found

    def _clear(self, size: int) -> None:
        self._hashes = np.zeros(size, dtype=np.int64)
        self._held = np.full(size, _VACANT, dtype=np.int32)

    def _code(self, key: Hashable) -> int:
        code = self._codes.get(key)
        if code is None:
            if isinstance(key, int):
                code = self._code(str(key))
            else:
                code = len(self.entries)
                self.entries.append(key)
            self._codes[key] = code
        return code

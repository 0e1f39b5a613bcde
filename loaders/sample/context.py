"""What is handed from step to step while the province is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from loaders.sample.columns import Ints
from loaders.sample.writer import TableFiles


def day(iso: str) -> int:
    """Days since 1970-01-01 of an ISO date."""
    return int(np.datetime64(iso, "D").astype(np.int64))


FIRST_NOTICE = day("2019-01-15")
LAST_NOTICE = day("2026-01-31")
LAST_WORKS_NOTICE = day("2025-03-15")
AS_OF = day("2026-09-30")
"""The last day anything is recorded; nothing is due after it."""
OPEN = -1
"""The end of a relation that still holds."""


class Serials:
    """Running numbers, one sequence per kind of thing, so that identifiers never repeat across chunks."""

    def __init__(self) -> None:
        self._next: Counter[str] = Counter()

    def take(self, kind: str, count: int) -> Ints:
        """The next `count` numbers of a kind."""
        start = self._next[kind] + 1
        self._next[kind] += count
        return np.arange(start, start + count, dtype=np.int64)

    def one(self, kind: str) -> int:
        """The next number of a kind."""
        self._next[kind] += 1
        return self._next[kind]


@dataclass(frozen=True, slots=True)
class Province:
    """Bodies that every chunk shares, as running numbers; one per city where it is an array."""

    finance_department: int
    city_governments: Ints
    state_asset_offices: Ints
    tax_offices: Ints
    platforms: Ints
    guarantors: Ints
    factors: Ints


@dataclass(frozen=True, slots=True)
class Context:
    """One chunk's surroundings: its random stream, the running numbers, the shared bodies and the files."""

    rng: np.random.Generator
    serials: Serials
    province: Province
    files: TableFiles
    number: int
    """Which chunk it is, from 0."""
    tenders: int
    """How many tenders the chunk holds."""

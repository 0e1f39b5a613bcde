"""Which detectors the loaded data can feed, what is missing for the rest, and how full the needed columns are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from queries.detector import Detector

STANDS_IN = {"bids.is_winner": ("contracts.tender_id", "contracts.supplier_id")}
"""Columns that together tell the same where a column has no value (relation `signed_wins`)."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the data offer one detector.

    `missing` and `missing_optional` name each `table.column` without any value, and without columns that stand in for
    it; `fill` is the share of rows with a value, for every column that it reads.
    """

    detector: str
    missing: tuple[str, ...]
    missing_optional: tuple[str, ...]
    fill: dict[str, float]

    @property
    def can_judge(self) -> bool:
        """Whether every column that it cannot do without has values."""
        return not self.missing

    def as_dict(self) -> dict[str, Any]:
        """The coverage as JSON."""
        return {
            "detector": self.detector,
            "can_judge": self.can_judge,
            "missing": list(self.missing),
            "missing_optional": list(self.missing_optional),
            "fill": {column: round(share, 4) for column, share in sorted(self.fill.items())},
        }


def coverage(connection: duckdb.DuckDBPyConnection, detectors: Sequence[Detector]) -> list[Coverage]:
    """Look at the tables once, and say of each detector what they offer it."""
    needed: dict[str, set[str]] = {}
    for detector in detectors:
        for read in (detector.requires, detector.uses):
            for table, columns in read.items():
                needed.setdefault(table, set()).update(columns)
    for stand_in in itertools.chain.from_iterable(STANDS_IN.values()):
        table, name = stand_in.split(".")
        needed.setdefault(table, set()).add(name)
    fill: dict[str, float] = {}
    for table, names in sorted(needed.items()):
        counted = ", ".join(f'count("{name}")' for name in sorted(names))
        rows, *filled = connection.execute(f"SELECT count(*), {counted} FROM {table}").fetchall()[0]
        for name, count in zip(sorted(names), filled, strict=True):
            fill[f"{table}.{name}"] = count / rows if rows else 0.0
    return [_of(detector, fill) for detector in detectors]


def _of(detector: Detector, fill: dict[str, float]) -> Coverage:
    required = [f"{table}.{name}" for table, names in detector.requires.items() for name in names]
    optional = [f"{table}.{name}" for table, names in detector.uses.items() for name in names]
    return Coverage(
        detector=detector.id,
        missing=tuple(sorted(name for name in required if not _told(name, fill))),
        missing_optional=tuple(sorted(name for name in optional if not _told(name, fill))),
        fill={name: fill[name] for name in {*required, *optional}},
    )


def _told(column: str, fill: dict[str, float]) -> bool:
    stand_ins = STANDS_IN.get(column, ())
    return fill[column] > 0 or (bool(stand_ins) and all(fill[name] for name in stand_ins))

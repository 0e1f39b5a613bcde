"""What every source adapter gives: rows of canonical tables as text, each with the place it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row, cell or part of a document that could not be read; it goes to quarantine as it stands here."""

    table: str | None
    row: int
    """Row number in the file (a table: the header is row 1) or line number (JSON lines)."""
    column: str | None
    value: str | None
    """The cell as it was met, cut to 200 characters; never a personal number."""
    reason: str
    """A key of the catalogue's section `quarantine`."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one canonical table, not yet validated.

    `rows` has text columns with canonical names (any subset of the table's columns, of `PROVENANCE_HEADERS` and of
    `_derived`), null for an empty cell, and `_row` (int64).
    """

    table: str
    rows: pa.Table
    rejected: tuple[Rejected, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    """Headers that no table, alias or mapping knows; reported, not loaded."""


@dataclass(slots=True)
class Notes:
    """What an adapter has to say of a file besides its rows, for the load report."""

    warnings: list[str] = field(default_factory=list)


class Adapter(Protocol):
    """Reads one file into batches of canonical rows, in bounded memory."""

    def __call__(self, file: Path, notes: Notes) -> Iterator[Batch]:
        """Batches in the order of the file.

        Raises:
            SourceError: the file as a whole cannot be read.
        """
        ...


class SourceError(Exception):
    """A file that cannot be read at all: names the file, what is wrong and what to do."""

    def __init__(self, file: Path, what: str, hint: str) -> None:
        super().__init__(f"{file}: {what}. {hint}")
        self.file = file
        self.what = what
        self.hint = hint

"""What a load did: counts, warnings, and where to look; for the screen, for the API, and beside the snapshot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

EXAMPLES = 20
"""Most examples that the report shows of each matter; the whole of it is in the Parquet files beside it."""


@dataclass(slots=True)
class TableReport:
    """Rows of one table. `read` = new + updated + unchanged + duplicates + quarantined."""

    read: int = 0
    new: int = 0
    updated: int = 0
    """Rows whose key was there with other values, in the last snapshot or earlier in the same load."""
    unchanged: int = 0
    duplicates: int = 0
    """Rows that came again with equal values in the same load."""
    quarantined: int = 0
    total: int = 0
    """Rows of the table in the snapshot after the load."""


@dataclass(slots=True)
class FileReport:
    """One file that was read."""

    file: str
    sha256: str
    size: int
    format: str
    encoding: str | None = None
    rows: int = 0
    """Rows that were read from it, of all tables."""
    unknown_columns: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Warning:
    """Something that a person should look at; nothing was lost by it. `key` is in the catalogue's section `load`."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class LoadReport:
    """What one load did."""

    snapshot_before: str | None = None
    snapshot_after: str | None = None
    tables: dict[str, TableReport] = field(default_factory=dict)
    files: list[FileReport] = field(default_factory=list)
    dangling: dict[str, int] = field(default_factory=dict)
    """`table.column` and how many of its references resolve to nothing. The rows are kept."""
    quarantine: dict[str, Any] = field(default_factory=dict)
    """`cells`, `reasons` (counts by key) and `examples` with a `message` in both languages, some of every reason; all
    cells are in `file`, a Parquet file within the workspace."""
    updates: dict[str, Any] = field(default_factory=dict)
    """`values` (how many changed) and `examples` with the earlier value; all are in `updates.parquet`."""
    warnings: list[Warning] = field(default_factory=list)

    def table(self, name: str) -> TableReport:
        """The counts of a table."""
        return self.tables.setdefault(name, TableReport())

    def warn(self, key: str, **values: Any) -> None:
        """Add a warning."""
        self.warnings.append(Warning(key, values))

    @property
    def changed(self) -> bool:
        """Whether the load made another snapshot."""
        return self.snapshot_before != self.snapshot_after

    @property
    def quarantined(self) -> int:
        """Rows of all tables that could not be read."""
        return sum(table.quarantined for table in self.tables.values())

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {**asdict(self), "changed": self.changed, "quarantined": self.quarantined}


@dataclass(frozen=True, slots=True)
class Tick:
    """How far a load is."""

    step: str
    """`reading`, `merging` or `writing`."""
    name: str
    """The file or the table."""
    done: int
    total: int
    """Bytes of all files that were read, and that there are; 0 of 0 in the other steps."""
    rows: int
    """Rows read so far."""


Progress = Callable[[Tick], None]
"""Told how far a load is, several times a second at most on a large file."""

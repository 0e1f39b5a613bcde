"""Reading small OCDS texts through the real adapter."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from loaders.adapter import Notes, Rejected
from loaders.ocds import read_ocds

Row = dict[str, Any]


@dataclass
class Loaded:
    """All that an adapter gave for one file."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def only(self, table: str) -> Row:
        """The one row of a table, without what is empty."""
        (row,) = self[table]
        return {column: value for column, value in row.items() if value is not None}

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(entry.row, entry.reason) for entry in self.rejected]


def _load_file(file: Path) -> Loaded:
    loaded, notes = Loaded(), Notes()
    for batch in read_ocds(file, notes):
        loaded.tables.setdefault(batch.table, []).extend(batch.rows.to_pylist())
        loaded.rejected.extend(batch.rejected)
    loaded.warnings = notes.warnings
    return loaded


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Loaded]:
    """Write a text (or a JSON value, or JSON lines of several values) into a file and read it."""

    def run(*content: Any, name: str = "data.json") -> Loaded:
        file = tmp_path / name
        if len(content) == 1 and isinstance(content[0], bytes):
            file.write_bytes(content[0])
        else:
            file.write_text("\n".join(json.dumps(value, ensure_ascii=False) for value in content), encoding="utf-8")
        return _load_file(file)

    return run


@pytest.fixture(scope="session")
def load_file() -> Callable[[Path], Loaded]:
    """Read a file that is there."""
    return _load_file

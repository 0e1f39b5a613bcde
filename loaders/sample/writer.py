"""Appends to the province's files, a batch at a time."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.csv as pacsv

from graph.schema import TABLES

_COLUMNS = {table.name: table.names for table in TABLES.values()}

# Nothing the province writes holds a comma, a quote or a line break; pyarrow raises if one slips in.
_PLAIN = pacsv.WriteOptions(include_header=False, quoting_style="none", batch_size=65_536)


class TableFiles:
    """One open CSV file per canonical table, headers written; use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self.rows = dict.fromkeys(_COLUMNS, 0)
        self._files: dict[str, io.BufferedWriter] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for table, columns in _COLUMNS.items():
            file = (folder / f"{table}.csv").open("wb")
            file.write((",".join(columns) + "\n").encode())
            self._files[table] = file

    def append(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append one batch; columns the batch does not give are empty.

        Raises:
            KeyError: the table has no such column.
        """
        count = len(next(iter(columns.values())))
        if unknown := set(columns) - set(_COLUMNS[table]):
            raise KeyError(f"{table} has no column {', '.join(sorted(unknown))}")
        arrays = [columns.get(name, pa.nulls(count)) for name in _COLUMNS[table]]
        batch = pa.table([_as_text(array) for array in arrays], names=list(_COLUMNS[table]))
        pacsv.write_csv(batch, self._files[table], _PLAIN)
        self.rows[table] += count

    def append_rows(self, table: str, rows: list[dict[str, str]]) -> None:
        """Append rows whose values are already spelled as they shall be read."""
        if rows:
            names = {name for row in rows for name in row}
            self.append(table, {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()


def _as_text(array: Any) -> Any:
    return array.cast(pa.string()) if pa.types.is_null(array.type) else array

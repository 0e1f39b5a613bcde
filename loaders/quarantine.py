"""Rows that could not be read: kept with their place and the reason, never with a personal number."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

import i18n
from graph.schema import TABLES
from graph.schema.model import Column, Kind
from i18n import Language, Text
from loaders.adapter import Rejected

SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
    ]
)
"""Columns of `quarantine.parquet`; one line for each cell that cannot be read."""

LONGEST_VALUE = 200
_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_PERSONAL = re.compile(
    rf"(?<!\d)(?:[1-9]\d{{5}}(?:18|19|20)\d\d{_DAY}\d{{3}}[\dXx]|[1-9]\d{{7}}{_DAY}\d{{3}}|1[3-9]\d{{9}})(?!\d)"
)
"""Identity numbers of 18 and 15 digits, and mobile numbers."""


def masked(value: str | None) -> str | None:
    """A cell as it may be shown: cut, and without the digits of an identity or telephone number."""
    if value is None:
        return None
    return _PERSONAL.sub(lambda found: "*" * len(found[0]), value[:LONGEST_VALUE])


def from_rejected(file: str, rejected: Sequence[Rejected]) -> pa.Table:
    """Rejected rows of one file in the form of `quarantine.parquet`."""
    columns = {
        "table": [item.table for item in rejected],
        "file": [file] * len(rejected),
        "row": [item.row for item in rejected],
        "column": [item.column for item in rejected],
        "value": [_shown(item.table, item.column, item.value) for item in rejected],
        "reason": [item.reason for item in rejected],
    }
    return pa.table(columns, schema=SCHEMA)


def from_cells(table: str, files: Sequence[str], cells: pa.Table) -> pa.Table:
    """Cells without a reading (`_file`, `_row`, `column`, `value`, `reason`) in the form of `quarantine.parquet`."""
    values = zip(cells["column"].to_pylist(), cells["value"].to_pylist(), strict=True)
    columns = {
        "table": pa.repeat(table, cells.num_rows),
        "file": pa.array(files).take(cells["_file"].combine_chunks()),
        "row": cells["_row"],
        "column": cells["column"],
        "value": pa.array([_shown(table, column, value) for column, value in values], pa.string()),
        "reason": cells["reason"],
    }
    return pa.table(columns, schema=SCHEMA)


def _shown(table: str | None, column: str | None, value: str | None) -> str | None:
    declared = _column(table, column)
    return "***" if declared and declared.kind is Kind.SECRET else masked(value)


def _column(table: str | None, name: str | None) -> Column | None:
    declared = TABLES.get(table or "")
    return declared[name] if declared is not None and name is not None and name in declared else None


def explain(table: str | None, column: str | None, value: str | None, reason: str) -> Text:
    """Why a row is in quarantine, in a sentence that names the cell and says what is expected."""
    known = _column(table, column)
    name = {"zh": f"{known.zh}（{known.name}）" if known else column or "", "en": column or ""}
    values = {"value": value or "", "choices": ", ".join(known.choices) if known else ""}

    def sentence(language: Language) -> str:
        return i18n.text(f"quarantine.{reason}", language, column=name[language], **values)

    return Text(zh=sentence("zh"), en=sentence("en"))

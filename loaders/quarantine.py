"""Rows that could not be read: kept with their place and the reason, never with a personal number."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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
_PERSONAL = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?!\d)")


def masked(value: str | None) -> str | None:
    """A cell as it may be shown: cut, and without the digits of an identity or telephone number."""
    if value is None:
        return None
    return _PERSONAL.sub(lambda found: "*" * len(found[0]), value[:LONGEST_VALUE])


def as_table(file: str, rejected: Iterable[Rejected]) -> pa.Table:
    """Rejected rows of one file in the form of `quarantine.parquet`."""
    rows: list[tuple[object, ...]] = []
    for item in rejected:
        column = _column(item.table, item.column)
        value = "***" if column and column.kind is Kind.SECRET else masked(item.value)
        rows.append((item.table, file, item.row, item.column, value, item.reason))
    columns: Sequence[Sequence[object]] = list(zip(*rows, strict=True)) if rows else [[] for _ in SCHEMA]
    return pa.table(
        [pa.array(values, field.type) for values, field in zip(columns, SCHEMA, strict=True)], schema=SCHEMA
    )


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

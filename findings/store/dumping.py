"""The rows of a store as JSON lines, and back: the same lines on either database."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Column, Date, LargeBinary, Table, func, insert, select, text
from sqlalchemy.orm import Session

from findings.store.base import UtcDateTime
from findings.store.errors import StoreError
from findings.store.metadata import METADATA

_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Content:
    """How many rows a table has, and a hash of what they hold, whatever their order."""

    rows: int
    digest: str


class Digest:
    """Adds up the hashes of rows: two tables of equal rows are equal in any order."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, line: bytes) -> None:
        """Take in a row."""
        self._rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest(), "big")

    def content(self) -> Content:
        """What was taken in."""
        return Content(self._rows, f"{self._sum % (1 << 256):064x}")


def tables() -> list[Table]:
    """The tables that hold something of their own, those that others refer to first."""
    return [table for table in METADATA.sorted_tables if not table.info.get("derived")]


def dump(session: Session, table: Table) -> Iterator[bytes]:
    """Each row of a table as one line of JSON, without the line break, in the order of its key."""
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_BATCH)
    for row in session.connection().execute(query).mappings():
        yield orjson.dumps({name: _plain(value) for name, value in row.items()})


def is_empty(session: Session) -> bool:
    """Whether no table has a row."""
    return all(session.scalar(select(func.count()).select_from(table)) == 0 for table in tables())


def fill(session: Session, table: Table, lines: Iterable[bytes]) -> Content:
    """Insert rows that `dump` gave; returns what the table holds then, read back from it.

    Raises:
        StoreError: the rows have columns that the table has not.
    """
    batch: list[dict[str, Any]] = []
    for line in lines:
        batch.append(_row(table, orjson.loads(line)))
        if len(batch) == _BATCH:
            session.connection().execute(insert(table), batch)
            batch.clear()
    if batch:
        session.connection().execute(insert(table), batch)
    _continue_numbers(session, table)
    digest = Digest()
    for line in dump(session, table):
        digest.add(line)
    return digest.content()


def _continue_numbers(session: Session, table: Table) -> None:
    """Let PostgreSQL count on after the numbers that were inserted; SQLite does so by itself."""
    counter = table.autoincrement_column
    if counter is None or session.get_bind().dialect.name != "postgresql":
        return
    sequence = session.scalar(
        text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table.name, "column": counter.name}
    )
    highest = session.scalar(select(func.max(counter)))
    if sequence is not None and highest is not None:
        session.execute(text("SELECT setval(:sequence, :number)"), {"sequence": sequence, "number": highest})


def _row(table: Table, values: Mapping[str, Any]) -> dict[str, Any]:
    if values.keys() != set(table.columns.keys()):
        raise StoreError("store_other_columns", table=table.name)
    return {name: _value(table.columns[name], value) for name, value in values.items()}


def _plain(value: object) -> object:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _value(column: Column[Any], value: Any) -> Any:
    """A JSON value as the column takes it."""
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value)
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(column.type, Date) else value

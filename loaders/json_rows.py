"""From JSON objects to batches: lenient, accounted reading of members, and gathering rows by table.

Nothing is dropped in silence. A value of another type than expected is read where it can only mean one thing (a
number for a text, one object for a list of one) and counted, or rejected with its place.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from graph.schema import TABLES
from i18n import catalogue
from loaders.adapter import Batch, Notes, Rejected

BATCH_ROWS = 20_000
"""Rows of all tables together after which they are handed on."""

_SHOWN = 200
_EXAMPLES = 5
_MOST_DIGITS = 30
_DECIMAL = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?")
_PLACEHOLDERS = frozenset(("na", "n/a", "n.a", "n.a.", "-", "--", "none", "null", "no aplica", "无", "不详", "暂无"))

_EXTRA = ("source_record_id", "as_of_date", "_derived")


@dataclass(slots=True)
class Ledger:
    """What was counted and rejected, and the rows gathered so far."""

    main_table: str
    """The table whose batches carry what is rejected for no table in particular."""
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _pending: int = 0
    _seen: set[tuple[str, str, int]] = field(default_factory=set)

    def begin(self) -> None:
        """Start on another document: from here on a member counts again."""
        self._seen.clear()

    def first(self, key: str, where: str, members: object) -> bool:
        """Whether this is the first time in the document that the object's member is counted or rejected for `key`.

        A member may be read several times.
        """
        mark = (key, where, id(members))
        if mark in self._seen:
            return False
        self._seen.add(mark)
        return True

    def add(self, table: str, row: int, values: Mapping[str, str | None]) -> None:
        """Gather one row; `row` is its line number or position in the file."""
        self.rows.setdefault(table, []).append({**values, "_row": row})
        self._pending += 1

    def reject(self, table: str | None, row: int, column: str | None, value: object, reason: str) -> None:
        """Send a part of the document to quarantine."""
        shown = None if value is None else str(value)[:_SHOWN]
        self.rejected.append(Rejected(table, row, column, shown, reason))
        self._pending += 1

    def count(self, key: str, where: str, example: str | None = None) -> None:
        """Count something that was read leniently; `example` is a word of a code list, never a name or number."""
        self.counts[key, where] += 1
        if example is not None:
            seen = self.examples.setdefault((key, where), set())
            if len(seen) < _EXAMPLES:
                seen.add(example[:40])

    def batches(self, *, rest: bool = False) -> Iterator[Batch]:
        """The gathered rows as batches when there are enough of them, or all that is left."""
        if not rest and self._pending < BATCH_ROWS:
            return
        rejected: dict[str, list[Rejected]] = {}
        for entry in self.rejected:
            rejected.setdefault(entry.table or self.main_table, []).append(entry)
        for name in TABLES:
            if name in self.rows or name in rejected:
                yield Batch(name, _as_table(name, self.rows.get(name, [])), tuple(rejected.get(name, ())))
        self.rows, self.rejected, self._pending = {}, [], 0

    def report(self, notes: Notes) -> None:
        """One warning for each kind of leniency and place, with its count."""
        for (key, where), count in sorted(self.counts.items()):
            examples = ", ".join(sorted(self.examples.get((key, where), ()))) or "–"
            message = catalogue()[key].format(where=where, count=count, examples=examples)
            notes.warnings.append(f"{message.zh} / {message.en}")


def _as_table(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    used = {column for row in rows for column, value in row.items() if value is not None}
    columns = [column for column in (*TABLES[name].names, *_EXTRA) if column in used or column in TABLES[name].key]
    arrays = [pa.array([row.get(column) for row in rows], pa.string()) for column in columns]
    arrays.append(pa.array([row["_row"] for row in rows], pa.int64()))
    return pa.table(arrays, names=[*columns, "_row"])


@dataclass(frozen=True, slots=True)
class Fields:
    """A JSON object whose members are read as what the standard says they are."""

    members: Mapping[str, Any]
    path: str
    """Where it stands, `tender.procuringEntity`; list positions are left out, so that counts add up."""
    table: str
    """The canonical table it is rejected for."""
    row: int
    ledger: Ledger

    def _at(self, name: str) -> str:
        return f"{self.path}.{name}" if self.path else name

    def __contains__(self, name: object) -> bool:
        return self.members.get(name) not in (None, "", [], {})  # type: ignore[call-overload]

    def reject(self, name: str, reason: str, table: str | None = None) -> None:
        """Quarantine a member."""
        if not self.ledger.first(reason, self._at(name), self.members):
            return
        value = self.members.get(name)
        shown = type(value).__name__ if isinstance(value, dict | list) else value
        self.ledger.reject(table or self.table, self.row, self._at(name), shown, reason)

    def count(self, key: str, name: str, example: str | None = None) -> None:
        """Count a leniency at a member."""
        if self.ledger.first(key, self._at(name), self.members):
            self.ledger.count(key, self._at(name), example)

    def text(self, name: str) -> str | None:
        """A text, an identifier or a date; none where it is absent or blank. A number is taken as its digits."""
        value = self.members.get(name)
        if isinstance(value, str):
            return clean(value)
        if value is None:
            return None
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            digits = plain(Decimal(value))
            if digits is not None:
                self.count("ocds.number_as_text", name)
                return digits
        self.reject(name, "ocds_wrong_type")
        return None

    def date(self, name: str) -> str | None:
        """A date as it is written; a number is not guessed to be one."""
        value = self.members.get(name)
        if value is None or isinstance(value, str):
            return None if value is None else clean(value)
        self.reject(name, "ocds_wrong_type")
        return None

    def word(self, name: str, code_list: Mapping[str, str | None]) -> str | None:
        """A code as the canonical word for it; a code outside the list is counted and left empty."""
        code = self.text(name)
        if code is None:
            return None
        if code.casefold() not in code_list:
            self.count("ocds.unknown_code", name, code)
        return code_list.get(code.casefold())

    def number(self, name: str) -> str | None:
        """A number as decimal text; a text that is plainly a number is taken as one."""
        value = self.members.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            digits = plain(Decimal(value))
            if digits is not None:
                return digits
        elif isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
            self.count("ocds.text_as_number", name)
            return value.strip()
        self.reject(name, "ocds_wrong_type")
        return None

    def money(self, name: str) -> tuple[str | None, str | None]:
        """Amount and currency of a `Value` object (a bare number: an amount without currency)."""
        if isinstance(self.members.get(name), int | Decimal | str):
            return self.number(name), None
        value = self.object(name)
        currency = value.text("currency")
        return value.number("amount"), currency.upper() if currency else None

    def object(self, name: str) -> Fields:
        """A member that is an object; empty where it is absent, the first of a list that should be one object."""
        value = self.members.get(name)
        if isinstance(value, list):
            return next(iter(self.objects(name)), self._child(name, {}))
        if value is not None and not isinstance(value, dict) and value != "":
            self.reject(name, "ocds_wrong_type")
        return self._child(name, value if isinstance(value, dict) else {})

    def objects(self, name: str, *, often_one: bool = False) -> list[Fields]:
        """A member that is a list of objects; one object stands for a list of one.

        `often_one`: a single object is what the standard, or one version of it, says; it is not counted.
        """
        value = self.members.get(name)
        if value is None or value == "":
            return []
        if isinstance(value, dict):
            if not often_one:
                self.count("ocds.object_for_list", name)
            value = [value]
        elif not isinstance(value, list):
            self.reject(name, "ocds_wrong_type")
            return []
        found = []
        for item in value:
            if isinstance(item, dict):
                found.append(self._child(name, item))
            elif item is not None:
                self.reject(name, "ocds_wrong_type")
        return found

    def texts(self, name: str) -> list[str]:
        """A member that is a list of texts; one text stands for a list of one."""
        value = self.members.get(name)
        if isinstance(value, str):
            value = [value]
        if value is not None and not isinstance(value, list):
            self.reject(name, "ocds_wrong_type")
            return []
        return [word for item in value or () if isinstance(item, str) and (word := clean(item))]

    def _child(self, name: str, members: Mapping[str, Any]) -> Fields:
        return Fields(members, self._at(name), self.table, self.row, self.ledger)


def clean(value: str) -> str | None:
    """A text without outer blanks and NUL; none where nothing is left."""
    return value.replace("\0", "").strip() or None


def meant(value: str | None) -> str | None:
    """A text, none where it is a placeholder for nothing (`N/A`, `无`)."""
    return None if value is None or value.casefold() in _PLACEHOLDERS else value


def plain(value: Decimal) -> str | None:
    """A number without an exponent; none where it is not finite or out of all proportion."""
    if not value.is_finite() or abs(value.adjusted()) > _MOST_DIGITS:
        return None
    return format(value, "f")

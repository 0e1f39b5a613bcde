"""BODS statements of all versions in one shape.

0.4 makes statements about records (`recordId`, `recordDetails`); a record's later statements update or close it.
Before 0.4 a statement stands for itself and names those that it replaces; the first of such a chain is its record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from loaders.json_rows import Fields

_TYPES = {
    "entity": "entity",
    "entitystatement": "entity",
    "person": "person",
    "personstatement": "person",
    "relationship": "relationship",
    "ownershiporcontrolstatement": "relationship",
}
_DESCRIBED_BY = ("describedByEntityStatement", "describedByPersonStatement")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement about an entity, a person or a relationship."""

    kind: str
    id: str
    record: str
    """Id of what it is about; before 0.4 its own id, until `resolve` finds the first of its chain."""
    date: str
    closed: bool
    replaces: tuple[str, ...]
    body: Fields

    @property
    def row(self) -> int:
        """Line or position in the file."""
        return self.body.row

    def order(self) -> tuple[str, int]:
        """Later statements about a record come later; equal dates in file order."""
        return (self.date, self.row)


def read_statement(fields: Fields) -> Statement | None:
    """The statement that a JSON object makes; none where it is no BODS statement."""
    kind = _TYPES.get((fields.text("recordType") or fields.text("statementType") or "").casefold())
    own = fields.text("statementId") or fields.text("statementID")
    record = fields.text("recordId") or own
    if kind is None or record is None:
        return None
    return Statement(
        kind,
        own or record,
        record,
        fields.date("statementDate") or "",
        (fields.text("recordStatus") or "").casefold() == "closed",
        tuple(fields.texts("replacesStatements")),
        fields.object("recordDetails") if "recordDetails" in fields else fields,
    )


@dataclass(slots=True)
class Records:
    """All statements of a file by the record that they are about."""

    _replaced: dict[str, str] = field(default_factory=dict)
    _statements: dict[str, list[Statement]] = field(default_factory=dict)

    def add(self, statement: Statement) -> None:
        """Take in one statement."""
        for earlier in statement.replaces:
            self._replaced.setdefault(statement.id, earlier)
        self._statements.setdefault(statement.record, []).append(statement)

    def resolve(self, record: str) -> str:
        """The record that an id means: itself, or the first statement of the chain that it replaces."""
        seen = {record}
        while (earlier := self._replaced.get(record)) is not None and earlier not in seen:
            seen.add(earlier)
            record = earlier
        return record

    def histories(self) -> Iterable[tuple[str, list[Statement]]]:
        """Each record with its statements, the latest last."""
        grouped: dict[str, list[Statement]] = {}
        for record, statements in self._statements.items():
            grouped.setdefault(self.resolve(record), []).extend(statements)
        for record, statements in grouped.items():
            yield record, sorted(statements, key=Statement.order)


def party_of(body: Fields, name: str) -> str | None:
    """The record that a relationship's `subject` or `interestedParty` names; none where it says why there is none."""
    value = body.members.get(name)
    if not isinstance(value, dict):
        return body.text(name)
    described = body.object(name)
    return next((found for key in _DESCRIBED_BY if (found := described.text(key))), None)

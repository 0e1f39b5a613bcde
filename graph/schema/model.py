"""The words in which the schema is declared: a column, a table, a node, an edge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a cell means, and so how it is read, stored and hashed."""

    ID = "id"
    """Opaque text. Never parsed, never a number: leading zeros are part of it."""
    TEXT = "text"
    DATE = "date"
    """A calendar day. Stored as DATE, in the graph as days since 1970-01-01."""
    TIME = "time"
    """An instant. Stored as TIMESTAMP on the wall clock of Asia/Shanghai, so that its date is the local day."""
    MONEY = "money"
    """Stored as BIGINT minor units (分) of the row's `currency`, CNY where the table has none."""
    NUMBER = "number"
    """DOUBLE: a score, a percentage."""
    INTEGER = "integer"
    FLAG = "flag"
    CHOICE = "choice"
    """One of a fixed list of words."""
    CHOICES = "choices"
    """Several of a fixed list, `;` between them, stored sorted."""
    PERIOD = "period"
    """A month, `YYYY-MM`."""
    SECRET = "secret"  # noqa: S105 - the name of a kind of column
    """A personal number. Replaced by a keyed hash when it is read; the number itself is stored nowhere."""


SQL_TYPES: dict[Kind, str] = {
    Kind.ID: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.DATE: "DATE",
    Kind.TIME: "TIMESTAMP",
    Kind.MONEY: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.INTEGER: "BIGINT",
    Kind.FLAG: "BOOLEAN",
    Kind.CHOICE: "VARCHAR",
    Kind.CHOICES: "VARCHAR",
    Kind.PERIOD: "VARCHAR",
    Kind.SECRET: "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table."""

    name: str
    kind: Kind
    zh: str
    """The Chinese term; accepted as a header."""
    required: bool = False
    refers: str | None = None
    """The table whose key it holds, or `party` for a person or an organisation."""
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other headers under which the column is met."""

    @property
    def sql_type(self) -> str:
        """The DuckDB type in which the snapshot stores it."""
        return SQL_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table.

    `key` names the columns that make two rows the same fact: a row that comes again with equal key columns
    and other values is an update of it. Too few key columns lose facts, too many make an update a new fact.
    """

    name: str
    zh: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {c.name: c for c in self.columns})
        missing = [k for k in self.key if k not in self._by_name]
        if missing:
            raise ValueError(f"table {self.name}: key columns {missing} are not declared as columns; add them")

    def __getitem__(self, column: str) -> Column:
        return self._by_name[column]

    def __contains__(self, column: object) -> bool:
        return column in self._by_name

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the data contract."""
        return tuple(self._by_name)

    @property
    def required(self) -> tuple[str, ...]:
        """Columns without which the table cannot be read."""
        return tuple(c.name for c in self.columns if c.required)

    @property
    def references(self) -> tuple[Column, ...]:
        """Columns that hold the key of another table."""
        return tuple(c for c in self.columns if c.refers)


@dataclass(frozen=True, slots=True)
class Node:
    """A node label and the rows that become its nodes.

    `query` selects `id`, the properties and `ref` (the source row's `_key`, null where several rows make a
    node) from the tables of a snapshot. Every node of the label gets `labels` besides.
    """

    label: str
    query: str
    properties: tuple[str, ...]
    doc: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge type, drawn `(:source)-[:TYPE]->(:target)`.

    `query` selects `source`, `target` (ids of the end nodes), the properties and `ref` (the source row's `_key`).
    """

    type: str
    source: str
    target: str
    query: str
    properties: tuple[str, ...]
    doc: str

    def __str__(self) -> str:
        return f"(:{self.source})-[:{self.type}]->(:{self.target})"


def ident(name: str, zh: str, refers: str | None = None, *, required: bool = False) -> Column:
    """A column of opaque identifiers."""
    return Column(name, Kind.ID, zh, required=required, refers=refers)


def choice(name: str, zh: str, words: str, *, required: bool = False) -> Column:
    """A column of one word out of `words` (blank-separated)."""
    return Column(name, Kind.CHOICE, zh, required=required, choices=tuple(words.split()))


def plain(kind: Kind, fields: Iterable[tuple[str, str]]) -> tuple[Column, ...]:
    """Several optional columns of one kind, given as (name, Chinese term)."""
    return tuple(Column(name, kind, zh) for name, zh in fields)

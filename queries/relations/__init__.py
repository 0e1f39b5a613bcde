"""Derived relations: what several detectors ask of the tables, computed once a scan.

Each is one SQL text over the canonical tables (or over earlier relations), materialised only if a detector names it.
A validity interval that is composed of several is their intersection, an open end being null. `refs` lists the rows
that a derived row rests on, as `table:key` pairs, so that evidence reaches the source row.
"""

from __future__ import annotations

import threading

import duckdb

from queries.relations import arrears, money, parties, terms, trading
from queries.relations.model import Relation

RELATIONS: dict[str, Relation] = {
    relation.name: relation for module in (parties, trading, money, terms, arrears) for relation in module.RELATIONS
}


class Relations:
    """The derived relations of one database: each becomes a table once, by the thread that needs it first."""

    def __init__(self) -> None:
        self._made: set[str] = set()
        self._locks = {name: threading.Lock() for name in RELATIONS}

    def make(self, connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
        """Make the named relations, and those they rest on, tables of the database of the connection.

        Raises:
            KeyError: there is no relation of that name.
        """
        for name in names:
            relation = RELATIONS[name]
            self.make(connection, relation.needs)
            with self._locks[name]:
                if name not in self._made:
                    connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS {relation.query}")
                    self._made.add(name)


def materialise(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
    """Make the named relations, and those they rest on, tables of the connection; those that are there stay.

    Raises:
        KeyError: there is no relation of that name.
    """
    Relations().make(connection, names)

"""Derived relations: what several detectors ask of the tables, computed once a scan.

Each is one SQL text over the canonical tables (or over earlier relations), materialised only if a detector names it.
A validity interval that is composed of several is their intersection, an open end being null. `refs` lists the rows
that a derived row rests on, as `table:key` pairs, so that evidence reaches the source row.
"""

from __future__ import annotations

import duckdb

from queries.relations import arrears, money, parties, terms, trading
from queries.relations.model import Relation

RELATIONS: dict[str, Relation] = {
    relation.name: relation for module in (parties, trading, money, terms, arrears) for relation in module.RELATIONS
}


def materialise(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...]) -> None:
    """Make the named relations, and those they rest on, tables of the connection; those that are there stay.

    Raises:
        KeyError: there is no relation of that name.
    """
    for name in names:
        relation = RELATIONS[name]
        materialise(connection, relation.needs)
        connection.execute(f"CREATE TABLE IF NOT EXISTS {name} AS {relation.query}")

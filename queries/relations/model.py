"""What a derived relation is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Relation:
    """One derived relation: its SQL and the relations that must be there before it."""

    name: str
    query: str
    needs: tuple[str, ...] = ()


def ref(table: str, key: str = "_key") -> str:
    """SQL for a struct that names a source row, as `queries.evidence.refs` reads it."""
    return f"{{'table': '{table}', 'key': {key}}}"

"""What every graph engine can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd


class GraphEngine(Protocol):
    """A graph that answers read-only Cypher.

    The same text with the same parameters gives the same rows on every engine; the texts sort their results.
    """

    @property
    def name(self) -> str:
        """`embedded` or `neo4j`."""
        ...

    @property
    def snapshot_id(self) -> str:
        """The snapshot that the graph is a projection of."""
        ...

    def run(self, cypher: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """The rows that a query returns, a column for each name in its RETURN clause.

        Integers come as Int64, text as str, missing values as NA; lists and maps stay Python objects.

        Raises:
            EngineError: the engine is away, refused the query or ran out of time or memory.
        """
        ...

    def rows(self, cypher: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The same rows as plain values, a missing one being None: for the few rows of a page, where a frame costs more
        than the query.

        Raises:
            EngineError: as `run`.
        """
        ...

    def close(self) -> None:
        """Release what the engine holds."""
        ...


class EngineError(Exception):
    """A graph engine cannot answer: `what` happened, and a `hint` what to do."""

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(f"{what}: {hint}")
        self.what = what
        self.hint = hint

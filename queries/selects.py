"""The rows that detectors judge: their texts over the tables, and their walks over the graph."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb
import orjson
import pandas as pd
import pyarrow as pa

from graph.engine import GraphEngine
from queries.detector import Cypher, Detector, Params
from queries.frames import frame

Values = Mapping[str, Any]


@dataclass(slots=True)
class _Shared:
    """One select with its values: how many detectors still ask for it, and its rows, once they were read."""

    left: int
    rows: pd.DataFrame | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Selects:
    """The rows that detectors judge; where several ask for the same with the same values, they are read once.

    Rows are held until the last detector that asks for them has had them. Detectors may ask from several threads.
    """

    def __init__(self, chosen: Sequence[tuple[Detector, Params]], data_as_of: date | None) -> None:
        names = Counter(_name(detector, detector.bindings(params, data_as_of)) for detector, params in chosen)
        self._shared = {name: _Shared(left) for name, left in names.items()}

    def rows(
        self,
        detector: Detector,
        connection: duckdb.DuckDBPyConnection,
        graph: Callable[[], GraphEngine],
        values: Values,
    ) -> pd.DataFrame:
        """The rows of a detector, which it must not change.

        Raises:
            duckdb.Error, EngineError: the tables or the graph refused a text.
        """
        shared = self._shared[_name(detector, values)]
        with shared.lock:
            rows = _select(detector, connection, graph, values) if shared.rows is None else shared.rows
            shared.left -= 1
            shared.rows = rows if shared.left else None
        return rows


def _name(detector: Detector, values: Values) -> bytes:
    select = detector.select
    text = [select.text, select.anchors.text, select.then.text] if isinstance(select, Cypher) else [select.text]
    bound = select.bind(values)
    if isinstance(select, Cypher):
        bound |= select.anchors.bind(values) | select.then.bind(values)
    return orjson.dumps([text, bound], option=orjson.OPT_SORT_KEYS)


def _select(
    detector: Detector, connection: duckdb.DuckDBPyConnection, graph: Callable[[], GraphEngine], values: Values
) -> pd.DataFrame:
    select = detector.select
    if isinstance(select, Cypher):
        return _walk(select, connection, graph(), values)
    return frame(connection.sql(select.text, params=select.bind(values)))


def _walk(select: Cypher, connection: duckdb.DuckDBPyConnection, graph: GraphEngine, values: Values) -> pd.DataFrame:
    """Anchors from the tables, paths from the graph, and what judging needs from the tables again."""
    anchors: pa.Table = connection.sql(select.anchors.text, params=select.anchors.bind(values)).to_arrow_table()
    parameters = select.bind(values)
    rows = [
        row
        for start in range(0, len(anchors), select.batch)
        for row in graph.rows(select.text, {**parameters, "anchors": anchors.slice(start, select.batch).to_pylist()})
    ]
    connection.register("anchors", anchors)
    types = pa.schema([(name, _ARROW[kind]) for name, kind in select.walked.items()])
    connection.register("walked", pa.Table.from_pylist(rows, schema=types))
    try:
        return frame(connection.sql(select.then.text, params=select.then.bind(values)))
    finally:
        connection.unregister("anchors")
        connection.unregister("walked")


_ARROW = {
    "BIGINT": pa.int64(),
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "BIGINT[]": pa.list_(pa.int64()),
    "VARCHAR[]": pa.list_(pa.string()),
}

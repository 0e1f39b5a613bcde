"""The tables as nodes and edges, frame by frame: what every graph engine is filled from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
import pandas as pd
import pyarrow as pa

from graph.schema import EDGES, NODES, STANDS_FOR, TABLES
from graph.schema.model import Edge, Node

_NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


@dataclass(frozen=True, slots=True)
class NodeFrame:
    """Nodes of one label: `rows` has `id`, the properties and `ref`."""

    node: Node
    rows: pd.DataFrame


@dataclass(frozen=True, slots=True)
class EdgeFrame:
    """Edges of one type: `rows` has `source`, `target`, the properties and `ref`."""

    edge: Edge
    rows: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Part:
    """Some labels and edge types: as much of the graph as some queries name."""

    labels: frozenset[str]
    types: frozenset[str]

    @classmethod
    def named_in(cls, texts: Iterable[str]) -> Part | None:
        """What Cypher texts name, with the ends of the edges; None, the whole graph, where an edge has no type.

        A node without a label is reached over typed edges, whose ends are part of it.
        """
        labels: set[str] = set()
        types: set[str] = set()
        for text in texts:
            if _UNTYPED.search(text):
                return None
            types.update(word for group in _TYPES.findall(text) for word in group.split("|"))
            labels.update(word for group in _LABELS.findall(text) for word in group.split(":"))
        for edge in EDGES:
            if edge.type in types:
                labels.update((edge.source, edge.target))
        return cls(frozenset(labels), frozenset(types))


_TYPES = re.compile(r"\[\s*\w*\s*:\s*([A-Z_]+(?:\|[A-Z_]+)*)")
_LABELS = re.compile(r"\(\s*\w*\s*:\s*(\w+(?::\w+)*)")
_UNTYPED = re.compile(r"-\[\s*\w*\s*[\]*{]|--")


def node_frames(connection: duckdb.DuckDBPyConnection, part: Part | None = None) -> Iterator[NodeFrame]:
    """All nodes, a frame for each declaration, then the stubs of each label; ids are unique within a label."""
    if part is None:
        prepare(connection)
    for node in node_declarations():
        if part is not None and node.label not in part.labels and not part.labels.intersection(node.labels):
            continue
        rows = _frame(connection, node.query)
        if len(rows):
            yield NodeFrame(node, rows)


def edge_frames(connection: duckdb.DuckDBPyConnection, part: Part | None = None) -> Iterator[EdgeFrame]:
    """All edges, one frame for each type."""
    if part is None:
        prepare(connection)
    for edge in EDGES:
        if part is not None and edge.type not in part.types:
            continue
        rows = _frame(connection, edge.query)
        if len(rows):
            yield EdgeFrame(edge, rows)


def node_declarations() -> tuple[Node, ...]:
    """The declarations of nodes, then one of the stubs of each label."""
    stubs = (
        Node(label, _stubs(label, targets), ("stub",), f"A {label.lower()} that is referred to and that no table has.")
        for label, targets in STANDS_FOR.items()
    )
    return (*NODES, *stubs)


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Evaluate the view that nodes and edges both read once; a temporary table hides the view of its name."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS shared_codes AS FROM memory.main.shared_codes")


def _frame(connection: duckdb.DuckDBPyConnection, query: str) -> pd.DataFrame:
    """The rows of a query. Whole numbers with gaps stay whole: as floats they would divide otherwise in Cypher."""
    rows: pd.DataFrame = connection.sql(query).to_arrow_table().to_pandas(types_mapper=_NULLABLE.get)
    return rows


def _stubs(label: str, targets: tuple[str, ...]) -> str:
    """Ids that are referred to as `label` and are no row of its tables."""
    references = [
        f"SELECT {column.name} AS id FROM {table.name}"
        for table in TABLES.values()
        for column in table.references
        if column.refers in targets
    ]
    known = [f"SELECT {TABLES[target].key[0]} AS id FROM {target}" for target in targets if target in TABLES]
    return (
        f"SELECT id, true AS stub FROM (SELECT DISTINCT id FROM ({' UNION ALL '.join(references)}) "
        f"WHERE id IS NOT NULL) ANTI JOIN ({' UNION ALL '.join(known)}) USING (id) ORDER BY id"
    )

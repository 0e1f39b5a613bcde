"""The tables as nodes and edges, frame by frame: what every graph engine is filled from."""

from __future__ import annotations

from collections.abc import Iterator
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


def node_frames(connection: duckdb.DuckDBPyConnection) -> Iterator[NodeFrame]:
    """All nodes, a frame for each declaration, then the stubs of each label; ids are unique within a label."""
    prepare(connection)
    for node in node_declarations():
        rows = _frame(connection, node.query)
        if len(rows):
            yield NodeFrame(node, rows)


def edge_frames(connection: duckdb.DuckDBPyConnection) -> Iterator[EdgeFrame]:
    """All edges, one frame for each type."""
    prepare(connection)
    for edge in EDGES:
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

"""The tables as nodes and edges, frame by frame: what every graph engine is filled from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import pandas as pd

from graph.schema import EDGES, NODES, STANDS_FOR, TABLES
from graph.schema.model import Edge, Node


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
    for node in NODES:
        rows = connection.sql(node.query).df()
        if len(rows):
            yield NodeFrame(node, rows)
    for label, targets in STANDS_FOR.items():
        rows = connection.sql(_stubs(label, targets)).df()
        if len(rows):
            stub = Node(label, "", ("stub",), f"A {label.lower()} that is referred to and that no table has.")
            yield NodeFrame(stub, rows)


def edge_frames(connection: duckdb.DuckDBPyConnection) -> Iterator[EdgeFrame]:
    """All edges, one frame for each type."""
    for edge in EDGES:
        rows = connection.sql(edge.query).df()
        if len(rows):
            yield EdgeFrame(edge, rows)


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

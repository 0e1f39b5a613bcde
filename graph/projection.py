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

_STUB = ("stub",)
"""Properties of a node that stands for a row that no table has."""
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
    """As much of the graph as some queries name: labels and edge types, and the properties that they read.

    Of a label in `whole` every node is held; of the others only the nodes that an edge of the part touches, since a
    query meets them over such an edge alone.
    """

    labels: frozenset[str]
    types: frozenset[str]
    whole: frozenset[str] = frozenset()
    properties: frozenset[str] = frozenset()

    @classmethod
    def named_in(cls, texts: Iterable[str]) -> Part | None:
        """What Cypher texts name, with the ends of the edges; None, the whole graph, where they do not name it.

        A node without a label is reached over typed edges, whose ends are part of it. A property is taken to be read
        where its name stands in a text at all; a node or an edge that is returned as such has no others.
        """
        labels: set[str] = set()
        types: set[str] = set()
        whole: set[str] = set()
        words: set[str] = set()
        for text in texts:
            if _UNNAMED.search(text):
                return None
            types.update(word for group in _TYPES.findall(text) for word in group.split("|"))
            labels.update(word for group in _LABELS.findall(text) for word in group.split(":"))
            whole.update(word for group in _LABELS.findall(_ON_AN_EDGE.sub(" ", text)) for word in group.split(":"))
            words.update(_WORD.findall(text))
        for edge in EDGES:
            if edge.type in types:
                labels.update((edge.source, edge.target))
        return cls(frozenset(labels), frozenset(types), frozenset(whole), frozenset(words & _PROPERTIES))

    def holds(self, node: Node) -> bool:
        """Whether nodes of the declaration are in it."""
        return node.label in self.labels or not self.labels.isdisjoint(node.labels)

    def holds_all(self, node: Node) -> bool:
        """Whether every node of the declaration is in it, and not only those on its edges."""
        return node.label in self.whole or not self.whole.isdisjoint(node.labels)


_PROPERTIES = {"ref", *(name for declaration in (*NODES, *EDGES) for name in declaration.properties)}
_WORD = re.compile(r"\w+")
_TYPES = re.compile(r"\[\s*\w*\s*:\s*([A-Z_]+(?:\|[A-Z_]+)*)")
_LABELS = re.compile(r"\(\s*\w*\s*:\s*(\w+(?::\w+)*)")
_NODE = r"\(\s*\w*\s*(?::\s*\w+(?::\w+)*\s*)?(?:\{[^{}]*\}\s*)?\)"
_ON_AN_EDGE = re.compile(rf"(?<=[->]){_NODE}|{_NODE}(?=\s*<?-)")
_UNNAMED = re.compile(
    r"-\[\s*\w*\s*[\]*{]|--"  # an edge of any type
    r"|\*\s*0"  # a path that may have no edge
    r"|\b(?:properties|keys)\s*\("  # properties of any name
    r"|(?:\bMATCH|,)\s*\(\s*\w*\s*(?:\{[^{}]*\}\s*)?\)(?!\s*<?-)",  # a node of any label
    re.IGNORECASE,
)


def node_frames(connection: duckdb.DuckDBPyConnection, part: Part | None = None) -> Iterator[NodeFrame]:
    """All nodes, a frame for each declaration, then the stubs of each label; ids are unique within a label."""
    if part is None:
        prepare(connection)
    else:
        _touch(connection, part)
    for node in node_declarations():
        if part is None or part.holds(node):
            rows = _frame(connection, node.query if part is None else _nodes_of(node, part))
            if len(rows):
                yield NodeFrame(node, rows)


def edge_frames(connection: duckdb.DuckDBPyConnection, part: Part | None = None) -> Iterator[EdgeFrame]:
    """All edges, one frame for each type."""
    if part is None:
        prepare(connection)
    for edge in EDGES:
        if part is None or edge.type in part.types:
            rows = _frame(connection, edge.query if part is None else _narrow(edge.query, part, "source", "target"))
            if len(rows):
                yield EdgeFrame(edge, rows)


def node_declarations() -> tuple[Node, ...]:
    """The declarations of nodes, then one of the stubs of each label."""
    stubs = (
        Node(label, _stubs(label, targets), _STUB, f"A {label.lower()} that is referred to and that no table has.")
        for label, targets in STANDS_FOR.items()
    )
    return (*NODES, *stubs)


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Evaluate the view that nodes and edges both read once; a temporary table hides the view of its name."""
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS shared_codes AS FROM memory.main.shared_codes")


def _touch(connection: duckdb.DuckDBPyConnection, part: Part) -> None:
    """Evaluate which nodes the edges of a part touch: the temporary table `touched (label, id)`."""
    ends = [
        f"SELECT '{label}' AS label, {end} AS id FROM ({edge.query})"
        for edge in EDGES
        if edge.type in part.types
        for label, end in ((edge.source, "source"), (edge.target, "target"))
    ]
    ends.append("SELECT NULL, NULL WHERE false")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT * FROM ({' UNION ALL '.join(ends)})")


def _nodes_of(node: Node, part: Part) -> str:
    """The query of a declaration's nodes that are in a part."""
    if part.holds_all(node):
        return _narrow(node.query, part, "id")
    touched = f"SELECT id FROM touched WHERE label = '{node.label}'"
    if node.properties == _STUB:
        return f"SELECT id, true AS stub FROM ({touched}) ANTI JOIN ({_known(STANDS_FOR[node.label])}) USING (id)"
    return _narrow(f"FROM ({node.query}) SEMI JOIN ({touched}) USING (id)", part, "id")


def _narrow(query: str, part: Part, *keys: str) -> str:
    """A query with no other columns than its keys and the properties that the part names."""
    kept = [*keys, *sorted(part.properties)]
    return f"SELECT COLUMNS('^({'|'.join(kept)})$') FROM ({query})"


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
    return (
        f"SELECT id, true AS stub FROM (SELECT DISTINCT id FROM ({' UNION ALL '.join(references)}) "
        f"WHERE id IS NOT NULL) ANTI JOIN ({_known(targets)}) USING (id) ORDER BY id"
    )


def _known(targets: tuple[str, ...]) -> str:
    """Ids that are rows of the tables."""
    return " UNION ALL ".join(f"SELECT {TABLES[name].key[0]} AS id FROM {name}" for name in targets if name in TABLES)

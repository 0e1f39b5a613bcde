"""What a server should hold of a snapshot, row by row, and how that differs from what it holds."""

# Names come from the schema; values are always parameters.
# ruff: noqa: S608

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from graph.engine import EngineError
from graph.projection import node_declarations
from graph.schema import EDGES, SHARED_CODES
from graph.schema.model import Edge, Node
from graph.spelling import SPELLINGS

FORMAT = 1
MAX_BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class NodeLayer:
    """All nodes of one label."""

    label: str
    declarations: tuple[Node, ...]

    @property
    def name(self) -> str:
        """The label, as progress and reports name it."""
        return self.label

    @property
    def extra_labels(self) -> tuple[str, ...]:
        """Labels that some of the nodes have besides."""
        return tuple(sorted({label for node in self.declarations for label in node.labels}))

    @property
    def query(self) -> str:
        """`id`, every property of any declaration, `ref`, and the further labels as `_labels` (`;` between them)."""
        parts = (f"SELECT *, '{';'.join(node.labels)}' AS _labels FROM ({node.query})" for node in self.declarations)
        return " UNION ALL BY NAME ".join(parts)


@dataclass(frozen=True, slots=True)
class EdgeLayer:
    """All edges of one type."""

    edge: Edge

    @property
    def name(self) -> str:
        """The type, as progress and reports name it."""
        return self.edge.type

    @property
    def query(self) -> str:
        """`source`, `target`, the properties and `ref`."""
        return self.edge.query


Layer = NodeLayer | EdgeLayer


def layers() -> tuple[tuple[NodeLayer, ...], tuple[EdgeLayer, ...]]:
    """The labels and the edge types of the schema, in its order."""
    declarations = node_declarations()
    labels = tuple(dict.fromkeys(node.label for node in declarations))
    nodes = tuple(NodeLayer(label, tuple(n for n in declarations if n.label == label)) for label in labels)
    return nodes, tuple(EdgeLayer(edge) for edge in EDGES)


def fingerprint() -> str:
    """Changes whenever equal tables would give other rows or other hashes of rows."""
    nodes, edges = layers()
    texts = [*((layer.name, layer.query) for layer in nodes), *((layer.name, layer.query) for layer in edges)]
    words = [FORMAT, duckdb.__version__, SHARED_CODES, SPELLINGS, texts]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()[:16]


def project(connection: duckdb.DuckDBPyConnection, layer: Layer) -> int:
    """Compute a layer into the table `wanted`, each row with its `_hash`; returns the number of rows.

    A node's hash is over all that is stored of it. An edge has no key of its own, so its hash, which its ends and
    properties make, is its name; the second of two edges without a difference gets a number into its hash.

    Raises:
        EngineError: an id stands twice.
    """
    columns = ", ".join(f'"{name}"' for name in connection.sql(layer.query).columns)
    key = "id" if isinstance(layer, NodeLayer) else "_hash"
    # Shifted, because the server has signed integers only.
    connection.execute(
        "CREATE OR REPLACE TABLE wanted AS "
        f"SELECT *, CAST(hash({columns}) >> 1 AS BIGINT) AS _hash FROM ({layer.query})"
    )
    rows, distinct = connection.execute(f"SELECT count(*), count(DISTINCT {key}) FROM wanted").fetchall()[0]
    if rows == distinct:
        return int(rows)
    if isinstance(layer, NodeLayer):
        raise EngineError(
            f"{rows - distinct} ids of {layer.label} stand for more than one row",
            "an organisation and a person share an id, or a table repeats one: correct the source",
        )
    connection.execute(
        "CREATE OR REPLACE TABLE wanted AS SELECT * REPLACE (CASE WHEN nth = 1 THEN _hash "
        "ELSE CAST(hash(_hash, nth) >> 1 AS BIGINT) END AS _hash) EXCLUDE nth "
        f"FROM (SELECT *, row_number() OVER (PARTITION BY {columns}) AS nth FROM wanted)"
    )
    return int(rows)


def names_only(connection: duckdb.DuckDBPyConnection, layer: Layer) -> pa.Table:
    """Keys and hashes of the projected layer, as `compare` takes them."""
    return connection.sql(f"SELECT {', '.join(_keys(layer))} FROM wanted").to_arrow_table()


def _keys(layer: Layer) -> tuple[str, ...]:
    return ("id", "_hash") if isinstance(layer, NodeLayer) else ("source", "target", "_hash")


@dataclass(frozen=True, slots=True)
class Difference:
    """How many rows of a layer must be created, changed and removed; the rows are in tables of these names."""

    created: int
    changed: int
    stale: int

    @property
    def total(self) -> int:
        """Rows to be written or removed."""
        return self.created + self.changed + self.stale


def compare(connection: duckdb.DuckDBPyConnection, layer: Layer, have: pa.Table | None) -> Difference:
    """Compare the table `wanted` with what the server holds; fills the tables `created`, `changed`, `stale`.

    A changed row of an edge is one of the same ends, and has in `_was` the hash of the edge that it takes the place of.

    Args:
        connection: where the layer was projected.
        layer: which one.
        have: keys and hashes that the server holds, None for nothing.
    """
    is_node = isinstance(layer, NodeLayer)
    if have is None:
        texts = {
            "created": "FROM wanted",
            "changed": f"SELECT *{'' if is_node else ', _hash AS _was'} FROM wanted LIMIT 0",
            "stale": f"SELECT {', '.join(_keys(layer))} FROM wanted LIMIT 0",
        }
    else:
        connection.register("have", have)
        texts = _NODES_COMPARED if is_node else _EDGES_COMPARED
    for name, text in texts.items():
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS {text}")
    if have is not None:
        connection.unregister("have")
    counts = [connection.table(name).count("*").fetchall()[0][0] for name in ("created", "changed", "stale")]
    return Difference(*counts)


# First the rows that differ, by their hash; the few that are left are then told apart by their key.
_NODES_COMPARED = {
    "fresh": "FROM wanted ANTI JOIN have USING (id, _hash)",
    "gone": "FROM have ANTI JOIN wanted USING (id, _hash)",
    "created": "FROM fresh ANTI JOIN gone USING (id)",
    "changed": "FROM fresh SEMI JOIN gone USING (id)",
    "stale": "FROM gone ANTI JOIN fresh USING (id)",
}
_NTH = "row_number() OVER (PARTITION BY source, target ORDER BY _hash) AS nth"
_EDGES_COMPARED = {
    "fresh": f"SELECT *, {_NTH} FROM wanted ANTI JOIN have USING (_hash)",
    "gone": f"SELECT *, {_NTH} FROM have ANTI JOIN wanted USING (_hash)",
    "created": "SELECT * EXCLUDE nth FROM fresh ANTI JOIN gone USING (source, target, nth)",
    "changed": "SELECT f.* EXCLUDE nth, g._hash AS _was FROM fresh f JOIN gone g USING (source, target, nth)",
    "stale": "SELECT * EXCLUDE nth FROM gone ANTI JOIN fresh USING (source, target, nth)",
}


def batches(
    connection: duckdb.DuckDBPyConnection, table: str, batch_bytes: int, labels: str | None = None
) -> Iterator[list[list[Any]]]:
    """Rows of one of the tables that `compare` fills, as lists of plain values, about `batch_bytes` at a time.

    A single row that is larger is a batch of its own.

    Args:
        connection: where `compare` ran.
        table: `created`, `changed` or `stale`.
        batch_bytes: about so much data in a batch.
        labels: only the nodes whose further labels are these, `;` between them.
    """
    where = "" if labels is None else "WHERE _labels = ?"
    # The first column is the id or the source: neighbours in the store are written together.
    query = f"SELECT * FROM {table} {where} ORDER BY 1"
    parameters = [] if labels is None else [labels]
    # A cursor of its own: a connection takes nothing else while a result is being read.
    with connection.cursor() as cursor:
        reader: pa.RecordBatchReader = cursor.sql(query, params=parameters).to_arrow_reader(50_000)
        for chunk in reader:
            rows = plain(chunk)
            start = 0
            for end in _cuts(chunk, batch_bytes):
                yield rows[start:end]
                start = end


def columns(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    """Names of a table's columns, in order."""
    return tuple(connection.table(table).columns)


def plain(part: pa.RecordBatch | pa.Table) -> list[list[Any]]:
    """Rows of a part of a table as lists of plain values."""
    return list(map(list, zip(*(column.to_pylist() for column in part.columns), strict=True)))


def stale(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The rows that `compare` found to be removed, as `cypher.remove` takes them."""
    return connection.sql("SELECT * FROM stale ORDER BY ALL").to_arrow_table()


def label_groups(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[str, ...]:
    """The different further labels of the nodes in a table."""
    groups = connection.execute(f"SELECT DISTINCT _labels FROM {table} ORDER BY 1").fetchall()
    return tuple(labels for (labels,) in groups)


def _cuts(chunk: pa.RecordBatch, batch_bytes: int) -> list[int]:
    """Ends of batches in a chunk: each below both limits, if it has more than one row."""
    sizes = np.full(chunk.num_rows, 9 * chunk.num_columns, dtype=np.int64)
    for column in chunk.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            sizes += pc.fill_null(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    ends = np.cumsum(sizes)
    cuts: list[int] = []
    start = 0
    while start < len(ends):
        before = ends[start - 1] if start else 0
        end = int(np.searchsorted(ends, before + batch_bytes, side="right"))
        start = min(max(end, start + 1), start + MAX_BATCH_ROWS)
        cuts.append(start)
    return cuts

"""The embedded graph engine: kglite, in process, built from a snapshot and cached beside it."""

from __future__ import annotations

import os
import secrets
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import kglite
import pandas as pd

from graph.engine import EngineError
from graph.projection import Part, edge_frames, node_frames
from graph.schema.model import Edge, Node
from graph.snapshot import Snapshot

FORMAT = 3
"""Of the cached graphs: another number where equal tables would be built into another graph."""

TIMEOUT_MS = 600_000

Progress = Callable[[str, int], None]
"""Called with a label or edge type and the number of rows that were added."""


class EmbeddedGraph:
    """An immutable graph of one snapshot, safe to query from many threads."""

    name = "embedded"

    def __init__(self, graph: kglite.KnowledgeGraph, snapshot_id: str) -> None:
        self._graph = graph
        self._frozen = graph.freeze()
        self._snapshot_id = snapshot_id

    @property
    def snapshot_id(self) -> str:
        """The snapshot that the graph is a projection of."""
        return self._snapshot_id

    def run(self, cypher: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """The rows that a query returns; see `GraphEngine.run`."""
        answer = self._answer(cypher, parameters)
        frame = pd.DataFrame(answer.to_list(), columns=answer.columns)
        return frame.convert_dtypes()

    def rows(self, cypher: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows that a query returns, as they are; see `GraphEngine.rows`."""
        rows: list[dict[str, Any]] = self._answer(cypher, parameters).to_list()
        return rows

    def _answer(self, cypher: str, parameters: Mapping[str, Any]) -> Any:
        try:
            return self._frozen.cypher(cypher, params=dict(parameters), timeout_ms=TIMEOUT_MS)
        except kglite.KgError as error:
            raise EngineError(
                f"the embedded graph refused a query ({error})",
                "report it with the detector's id; `qingfeng doctor` shows the versions",
            ) from error

    def close(self) -> None:
        """Nothing to release: memory goes with the object."""


def open_graph(
    snapshot: Snapshot, connection: Callable[[], duckdb.DuckDBPyConnection], progress: Progress | None = None
) -> EmbeddedGraph:
    """The graph of a snapshot, from its cache where there is one, else built and cached.

    Args:
        snapshot: what the graph is a projection of.
        connection: opens the snapshot's tables; called only if the graph must be built.
        progress: told of each label and type while building.
    """
    cache = snapshot.path / "graph" / f"kglite-{kglite.__version__}-{FORMAT}.kgl"
    if cache.is_file():
        try:
            return EmbeddedGraph(kglite.load(str(cache)), snapshot.id)
        except kglite.KgError:
            cache.unlink(missing_ok=True)  # A damaged cache is only a cache.
    graph = build(connection(), progress)
    _save(graph, cache)
    return EmbeddedGraph(graph, snapshot.id)


def open_part(snapshot: Snapshot, connection: duckdb.DuckDBPyConnection, part: Part | None) -> EmbeddedGraph:
    """As much of a snapshot's graph as some queries name, built for them and not kept: quicker than the whole."""
    return EmbeddedGraph(build(connection, part=part), snapshot.id)


def build(
    connection: duckdb.DuckDBPyConnection, progress: Progress | None = None, part: Part | None = None
) -> kglite.KnowledgeGraph:
    """Build the graph of open tables, whole or in part.

    Raises:
        EngineError: the engine holds another number of nodes or edges than it was given.
    """
    graph = kglite.KnowledgeGraph()
    nodes: dict[str, int] = {}
    with warnings.catch_warnings():
        # Parallel edges without a difference are meant: two equal payments are two payments.
        warnings.simplefilter("ignore", UserWarning)
        for node_frame in node_frames(connection, part):
            _add_nodes(graph, node_frame.node, node_frame.rows)
            nodes[node_frame.node.label] = nodes.get(node_frame.node.label, 0) + len(node_frame.rows)
            if progress:
                progress(node_frame.node.label, len(node_frame.rows))
        for edge_frame in edge_frames(connection, part):
            _add_edges(graph, edge_frame.edge, edge_frame.rows)
            if progress:
                progress(edge_frame.edge.type, len(edge_frame.rows))
    held = graph.node_type_counts()
    if {label: held.get(label) for label in nodes} != nodes:
        raise EngineError(
            f"the embedded graph holds {held} nodes where {nodes} were added",
            "an id stands twice in its table, or the engine lost rows: report it",
        )
    return graph


def _add_nodes(graph: kglite.KnowledgeGraph, node: Node, rows: pd.DataFrame) -> None:
    if "name" not in rows:
        # The engine answers `n.name` with the title, which would be the id of a node that has no name.
        rows = rows.assign(name=pd.array([None] * len(rows), dtype="string"))
    report = graph.add_nodes(rows, node.label, "id", "name", labels=list(node.labels) or None)
    if report["nodes_created"] != len(rows):
        raise EngineError(
            f"{len(rows)} {node.label} nodes were added and {report['nodes_created']} created",
            "an id stands twice in its table, or the engine lost rows: report it",
        )


def _add_edges(graph: kglite.KnowledgeGraph, edge: Edge, rows: pd.DataFrame) -> None:
    report = graph.add_relationships(rows, edge.type, edge.source, "source", edge.target, "target")
    if report["connections_created"] != len(rows):
        raise EngineError(
            f"{len(rows)} {edge.type} edges were added and {report['connections_created']} created",
            "the engine lost rows: report it",
        )


def _save(graph: kglite.KnowledgeGraph, cache: Path) -> None:
    cache.parent.mkdir(exist_ok=True)
    temporary = cache.with_name(f".{secrets.token_hex(4)}.kgl")
    try:
        graph.save(str(temporary))
        os.replace(temporary, cache)  # noqa: PTH105 - atomic on purpose
    finally:
        temporary.unlink(missing_ok=True)

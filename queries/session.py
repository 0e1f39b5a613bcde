"""A scan of a workspace: opens its tables and its graph, and closes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import duckdb

from graph.engine import GraphEngine
from graph.projection import Part
from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables
from queries.detector import Cypher, Detector, Params
from queries.scan import Progress, ScanResult, run_scan

EngineName = Literal["embedded", "neo4j"]


def scan_workspace(
    workspace: Workspace,
    chosen: Sequence[tuple[Detector, Params]],
    *,
    engine: EngineName = "embedded",
    threads: int | None = None,
    progress: Progress | None = None,
) -> ScanResult:
    """Scan the current snapshot of a workspace.

    Raises:
        WorkspaceError: there is no snapshot.
        ScanError, EngineError: see `run_scan`.
    """
    snapshot = workspace.current()
    connection = open_tables(snapshot, workspace.secret(), threads)
    graphs: list[GraphEngine] = []

    def graph() -> GraphEngine:
        walks = [d.select.text for d, _ in chosen if isinstance(d.select, Cypher)]
        graphs.append(open_engine(engine, snapshot, connection, Part.named_in(walks)))
        return graphs[0]

    try:
        return run_scan(snapshot, connection, graph, chosen, progress)
    finally:
        for opened in graphs:
            opened.close()
        connection.close()


def open_engine(
    name: EngineName, snapshot: Snapshot, connection: duckdb.DuckDBPyConnection, part: Part | None = None
) -> GraphEngine:
    """The graph of a snapshot on the engine of that name; an embedded one holds only the part, where one is given."""
    if name == "neo4j":
        from graph.neo4j import open_server

        return open_server(snapshot)
    from graph.embedded import open_graph, open_part

    return open_part(snapshot, connection, part) if part else open_graph(snapshot, lambda: connection)

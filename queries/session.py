"""A scan of a workspace: opens its tables and its graph, and closes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import duckdb

from graph.engine import GraphEngine
from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables
from queries.detector import Detector, Params
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
        graphs.append(open_engine(engine, snapshot, connection))
        return graphs[0]

    try:
        return run_scan(snapshot, connection, graph, chosen, progress)
    finally:
        for opened in graphs:
            opened.close()
        connection.close()


def open_engine(name: EngineName, snapshot: Snapshot, connection: duckdb.DuckDBPyConnection) -> GraphEngine:
    """The graph of a snapshot on the engine of that name."""
    if name == "neo4j":
        from graph.neo4j import open_server

        return open_server(snapshot)
    from graph.embedded import open_graph

    return open_graph(snapshot, lambda: connection)

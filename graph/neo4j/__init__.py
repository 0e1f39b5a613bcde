"""The server graph engine: Neo4j, filled by `graph.neo4j.push` and queried through `Neo4jGraph`."""

from __future__ import annotations

from graph.neo4j.engine import Neo4jGraph, open_server, server_snapshot

__all__ = ["Neo4jGraph", "open_server", "server_snapshot"]

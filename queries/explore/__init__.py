"""Reading the graph for people: search, neighbours, paths, timelines, and the graph and rows behind a finding."""

from __future__ import annotations

from queries.explore.explorer import ExploreError, Explorer, NotFoundError
from queries.explore.shapes import (
    Bundle,
    Edge,
    Event,
    Graph,
    Hit,
    Hits,
    Neighbourhood,
    Node,
    Route,
    Routes,
    SourceRow,
    Timeline,
    TypeCount,
)

__all__ = [
    "Bundle",
    "Edge",
    "Event",
    "ExploreError",
    "Explorer",
    "Graph",
    "Hit",
    "Hits",
    "Neighbourhood",
    "Node",
    "NotFoundError",
    "Route",
    "Routes",
    "SourceRow",
    "Timeline",
    "TypeCount",
]

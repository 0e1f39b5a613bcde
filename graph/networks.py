"""Projections of the graph to networkit, for whole-graph measures, and to NetworkX, for the graph of one finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd

from graph.schema import EDGES, NODES

if TYPE_CHECKING:
    import networkit as nk


@dataclass(frozen=True, slots=True)
class Network:
    """A networkit graph with the ids of its nodes: node `n` is `ids[n]`; ids are sorted."""

    graph: nk.Graph
    ids: npt.NDArray[np.object_]


def to_networkit(
    source: npt.ArrayLike, target: npt.ArrayLike, weight: npt.ArrayLike | None = None, *, directed: bool = False
) -> Network:
    """A networkit graph straight from arrays of end nodes; parallel edges become one, their weights added.

    Args:
        source: ids of the edges' sources.
        target: ids of their targets, as many.
        weight: a weight for each, 1 where it is not given.
        directed: whether direction counts; else (a, b) and (b, a) are parallel.

    Raises:
        ValueError: the arrays differ in length.
    """
    import networkit as nk  # here, since it brings scikit-learn and matplotlib: seconds that few commands have use for

    sources, targets = np.asarray(source, dtype=object), np.asarray(target, dtype=object)
    weights = np.ones(len(sources)) if weight is None else np.asarray(weight, dtype=float)
    if not len(sources) == len(targets) == len(weights):
        raise ValueError(
            f"{len(sources)} sources, {len(targets)} targets and {len(weights)} weights: give as many of each"
        )
    if not len(sources):
        return Network(nk.Graph(0, True, directed), np.empty(0, dtype=object))
    ids, codes = np.unique(np.concatenate([sources, targets]), return_inverse=True)
    first, second = codes[: len(sources)].astype(np.int64), codes[len(sources) :].astype(np.int64)
    if not directed:
        first, second = np.minimum(first, second), np.maximum(first, second)
    pairs, place = np.unique(first * len(ids) + second, return_inverse=True)
    summed = np.bincount(place, weights=weights, minlength=len(pairs))
    graph = nk.GraphFromCoo(
        (summed, (pairs // len(ids), pairs % len(ids))), n=len(ids), weighted=True, directed=directed
    )
    return Network(graph, ids)


def to_networkx(connection: duckdb.DuckDBPyConnection, node_ids: list[str]) -> nx.MultiDiGraph[Any]:
    """Some nodes, their neighbours and the edges to them.

    Meant for the graph of a finding; every edge type is asked once, whatever the number of ids.

    Args:
        connection: open tables.
        node_ids: ids of nodes of any label.

    Returns:
        A graph whose nodes carry `label`, `labels` and their properties, and whose edges carry `type` and theirs; edges
        are keyed by type and source row.
    """
    wanted = pd.DataFrame({"id": sorted(set(node_ids))}, dtype=object)
    connection.register("wanted", wanted)
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    try:
        for edge in EDGES:
            query = (
                f"SELECT * FROM ({edge.query}) WHERE source IN (FROM wanted) OR target IN (FROM wanted) ORDER BY ALL"
            )
            for row in _rows(connection, query):
                source, target, ref = row.pop("source"), row.pop("target"), row.pop("ref", None)
                graph.add_node(source, label=edge.source)
                graph.add_node(target, label=edge.target)
                graph.add_edge(source, target, key=f"{edge.type}:{ref}", type=edge.type, **row)
        nodes = pd.DataFrame({"id": sorted(graph.nodes)}, dtype=object)
        connection.register("met", nodes)
        for node in NODES:
            for row in _rows(connection, f"SELECT * FROM ({node.query}) WHERE id IN (FROM met) ORDER BY id"):
                name = row.pop("id")
                if graph.nodes[name].get("label") == node.label:
                    graph.nodes[name].update({k: v for k, v in row.items() if k != "ref"}, labels=node.labels)
    finally:
        connection.unregister("wanted")
        connection.unregister("met")
    return graph


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

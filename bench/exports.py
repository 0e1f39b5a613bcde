"""Dossiers, PDF, snapshots and layouts, beside NetworkX's layouts on the same graphs.

The quality of a layout is its normalised stress: how far distances on the sheet are from distances in the graph, after
the best scaling (0: exactly as far; less is better).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from scipy.sparse.csgraph import shortest_path

from tests.viz.sample import bundle
from viz.dossier import finding_dossier, to_pdf
from viz.exports import csv_bytes, edges_table, graphml, xlsx_bytes
from viz.layout import positions
from viz.snapshot import snapshot_html
from viz.watermark import Watermark

MARK = Watermark("bench", datetime(2026, 1, 1, tzinfo=UTC), None)
SIZES = (300, 500, 2_000)
KAMADA_KAWAI_UP_TO = 500
"""Above, it takes minutes."""


def _network(size: int) -> nx.Graph[str]:
    """A connected graph like an investigator's canvas: hubs, leaves, some cycles."""
    tree = nx.barabasi_albert_graph(size, 1, seed=1)
    tree.add_edges_from(nx.gnm_random_graph(size, size // 3, seed=2).edges)
    return nx.relabel_nodes(tree, {n: f"Party/O{n:06}" for n in tree})


def _shape(network: nx.Graph[str]) -> dict[str, Any]:
    nodes = [{"id": n, "key": n, "label": "Party", "kind": "firm", "name": f"岚江第{n[-4:]}有限公司"} for n in network]
    edges = [
        {"id": f"e{i}", "type": "PAID", "source": a, "target": b, "amount": 10**7 + i, "currency": "CNY"}
        | {"day": "2023-01-02", "ref": f"payments:{i:016x}", "text": {"zh": "付款", "en": "paid"}, "own": False}
        for i, (a, b) in enumerate(network.edges)
    ]
    return {"nodes": nodes, "edges": edges, "total": len(nodes)}


def _seconds(step: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    """The median of several runs, and what the last one gave."""
    taken, value = [], None
    for _ in range(times):
        started = time.perf_counter()
        value = step()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken), value


def _stress(network: nx.Graph[str], places: Any) -> float:
    order = list(network)
    hops = shortest_path(nx.to_scipy_sparse_array(network, order, weight=None), directed=False, unweighted=True)
    spot = np.array([places[node] for node in order], dtype=float)
    upper = np.triu_indices(len(order), 1)
    wanted, apart = hops[upper], np.linalg.norm(spot[upper[0]] - spot[upper[1]], axis=1)
    scale = (apart / wanted).sum() / ((apart / wanted) ** 2).sum()
    return float((((scale * apart - wanted) / wanted) ** 2).mean())


def _layouts() -> list[str]:
    lines = ["| nodes | layout | seconds | stress |", "|---:|---|---:|---:|"]
    for size in SIZES:
        network = _network(size)
        ways: dict[str, Callable[[], Any]] = {
            "`viz.layout.positions`": lambda n=network: positions(n, n.edges),  # type: ignore[misc]
            "`networkx.spring_layout`": lambda n=network: nx.spring_layout(n, seed=1),  # type: ignore[misc]
        }
        if size <= KAMADA_KAWAI_UP_TO:
            ways["`networkx.kamada_kawai_layout`"] = lambda n=network: nx.kamada_kawai_layout(n)  # type: ignore[misc]
        for name, way in ways.items():
            seconds, places = _seconds(way, 3 if "viz" in name else 1)
            lines.append(f"| {size:,} | {name} | {seconds:.3f} | {_stress(network, places):.3f} |")
    return lines


def _exports() -> list[str]:
    lines = ["| what | seconds | size |", "|---|---:|---:|"]
    lead = bundle()
    large = bundle() | {"graph": _shape(_network(300))}
    graph = large["graph"]
    page = finding_dossier(lead, "zh", MARK)
    printed = finding_dossier(large, "zh", MARK)
    steps: dict[str, Callable[[], str | bytes]] = {
        "Dossier of a lead, HTML": lambda: finding_dossier(lead, "zh", MARK),
        "Dossier of a lead, PDF": lambda: to_pdf(page),
        "Dossier of a lead with 300 nodes, HTML": lambda: finding_dossier(large, "zh", MARK),
        "Dossier of a lead with 300 nodes, PDF": lambda: to_pdf(printed),
        "Snapshot, 300 nodes": lambda: snapshot_html(graph, "", "zh", MARK),
        "GraphML, 300 nodes": lambda: graphml(graph, MARK, "zh"),
        "CSV, 400 edges": lambda: csv_bytes(edges_table(graph, "zh"), MARK, "zh"),
        "Excel, 400 edges": lambda: xlsx_bytes([edges_table(graph, "zh")], MARK, "zh"),
    }
    for name, step in steps.items():
        step()
        seconds, made = _seconds(step)
        lines.append(f"| {name} | {seconds:.3f} | {len(made) / 1024:,.0f} KiB |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    text = "\n".join([*_exports(), "", *_layouts(), ""])
    options.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

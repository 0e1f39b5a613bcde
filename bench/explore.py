"""What a click costs: each call of the explorer in a province of 100,000 bids, beside plain SQL and NetworkX.

    python -m bench.explore --out bench/out/explore.md [--workspace WS] [--bids 100000]

Every call is asked of the same random nodes and texts, a fifth of them the largest hubs; nothing is asked twice, so no
cache helps. The peers do less: DuckDB reads a party's edges from the tables and searches names with LIKE, NetworkX
lists the edges of a node in memory. Times are processor time of one thread, since the machine may be shared.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import duckdb
import networkx as nx
import numpy as np
import orjson

from graph.schema import EDGES
from graph.snapshot import Workspace
from graph.tables import open_tables
from loaders.load import load
from loaders.sample import write_sample
from queries.explore import Explorer
from queries.explore.matching import Query

CALLS = 100


def timed(ask: Callable[[Any], Any], questions: Iterable[Any]) -> tuple[float, float, float]:
    """Median, 95th percentile and maximum of the processor time of each question, in milliseconds."""
    taken = []
    for question in questions:
        started = time.thread_time()
        ask(question)
        taken.append((time.thread_time() - started) * 1000)
    return float(np.quantile(taken, 0.5)), float(np.quantile(taken, 0.95)), max(taken)


def sampled(tables: duckdb.DuckDBPyConnection, rng: random.Random) -> list[str]:
    """Parties that trade, a fifth of them those with the most links."""
    ranked = [
        party
        for (party,) in tables.execute(
            "SELECT party FROM (SELECT payer_id AS party FROM payments UNION ALL SELECT payee_id FROM payments "
            "UNION ALL SELECT bidder_id FROM bids UNION ALL SELECT buyer_id FROM tenders) "
            "GROUP BY party ORDER BY count(*) DESC, party"
        ).fetchall()
    ]
    hubs = CALLS // 5
    parties = ranked[:hubs] + rng.sample(ranked[hubs:], CALLS - hubs)
    rng.shuffle(parties)
    return parties


def texts(tables: duckdb.DuckDBPyConnection, rng: random.Random) -> list[str]:
    """Pieces of names, from two characters to the whole."""
    names = [n for (n,) in tables.execute("SELECT name FROM orgs ORDER BY org_id").fetchall()]
    pieces = []
    for name in rng.sample(names, CALLS):
        length = rng.choice([2, 4, 6, len(name)])
        start = rng.randrange(max(1, len(name) - length + 1))
        pieces.append(name[start : start + length])
    return pieces


def networkx_graph(tables: duckdb.DuckDBPyConnection) -> nx.MultiDiGraph[Any]:
    """Every edge of the graph in memory."""
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for edge in EDGES:
        rows = tables.execute(edge.query)
        names = [column[0] for column in rows.description or ()][2:]
        for source, target, *values in rows.fetchall():
            properties = dict(zip(names, values, strict=True))
            graph.add_edge(f"{edge.source}/{source}", f"{edge.target}/{target}", type=edge.type, **properties)
    return graph


def sql_neighbours(tables: duckdb.DuckDBPyConnection) -> Callable[[str], Any]:
    """A party's edges out of the tables, all types in one query."""
    parts = [
        f"SELECT '{e.type}' AS type, '{e.target}' AS label, target AS other, ref FROM ({e.query}) WHERE source = $id"
        for e in EDGES
        if e.source == "Party"
    ]
    parts += [
        f"SELECT '{e.type}', '{e.source}', source, ref FROM ({e.query}) WHERE target = $id"
        for e in EDGES
        if e.target == "Party"
    ]
    query = " UNION ALL ".join(parts)
    return lambda party: tables.execute(query, {"id": party}).fetchall()


def measure_all(workspace: Workspace) -> tuple[list[tuple[str, str, tuple[float, float, float]]], dict[str, str]]:
    """Each call with its times, and facts about the run."""
    rng = random.Random(1)
    started = time.process_time()
    Explorer.open(workspace).close()
    first = time.process_time() - started
    started = time.process_time()
    explorer = Explorer.open(workspace)
    again = time.process_time() - started
    tables = open_tables(workspace.current(), workspace.secret(), 1)
    parties, pieces = sampled(tables, rng), texts(tables, rng)
    nodes = [f"Party/{party}" for party in parties]
    pairs = list(zip(nodes[::2], nodes[1::2], strict=True))
    tenders = [
        t for (t,) in tables.execute("SELECT tender_id FROM tenders ORDER BY hash(tender_id) LIMIT 100").fetchall()
    ]
    refs = [e.ref for n in nodes[:10] for e in explorer.neighbourhood(n, guard=None, limit=400).graph.edges if e.ref]
    batch: dict[str, Query] = {str(n): {"name": f"{piece}有限公司"} for n, piece in enumerate(pieces)}

    def fresh() -> Explorer:
        return Explorer.open(workspace)

    def shown(answer: Any) -> bytes:
        return orjson.dumps(answer.as_dict())

    cold = fresh()
    results = [
        ("neighbourhood, guarded", "Qingfeng", timed(lambda n: shown(explorer.neighbourhood(n)), nodes)),
        ("neighbourhood, 40 of all", "Qingfeng", timed(lambda n: shown(cold.neighbourhood(n, guard=None)), nodes)),
        ("edges of a party", "DuckDB SQL", timed(sql_neighbours(tables), parties[:20])),
        ("search", "Qingfeng", timed(lambda q: shown(explorer.search(q)), pieces)),
        (
            "search by name",
            "DuckDB SQL LIKE",
            timed(
                lambda q: tables.execute(
                    "SELECT id, name, count(*) OVER () FROM (SELECT org_id AS id, name FROM orgs UNION ALL "
                    "SELECT person_id, name FROM persons UNION ALL SELECT tender_id, title FROM tenders) "
                    "WHERE contains(name, ?) "
                    "ORDER BY name <> ?, NOT starts_with(name, ?), length(name), name, id LIMIT 20",
                    [q, q, q],
                ).fetchall(),
                pieces,
            ),
        ),
        ("profile", "Qingfeng", timed(lambda p: shown(explorer.profile(p)), parties)),
        ("timeline, 200 of all", "Qingfeng", timed(lambda n: shown(explorer.timeline(n)), nodes)),
        ("shortest paths", "Qingfeng", timed(lambda p: shown(explorer.shortest_paths(*p, max_hops=4)), pairs)),
        ("money paths", "Qingfeng", timed(lambda p: shown(explorer.money_paths(*p)), pairs)),
        (
            "common neighbours of 5",
            "Qingfeng",
            timed(lambda n: shown(explorer.common_neighbours(nodes[n : n + 5])), range(50)),
        ),
        ("source row", "Qingfeng", timed(explorer.record, refs[:CALLS])),
        ("300 source rows", "Qingfeng", timed(lambda _: explorer.records(refs[:300]), range(10))),
        ("tender prices", "Qingfeng", timed(explorer.tender_prices, tenders)),
        ("match, batch of 100", "Qingfeng", timed(lambda _: explorer.match(batch), range(5))),
        ("overview", "Qingfeng", timed(lambda _: explorer.overview(), range(5))),
    ]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.process_time()
    peer = networkx_graph(tables)
    built = time.process_time() - started

    def edges_of(node: str) -> list[Any]:
        if node not in peer:
            return []
        return [*peer.out_edges(node, data=True), *peer.in_edges(node, data=True)]

    results.insert(3, ("edges of a party", "NetworkX in memory", timed(edges_of, nodes)))
    counts = {node: len(edges_of(node)) for node in nodes}
    for node in nodes[:20]:
        everything = explorer.neighbourhood(node, types=sorted({e.type for e in EDGES}), guard=None, limit=0)
        assert sum(c.count for c in everything.by_type) == counts[node], node
    facts = {
        "first opening, building the index (s)": f"{first:.1f}",
        "every further opening (s)": f"{again:.1f}",
        "NetworkX graph, built in each process (s)": f"{built:.1f}",
        "peak memory before the NetworkX peer (MB)": f"{memory:.0f}",
        "links of the largest party asked": str(max(counts.values())),
    }
    return results, facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--workspace", type=Path, help="a loaded workspace, instead of a new sample")
    parser.add_argument("--bids", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qingfeng-explore-") as scratch:
        workspace = Workspace(options.workspace or Path(scratch, "workspace"))
        if options.workspace is None:
            write_sample(Path(scratch, "source"), bids=options.bids, seed=1)
            load([Path(scratch, "source")], workspace)
        results, facts = measure_all(workspace)
    lines = ["| call | engine | p50 ms | p95 ms | max ms |", "|---|---|---:|---:|---:|"]
    lines += [f"| {call} | {by} | {a:.2f} | {b:.2f} | {c:.2f} |" for call, by, (a, b, c) in results]
    lines += ["", *(f"- {name}: {value}" for name, value in facts.items())]
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()

"""Push to Neo4j beside a hand-written LOAD CSV on the same server, a push of 1 % changes, and walks on both engines.

python -m bench.neo4j [--sizes 100000,1000000] [--folder FOLDER] [--out FILE.md]

The peer is given the projected rows as CSV files in its import folder; writing those is not counted, our projection
is. Both start with an empty graph and the same constraints. A million bids are some 17 million rows. Seconds of the
processors are those of the server and of this process: they say more than the clock where others use the machine.
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb

from bench.measure import machine
from graph.neo4j import cypher
from graph.neo4j.push import push
from graph.neo4j.rows import EdgeLayer, Layer, NodeLayer, layers
from graph.neo4j.server import LocalServer
from graph.neo4j.settings import connect
from graph.projection import prepare
from graph.snapshot import Workspace
from graph.tables import open_tables

HEAP = ("-Xms2g", "-Xmx2g")
CHANGED_SHARE = 0.01
CHANGED = {"bids": "price", "payments": "amount", "contracts": "amount", "bid_deposits": "amount"}

_CONVERSIONS = {"BIGINT": "toInteger", "INTEGER": "toInteger", "DOUBLE": "toFloat", "BOOLEAN": "toBoolean"}


class Spent(NamedTuple):
    """Seconds of the clock, and of the processors in this process and the server's."""

    wall: float
    cpu: float


NOTHING = Spent(0, 0)


@dataclass(slots=True)
class Result:
    """What was measured at one size."""

    bids: int
    rows: int = 0
    push: Spent = NOTHING
    load_csv: Spent = NOTHING
    changed_rows: int = 0
    changes: Spent = NOTHING
    walks: dict[str, dict[str, float]] = field(default_factory=dict)


@contextmanager
def server(folder: Path) -> Iterator[LocalServer]:
    """A server with an empty graph and the memory that deploy/compose.yml gives it."""
    running = LocalServer(
        folder, {"server.memory.pagecache.size": "2g", "server.directories.import": "import"}, jvm_options=HEAP
    )
    running.start()
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder)


class Clock:
    """What is spent since it was made."""

    def __init__(self, running: LocalServer) -> None:
        self._server = running
        self._start = self._now()

    def spent(self) -> Spent:
        """Seconds since the start."""
        wall, cpu = self._now()
        return Spent(wall - self._start.wall, cpu - self._start.cpu)

    def _now(self) -> Spent:
        words = Path(f"/proc/{self._server.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        server_ticks = int(words[11]) + int(words[12])
        return Spent(time.perf_counter(), time.process_time() + server_ticks / os.sysconf("SC_CLK_TCK"))


def run(bids: int, scratch: Path) -> Result:
    """Measure one size. A folder that has a province already keeps it: one that takes minutes is made once."""
    from loaders.load import load
    from loaders.sample import write_sample

    result = Result(bids)
    source, workspace = scratch / "source", Workspace(scratch / "workspace")
    if not source.is_dir():
        write_sample(source, bids=bids, seed=1)
    load([source], workspace)
    with server(scratch / "peer") as peer:
        result.rows, result.load_csv = load_csv(workspace, peer)
    note(f"LOAD CSV of {result.rows:,} rows", result.load_csv)
    with server(scratch / "ours") as ours:
        settings = ours.address.settings()
        clock = Clock(ours)
        pushed = push(workspace, settings)
        result.push = clock.spent()
        note(f"push of {pushed.rows:,} rows", result.push)
        if pushed.rows != result.rows:
            raise RuntimeError(f"the peer loaded {result.rows} rows and the push wrote {pushed.rows}")
        change(source)
        load([source], workspace)
        clock = Clock(ours)
        result.changed_rows = push(workspace, settings).rows
        result.changes = clock.spent()
        note(f"push of {result.changed_rows:,} changed rows", result.changes)
        result.walks = walks(workspace, ours)
    return result


def note(what: str, spent: Spent) -> None:
    """A step of a long run, for who waits for it."""
    print(f"{what}: {spent.wall:.1f} s, {spent.cpu:.1f} s of the processors", file=sys.stderr, flush=True)


def load_csv(workspace: Workspace, peer: LocalServer) -> tuple[int, Spent]:
    """Load the projection as an analyst would by hand; returns its rows and what the load alone took."""
    folder = peer.folder / "import"
    folder.mkdir()
    nodes, edges = layers()
    every: tuple[Layer, ...] = (*nodes, *edges)
    texts: list[str] = []
    rows = 0
    with open_tables(workspace.current(), workspace.secret()) as tables:
        prepare(tables)
        for layer in every:
            for number, query in enumerate(queries(layer)):
                file = folder / f"{layer.name}{number}.csv"
                ((copied,),) = tables.execute(f"COPY ({query}) TO '{file}' (HEADER)").fetchall()
                rows += copied
                if copied:
                    texts.append(statement(layer, number, tables.sql(query)))
    with connect(peer.address.settings()) as driver, driver.session() as session:
        for layer in nodes:
            session.run(cypher.constraint(layer.label)).consume()
        clock = Clock(peer)
        for text in texts:
            session.run(text).consume()
        return rows, clock.spent()


def queries(layer: Layer) -> list[str]:
    """The SQL of a layer, by further labels: LOAD CSV cannot choose labels row by row."""
    return [node.query for node in layer.declarations] if isinstance(layer, NodeLayer) else [layer.query]


def statement(layer: Layer, number: int, relation: duckdb.DuckDBPyRelation) -> str:
    """LOAD CSV for one file."""
    values = {
        name: f"{_CONVERSIONS.get(str(kind), '')}(row.`{name}`)"
        for name, kind in zip(relation.columns, relation.types, strict=True)
    }
    properties = ", ".join(f"`{n}`: {v}" for n, v in values.items() if n not in ("source", "target"))
    if isinstance(layer, EdgeLayer):
        edge = layer.edge
        body = (
            f"MATCH (a:{edge.source} {{id: row.source}}) MATCH (b:{edge.target} {{id: row.target}}) "
            f"CREATE (a)-[:{edge.type} {{{properties}}}]->(b)"
        )
    else:
        labels = ":".join((layer.label, *layer.declarations[number].labels))
        body = f"CREATE (:{labels} {{{properties}}})"
    return (
        f"LOAD CSV WITH HEADERS FROM 'file:///{layer.name}{number}.csv' AS row "
        f"CALL (row) {{ {body} }} IN TRANSACTIONS OF 10000 ROWS"
    )


def change(source: Path) -> None:
    """Change one value in 1 % of the rows of the tables with money."""
    for table, column in CHANGED.items():
        file = source / f"{table}.csv"
        with file.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            rows, names = list(reader), reader.fieldnames or []
        chosen = random.Random(1).sample(rows, max(1, int(len(rows) * CHANGED_SHARE)))
        for row in chosen:
            row[column] = f"{float(row[column] or 0) + 1:.2f}"
        with file.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, names)
            writer.writeheader()
            writer.writerows(rows)


def walks(workspace: Workspace, running: LocalServer) -> dict[str, dict[str, float]]:
    """Seconds of each detector that walks the graph, on both engines; their findings must be the same."""
    from queries.detector import Cypher
    from queries.profiles import configure
    from queries.registry import DETECTORS
    from queries.session import scan_workspace

    os.environ["QINGFENG_NEO4J_URI"] = running.address.uri
    os.environ["QINGFENG_NEO4J_PASSWORD"] = running.address.password.get_secret_value()
    chosen = configure([d for d in DETECTORS if isinstance(d.select, Cypher)])
    embedded, remote = (scan_workspace(workspace, chosen, engine=engine) for engine in ("embedded", "neo4j"))
    if [f.as_json() for f in embedded.findings] != [f.as_json() for f in remote.findings]:
        raise RuntimeError("the engines differ in their findings")
    return {
        a.detector: {"embedded": a.seconds, "neo4j": b.seconds}
        for a, b in zip(embedded.reports, remote.reports, strict=True)
    }


def report(results: list[Result]) -> str:
    """The measurements as Markdown."""
    lines = [
        f"Machine: {machine()}. Push beside LOAD CSV … IN TRANSACTIONS on the same server.",
        "",
        "| bids | rows | push s (processors) | rows/s | LOAD CSV s (processors) | rows/s | ours : peer | "
        "1 % changed, rows | s (processors) | of a push |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {r.bids:,} | {r.rows:,} | {r.push.wall:.1f} ({r.push.cpu:.0f}) | {r.rows / r.push.wall:,.0f} | "
        f"{r.load_csv.wall:.1f} ({r.load_csv.cpu:.0f}) | {r.rows / r.load_csv.wall:,.0f} | "
        f"{r.load_csv.wall / r.push.wall:.2f} | {r.changed_rows:,} | {r.changes.wall:.1f} ({r.changes.cpu:.1f}) | "
        f"{r.changes.wall / r.push.wall:.1%} |"
        for r in results
    ]
    lines += ["", "| detector | bids | embedded s | Neo4j s |", "|---|--:|--:|--:|"]
    for r in results:
        for name, seconds in r.walks.items():
            lines.append(f"| {name} | {r.bids:,} | {seconds['embedded']:.2f} | {seconds['neo4j']:.2f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100000", help="bids of the provinces")
    parser.add_argument("--folder", type=Path, help="work here, in a folder for each size, and keep the provinces")
    parser.add_argument("--out", type=Path, help="also write the tables to this file")
    options = parser.parse_args()
    os.environ.setdefault("QINGFENG_SECRET", "bench")
    results = []
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as temporary:
        for size in options.sizes.split(","):
            scratch = (options.folder or Path(temporary)) / size
            scratch.mkdir(parents=True, exist_ok=True)
            results.append(run(int(size), scratch))
    page = report(results)
    print(page)
    if options.out:
        options.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

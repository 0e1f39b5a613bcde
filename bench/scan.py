"""Graph build and scan of the six first detectors beside NetworkX, and load beside plain DuckDB, at two sizes.

python -m bench.scan [--sizes 100000,1000000] [--peer-limit 100000] [--out FILE.md]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from bench.measure import Measured, growth, machine, measure

SIX = (
    "same_device",
    "deposit_same_source",
    "same_principal",
    "shared_contact",
    "common_controller",
    "release_kickback",
)

LOADED = ("queries.registry", "queries.session", "queries.profiles", "graph.embedded")
PEER_LOADED = ("bench.networkx_peer",)
"""Modules of the scan and of its peer, for the line that leaves their import out on both sides."""


def sample(folder: Path, bids: int) -> int:
    """Generate a province; returns its rows."""
    from loaders.sample import write_sample

    return sum(write_sample(folder, bids=bids, seed=1).rows.values())


def duckdb_load(source: Path, target: Path) -> None:
    """The peer of the load: every CSV as typed Parquet, as DuckDB itself does it."""
    import duckdb

    target.mkdir()
    connection = duckdb.connect()
    for file in sorted(source.glob("*.csv")):
        connection.execute("COPY (FROM read_csv(?)) TO '" + str(target / f"{file.stem}.parquet") + "'", [str(file)])


def load(source: Path, workspace: Path) -> int:
    """Our load; returns the rows that were read."""
    from graph.snapshot import Workspace
    from loaders.load import load as run

    report = run([source], Workspace(workspace))
    return sum(table.read for table in report.tables.values())


def build_and_scan(workspace: Path, all_detectors: bool) -> dict[str, Any]:
    """Our graph build and scan; returns seconds a detector and how many it flagged."""
    from graph.snapshot import Workspace
    from queries.profiles import configure
    from queries.registry import DETECTORS, detector
    from queries.session import scan_workspace

    shutil.rmtree(Workspace(workspace).current().path / "graph", ignore_errors=True)
    chosen = DETECTORS if all_detectors else tuple(detector(name) for name in SIX)
    result = scan_workspace(Workspace(workspace), configure(chosen))
    return {r.detector: (r.seconds, sum(r.flagged.values())) for r in result.reports}


def networkx_scan(source: Path) -> dict[str, tuple[float, int]]:
    """The peer's graph build and scan."""
    from bench.networkx_peer import build, scan

    return {name: (0.0, len(found)) for name, found in scan(build(source)).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100000,1000000", help="bids of the provinces")
    parser.add_argument("--peer-limit", type=int, default=100_000, help="largest province that NetworkX is given")
    parser.add_argument("--out", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    os.environ.setdefault("QINGFENG_SECRET", "bench")
    rows: list[tuple[str, int, Measured, Measured | None]] = []
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as scratch:
        for size in sizes:
            folder = Path(scratch, str(size))
            folder.mkdir()
            source, workspace = folder / "source", folder / "workspace"
            measure(sample, source, size)
            rows.append(("load", size, measure(load, source, workspace), measure(duckdb_load, source, folder / "peer")))
            with_peer = size <= options.peer_limit
            for step, ours_loaded, peer_loaded in (
                ("graph build + scan of six, imports included", (), ()),
                ("graph build + scan of six, imports left out on both sides", LOADED, PEER_LOADED),
            ):
                ours = measure(build_and_scan, workspace, False, loaded=ours_loaded)
                peer = measure(networkx_scan, source, loaded=peer_loaded) if with_peer else None
                rows.append((step, size, ours, peer))
            rows.append(("graph build + scan of all", size, measure(build_and_scan, workspace, True), None))
            shutil.rmtree(folder)
    page = report(rows, sizes)
    print(page)
    if options.out:
        options.out.write_text(page, encoding="utf-8")


def report(rows: list[tuple[str, int, Measured, Measured | None]], sizes: list[int]) -> str:
    """The measurements as one Markdown table, then seconds a detector."""
    lines = [
        f"Machine: {machine()}. Load beside DuckDB reading the same CSVs and writing Parquet; scan beside NetworkX.",
        "",
        "| step | bids | wall s | CPU s | peak GB | peer wall s | peer CPU s | ours : peer, wall | peer : ours, CPU "
        "| growth |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    first = {step: ours for step, size, ours, _ in rows if size == sizes[0]}
    for step, size, ours, peer in rows:
        ratio = f"{ours.wall / peer.wall:.2f}" if peer else "–"
        times = f"{peer.cpu / ours.cpu:.1f} ×" if peer else "–"
        exponent = "–" if size == sizes[0] else f"{growth(first[step].wall, ours.wall, size / sizes[0]):.2f}"
        lines.append(
            f"| {step} | {size:,} | {ours.wall:.1f} | {ours.cpu:.1f} | {ours.peak / 1e9:.2f} | "
            f"{f'{peer.wall:.1f}' if peer else '–'} | {f'{peer.cpu:.1f}' if peer else '–'} | {ratio} | {times} | "
            f"{exponent} |"
        )
    lines += ["", "| detector | " + " | ".join(f"{size:,} bids s" for size in sizes) + " | share | growth | flagged |"]
    lines.append("|---|" + "--:|" * (len(sizes) + 3))
    scans = [ours.value for step, _, ours, _ in rows if step.endswith("of all")]
    total = sum(seconds for seconds, _ in scans[-1].values())
    for name, (seconds, flagged) in scans[-1].items():
        times = " | ".join(f"{scan[name][0]:.2f}" for scan in scans)
        exponent = f"{growth(scans[0][name][0], seconds, sizes[-1] / sizes[0]):.2f}" if len(sizes) > 1 else "–"
        lines.append(f"| {name} | {times} | {seconds / total:.0%} | {exponent} | {flagged:,} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()

"""Load beside DuckDB reading the same CSVs and writing Parquet: the first, the same again, and with some rows changed.

python -m bench.load [FOLDER | --sizes 100000,1000000] [--repeat N] [--out FILE.md]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.measure import Measured, growth, machine, measure
from bench.scan import duckdb_load, load, sample

CHANGED = 100
"""One row in so many is changed before the third load."""

Line = tuple[str, int, Measured, Measured | None]


def change(source: Path, target: Path) -> int:
    """A copy of the files in which the prices of some bids differ; returns how many."""
    shutil.copytree(source, target)
    changed = 0
    with (source / "bids.csv").open(encoding="utf-8") as old, (target / "bids.csv").open("w", encoding="utf-8") as new:
        header = next(old)
        place = header.strip().split(",").index("price")
        new.write(header)
        for number, line in enumerate(old):
            cells = line.split(",")
            if number % CHANGED == 0 and cells[place]:
                cells[place] = f"{float(cells[place]) + 1:.2f}"
                changed += 1
            new.write(",".join(cells))
    return changed


def best(repeat: int, step: Callable[[], Measured]) -> Measured:
    """The fastest of some runs: what else the machine does only ever adds."""
    return min((step() for _ in range(repeat)), key=lambda measured: measured.wall)


def run(source: Path, scratch: Path, repeat: int) -> tuple[int, list[Line]]:
    """The three loads of one folder, and how many rows it has."""

    def first() -> Measured:
        shutil.rmtree(scratch / "workspace", ignore_errors=True)
        return measure(load, source, scratch / "workspace")

    def peer() -> Measured:
        shutil.rmtree(scratch / "peer", ignore_errors=True)
        return measure(duckdb_load, source, scratch / "peer")

    plain = best(repeat, peer)
    loaded = best(repeat, first)
    rows = int(loaded.value)
    lines: list[Line] = [("first load", rows, loaded, plain)]
    lines.append(("the same again", rows, best(repeat, lambda: measure(load, source, scratch / "workspace")), plain))
    if (source / "bids.csv").is_file():
        changed = measure(change, source, scratch / "changed").value
        updated = measure(load, scratch / "changed", scratch / "workspace")
        lines.append((f"{changed:,} bids changed", rows, updated, plain))
    return rows, lines


def page(measured: list[tuple[int, list[Line]]]) -> str:
    """The measurements as one Markdown table."""
    text = [
        f"Machine: {machine()}. Beside DuckDB reading the same CSVs and writing Parquet; target: at most 4 × its wall.",
        "",
        "| load | rows | wall s | CPU s | peak GB | rows/s | DuckDB wall s | CPU s | ours : DuckDB | growth |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    smallest = measured[0]
    for rows, lines in measured:
        for at, (name, _, ours, peer) in enumerate(lines):
            assert peer is not None
            earlier = smallest[1][at][2].wall
            exponent = "–" if rows == smallest[0] else f"{growth(earlier, ours.wall, rows / smallest[0]):.2f}"
            text.append(
                f"| {name} | {rows:,} | {ours.wall:.1f} | {ours.cpu:.1f} | {ours.peak / 1e9:.2f} | "
                f"{rows / ours.wall:,.0f} | {peer.wall:.1f} | {peer.cpu:.1f} | {ours.wall / peer.wall:.2f} | "
                f"{exponent} |"
            )
    return "\n".join([*text, ""])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of canonical CSV files")
    parser.add_argument("--sizes", default="100000,1000000", help="bids of the generated provinces")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each step; the fastest counts")
    parser.add_argument("--out", type=Path, help="also write the table to this file")
    options: Any = parser.parse_args()
    os.environ.setdefault("QINGFENG_SECRET", "bench")
    measured = []
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as scratch:
        if options.folder:
            measured.append(run(options.folder, Path(scratch), options.repeat))
        else:
            for size in map(int, options.sizes.split(",")):
                folder = Path(scratch, str(size))
                folder.mkdir()
                measure(sample, folder / "source", size)
                measured.append(run(folder / "source", folder, options.repeat))
                shutil.rmtree(folder)
    text = page(measured)
    print(text)
    if options.out:
        options.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

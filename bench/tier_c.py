"""Seconds of the statistical detectors (tier C) on generated provinces, and how they grow with the tenders.

    python -m bench.tier_c --sizes 535000,1070000 --out docs/discovery.md

One scan of all of them a size, in a process of its own, imports, evidence and all. `--out` replaces the section on time
of the page that `bench/discovery.py` prints; a size is given in bids, of which a tender has five and a third.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench.measure import Measured, growth, machine, measure
from bench.scan import load, sample

TITLE = "## Time"
SIZES = "535000,1070000"


class Scanned(NamedTuple):
    """What a scan says: how many tenders there are, and by detector its seconds and how many leads it flagged."""

    tenders: int
    detectors: dict[str, tuple[float, int]]


def scan(workspace: Path) -> Scanned:
    """Every detector of tier C but for the red flags of Open Contracting, as a scan of the workspace runs them."""
    from graph.snapshot import Workspace
    from graph.tables import open_tables
    from queries.finding import Tier
    from queries.profiles import configure
    from queries.registry import DETECTORS
    from queries.session import scan_workspace

    chosen = tuple(d for d in DETECTORS if Tier.C in d.tiers and d.family != "ocp")
    opened = Workspace(workspace)
    result = scan_workspace(opened, configure(chosen))
    tables = open_tables(opened.current(), opened.secret())
    ((tenders,),) = tables.execute("SELECT count(*) FROM tenders").fetchall()
    tables.close()
    return Scanned(int(tenders), {r.detector: (r.seconds, sum(r.flagged.values())) for r in result.reports})


def section(sizes: list[int]) -> str:
    """Measure, as a section of the page."""
    os.environ.setdefault("QINGFENG_SECRET", "bench")
    scans: list[tuple[int, Measured]] = []
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as scratch:
        for size in sizes:
            source, workspace = Path(scratch, f"{size}-source"), Path(scratch, f"{size}-workspace")
            measure(sample, source, size)
            measure(load, source, workspace)
            scans.append((size, measure(scan, workspace)))
    return report(scans, load_before)


def report(scans: list[tuple[int, Measured]], load_before: float) -> str:
    """The measurements as Markdown: the scans, and then the detectors, which run side by side.

    Args:
        scans: the bids of each province, and what the scan of it took.
        load_before: processes that wanted the machine before the measuring began.
    """
    sizes = ",".join(str(size) for size, _ in scans)
    lines = [
        TITLE,
        "",
        f"Printed by `python -m bench.tier_c --sizes {sizes}`. Machine: {machine()}. One scan of all the detectors "
        "above, imports included; growth is the exponent of the time in the number of tenders, from the first size "
        f"on, and 1 is linear. Load of the machine before: {load_before:.1f}; where other work shared the cores, only "
        "the CPU seconds tell.",
        "",
        "| tenders | bids | wall s | CPU s | wall s per 100,000 tenders | CPU s per 100,000 | peak GB | growth, wall "
        "| growth, CPU |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    first = scans[0][1]
    for size, ours in scans:
        many = ours.value.tenders
        times = many / first.value.tenders
        exponents = [
            "–" if ours is first else f"{growth(before, now, times):.2f}"
            for before, now in ((first.wall, ours.wall), (first.cpu, ours.cpu))
        ]
        lines.append(
            f"| {many:,} | {size:,} | {ours.wall:.1f} | {ours.cpu:.1f} | {ours.wall / many * 1e5:.1f} | "
            f"{ours.cpu / many * 1e5:.1f} | {ours.peak / 1e9:.2f} | {' | '.join(exponents)} |"
        )
    columns = " | ".join(f"{ours.value.tenders:,} tenders s" for _, ours in scans)
    lines += [
        "",
        f"| detector, from its select to its last lead | {columns} | flagged |",
        "|---|" + "--:|" * len(scans) + "--:|",
    ]
    for name, (_, flagged) in scans[-1][1].value.detectors.items():
        seconds = " | ".join(f"{ours.value.detectors[name][0]:.2f}" for _, ours in scans)
        lines.append(f"| {name} | {seconds} | {flagged:,} |")
    return "\n".join(lines) + "\n"


def parted(page: Path) -> tuple[str, str]:
    """A page without its section on time, and that section; empty where there is none."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    before, title, after = text.partition(f"{TITLE}\n")
    return before, title + after


def main() -> None:
    """Measure, print, and replace the section of the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=SIZES, help="bids of the provinces")
    parser.add_argument("--out", type=Path, help="page whose section to replace")
    options = parser.parse_args()
    text = section([int(size) for size in options.sizes.split(",")])
    print(text)
    if options.out:
        before, _ = parted(options.out)
        options.out.write_text(f"{before.rstrip()}\n\n{text}", encoding="utf-8")


if __name__ == "__main__":
    main()

"""What the catalogue finds in synthetic provinces: planted patterns, innocent twins, anything else, and perturbed data.

python -m bench.recall [--bids 100000] [--seeds 1,2,3,4,5] [--clean 1,2,3] [--out FILE.md]
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from bench.measure import machine, measure
from loaders.sample.comparison import Document, accuses, hold

Judged = dict[str, Any]
"""A finding in the findings format."""


def scan_province(source: Path, workspace: Path, threads: int) -> tuple[list[Judged], int]:
    """Load and scan with every detector; returns the findings and how many units could not be judged."""
    from graph.snapshot import Workspace
    from loaders.load import load
    from queries.profiles import configure
    from queries.registry import DETECTORS
    from queries.session import scan_workspace

    load([source], Workspace(workspace), threads=threads)
    result = scan_workspace(Workspace(workspace), configure(DETECTORS), threads=threads)
    return [orjson.loads(f.as_json()) for f in result.findings], sum(
        sum(report.not_judgeable.values()) for report in result.reports
    )


def province(folder: Path, bids: int, seed: int, clean: bool) -> None:
    """Write a province."""
    from loaders.sample import write_sample

    write_sample(folder, bids=bids, seed=seed, clean=clean)


def held_against_truth(source: Path, findings: Sequence[Judged]) -> tuple[str, Sequence[Document]]:
    """A row of the table: planted found, twins accused, unexplained; and the unexplained findings."""
    from queries.finding import Tier
    from queries.registry import DETECTORS

    held = hold(source, findings, {d.id for d in DETECTORS if set(d.tiers) == {Tier.C}})
    found, blamed, unexplained = held.planted - len(held.missed), len(held.blamed), len(held.unexplained)
    share = 1000 * unexplained / _rows(source / "tenders.csv")
    row = f"| {found:,} of {held.planted:,} | {blamed:,} of {held.twins:,} | {unexplained} ({share:.2f}) |"
    return row, held.unexplained


def _rows(file: Path) -> int:
    with file.open(encoding="utf-8", newline="") as handle:
        return sum(1 for _ in csv.reader(handle)) - 1


def rewrite(source: Path, target: Path, change: str, seed: int = 1) -> None:
    """A copy of a province with its rows shuffled, or perturbed as real exports are.

    Perturbed: a tenth of the cells of each optional column and of each date blank, ids with spaces around them, a
    twentieth of the rows twice.
    """
    from graph.schema import TABLES

    target.mkdir()
    for file in sorted(source.glob("*.csv")):
        chance = random.Random(f"{seed} {file.name}")
        table = TABLES[file.stem]
        with file.open(encoding="utf-8", newline="") as handle:
            header, *rows = csv.reader(handle)
        if change == "shuffled":
            chance.shuffle(rows)
        else:
            blanked = [n for n, name in enumerate(header) if name in table and not _needed(table, name)]
            rows = list(_perturbed(rows, blanked, chance))
        with (target / file.name).open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([header, *rows])


def _needed(table: Any, name: str) -> bool:
    dated = table[name].sql_type in ("DATE", "TIMESTAMP")
    return name in table.key or bool(table[name].required and not dated)


def _perturbed(rows: Sequence[list[str]], blanked: Sequence[int], chance: random.Random) -> Iterator[list[str]]:
    for row in rows:
        cells = [f" {row[0]} " if chance.random() < 0.05 else row[0], *row[1:]]
        for place in blanked:
            if chance.random() < 0.1:
                cells[place] = ""
        yield cells
        if chance.random() < 0.05:
            yield list(cells)


def without_place(finding: Judged) -> bytes:
    """The finding but for row numbers and file hashes, which a shuffle itself changes."""
    records = [{k: v for k, v in r.items() if k not in ("row", "sha256")} for r in finding["evidence"]["records"]]
    return orjson.dumps({**finding, "evidence": {**finding["evidence"], "records": records}})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bids", type=int, default=100_000, help="bids of each province")
    parser.add_argument("--seeds", default="1,2,3,4,5", help="provinces with plants and twins")
    parser.add_argument("--clean", default="1,2,3", help="provinces without any plant")
    parser.add_argument("--out", type=Path, help="also write the table to this file")
    options = parser.parse_args()
    os.environ.setdefault("QINGFENG_SECRET", "bench")
    lines = [
        f"Machine: {machine()}. Provinces of {options.bids:,} bids, every detector.",
        "",
        "| province | planted found | twins accused (A, B) | unexplained A, B (per 1,000 tenders) |",
        "|---|--:|--:|--:|",
    ]
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as scratch:
        seeds = [int(seed) for seed in options.seeds.split(",") if seed]
        for seed in seeds:
            source = Path(scratch, f"p{seed}")
            measure(province, source, options.bids, seed, False)
            findings, silent = measure(scan_province, source, Path(scratch, f"w{seed}"), 2).value
            row, unexplained = held_against_truth(source, findings)
            lines.append(f"| seed {seed} {row}")
            notes += [f"- seed {seed}, {f['detector']}: {f['reasons'][0]['en']}" for f in unexplained]
            print(lines[-1], flush=True)
            if seed == seeds[0]:
                notes.append(_shuffled(Path(scratch), source, findings))
            if seed in seeds[:3]:
                notes.append(_perturbed_too(Path(scratch), source, findings, silent, seed))
        for seed in [int(seed) for seed in options.clean.split(",") if seed]:
            source = Path(scratch, f"c{seed}")
            measure(province, source, options.bids, seed, True)
            findings, _ = measure(scan_province, source, Path(scratch, f"cw{seed}"), 2).value
            lines.append(f"| clean, seed {seed} | – | – | {sum(map(accuses, findings))} |")
            print(lines[-1], flush=True)
    page = "\n".join([*lines, "", *notes]) + "\n"
    print(page)
    if options.out:
        options.out.write_text(page, encoding="utf-8")


def _shuffled(scratch: Path, source: Path, findings: Sequence[Judged]) -> str:
    """The same province shuffled and on one thread, beside what it gave as it was."""
    rewrite(source, scratch / "shuffled", "shuffled")
    again, _ = measure(scan_province, scratch / "shuffled", scratch / "shuffled-w", 1).value
    same = [without_place(f) for f in again] == [without_place(f) for f in findings]
    return f"- Rows shuffled and one thread: {len(again):,} findings, {'byte-identical' if same else 'DIFFERENT'}."


def _perturbed_too(scratch: Path, source: Path, findings: Sequence[Judged], silent: int, seed: int) -> str:
    """The same province perturbed, beside what it gave as it was."""
    target = scratch / f"perturbed{seed}"
    rewrite(source, target, "perturbed", seed)
    perturbed, unjudged = measure(scan_province, target, scratch / f"perturbed{seed}-w", 2).value
    facts = {f["finding_id"] for f in findings if f["tier"] == "A" and f["status"] == "flagged"}
    fresh = [f for f in perturbed if f["tier"] == "A" and f["status"] == "flagged" and f["finding_id"] not in facts]
    by_detector = Counter(f["detector"] for f in fresh)
    named = ", ".join(f"{name} {count}" for name, count in sorted(by_detector.items())) or "none"
    return f"- Seed {seed} perturbed: not judgeable {silent:,} before, {unjudged:,} after; new A findings: {named}."


if __name__ == "__main__":
    main()

"""Red flags of OCDS files: CPU, wall and memory beside Cardinal's own binary and plain decoding.

    python -m bench.ocp [--releases 100000 500000] [--repeat 5] [--peer PATH] [--out FILE.md]

Every candidate reads the same file in the same run, taking turns, and judges the same eleven indicators; medians are
printed. CPU is user + system of the command and of its children; memory is the largest sum of their proportional
shares (PSS). Python's compiled modules are kept in a folder of the run, as an installed package has them.
The peer is `ocdscardinal` 0.0.8 built from its source on PyPI:
`pip download --no-binary ocdscardinal ocdscardinal`, then `cargo install --path … --locked --bin ocdscardinal`.
The floor is what any Python user knows: `json.loads` on each line, and nothing else.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.ocp_releases import write_releases

ROOT = Path(__file__).resolve().parent.parent

SETTINGS = "currency = USD\n" + "".join(
    f"[{code}]\n" for code in ["R003", "R018", "R024", "R025", "R028", "R030", "R035", "R036", "R038", "R048", "R058"]
)
FLOOR = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"


@dataclass
class Run:
    """One run of a command: seconds and mebibytes."""

    cpu: float
    wall: float
    memory: float


def run(command: list[str], compiled: Path) -> Run:
    """Run a command to its end; Python keeps compiled modules in the folder `compiled`.

    Raises:
        RuntimeError: it failed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(compiled)
    begun = time.perf_counter()
    before = os.times()
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment
    ) as process:
        peak = [0]
        watcher = threading.Thread(target=_watch, args=(process, peak))
        watcher.start()
        code = process.wait()
        wall = time.perf_counter() - begun
        watcher.join()
    after = os.times()
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}")
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(cpu, wall, peak[0] / 1024)


def _watch(process: subprocess.Popen[bytes], peak: list[int]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_share(pid) for pid in _family(process.pid)))
        time.sleep(0.05)


def _family(pid: int) -> list[int]:
    found = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [one for child in children.read_text().split() for one in _family(int(child))]
        except OSError:
            continue
    return found


def _share(pid: int) -> int:
    """Proportional share of memory in KiB."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) for row in rows if row.startswith("Pss:")), 0)


def machine() -> str:
    """Processor, cores and memory of this machine."""
    rows = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"


def measure(count: int, repeat: int, peer: str | None, folder: Path) -> list[str]:
    """The rows of the table for one size."""
    data, settings = folder / f"{count}.jsonl", folder / "settings.ini"
    settings.write_text(SETTINGS)
    write_releases(data, count)
    ours = [
        sys.executable,
        "-m",
        "queries.ocp",
        "--format",
        "cardinal",
        "--quiet",
        "--settings",
        str(settings),
        str(data),
    ]
    candidates = {"Qingfeng": ours, "floor: json.loads alone": [sys.executable, "-c", FLOOR, str(data)]}
    if peer:
        candidates["Cardinal"] = [peer, "indicators", "--settings", str(settings), "--no-meta", str(data)]
    run(ours, folder)  # once, so that the file is in memory and the modules are compiled
    runs: dict[str, list[Run]] = {name: [] for name in candidates}
    for _ in range(repeat):
        for name, command in candidates.items():
            runs[name].append(run(command, folder))
    size = data.stat().st_size
    data.unlink()
    own = median(one.cpu for one in runs["Qingfeng"])
    rows = []
    for name, several in runs.items():
        cpu, wall, memory = (median(getattr(one, what) for one in several) for what in ("cpu", "wall", "memory"))
        figures = f"{cpu:.2f} | {cpu / own:.2f} × | {wall:.2f} | {memory:,.0f}"
        rows.append(f"| {count:,} ({size / 1e6:,.0f} MB) | {name} | {figures} |")
    return rows


def main() -> None:
    """Measure, print the table, and write it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, nargs="+", default=[100_000, 500_000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument(
        "--peer", default=shutil.which("ocdscardinal") or shutil.which("/tmp/cargo-peer/bin/ocdscardinal")
    )
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    lines = [
        f"Machine: {machine()}. Medians of {chosen.repeat}, candidates taking turns.",
        "",
        "| releases | | CPU s | CPU beside ours | wall s | peak MiB |",
        "|---|---|---:|---:|---:|---:|",
    ]
    if not chosen.peer:
        lines.insert(1, "Cardinal's binary was not found (`--peer PATH`); it is left out.")
    with tempfile.TemporaryDirectory() as folder:
        for count in chosen.releases:
            lines += measure(count, chosen.repeat, chosen.peer, Path(folder))
    text = "\n".join(lines) + "\n"
    print(text)
    if chosen.out:
        chosen.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""Every measurement in one run: `make bench`. Prints one page and writes it to docs/benchmarks.md."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import machine

PARTS = {
    "scan": "Load, graph build and scan",
    "recall": "What the catalogue finds",
    "explore": "The explorer's reading",
    "ocp": "Open Contracting red flags beside Cardinal",
    "screens": "Statistical screens",
    "neo4j": "Neo4j: push and scan",
    "store": "The store of findings",
    "api": "The API under load",
    "exports": "Dossiers, exports and layouts",
    "explorer": "The explorer in a browser",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="only these parts")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args()
    chosen = [part for part in options.parts or PARTS if importlib.util.find_spec(f"bench.{part}")]
    page = ["# Benchmarks", "", f"Printed by `make bench` on {machine()}.", ""]
    failed = []
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as scratch:
        for part in chosen:
            out = Path(scratch, f"{part}.md")
            done = subprocess.run([sys.executable, "-m", f"bench.{part}", "--out", str(out)], check=False)
            page += [f"## {PARTS[part]}", ""]
            if done.returncode or not out.is_file():
                failed.append(part)
                page += [f"Failed with exit code {done.returncode}.", ""]
            else:
                page += [out.read_text(encoding="utf-8").strip(), ""]
    text = "\n".join(page)
    options.out.write_text(text, encoding="utf-8")
    print(text)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

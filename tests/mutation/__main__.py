"""Break one condition of the catalogue at a time, and count how often a case fails.

python -m tests.mutation [--detector ID ...] [--family NAME ...] [--shared] [--sample N --seed S] [--out FILE.md]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from queries.detector import Detector
from queries.registry import DETECTORS
from tests.mutation.catalogue import (
    live_functions,
    module_mutants,
    modules,
    relation_mutants,
    text_mutants,
    threshold_mutants,
)
from tests.mutation.mutant import Mutant
from tests.mutation.report import page, share_killed
from tests.mutation.run import Tried, run, sampled
from tests.mutation.worlds import ROOT

REPORTED_EVERY = 50
"""After so many mutants the report is written, so that a run of half an hour that is ended leaves what it found."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detector", nargs="+", default=[], help="only the cases, texts and modules of these")
    parser.add_argument("--family", nargs="+", default=[], help="the same for whole families")
    parser.add_argument("--shared", action="store_true", help="only mutants of relations and of shared modules")
    parser.add_argument("--module", nargs="+", type=Path, default=[], help="only mutants of these modules")
    parser.add_argument("--sample", type=int, help="at most so many mutants of each detector and shared module")
    parser.add_argument("--seed", type=int, default=1, help="of the sample")
    parser.add_argument(
        "--seconds", type=float, default=20, help="of the processor that a mutant may take for one detector"
    )
    parser.add_argument("--worlds", type=Path, help="keep the loaded cases in this folder between runs")
    parser.add_argument("--least", type=float, default=0, help="fail below this share of killed mutants, in percent")
    parser.add_argument("--out", type=Path, help="also write the report to this file")
    options = parser.parse_args()
    os.environ.setdefault("QINGFENG_SECRET", "mutation")
    chosen = [
        d
        for d in DETECTORS
        if not (options.detector or options.family) or d.id in options.detector or d.family in options.family
    ]
    mutants = sampled(_mutants(options, chosen), options.sample, options.seed)
    tried: list[Tried] = []
    with tempfile.TemporaryDirectory(prefix="qingfeng-mutation-") as scratch:
        worlds = options.worlds or Path(scratch)
        worlds.mkdir(parents=True, exist_ok=True)
        functions = live_functions()
        for number, one in enumerate(run(chosen, mutants, functions, worlds, seconds=options.seconds), start=1):
            tried.append(one)
            if sys.stderr.isatty():
                print(f"\r{number} of {len(mutants)}", end="", file=sys.stderr, flush=True)
            if options.out and number % REPORTED_EVERY == 0:
                so_far = f"Unfinished: {number} of {len(mutants)}. {_title(options, chosen)}"
                options.out.write_text(page(tried, so_far), encoding="utf-8")
    report = page(tried, _title(options, chosen))
    print(report)
    if options.out:
        options.out.write_text(report, encoding="utf-8")
    return 0 if share_killed(tried) * 100 >= options.least else 1


def _title(options: argparse.Namespace, chosen: Sequence[Detector]) -> str:
    drawn = f"at most {options.sample} of each owner, seed {options.seed}" if options.sample else "all"
    return f"Mutants: {drawn}; cases of {len(chosen)} detectors; {sum(os.times()[:4]):.0f} s of the processor."


def _mutants(options: argparse.Namespace, chosen: Sequence[Detector]) -> list[Mutant]:
    if options.module:
        return module_mutants(ROOT / module for module in options.module)
    if options.shared:
        return [*relation_mutants(), *(m for m in module_mutants(modules()) if m.group == "shared")]
    if options.detector or options.family:
        own = {Path(sys.modules[d.judge.__module__].__file__ or "") for d in chosen}
        return [*text_mutants(chosen), *threshold_mutants(chosen), *module_mutants(sorted(own))]
    return [*text_mutants(), *threshold_mutants(), *relation_mutants(), *module_mutants(modules())]


if __name__ == "__main__":
    sys.exit(main())

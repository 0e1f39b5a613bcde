"""Time of the price screens beside a plain pandas groupby-apply of the same formulas.

    python bench/screens.py --out bench/out/screens.md

Both read the same simulated bids; the peer runs on a sample of the tenders and its time is scaled to their number.
Every figure is checked to agree before it is timed.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from queries.statistics.prices import SCREENS, against_reference, gaps, screens
from queries.statistics.subgroups import subgroup_screens
from queries.statistics.tenders import group
from queries.statistics.variance import dispersion_p_values, log_variance


def bids(tenders: int, seed: int = 1) -> pd.DataFrame:
    """Long bids of `tenders` tenders with 3 to 14 bidders and textual ids, in random order."""
    rng = np.random.default_rng(seed)
    count = 3 + rng.binomial(11, 0.35, tenders)
    tender = np.repeat(np.arange(tenders), count)
    price = np.exp(rng.normal(14, 1, tenders))[tender] * np.exp(0.1 * rng.normal(size=len(tender)))
    frame = pd.DataFrame({"tender": np.char.add("T", tender.astype(str)), "price": price, "reference": price * 1.1})
    return frame.sample(frac=1.0, random_state=seed)


def ours(frame: pd.DataFrame) -> pd.DataFrame:
    """Every screen of a scan: prices, position, gaps, and the p-value of the dispersion."""
    tenders = group(frame["tender"], frame["price"])
    table = screens(tenders).join(against_reference(tenders, frame["reference"].to_numpy())).join(gaps(tenders))
    stratum = np.zeros(len(table), dtype=np.int64)
    return table.assign(p=dispersion_p_values(log_variance(tenders), tenders.count, stratum))


def peer(frame: pd.DataFrame) -> pd.DataFrame:
    """The nine price screens as one writes them first: a function applied to each group."""

    def one(price: pd.Series) -> pd.Series:
        b = np.sort(price.to_numpy())
        n, gap, losing = len(b), b[1] - b[0], b[1:]
        return pd.Series(
            {
                "cv": b.std(ddof=1) / b.mean(),
                "spread": (b[-1] - b[0]) / b[0],
                "difference": gap / b[0],
                "relative_distance": gap / losing.std(ddof=1),
                "normalised_distance": gap / np.diff(b).mean(),
                "alternative_distance": gap / np.diff(losing).mean(),
                "skewness": stats.skew(b, bias=False),
                "kurtosis": stats.kurtosis(b, bias=False) if n > 3 else np.nan,
                "ks_uniform": stats.kstest((b - b[0]) / (b[-1] - b[0]), "uniform").statistic,
            }
        )

    return frame.groupby("tender")["price"].apply(one).unstack()


def main() -> None:
    """Measure and print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000], help="tenders")
    parser.add_argument(
        "--processor-time", action="store_true", help="count processor time, where others share the machine"
    )
    parser.add_argument("--peer", type=int, default=5_000, help="tenders that the peer runs on")
    parser.add_argument("--out", type=Path, help="file to write as well")
    options = parser.parse_args()
    clock = time.process_time if options.processor_time else time.perf_counter
    lines = [
        "# Price screens: time",
        "",
        "| tenders | bids | screens, position, gaps, p-values (s) | subgroups of 3 (s) | subgroups of 4 (s) "
        "| pandas groupby-apply, nine screens (s, scaled) | peak memory (MB) |",
        "|---|---|---|---|---|---|---|",
    ]
    sample = bids(options.peer)
    started = clock()
    theirs = peer(sample)
    each = (clock() - started) / options.peer
    mine = ours(sample)
    for name in SCREENS:
        np.testing.assert_allclose(mine[name], theirs[name].loc[mine.index], rtol=1e-6, atol=1e-9, err_msg=name)
    for size in options.sizes:
        frame = bids(size)
        started = clock()
        ours(frame)
        screened = clock() - started
        tenders = group(frame["tender"], frame["price"])
        took = []
        for k in (3, 4):
            started = clock()
            subgroup_screens(tenders, k)
            took.append(clock() - started)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        times = f"{screened:.2f} | {took[0]:.2f} | {took[1]:.2f} | {each * size:.0f}"
        lines.append(f"| {size:,} | {len(frame):,} | {times} | {memory:.0f} |")
    page = "\n".join([*lines, ""])
    print(page)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

"""False discovery rate and power of the statistical detectors, on simulated markets.

    python bench/discovery.py --markets 200 --out docs/discovery.md

Honest markets of mixed sizes: every flag is false, so the realised false discovery rate is the share of markets with
a flag. Then rings of 3 to 6 firms in a twentieth of the tenders: the share of markets in which the ring is found, and
the share of false flags among the flags. What runs is each detector's own judge on the rows that it reads.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import tier_c
from queries.bid_rigging import (
    biased_expert,
    cohesive_group,
    market_split,
    price_screens,
    rotating_winners,
    standing_loser,
)
from queries.detector import Detector
from queries.finding import Lead
from queries.power import agent_concentration, complaint_cluster, petty_power
from queries.statistics import offices
from queries.statistics.simulation import Market, Scheme, market

HEAD = """# False discoveries and power on simulated markets

Printed by `python bench/discovery.py`; do not edit.

In an honest world every flag is false, so the realised false discovery rate is the share of worlds with a flag. Then a
ring of 3 to 6 firms meets in a twentieth of the tenders, or one expert, agency, party or official is planted: `found`
is the share of worlds in which it is flagged.
"""

SIZES = ((150, 40), (300, 60), (600, 80), (1200, 120))
SCHEMES: dict[str, tuple[Detector, Scheme]] = {
    "price_screens": (price_screens.DETECTOR, "turns"),
    "cohesive_group": (cohesive_group.DETECTOR, "turns"),
    "rotating_winners": (rotating_winners.DETECTOR, "turns"),
    "standing_loser": (standing_loser.DETECTOR, "fixed"),
    "market_split": (market_split.DETECTOR, "territories"),
}
PLANTS: dict[str, tuple[Detector, Callable[..., pd.DataFrame], dict[str, float], str]] = {
    "biased_expert": (biased_expert.DETECTOR, offices.evaluations, {"bias": 6.0}, "E000"),
    "agent_concentration": (agent_concentration.DETECTOR, offices.agencies, {"favour": 0.8}, "G000"),
    "complaint_cluster": (complaint_cluster.DETECTOR, offices.complaints, {"times": 10.0}, "P000"),
    "petty_power": (petty_power.DETECTOR, offices.officials, {"times": 60.0}, "P000"),
}


def rows_of(drawn: Market) -> pd.DataFrame:
    """A simulated market as the rows that the detectors of bids read."""
    bids = drawn.bids
    return pd.DataFrame(
        {
            **{name: bids[name] for name in ("tender_id", "bidder_id", "price", "is_winner", "day", "category")},
            "region": bids["region"],
            "estimate": bids["estimate"],
            "ceiling_price": bids["estimate"],
            "bidder_name": None,
            "bid_id": bids["tender_id"] + bids["bidder_id"],
            "status": "valid",
            "unit": bids["bidder_id"],
            "bid_key": np.arange(len(bids)),
            "tender_key": 0,
            "method": "open",
            "ends": None,
            "established_on": None,
            "size": None,
            "home": None,
        }
    )


def flagged(detector: Detector, rows: pd.DataFrame) -> list[Lead]:
    """The leads of a detector at its defaults."""
    return [lead for lead in detector.judge(rows, detector.parameters()) if lead.status == "flagged"]


def is_ring(lead: Lead, drawn: Market) -> bool:
    """Whether a lead is of the ring: a collusive tender, or members that are mostly of the ring."""
    if "tender" in lead.identity:
        return lead.identity["tender"] in set(drawn.bids.loc[drawn.bids["collusive"], "tender_id"])
    return float(np.mean([member in drawn.ring for member in lead.identity.values()])) > 0.5


def honest(names: Iterable[str], markets: int) -> list[str]:
    """Rows of the table: realised false discovery rate in honest worlds."""
    lines = []
    for name in names:
        wrong = 0
        for seed in range(markets):
            if name in SCHEMES:
                tenders, firms = SIZES[seed % len(SIZES)]
                wrong += bool(flagged(SCHEMES[name][0], rows_of(market(tenders=tenders, firms=firms, seed=seed))))
            else:
                detector, draw, _, _ = PLANTS[name]
                wrong += bool(flagged(detector, draw(seed=seed)))
        lines.append(f"| {name} | {markets} | 0.05 | {wrong / markets:.3f} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def rings(names: Iterable[str], repeats: int) -> list[str]:
    """Rows of the table: power and false discovery rate with a ring, by its size and the number of tenders."""
    lines = []
    for name in names:
        if name not in SCHEMES:
            detector, draw, plant, culprit = PLANTS[name]
            found = [flagged(detector, draw(seed=seed, **plant)) for seed in range(repeats)]
            hit = np.mean([any(culprit in lead.identity.values() for lead in leads) for leads in found])
            false = np.mean(
                [np.mean([culprit not in x.identity.values() for x in leads]) if leads else 0 for leads in found]
            )
            lines.append(f"| {name} | one planted | | {hit:.2f} | | {false:.3f} |")
            print(lines[-1], file=sys.stderr, flush=True)
            continue
        detector, scheme = SCHEMES[name]
        for (tenders, firms), size in itertools.product(SIZES[1:], (3, 4, 5, 6)):
            hits: list[bool] = []
            shares: list[float] = []
            wrong: list[float] = []
            for seed in range(repeats):
                drawn = market(tenders=tenders, firms=firms, ring_size=size, scheme=scheme, seed=seed)
                leads = flagged(detector, rows_of(drawn))
                right = [is_ring(lead, drawn) for lead in leads]
                hits.append(any(right))
                shares.append(sum(right) / max(1, round(0.05 * tenders)))
                wrong.append(1 - sum(right) / len(right) if right else 0.0)
            share = f"{np.mean(shares):.2f}" if name == "price_screens" else ""
            lines.append(f"| {name} | {size} | {tenders} | {np.mean(hits):.2f} | {share} | {np.mean(wrong):.3f} |")
            print(lines[-1], file=sys.stderr, flush=True)
    return lines


def main() -> None:
    """Measure and print the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markets", type=int, default=200, help="honest worlds a detector")
    parser.add_argument("--repeats", type=int, default=20, help="worlds with a ring, each size")
    parser.add_argument("--detector", action="append", choices=[*SCHEMES, *PLANTS], help="only these")
    parser.add_argument("--out", type=Path, help="file to write as well")
    options = parser.parse_args()
    names = options.detector or [*SCHEMES, *PLANTS]
    page = "\n".join(
        [
            HEAD,
            "| detector | honest worlds | nominal | realised false discovery rate |",
            "|---|---|---|---|",
            *honest(names, options.markets),
            "",
            "| detector | ring size | tenders | found | share of its tenders | false share of flags |",
            "|---|---|---|---|---|---|",
            *rings(names, options.repeats),
            "",
        ]
    )
    print(page)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        # The seconds of the detectors, on the same page, are measured by a command of their own.
        _, time = tier_c.parted(options.out)
        options.out.write_text("\n".join([page, *([time] if time else [])]), encoding="utf-8")


if __name__ == "__main__":
    main()

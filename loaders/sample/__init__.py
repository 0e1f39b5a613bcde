"""The synthetic province: canonical tables with a benign economy, planted patterns and their innocent twins.

What the data states, besides the data contract:

- Identifiers are opaque, zero-padded texts; money is yuan with two decimals; dates are ISO; an empty cell is
  unknown. The last day on record is 2026-09-30, and nothing falls due after it.
- A contract's `due_on` is the day on which the last of it is to be paid; subcontracts (`kind` = sub) have no
  tender of their own and no project, their buyer is the main contractor.
- A consortium bids as several rows with one `consortium_id`; only the leading member's row has a price.
- A `debt_id` on a payment makes it a release. Monthly reports run from the entry to the month of the release, or
  to the last day on record; what a creditor waives is an `offset` payment with the purpose 协议减免.
- A special fund's `allowed_use` names the permitted purposes, `;` between them; a payment's `purpose` is one of them.
- `transfers` are what a case file's bank records show.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from loaders.sample.acts import Town
from loaders.sample.context import Context, Serials
from loaders.sample.economy import filing, market, parties, settlement, standing
from loaders.sample.economy.province import write_province
from loaders.sample.plants import PLANTED, TWINS
from loaders.sample.truth import Truth
from loaders.sample.writer import TableFiles

SIZES = {"small": 5_000, "medium": 100_000, "large": 1_000_000}
"""Named sizes, in bids."""

_BIDS_A_TENDER = 5.47
_TENDERS_A_CHUNK = 2_000
_BIDS_A_ROUND = {False: 587, True: 303}
"""Bids that one round of plants and twins (of twins alone) adds, so that the whole comes near the size asked."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: rows per table, and entries of `truth.json` by kind."""

    rows: dict[str, int]
    truth: dict[str, int]

    @property
    def plants(self) -> int:
        """How many patterns were planted."""
        return self.truth.get("planted", 0)

    def as_dict(self) -> dict[str, dict[str, int]]:
        """`{"rows": {table: rows}, "truth": {kind: entries}}`."""
        return {"rows": self.rows, "truth": self.truth}


def rounds_of_plants(bids: int) -> int:
    """How often each pattern and each twin is planted: 3 times in a small province, 24 in a medium one.

    Beyond 100,000 bids with the square root, so that crime does not outgrow the economy.
    """
    share = bids / 100_000
    return max(3, round(24 * min(share, math.sqrt(share))))


def write_sample(
    out: Path,
    *,
    bids: int,
    seed: int,
    clean: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Summary:
    """Write the synthetic province into `out`: every canonical table as `<table>.csv`, and `truth.json`.

    The province is made in chunks of 2,000 tenders, each with its own random stream, so that memory does not
    grow with the size and the same arguments give the same bytes.

    Args:
        out: the folder; made if missing, files in it are replaced.
        bids: how many bids, about; not below some 1,800, since every pattern is planted at least three times.
        seed: of everything that is drawn; not negative.
        clean: leave the planted patterns out and keep the innocent twins (the "clean town").
        progress: called with the step's name, chunks done and chunks in all.

    Raises:
        ValueError: `bids` is not positive or `seed` is negative.
    """
    if bids < 1 or seed < 0:
        raise ValueError(f"a sample needs bids >= 1 and seed >= 0, not bids={bids} and seed={seed}")
    rounds = rounds_of_plants(bids)
    tenders = round(max(bids / 2, bids - rounds * _BIDS_A_ROUND[clean]) / _BIDS_A_TENDER) or 1
    chunks = math.ceil(tenders / _TENDERS_A_CHUNK)
    truth = Truth()
    with TableFiles(out) as files:
        serials = Serials()
        province = write_province(files, serials)
        for number in range(chunks):
            if progress:
                progress("sample", number, chunks)
            size = tenders * (number + 1) // chunks - tenders * number // chunks
            stream, plant_stream = (
                np.random.default_rng(np.random.SeedSequence((seed, number, part))) for part in (0, 1)
            )
            _write_economy(Context(stream, serials, province, files, number, size))
            town = Town(Context(plant_stream, serials, province, files, number, size), truth)
            for index in range(rounds * number // chunks, rounds * (number + 1) // chunks):
                town.start_round(index)
                for act in TWINS if clean else (*PLANTED, *TWINS):
                    act(town)
                town.flush()
        if progress:
            progress("sample", chunks, chunks)
        truth.write(out / "truth.json")
        return Summary(rows=dict(files.rows), truth=dict(truth.counts))


def _write_economy(ctx: Context) -> None:
    firms = parties.write_firms(ctx)
    buyers = parties.write_buyers(ctx)
    agents = parties.write_agents(ctx)
    drawn = market.draw_market(ctx, firms, buyers)
    filed = filing.file_market(ctx, firms, buyers, agents, drawn)
    settlement.settle(ctx, firms, buyers, drawn, filed)
    standing.write_standing(ctx, firms, buyers, drawn, filed)

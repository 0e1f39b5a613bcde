"""Markets that are known to be honest, and rings that are known to be in them, for measuring error rates.

An honest firm costs a job for itself, bids where it is at home, and is busy or not; nobody knows the others' bids. A
ring of firms meets in some tenders, takes turns at a price near the estimate, and covers the chosen winner.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

Scheme = Literal["turns", "fixed", "territories"]
"""Who of a ring wins."""

BASE_DAY = np.datetime64("2021-01-04")


@dataclass(frozen=True, slots=True)
class Market:
    """One simulated market.

    `bids` has a row a bid: tender_id, bidder_id, price, estimate, is_winner, day, category, region, collusive (of
    the tender). `ring` lists the ring's members, empty in an honest market.
    """

    bids: pd.DataFrame
    ring: tuple[str, ...]


def market(
    *,
    tenders: int = 600,
    firms: int = 80,
    regions: int = 4,
    categories: int = 2,
    years: int = 3,
    ring_size: int = 0,
    ring_share: float = 0.05,
    scheme: Scheme = "turns",
    seed: int = 0,
) -> Market:
    """Draw a market.

    Honest bids: estimate × exp(market level + cost of the firm + idiosyncrasy), with an idiosyncrasy whose scale
    differs from tender to tender (10 to 26 % in most). A firm is at home in one region and category and bids
    elsewhere at a fifth of the rate; its appetite is log-normal. In `ring_share` of the tenders a ring of
    `ring_size` firms of one home meets: one of them bids 2 to 6 % below the estimate,
    the others 1 to 5 % above that one; up to two honest outsiders bid beside them.

    Args:
        tenders, firms, regions, categories, years: the size of the market.
        ring_size: members of the ring; 0 for an honest market.
        ring_share: share of the tenders in which the ring meets.
        scheme: who of the ring wins: each in its turn, always the same one, or one in each region (the ring then meets
            in all regions).
        seed: of all that is drawn.

    Raises:
        ValueError: a ring of fewer than 2 firms, or of more than the market has.
    """
    if ring_size == 1 or ring_size > firms:
        raise ValueError(f"a ring of {ring_size} among {firms} firms")
    rng = np.random.default_rng(seed)
    home_region, home_category = rng.integers(regions, size=firms), rng.integers(categories, size=firms)
    ring = np.arange(ring_size)
    home_region[ring], home_category[ring] = home_region[:1], home_category[:1]
    appetite = rng.lognormal(0.0, 0.6, firms)
    if scheme == "fixed":
        appetite[ring[1:]] *= 0.05  # firms that exist to accompany the winner hardly bid without it
    cost = rng.normal(0.0, 0.05, firms)
    region, category = rng.integers(regions, size=tenders), rng.integers(categories, size=tenders)
    day = np.sort(rng.integers(365 * years, size=tenders))
    estimate = np.exp(rng.normal(14.0, 1.0, tenders))
    scale = np.exp(rng.normal(np.log(0.16), 0.3, tenders))
    level = rng.normal(-0.1, 0.05, tenders)
    collusive = np.zeros(tenders, dtype=bool)
    if ring_size:
        collusive[rng.choice(tenders, max(1, round(ring_share * tenders)), replace=False)] = True
        category[collusive] = home_category[0]
        if scheme != "territories":
            region[collusive] = home_region[0]
    interest = appetite[None, :] * np.where(region[:, None] == home_region[None, :], 1.0, 0.2)
    interest *= np.where(category[:, None] == home_category[None, :], 1.0, 0.2)
    interest[collusive[:, None] & (np.arange(firms) < ring_size)[None, :]] = 0.0
    wanted = np.where(collusive, rng.integers(0, 3, tenders), 3 + rng.poisson(3.0, tenders))
    # Gumbel keys: the `wanted` largest are a draw without replacement in proportion to the interest.
    with np.errstate(divide="ignore"):
        keys = np.log(interest) + rng.gumbel(size=interest.shape)
    rank = np.argsort(np.argsort(-keys, axis=1), axis=1)
    present = (rank < wanted[:, None]) & (interest > 0)
    noise = rng.normal(size=interest.shape)
    price = estimate[:, None] * np.exp(level[:, None] + cost[None, :] + scale[:, None] * noise)
    if ring_size:
        meetings = np.flatnonzero(collusive)
        turn = {
            "turns": np.arange(len(meetings)),
            "fixed": np.zeros(len(meetings), dtype=np.int64),
            "territories": region[meetings],
        }[scheme] % ring_size
        chosen = estimate[meetings] * (1 - rng.uniform(0.02, 0.06, len(meetings)))
        cover = chosen[:, None] * (1 + rng.uniform(0.01, 0.05, (len(meetings), ring_size)))
        cover[np.arange(len(meetings)), turn] = chosen
        price[meetings[:, None], ring[None, :]] = cover
        # Outsiders come in vain: a ring that lets itself be underbid is no ring.
        outside = price[meetings][:, ring_size:]
        price[meetings, ring_size:] = np.maximum(
            outside, chosen[:, None] * 1.01 * np.exp(0.1 * np.abs(noise[meetings, ring_size:]))
        )
        present[meetings[:, None], ring[None, :]] = True
    t, f = np.nonzero(present)
    bids = pd.DataFrame(
        {
            "tender_id": np.char.add("T", np.char.zfill(t.astype(str), 6)),
            "bidder_id": np.char.add("F", np.char.zfill(f.astype(str), 5)),
            "price": np.round(price[t, f], 2),
            "estimate": np.round(estimate[t], 2),
            "day": BASE_DAY + day[t],
            "category": np.char.add("c", category[t].astype(str)),
            "region": np.char.add("r", region[t].astype(str)),
            "collusive": collusive[t],
        }
    )
    lowest = bids.sort_values(["tender_id", "price", "bidder_id"]).drop_duplicates("tender_id").index
    bids["is_winner"] = bids.index.isin(lowest)
    return Market(bids, tuple(f"F{n:05d}" for n in ring))

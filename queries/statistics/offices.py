"""Simulated evaluations, agencies, complaints and officials, honest or with one planted case.

Rows are those that the detectors read, so what is measured is the detector and not a copy of it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd


def evaluations(
    *, tenders: int = 60, experts: int = 40, bidders: int = 30, bias: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """Panels of five score four or five bidders; severity, taste and quality differ. With `bias`, expert E000 adds
    that many points to bidder O000 wherever both are, and they are in a sixth of the tenders."""
    rng = np.random.default_rng(seed)
    severity, quality = rng.normal(0, 3, experts), rng.normal(80, 5, bidders)
    rows = []
    for t in range(tenders):
        panel = rng.choice(experts, 5, replace=False)
        field = rng.choice(bidders, int(rng.integers(4, 6)), replace=False)
        if bias and t % 6 == 0:
            panel, field = _with_first(panel), _with_first(field)
        # Expert and bidder differ on tastes of the day: a shared part a tender, and heavy-tailed noise.
        score = severity[panel][:, None] + quality[field][None, :] + rng.normal(0, 3, len(field))[None, :]
        score = score + 2.0 * rng.standard_t(5, (len(panel), len(field)))
        score += bias * ((panel == 0)[:, None] & (field == 0)[None, :])
        for i, expert in enumerate(panel):
            rows += [
                (f"T{t:04d}", f"E{expert:03d}", f"O{o:03d}", round(float(score[i, j]), 1)) for j, o in enumerate(field)
            ]
    table = pd.DataFrame(rows, columns=["tender_id", "expert_id", "bidder_id", "score"])
    return table.assign(
        key=np.arange(len(table)),
        is_owner_rep=False,
        expert_name=None,
        bidder_name=None,
        day=pd.Timestamp("2024-01-01"),
    )


def _with_first(chosen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The draw with number 0 in it."""
    return np.concatenate(([0], chosen[chosen != 0]))[: len(chosen)]


def agencies(
    *, tenders: int = 600, buyers: int = 40, agents: int = 15, favour: float = 0.0, seed: int = 0
) -> pd.DataFrame:
    """Buyers of four regions choose among the region's agencies by their market shares; each region has its own
    favourites. With `favour`, buyer G000 gives that share of its tenders to A000."""
    rng = np.random.default_rng(seed)
    region = rng.integers(4, size=buyers)
    share = rng.dirichlet(np.full(agents, 0.6), size=4)
    buyer = rng.choice(buyers, tenders, p=rng.dirichlet(np.full(buyers, 2.0)))
    agent = (rng.random((tenders, 1)) > np.cumsum(share[region[buyer]], axis=1)).sum(axis=1).clip(max=agents - 1)
    agent = np.where((buyer == 0) & (rng.random(tenders) < favour), 0, agent)
    return pd.DataFrame(
        {
            "tender_id": [f"T{n:05d}" for n in range(tenders)],
            "buyer_id": [f"G{n:03d}" for n in buyer],
            "agent_id": [f"A{n:03d}" for n in agent],
            "stratum": [f"works/r{n}" for n in region[buyer]],
            "day": pd.Timestamp("2024-01-01"),
            "key": np.arange(tenders),
            "buyer_name": None,
            "agent_name": None,
            "agent_type": None,
        }
    )


def complaints(
    *, parties: int = 200, rate: float = 0.05, spread: float = 0.5, times: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """Parties with log-normal activity whose true rates differ by a gamma law of variance `spread`; party P000 draws
    `times` as many, with at least 30 deeds."""
    rng = np.random.default_rng(seed)
    exposure = np.maximum(1, rng.lognormal(2.5, 1.0, parties).round())
    true = rate * rng.gamma(1 / spread, spread, parties)
    if times > 1:
        exposure[0], true[0] = max(30.0, exposure[0]), rate * times
    count = rng.poisson(true * exposure)
    days = [list(pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(n) * 20, unit="D")) for n in count]
    refs = [[{"table": "complaints", "key": 1000 * i + j} for j in range(n)] for i, n in enumerate(count)]
    return pd.DataFrame(
        {
            "party_id": [f"P{n:03d}" for n in range(parties)],
            "kind": "bidder",
            "exposure": exposure,
            "complaints": count,
            "days": days,
            "tenders": None,
            "refs": refs,
            "party_name": None,
        }
    )


def officials(*, ranks: int = 3, each: int = 25, times: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Officials of low ranks with log-normal sums (σ = 0.9), each rank with its own level; official P000 handles
    `times` the middle of its rank."""
    rng = np.random.default_rng(seed)
    rank = np.repeat(np.arange(ranks), each)
    amount = np.exp(rng.normal(15 + rank, 0.9))
    if times > 1:
        amount[0] = np.exp(15.0) * times
    n = len(rank)
    return pd.DataFrame(
        {
            "person_id": [f"P{i:03d}" for i in range(n)],
            "rank": [f"低{r}" for r in rank],
            "title": [f"t{i}" for i in range(n)],
            "org_id": [f"Z{i}" for i in range(n)],
            "amount": amount.astype(np.int64),
            "acts": 3,
            "first_day": pd.Timestamp("2023-01-01"),
            "last_day": pd.Timestamp("2024-01-01"),
            "refs": [[{"table": "payments", "key": i}] for i in range(n)],
            "person_name": None,
        }
    )

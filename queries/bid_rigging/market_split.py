"""Firms that bid in each other's territories and win only in their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.collusion.market import BIDS, RELATIONS, Market, market, parties
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Excuse, Lead, Tier, numbered
from queries.statistics.communities import regulars
from queries.statistics.discovery import benjamini_hochberg
from queries.statistics.winners import split_p_value
from queries.verdicts import verdict


class Parameters(Params):
    """Which groups are looked at, and how rare is rare."""

    smallest: int = Field(2, ge=2, description="Firms that a group needs.")
    largest: int = Field(10, ge=2, description="Firms that a group may have.")
    fewest_meetings: int = Field(6, ge=3, description="Tenders in common that each pair of the group needs.")
    overlap: float = Field(0.25, gt=0, le=1, description="Jaccard overlap of their tenders that a pair needs.")
    # Members also meet in tenders that they did not divide, and there anybody may win.
    own_share: float = Field(
        0.7, gt=0.5, le=1, description="Share of the tenders that the strongest member of each territory must win."
    )
    draws: int = Field(20_000, ge=999, description="Simulated worlds; 1 / (draws + 1) is the smallest p-value.")
    seed: int = Field(1, ge=0, description="Seed of the simulation.")
    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of honest groups among those flagged (Benjamini-Hochberg)."
    )
    at_home: float = Field(
        0.8, gt=0, le=1, description="Share of their wins that members must make where they are registered."
    )


POPULATION = Sql("""
SELECT count(*) FILTER (WHERE placed AND won) AS judged,
       count(*) FILTER (WHERE won AND NOT placed) AS no_region, count(*) FILTER (WHERE NOT won) AS no_winner
FROM (SELECT s.tender_id, bool_or(e.is_winner) AS won, any_value(t.region) IS NOT NULL AS placed
      FROM tender_sizes s JOIN entries e USING (tender_id) LEFT JOIN tenders t USING (tender_id)
      WHERE s.bidders > 1 GROUP BY ALL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a group whose members win in disjoint territories."""
    world = market(rows)
    world = world.where(world.column("region") != "")
    if not len(world.of_tender):
        return
    regions = world.tender["region"].to_numpy(dtype=str)
    tests: list[dict[str, Any]] = []
    for members in regulars(
        world.bids,
        fewest=params.fewest_meetings,
        overlap=params.overlap,
        smallest=params.smallest,
        largest=params.largest,
        seed=params.seed,
    ):
        contests = world.contests(members)
        place = regions[contests.tender]
        owners = _owners(place, contests.winner, len(members))
        if len(contests.tender) < params.fewest_meetings or owners.nunique() < 2:
            continue
        p, seen, chance = split_p_value(contests.winner, contests.present, place, draws=params.draws, seed=params.seed)
        tests.append(
            {
                "members": members,
                "contests": contests,
                "place": place,
                "owners": owners,
                "p": p,
                "seen": seen,
                "chance": chance,
            }
        )
    names = world.names()
    for test, q in zip(tests, benjamini_hochberg([t["p"] for t in tests]), strict=True):
        if q <= params.false_discovery and test["seen"] >= params.own_share:
            yield _lead(world, names, test, float(q), params)


def _owners(place: npt.NDArray[np.str_], winner: npt.NDArray[np.int64], members: int) -> pd.Series:
    """The column of the member that won most in each place; the first of several."""
    places, at = np.unique(place, return_inverse=True)
    wins = np.zeros((len(places), members), dtype=np.int64)
    np.add.at(wins, (at, winner), 1)
    return pd.Series(wins.argmax(axis=1), index=places)


def _lead(world: Market, names: pd.Series, test: dict[str, Any], q: float, params: Parameters) -> Lead:
    members, contests = test["members"], test["contests"]
    tenders = world.bids.tenders[contests.tender]
    days = pd.to_datetime(world.days[contests.tender]).dropna()
    shares = listing(f"{names[members[owner]]} → {place}" for place, owner in test["owners"].items())
    reasons = (
        Text(
            zh="{names}同场竞争且由其中一家中标的标段共 {n} 个，按地区由固定一家中标的占 {seen:.0%}：{shares}。",
            en="{names} met in {n} tenders that one of them won; {seen:.0%} went to the one that wins in that "
            "region: {shares}.",
        ).format(names=listing(names[m] for m in members), n=len(tenders), seen=test["seen"], shares=shares),
        Text(
            zh="若中标与地区无关，该比例预期为 {chance:.0%}，达到实际水平的概率为 {p:.1e}，错误发现率 {q:.1%}。",
            en="Were winning no matter of region, {chance:.0%} is expected; so much has probability {p:.1e}, false "
            "discovery rate {q:.1%}.",
        ).format(chance=test["chance"], p=test["p"], q=q),
    )
    return Lead(
        identity=numbered("bidder", list(members)),
        tier=Tier.C,
        entities=parties(members, tenders),
        reasons=reasons,
        innocent=(_logistics(world, test, params),),
        records=world.records(tenders, members),
        score=1 - q,
        rank=float(test["seen"] - test["chance"]) * len(tenders),
        period=(days.min().date(), days.max().date()) if len(days) else (None, None),
        statistics={
            "null": Text(
                zh="成员的中标概率与地区无关",
                en="a member's chance to win does not depend on the region",
            ),
            "p": test["p"],
            "q": q,
            "share": test["seen"],
            "expected_share": test["chance"],
        },
    )


def _logistics(world: Market, test: dict[str, Any], params: Parameters) -> Excuse:
    """Whether the members win where they are registered."""
    home = [world.of(member)["home"].iloc[0] for member in test["members"]]
    known = all(isinstance(place, str) for place in home)
    where = np.array([str(place) for place in home])[test["contests"].winner]
    share = float((where == test["place"]).mean())
    return verdict(
        "logistics_cost",
        share >= params.at_home if known else None,
        yes=Text(
            zh="成员中标的 {share:.0%} 在其登记所在地区，运距成本可以解释。",
            en="{share:.0%} of their wins lie where the winner is registered: the cost of distance explains it.",
        ).format(share=share),
        no=Text(
            zh="成员中标仅 {share:.0%} 在其登记所在地区，运距成本难以解释。",
            en="Only {share:.0%} of their wins lie where the winner is registered.",
        ).format(share=share),
        unknown=Text(zh="企业登记地区不详。", en="Where a firm is registered is unknown."),
    )


DETECTOR = Detector(
    id="market_split",
    family="bid_rigging",
    version=3,
    tiers=(Tier.C,),
    title=Text(zh="划分地盘", en="Divided territories"),
    question=Text(
        zh="在各地相互同场的企业，是否各自只在固定地区中标？",
        en="Do firms that bid in each other's regions win only in their own?",
    ),
    rule=Text(
        zh="两两同场不少于 {fewest_meetings} 次、重合度不低于 {overlap} 的 {smallest} 至 {largest} 家企业，各地区由固"
        "定一家中标的比例不低于 {own_share}，且高于 {draws} 次模拟（种子 {seed}）的预期，错误发现率不超过 "
        "{false_discovery} 的，列为 C 类疑点。{at_home} 以上在登记地中标的，视为运距成本所致。",
        en="Of {smallest} to {largest} firms that pairwise met at least {fewest_meetings} times, with an overlap of "
        "at least {overlap}, each region's strongest wins at least {own_share} of its tenders, more than {draws} "
        "simulated worlds (seed {seed}) give, at a false discovery rate of {false_discovery}. Where {at_home} of "
        "the wins lie at the winner's seat, distance explains it.",
    ),
    why=Text(
        zh="划分市场是串通的典型形式：企业到别人的地盘只陪标、不中标。",
        en="Dividing the market is a classic of rings: in another's territory a member bids to lose.",
    ),
    example=Text(
        zh="3 家企业在三县同场 30 次，各县均由固定一家中标：列为 C 类疑点。",
        en="Three firms met 30 times in three counties, and each county had one winner: a tier C lead.",
    ),
    legal_basis=("bidding_law_32", "bidding_regulation_39_3"),
    references=("OECD, Guidelines for Fighting Bid Rigging in Public Procurement, 2025",),
    innocent=(Innocent("logistics_cost", Text(zh="运距成本", en="The cost of distance")),),
    parameters=Parameters,
    identity=("bidder_n",),
    requires={
        "bids": ("bid_id", "tender_id", "bidder_id", "is_winner"),
        "tenders": ("tender_id", "region"),
    },
    uses={"orgs": ("region",)},
    select=BIDS,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_region": Text(zh="地区不详", en="no region"),
        "no_winner": Text(zh="中标人不详", en="no winner is known"),
    },
    blind=Text(
        zh="看不到按客户或产品而非地区的划分，也看不到从不到对方地盘投标的企业。",
        en="Splits by customer or product, and firms that never bid in another's territory.",
    ),
    max_share=0.1,
    relations=RELATIONS,
    libraries=("networkit",),
)

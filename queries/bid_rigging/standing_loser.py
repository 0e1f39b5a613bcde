"""Firms that bid much, win nothing, and lose to one and the same winner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
from pydantic import Field

from i18n import Text
from queries.collusion.market import BIDS, RELATIONS, Market, market, parties
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Excuse, Lead, Tier
from queries.statistics.discovery import benjamini_hochberg
from queries.statistics.winners import standing_losers
from queries.verdicts import verdict


class Parameters(Params):
    """Who is a standing loser, and how rare is rare."""

    fewest_bids: int = Field(10, ge=4, description="Bids that a firm made.")
    most_wins: float = Field(0.05, ge=0, lt=1, description="Share of its bids that it won at most.")
    fewest_losses: int = Field(4, ge=2, description="Tenders in which it met the winner without winning.")
    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of honest pairs among those flagged (Benjamini-Hochberg)."
    )
    newcomer_days: int = Field(730, ge=0, description="Days. A firm younger than this at its last bid is a newcomer.")


POPULATION = Sql("""
SELECT count(*) FILTER (WHERE bids >= $fewest_bids AND told) AS judged,
       count(*) FILTER (WHERE bids < $fewest_bids) AS few_bids,
       count(*) FILTER (WHERE bids >= $fewest_bids AND NOT told) AS no_winner
FROM (SELECT bidder_id, count(DISTINCT tender_id) AS bids,
             bool_or(tender_id IN (SELECT tender_id FROM entries WHERE is_winner)) AS told
      FROM entries WHERE status IS DISTINCT FROM 'withdrawn' GROUP BY bidder_id)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a pair of standing loser and winner."""
    world = market(rows)
    found = pd.DataFrame(
        standing_losers(
            world.bids.matrix,
            world.won,
            fewest_bids=params.fewest_bids,
            most_wins=params.most_wins,
            fewest_losses=params.fewest_losses,
        )
    )
    found["q"] = benjamini_hochberg(found["p"])
    names = world.names()
    for row in found[found["q"] <= params.false_discovery].itertuples():
        yield _lead(world, names, row, params)


def _lead(world: Market, names: pd.Series, row: object, params: Parameters) -> Lead:
    at = {
        name: getattr(row, name)
        for name in ("loser", "winner", "met", "lost_to", "elsewhere", "won_elsewhere", "p", "q")
    }
    loser, winner = (str(world.bids.bidders[int(at[name])]) for name in ("loser", "winner"))
    bid, won = world.entered[:, [int(at["loser"])]], world.carried[:, [int(at["winner"])]]
    together = np.intersect1d(bid.indices, won.indices)
    tenders = world.bids.tenders[together]
    own = world.of(loser)
    days = pd.to_datetime(world.tender["day"].iloc[together]).dropna()
    reasons = (
        Text(
            zh="{loser}投标 {bids} 次，中标 {wins} 次；与{winner}同场 {met} 次，其中 {lost} 次由后者中标。",
            en="{loser} bid {bids} times and won {wins}; it met {winner} {met} times, and {winner} won {lost} of them.",
        ).format(
            loser=names[loser],
            winner=names[winner],
            bids=own["tender_id"].nunique(),
            wins=int(own["is_winner"].sum()),
            met=int(at["met"]),
            lost=int(at["lost_to"]),
        ),
        Text(
            zh="{loser}不在场时，{winner}投标 {bids} 次、中标 {wins} 次；若前者是否参加与结果无关，上述次数出现的概率"
            "为 {p:.1e}，错误发现率为 {q:.1%}。",
            en="Without {loser} {winner} bid {bids} times and won {wins}; were {loser} no matter, so many would have "
            "probability {p:.1e}; the false discovery rate is {q:.1%}.",
        ).format(
            winner=names[winner],
            loser=names[loser],
            bids=int(at["elsewhere"]),
            wins=int(at["won_elsewhere"]),
            p=at["p"],
            q=at["q"],
        ),
    )
    return Lead(
        identity={"loser": loser, "winner": winner},
        tier=Tier.C,
        entities=parties((loser, winner), tenders),
        reasons=reasons,
        innocent=_excuses(own, world.of(winner), params),
        records=world.records(tenders, (loser, winner)),
        score=float(1 - at["q"]),
        rank=float(-np.log10(max(at["p"], 1e-300))),
        period=(days.min().date(), days.max().date()) if len(days) else (None, None),
        statistics={
            "null": Text(
                zh="贝塔二项分布：中标人中标的概率与该投标人是否参加无关",
                en="beta-binomial: the winner is as lucky with the loser as without it",
            ),
            "p": float(at["p"]),
            "q": float(at["q"]),
        },
    )


def _excuses(loser: pd.DataFrame, winner: pd.DataFrame, params: Parameters) -> tuple[Excuse, ...]:
    founded, last = loser["established_on"].iloc[0], pd.to_datetime(loser["day"]).max()
    young = None if pd.isna(founded) or pd.isna(last) else (last.date() - _date(founded)).days < params.newcomer_days
    sizes = loser["size"].iloc[0], winner["size"].iloc[0]
    small = None
    if not pd.isna(sizes[0]) and not pd.isna(sizes[1]):
        small = sizes[0] in ("small", "micro") and sizes[1] in ("large", "medium")
    return (
        verdict(
            "newcomer",
            young,
            yes=Text(zh="该企业在最后一次投标时成立不久。", en="The firm was new when it last bid."),
            no=Text(zh="该企业在最后一次投标时已成立多年。", en="The firm had existed for years when it last bid."),
            unknown=Text(zh="成立日期或投标日期不详。", en="Its date of establishment or of bidding is unknown."),
        ),
        verdict(
            "small_firm",
            small,
            yes=Text(zh="该企业为小微企业，中标人为大中型企业。", en="It is a small firm beside a larger winner."),
            no=Text(zh="两家企业规模相当，或该企业并非小微企业。", en="It is no small firm beside a larger one."),
            unknown=Text(zh="企业规模不详。", en="The size of one of the firms is unknown."),
        ),
    )


def _date(value: object) -> date:
    return pd.Timestamp(value).date()  # type: ignore[arg-type]


DETECTOR = Detector(
    id="standing_loser",
    family="bid_rigging",
    version=3,
    tiers=(Tier.C,),
    title=Text(zh="陪标专业户", en="Standing loser"),
    question=Text(
        zh="是否有企业频繁投标、几乎从不中标，且总是输给同一家？",
        en="Does a firm bid often, win almost nothing, and lose to one and the same winner?",
    ),
    rule=Text(
        zh="投标不少于 {fewest_bids} 次、中标率不超过 {most_wins} 的企业，与某一中标人同场且未中标不少于 "
        "{fewest_losses} 次，后者中标次数超过贝塔二项分布的预期，错误发现率不超过 {false_discovery} 的，列为 C 类疑"
        "点；最后一次投标时成立不足 {newcomer_days} 天的为新企业。",
        en="A firm with at least {fewest_bids} bids and at most {most_wins} of them won met a winner at least "
        "{fewest_losses} times without winning, and that winner won more of them than a beta-binomial draw gives, "
        "at a false discovery rate of {false_discovery}. Younger than {newcomer_days} days at its last bid it is a "
        "newcomer.",
    ),
    why=Text(
        zh="为凑足法定家数，串通方常由固定企业陪标；其报价只为衬托内定中标人。",
        en="A ring needs enough bids to be lawful; firms that only make up the number always lose to the chosen one.",
    ),
    example=Text(
        zh="白露市政投标 26 次未中一标，其中 24 次与青禾建设同场，青禾建设全部中标：列为 C 类疑点。",
        en="Bailu Municipal bid 26 times in vain, 24 times beside Qinghe Construction, which won all 24: a tier C "
        "lead.",
    ),
    legal_basis=("bidding_law_32", "bidding_regulation_39_3"),
    references=(
        "OECD, Guidelines for Fighting Bid Rigging in Public Procurement, 2025",
        "Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57, 289-300",
    ),
    innocent=(
        Innocent("newcomer", Text(zh="新成立企业", en="Newcomer")),
        Innocent("small_firm", Text(zh="小微企业", en="Small firm")),
    ),
    parameters=Parameters,
    identity=("loser", "winner"),
    requires={"bids": ("bid_id", "tender_id", "bidder_id", "is_winner")},
    uses={"orgs": ("established_on", "size"), "tenders": ("opened_at",)},
    select=BIDS,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="投标人", en="bidders"),
    not_judgeable={
        "few_bids": Text(zh="投标次数过少", en="too few bids"),
        "no_winner": Text(zh="其所投标段均没有中标人", en="none of its tenders has a winner"),
    },
    blind=Text(
        zh="看不到轮流坐庄的串通，也看不到每次更换陪标企业的串通。",
        en="Rings whose members take turns, and rings that change their losers every time.",
    ),
    max_share=0.02,
    relations=RELATIONS,
    libraries=("scipy.stats",),
)

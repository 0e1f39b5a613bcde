"""Groups of firms that keep meeting each other in tenders, more than chance and activity explain."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.collusion.market import BIDS, ORDER, RELATIONS, Market, market, parties
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Excuse, Lead, Tier, numbered
from queries.statistics.coalitions import coalition_screens
from queries.statistics.communities import peel
from queries.verdicts import verdict


class Parameters(Params):
    """What a group is, how it is tested, and when a trade is a niche."""

    smallest: int = Field(3, ge=3, description="Firms that a group needs.")
    largest: int = Field(12, ge=3, description="Firms that a group may have; larger communities are trades.")
    fewest_tenders: int = Field(50, ge=10, description="Tenders with two or more bidders that the network needs.")
    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of chance groups among those flagged (Benjamini-Hochberg)."
    )
    copies: int = Field(99, ge=19, le=999, description="Reshuffled networks that the groups are held against.")
    seed: int = Field(1, ge=0, description="Seed of Leiden and of the reshuffling.")
    niche: float = Field(
        0.8, gt=0, le=1, description="Share of a market's firms that a group must be for the market to be a niche."
    )


SELECT = Sql(f"{BIDS} {ORDER}")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE bidders > 1 AND tenders >= $fewest_tenders) AS judged,
       count(*) FILTER (WHERE bidders > 1 AND tenders < $fewest_tenders) AS few_tenders,
       count(*) FILTER (WHERE bidders = 1) AS single_bidder
FROM (SELECT bidders, count(*) FILTER (WHERE bidders > 1) OVER () AS tenders FROM tender_sizes)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a group, the strongest first taken off the network."""
    # The partners of a consortium meet by contract.
    rows = rows[~rows.duplicated(["tender_id", "unit"])]
    if not len(rows):
        return
    world = market(rows)
    if int((world.bids.size > 1).sum()) < params.fewest_tenders:
        return
    found, _ = peel(
        world.bids,
        world.stratum(),
        level=params.false_discovery,
        copies=params.copies,
        smallest=params.smallest,
        largest=params.largest,
        seed=params.seed,
    )
    names = world.names()
    for row in found.to_dict("records"):
        yield _lead(world, names, row, params)


def _lead(world: Market, names: pd.Series, row: Mapping[Hashable, Any], params: Parameters) -> Lead:
    members = tuple(str(m) for m in row["members"])
    figures = {k: float(row[k]) for k in ("together", "expected", "cohesion", "exclusivity", "stability", "p", "q")}
    inside = np.isin(world.bids.bidders, members).astype(np.float64)
    met = np.flatnonzero(np.asarray(world.bids.matrix @ inside).ravel() >= 2)
    tenders = world.bids.tenders[met]
    priced = world.rows[world.rows["price"].gt(0)]
    screen = coalition_screens(
        priced["tender_id"].to_numpy(), priced["bidder_id"].to_numpy(), priced["price"].astype(float), [members]
    ).iloc[0]
    days = pd.to_datetime(world.tender["day"].iloc[met]).dropna()
    reasons = [
        Text(
            zh="{names}在 {tenders} 个标段中两两同场 {together:.0f} 次，按各自活跃度预期为 {expected:.0f} 次。",
            en="{names} met each other {together:.0f} times, pair by pair, in {tenders} tenders; their activity "
            "explains {expected:.0f}.",
        ).format(names=listing(names[m] for m in members), tenders=len(met), **figures),
        Text(
            zh="凝聚度 {cohesion:.2f}，排他度 {exclusivity:.2f}，重抽样稳定度 {stability:.2f}。",
            en="Cohesion {cohesion:.2f}, exclusivity {exclusivity:.2f}, stability over resamples {stability:.2f}.",
        ).format(**figures),
        Text(
            zh="在保持活跃度和时间不变的随机网络中，如此紧密的群体占 {p:.1e}；错误发现率为 {q:.1%}。",
            en="Of the groups of random networks with the same activity and time, {p:.1e} are as tight; the false "
            "discovery rate is {q:.1%}.",
        ).format(**figures),
    ]
    if np.isfinite(screen["cv_median"]):
        reasons.append(
            Text(
                zh="群体内部报价变异系数的中位数为 {cv:.2%}。",
                en="Within the group the bids' coefficient of variation is {cv:.2%} in the middle.",
            ).format(cv=screen["cv_median"])
        )
    return Lead(
        identity=numbered("bidder", list(members)),
        tier=Tier.C,
        entities=parties(members, tenders),
        reasons=tuple(reasons),
        innocent=(_niche(world, members, met, params),),
        records=world.records(tenders, members),
        score=float(1 - figures["q"]),
        rank=float(row["score"]),
        period=(days.min().date(), days.max().date()) if len(days) else (None, None),
        statistics={"null": "bids dealt anew within category, region and year; Leiden on each", **figures},
    )


def _niche(world: Market, members: tuple[str, ...], met: npt.NDArray[np.int64], params: Parameters) -> Excuse:
    where = world.tender.iloc[met][["category", "region"]].drop_duplicates()
    firms = world.rows.merge(where, on=["category", "region"])["bidder_id"].nunique()
    known = bool(where["category"].ne("").all() and where["region"].ne("").all())
    values = {"own": len(members), "firms": firms}
    return verdict(
        "niche_trade",
        len(members) >= params.niche * firms if known else None,
        yes=Text(
            zh="该类别、该地区共有 {firms} 家企业投标，群体占 {own} 家，属小众行业。",
            en="Only {firms} firms bid in this trade and place, {own} of them this group: a niche.",
        ).format(**values),
        no=Text(
            zh="该类别、该地区共有 {firms} 家企业投标，群体仅 {own} 家。",
            en="{firms} firms bid in this trade and place, and the group is {own} of them.",
        ).format(**values),
        unknown=Text(zh="缺少标段类别或地区。", en="The tenders' category or region is unknown."),
    )


DETECTOR = Detector(
    id="cohesive_group",
    family="bid_rigging",
    version=1,
    tiers=(Tier.C,),
    title=Text(zh="抱团投标", en="Cohesive bidding group"),
    question=Text(
        zh="是否有企业结成紧密而排他的投标群体，同场次数远超偶然？",
        en="Do some firms form a tight, exclusive group that meets far more often than chance?",
    ),
    rule=Text(
        zh="在至少 {fewest_tenders} 个多家投标标段的同场网络中，以固定种子 {seed} 的 Leiden 算法寻找 {smallest} 至 "
        "{largest} 家的"
        "群体，与 {copies} 个按类别、地区、年度重新分配的随机网络中的群体比较，错误发现率不超过 {false_discovery} "
        "的列为 C 类"
        "疑点，由强到弱逐个剥离。群体占当地同类企业 {niche} 以上的，视为小众行业。",
        en="In the co-bidding network of at least {fewest_tenders} contested tenders, groups of {smallest} to "
        "{largest} "
        "firms found by Leiden (seed {seed}) are held against those of {copies} networks dealt anew within category, "
        "region and year; flagged at a false discovery rate of {false_discovery}, the strongest taken off first. A "
        "group "
        "of {niche} of a market's firms is a niche.",
    ),
    why=Text(
        zh="串通需要稳定的伙伴：成员反复同场，且少有外人。",
        en="A ring needs partners it can rely on: its members keep meeting, and few others come.",
    ),
    example=Text(
        zh="5 家企业两年内两两同场 310 次，随机预期 120 次，排他度 0.8：列为 C 类疑点。",
        en="Five firms met pairwise 310 times in two years where chance gives 120, exclusivity 0.8: a tier C lead.",
    ),
    legal_basis=("bidding_law_32",),
    references=(
        "Wachs & Kertész 2019, Scientific Reports 9, 10818",
        "Traag, Waltman & van Eck 2019, Scientific Reports 9, 5233",
        "Imhof & Wallimann 2021, International Review of Law and Economics 68, 106016",
    ),
    innocent=(Innocent("niche_trade", Text(zh="小众行业，企业本就不多", en="A niche trade with few firms")),),
    parameters=Parameters,
    identity=("bidder_n",),
    requires={"bids": ("bid_id", "tender_id", "bidder_id")},
    uses={"tenders": ("category", "region", "opened_at"), "bids": ("price", "consortium_id")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "few_tenders": Text(zh="多家投标的标段过少", en="too few contested tenders"),
        "single_bidder": Text(zh="仅一家投标", en="a single bidder"),
    },
    blind=Text(
        zh="看不到与众多外人同场的串通；整个市场只有少数企业时无法区分。",
        en="Rings that mix with many outsiders; and where a whole market is a few firms it cannot tell.",
    ),
    max_share=0.05,
    relations=RELATIONS,
)

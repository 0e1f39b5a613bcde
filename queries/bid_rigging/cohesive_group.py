"""Groups of firms that keep meeting each other in tenders, more than chance and activity explain."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy
from pydantic import Field

from i18n import Text, listing
from queries.collusion.market import BIDS, RELATIONS, Market, joined, market, parties
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Excuse, Lead, Ref, Tier, numbered
from queries.statistics.coalitions import coalition_screens
from queries.statistics.communities import peel
from queries.verdicts import verdict


class Parameters(Params):
    """What a group is, how it is tested, and when a trade is a niche."""

    smallest: int = Field(3, ge=3, description="Firms that a group needs.")
    largest: int = Field(12, ge=3, description="Firms that a group may have; larger communities are trades.")
    fewest_tenders: int = Field(50, ge=10, description="Tenders with two or more bidders that the network needs.")
    false_discovery: float = Field(0.05, gt=0, lt=1, description="Expected share of chance groups among those flagged.")
    copies: int = Field(
        99, ge=20, le=999, description="Reshuffled networks that the groups are held against; fewer for large data."
    )
    seed: int = Field(1, ge=0, description="Seed of Leiden and of the reshuffling.")
    niche: float = Field(
        0.8, gt=0, le=1, description="Share of a market's firms that a group must be for the market to be a niche."
    )


POPULATION = Sql("""
SELECT count(*) FILTER (WHERE bidders > 1 AND tenders >= $fewest_tenders) AS judged,
       count(*) FILTER (WHERE bidders > 1 AND tenders < $fewest_tenders) AS few_tenders,
       count(*) FILTER (WHERE bidders = 1) AS single_bidder
FROM tender_sizes, (SELECT count(*) FILTER (WHERE bidders > 1) AS tenders FROM tender_sizes)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a group, the strongest first taken off the network."""
    world = market(rows)
    # The partners of a consortium meet by contract.
    world = world.where(world.first_of_unit())
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
    if not len(found):
        return
    facts = _facts(world, [tuple(members) for members in found["members"]])
    for row, fact in zip(found.to_dict("records"), facts, strict=True):
        yield _lead(row, fact, params)


@dataclass(frozen=True, slots=True)
class _Fact:
    """What the records say of a group, beside its figures."""

    names: tuple[str, ...]
    tenders: npt.NDArray[np.str_]
    records: tuple[Ref, ...]
    period: tuple[date | None, date | None]
    cv: float
    rivals: int | None
    """Firms of the trades and places where the group met, itself included; unknown where those are."""


def _facts(world: Market, groups: list[tuple[str, ...]]) -> list[_Fact]:
    """The facts of all groups, each table read once."""
    at = np.searchsorted(world.bids.bidders, np.concatenate([np.array(group) for group in groups]))
    parts = np.split(at, np.cumsum([len(group) for group in groups])[:-1])
    own = np.isin(world.of_bidder, at)
    screens = coalition_screens(
        world.of_tender[own], world.of_bidder[own], world.prices()[own], [part.tolist() for part in parts]
    )
    group_of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    member = scipy.sparse.csr_array((np.ones(len(at)), (at, group_of)), shape=(len(world.bids.bidders), len(groups)))
    met = scipy.sparse.csc_array(world.bids.matrix @ member)
    rivals = _Rivals(world)
    names = world.names()
    facts = []
    for n, group in enumerate(groups):
        part = slice(met.indptr[n], met.indptr[n + 1])
        tender = np.sort(met.indices[part][met.data[part] >= 2])
        days = world.days[tender]
        days = days[~np.isnat(days)]
        facts.append(
            _Fact(
                names=tuple(names[m] for m in group),
                tenders=world.bids.tenders[tender],
                records=world.records(world.bids.tenders[tender], group),
                period=(pd.Timestamp(days.min()).date(), pd.Timestamp(days.max()).date())
                if len(days)
                else (None, None),
                cv=float(screens["cv_median"].iloc[n]),
                rivals=rivals.of(tender),
            )
        )
    return facts


class _Rivals:
    """The firms that bid in the trades and places of tenders."""

    def __init__(self, world: Market) -> None:
        where = [world.tender["category"], world.tender["region"]]
        self._place, names = joined(where, "|")
        self._known = np.logical_and.reduce([(column != "").to_numpy(dtype=bool) for column in where])
        self._firms = len(world.bids.bidders)
        self._there = np.unique(self._place[world.of_tender] * self._firms + world.of_bidder)
        self._begin = np.searchsorted(self._there, np.arange(len(names) + 1) * self._firms)

    def of(self, tenders: npt.NDArray[np.int64]) -> int | None:
        """How many firms bid in the categories and regions of the tenders; unknown where one of these is."""
        if not self._known[tenders].all():
            return None
        places = np.unique(self._place[tenders])
        spans = [self._there[self._begin[place] : self._begin[place + 1]] for place in places]
        return len(np.unique(np.concatenate(spans) % self._firms))


def _lead(row: Mapping[Hashable, Any], fact: _Fact, params: Parameters) -> Lead:
    members = tuple(str(m) for m in row["members"])
    figures = {k: float(row[k]) for k in ("together", "expected", "cohesion", "exclusivity", "stability", "p", "q")}
    reasons = [
        Text(
            zh="{names}在 {tenders} 个标段中两两同场 {together:.0f} 次，按各自活跃度预期为 {expected:.0f} 次。",
            en="{names} met each other {together:.0f} times, pair by pair, in {tenders} tenders; their activity "
            "explains {expected:.0f}.",
        ).format(names=listing(fact.names), tenders=len(fact.tenders), **figures),
        Text(
            zh="凝聚度 {cohesion:.2f}，排他度 {exclusivity:.2f}，重抽样稳定度 {stability:.2f}。",
            en="Cohesion {cohesion:.2f}, exclusivity {exclusivity:.2f}, stability over resamples {stability:.2f}.",
        ).format(**figures),
        Text(
            zh="在保持活跃度、市场和时间不变的随机网络中，如此紧密的群体占 {p:.1e}；错误发现率为 {q:.1%}。",
            en="Of the groups of random networks with the same activity, markets and time, {p:.1e} are as tight; the "
            "false discovery rate is {q:.1%}.",
        ).format(**figures),
    ]
    if np.isfinite(fact.cv):
        reasons.append(
            Text(
                zh="群体内部报价变异系数的中位数为 {cv:.2%}。",
                en="Within the group the bids' coefficient of variation is {cv:.2%} in the middle.",
            ).format(cv=fact.cv)
        )
    return Lead(
        identity=numbered("bidder", list(members)),
        tier=Tier.C,
        entities=parties(members, fact.tenders),
        reasons=tuple(reasons),
        innocent=(_niche(len(members), fact.rivals, params),),
        records=fact.records,
        score=float(np.clip(1 - figures["q"], 0, 1)),
        rank=float(row["score"]),
        period=fact.period,
        statistics={
            "null": Text(
                zh="在类别、地区、年度和封闭市场内重新随机分配投标，再分别进行 Leiden 社区划分",
                en="bids dealt anew within category, region, year and closed market; Leiden on each",
            ),
            **figures,
        },
    )


def _niche(own: int, firms: int | None, params: Parameters) -> Excuse:
    values = {"own": own, "firms": firms}
    return verdict(
        "niche_trade",
        None if firms is None else own >= params.niche * firms,
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
    version=3,
    tiers=(Tier.C,),
    title=Text(zh="抱团投标", en="Cohesive bidding group"),
    question=Text(
        zh="是否有企业结成紧密而排他的投标群体，同场次数远超偶然？",
        en="Do some firms form a tight, exclusive group that meets far more often than chance?",
    ),
    rule=Text(
        zh="在至少 {fewest_tenders} 个多家投标标段的同场网络中，以固定种子 {seed} 的 Leiden 算法寻找 {smallest} 至 "
        "{largest} 家的群体，与至多 {copies} 个随机网络中的群体比较（数据量大时不少于 20 个；投标在类别、地区、年度"
        "及网络自身显现的封闭市场内重新分配），错误发现率不超过 {false_discovery} 的列为 C 类疑点，由强到弱逐个"
        "剥离。群体占当地同类企业 {niche} 以上的，视为小众行业。",
        en="In the co-bidding network of at least {fewest_tenders} contested tenders, groups of {smallest} to "
        "{largest} firms found by Leiden (seed {seed}) are held against those of up to {copies} networks (at least 20 "
        "where the data are large), the bids dealt anew within category, region, year and the closed markets that the "
        "network shows; flagged at a false discovery rate of {false_discovery}, the strongest taken off first. A "
        "group of {niche} of a market's firms is a niche.",
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
    select=BIDS,
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
    libraries=("networkit",),
)

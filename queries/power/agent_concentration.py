"""Buyers whose tenders go to one agency far beyond its share of the market."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import scipy
from pydantic import Field

from i18n import Text
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Excuse, Lead, Ref, Tier
from queries.statistics.counts import concentration
from queries.statistics.discovery import benjamini_hochberg
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """How much, and how rare is rare."""

    fewest_tenders: int = Field(10, ge=3, description="Tenders that a buyer gave to agencies.")
    least_share: float = Field(0.5, gt=0, le=1, description="Share of the buyer's tenders that the agency has.")
    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of honest pairs among those flagged (Benjamini-Hochberg)."
    )
    random_from: date | None = Field(
        None, description="Day from which agencies are drawn at random here; a share that then falls is said so."
    )


SELECT = Sql("""
SELECT t.tender_id, t.buyer_id, t.agent_id, coalesce(t.category, '') || '/' || coalesce(t.region, '') AS stratum,
       CAST(coalesce(t.published_at, t.opened_at, CAST(t.awarded_on AS TIMESTAMP)) AS DATE) AS day, t._key AS key,
       b.name AS buyer_name, a.name AS agent_name, a.org_type AS agent_type
FROM tenders t LEFT JOIN parties b ON b.id = t.buyer_id LEFT JOIN parties a ON a.id = t.agent_id
WHERE t.agent_id IS NOT NULL
ORDER BY t.tender_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE tenders >= $fewest_tenders) AS judged,
       count(*) FILTER (WHERE tenders < $fewest_tenders) AS few_tenders
FROM (SELECT buyer_id, count(agent_id) AS tenders FROM tenders GROUP BY buyer_id)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a pair of buyer and agency."""
    rows = rows.sort_values("tender_id", kind="stable")
    pairs = concentration(rows["buyer_id"], rows["agent_id"], rows["stratum"], params.fewest_tenders)
    pairs["q"] = benjamini_hochberg(pairs["p"])
    flagged = pairs[(pairs["q"] <= params.false_discovery) & (pairs["count"] >= params.least_share * pairs["made"])]
    for _, pair in flagged.reset_index().iterrows():
        buyer, agent = pair["owner"], pair["choice"]
        buyers = rows[rows["buyer_id"] == buyer]
        yield _lead(buyers, buyers[buyers["agent_id"] == agent], pair, params)


def _lead(buyers: pd.DataFrame, own: pd.DataFrame, pair: Any, params: Parameters) -> Lead:
    first = own.iloc[0]
    buyer, agent = str(first["buyer_id"]), str(first["agent_id"])
    names = {"buyer": name(first, "buyer"), "agent": name(first, "agent")}
    values = {"n": int(pair["count"]), "made": int(pair["made"]), "expected": pair["expected"], **names}
    days = pd.to_datetime(own["day"]).dropna()
    reasons = [
        Text(
            zh="{buyer}委托代理的 {made} 个标段中，{n} 个委托{agent}；按该机构在同类市场的份额预期为 "
            "{expected:.1f} 个。",
            en="Of {made} tenders that {buyer} gave to agencies {n} went to {agent}; its share of the market gives "
            "{expected:.1f}.",
        ).format(**values),
        Text(
            zh="若委托与招标人无关，概率为 {p:.1e}，错误发现率 {q:.1%}。",
            en="Were the choice no matter of the buyer, so many have probability {p:.1e}, false discovery rate "
            "{q:.1%}.",
        ).format(p=pair["p"], q=pair["q"]),
    ]
    after = _after_draws(buyers, agent, params)
    if after is not None:
        reasons.append(after)
    return Lead(
        identity={"buyer": buyer, "agent": agent},
        tier=Tier.C,
        entities=(
            Entity(buyer, "org", "buyer"),
            Entity(agent, "org", "agent"),
            *(Entity(str(tender), "tender", "tender") for tender in own["tender_id"]),
        ),
        reasons=tuple(reasons),
        innocent=(_central(first["agent_type"]),),
        records=tuple(Ref("tenders", int(key)) for key in own["key"]),
        score=float(1 - pair["q"]),
        rank=float(-np.log10(max(pair["p"], 1e-300))),
        period=(days.min().date(), days.max().date()) if len(days) else (None, None),
        statistics={
            "null": Text(
                zh="泊松分布，按该代理机构在同类别、同地区其他采购人中的份额",
                en="Poisson, the agency's share among the other buyers of the same category and region",
            ),
            "p": float(pair["p"]),
            "q": float(pair["q"]),
            "expected": float(pair["expected"]),
        },
    )


def _after_draws(buyers: pd.DataFrame, agent: str, params: Parameters) -> Text | None:
    """How the share changed when agencies began to be drawn, where it fell beyond chance (Fisher)."""
    if params.random_from is None:
        return None
    dated = buyers[buyers["day"].notna()]
    late = pd.to_datetime(dated["day"]) >= pd.Timestamp(params.random_from)
    own = dated["agent_id"] == agent
    before, after = int((own & ~late).sum()), int((own & late).sum())
    p = float(scipy.stats.hypergeom.cdf(after, len(dated), int(own.sum()), int(late.sum()))) if late.any() else 1.0
    if p > params.false_discovery:
        return None
    return Text(
        zh="自 {day} 起改为随机抽取后，占比由 {before}/{early} 降为 {after}/{late}（概率 {p:.1e}）。",
        en="Since agencies are drawn at random ({day}) its share fell from {before} of {early} to {after} of {late} "
        "(probability {p:.1e}).",
    ).format(day=params.random_from, before=before, after=after, early=int((~late).sum()), late=int(late.sum()), p=p)


def _central(kind: object) -> Excuse:
    return verdict(
        "central_agency",
        kind in ("government", "institution") if isinstance(kind, str) else None,
        yes=Text(
            zh="该机构为集中采购机构或事业单位，集中采购目录内项目依法应当委托其代理。",
            en="It is a public central purchasing body, to which listed purchases must go by law.",
        ),
        no=Text(zh="该机构不是集中采购机构。", en="It is no public central purchasing body."),
        unknown=Text(zh="代理机构性质不详。", en="The nature of the agency is unknown."),
    )


DETECTOR = Detector(
    id="agent_concentration",
    family="power",
    version=1,
    tiers=(Tier.C,),
    title=Text(zh="代理业务过度集中", en="One agency gets all"),
    question=Text(
        zh="招标人的代理业务是否远超市场份额地集中于一家机构？",
        en="Do a buyer's tenders go to one agency far beyond its share of the market?",
    ),
    rule=Text(
        zh="委托代理不少于 {fewest_tenders} 个标段的招标人，一家机构占比不低于 {least_share}，且超过按其在同类别、同地"
        "区其他招标人中份额的预期，错误发现率不超过 {false_discovery} 的，列为 C 类疑点；给出随机抽取起始日 "
        "{random_from} 的，比较前后占比。",
        en="Of a buyer with at least {fewest_tenders} tenders given to agencies, one has at least {least_share}, more "
        "than its share among the other buyers of that category and region gives, at a false discovery rate of "
        "{false_discovery}. With {random_from}, the day draws begin, the shares before and after are compared.",
    ),
    why=Text(
        zh="红顶中介依附权力承揽业务，往往是操纵招标的通道。",
        en="An agency that lives off one office's favour is often the channel through which tenders are steered.",
    ),
    example=Text(
        zh="某局 40 个标段中 34 个委托同一机构，按市场份额预期 5 个：列为 C 类疑点。",
        en="One bureau gave 34 of 40 tenders to one agency where its market share gives 5: a tier C lead.",
    ),
    legal_basis=("business_environment_32",),
    references=("OECD, Guidelines for Fighting Bid Rigging in Public Procurement, 2025",),
    innocent=(Innocent("central_agency", Text(zh="集中采购机构", en="A central purchasing body")),),
    parameters=Parameters,
    identity=("buyer", "agent"),
    requires={"tenders": ("tender_id", "buyer_id", "agent_id")},
    uses={"tenders": ("category", "region", "published_at"), "orgs": ("org_type",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="招标人", en="buyers"),
    not_judgeable={"few_tenders": Text(zh="委托代理的标段过少", en="too few tenders given to agencies")},
    blind=Text(
        zh="看不到由多家关联机构分担的业务；当地只有一家机构时无从比较。",
        en="Work spread over tied agencies; and where a place has one agency only there is nothing to compare.",
    ),
    max_share=0.1,
    relations=("parties",),
    libraries=("scipy.stats",),
)

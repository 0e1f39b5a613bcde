"""Evaluators whose scores lift one bidder beyond the panel, tender after tender."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Excuse, Lead, Ref, Tier
from queries.statistics.counts import expert_leanings
from queries.statistics.discovery import benjamini_hochberg
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """How often, and how rare is rare."""

    fewest_tenders: int = Field(4, ge=2, description="Tenders in which the evaluator scored the bidder.")
    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of honest pairs among those flagged (Benjamini-Hochberg)."
    )
    best: float = Field(
        0.8, gt=0, le=1, description="Share of the tenders in which the other evaluators put the bidder first as well."
    )


SELECT = Sql("""
WITH scored AS (
  SELECT v.tender_id, v.expert_id, b.bidder_id, v.bid_id, v._key AS key,
         CAST(coalesce(v.total_score, v.technical_score) AS DOUBLE) AS score,
         coalesce(v.is_owner_rep, false) AS is_owner_rep
  FROM evaluations v JOIN bids b USING (bid_id) WHERE coalesce(v.total_score, v.technical_score) IS NOT NULL
),
often AS (
  SELECT expert_id, bidder_id FROM scored GROUP BY ALL HAVING count(DISTINCT tender_id) >= $fewest_tenders
),
panels AS (
  SELECT DISTINCT tender_id FROM scored SEMI JOIN often USING (expert_id, bidder_id)
)
SELECT s.tender_id, s.expert_id, s.bidder_id, s.score, s.key, s.is_owner_rep, n.name AS expert_name,
       p.name AS bidder_name, e.day
FROM scored s SEMI JOIN panels USING (tender_id) LEFT JOIN entries e USING (bid_id)
LEFT JOIN parties n ON n.id = s.expert_id LEFT JOIN parties p ON p.id = s.bidder_id
ORDER BY s.tender_id, s.expert_id, s.bidder_id, s.key
""")
"""The sheets of every panel on which some expert scored a bidder that it scored often enough to be judged."""

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE experts >= 3 AND bidders >= 3) AS judged,
       count(*) FILTER (WHERE experts < 3 OR bidders < 3) AS small_panel
FROM (SELECT v.tender_id, count(DISTINCT v.expert_id) AS experts, count(DISTINCT b.bidder_id) AS bidders
      FROM evaluations v JOIN bids b USING (bid_id)
      WHERE coalesce(v.total_score, v.technical_score) IS NOT NULL GROUP BY ALL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a pair of evaluator and bidder."""
    rows = rows.sort_values(["tender_id", "expert_id", "bidder_id", "key"], kind="stable")
    pairs = expert_leanings(
        rows["tender_id"], rows["expert_id"], rows["bidder_id"], rows["score"], params.fewest_tenders
    )
    pairs["q"] = benjamini_hochberg(pairs["p"])
    for _, pair in pairs[pairs["q"] <= params.false_discovery].reset_index().iterrows():
        expert, bidder = pair["expert"], pair["bidder"]
        own = rows[(rows["expert_id"] == expert) & (rows["bidder_id"] == bidder)]
        yield _lead(own, rows[rows["tender_id"].isin(own["tender_id"])], pair, params)


def _lead(own: pd.DataFrame, panel: pd.DataFrame, pair: Any, params: Parameters) -> Lead:
    first = own.iloc[0]
    expert, bidder = str(first["expert_id"]), str(first["bidder_id"])
    role = (
        Text(zh="业主代表", en="the owner's representative")
        if bool(own["is_owner_rep"].all())
        else Text(zh="评标专家", en="evaluator")
    )
    who, whom = name(first, "expert"), name(first, "bidder")
    days = pd.to_datetime(own["day"]).dropna()
    tenders = sorted(set(own["tender_id"].astype(str)))
    reasons = (
        Text(
            zh="{role_zh}{who}在 {n} 个标段为{whom}打分，扣除评委会对该投标人的均分和本人的宽严后，平均高出 "
            "{lift:.1f} 分。",
            en="In {n} tenders {role_en} {who} scored {whom} {lift:.1f} points above the panel, own severity taken "
            "off.",
        ).format(role_zh=role.zh, role_en=role.en, who=who, whom=whom, n=int(pair["tenders"]), lift=pair["lift"]),
        Text(
            zh="若打分偏差在投标人之间随机分布，z = {z:.1f}，概率 {p:.1e}，错误发现率 {q:.1%}。",
            en="Were such differences spread over the bidders by chance: z = {z:.1f}, probability {p:.1e}, false "
            "discovery rate {q:.1%}.",
        ).format(z=pair["z"], p=pair["p"], q=pair["q"]),
    )
    return Lead(
        identity={"expert": expert, "bidder": bidder},
        tier=Tier.C,
        entities=(
            Entity(expert, "person", "expert"),
            Entity(bidder, "org", "bidder"),
            *(Entity(tender, "tender", "tender") for tender in tenders),
        ),
        reasons=reasons,
        innocent=(_quality(panel, expert, bidder, params),),
        records=tuple(Ref("evaluations", int(key)) for key in own["key"]),
        score=float(1 - pair["q"]),
        rank=float(pair["z"]),
        period=(days.min().date(), days.max().date()) if len(days) else (None, None),
        statistics={
            "null": Text(
                zh="同一标段各投标人的评分残差可互换",
                en="remainders exchangeable between the bidders of a tender",
            ),
            "p": float(pair["p"]),
            "q": float(pair["q"]),
            "z": float(pair["z"]),
            "lift": float(pair["lift"]),
        },
    )


def _quality(panel: pd.DataFrame, expert: str, bidder: str, params: Parameters) -> Excuse:
    """Whether the others put the bidder first as well."""
    others = panel[panel["expert_id"] != expert].groupby(["tender_id", "bidder_id"])["score"].mean()
    best = others.groupby("tender_id").transform("max")
    first = (others >= best)[others.index.get_level_values("bidder_id") == bidder]
    values = {"first": int(first.sum()), "n": len(first)}
    return verdict(
        "quality_gap",
        bool(first.mean() >= params.best),
        yes=Text(
            zh="其他评委在 {n} 个标段中有 {first} 个也将该投标人评为第一，质量差距确实存在。",
            en="The other evaluators too put this bidder first in {first} of {n} tenders: it may simply be better.",
        ).format(**values),
        no=Text(
            zh="其他评委仅在 {n} 个标段中的 {first} 个将该投标人评为第一。",
            en="The other evaluators put this bidder first in {first} of {n} tenders only.",
        ).format(**values),
    )


DETECTOR = Detector(
    id="biased_expert",
    family="bid_rigging",
    version=1,
    tiers=(Tier.C,),
    title=Text(zh="评委倾向性打分", en="Evaluator leans to bidder"),
    question=Text(
        zh="是否有评标专家或业主代表在多个标段中持续抬高同一投标人的得分？",
        en="Does an evaluator or owner's representative keep lifting one bidder beyond the panel?",
    ),
    rule=Text(
        zh="同一评委对同一投标人打分不少于 {fewest_tenders} 个标段，扣除评委会均分和本人宽严后的偏差之和显著为正，错误"
        "发现率不超过 {false_discovery} 的列为 C 类疑点；其他评委在 {best} 以上的标段也评其第一的，视为质量差距。",
        en="An evaluator scored a bidder in at least {fewest_tenders} tenders, and the sum of what remains after the "
        "panel's mean and the own severity is too high, at a false discovery rate of {false_discovery}. Where the "
        "others put the bidder first in {best} of them, quality explains it.",
    ),
    why=Text(
        zh="评标委员会成员应当客观公正；长期偏向同一投标人，可能存在利益关联或受人请托。",
        en="Evaluators must be impartial; a lasting lean to one bidder may come from a tie or a request.",
    ),
    example=Text(
        zh="评委 P-9 在 6 个标段为白露市政打分，平均比评委会高 9 分，其他评委均未评其第一：列为 C 类疑点。",
        en="In six tenders P-9 scored Bailu Municipal nine points above the panel, which never put it first: a lead.",
    ),
    legal_basis=("bidding_regulation_46",),
    references=("Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57, 289-300",),
    innocent=(Innocent("quality_gap", Text(zh="质量差距确实存在", en="A real gap in quality")),),
    parameters=Parameters,
    identity=("expert", "bidder"),
    requires={"evaluations": ("tender_id", "expert_id", "bid_id"), "bids": ("bid_id", "bidder_id")},
    uses={"evaluations": ("total_score", "technical_score", "is_owner_rep")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "small_panel": Text(zh="评委或投标人不足三个", en="fewer than three evaluators or bidders"),
    },
    blind=Text(
        zh="看不到整个评委会一致的偏向，也看不到只出现一两次的偏向。",
        en="A panel that leans as one, and a lean that shows only once or twice.",
    ),
    max_share=0.05,
    relations=("parties", "entries"),
    libraries=("scipy.stats",),
)

"""Parties that draw more complaints than what they do explains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from i18n import Text
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Entity, Lead, Tier
from queries.statistics.counts import rate_excess
from queries.statistics.discovery import benjamini_hochberg
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """How many, and how rare is rare."""

    fewest_complaints: int = Field(4, ge=2, description="Complaints about the party.")
    fewest_peers: int = Field(20, ge=5, description="Parties of the same kind that a base rate needs.")
    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of ordinary parties among those flagged (Benjamini-Hochberg)."
    )
    incident_days: int = Field(3, ge=0, description="Days within which complaints count as one incident.")
    incident_share: float = Field(0.8, gt=0, le=1, description="Share of the complaints that make up one incident.")


SELECT = Sql("""
WITH deeds AS (
  SELECT bidder_id AS party_id, 'bidder' AS kind, tender_id AS deed FROM entries
  UNION ALL SELECT buyer_id, 'buyer', tender_id FROM tenders
  UNION ALL SELECT agent_id, 'agent', tender_id FROM tenders WHERE agent_id IS NOT NULL
),
exposure AS (
  SELECT party_id, arg_max(kind, (n, kind)) AS kind, CAST(sum(n) AS DOUBLE) AS exposure
  FROM (SELECT party_id, kind, count(DISTINCT deed) AS n FROM deeds GROUP BY ALL) GROUP BY party_id
),
counted AS (
  SELECT subject_id AS party_id, count(*) AS complaints,
         list(CAST(received_at AS DATE) ORDER BY complaint_id) AS days,
         -- list_distinct leaves out the null of complaints about no tender.
         list_sort(list_distinct(list(tender_id))) AS tenders,
         list({'table': 'complaints', 'key': _key} ORDER BY complaint_id) AS refs
  FROM complaints WHERE subject_id IS NOT NULL GROUP BY ALL
)
SELECT x.party_id, x.kind, x.exposure, coalesce(c.complaints, 0) AS complaints, c.days, c.tenders, c.refs,
       p.name AS party_name
FROM exposure x LEFT JOIN counted c USING (party_id) LEFT JOIN parties p ON p.id = x.party_id
ORDER BY x.party_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE active) AS judged, count(*) FILTER (WHERE NOT active) AS no_activity
FROM (SELECT DISTINCT subject_id, subject_id IN (SELECT bidder_id FROM entries) OR subject_id IN
             (SELECT buyer_id FROM tenders) OR subject_id IN (SELECT agent_id FROM tenders WHERE agent_id IS NOT NULL)
             AS active
      FROM complaints WHERE subject_id IS NOT NULL)
""")

KINDS = {
    "bidder": Text(zh="投标人", en="bidders"),
    "buyer": Text(zh="招标人", en="buyers"),
    "agent": Text(zh="代理机构", en="agencies"),
}


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a party."""
    rows = rows.sort_values("party_id", kind="stable").reset_index(drop=True)
    table = rows.join(rate_excess(rows["complaints"], rows["exposure"], rows["kind"], params.fewest_peers))
    table["q"] = benjamini_hochberg(table["p"])
    flagged = table[(table["q"] <= params.false_discovery) & (table["complaints"] >= params.fewest_complaints)]
    for _, row in flagged.iterrows():
        yield _lead(row, params)


def _lead(row: Any, params: Parameters) -> Lead:
    party = str(row["party_id"])
    days = pd.to_datetime(pd.Series(list(row["days"]))).dropna().sort_values()
    tenders = [str(tender) for tender in row["tenders"]] if isinstance(row["tenders"], list | np.ndarray) else []
    kind = KINDS[row["kind"]]
    reasons = (
        Text(
            zh="涉及{name}的投诉 {n} 件；按{kind_zh}的平均水平和其参与的 {deeds:.0f} 个标段，预期为 {expected:.1f} "
            "件。",
            en="{n} complaints name {name}; the rate of {kind_en} and its {deeds:.0f} tenders give {expected:.1f}.",
        ).format(
            name=name(row, "party"),
            n=int(row["complaints"]),
            kind_zh=kind.zh,
            kind_en=kind.en,
            deeds=row["exposure"],
            expected=row["expected"],
        ),
        Text(
            zh="在负二项零假设下概率为 {p:.1e}，错误发现率 {q:.1%}。",
            en="Under a negative binomial so many have probability {p:.1e}, false discovery rate {q:.1%}.",
        ).format(p=row["p"], q=row["q"]),
    )
    known = len(days) == int(row["complaints"])
    return Lead(
        identity={"party": party},
        tier=Tier.C,
        entities=(Entity(party, "org", "subject"), *(Entity(tender, "tender", "tender") for tender in tenders)),
        reasons=reasons,
        innocent=(
            verdict(
                "one_incident",
                _one_incident(days, params) if known else None,
                yes=Text(zh="投诉集中于数日之内，属同一事件。", en="The complaints came within days: one incident."),
                no=Text(zh="投诉分布于不同时间。", en="The complaints came at different times."),
                unknown=Text(zh="部分投诉的受理时间不详。", en="When some complaints came is unknown."),
            ),
        ),
        records=refs(row["refs"]),
        score=float(1 - row["q"]),
        rank=float(-np.log10(max(row["p"], 1e-300))),
        period=(days.min().date(), days.max().date()) if len(days) else (None, None),
        statistics={
            "null": Text(
                zh="负二项分布，按该类主体每标段的投诉率",
                en="negative binomial, rate of the party's kind per tender",
            ),
            "p": float(row["p"]),
            "q": float(row["q"]),
            "expected": float(row["expected"]),
            "dispersion": float(row["dispersion"]),
        },
    )


def _one_incident(days: pd.Series, params: Parameters) -> bool:
    """Whether most complaints came within a few days of each other."""
    at = days.to_numpy().astype("datetime64[D]").astype(np.int64)
    within = np.searchsorted(at, at + params.incident_days, side="right") - np.arange(len(at))
    return bool(within.max() >= params.incident_share * len(at))


DETECTOR = Detector(
    id="complaint_cluster",
    family="power",
    version=1,
    tiers=(Tier.C,),
    title=Text(zh="投诉集中", en="Complaints cluster"),
    question=Text(
        zh="对某一主体的投诉是否远多于其业务量所能解释？",
        en="Does a party draw far more complaints than its activity explains?",
    ),
    rule=Text(
        zh="投诉不少于 {fewest_complaints} 件的主体，与至少 {fewest_peers} 个同类主体按参与标段数计算的基准比较（负二"
        "项分布），错误发现率不超过 {false_discovery} 的列为 C 类疑点；{incident_share} 以上的投诉集中于 "
        "{incident_days} 日之内的，视为同一事件。",
        en="A party with at least {fewest_complaints} complaints is held against the rate per tender of at least "
        "{fewest_peers} parties of its kind (negative binomial); flagged at a false discovery rate of "
        "{false_discovery}. Where {incident_share} of them came within {incident_days} days, they are one incident.",
    ),
    why=Text(
        zh="投诉和 12345 工单往往最早反映问题；与其他疑点叠加时尤其值得关注。",
        en="Complaints and hotline calls see trouble first; beside other leads on the same party they weigh more.",
    ),
    example=Text(
        zh="某代理机构参与 30 个标段收到投诉 14 件，同类机构平均每 30 个标段 1 件：列为 C 类疑点。",
        en="An agency with 30 tenders drew 14 complaints where its peers draw one: a tier C lead.",
    ),
    legal_basis=(),
    references=("Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57, 289-300",),
    innocent=(Innocent("one_incident", Text(zh="同一事件引发", en="One incident")),),
    parameters=Parameters,
    identity=("party",),
    requires={"complaints": ("complaint_id", "subject_id"), "tenders": ("tender_id", "buyer_id")},
    uses={"bids": ("bidder_id",), "complaints": ("received_at", "tender_id")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="被投诉主体", en="parties complained of"),
    not_judgeable={"no_activity": Text(zh="没有可比的业务量", en="no activity to compare with")},
    blind=Text(
        zh="看不到无人敢投诉的问题；与其他疑点的叠加由疑点库按主体汇总。",
        en="Trouble that nobody dares to report. Other leads on the party are joined where findings are kept.",
    ),
    max_share=0.2,
    relations=("parties", "entries"),
    libraries=("scipy.stats",),
)

"""Low-ranking officials through whose hands far more money goes than through their peers'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Lead, Tier
from queries.statistics.counts import peer_outliers
from queries.statistics.discovery import benjamini_hochberg
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """Whose peers, how much, and how rare is rare."""

    high_ranks: tuple[str, ...] = Field(
        ("厅级", "局级", "处级", "县处级", "正处级", "副处级", "正厅级", "副厅级"),
        description="Ranks that are not low; their holders are not judged.",
    )
    fewest_peers: int = Field(8, ge=4, description="Officials of the same rank with money of their own to approve.")
    times: float = Field(5.0, gt=1, description="How many times what is typical of the peers the money must be.")
    false_discovery: float = Field(
        0.05, gt=0, lt=1, description="Expected share of ordinary officials among those flagged (Benjamini-Hochberg)."
    )
    predecessor: float = Field(
        0.5,
        gt=0,
        description="A predecessor in the post with this share of the money a year shows it goes with the post.",
    )


SELECT = Sql("""
WITH approved AS (
  SELECT approver_id AS person_id, payer_id AS org_id, amount, coalesce(approved_on, paid_on) AS day,
         {'table': 'payments', 'key': _key} AS ref
  FROM payments WHERE approver_id IS NOT NULL
  UNION ALL
  SELECT approver_id, buyer_id, amount, signed_on, {'table': 'contracts', 'key': _key}
  FROM contracts WHERE approver_id IS NOT NULL
  UNION ALL
  SELECT payee_id, payer_id, amount, paid_on, {'table': 'payments', 'key': _key}
  FROM payments WHERE payee_id IN (SELECT person_id FROM posts)
),
held_posts AS (
  SELECT a.*, o.title, o.rank
  FROM approved a JOIN posts o ON o.person_id = a.person_id AND held(o.valid_from, o.valid_to, a.day)
  WHERE o.rank IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY a.ref ORDER BY (o.org_id = a.org_id) DESC, o.org_id, o.title) = 1
)
SELECT h.person_id, h.rank, any_value(h.title ORDER BY h.day DESC, h.title) AS title,
       any_value(h.org_id ORDER BY h.day DESC, h.org_id) AS org_id, CAST(sum(h.amount) AS BIGINT) AS amount,
       count(*) AS acts, min(h.day) AS first_day, max(h.day) AS last_day,
       list(h.ref ORDER BY h.ref) AS refs, any_value(p.name) AS person_name
FROM held_posts h LEFT JOIN parties p ON p.id = h.person_id
WHERE h.amount > 0
GROUP BY h.person_id, h.rank
ORDER BY h.person_id, h.rank
""")

POPULATION = Sql("""
WITH officials AS (
  SELECT person_id, min(rank) AS rank FROM posts GROUP BY person_id
),
active AS (
  SELECT approver_id AS person_id FROM payments UNION SELECT approver_id FROM contracts
  UNION SELECT payee_id FROM payments
)
SELECT count(*) FILTER (WHERE rank IS NOT NULL AND NOT list_contains($high_ranks, rank)) AS judged,
       count(*) FILTER (WHERE rank IS NULL) AS no_rank,
       count(*) FILTER (WHERE list_contains($high_ranks, rank)) AS high_rank
FROM officials SEMI JOIN active USING (person_id)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead an official."""
    low = rows[~rows["rank"].isin(params.high_ranks)]
    low = low.sort_values(["person_id", "rank"], kind="stable").reset_index(drop=True)
    table = low.join(peer_outliers(low["amount"].astype(np.float64), low["rank"], params.fewest_peers))
    table["q"] = benjamini_hochberg(table["p"])
    flagged = table[(table["q"] <= params.false_discovery) & (table["times"] >= params.times)]
    for _, row in flagged.iterrows():
        yield _lead(row, table, params)


def _lead(row: Any, table: pd.DataFrame, params: Parameters) -> Lead:
    person, org = str(row["person_id"]), str(row["org_id"])
    first, last = (None if pd.isna(row[day]) else pd.Timestamp(row[day]).date() for day in ("first_day", "last_day"))
    reasons = (
        Text(
            zh="{name}（{rank}，{title}）经手审批或收取资金 {n} 笔，合计{amount_zh}，为同职级人员通常水平的 "
            "{times:.0f} 倍。",
            en="{n} sums, {amount_en} in all, were approved or received by {name} ({rank}, {title}): {times:.0f} "
            "times what is typical of that rank.",
        ).format(
            name=name(row, "person"),
            rank=row["rank"],
            title=row["title"] or "-",
            n=int(row["acts"]),
            amount_zh=money(int(row["amount"])).zh,
            amount_en=money(int(row["amount"])).en,
            times=row["times"],
        ),
        Text(
            zh="与同职级其他人员的对数金额比较，t = {t:.1f}，概率 {p:.1e}，错误发现率 {q:.1%}。",
            en="Against the log amounts of the others of that rank: t = {t:.1f}, probability {p:.1e}, false discovery "
            "rate {q:.1%}.",
        ).format(t=row["t"], p=row["p"], q=row["q"]),
    )
    return Lead(
        identity={"official": person, "rank": str(row["rank"])},
        tier=Tier.C,
        entities=(Entity(person, "person", "official"), Entity(org, "org", "body")),
        reasons=reasons,
        innocent=(_post(row, table, params),),
        records=refs(row["refs"]),
        score=float(1 - row["q"]),
        rank=float(row["t"]),
        amount=Amount(int(row["amount"])),
        period=(first, last),
        statistics={
            "null": Text(
                zh="与同职级其他人员相比，对数金额的学生 t 分布",
                en="Student's t of the log amount against the others of the same rank",
            ),
            "p": float(row["p"]),
            "q": float(row["q"]),
            "times": float(row["times"]),
        },
    )


def _post(row: Any, table: pd.DataFrame, params: Parameters) -> Any:
    """Whether who held the same post before had money of the same order a year."""
    others = table[
        (table["org_id"] == row["org_id"]) & (table["title"] == row["title"]) & (table["person_id"] != row["person_id"])
    ]
    yearly = others["amount"] / _years(others)
    own = float(row["amount"]) / float(_years(pd.DataFrame([row])).iloc[0])
    fits = bool((yearly >= params.predecessor * own).any()) if len(others) else None
    return verdict(
        "money_of_the_post",
        fits,
        yes=Text(
            zh="同一岗位的其他任职者每年经手金额与其相当，系岗位职责所致。",
            en="Others who held the same post handled as much a year: the money goes with the post.",
        ),
        no=Text(
            zh="同一岗位的其他任职者每年经手金额远低于其水平。",
            en="Others who held the same post handled far less a year.",
        ),
        unknown=Text(zh="没有同一岗位其他任职者的数据。", en="Nobody else in the same post is in the data."),
    )


def _years(rows: pd.DataFrame) -> pd.Series:
    days = (pd.to_datetime(rows["last_day"]) - pd.to_datetime(rows["first_day"])).dt.days
    return (days.fillna(0) / 365.25).clip(lower=1.0)


DETECTOR = Detector(
    id="petty_power",
    family="power",
    version=1,
    tiers=(Tier.C,),
    title=Text(zh="小官经手巨资", en="Petty power, big money"),
    question=Text(
        zh="是否有低职级人员经手的资金远超同职级人员？",
        en="Does far more money go through a low-ranking official than through peers?",
    ),
    rule=Text(
        zh="不属于 {high_ranks} 的公职人员，其审批或收取的资金合计与至少 {fewest_peers} 名同职级人员比较，为通常水平的"
        " {times} 倍以上且错误发现率不超过 {false_discovery} 的，列为 C 类疑点；同一岗位其他任职者每年经手金额达其 "
        "{predecessor} 的，视为岗位职责所致。",
        en="The money that an official of none of the ranks {high_ranks} approved or received is held against at "
        "least {fewest_peers} of the same rank: {times} times what is typical, at a false discovery rate of "
        "{false_discovery}. Where another holder of the post handled {predecessor} of it a year, it goes with the "
        "post.",
    ),
    why=Text(
        zh="小官巨贪多发生在资金集中、监督薄弱的基层岗位。",
        en="Great sums are often lost in small posts, where money is concentrated and nobody looks.",
    ),
    example=Text(
        zh="某镇财政所科员三年审批 8600 万元，同职级人员通常为 300 万元：列为 C 类疑点。",
        en="A clerk of a town's finance office approved 86 million in three years where clerks approve three: a lead.",
    ),
    legal_basis=(),
    references=("Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57, 289-300",),
    innocent=(Innocent("money_of_the_post", Text(zh="岗位职责所致", en="The money goes with the post")),),
    parameters=Parameters,
    identity=("official", "rank"),
    requires={"posts": ("person_id", "org_id", "rank"), "payments": ("payment_id", "approver_id", "amount")},
    uses={"contracts": ("approver_id",), "posts": ("title", "valid_from", "valid_to")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="公职人员", en="officials"),
    not_judgeable={
        "no_rank": Text(zh="职级不详", en="the rank is unknown"),
        "high_rank": Text(zh="职级较高，不属低职级", en="the rank is not low"),
    },
    blind=Text(
        zh="看不到借他人之手审批的资金；全部同职级人员经手金额都高时无从比较。",
        en="Money approved through another's hand; and where all peers handle much there is nothing to compare.",
    ),
    max_share=0.1,
    relations=("parties",),
    libraries=("scipy.stats",),
)

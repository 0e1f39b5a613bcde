"""A bidder tied to an evaluator of its tender."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from i18n import Text
from queries.affiliated_bidders.interests import LINKED, PARTIES_TOLD, TOLD, Reason, dated, interests
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Lead, Tier
from queries.relations.model import ref


class Parameters(Params):
    """The statute leaves nothing to set."""


SELECT = Sql(
    f"""
WITH panel AS (
  SELECT tender_id, expert_id, bool_and(coalesce(technical_score, commercial_score, price_score, total_score) IS NULL)
           AS unscored, min_by({ref("evaluations")}, _key) AS ref
  FROM evaluations GROUP BY ALL
),
-- Where nobody of a panel left scores, scores are not recorded, and say nothing of who sat on it.
seats AS (
  SELECT tender_id, expert_id, ref, unscored AND NOT bool_and(unscored) OVER (PARTITION BY tender_id) AS replaced
  FROM panel
),
behind AS (
  SELECT expert_id AS side_id, expert_id AS person_id, NULL AS title, NULL::DATE AS valid_from, NULL::DATE AS valid_to,
         min(ref) AS ref
  FROM panel GROUP BY expert_id
),
{LINKED},
-- An evaluator that bids itself needs no tie.
interested AS (
  SELECT * FROM linked
  UNION ALL
  SELECT expert_id, expert_id, NULL, expert_id, 'self', NULL, NULL, [] FROM panel GROUP BY expert_id
)
{TOLD}, v.replaced, list_prepend(v.ref, l.refs) AS refs
FROM entries e JOIN seats v ON v.tender_id = e.tender_id
JOIN interested l ON l.side_id = v.expert_id AND l.party_id = e.bidder_id
{PARTIES_TOLD}
WHERE e.day IS NOT NULL
ORDER BY e.tender_id, e.bidder_id, l.side_id, l.person_id, l.how, l.valid_from, l.valid_to, refs
"""
)

POPULATION = dated("SELECT tender_id FROM evaluations", "no_panel")

LAWS = ("bidding_law_37", "bidding_regulation_46", "procurement_regulation_9")

EXCUSES = (
    Reason(
        "expert_replaced",
        "replaced",
        fits=Text(
            zh="该专家未留下任何评分，应已回避或者被更换。",
            en="The expert left no scores: stood aside, or was replaced.",
        ),
        ruled_out=Text(zh="该专家参加了评分，或者评分未予记录。", en="The expert scored, or scores are not recorded."),
    ),
    Reason(
        "tie_at_another_time",
        "past",
        fits=Text(
            zh="开标日该关联已不再（或尚未）有效。", en="On the opening day the tie no longer, or not yet, held."
        ),
        ruled_out=Text(zh="关联在开标日有效。", en="The tie held on the opening day."),
    ),
)

SAID = Text(
    zh="评委{side}参加标段 {tender} 评标，与投标人{bidder}存在关联：{ties}。",
    en="{side} sat on the panel of tender {tender} and is tied to its bidder {bidder}: {ties}.",
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each evaluator of a tender and bidder of it that are tied."""
    yield from interests(rows, "expert", EXCUSES, SAID, LAWS, kind="person")


DETECTOR = Detector(
    id="tied_to_expert",
    family="affiliated_bidders",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="与评委有利害关系", en="Tied to an evaluator"),
    question=Text(
        zh="投标人是否与该标段的评标专家或者业主代表存在关联？",
        en="Is a bidder tied to an expert or owner's representative who evaluated the tender?",
    ),
    rule=Text(
        zh="开标日，评标委员会成员本人或者其亲属在投标人处任职、受雇或者持股，或者与其登记的联系方式相同，或者成员本人就是投标人。"
        "未留下评分的成员视为已更换，不计入。",
        en="On the opening day a member of the panel, or one's kin, holds an office or a share at a bidder, is "
        "employed there, or registers one contact with it, or a member is the bidder itself. A member who left no "
        "scores was replaced and does not count.",
    ),
    why=Text(
        zh="与投标人有利害关系的人不得进入评标委员会，已经进入的应当更换。",
        en="A person with an interest in a bidder may not sit on the panel and is to be replaced.",
    ),
    example=Text(
        zh="评委 P-40 为投标人青禾建设的监事，并为其打分：列为 B 类线索。",
        en="Evaluator P-40 is a supervisor of the bidder Qinghe Construction, and scored it: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=("评标专家和评标专家库管理办法（国家发展改革委令第26号）", "宜宾胡某案"),
    innocent=(
        Innocent("expert_replaced", Text(zh="专家已更换", en="The expert was replaced")),
        Innocent("tie_at_another_time", Text(zh="关联不在同一时期", en="A tie at another time")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder", "expert"),
    requires={"bids": ("tender_id", "bidder_id"), "evaluations": ("tender_id", "expert_id")},
    uses={
        "evaluations": ("technical_score", "commercial_score", "price_score", "total_score"),
        "roles": ("holder_id", "org_id", "kind", "share_pct", "valid_from", "valid_to"),
        "kinship": ("person_a", "person_b"),
        "contacts": ("owner_id", "kind", "value"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期", en="the tender has no date"),
        "no_panel": Text(zh="标段没有评标记录", en="the tender has no evaluation on record"),
    },
    blind=Text(
        zh="看不到师生、同学等未登记的关系，以及评标前的私下接触。",
        en="Teachers, classmates and other relations that are not registered, and contacts before the evaluation.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes", "ties"),
)

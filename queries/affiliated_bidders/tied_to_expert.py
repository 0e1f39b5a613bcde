"""A bidder tied to an evaluator of its tender."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.affiliated_bidders.interests import COUNTS, FORMER, LINKED, PARTIES_TOLD, TOLD, Reason, dated, interests
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Lead, Tier
from queries.relations.model import ref


class Parameters(Params):
    """How long a tie outlasts its end."""

    months: int = Field(
        36,
        ge=0,
        description="Months for which an own office or employment counts after it ended, under the procurement rules.",
    )


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
{FORMER},
-- An evaluator that bids itself needs no tie.
interested AS (
  SELECT * FROM linked
  UNION ALL
  SELECT * FROM former
  UNION ALL
  SELECT expert_id, expert_id, NULL, expert_id, 'self', NULL, NULL, [] FROM panel GROUP BY expert_id
  UNION ALL
  SELECT r.person_id, r.person_id, NULL, r.org_id, 'registered', r.valid_from, r.valid_to,
         [{ref("registrations", "r._key")}]
  FROM registrations r SEMI JOIN behind b ON b.person_id = r.person_id
  UNION ALL
  SELECT m.person_id, m.person_id, NULL, t.bidder_id, 'team_member', t.day, t.day, [{ref("bid_members", "m._key")}]
  FROM bid_members m SEMI JOIN behind b ON b.person_id = m.person_id JOIN entries t USING (bid_id)
)
{TOLD}, v.replaced, list_prepend(v.ref, l.refs) AS refs
FROM entries e JOIN seats v ON v.tender_id = e.tender_id
JOIN interested l ON l.side_id = v.expert_id AND l.party_id = e.bidder_id
{PARTIES_TOLD}
WHERE e.day IS NOT NULL AND {COUNTS}
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
        ruled_out=Text(
            zh="关联在开标日有效，或者终止未满政府采购回避年限。",
            en="The tie held on the opening day, or had ended within the years that procurement rules count.",
        ),
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
        zh="开标日，评标委员会成员本人或者其亲属在投标人处任职、受雇或者持股，或者与其登记的联系方式相同，或者成员本人注册"
        "在投标人处、列入其项目管理成员，或者就是投标人。适用政府采购法的，成员本人在投标人处的任职、受雇终止未满 "
        "{months} 个月的同样计入。未留下评分的成员视为已更换，不计入。",
        en="On the opening day a member of the panel, or one's kin, holds an office or a share at a bidder, is "
        "employed there, or registers one contact with it, or a member is registered as a professional with the bidder "
        "or stands in its project team, or is the bidder. Under the procurement rules an own office or employment "
        "counts for {months} months after it ended. A member who left no scores was replaced and does not count.",
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
        "registrations": ("person_id", "org_id"),
        "bid_members": ("bid_id", "person_id"),
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

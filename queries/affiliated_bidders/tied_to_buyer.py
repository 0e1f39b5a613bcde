"""A bidder tied to an official of the buyer with power over the tender, or to the buyer itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.affiliated_bidders.interests import COUNTS, FORMER, LINKED, PARTIES_TOLD, TOLD, Reason, dated, interests
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Lead, Tier
from queries.relations.model import ref


class Parameters(Params):
    """Whose ties count."""

    powers: tuple[Literal["approve", "pay", "evaluate", "supervise", "procure"], ...] = Field(
        ("approve", "pay", "evaluate", "supervise", "procure"),
        description="Powers of an official of the buyer, any of which is power over the tender.",
    )
    months: int = Field(
        36,
        ge=0,
        description="Months for which an own office or employment counts after it ended, under the procurement rules.",
    )
    recusal_words: tuple[str, ...] = Field(("回避",), description="Words of a disclosed item that name a recusal.")


SELECT = Sql(
    f"""
WITH behind AS (
  SELECT org_id AS side_id, person_id, title, valid_from, valid_to, {ref("posts")} AS ref FROM posts
  WHERE list_has_any(string_split(powers, ';'), $powers)
),
{LINKED},
{FORMER},
controlled AS (
  SELECT top_id AS side_id, top_id AS person_id, org_id AS party_id, 'holding' AS how, valid_from, valid_to, refs
  FROM chains WHERE control
  UNION ALL
  SELECT org_id, top_id, top_id, 'holding', valid_from, valid_to, refs FROM chains WHERE control
  UNION ALL
  SELECT parent_org_id, parent_org_id, org_id, 'parent_body', NULL, NULL, [{ref("orgs")}] FROM orgs
  WHERE parent_org_id IS NOT NULL
),
buyers AS (SELECT DISTINCT buyer_id, bidder_id FROM entries WHERE buyer_id <> bidder_id),
interest AS (
  SELECT l.* FROM (FROM linked UNION ALL FROM former) l
  SEMI JOIN buyers b ON b.buyer_id = l.side_id AND b.bidder_id = l.party_id
  UNION ALL
  SELECT c.side_id, c.person_id, NULL, c.party_id, c.how, c.valid_from, c.valid_to, c.refs
  FROM controlled c SEMI JOIN buyers b ON b.buyer_id = c.side_id AND b.bidder_id = c.party_id
),
recusals AS (
  SELECT DISTINCT org_id, ref_id FROM disclosures WHERE list_bool_or([contains(item, x) FOR x IN $recusal_words])
)
{TOLD}, l.refs, EXISTS (SELECT 1 FROM recusals c WHERE c.org_id = l.side_id AND c.ref_id = e.tender_id)
         AND l.person_id <> l.side_id AS recused
FROM entries e JOIN interest l ON l.side_id = e.buyer_id AND l.party_id = e.bidder_id
{PARTIES_TOLD}
WHERE e.day IS NOT NULL AND {COUNTS}
ORDER BY e.tender_id, e.bidder_id, l.side_id, l.person_id, l.how, l.valid_from, l.valid_to, l.refs
"""
)

POPULATION = dated(
    "SELECT tender_id FROM tenders "
    "SEMI JOIN (SELECT org_id FROM posts WHERE powers IS NOT NULL) o ON o.org_id = buyer_id",
    "no_officials",
)

LAWS = ("bidding_regulation_34_1", "procurement_regulation_9")

EXCUSES = (
    Reason(
        "post_at_another_time",
        "past",
        fits=Text(
            zh="开标日该人员不在任，或者其关联已不再（或尚未）有效。",
            en="On the opening day the official was not in office, or the tie did not hold.",
        ),
        ruled_out=Text(
            zh="任职在开标日有效，关联在开标日有效或者终止未满政府采购回避年限。",
            en="The office held on the opening day; the tie did so, too, or had ended within the years that "
            "procurement rules count.",
        ),
    ),
    Reason(
        "recused",
        "recused",
        fits=Text(zh="招标人已公开该标段相关人员回避。", en="The buyer disclosed that the official stood aside."),
        ruled_out=Text(zh="未见该标段的回避记录，或者关联涉及招标人本身。", en="There is no recusal for the tender."),
    ),
)

SAID = Text(
    zh="投标人{bidder}参加{side}的标段 {tender} 投标，与招标人一方存在关联：{ties}。",
    en="{bidder} bids for tender {tender} of {side} and is tied to the buyer's side: {ties}.",
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each bidder of a tender that is tied to the buyer's side."""
    yield from interests(rows, "buyer", EXCUSES, SAID, LAWS)


DETECTOR = Detector(
    id="tied_to_buyer",
    family="affiliated_bidders",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="与招标人有利害关系", en="Tied to the buyer"),
    question=Text(
        zh="投标人是否与招标人的有权人员，或者与招标人本身存在关联？",
        en="Is a bidder tied to an official of the buyer with power over the tender, or to the buyer itself?",
    ),
    rule=Text(
        zh="开标日，投标人与招标人具有 {powers} 任一职权的在任人员存在任职、持股、亲属或者联系方式的关联，或者与招标人"
        "之间存在控股、隶属关系；适用政府采购法的，上述人员本人在投标人处的任职、受雇终止未满 {months} 个月的同样计入。"
        "招标人公开事项含 {recusal_words} 且对应该标段的，视为已回避，不计入。",
        en="On the opening day the bidder is tied, by roles, shares, kin or a contact, to a person in office at the "
        "buyer with any of the powers {powers}, or buyer and bidder stand in a relation of control or subordination; "
        "under the procurement rules such a person's own office or employment at the bidder counts for {months} months "
        "after it ended. A disclosed item of the buyer with one of {recusal_words} for the tender is a recusal and "
        "does not count.",
    ),
    why=Text(
        zh="招标人一方的有权人员若与投标人有利害关系，就可能影响招标公正。法规禁止此类投标人参加。",
        en="An official with power over a tender who has an interest in a bidder may bend it; the statute bars such "
        "bidders.",
    ),
    example=Text(
        zh="县水务局局长的配偶持有青禾建设全部股权，青禾建设参加该局招标：列为 B 类线索。",
        en="The spouse of the director of the county water bureau owns Qinghe Construction, which bids to the bureau: "
        "a tier B lead.",
    ),
    legal_basis=LAWS,
    references=(
        "张洪宝、孙涛案，肖新国案：亲属企业在其主管单位中标",
        "OCP Red Flags Guide, conflict of interest, 2024",
    ),
    innocent=(
        Innocent("post_at_another_time", Text(zh="任职或关联不在同一时期", en="Office or tie at another time")),
        Innocent("recused", Text(zh="已回避", en="The official stood aside")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder", "buyer"),
    requires={
        "bids": ("tender_id", "bidder_id"),
        "tenders": ("tender_id", "buyer_id"),
        "posts": ("person_id", "org_id", "powers"),
    },
    uses={
        "posts": ("valid_from", "valid_to"),
        "roles": ("holder_id", "org_id", "kind", "share_pct"),
        "kinship": ("person_a", "person_b"),
        "contacts": ("owner_id",),
        "orgs": ("parent_org_id",),
        "disclosures": ("org_id", "item", "ref_id"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期", en="the tender has no date"),
        "no_officials": Text(zh="招标人的有权人员未知", en="no official of the buyer with power is known"),
    },
    blind=Text(
        zh="看不到未登记的亲属、代持，以及通过上级机关施加的影响。",
        en="Kin and nominees that are not registered, and influence through a higher body.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes", "ties", "stakes", "chains"),
)

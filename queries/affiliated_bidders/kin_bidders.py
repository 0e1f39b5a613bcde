"""Bidders of one tender whose principals are kin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.bidders import MEMBER, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Link, Tier
from queries.groups import CONSORTIUM, Account, Group, GroupExcuse, leads
from queries.relations.model import ref
from queries.wording import TIES

Relation = Literal["spouse", "parent", "child", "sibling", "in_law", "associate"]


class Parameters(Params):
    """Who is a principal, who is kin, and what open competition is."""

    relations: tuple[Relation, ...] = Field(
        ("spouse", "parent", "child", "sibling", "in_law", "associate"),
        description="Relations that connect; kinship without a stated relation always does.",
    )
    min_share: float = Field(25, gt=0, le=100, description="Percent. A shareholder is a principal from this share on.")
    rival_tenders: int = Field(6, ge=2, description="Tenders that both bid for, from which on kin are old rivals.")
    rival_years: float = Field(3, ge=0, description="Years between the first and the last of these tenders.")


SELECT = Sql(f"""
WITH principals AS (
  SELECT person_id, org_id, valid_from, valid_to, ref FROM heads
  UNION ALL
  SELECT holder_id, org_id, valid_from, valid_to, {ref("roles")} FROM roles
  WHERE kind = 'actual_controller' OR (kind = 'shareholder' AND share_pct >= $min_share)
),
kin AS (
  SELECT person_a, person_b, coalesce(relation, 'kin') AS relation, valid_from, valid_to, {ref("kinship")} AS ref
  FROM kinship WHERE relation IS NULL OR list_contains($relations, relation)
),
-- Firms of kin that ever met: a few pairs, looked up before their tenders.
firms AS (
  SELECT k.person_a, k.person_b, k.relation, a.org_id AS org_a, b.org_id AS org_b,
         greatest(k.valid_from, a.valid_from, b.valid_from) AS valid_from, least(k.valid_to, a.valid_to, b.valid_to)
           AS valid_to, [k.ref, a.ref, b.ref] AS refs
  FROM kin k JOIN principals a ON a.person_id = k.person_a
  JOIN principals b ON b.person_id = k.person_b AND b.org_id <> a.org_id
),
met AS (
  SELECT a.tender_id, f.person_a, f.person_b, f.relation, a.bid_id AS bid_a, b.bid_id AS bid_b, f.org_a, f.org_b,
         f.refs, NOT held(f.valid_from, f.valid_to, a.day) AS past
  FROM firms f JOIN entries a ON a.bidder_id = f.org_a JOIN entries b ON b.bidder_id = f.org_b
    AND b.tender_id = a.tender_id
  WHERE a.day IS NOT NULL
),
rivals AS (
  SELECT f.org_a, f.org_b, count(DISTINCT a.tender_id) AS tenders,
         date_diff('day', min(a.day), max(a.day)) / 365.25 AS years,
         bool_or(a.is_winner AND NOT b.is_winner) AND bool_or(b.is_winner AND NOT a.is_winner) AS each_won
  FROM (SELECT DISTINCT org_a, org_b FROM met) f JOIN entries a ON a.bidder_id = f.org_a
  JOIN entries b ON b.bidder_id = f.org_b AND b.tender_id = a.tender_id
  GROUP BY ALL
),
declared AS (
  SELECT org_id, min(published_on) AS day, arg_min(_key, (published_on, _key)) AS key FROM disclosures
  WHERE contains(item, '关联关系') AND published_on IS NOT NULL GROUP BY org_id
),
open_rivals AS (
  SELECT r.*, least(a.day, b.day) AS declared_on,
         CASE WHEN a.day <= coalesce(b.day, a.day) THEN a.key ELSE b.key END AS key
  FROM rivals r LEFT JOIN declared a ON a.org_id = r.org_a LEFT JOIN declared b ON b.org_id = r.org_b
),
sides AS (
  SELECT *, bid_a AS bid_id FROM met UNION ALL SELECT *, bid_b FROM met
)
SELECT {MEMBER},
       least(s.person_a, s.person_b) || ' ' || greatest(s.person_a, s.person_b) AS thing,
       least(s.person_a, s.person_b) AS one, greatest(s.person_a, s.person_b) AS other,
       kin_a.name AS one_name, kin_b.name AS other_name,
       min(s.relation) AS relation, bool_and(s.past) AS past,
       bool_and(coalesce(r.declared_on <= e.day, false) AND r.tenders >= $rival_tenders
                AND r.years >= $rival_years AND r.each_won) AS old_rivals,
       (SELECT count(*) = 0 FROM disclosures) AS undisclosed,
       flatten(list(list_concat(
         s.refs, CASE WHEN r.declared_on <= e.day THEN [{ref("disclosures", "r.key")}] ELSE [] END) ORDER BY s.refs)
       ) AS refs
FROM sides s JOIN entries e USING (bid_id) JOIN open_rivals r ON r.org_a = s.org_a AND r.org_b = s.org_b
LEFT JOIN parties p ON p.id = e.bidder_id
LEFT JOIN parties kin_a ON kin_a.id = least(s.person_a, s.person_b)
LEFT JOIN parties kin_b ON kin_b.id = greatest(s.person_a, s.person_b)
GROUP BY ALL
ORDER BY e.tender_id, e.bidder_id, thing, e.bid_id
""")

POPULATION = comparable("SELECT bid_id FROM entries SEMI JOIN heads ON org_id = bidder_id", "no_head", dated=True)

LAWS = ("bidding_law_32",)

EXCUSES = (
    GroupExcuse(
        "past_relation",
        "past",
        fits=Text(
            zh="开标日亲属关系、任职或者持股已不再（或尚未）有效。",
            en="On the opening day the kinship, the office or the share no longer, or not yet, held.",
        ),
        ruled_out=Text(
            zh="登记的亲属关系与任职、持股均在开标日有效。",
            en="The registered kinship, offices and shares held on the opening day.",
        ),
    ),
    GroupExcuse(
        "declared_competitors",
        "old_rivals",
        fits=Text(
            zh="双方已申报关联关系，且多年同场竞争、互有胜负。",
            en="They have declared the relation, and have competed for years, each winning from the other.",
        ),
        ruled_out=Text(
            zh="未见开标前的关联关系申报，或者双方没有多年互有胜负的竞争。",
            en="There is no declaration before the opening, or no years of competition with wins on both sides.",
        ),
        unknown="undisclosed",
        not_checkable=Text(zh="数据中没有申报、公开事项。", en="The data have no declarations."),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender whose principals are kin."""
    yield from leads(rows, EXCUSES, _account, LAWS)


def _account(group: Group) -> Account:
    columns = ("one", "other", "one_name", "other_name", "relation")
    pairs = sorted(set(group.rows.cells(*columns)))
    reason = Text(
        zh="{bidders}参加标段 {tender} 投标，其负责人或者主要股东为亲属：{kin}。",
        en="{bidders} bid for tender {tender}, and their principals are kin: {kin}.",
    ).format(bidders=group.names, tender=group.tender_id, kin=listing(_kin(*pair) for pair in pairs))
    return Account(
        reasons=(reason,),
        tier=Tier.B,
        entities=tuple(
            Entity(person, "person", "principal") for person in sorted({p for pair in pairs for p in pair[:2]})
        ),
        links=tuple(Link("KIN", one, other) for one, other in sorted({(pair[0], pair[1]) for pair in pairs})),
        score=0.9 if {pair[4] for pair in pairs} & {"spouse", "parent", "child"} else 0.7,
    )


def _kin(one: str, other: str, one_name: str | None, other_name: str | None, relation: str) -> Text:
    return Text(zh="{one}与{other}（{relation}）", en="{one} and {other} ({relation})").format(
        one=one_name or one, other=other_name or other, relation=TIES[relation]
    )


DETECTOR = Detector(
    id="kin_bidders",
    family="affiliated_bidders",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="亲属企业同投", en="Bidders headed by kin"),
    question=Text(
        zh="同一标段的不同投标人，其负责人、实际控制人或者主要股东是否为亲属？",
        en="Are the heads, controllers or main shareholders of different bidders of a tender kin?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，其法定代表人、实际控制人或者持股不低于 {min_share}% 的股东，在开"
        "标日具有 {relations} 关系。已申报关联关系，且在 {rival_years} 年以上、不少于 {rival_tenders} 个标段中互有胜负"
        "的，不计入。",
        en="In one tender, the legal representatives, controllers or shareholders from {min_share} % on of two or more "
        "bidders that are no consortium are, on the opening day, related ({relations}). Those who declared it and won "
        "from each other over {rival_years} years and at least {rival_tenders} tenders do not count.",
    ),
    why=Text(
        zh="亲属分别注册企业同场投标，是规避“负责人为同一人”的常见做法。",
        en="Firms in the names of relatives are a usual way around the ban on one head behind several bidders.",
    ),
    example=Text(
        zh="青禾建设、白露市政的法定代表人为兄弟，两家投同一标段：列为 B 类线索。",
        en="Brothers head Qinghe Construction and Bailu Municipal, and both bid for one lot: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=("OCP Red Flags Guide R044, 2024",),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("past_relation", Text(zh="关系已不再有效", en="A relation that no longer holds")),
        Innocent("declared_competitors", Text(zh="已申报且长期竞争", en="Declared, and competing for years")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("tender_id", "bidder_id"), "kinship": ("person_a", "person_b")},
    uses={
        "roles": ("holder_id", "org_id", "kind", "share_pct", "valid_from", "valid_to"),
        "orgs": ("legal_rep_id",),
        "kinship": ("relation", "valid_from", "valid_to"),
        "disclosures": ("org_id", "item", "published_on"),
        "bids": ("consortium_id", "price", "rank", "is_winner"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期，无法核对关系期间", en="the tender has no date to check the relation against"),
        "no_head": Text(zh="少于两家投标人的负责人已知", en="the heads of fewer than two bidders are known"),
    },
    blind=Text(
        zh="看不到未登记的亲属关系，以及更远的亲属。",
        en="Kinship that is not registered, and more distant kin.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners", "heads"),
)

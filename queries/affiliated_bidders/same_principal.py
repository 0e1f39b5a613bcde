"""Bidders of one tender with one legal representative or head."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from i18n import Text, listing
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Link, Tier
from queries.groups import CONSORTIUM, GroupExcuse, groups


class Parameters(Params):
    """The statute leaves nothing to set."""


SELECT = Sql("""
WITH headed AS (
  SELECT e.tender_id, e.day, e.bidder_id, e.bid_id, e.bid_key, e.consortium_id, h.person_id, h.ref,
         held(h.valid_from, h.valid_to, e.day) AS current
  FROM entries e JOIN heads h ON h.org_id = e.bidder_id WHERE e.day IS NOT NULL
),
-- A past term is kept only where no current one of the same person at the same bidder makes it irrelevant.
terms AS (
  SELECT * FROM headed QUALIFY current OR NOT bool_or(current) OVER (PARTITION BY tender_id, bidder_id, person_id)
),
met AS (
  SELECT tender_id, person_id FROM terms GROUP BY ALL HAVING min(bidder_id) <> max(bidder_id)
)
SELECT t.tender_id, t.day, t.bidder_id, p.name AS bidder_name, t.bid_id, t.bid_key, t.consortium_id,
       (SELECT count(consortium_id) > 0 FROM entries) AS consortia_known,
       t.person_id AS thing, n.name AS person_name, NOT t.current AS past,
       coalesce(contains(d._derived, 'person_id'), false) AS by_name, list(t.ref ORDER BY t.ref) AS refs
FROM terms t SEMI JOIN met USING (tender_id, person_id)
LEFT JOIN parties p ON p.id = t.bidder_id LEFT JOIN parties n ON n.id = t.person_id
LEFT JOIN persons d ON d.person_id = t.person_id
GROUP BY ALL
ORDER BY t.tender_id, t.bidder_id, t.person_id, t.bid_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE day IS NOT NULL AND known > 1) AS judged,
       count(*) FILTER (WHERE day IS NULL) AS no_date,
       count(*) FILTER (WHERE day IS NOT NULL AND known <= 1) AS no_head
FROM (SELECT s.tender_id, s.day, count(DISTINCT e.bidder_id) FILTER (WHERE h.org_id IS NOT NULL) AS known
      FROM tender_sizes s JOIN entries e USING (tender_id)
      LEFT JOIN (SELECT DISTINCT org_id FROM heads) h ON h.org_id = e.bidder_id
      WHERE s.bidders > 1 GROUP BY ALL)
""")

EXCUSES = (
    GroupExcuse(
        "past_role",
        "past",
        fits=Text(
            zh="该人员在开标日不再（或尚未）担任其中一家的负责人。",
            en="On the opening day the person no longer, or not yet, headed one of them.",
        ),
        ruled_out=Text(
            zh="登记的任职期间均包含开标日。", en="Each registered term of office includes the opening day."
        ),
    ),
    GroupExcuse(
        "namesakes",
        "namesake",
        fits=Text(zh="为同名不同人。", en="They are two persons of one name."),
        ruled_out=Text(
            zh="各单位登记的是同一人员编号，而非仅姓名相同。",
            en="The registers name one person by id, not merely one name.",
        ),
        unknown="by_name",
        not_checkable=Text(
            zh="人员编号由姓名推定，无法排除同名。",
            en="The person's id was derived from the name: namesakes are possible.",
        ),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender that heads connect."""
    if not len(rows):
        return
    # Namesakes have different ids, so no row of the select is one; the column lets the verdict be given.
    for group in groups(rows.assign(namesake=False)):
        standing = group.standing(EXCUSES)
        shown = standing if len(standing) else group.rows
        heads = shown.drop_duplicates("thing")
        names = listing(
            n if isinstance(n, str) else t for n, t in zip(heads["person_name"], heads["thing"], strict=True)
        )
        reason = Text(
            zh="{bidders}参加标段 {tender} 投标，负责人均为{head}。",
            en="{bidders} bid for tender {tender}, and {head} heads each of them.",
        ).format(bidders=group.names, tender=group.tender_id, head=names)
        yield Lead(
            identity=group.identity,
            tier=Tier.A,
            entities=(*group.entities(), *(Entity(str(person), "person", "head") for person in heads["thing"])),
            reasons=(reason,),
            innocent=group.verdicts(standing, EXCUSES),
            records=group.records(),
            links=(
                *group.links(),
                *(
                    Link("ROLE", str(person), str(bidder))
                    for person, bidder in sorted(set(zip(group.rows["thing"], group.rows["bidder_id"], strict=True)))
                ),
            ),
            rank=float(len(group.bidders)),
            period=(group.day, group.day),
        )


DETECTOR = Detector(
    id="same_principal",
    family="affiliated_bidders",
    version=1,
    tiers=(Tier.A,),
    title=Text(zh="负责人为同一人", en="One head, several bidders"),
    question=Text(
        zh="同一标段的不同投标人，单位负责人是否为同一人？",
        en="Do different bidders of one tender have one and the same head?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，在开标日的法定代表人为同一人员编号。",
        en=(
            "In one tender, two or more bidders that are no consortium have, on the opening day, one person as "
            "legal representative."
        ),
    ),
    why=Text(
        zh="单位负责人相同的单位之间不存在真正的竞争，法规直接禁止其参加同一标段投标。",
        en="Between units with one head there is no competition; the statute bars them from the same lot.",
    ),
    example=Text(
        zh="甲一建筑与乙一建筑投同一标段，法定代表人均为人员 P-07：列为 A 类疑点。",
        en="Jiayi Building and Yiyi Building bid for one lot, and person P-07 is the legal representative of both: a "
        "tier A lead.",
    ),
    legal_basis=("bidding_regulation_34_2", "procurement_regulation_18_1"),
    references=("OCP Red Flags Guide R044, 2024",),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("past_role", Text(zh="已离任或尚未到任", en="A past or later term")),
        Innocent("namesakes", Text(zh="同名不同人", en="Namesakes")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("tender_id", "bidder_id"), "roles": ("holder_id", "org_id", "kind")},
    uses={"orgs": ("legal_rep_id",), "roles": ("valid_from", "valid_to"), "bids": ("consortium_id",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期，无法核对任期", en="the tender has no date to check terms of office against"),
        "no_head": Text(zh="少于两家投标人的负责人已知", en="the heads of fewer than two bidders are known"),
    },
    blind=Text(zh="看不到由他人代持的实际负责人。", en="Heads who act through a nominee."),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "heads"),
)

"""Bidders of one tender with one legal representative or head."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from i18n import Text
from queries.bidders import SHARED_PERSON, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Tier
from queries.groups import CONSORTIUM, NAMESAKES, PAST_ROLE, Account, Group, leads


class Parameters(Params):
    """The statute leaves nothing to set."""


SELECT = Sql(
    """
WITH shared AS (
  SELECT * FROM heads SEMI JOIN (SELECT person_id FROM heads GROUP BY person_id HAVING min(org_id) <> max(org_id))
    USING (person_id)
),
-- Bids of firms for which the register names two heads on one day, though only one can be: one of them had left.
contested AS (
  SELECT e.bid_id FROM entries e JOIN (SELECT * FROM heads SEMI JOIN shared USING (org_id)) h
    ON h.org_id = e.bidder_id AND held(h.valid_from, h.valid_to, e.day)
  GROUP BY e.bid_id HAVING min(h.person_id) <> max(h.person_id)
),
terms AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, h.person_id, 'legal_rep' AS how, h.ref,
         NOT held(h.valid_from, h.valid_to, e.day) AS past, false AS by_name,
         e.bid_id IN (SELECT bid_id FROM contested) AS contested
  FROM entries e JOIN shared h ON h.org_id = e.bidder_id WHERE e.day IS NOT NULL
),
"""
    + SHARED_PERSON
)

POPULATION = comparable("SELECT bid_id FROM entries SEMI JOIN heads ON org_id = bidder_id", "no_head", dated=True)

LAWS = ("bidding_regulation_34_2", "procurement_regulation_18_1")

EXCUSES = (
    replace(
        PAST_ROLE,
        unknown="contested",
        not_checkable=Text(
            zh="登记信息显示其中一家在开标日有两名负责人，无法确认该人员当时是否已离任。",
            en="For the opening day the register names two heads of one of them: the person may have left by then.",
        ),
        gap="contested",
    ),
    NAMESAKES,
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender that heads connect."""
    yield from leads(rows, EXCUSES, _account, LAWS)


def _account(group: Group) -> Account:
    reason = Text(
        zh="{bidders}参加标段 {tender} 投标，负责人均为{head}。",
        en="{bidders} bid for tender {tender}, and {head} heads each of them.",
    ).format(bidders=group.names, tender=group.tender_id, head=group.named("thing", "person_name"))
    return Account(
        reasons=(reason,),
        tier=Tier.B if all(group.rows["by_name"]) else Tier.A,
        entities=tuple(Entity(person, "person", "head") for person in group.things),
        links=group.thing_links("ROLE"),
    )


DETECTOR = Detector(
    id="same_principal",
    family="affiliated_bidders",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="负责人为同一人", en="One head, several bidders"),
    question=Text(
        zh="同一标段的不同投标人，单位负责人是否为同一人？",
        en="Do different bidders of one tender have one and the same head?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，在开标日的法定代表人为同一人员编号。任期未登记终止日的，至下一任到任前"
        "一日止；同日登记有两名法定代表人的，列为 B 类。",
        en=(
            "In one tender, two or more bidders that are no consortium have, on the opening day, one person as "
            "legal representative. A term without an end ends when the next one begins; where two are registered for "
            "one day, the finding is tier B."
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
    legal_basis=LAWS,
    references=("OCP Red Flags Guide R044, 2024",),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("past_role", Text(zh="已离任或尚未到任", en="A past or later term")),
        Innocent("namesakes", Text(zh="同名不同人", en="Namesakes")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("tender_id", "bidder_id"), "roles": ("holder_id", "org_id", "kind")},
    uses={"orgs": ("legal_rep_id",), "roles": ("valid_from", "valid_to"), "bids": ("consortium_id", "price", "rank")},
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
    relations=("parties", "entries", "tender_sizes", "unnamed_partners", "heads"),
)

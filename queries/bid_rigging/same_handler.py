"""Bidders of one tender whose bids one person handled, or is to be contacted about."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.bidders import SHARED_PERSON, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Tier
from queries.groups import CONSORTIUM, NAMESAKES, Account, Group, leads
from queries.relations.model import ref

Part = Literal["handler", "contact"]

PARTS: dict[str, Text] = {
    "handler": Text(zh="投标办理人员", en="handler"),
    "contact": Text(zh="联系人员", en="contact person"),
}


class Parameters(Params):
    """Which part a local rule calls fact or lead is a matter of the rule profile."""

    fact_parts: tuple[Part, ...] = Field(
        ("handler", "contact"), description="Parts of a common person that are a statutory fact (tier A)."
    )
    lead_parts: tuple[Part, ...] = Field((), description="Parts of a common person that are a lead (tier B).")


SELECT = Sql(
    f"""
WITH parts AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, b.handler_id AS person_id, 'handler' AS how,
         coalesce(contains(b._derived, 'handler_id'), false) AS by_name, {ref("bids", "b._key")} AS ref
  FROM entries e JOIN bids b USING (bid_id) WHERE b.handler_id IS NOT NULL
  UNION ALL
  SELECT e.tender_id, e.bidder_id, e.bid_id, m.person_id, m.role,
         coalesce(contains(m._derived, 'person_id'), false), {ref("bid_members", "m._key")}
  FROM entries e JOIN bid_members m USING (bid_id) WHERE m.role = 'contact'
),
terms AS (
  SELECT *, false AS past FROM parts WHERE list_contains($fact_parts, how) OR list_contains($lead_parts, how)
),
"""
    + SHARED_PERSON
)

POPULATION = comparable(
    "SELECT bid_id FROM bids WHERE handler_id IS NOT NULL UNION SELECT bid_id FROM bid_members WHERE role = 'contact'",
    "no_handler",
)

LAWS = ("bidding_regulation_40_2", "order_87_37")

EXCUSES = (NAMESAKES,)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender that handlers or contact persons connect."""
    yield from leads(rows, EXCUSES, partial(_account, params=params), LAWS)


def _account(group: Group, params: Parameters) -> Account:
    parts = {part for cell in group.rows["hows"] for part in cell}
    known = [cell for cell, by_name in group.rows.cells("hows", "by_name") if not by_name]
    fact = any(part in params.fact_parts for cell in known for part in cell)
    reason = Text(
        zh="{bidders}参加标段 {tender} 投标，{part}均为{person}。",
        en="{bidders} bid for tender {tender} with one {part}, {person}.",
    ).format(
        bidders=group.names,
        tender=group.tender_id,
        part=listing(PARTS[part] for part in PARTS if part in parts),
        person=group.named("thing", "person_name"),
    )
    return Account(
        reasons=(reason,),
        tier=Tier.A if fact else Tier.B,
        entities=tuple(Entity(person, "person", "handler") for person in group.things),
        links=group.thing_links("HANDLED_FOR"),
    )


DETECTOR = Detector(
    id="same_handler",
    family="bid_rigging",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="同一人办理投标", en="One handler, several bidders"),
    question=Text(
        zh="同一标段的不同投标人，投标办理人员或联系人员是否为同一人？",
        en="Is one person the handler or contact person of several bidders of a tender?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，其投标办理人员或联系人员为同一人员编号。属于 {fact_parts} 的"
        "列为 A 类，属于 {lead_parts} 的列为 B 类；人员编号由姓名推定的，一律列为 B 类。",
        en="In one tender, two or more bidders that are no consortium have one person, by id, as handler or contact "
        "person. Parts named in {fact_parts} are tier A, those in {lead_parts} tier B; so is every person whose id was "
        "derived from the name.",
    ),
    why=Text(
        zh="独立的投标人不会把投标交给同一人办理。法规将其列为视为串通的情形。",
        en="Independent bidders do not give their bids into one hand; the statute deems it collusion.",
    ),
    example=Text(
        zh="青禾建设、白露市政投同一标段，两家投标的办理人员均为人员 P-21：列为 A 类疑点。",
        en="Qinghe Construction and Bailu Municipal bid for one lot, and person P-21 handled both bids: a tier A lead.",
    ),
    legal_basis=LAWS,
    references=("OCP Red Flags Guide R044, 2024", "内蒙古 511 号文：联系人相同的投标无效"),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("namesakes", Text(zh="同名不同人", en="Namesakes")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("bid_id", "tender_id", "bidder_id", "handler_id")},
    uses={"bids": ("consortium_id", "price", "rank"), "bid_members": ("bid_id", "person_id", "role")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_handler": Text(zh="少于两家投标人的办理人员已知", en="the handlers of fewer than two bidders are known")
    },
    blind=Text(
        zh="看不到以他人名义登记的办理人员，也看不到未登记的中间人。",
        en="Handlers registered under other names, and go-betweens who are not registered.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners"),
)

"""Bidders of one tender with a common phone, e-mail, address or account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pandas as pd
from pydantic import Field

from graph.schema import USED_CONTACTS
from i18n import Text, listing
from queries.bidders import MEMBER, SPREAD, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Link, Tier
from queries.groups import CONSORTIUM, Account, Group, GroupExcuse, leads

KINDS: dict[str, Text] = {
    "phone": Text(zh="电话", en="phone"),
    "email": Text(zh="电子邮箱", en="e-mail"),
    "address": Text(zh="地址", en="address"),
    "account": Text(zh="账户", en="account"),
}


class Parameters(Params):
    """When a contact is too common to mean anything."""

    kinds: tuple[Literal["phone", "email", "address", "account"], ...] = Field(
        ("phone", "email", "address", "account"), description="Kinds of contact that connect bidders."
    )
    popular: int = Field(8, ge=2, description="Parties. A contact of more parties may be popular.")
    together: float = Field(
        0.3, gt=0, le=1, description="Share of the pairs of a popular contact's owners that may have met in a tender."
    )


SELECT = Sql(
    """
WITH used AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, c.kind, c.owners, c.ref,
         held(c.valid_from, c.valid_to, e.day) AS current, contact_id(c.kind, c.value) AS thing
  FROM entries e JOIN shared_contacts c ON c.owner_id = e.bidder_id
  WHERE e.day IS NOT NULL AND list_contains($kinds, c.kind)
),
terms AS (
  SELECT * FROM used QUALIFY current OR NOT bool_or(current) OVER (PARTITION BY tender_id, bidder_id, thing)
),
uses AS (SELECT tender_id, bidder_id, thing FROM terms),
"""
    + SPREAD
    + f"""
SELECT {MEMBER},
       t.kind, t.thing, t.owners, 2 * s.pairs / (t.owners * (t.owners - 1)) AS together, NOT t.current AS past,
       list(t.ref ORDER BY t.ref) AS refs
FROM terms t SEMI JOIN met USING (tender_id, thing) JOIN spread s USING (thing) JOIN entries e USING (bid_id)
LEFT JOIN parties p ON p.id = e.bidder_id
GROUP BY ALL
ORDER BY e.tender_id, e.bidder_id, t.thing, e.bid_id
"""
)

POPULATION = comparable(
    f"SELECT bid_id FROM entries SEMI JOIN ({USED_CONTACTS}) ON owner_id = bidder_id", "no_contacts", dated=True
)

LAWS = ("bidding_regulation_40_2", "order_87_37")

EXCUSES = (
    GroupExcuse(
        "incubator",
        "incubator",
        fits=Text(
            zh="该地址为孵化器、集群注册等多家单位共用地址。",
            en="The address is one of many parties: an incubator or a cluster registration.",
        ),
        ruled_out=Text(
            zh="一致的不是多家单位共用的地址。", en="What they share is not an address that many parties have."
        ),
    ),
    GroupExcuse(
        "bookkeeping_agent",
        "agent",
        fits=Text(
            zh="该电话、邮箱或账户为多家单位共用，符合代理记账等服务机构的特征。",
            en="The phone, e-mail or account is one of many parties, as a bookkeeping agent's is.",
        ),
        ruled_out=Text(
            zh="一致的不是多家单位共用的电话、邮箱或账户。",
            en="What they share is not a phone, e-mail or account that many parties have.",
        ),
    ),
    GroupExcuse(
        "past_contact",
        "past",
        fits=Text(zh="开标日其中一方已不再（或尚未）使用。", en="On the opening day one of them did not use it."),
        ruled_out=Text(zh="登记的使用期间均包含开标日。", en="Each registered term of use includes the opening day."),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender that unpopular contacts connect."""
    if not len(rows):
        return
    popular = (rows["owners"] > params.popular) & (rows["together"] <= params.together)
    rows = rows.assign(
        incubator=popular & (rows["kind"] == "address"),
        agent=popular & (rows["kind"] != "address"),
    )
    yield from leads(rows, EXCUSES, _account, LAWS)


def _account(group: Group) -> Account:
    kinds = set(group.rows["kind"])
    reason = Text(
        zh="{names}参加标段 {tender} 投标，登记的{kinds}相同。",
        en="{names} bid for tender {tender} and are registered with the same {kinds}.",
    ).format(
        names=group.names,
        tender=group.tender_id,
        kinds=listing(text for kind, text in KINDS.items() if kind in kinds),
    )
    contacts = sorted(set(group.rows.cells("thing", "kind")))
    uses = sorted(set(group.rows.cells("bidder_id", "thing")))
    return Account(
        reasons=(reason,),
        tier=Tier.B,
        entities=tuple(Entity(thing, kind, "contact") for thing, kind in contacts),
        links=tuple(Link("USES", bidder, contact) for bidder, contact in uses),
        score=min(1.0, len(kinds) / 3),
        rank=float(len(contacts) * len(group.bidders)),
    )


DETECTOR = Detector(
    id="shared_contact",
    family="affiliated_bidders",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="联系方式相同", en="Bidders with one contact"),
    question=Text(
        zh="同一标段的不同投标人，是否登记了相同且不常见的电话、邮箱、地址或账户？",
        en="Do different bidders of one tender have a common, uncommon phone, e-mail, address or account?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，在开标日登记的 {kinds} 中任一相同，"
        "且并非由超过 {popular} 家、两两同场比例不超过 {together} 的单位共用。",
        en=(
            "In one tender, two or more bidders that are no consortium have, on the opening day, a common contact "
            "of the kinds {kinds} that is not popular (popular: more than {popular} parties have it, and at most "
            "{together} of their pairs ever met)."
        ),
    ),
    why=Text(
        zh="同一电话接听两家投标人的业务，往往是同一班人马。",
        en="One phone that answers for two bidders often means one team behind both.",
    ),
    example=Text(
        zh="清溪园林与松风绿化投同一标段，登记电话相同，且全省仅这两家使用：列为 B 类线索。",
        en="Qingxi Gardens and Songfeng Greening bid for one lot; both register one phone that nobody else has: a "
        "tier B lead.",
    ),
    legal_basis=LAWS,
    references=("OCP Red Flags Guide R044 (business similarities), 2024",),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("incubator", Text(zh="孵化器或集群注册地址", en="An incubator's address")),
        Innocent("bookkeeping_agent", Text(zh="代理记账机构的电话", en="A bookkeeping agent's phone")),
        Innocent("past_contact", Text(zh="已停用的联系方式", en="A contact no longer used")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("tender_id", "bidder_id"), "contacts": ("owner_id", "kind", "value")},
    uses={"contacts": ("valid_from", "valid_to"), "orgs": ("address",), "bids": ("consortium_id", "price", "rank")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期", en="the tender has no date"),
        "no_contacts": Text(zh="少于两家投标人有联系方式", en="fewer than two bidders have contacts"),
    },
    blind=Text(
        zh="看不到未登记的联系方式，以及写法不同的同一地址。",
        en="Contacts that are not registered, and one address written in two ways.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners", "shared_contacts"),
)

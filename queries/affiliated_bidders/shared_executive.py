"""Bidders of one tender with a common director, supervisor, manager, finance officer or shareholder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.bidders import SHARED_PERSON, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Tier
from queries.groups import CONSORTIUM, NAMESAKES, PAST_ROLE, Account, Group, GroupExcuse, leads
from queries.relations.model import ref
from queries.wording import TIES

Role = Literal["legal_rep", "director", "supervisor", "manager", "finance", "shareholder"]


class Parameters(Params):
    """Which roles connect bidders, and when their holder is everybody's."""

    roles: tuple[Role, ...] = Field(
        ("legal_rep", "director", "supervisor", "manager", "finance", "shareholder"),
        description="Roles that connect; a legal representative connects by another role at the other bidder.",
    )
    min_share: float = Field(5, ge=0, le=100, description="Percent. A shareholder counts from this share on.")
    popular: int = Field(8, ge=2, description="Firms. Who holds roles in more of them may hold them by profession.")
    together: float = Field(
        0.3, gt=0, le=1, description="Share of the pairs of a popular holder's firms that may have met in a tender."
    )


SELECT = Sql(
    f"""
WITH offices AS (
  SELECT holder_id, org_id, kind, valid_from, valid_to, coalesce(contains(_derived, 'holder_id'), false) AS by_name,
         {ref("roles")} AS ref
  FROM roles
  WHERE list_contains($roles, kind) AND kind <> 'legal_rep' AND (kind <> 'shareholder' OR share_pct >= $min_share)
  UNION ALL
  SELECT person_id, org_id, 'legal_rep', valid_from, valid_to, false, ref
  FROM heads WHERE list_contains($roles, 'legal_rep')
),
-- Who only heads firms by the register's own field has none, and is no matter of this detector.
seats AS (
  SELECT holder_id, count(DISTINCT org_id) AS seats FROM roles WHERE kind <> 'employee' GROUP BY holder_id
),
-- A holder of one firm's offices only is common to no two bidders.
common AS (
  SELECT o.* FROM offices o SEMI JOIN (
    SELECT holder_id FROM offices GROUP BY holder_id HAVING min(org_id) <> max(org_id)) USING (holder_id)
),
terms AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, c.holder_id AS person_id, c.kind AS how,
         NOT held(c.valid_from, c.valid_to, e.day) AS past, c.by_name, c.ref, s.seats
  FROM entries e JOIN common c ON c.org_id = e.bidder_id JOIN seats s ON s.holder_id = c.holder_id
  WHERE e.day IS NOT NULL
),
"""
    + SHARED_PERSON
)

POPULATION = comparable("SELECT bid_id FROM entries SEMI JOIN roles ON org_id = bidder_id", "no_roles", dated=True)

LAWS = ("bidding_law_32",)

EXCUSES = (
    PAST_ROLE,
    NAMESAKES,
    GroupExcuse(
        "independent_director",
        "board_only",
        fits=Text(
            zh="该人员在多家互不关联单位任董事或监事，且不持股，符合职业独立董事的特征。",
            en="The person sits on the boards of many unrelated firms and holds no share, as independent directors do.",
        ),
        ruled_out=Text(
            zh="共同人员任职单位少、持股，或担任董事、监事以外的职务。",
            en="The person has few seats, holds a share, or an office other than on a board.",
        ),
    ),
    GroupExcuse(
        "bookkeeping_agent",
        "books_only",
        fits=Text(
            zh="该人员为多家互不关联单位的财务负责人，符合代理记账人员的特征。",
            en="The person keeps the books of many unrelated firms, as a bookkeeping agent does.",
        ),
        ruled_out=Text(
            zh="共同人员不是多家单位共用的财务人员。", en="The person is no finance officer of many unrelated firms."
        ),
    ),
    GroupExcuse(
        "portfolio_investor",
        "portfolio",
        fits=Text(
            zh="共同股东为对多家互不关联单位参股的投资机构。",
            en="The common shareholder is an investor with stakes in many unrelated firms.",
        ),
        ruled_out=Text(zh="共同股东不是广泛参股的投资机构。", en="There is no such investor among them."),
    ),
    GroupExcuse(
        "state_asset_office",
        "public_body",
        fits=Text(
            zh="共同股东为履行国有资产出资人职责的机关单位，所属企业独立经营。",
            en="The common shareholder is a public body that holds state assets; its firms run independently.",
        ),
        ruled_out=Text(
            zh="共同持有人不是履行出资人职责的机关单位。", en="The holder is no public body that holds state assets."
        ),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender that common officers or shareholders connect."""
    hows = _hows(rows)
    # Who heads all of them is one principal, which is a matter of its own.
    rows = rows[hows.map(lambda roles: roles != {"legal_rep"}).astype(bool)]
    hows = hows[rows.index]
    if not len(rows):
        return
    popular = (rows["seats"] > params.popular) & (_together(rows) <= params.together)
    yield from leads(
        rows.assign(
            board_only=popular & (rows["person_kind"] == "person") & hows.map({"director", "supervisor"}.issuperset),
            books_only=popular & hows.map({"finance"}.issuperset),
            portfolio=popular & (rows["person_kind"] == "org") & hows.map({"shareholder"}.issuperset),
        ),
        EXCUSES,
        _account,
        LAWS,
    )


def _hows(rows: pd.DataFrame) -> pd.Series:
    """For each row, the roles that its holder has at any of the tender's bidders."""
    matters = list(zip(rows["tender_id"], rows["thing"], strict=True))
    hows: dict[tuple[str, str], set[str]] = {}
    for matter, cell in zip(matters, rows["hows"], strict=True):
        hows.setdefault(matter, set()).update(cell)
    return pd.Series([hows[matter] for matter in matters], index=rows.index, dtype=object)


def _together(rows: pd.DataFrame) -> pd.Series:
    """Of the pairs of a holder's firms, the share that ever met in a tender."""
    met = rows[["tender_id", "thing", "bidder_id"]].drop_duplicates()
    pairs = met.merge(met, on=["tender_id", "thing"], suffixes=("", "_b"))
    pairs = pairs[pairs["bidder_id"] < pairs["bidder_id_b"]].drop_duplicates(["thing", "bidder_id", "bidder_id_b"])
    count = rows["thing"].map(pairs.groupby("thing").size()).fillna(0)
    return 2 * count / (rows["seats"] * (rows["seats"] - 1)).clip(lower=1)


def _account(group: Group) -> Account:
    rows = group.rows
    roles = {role for cell in rows["hows"] for role in cell}
    kinds = dict(rows.cells("thing", "person_kind"))
    reason = Text(
        zh="{bidders}参加标段 {tender} 投标，{holder}在各家均任职或者持股（{roles}）。",
        en="{bidders} bid for tender {tender}, and {holder} has a part in each of them ({roles}).",
    ).format(
        bidders=group.names,
        tender=group.tender_id,
        holder=group.named("thing", "person_name"),
        roles=listing(TIES[role] for role in TIES if role in roles),
    )
    return Account(
        reasons=(reason,),
        tier=Tier.B,
        entities=tuple(Entity(holder, kinds[holder], "officer") for holder in group.things),
        links=group.thing_links("ROLE"),
        score=min(1.0, 0.5 + 0.1 * len(roles)),
    )


DETECTOR = Detector(
    id="shared_executive",
    family="affiliated_bidders",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="高管或股东相同", en="A common officer or shareholder"),
    question=Text(
        zh="同一标段的不同投标人，是否有共同的董事、监事、高管、财务负责人或者主要股东？",
        en="Do different bidders of a tender have a common director, supervisor, manager, finance officer or "
        "shareholder?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，在开标日由同一人（或单位）担任 {roles} 之一，股东以持股不低于 "
        "{min_share}% 计。仅法定代表人相同的由“负责人为同一人”列出。在超过 {popular} 家单位任职且这些单位两两同场比例不"
        "超过 {together} 的独立董事、代理记账人员、投资机构，不计入。",
        en="In one tender, two or more bidders that are no consortium have, on the opening day, one holder of any of "
        "the roles {roles}, a shareholder from {min_share} % on. Firms that only have one legal representative are "
        "listed as one head, several bidders. Independent directors, bookkeepers and investors with parts in more "
        "than {popular} firms of which at most {together} of the pairs ever met do not count.",
    ),
    why=Text(
        zh="同一人参与两家投标人的决策或者财务，两家的报价就难以相互保密。",
        en="Where one person sits in the decisions or the books of two bidders, their prices are no secret to each "
        "other.",
    ),
    example=Text(
        zh="人员 P-12 任青禾建设监事、持白露市政 10% 股权，两家投同一标段：列为 B 类线索。",
        en="Person P-12 is supervisor of Qinghe Construction and owns 10 % of Bailu Municipal; both bid for one lot: a "
        "tier B lead.",
    ),
    legal_basis=LAWS,
    references=("OCP Red Flags Guide R044 (business similarities), 2024",),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("past_role", Text(zh="已离任或尚未到任", en="A past or later term")),
        Innocent("namesakes", Text(zh="同名不同人", en="Namesakes")),
        Innocent("independent_director", Text(zh="职业独立董事", en="A professional independent director")),
        Innocent("bookkeeping_agent", Text(zh="代理记账人员", en="A bookkeeping agent")),
        Innocent("portfolio_investor", Text(zh="广泛参股的投资机构", en="An investor with many small stakes")),
        Innocent("state_asset_office", Text(zh="国资监管机构下属的无关国企", en="State firms under one asset office")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("tender_id", "bidder_id"), "roles": ("holder_id", "org_id", "kind")},
    uses={
        "roles": ("share_pct", "valid_from", "valid_to"),
        "orgs": ("org_type", "legal_rep_id"),
        "bids": ("consortium_id", "price", "rank"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_date": Text(zh="标段没有日期，无法核对任期", en="the tender has no date to check terms of office against"),
        "no_roles": Text(
            zh="少于两家投标人的任职、持股已知", en="officers and shareholders of fewer than two bidders are known"
        ),
    },
    blind=Text(
        zh="看不到代持、挂名任职，以及未登记的实际管理人员。",
        en="Nominees, offices in name only, and managers who are not registered.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners", "heads"),
)

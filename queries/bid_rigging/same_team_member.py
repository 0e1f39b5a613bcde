"""Bidders of one tender whose project teams name one person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.bidders import SHARED_PERSON, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Lead, Tier
from queries.groups import CONSORTIUM, NAMESAKES, Account, Group, leads
from queries.relations.model import ref

ROLES: dict[str, Text] = {
    "project_manager": Text(zh="项目经理", en="project manager"),
    "technical": Text(zh="技术负责人", en="technical lead"),
    "safety": Text(zh="安全管理人员", en="safety officer"),
    "other": Text(zh="项目管理成员", en="team member"),
}


class Parameters(Params):
    """Who belongs to a project team."""

    roles: tuple[Literal["project_manager", "technical", "safety", "other"], ...] = Field(
        ("project_manager", "technical", "safety", "other"), description="Posts of a project team that are compared."
    )


SELECT = Sql(
    f"""
WITH posts_held AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, m.person_id, coalesce(m.role, 'other') AS how,
         coalesce(contains(m._derived, 'person_id'), false) AS by_name, {ref("bid_members", "m._key")} AS ref
  FROM entries e JOIN bid_members m USING (bid_id)
  UNION ALL
  SELECT e.tender_id, e.bidder_id, e.bid_id, b.project_manager_id, 'project_manager',
         coalesce(contains(b._derived, 'project_manager_id'), false), {ref("bids", "b._key")}
  FROM entries e JOIN bids b USING (bid_id) WHERE b.project_manager_id IS NOT NULL
),
-- One name with one certificate number is one person, whatever id each bid gives.
certified AS (
  SELECT e.tender_id, m.person_id, min(m.person_id) OVER (PARTITION BY e.tender_id, m.certificate_no, p.name) AS same_id
  FROM entries e JOIN bid_members m USING (bid_id) JOIN persons p USING (person_id)
  WHERE m.certificate_no IS NOT NULL
),
named_once AS (
  SELECT tender_id, person_id, min(same_id) AS same_id FROM certified GROUP BY ALL HAVING min(same_id) <> person_id
),
terms AS (
  SELECT h.* REPLACE (coalesce(n.same_id, h.person_id) AS person_id), false AS past
  FROM posts_held h LEFT JOIN named_once n USING (tender_id, person_id) WHERE list_contains($roles, h.how)
),
"""
    + SHARED_PERSON
)

POPULATION = comparable(
    "SELECT bid_id FROM bids WHERE project_manager_id IS NOT NULL"
    " UNION SELECT bid_id FROM bid_members WHERE role IS DISTINCT FROM 'contact'",
    "no_team",
)

LAWS = ("bidding_regulation_40_3", "order_87_37")

EXCUSES = (
    replace(
        NAMESAKES,
        ruled_out=Text(
            zh="各单位登记的是同一人员编号，或者姓名与证书编号均相同。",
            en="The bids name one person by id, or by name and certificate number.",
        ),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender that members of their teams connect."""
    yield from leads(rows, EXCUSES, _account, LAWS)


def _account(group: Group) -> Account:
    roles = {role for cell in group.rows["hows"] for role in cell}
    reason = Text(
        zh="{bidders}在标段 {tender} 的投标文件均列{person}为{role}。",
        en="The bids of {bidders} for tender {tender} all name {person} as {role}.",
    ).format(
        bidders=group.names,
        tender=group.tender_id,
        person=group.named("thing", "person_name"),
        role=listing(ROLES[role] for role in ROLES if role in roles),
    )
    return Account(
        reasons=(reason,),
        tier=Tier.B if all(group.rows["by_name"]) else Tier.A,
        entities=tuple(Entity(person, "person", "team_member") for person in group.things),
        links=group.thing_links("IN_TEAM_OF"),
        score=1.0 if "project_manager" in roles else 0.8,
    )


DETECTOR = Detector(
    id="same_team_member",
    family="bid_rigging",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="项目管理成员为同一人", en="One person, several teams"),
    question=Text(
        zh="同一标段不同投标人的投标文件，是否载明同一名项目管理成员？",
        en="Do the bids of different bidders of a tender name one person in their project teams?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，其项目管理成员（{roles}）为同一人员编号，或者姓名与证书编号均"
        "相同。人员编号由姓名推定的，列为 B 类。",
        en="In one tender, the project teams (posts: {roles}) of two or more bidders that are no consortium name one "
        "person by id, or by name and certificate number. Where the id was derived from the name it is tier B.",
    ),
    why=Text(
        zh="一人不可能同时为两家竞争单位承担同一项目。法规将其列为视为串通的情形。",
        en="Nobody can run one project for two competitors; the statute deems it collusion.",
    ),
    example=Text(
        zh="青禾建设、白露市政投同一标段，两家均列人员 P-33 为技术负责人：列为 A 类疑点。",
        en="Qinghe Construction and Bailu Municipal bid for one lot, and both name person P-33 as technical lead: a "
        "tier A lead.",
    ),
    legal_basis=LAWS,
    references=("招标投标法实施条例第四十条第三项", "OCP Red Flags Guide R044, 2024"),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("namesakes", Text(zh="同名不同人", en="Namesakes")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={
        "bids": ("bid_id", "tender_id", "bidder_id"),
        "bid_members": ("bid_id", "person_id"),
    },
    uses={"bids": ("consortium_id", "price", "rank", "project_manager_id"), "bid_members": ("role", "certificate_no")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_team": Text(zh="少于两家投标人的项目管理成员已知", en="the teams of fewer than two bidders are known")
    },
    blind=Text(
        zh="看不到借用证书、以他人名义列入的成员。",
        en="Members who are named by a borrowed certificate.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners"),
)

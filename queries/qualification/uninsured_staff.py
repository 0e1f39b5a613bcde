"""A certified person who is registered with one firm and insured with another: a lent certificate."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Entity, Excuse, Lead, Link, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """Who may insure another firm's staff."""

    transit_days: int = Field(
        60, ge=0, description="Days after a change of registration in which the former firm may still insure."
    )
    agency_firms: int = Field(
        3, ge=2, description="Firms whose staff an intermediary insures, to be an agency at least."
    )


SELECT = Sql("""
-- Insurance is as of the last day of the data, so only registrations in force on that day are compared with it.
WITH apart AS (
  SELECT r.person_id, r.org_id, r.insured_org_id, min(r.valid_from) AS since, min(r.kind) AS kind,
         list({'table': 'registrations', 'key': r._key} ORDER BY r._key) AS refs
  FROM registrations r
  WHERE r.insured_org_id <> r.org_id AND held(r.valid_from, r.valid_to, $data_as_of)
    -- Whoever is registered with both, and insured by one of them, is insured where registered.
    AND NOT EXISTS (FROM registrations o WHERE o.person_id = r.person_id AND o.org_id = r.insured_org_id
                    AND held(o.valid_from, o.valid_to, $data_as_of))
  GROUP BY ALL
),
agencies AS (
  SELECT r.insured_org_id, count(DISTINCT r.org_id) AS firms
  FROM registrations r JOIN orgs o ON o.org_id = r.insured_org_id AND o.org_type = 'intermediary'
  WHERE r.org_id <> r.insured_org_id GROUP BY ALL
),
-- The last day of an ended registration with the insuring firm.
formerly AS (
  SELECT r.person_id, r.org_id, max(r.valid_to) AS left_on,
         list({'table': 'registrations', 'key': r._key} ORDER BY r._key) AS refs
  FROM registrations r SEMI JOIN apart a ON a.person_id = r.person_id AND a.insured_org_id = r.org_id GROUP BY ALL
),
-- One of the two firms controls the other, or one party controls both.
controls AS (
  SELECT holder_id, org_id, ref FROM stakes WHERE control AND held(valid_from, valid_to, $data_as_of)
  UNION ALL
  SELECT parent_org_id, org_id, {'table': 'orgs', 'key': _key} FROM orgs WHERE parent_org_id IS NOT NULL
),
related AS (
  SELECT a.person_id, a.org_id, a.insured_org_id, list(c.ref ORDER BY c.ref) AS group_refs
  FROM apart a JOIN (
    SELECT holder_id AS x, org_id AS y, ref FROM controls UNION ALL SELECT org_id, holder_id, ref FROM controls
    UNION ALL
    SELECT p.org_id, q.org_id, p.ref FROM controls p JOIN controls q USING (holder_id) WHERE p.org_id <> q.org_id
      AND p.org_id IN (SELECT org_id FROM apart) AND q.org_id IN (SELECT insured_org_id FROM apart)
  ) c ON c.x = a.org_id AND c.y = a.insured_org_id
  GROUP BY ALL
),
-- Bids that the firm won with the person in its team.
served AS (
  SELECT a.person_id, a.org_id, list(DISTINCT b.tender_id ORDER BY b.tender_id) AS won,
         list(DISTINCT {'table': 'bids', 'key': b.bid_key} ORDER BY {'table': 'bids', 'key': b.bid_key}) AS bid_refs
  FROM apart a
  JOIN (SELECT bid_id, person_id FROM bid_members SEMI JOIN apart USING (person_id)
        UNION SELECT bid_id, project_manager_id FROM bids WHERE project_manager_id IS NOT NULL) m USING (person_id)
  JOIN entries b ON b.bid_id = m.bid_id AND b.bidder_id = a.org_id AND b.is_winner
  GROUP BY ALL
)
SELECT a.person_id AS person, a.org_id AS firm, a.insured_org_id AS insurer, a.since, a.kind, a.refs, g.firms,
       f.left_on, f.refs AS former_refs, e.group_refs, coalesce(s.won, []) AS won,
       s.bid_refs, i.org_type AS insurer_type,
       $data_as_of AS today, p.name AS person_name, o.name AS firm_name, i.name AS insurer_name
FROM apart a LEFT JOIN agencies g USING (insured_org_id)
LEFT JOIN formerly f ON f.person_id = a.person_id AND f.org_id = a.insured_org_id
LEFT JOIN related e ON e.person_id = a.person_id AND e.org_id = a.org_id AND e.insured_org_id = a.insured_org_id
LEFT JOIN served s ON s.person_id = a.person_id AND s.org_id = a.org_id
LEFT JOIN parties p ON p.id = a.person_id LEFT JOIN parties o ON o.id = a.org_id
LEFT JOIN orgs i ON i.org_id = a.insured_org_id
ORDER BY a.person_id, a.org_id, a.insured_org_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE now AND insured_org_id IS NOT NULL) AS judged, count(*) FILTER (WHERE NOT now) AS ended,
       count(*) FILTER (WHERE now AND insured_org_id IS NULL) AS no_insurer
FROM (SELECT insured_org_id, held(valid_from, valid_to, $data_as_of) AS now FROM registrations)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each person, firm of registration and insuring firm."""
    for _, row in rows.iterrows():
        won = list(row["won"])
        person, firm, insurer = (str(row[role]) for role in ("person", "firm", "insurer"))
        registrations = refs(row["refs"])
        yield Lead(
            identity={"person": person, "firm": firm, "insurer": insurer},
            tier=Tier.B,
            entities=(
                Entity(person, "person", "person"),
                Entity(firm, "org", "firm"),
                Entity(insurer, "org", "insurer"),
                *(Entity(tender, "tender", "tender") for tender in won),
            ),
            reasons=tuple(_reasons(row)),
            innocent=_excuses(row, params),
            records=(
                *registrations,
                *refs(row["former_refs"]),
                *refs(row["group_refs"]),
                *refs(row["bid_refs"]),
            ),
            links=tuple(
                Link(kind, person, org, ref)
                for ref in registrations
                for kind, org in (("REGISTERED_WITH", firm), ("INSURED_WITH", insurer))
            ),
            score=1.0 if won else 0.5,
            rank=float(len(won)),
            period=(None if pd.isna(row["since"]) else row["since"].date(), row["today"].date()),
        )


def _reasons(row: pd.Series) -> Iterator[Text]:
    yield Text(
        zh="{person}注册在{firm}，社会保险由{insurer}缴纳。",
        en="{person} is registered with {firm} and insured with {insurer}.",
    ).format(person=name(row, "person"), firm=name(row, "firm"), insurer=name(row, "insurer"))
    if len(row["won"]):
        yield Text(
            zh="{firm}以其为项目管理成员，中标 {count} 个标段。",
            en="{firm} won {count} tender(s) with this person in its team.",
        ).format(firm=name(row, "firm"), count=len(row["won"]))


def _excuses(row: pd.Series, params: Parameters) -> tuple[Excuse, ...]:
    related = bool(refs(row["group_refs"]))
    public = row["insurer_type"] in ("institution", "government")
    firms = 0 if pd.isna(row["firms"]) else int(row["firms"])
    # Never where the day of registration is unknown.
    moved = not pd.isna(row["left_on"]) and (row["today"] - row["since"]).days <= params.transit_days
    return (
        verdict(
            "own_institution",
            related and public,
            yes=Text(
                zh="社保由注册单位所属的事业单位缴纳，属保留身份人员。",
                en="The institution that the firm belongs to insures the person, who kept the post there.",
            ),
            no=Text(zh="缴纳单位不是注册单位所属的事业单位。", en="The insurer is no institution the firm belongs to."),
        ),
        verdict(
            "group_payer",
            related and not public,
            yes=Text(
                zh="两家单位存在控股或者隶属关系，由集团统一缴纳。",
                en="One controls the other, or one party both: the group pays.",
            ),
            no=Text(zh="两家单位没有控股或者隶属关系。", en="Neither controls the other, and no party controls both."),
        ),
        verdict(
            "insurance_agency",
            firms >= params.agency_firms,
            yes=Text(
                zh="缴纳单位为中介机构，为 {count} 家单位的人员代缴。",
                en="The insurer is an intermediary for {count} firms' staff.",
            ).format(count=firms),
            no=Text(zh="缴纳单位不是代缴机构。", en="The insurer is no agency for the staff of several firms."),
        ),
        verdict(
            "in_transit",
            bool(moved),
            yes=Text(
                zh="变更注册不满 {days} 天，社保仍在原注册单位，正在转移。",
                en="Registered for at most {days} days; the former firm still insures: the transfer is under way.",
            ).format(days=params.transit_days),
            no=Text(zh="不属于刚变更注册、社保正在转移的情形。", en="It is no recent change of registration."),
        ),
        verdict(
            "moved_before",
            False,
            yes=Text(zh="该注册已终止。", en="The registration has ended."),
            no=Text(zh="截至数据日该注册仍然有效。", en="The registration stood on the last day of the data."),
        ),
    )


DETECTOR = Detector(
    id="uninsured_staff",
    family="qualification",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="注册与社保单位不一致", en="Registered here, insured there"),
    question=Text(
        zh="注册执业人员的社会保险是否由注册单位以外的单位缴纳？",
        en="Is a certified person insured with another firm than the one of registration?",
    ),
    rule=Text(
        zh="截至数据日，人员的注册仍然有效，其社保缴纳单位与注册单位不同，且其未同时注册在缴纳单位。集团统一缴纳、"
        "所属事业单位缴纳、为不少于 {agency_firms} 家单位代缴的中介机构，以及变更注册不满 {transit_days} 天的，"
        "予以排除。",
        en="On the last day of the data a person's registration stands, the insuring firm is another than the one of "
        "registration, and the person is not registered there as well. Groups, institutions that the firm belongs to, "
        "intermediaries that insure the staff of {agency_firms} firms or more, and registrations of at most "
        "{transit_days} days are cleared.",
    ),
    why=Text(
        zh="只挂证、不在岗。投标时凑足人员，施工时现场无人负责。",
        en="Only the certificate works there: it fills the bid's team, and nobody is on site.",
    ),
    example=Text(
        zh="项目经理张某注册在甲建设，社保由乙科技缴纳，甲建设以其名义中标 3 个标段：列为 B 类线索。",
        en="Manager Zhang is registered with Jia Construction and insured with Yi Technology; Jia wins three tenders "
        "with that name: a tier B lead.",
    ),
    legal_basis=("lent_certificates_57", "constructor_rules_26", "bidding_regulation_42"),
    references=("建办市〔2018〕57号“挂证”专项整治",),
    innocent=(
        Innocent("own_institution", Text(zh="所属事业单位缴纳", en="Insured by the parent institution")),
        Innocent("group_payer", Text(zh="集团统一缴纳", en="The group insures its staff")),
        Innocent("insurance_agency", Text(zh="中介机构代缴", en="An agency that insures for many")),
        Innocent("in_transit", Text(zh="变更注册、社保转移中", en="A transfer under way")),
        Innocent("moved_before", Text(zh="原注册已终止", en="An earlier registration that ended")),
    ),
    parameters=Parameters,
    identity=("person", "firm", "insurer"),
    requires={"registrations": ("person_id", "org_id", "insured_org_id")},
    uses={
        "registrations": ("valid_from", "valid_to"),
        "roles": ("share_pct",),
        "orgs": ("org_type", "parent_org_id"),
        "bid_members": ("person_id",),
        "bids": ("is_winner",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="注册记录", en="registrations"),
    not_judgeable={
        "ended": Text(zh="注册已终止，社保为现时数据", en="the registration has ended, and insurance is as of now"),
        "no_insurer": Text(zh="社保单位未知", en="the insuring firm is unknown"),
    },
    blind=Text(
        zh="看不到由注册单位代缴社保但不在岗的人员，也看不到退休返聘人员。",
        en="Staff whose insurance the firm pays for show only, and the retired who were hired again.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "stakes"),
)

"""A winner without a valid certificate on the day of the award, or with a number that others use as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Entity, Excuse, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """Which certificates count for works, and whose validity a ministry prolonged."""

    works_words: tuple[str, ...] = Field(
        ("施工", "承包"), description="Kinds of qualification that count for works, where the firm has any such."
    )
    prolonged_grades: tuple[str, ...] = Field(
        ("特级", "一级", "甲级", "综合"),
        description="Grades that the ministry itself issues, whose validity it prolonged by notice.",
    )


SELECT = Sql("""
WITH won AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, e.bid_key, e.category, t.awarded_on AS day
  FROM entries e JOIN tenders t USING (tender_id) WHERE e.is_winner AND t.awarded_on IS NOT NULL
),
-- 1. The firm's own qualifications: for works those of works, where it has any.
quals AS (
  SELECT *, len(list_filter($works_words, lambda w: contains(kind, w))) > 0 AS of_works FROM qualifications
),
kinds AS (
  SELECT *, bool_or(of_works) OVER (PARTITION BY org_id) AS any_works FROM quals
),
firm_lapsed AS (
  SELECT w.bid_id FROM won w JOIN kinds q ON q.org_id = w.bidder_id
   AND (w.category IS DISTINCT FROM 'works' OR q.of_works OR NOT q.any_works)
  GROUP BY w.bid_id HAVING NOT bool_or(held(q.valid_from, q.valid_to, w.day))
),
lapsed_firm AS (
  SELECT w.tender_id, w.bidder_id, w.bid_id, 'qualification' AS defect, w.bidder_id AS thing,
         max(q.valid_to) AS last_to,
         -- Prolonged by the ministry beyond the award, for the grades that it issues itself.
         bool_or(list_contains($prolonged_grades, q.grade) AND EXISTS (
           FROM certificate_extensions x
           WHERE q.valid_to BETWEEN x.expires_from AND x.expires_to AND w.day <= x.extended_to)) AS prolonged,
         false AS renewed, false AS passed_on, NULL AS others,
         list({'table': 'qualifications', 'key': q._key} ORDER BY q._key) AS refs
  FROM won w SEMI JOIN firm_lapsed USING (bid_id) JOIN kinds q ON q.org_id = w.bidder_id
   AND (w.category IS DISTINCT FROM 'works' OR q.of_works OR NOT q.any_works)
  GROUP BY ALL
),
-- 2. The project manager's registration, and the number that the bid names for it.
managers AS (
  SELECT w.*, b.project_manager_id AS person_id FROM won w JOIN bids b USING (bid_id)
  WHERE b.project_manager_id IS NOT NULL
  UNION
  SELECT w.*, m.person_id FROM won w JOIN bid_members m USING (bid_id) WHERE m.role = 'project_manager'
),
registered AS (
  SELECT m.tender_id, m.bidder_id, m.bid_id, m.person_id, m.day, max(r.valid_to) AS last_to,
         bool_or(r.org_id = m.bidder_id AND held(r.valid_from, r.valid_to, m.day)) AS here
  FROM managers m JOIN registrations r USING (person_id) GROUP BY ALL
),
-- A bid that names a number under which the manager was no longer registered by the award.
old_number AS (
  SELECT m.bid_id, m.person_id
  FROM bid_members m JOIN won w USING (bid_id)
  JOIN registrations r ON r.person_id = m.person_id AND r.certificate_no = m.certificate_no
  GROUP BY ALL HAVING NOT bool_or(held(r.valid_from, r.valid_to, w.day))
),
lapsed_manager AS (
  SELECT r.tender_id, r.bidder_id, r.bid_id, 'registration', r.person_id, r.last_to, false, r.here, false, NULL,
         (SELECT list({'table': 'registrations', 'key': g._key} ORDER BY g._key) FROM registrations g
          WHERE g.person_id = r.person_id)
  FROM registered r LEFT JOIN old_number o ON o.bid_id = r.bid_id AND o.person_id = r.person_id
  WHERE NOT r.here OR o.bid_id IS NOT NULL
),
-- 3. Numbers that several use: a firm's certificate, or a person's of one kind.
uses AS (
  SELECT 'org' AS what, certificate_no, org_id AS holder, org_id, NULL AS kind, valid_from, valid_to,
         {'table': 'qualifications', 'key': _key} AS ref
  FROM qualifications WHERE certificate_no IS NOT NULL
  UNION ALL
  SELECT 'person', certificate_no, person_id, org_id, kind, valid_from, valid_to,
         {'table': 'registrations', 'key': _key}
  FROM registrations WHERE certificate_no IS NOT NULL
  UNION ALL
  SELECT 'person', m.certificate_no, m.person_id, b.bidder_id, NULL, NULL, NULL, {'table': 'bid_members', 'key': m._key}
  FROM bid_members m JOIN bids b USING (bid_id) WHERE m.certificate_no IS NOT NULL
),
shared AS (
  SELECT what, certificate_no FROM uses GROUP BY ALL
  HAVING min(holder) <> max(holder) AND count(DISTINCT kind) <= 1
),
used AS (
  SELECT u.* FROM uses u SEMI JOIN shared USING (what, certificate_no)
),
common_number AS (
  SELECT w.tender_id, w.bidder_id, w.bid_id, 'number', a.certificate_no, max(a.valid_to), false, false,
         bool_and(NOT held(b.valid_from, b.valid_to, w.day)),
         list(DISTINCT {'id': b.holder, 'org': b.org_id, 'what': b.what, 'name': h.name}
              ORDER BY {'id': b.holder, 'org': b.org_id, 'what': b.what, 'name': h.name}),
         list_sort(list_distinct(flatten(list([a.ref, b.ref]))))
  FROM won w JOIN used a ON a.org_id = w.bidder_id
  JOIN used b ON b.what = a.what AND b.certificate_no = a.certificate_no AND b.holder <> a.holder
  LEFT JOIN parties h ON h.id = b.holder
  -- A person's number matters where the person leads the bid; a firm's own number always does.
  WHERE a.what = 'org' OR EXISTS (FROM managers m WHERE m.bid_id = w.bid_id AND m.person_id = a.holder)
  GROUP BY ALL
)
SELECT d.* REPLACE (coalesce(d.others, []) AS others), w.day, w.bid_key, p.name AS bidder_name, n.name AS thing_name
FROM (SELECT * FROM lapsed_firm UNION ALL SELECT * FROM lapsed_manager UNION ALL SELECT * FROM common_number) d
JOIN won w USING (bid_id) LEFT JOIN parties p ON p.id = d.bidder_id LEFT JOIN parties n ON n.id = d.thing
ORDER BY d.tender_id, d.bidder_id, d.defect, d.thing, d.bid_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE day IS NOT NULL AND known) AS judged, count(*) FILTER (WHERE day IS NULL) AS no_award_day,
       count(*) FILTER (WHERE day IS NOT NULL AND NOT known) AS no_certificate
FROM (SELECT t.awarded_on AS day,
             e.bidder_id IN (SELECT org_id FROM qualifications)
             OR coalesce(b.project_manager_id IN (SELECT person_id FROM registrations), false) AS known
      FROM entries e JOIN tenders t USING (tender_id) JOIN bids b USING (bid_id) WHERE e.is_winner)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each winner of a tender, with every certificate that was wrong and that nothing explains."""
    for (tender, bidder), found in rows.groupby(["tender_id", "bidder_id"], sort=True):
        explained = found["prolonged"] | found["renewed"] | found["passed_on"]
        part = found[~explained] if not explained.all() else found
        others = [other for cell in part["others"] for other in cell]
        day = part["day"].iloc[0].date()
        yield Lead(
            identity={"tender": str(tender), "bidder": str(bidder)},
            tier=Tier.A,
            entities=(
                Entity(str(tender), "tender", "tender"),
                Entity(str(bidder), "org", "bidder"),
                *(Entity(bid, "bid", "bid") for bid in sorted(set(part["bid_id"]))),
                *(Entity(p, "person", "manager") for p in sorted(set(part["thing"][part["defect"] == "registration"]))),
                *(Entity(o, "org", "other_firm") for o in sorted({str(o["org"]) for o in others} - {str(bidder)})),
                *(
                    Entity(person, "person", "other_user")
                    for person in sorted({str(o["id"]) for o in others if o["what"] == "person"})
                ),
            ),
            reasons=tuple(_reason(row) for _, row in part.iterrows()),
            innocent=_excuses(part),
            records=(
                *(Ref("bids", int(key)) for key in part["bid_key"]),
                *(ref for cell in part["refs"] for ref in refs(cell)),
            ),
            links=tuple(
                Link("SUBMITTED", str(bidder), bid, Ref("bids", int(key)))
                for bid, key in sorted(set(zip(part["bid_id"], part["bid_key"], strict=True)))
            ),
            score=min(1.0, 0.5 + 0.25 * (len(part) - 1)),
            rank=float(len(part)),
            period=(day, day),
        )


_REASONS = {
    "qualification": Text(
        zh="{bidder}于 {day} 中标标段 {tender}，当日登记的资质均已失效（最晚一项有效期至 {last}）。",
        en="{bidder} won tender {tender} on {day}; none of its registered qualifications was valid that day (the last "
        "ran to {last}).",
    ),
    "registration": Text(
        zh="{bidder}于 {day} 中标标段 {tender}，项目经理{thing}当日没有注册在该单位的有效证书（登记有效期至 {last}）。",
        en="{bidder} won tender {tender} on {day}; its project manager {thing} held no valid certificate with the firm "
        "that day (registered until {last}).",
    ),
    "number": Text(
        zh="{bidder}中标标段 {tender} 所用的一个证书编号，另由{others}使用。",
        en="A certificate number with which {bidder} won tender {tender} is used by {others} as well.",
    ),
}


def _reason(row: pd.Series) -> Text:
    last: Any = row["last_to"]
    others = [other["name"] or other["id"] for other in row["others"]]
    if row["renewed"]:
        said = Text(
            zh="{bidder}中标标段 {tender}，投标文件所列项目经理{thing}的证书编号在 {day} 已过有效期。",
            en="{bidder} won tender {tender}; the number that its bid names for manager {thing} had expired by {day}.",
        )
    else:
        said = _REASONS[str(row["defect"])]
    return said.format(
        bidder=name(row, "bidder"),
        tender=row["tender_id"],
        day=row["day"].date(),
        thing=name(row, "thing"),
        last=Text(zh="不详", en="an unknown day") if pd.isna(last) else last.date(),
        others=listing(dict.fromkeys(others)),
    )


def _excuses(part: pd.DataFrame) -> tuple[Excuse, ...]:
    return (
        verdict(
            "renewed",
            bool(part["renewed"].any()),
            yes=Text(
                zh="项目经理当日持有换发的有效证书，投标文件沿用了旧编号。",
                en="The manager held a renewed certificate that day; the bid names its old number.",
            ),
            no=Text(zh="当日没有换发的有效证书。", en="No renewed certificate was valid that day."),
        ),
        verdict(
            "prolonged_by_notice",
            bool(part["prolonged"].any()),
            yes=Text(
                zh="该等级证书的有效期经主管部门统一延期，覆盖中标日。",
                en="The ministry prolonged certificates of this grade beyond the day of the award.",
            ),
            no=Text(zh="不在统一延期的范围内。", en="No general extension covers it."),
        ),
        verdict(
            "passed_on",
            bool(part["passed_on"].any()),
            yes=Text(
                zh="其他使用人的有效期与中标日不重叠，属更名、分立或者先后承继。",
                en="The others' validity does not cover the day: the number was passed on by renaming or succession.",
            ),
            no=Text(zh="没有先后承继可以解释。", en="No succession explains it."),
        ),
    )


DETECTOR = Detector(
    id="invalid_certificate",
    family="qualification",
    version=4,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="中标时证书无效", en="Certificate invalid at award"),
    question=Text(
        zh="中标单位的资质、项目经理的证书，在中标日是否有效，证书编号是否为其独有？",
        en="Were the winner's qualification and its manager's certificate valid at the award, and theirs alone?",
    ),
    rule=Text(
        zh="中标日，中标单位登记的资质（工程类标段以含 {works_words} 的资质为准）无一有效；"
        "或者项目经理没有注册在该单位的有效证书；或者单位资质证书、项目经理证书的编号由他人同时使用。"
        "{prolonged_grades} 等级证书经统一延期的，以及当日持有换发证书、编号先后承继的，予以排除。",
        en="On the day of the award none of the winner's registered qualifications (for works those with {works_words} "
        "in their kind) was valid, or its project manager held no valid certificate with the firm, or the number of "
        "its qualification or of its manager's certificate was in use by others. Grades {prolonged_grades} prolonged "
        "by notice, renewed certificates and numbers that were passed on are cleared.",
    ),
    why=Text(
        zh="没有有效资质而中标，说明资格审查失守；一证多用往往就是借证、假证。",
        en="Winning without a valid certificate means that nobody checked; one number for several is lent or forged.",
    ),
    example=Text(
        zh="甲建筑的施工总承包资质 2022 年 3 月到期，7 月仍中标学校工程：列为 A 类疑点。",
        en="The qualification of Jia Building ran out in March 2022, and in July it won a school: a tier A lead.",
    ),
    legal_basis=("bidding_regulation_42", "construction_law_26"),
    references=("建设工程企业资质统一延期通知，见 queries/data/certificate_extensions.toml",),
    innocent=(
        Innocent("renewed", Text(zh="已换发新证", en="Renewed under a new number")),
        Innocent("prolonged_by_notice", Text(zh="主管部门统一延期", en="Prolonged by general notice")),
        Innocent("passed_on", Text(zh="编号先后承继", en="A number that was passed on")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder"),
    requires={
        "bids": ("tender_id", "bidder_id", "is_winner"),
        "tenders": ("awarded_on",),
        "qualifications": ("org_id", "kind", "valid_to"),
    },
    uses={
        "bids": ("project_manager_id",),
        "bid_members": ("certificate_no",),
        "registrations": ("person_id", "org_id", "certificate_no", "valid_to"),
        "tenders": ("category",),
        "qualifications": ("certificate_no", "grade"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="中标", en="awards"),
    not_judgeable={
        "no_award_day": Text(zh="中标日期未知", en="the day of the award is unknown"),
        "no_certificate": Text(zh="没有资质和注册记录", en="neither qualification nor registration is on record"),
    },
    blind=Text(
        zh="看不到招标文件要求的资质类别和等级，也看不到从未登记过资质的单位。",
        en="Which kind and grade the tender asked for, and firms that never registered any.",
    ),
    max_share=0.05,
    absent=("qualifications",),
    relations=("parties", "entries", "certificate_extensions"),
)

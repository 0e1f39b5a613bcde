"""An official who left the buyer takes a role at a supplier that the buyer had awarded work to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Tier, Verdict
from queries.relations.model import ref
from queries.wording import name, tie


class Parameters(Params):
    """How near the role is to the office."""

    months: int = Field(36, ge=1, description="Months after leaving the buyer within which the role begins.")
    award_years: int = Field(
        5, ge=1, description="Years before leaving in which an award to the supplier counts as made in office."
    )
    min_share: float = Field(5, ge=0, le=100, description="Percent. A shareholding is a role from this share on.")


SELECT = Sql(f"""
WITH service AS (
  -- One spell of office at a body: posts that follow on each other are left once, with the last.
  SELECT person_id, org_id, min(valid_from) AS since, max(valid_to) AS left_on,
         string_agg(DISTINCT powers, ';' ORDER BY powers) FILTER (WHERE powers IS NOT NULL) AS powers,
         max_by(title, (valid_to, title)) AS title, list({ref("posts")} ORDER BY _key) AS refs
  FROM posts GROUP BY person_id, org_id HAVING bool_and(valid_to IS NOT NULL)
),
parts AS (
  SELECT holder_id AS person_id, org_id AS supplier, kind, valid_from, valid_to, {ref("roles")} AS ref
  FROM roles WHERE kind <> 'shareholder' OR share_pct >= $min_share
),
-- The first part taken after leaving. Who had been with the supplier before, and goes back, takes a new one; a part
-- that was held while leaving is another matter.
joined AS (
  SELECT s.person_id, s.org_id AS buyer, s.since, s.left_on, s.powers, s.title, p.supplier,
         min(p.valid_from) AS joined, arg_min(p.kind, (p.valid_from, p.kind)) AS kind,
         list_concat(any_value(s.refs), list(p.ref ORDER BY p.ref)) AS refs
  FROM service s JOIN parts p ON p.person_id = s.person_id AND p.supplier <> s.org_id
   AND p.valid_from > s.left_on AND p.valid_from <= s.left_on + to_months($months)
  WHERE NOT EXISTS (FROM parts o WHERE o.person_id = s.person_id AND o.supplier = p.supplier
                    AND o.valid_from <= s.left_on AND held(o.valid_from, o.valid_to, s.left_on))
  GROUP BY s.person_id, s.org_id, s.since, s.left_on, s.powers, s.title, p.supplier
),
awards AS (
  SELECT e.buyer_id, e.bidder_id AS supplier, 'tender' AS kind, e.tender_id AS id, coalesce(t.awarded_on, e.day) AS day,
         e.price, {ref("bids", "e.bid_key")} AS ref
  FROM entries e JOIN tenders t USING (tender_id) WHERE e.is_winner AND NOT e.by_contract
  UNION ALL
  SELECT c.buyer_id, c.supplier_id, 'contract', c.contract_id, c.signed_on, c.amount, {ref("contracts", "c._key")}
  FROM contracts c WHERE c.kind IS DISTINCT FROM 'sub'
    AND (c.tender_id IS NULL OR c.tender_id NOT IN (SELECT tender_id FROM entries WHERE is_winner AND NOT by_contract))
)
SELECT j.person_id AS official, n.name AS official_name, j.supplier, s.name AS supplier_name, j.buyer,
       b.name AS buyer_name, j.powers, j.title, j.left_on, j.joined, j.kind, j.refs,
       sum(a.price) AS amount, min(a.day) AS first_award,
       list(DISTINCT a.kind || ' ' || a.id ORDER BY a.kind || ' ' || a.id) AS awards,
       list(a.ref ORDER BY a.ref) AS award_refs
FROM joined j JOIN awards a ON a.buyer_id = j.buyer AND a.supplier = j.supplier
  AND a.day BETWEEN greatest(j.since, j.left_on - to_years($award_years)) AND j.left_on
LEFT JOIN parties n ON n.id = j.person_id LEFT JOIN parties s ON s.id = j.supplier LEFT JOIN parties b ON b.id = j.buyer
GROUP BY ALL
ORDER BY j.person_id, j.supplier, j.buyer
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE left_known) AS judged, count(*) FILTER (WHERE NOT left_known) AS in_office
FROM (SELECT person_id, org_id, bool_and(valid_to IS NOT NULL) AS left_known FROM posts GROUP BY ALL)
""")

LAWS = ("procurement_regulation_9", "civil_servants_107")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each official, supplier and buyer."""
    for row in rows.to_dict("records"):
        yield _lead(row, params)


def _lead(row: Any, params: Parameters) -> Lead:
    left, joined = pd.Timestamp(row["left_on"]).date(), pd.Timestamp(row["joined"]).date()
    reasons = (
        Text(
            zh="{official}于 {left} 离任{buyer}{title}，{days} 天后（{joined}）在{supplier}任职或者持股（{kind}）。",
            en="{official} left {buyer} ({title}) on {left} and {days} days later, on {joined}, took a part in "
            "{supplier} ({kind}).",
        ).format(
            official=name(row, "official"),
            buyer=name(row, "buyer"),
            title=row["title"] if isinstance(row["title"], str) else "",
            supplier=name(row, "supplier"),
            left=left,
            joined=joined,
            days=(joined - left).days,
            kind=tie(row["kind"]),
        ),
        Text(
            zh="其在任及离任前 {years} 年内，{buyer}将 {n} 项业务授予{supplier}。",
            en="In office, and within {years} years before leaving, {buyer} made {n} awards to {supplier}.",
        ).format(
            years=params.award_years, buyer=name(row, "buyer"), n=len(row["awards"]), supplier=name(row, "supplier")
        ),
    )
    awards = [tuple(award.split(" ", 1)) for award in row["awards"]]
    amount = 0 if pd.isna(row["amount"]) else int(row["amount"])
    return Lead(
        identity={"official": row["official"], "supplier": row["supplier"], "buyer": row["buyer"]},
        tier=Tier.B,
        entities=(
            Entity(row["official"], "person", "official"),
            Entity(row["supplier"], "org", "supplier"),
            Entity(row["buyer"], "org", "buyer"),
            *(Entity(award, kind, "award") for kind, award in awards),
        ),
        reasons=reasons,
        innocent=(_department(row["powers"]),),
        records=(*refs(row["refs"]), *refs(row["award_refs"])),
        links=(
            Link("POST", row["official"], row["buyer"]),
            Link("ROLE", row["official"], row["supplier"]),
            *(Link("AWARDED", row["buyer"], award) for _, award in awards),
            *(Link("AWARDED_TO", award, row["supplier"]) for _, award in awards),
        ),
        score=max(0.0, 1 - (joined - left).days / (31 * params.months)),
        rank=amount / 100,
        amount=Amount(amount),
        period=(pd.Timestamp(row["first_award"]).date(), joined),
        laws=LAWS,
    )


def _department(powers: object) -> Excuse:
    if isinstance(powers, str):
        basis = Text(
            zh="该人员在任时具有审批、支付、采购等职权。", en="In office the official had power over purchases."
        )
        return Excuse("unrelated_department", Verdict.RULED_OUT, basis)
    basis = Text(
        zh="该人员任职期间没有审批、支付、采购等职权，部门与采购无关。",
        en="The official's posts carried no powers: a department that has nothing to do with purchases.",
    )
    return Excuse("unrelated_department", Verdict.FITS, basis)


DETECTOR = Detector(
    id="revolving_door",
    family="affiliated_bidders",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="离任后到供应商任职", en="From buyer to supplier"),
    question=Text(
        zh="公职人员离任后不久，是否到其原单位授予过业务的供应商任职或者持股？",
        en="Soon after leaving a buyer, does an official take a role at a supplier that the buyer had awarded work to?",
    ),
    rule=Text(
        zh="公职人员离任后 {months} 个月内，开始在供应商任职、受雇或者持股（不低于 {min_share}%），而其在任且离任前 "
        "{award_years} 年内原单位曾将业务授予该供应商。原职务没有任何职权的，不计入。",
        en="Within {months} months of leaving, an official begins a role, employment or shareholding (from "
        "{min_share} % on) at a supplier that won work from the body in office, within {award_years} years "
        "before the leaving. Posts without powers do not count.",
    ),
    why=Text(
        zh="在任时给予关照、离任后兑现，是“期权式”利益输送的典型形式。",
        en="Favours in office that are paid for afterwards are a known form of deferred corruption.",
    ),
    example=Text(
        zh="县住建局副局长离任 200 天后出任青禾建设副总经理，其在任时该局曾授予青禾建设两个标段：列为 B 类线索。",
        en="Two hundred days after leaving, the deputy director of a bureau becomes manager of Qinghe Construction, "
        "which won two lots from the bureau in that time: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=("肖新国案：退休后收取回报", "OECD, Post-Public Employment, 2010"),
    innocent=(Innocent("unrelated_department", Text(zh="无关部门", en="An unrelated department")),),
    parameters=Parameters,
    identity=("official", "supplier", "buyer"),
    requires={
        "posts": ("person_id", "org_id", "valid_to"),
        "roles": ("holder_id", "org_id", "kind", "valid_from"),
        "bids": ("tender_id", "bidder_id", "is_winner"),
    },
    uses={
        "posts": ("powers", "title", "valid_from"),
        "contracts": ("buyer_id", "supplier_id", "signed_on"),
        "roles": ("share_pct",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="任职经历", en="spells of office"),
    not_judgeable={
        "in_office": Text(zh="仍在任，或者离任日期未知", en="still in office, or the day of leaving is unknown")
    },
    blind=Text(
        zh="看不到以顾问、亲属名义取得的回报，以及到供应商关联企业任职。",
        en="Rewards as an adviser or in a relative's name, and roles at firms related to the supplier.",
    ),
    max_share=0.05,
    relations=("parties", "entries"),
)

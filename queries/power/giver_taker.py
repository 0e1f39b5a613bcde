"""A party sanctioned for bribery, its other firms, and the officials around their awards."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Lead, Link, Ref, Tier
from queries.relations.model import ref
from queries.verdicts import verdict
from queries.wording import name, span


class Parameters(Params):
    """Which sanctions, which firms, and how far around them."""

    bribery_words: tuple[str, ...] = Field(
        ("行贿", "贿赂", "bribe"), description="Kinds of sanction that name bribery."
    )
    months_before: int = Field(36, ge=0, description="Months before the decision in which awards are looked at.")
    months_after: int = Field(36, ge=0, description="Months after the decision in which awards are looked at.")
    owner_pct: float = Field(20, gt=0, le=100, description="Percent of a firm that make a shareholder its owner.")


SELECT = Sql(f"""
WITH bribery AS (
  SELECT subject_id, kind, decided_on, valid_to, coalesce(status = 'revoked', false) AS revoked, _key AS key
  FROM sanctions WHERE list_bool_or([contains(lower(kind), w) FOR w IN $bribery_words])
),
-- Who stands behind a firm. A public owner stands behind hundreds of firms that have nothing to do with one another.
owners AS (
  SELECT holder_id, org_id, kind, valid_from, valid_to, {ref("roles")} AS ref FROM roles
  WHERE kind = 'actual_controller' OR (kind = 'shareholder' AND share_pct >= $owner_pct)
  UNION ALL
  SELECT person_id, org_id, 'legal_rep', valid_from, valid_to, ref FROM heads
),
private_owners AS (
  SELECT * FROM owners
  WHERE holder_id NOT IN (SELECT org_id FROM orgs WHERE org_type IN ('government', 'institution', 'soe'))
),
behind AS (
  SELECT b.key, b.subject_id AS owner_id, NULL AS ref FROM bribery b
  UNION ALL
  SELECT b.key, o.holder_id, o.ref FROM bribery b
  JOIN private_owners o ON o.org_id = b.subject_id AND held(o.valid_from, o.valid_to, b.decided_on)
),
firms AS (
  SELECT key, owner_id AS firm_id, owner_id, NULL AS valid_from, NULL AS valid_to, ref AS behind_ref, NULL AS ref
  FROM behind
  UNION ALL
  SELECT b.key, o.org_id, b.owner_id, o.valid_from, o.valid_to, b.ref, o.ref
  FROM behind b JOIN private_owners o ON o.holder_id = b.owner_id
),
-- Materialised, so that awards are found by firm and not first by the days, which nearly all of them meet.
suspects AS MATERIALIZED (
  SELECT b.*, f.* EXCLUDE (key, valid_to), f.valid_to AS held_to FROM bribery b JOIN firms f USING (key)
),
won AS (
  SELECT s.* EXCLUDE (ref, valid_from, held_to), s.ref AS firm_ref, a.* EXCLUDE (firm_id, open)
  FROM suspects s JOIN awards a ON a.firm_id = s.firm_id AND held(s.valid_from, s.held_to, a.day)
  WHERE a.day BETWEEN s.decided_on - to_months($months_before) AND s.decided_on + to_months($months_after)
  QUALIFY row_number() OVER (PARTITION BY s.key, s.firm_id, a.award_table, a.award_key
                             ORDER BY s.owner_id, s.behind_ref, s.ref) = 1
),
made AS (
  SELECT DISTINCT award_table, award_key, tender_id, contract_id, body_id, firm_id, day FROM won
),
-- The officials with power over the award on its day, and who approved the contract.
around AS (
  SELECT w.award_table, w.award_key, o.person_id, {ref("posts", "o._key")} AS ref
  FROM made w JOIN posts o ON o.org_id = w.body_id AND held(o.valid_from, o.valid_to, w.day)
  WHERE regexp_matches(o.powers, '(^|;)(approve|evaluate|procure)(;|$)')
  UNION ALL
  SELECT w.award_table, w.award_key, c.approver_id, {ref("contracts", "c._key")}
  FROM made w JOIN contracts c ON c.tender_id = w.tender_id AND c.supplier_id = w.firm_id
  WHERE c.approver_id IS NOT NULL AND w.contract_id IS NULL
  UNION ALL
  SELECT w.award_table, w.award_key, c.approver_id, {ref("contracts", "c._key")}
  FROM made w JOIN contracts c USING (contract_id) WHERE c.approver_id IS NOT NULL
),
officials AS (
  SELECT a.award_table, a.award_key,
         list(DISTINCT {{'id': a.person_id, 'name': coalesce(p.name, a.person_id)}}
              ORDER BY {{'id': a.person_id, 'name': coalesce(p.name, a.person_id)}}) AS officials,
         list(DISTINCT a.ref ORDER BY a.ref) AS official_refs
  FROM around a LEFT JOIN parties p ON p.id = a.person_id GROUP BY a.award_table, a.award_key
)
SELECT w.* EXCLUDE (behind_ref, firm_ref), coalesce(o.officials, []) AS officials, o.official_refs,
       list_filter([w.behind_ref, w.firm_ref], lambda r: r IS NOT NULL) AS owner_refs,
       subject.name AS subject_name, coalesce(subject.kind, 'org') AS subject_kind,
       winner.name AS firm_name, coalesce(winner.kind, 'org') AS firm_kind,
       owner.name AS owner_name, coalesce(owner.kind, 'org') AS owner_kind, body.name AS body_name
FROM won w LEFT JOIN officials o USING (award_table, award_key)
LEFT JOIN parties subject ON subject.id = w.subject_id LEFT JOIN parties winner ON winner.id = w.firm_id
LEFT JOIN parties owner ON owner.id = w.owner_id LEFT JOIN parties body ON body.id = w.body_id
ORDER BY w.subject_id, w.firm_id, w.day, w.award_table, w.award_key, w.decided_on, w.key
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE decided_on IS NOT NULL) AS judged, count(*) FILTER (WHERE decided_on IS NULL) AS no_day
FROM sanctions WHERE list_bool_or([contains(lower(kind), w) FOR w IN $bribery_words])
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each sanctioned party and winning firm, over the sanctions that stand."""
    expired = rows["valid_to"].notna() & (rows["day"] > rows["valid_to"])
    rows = rows.assign(expired=expired)
    for _, part in rows.groupby(["subject_id", "firm_id"], sort=True):
        standing = part[~part["revoked"].astype(bool) & ~part["expired"]]
        yield _lead(standing if len(standing) else part, flagged=len(standing) > 0)


def _lead(part: pd.DataFrame, *, flagged: bool) -> Lead:
    row = part.iloc[0]
    awards = part.drop_duplicates(["award_table", "award_key"])
    total = int(awards["amount"].fillna(0).sum())
    officials = {str(o["id"]): str(o["name"]) for cell in awards["officials"] for o in cell}
    first, last = awards["day"].min().date(), awards["day"].max().date()
    subject, firm = name(row, "subject"), name(row, "firm")
    revoked = bool(part["revoked"].all())
    entities = (
        Entity(str(row["subject_id"]), str(row["subject_kind"]), "sanctioned"),
        Entity(str(row["firm_id"]), str(row["firm_kind"]), "firm"),
        *(
            Entity(str(owner), str(kind), "owner")
            for owner, kind in sorted(set(zip(part["owner_id"], part["owner_kind"], strict=True)))
            if owner not in (row["subject_id"], row["firm_id"])
        ),
        *(Entity(body, "org", "body") for body in sorted(set(awards["body_id"].dropna().astype(str)))),
        *(Entity(tender, "tender", "tender") for tender in sorted(set(awards["tender_id"].dropna().astype(str)))),
        *(
            Entity(contract, "contract", "contract")
            for contract in sorted(set(awards["contract_id"].dropna().astype(str)))
        ),
        *(Entity(person, "person", "official") for person in sorted(officials)),
    )
    return Lead(
        identity={"subject": str(row["subject_id"]), "firm": str(row["firm_id"])},
        tier=Tier.B,
        entities=entities,
        reasons=(
            Text(
                zh="{subject}于 {day} 因“{kind}”受到处理。", en="On {day} {subject} was sanctioned for “{kind}”."
            ).format(subject=subject, day=row["decided_on"].date(), kind=row["kind"]),
            *_behind(row, subject, firm),
            Text(
                zh="{span}，{firm}从{bodies}取得 {count} 项标段或合同，合计 {sum}。",
                en="{span} {firm} won {count} lots or contracts from {bodies}, {sum} in all.",
            ).format(
                span=span(first, last),
                firm=firm,
                bodies=listing(sorted({name(award, "body") for _, award in awards.iterrows()})),
                count=len(awards),
                sum=money(total),
            ),
            _around(officials),
        ),
        innocent=(
            verdict(
                "revoked",
                revoked and not flagged,
                yes=Text(zh="该处理决定已被撤销。", en="The sanction was revoked."),
                no=Text(zh="有未被撤销的处理决定。", en="There is a sanction that was not revoked."),
            ),
            verdict(
                "expired",
                not flagged and not revoked,
                yes=Text(zh="中标均在处理期限届满之后。", en="Every award came after the sanction had ended."),
                no=Text(zh="有中标在处理期限届满之前。", en="There are awards before the sanction ended.")
                if flagged
                else Text(
                    zh="处理决定已被撤销，与期限无关。", en="The sanction was revoked: its term does not matter."
                ),
            ),
        ),
        records=(
            *(Ref("sanctions", int(key)) for key in sorted(set(part["key"]))),
            *_award_refs(awards),
            *(found for cell in part["owner_refs"] for found in refs(cell)),
            *(found for cell in part["official_refs"] if not isinstance(cell, float) for found in refs(cell)),
        ),
        links=tuple(
            Link("WON_FROM", str(row["firm_id"]), str(body), ref)
            for body, ref in zip(awards["body_id"], _award_refs(awards), strict=True)
            if isinstance(body, str)
        ),
        score=1 - 1 / (1 + len(awards)),
        rank=total / 100,
        amount=Amount(total) if total else None,
        period=(min(first, row["decided_on"].date()), max(last, row["decided_on"].date())),
    )


def _award_refs(awards: pd.DataFrame) -> tuple[Ref, ...]:
    return tuple(Ref(str(t), int(k)) for t, k in zip(awards["award_table"], awards["award_key"], strict=True))


def _behind(row: pd.Series, subject: str, firm: str) -> Iterator[Text]:
    if row["firm_id"] == row["subject_id"]:
        return
    if row["owner_id"] == row["subject_id"]:
        yield Text(
            zh="{subject}是{firm}的法定代表人、实际控制人或主要股东。",
            en="{subject} heads, controls or holds a major share of {firm}.",
        ).format(subject=subject, firm=firm)
        return
    if row["owner_id"] == row["firm_id"]:
        yield Text(
            zh="{firm}控制{subject}或者是其主要股东。", en="{firm} controls {subject} or holds a major share of it."
        ).format(subject=subject, firm=firm)
        return
    yield Text(
        zh="{owner}同时是{subject}和{firm}的法定代表人、实际控制人或主要股东。",
        en="{owner} heads, controls or holds a major share of both {subject} and {firm}.",
    ).format(owner=name(row, "owner"), subject=subject, firm=firm)


def _around(officials: dict[str, str]) -> Text:
    if not officials:
        return Text(
            zh="当时对上述标段或合同有权的公职人员未知。", en="Which officials had power over the awards is unknown."
        )
    return Text(
        zh="对上述标段或合同有审批、评审、采购权的公职人员：{names}。",
        en="Officials who approve, evaluate or procure at those awards: {names}.",
    ).format(names=listing(officials[person] for person in sorted(officials)))


DETECTOR = Detector(
    id="giver_taker",
    family="power",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="受贿行贿一起查", en="Bribe-giver's firms and awards"),
    question=Text(
        zh="因行贿受到处理的当事人及其其他企业，前后从哪些单位中标，涉及哪些有权人员？",
        en="From whom did a party sanctioned for bribery, and its other firms, win, and which officials had the power?",
    ),
    rule=Text(
        zh="处理类别含 {bribery_words} 的当事人、其法定代表人、实际控制人、持股 {owner_pct}% 以上的股东，以及这些人以"
        "同样方式掌握的其他企业，在决定前 {months_before} 个月至决定后 {months_after} 个月内中标或者直接取得合同的，"
        "列出招标采购单位当时有审批、评审、采购权的人员和合同审批人。机关、事业单位和国有企业作为股东的不据此连带。"
        "处理决定已撤销的，或者中标均在处理期限届满后的，予以排除。",
        en="A party sanctioned for bribery ({bribery_words}), those who head, control or hold at least {owner_pct} % "
        "of it, and the other firms that they head, control or hold so: lots and direct contracts that these won from "
        "{months_before} months before to {months_after} months after the decision, with the officials who then "
        "approved, evaluated or procured at the buyer, and the approver of the contract. Public owners connect "
        "nothing. Revoked sanctions, and awards that all came after the sanction had ended, are cleared.",
    ),
    why=Text(
        zh="行贿人往往不止向一人行贿、不止用一家公司中标；查处行贿后应回看其全部中标及有权人员。",
        en="Who bribed once seldom bribed one official or won through one firm: all awards deserve a second look.",
    ),
    example=Text(
        zh="甲公司 2022 年 8 月因行贿被处理，其股东的乙公司同年从某局中标 2 次：列为 B 类线索。",
        en="Jia is sanctioned for bribery in August 2022; Yi, of the same owner, wins two lots from a bureau that "
        "year: a tier B lead.",
    ),
    legal_basis=("criminal_law_385", "criminal_law_389", "criminal_law_390", "criminal_law_393"),
    references=("关于进一步推进受贿行贿一起查的意见（2021）",),
    innocent=(
        Innocent("revoked", Text(zh="处理决定已撤销", en="The sanction was revoked")),
        Innocent("expired", Text(zh="处理期限已届满", en="The sanction had ended")),
    ),
    parameters=Parameters,
    identity=("subject", "firm"),
    requires={
        "sanctions": ("subject_id", "kind", "decided_on"),
        "bids": ("tender_id", "bidder_id", "is_winner"),
        "tenders": ("tender_id", "buyer_id"),
    },
    uses={
        "sanctions": ("status", "valid_to"),
        "roles": ("holder_id", "org_id", "kind", "share_pct"),
        "posts": ("powers",),
        "contracts": ("approver_id", "tender_id", "buyer_id", "supplier_id", "signed_on"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="行贿处理决定", en="sanctions for bribery"),
    not_judgeable={"no_day": Text(zh="决定日期未知", en="the day of the decision is unknown")},
    blind=Text(
        zh="看不到未公开处理、免予处理的行贿人，也看不到由他人代持的企业。",
        en="Bribe-givers who were never sanctioned in public, and firms that others hold for them.",
    ),
    max_share=1.0,
    relations=("parties", "entries", "heads", "awards"),
)

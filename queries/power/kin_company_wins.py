"""A firm tied to an official wins from a body that the official has power over."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier, Verdict
from queries.relations.model import ref
from queries.verdicts import verdict
from queries.wording import name, span, tie


class Parameters(Params):
    """Whose power counts, and what records a recusal."""

    recusal_words: tuple[str, ...] = Field(("回避",), description="Published items that record a recusal.")
    board_roles: tuple[str, ...] = Field(
        ("legal_rep", "director", "supervisor", "manager", "finance"),
        description="Roles that an official may hold at a state firm by appointment.",
    )


SELECT = Sql(f"""
WITH powers AS (
  SELECT person_id, org_id AS body_id, title, valid_from, valid_to, [{ref("posts")}] AS refs, _key
  FROM posts WHERE regexp_matches(powers, '(^|;)(approve|pay|evaluate|supervise|procure)(;|$)')
  UNION ALL
  -- Those who approve or supervise at the parent have power over its bodies.
  SELECT o.person_id, b.org_id, o.title, o.valid_from, o.valid_to, [{ref("posts", "o._key")}, {ref("orgs", "b._key")}],
         o._key
  FROM posts o JOIN orgs b ON b.parent_org_id = o.org_id
  WHERE regexp_matches(o.powers, '(^|;)(approve|supervise)(;|$)')
),
near AS (
  SELECT p.person_id, p.body_id, p.title, t.party_id AS firm_id, t.how,
         greatest(p.valid_from, t.valid_from) AS valid_from, least(p.valid_to, t.valid_to) AS valid_to,
         list_concat(p.refs, t.refs) AS tie_refs
  FROM powers p JOIN ties t USING (person_id)
),
won AS (
  SELECT a.*, n.person_id AS official, n.title, n.how, n.tie_refs
  FROM awards a JOIN near n ON n.body_id = a.body_id AND n.firm_id = a.firm_id AND held(n.valid_from, n.valid_to, a.day)
),
-- Who approved the contract and its payments.
approvers AS (
  SELECT tender_id, firm_id, list(DISTINCT approver_id ORDER BY approver_id) AS approvers FROM (
    SELECT c.tender_id, c.supplier_id AS firm_id, c.approver_id FROM contracts c SEMI JOIN won USING (tender_id)
    UNION ALL
    SELECT c.tender_id, c.supplier_id, p.approver_id FROM contracts c SEMI JOIN won USING (tender_id)
    JOIN payments p ON p.contract_id = c.contract_id)
  WHERE approver_id IS NOT NULL GROUP BY ALL
),
recusals AS (
  SELECT org_id AS body_id, ref_id AS tender_id, min(published_on) AS declared_on,
         list({{'table': 'disclosures', 'key': _key}} ORDER BY _key) AS recusal_refs
  FROM disclosures
  WHERE published_on IS NOT NULL AND list_bool_or([contains(item, w) FOR w IN $recusal_words]) GROUP BY ALL
)
SELECT w.*, r.declared_on, r.recusal_refs, a.approvers IS NOT NULL AS approver_known,
       coalesce(list_contains(a.approvers, w.official), false) AS approved,
       coalesce(f.org_type IN ('soe', 'institution', 'government'), false) AS state_firm,
       body.name AS body_name, f.name AS firm_name, coalesce(f.kind, 'org') AS firm_kind,
       official.name AS official_name
FROM won w
LEFT JOIN recusals r ON r.tender_id = w.tender_id AND r.body_id = w.body_id AND r.declared_on <= w.day
LEFT JOIN approvers a ON a.tender_id = w.tender_id AND a.firm_id = w.firm_id
LEFT JOIN parties body ON body.id = w.body_id LEFT JOIN parties f ON f.id = w.firm_id
LEFT JOIN parties official ON official.id = w.official
ORDER BY w.official, w.body_id, w.firm_id, w.day, w.award_table, w.award_key, w.how, w.tie_refs
""")

POPULATION = Sql("""
WITH empowered AS (
  SELECT org_id FROM posts WHERE powers IS NOT NULL
  UNION SELECT b.org_id FROM posts o JOIN orgs b ON b.parent_org_id = o.org_id WHERE o.powers IS NOT NULL
)
SELECT count(*) FILTER (WHERE day IS NOT NULL AND known) AS judged, count(*) FILTER (WHERE day IS NULL) AS no_day,
       count(*) FILTER (WHERE day IS NOT NULL AND NOT known) AS no_official
FROM (SELECT day, body_id IN (SELECT org_id FROM empowered) AS known FROM awards)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each official, body and firm, over the awards that nothing explains."""
    for _, part in rows.groupby(["official", "body_id", "firm_id"], sort=True):
        by_office = bool(part["state_firm"].all()) and set(part["how"]) <= set(params.board_roles)
        recused = part["declared_on"].notna() & part["open"].astype(bool)
        stood_aside = recused & part["approver_known"].astype(bool) & ~part["approved"].astype(bool)
        standing = part[~stood_aside]
        shown = part if by_office or not len(standing) else standing
        unknown = bool((recused & ~part["approver_known"].astype(bool)).any())
        yield _lead(
            shown,
            (
                _recusal(len(standing), explained=int(stood_aside.sum()), unknown=unknown),
                verdict(
                    "by_appointment",
                    by_office,
                    yes=Text(
                        zh="该企业为国有单位，公职人员仅任职而未持股，属于委派任职。",
                        en="It is a state firm where the official holds an office and no stake: an appointment.",
                    ),
                    no=Text(
                        zh="不是公职人员本人在国有单位的委派任职。",
                        en="It is no office of the official's own at a state firm.",
                    ),
                ),
            ),
        )


def _recusal(left: int, *, explained: int, unknown: bool) -> Excuse:
    if left and explained:
        part = Text(zh="只有部分中标有回避登记并由他人审批。", en="A recusal covers a part of the awards only.")
        return Excuse("declared_and_recused", Verdict.RULED_OUT, part)
    return verdict(
        "declared_and_recused",
        not left or (None if unknown else False),
        yes=Text(
            zh="开标前已公示回避登记，采购公开招标，合同和付款均由他人审批。",
            en="A recusal was published by the opening, the tender was open, and others approved contract and payments"
            ".",
        ),
        no=Text(
            zh="没有开标前公示的回避登记，或者未公开招标，或者仍由其本人审批。",
            en="No recusal was published by the opening, or the tender was not open, or the official approved it.",
        ),
        unknown=Text(
            zh="有回避登记，但合同和付款的审批人未知。",
            en="A recusal was published, but who approved contract and payments is unknown.",
        ),
    )


def _lead(part: pd.DataFrame, excuses: tuple[Excuse, ...]) -> Lead:
    row = part.iloc[0]
    awards = part.drop_duplicates(["award_table", "award_key"])
    total = int(awards["amount"].fillna(0).sum())
    first, last = awards["day"].min().date(), awards["day"].max().date()
    official, firm, body = name(row, "official"), name(row, "firm"), name(row, "body")
    return Lead(
        identity={"official": str(row["official"]), "body": str(row["body_id"]), "firm": str(row["firm_id"])},
        tier=Tier.B,
        entities=(
            Entity(str(row["official"]), "person", "official"),
            Entity(str(row["body_id"]), "org", "body"),
            Entity(str(row["firm_id"]), str(row["firm_kind"]), "firm"),
            *(Entity(tender, "tender", "tender") for tender in sorted(set(awards["tender_id"].dropna().astype(str)))),
            *(
                Entity(contract, "contract", "contract")
                for contract in sorted(set(awards["contract_id"].dropna().astype(str)))
            ),
        ),
        reasons=(
            Text(
                zh="{span}，{firm}从{body}取得 {count} 项标段或合同，合计 {sum}。",
                en="{span} {firm} won {count} lots or contracts from {body}, {sum} in all.",
            ).format(span=span(first, last), firm=firm, body=body, count=len(awards), sum=money(total)),
            Text(
                zh="{firm}与当时对{body}有权的公职人员{official}（{title}）存在关联：{tie}。",
                en="{firm} is tied to {official} ({title}), who then had power over {body}: {tie}.",
            ).format(
                firm=firm,
                body=body,
                official=official,
                title=row["title"] if isinstance(row["title"], str) else "–",
                tie=tie(str(row["how"])),
            ),
        ),
        innocent=excuses,
        records=(
            *(Ref(str(t), int(key)) for t, key in zip(awards["award_table"], awards["award_key"], strict=True)),
            *(
                found
                for column in ("tie_refs", "recusal_refs")
                for cell in part[column]
                if not isinstance(cell, float)
                for found in refs(cell)
            ),
        ),
        links=tuple(
            Link("WON_FROM", str(row["firm_id"]), str(row["body_id"]), Ref(str(t), int(key)))
            for t, key in zip(awards["award_table"], awards["award_key"], strict=True)
        ),
        score=1 - 1 / (1 + len(awards)),
        rank=total / 100,
        amount=Amount(total) if total else None,
        period=(first, last),
    )


DETECTOR = Detector(
    id="kin_company_wins",
    family="power",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="亲属企业中标", en="Kin's firm wins"),
    question=Text(
        zh="公职人员关联的企业，是否在其有权的单位中标或取得合同？",
        en="Does a firm tied to an official win from a body that the official has power over?",
    ),
    rule=Text(
        zh="中标（开标日）或未经招标的合同（签订日）之时，供应商与对采购单位有审批、支付、评审、监督、采购权的人员（含"
        "上级单位有审批、监督权的人员）存在任职、持股（5% 以上）、亲属及其企业、共用联系方式等关联。开标前公示含 "
        "{recusal_words} 的登记、公开招标、合同和付款均由他人审批的，以及公职人员在国有单位仅担任 {board_roles} 的，"
        "予以排除。",
        en="On the day of the opening, or of signing where there was no tender, the supplier was tied – a role, a "
        "stake of 5 % or more, kin and their firms, a shared contact – to a person with power to approve, pay, "
        "evaluate, supervise or procure at the body, or to approve or supervise at its parent. Open tenders with a "
        "recusal ({recusal_words}) published by the opening and approved by others throughout, and an official's "
        "appointment ({board_roles}) at a state firm, are cleared.",
    ),
    why=Text(
        zh="亲属、特定关系人的企业在其权力范围内经商，是以权谋私最常见的形式。",
        en="Firms of kin that trade within an official's power are the commonest form of its abuse.",
    ),
    example=Text(
        zh="某国企负责人配偶独资的公司两年内从该国企中标 3 次：列为 B 类线索。",
        en="The firm of a director's spouse wins three lots from the director's company in two years: a tier B lead.",
    ),
    legal_basis=(
        "bidding_regulation_34_1",
        "procurement_regulation_9",
        "criminal_law_166",
        "criminal_law_385",
        "criminal_law_388a",
    ),
    references=("张洪宝、孙涛案：亲属企业在其主管单位中标", "肖新国案：代持股份，退休后兑现"),
    innocent=(
        Innocent("declared_and_recused", Text(zh="公开招标、已申报回避", en="Open tender, declared, recused")),
        Innocent("by_appointment", Text(zh="国有企业委派任职", en="An appointment at a state firm")),
    ),
    parameters=Parameters,
    identity=("official", "body", "firm"),
    requires={
        "posts": ("person_id", "org_id", "powers"),
        "bids": ("tender_id", "bidder_id", "is_winner"),
        "tenders": ("tender_id", "buyer_id"),
        "roles": ("holder_id", "org_id", "kind"),
    },
    uses={
        "kinship": ("person_a", "person_b"),
        "contacts": ("owner_id", "value"),
        "contracts": ("tender_id", "approver_id", "signed_on"),
        "payments": ("approver_id",),
        "disclosures": ("item", "ref_id", "published_on"),
        "orgs": ("org_type", "parent_org_id"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="中标和直接签订的合同", en="awards and contracts without a tender"),
    not_judgeable={
        "no_day": Text(zh="开标日或签订日未知", en="the day of the opening or of signing is unknown"),
        "no_official": Text(zh="采购单位没有公职人员任职信息", en="no official with power over the body is known"),
    },
    blind=Text(
        zh="看不到由他人代持、没有登记关系的企业，也看不到离任后才兑现的安排。",
        en="Firms held through others without any registered relation, and favours that are returned after the post.",
    ),
    max_share=0.1,
    relations=("parties", "entries", "ties", "awards"),
)

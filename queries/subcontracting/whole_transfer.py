"""A contract passed on whole: by a subcontract for all of it, for nearly all of its price, or by paying it all on."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.passing import PASSED_ON, PASSED_ON_ROWS
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What is nearly all."""

    whole_pct: float = Field(
        90, gt=0, le=100, description="Percent of the price let, or of the money received paid on, to one party."
    )
    pass_days: int = Field(30, ge=0, description="Days after a receipt in which money is passed on.")
    own_words: tuple[str, ...] = Field(("分公司", "项目部"), description="Names of branches without legal personality.")


SELECT = Sql(f"""
WITH {PASSED_ON},
let AS (
  SELECT m.contract_id, s.supplier_id AS payee_id, bool_or(coalesce(s.scope = 'all', false)) AS all_scope,
         sum(s.amount) AS let, min(s.signed_on) AS let_on, list(s.contract_id ORDER BY s.contract_id) AS subs,
         list({{'table': 'contracts', 'key': s._key}} ORDER BY s._key) AS sub_refs
  FROM mains m JOIN contracts s ON s.parent_id = m.contract_id AND s.buyer_id = m.supplier_id
  WHERE s.supplier_id <> m.supplier_id AND coalesce(s.kind, 'sub') = 'sub'
  GROUP BY ALL
),
whole AS (
  SELECT coalesce(l.contract_id, p.contract_id) AS contract_id, coalesce(l.payee_id, p.payee_id) AS taker, l.let,
         coalesce(l.all_scope, false) AS all_scope, l.let_on, l.subs, l.sub_refs, p.passed, p.paid_out, r.received,
         p.pass_from, p.pass_to,
         coalesce(l.let * 100 >= $whole_pct * m.amount, false) AS by_price,
         coalesce(p.passed * 100 >= $whole_pct * r.received AND p.paid_out <= r.received, false) AS by_money
  FROM let l FULL JOIN passed p ON p.contract_id = l.contract_id AND p.payee_id = l.payee_id
  JOIN mains m ON m.contract_id = coalesce(l.contract_id, p.contract_id)
  LEFT JOIN received r ON r.contract_id = m.contract_id
  WHERE all_scope OR by_price OR by_money
),
found AS (SELECT contract_id, taker AS payee_id FROM whole),
{PASSED_ON_ROWS}
SELECT m.*, w.* EXCLUDE (contract_id), least(w.let_on, w.pass_from) AS first_on,
       greatest(w.let_on, w.pass_to) AS last_on, o.pass_refs, r.receipt_refs, t.category, s.name AS supplier_name,
       k.name AS taker_name, b.parent_org_id,
       -- Shares that made the taker a subsidiary when the contract was passed on.
       (SELECT list({{'table': 'roles', 'key': x._key}} ORDER BY x._key) FROM roles x
        WHERE x.holder_id = m.supplier_id AND x.org_id = w.taker AND x.kind = 'shareholder' AND x.share_pct > 50
          AND held(x.valid_from, x.valid_to, coalesce(w.let_on, w.pass_from, m.signed_on))) AS share_refs,
       EXISTS (FROM entries a JOIN entries b USING (tender_id) WHERE a.tender_id = m.tender_id
               AND a.bidder_id = m.supplier_id AND b.bidder_id = w.taker AND a.consortium_id = b.consortium_id)
         AS partner
FROM whole w JOIN mains m USING (contract_id) LEFT JOIN tenders t USING (tender_id)
LEFT JOIN pass_rows o ON o.contract_id = w.contract_id AND o.payee_id = w.taker
LEFT JOIN receipt_rows r ON r.contract_id = w.contract_id
LEFT JOIN parties s ON s.id = m.supplier_id LEFT JOIN parties k ON k.id = w.taker LEFT JOIN orgs b ON b.org_id = w.taker
ORDER BY m.contract_id, w.taker
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE passes) AS judged, count(*) FILTER (WHERE NOT passes) AS nothing_known
FROM (SELECT c.contract_id IN (SELECT parent_id FROM contracts)
             OR c.contract_id IN (SELECT contract_id FROM payments) AS passes
      FROM contracts c WHERE coalesce(c.kind, 'main') = 'main' AND c.parent_id IS NULL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a contract and taker: a fact where a subcontract says all, else a lead."""
    for _, row in rows.iterrows():
        subs = list(row["subs"]) if row["by_price"] or row["all_scope"] else []
        tender = row["tender_id"]
        yield Lead(
            identity={"contract": str(row["contract_id"]), "taker": str(row["taker"])},
            tier=Tier.A if row["all_scope"] else Tier.B,
            entities=(
                Entity(str(row["contract_id"]), "contract", "contract"),
                Entity(str(row["supplier_id"]), "org", "contractor"),
                Entity(str(row["taker"]), "org", "taker"),
                Entity(str(row["buyer_id"]), "org", "owner"),
                *(Entity(sub, "contract", "subcontract") for sub in subs),
                *((Entity(tender, "tender", "tender"),) if isinstance(tender, str) else ()),
            ),
            reasons=tuple(_reasons(row)),
            innocent=_excuses(row, params),
            records=(
                Ref("contracts", int(row["key"])),
                *refs(row["sub_refs"]),
                *((*refs(row["pass_refs"]), *refs(row["receipt_refs"])) if row["by_money"] else ()),
                *refs(row["share_refs"]),
            ),
            links=tuple(Link("PART_OF_CONTRACT", sub, str(row["contract_id"])) for sub in subs),
            score=min(1.0, (bool(row["all_scope"]) + bool(row["by_price"]) + bool(row["by_money"])) / 3),
            rank=int(row["amount"]) / 100,
            amount=Amount(int(row["amount"])),
            period=(
                None if pd.isna(row["first_on"]) else row["first_on"].date(),
                None if pd.isna(row["last_on"]) else row["last_on"].date(),
            ),
        )


def _reasons(row: pd.Series) -> Iterator[Text]:
    supplier, taker = name(row, "supplier"), name(row, "taker")
    if row["all_scope"] or row["by_price"]:
        said = (
            Text(
                zh="{supplier}将合同 {contract} 以“全部”范围分包给{taker}，价款 {sum}，为原合同的 {percent:.1f}%。",
                en="{supplier} let all of contract {contract} to {taker} for {sum}, {percent:.1f} % of its price.",
            )
            if row["all_scope"]
            else Text(
                zh="{supplier}将合同 {contract} 分包给{taker}，价款 {sum}，为原合同的 {percent:.1f}%。",
                en="{supplier} let contract {contract} to {taker} for {sum}, {percent:.1f} % of its price.",
            )
        )
        yield said.format(
            supplier=supplier,
            taker=taker,
            contract=row["contract_id"],
            sum=money(int(row["let"])),
            percent=100 * row["let"] / max(1, row["amount"]),
        )
    if row["by_money"]:
        yield Text(
            zh="{supplier}就合同 {contract} 收款 {received}，随后向{taker}支付 {passed}，占 {percent:.1f}%。",
            en="{supplier} received {received} under contract {contract} and soon paid {taker} {passed}, "
            "{percent:.1f} %.",
        ).format(
            supplier=supplier,
            taker=taker,
            contract=row["contract_id"],
            received=money(int(row["received"])),
            passed=money(int(row["passed"])),
            percent=100 * row["passed"] / max(1, row["received"]),
        )
    if refs(row["share_refs"]):
        yield Text(
            zh="{taker}是{supplier}的控股子公司；规则明确，交由子公司施工同样属于转包。",
            en="{taker} is a subsidiary of {supplier}; by the rules passing on to a subsidiary is a transfer as well.",
        ).format(supplier=supplier, taker=taker)


def _excuses(row: pd.Series, params: Parameters) -> tuple[Excuse, ...]:
    called = isinstance(row["taker_name"], str) and any(word in row["taker_name"] for word in params.own_words)
    known = isinstance(row["category"], str)
    return (
        verdict(
            "consortium_partners",
            bool(row["partner"]),
            yes=Text(zh="双方以联合体中标，属联合体内部分工。", en="The two won as one consortium and share the work."),
            no=Text(zh="双方不是该标段的联合体成员。", en="They are no consortium in that tender."),
        ),
        verdict(
            "own_branch",
            called and row["parent_org_id"] == row["supplier_id"],
            yes=Text(
                zh="承接方为承包人的分支机构，不是其他单位。",
                en="The taker is a branch of the contractor, no other unit.",
            ),
            no=Text(zh="承接方不是承包人的分支机构。", en="The taker is no branch of the contractor."),
        ),
        verdict(
            "supply_resale",
            row["category"] == "goods" if known else None,
            yes=Text(
                zh="合同为货物供应，向厂商整批采购属正常购销。",
                en="It is a supply of goods, bought whole from a maker.",
            ),
            no=Text(zh="合同不是货物供应。", en="It is no supply of goods."),
            unknown=Text(zh="合同类别未知。", en="The category of the contract is unknown."),
        ),
        verdict(
            "partial_subcontract",
            False,
            yes=Text(zh="仅分包了一部分。", en="Only a part was let."),
            no=Text(zh="所分包或转付的部分达到或超过标准。", en="What was let or paid on reaches the limit."),
        ),
    )


DETECTOR = Detector(
    id="whole_transfer",
    family="subcontracting",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="合同整体转包", en="Contract passed on whole"),
    question=Text(
        zh="承包人是否将合同全部或几乎全部转给他人？",
        en="Did the contractor pass the whole of the contract, or nearly all of it, on to another?",
    ),
    rule=Text(
        zh="主合同的承包人将其以“全部”范围分包给一家单位（含子公司）的，列为 A 类；分包给一家单位的价款不低于原合同的 "
        "{whole_pct}%，或者每次收款后 {pass_days} 天内向一方转付的合计不低于所收款项 {whole_pct}% 的，列为 B 类。联合体"
        "成员、名称含 {own_words} 的分支机构以及货物购销，予以排除。",
        en="The contractor of a main contract lets all of it to one party, a subsidiary included (tier A); or lets one "
        "party {whole_pct} % of its price or more, or pays one party {whole_pct} % or more of what it received, within "
        "{pass_days} days of each receipt (tier B). Consortium partners, branches ({own_words}) and supplies of goods "
        "are cleared.",
    ),
    why=Text(
        zh="中标人只收管理费、不干活，招标选出的能力与信誉落空，工程款被层层截留。",
        en="The winner takes a fee and does nothing: whom the tender chose is not who does the work.",
    ),
    example=Text(
        zh="甲建设中标 1,000 万元道路工程，以 930 万元全部分包给乙公司：列为 A 类疑点。",
        en="Jia Construction wins a road for CNY 10 million and lets all of it to Yi for 9.3 million: a tier A lead.",
    ),
    legal_basis=("bidding_law_48", "bidding_regulation_59", "construction_law_28", "construction_rule_2019_1_8"),
    references=("汪某旺案：中标后几乎全部转给他人，赚取差价",),
    innocent=(
        Innocent("consortium_partners", Text(zh="联合体内部分工", en="Partners of one consortium")),
        Innocent("own_branch", Text(zh="承包人自己的分支机构", en="The contractor's own branch")),
        Innocent("supply_resale", Text(zh="货物购销", en="A supply of goods bought in")),
        Innocent("partial_subcontract", Text(zh="依法分包部分工程", en="A lawful subcontract of a part")),
    ),
    parameters=Parameters,
    identity=("contract", "taker"),
    requires={"contracts": ("contract_id", "supplier_id", "amount", "parent_id")},
    uses={
        "contracts": ("scope", "kind", "tender_id"),
        "payments": ("contract_id", "paid_on"),
        "transfers": ("from_id", "to_id"),
        "bids": ("consortium_id",),
        "tenders": ("category",),
        "orgs": ("parent_org_id",),
        "roles": ("share_pct",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="主合同", en="main contracts"),
    not_judgeable={"nothing_known": Text(zh="没有分包和支付记录", en="neither subcontract nor payment is on record")},
    blind=Text(
        zh="看不到以个人账户、现金或者多家单位分散转付的转包。",
        en="Contracts passed on in cash, through private accounts, or to several firms.",
    ),
    max_share=0.05,
    relations=("parties", "entries"),
)

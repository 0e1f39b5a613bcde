"""The winner passes nearly all it is paid to one unqualified party and keeps a fee, or that party paid its deposit."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.debt_feeding.trade import says
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.passing import PASSED_ON, PASSED_ON_ROWS
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What a lent qualification costs, and what is ordinary trade."""

    pass_pct: float = Field(85, gt=0, le=100, description="Percent of the money received that goes to one party.")
    min_fee_pct: float = Field(0.5, ge=0, description="Percent of the money received that the winner keeps at least.")
    max_fee_pct: float = Field(
        8, gt=0, description="Percent that it keeps at most, after what it paid others under the contract, and tax."
    )
    deposit_pct: float = Field(
        50, gt=0, le=100, description="Percent passed on that is enough where that party paid the winner's deposit."
    )
    pass_days: int = Field(30, ge=0, description="Days after a receipt in which money is passed on.")
    history_days: int = Field(
        180, ge=1, description="Days before the contract's first money by which lasting trade with the party had begun."
    )
    history_payments: int = Field(3, ge=1, description="Payments before then that make lasting trade.")
    material_words: tuple[str, ...] = Field(("材料", "货款", "采购"), description="Purposes that name goods.")
    tax_words: tuple[str, ...] = Field(("税",), description="Purposes that name tax.")


SELECT = Sql(f"""
WITH {PASSED_ON},
deposits AS (
  SELECT b.tender_id, b.bidder_id, d.payer_id, list({{'table': 'bid_deposits', 'key': d._key}} ORDER BY d._key) AS refs
  FROM entries b JOIN bid_deposits d USING (bid_id)
  WHERE b.is_winner AND coalesce(d.form, 'transfer') = 'transfer'
  GROUP BY ALL
),
-- What the winner paid others out of the same receipts: its other subcontractors, and tax.
others AS (
  SELECT s.contract_id, s.payee_id, s.paid_out
  FROM passed s WHERE EXISTS (FROM contracts c WHERE c.parent_id = s.contract_id AND c.supplier_id = s.payee_id)
     OR (s.contract_id, s.payee_id) IN (
       SELECT (contract_id, payee_id) FROM soon WHERE list_bool_or([contains(purpose, w) FOR w IN $tax_words]))
),
candidate AS (
  SELECT m.contract_id, m.key, m.buyer_id, m.supplier_id, m.tender_id, p.payee_id AS party, p.passed, p.paid_out,
         p.pass_from, p.pass_to, r.received, r.first_day, t.category, d.refs AS deposit_refs,
         r.received - p.paid_out
           - coalesce((SELECT sum(o.paid_out) FROM others o
                       WHERE o.contract_id = m.contract_id AND o.payee_id <> p.payee_id), 0) AS kept
  FROM mains m JOIN received r USING (contract_id) JOIN passed p USING (contract_id) JOIN tenders t USING (tender_id)
  LEFT JOIN deposits d ON d.tender_id = m.tender_id AND d.bidder_id = m.supplier_id AND d.payer_id = p.payee_id
  WHERE p.passed * 100 >= $pass_pct * r.received
     OR (d.payer_id IS NOT NULL AND p.passed * 100 >= $deposit_pct * r.received)
),
kept_little AS (
  SELECT * FROM candidate
  WHERE deposit_refs IS NOT NULL OR kept BETWEEN $min_fee_pct * received / 100 AND $max_fee_pct * received / 100
),
found AS (SELECT contract_id, party AS payee_id FROM kept_little),
{PASSED_ON_ROWS}
SELECT c.*, o.purposes, o.purpose_missing, o.pass_refs, r.receipt_refs, s.name AS supplier_name, q.name AS party_name,
       q.kind AS party_kind,
       -- A qualification that the party held when the money began to come.
       (SELECT list({{'table': 'qualifications', 'key': k._key}} ORDER BY k._key) FROM qualifications k
        WHERE k.org_id = c.party AND held(k.valid_from, k.valid_to, c.pass_from)) AS qualification_refs,
       EXISTS (FROM entries a JOIN entries b USING (tender_id) WHERE a.tender_id = c.tender_id
               AND a.bidder_id = c.supplier_id AND b.bidder_id = c.party AND a.consortium_id = b.consortium_id)
         AS partner,
       (SELECT count(*) FROM flows f WHERE f.payer_id = c.supplier_id AND f.payee_id = c.party
        AND f.day < c.first_day) AS earlier,
       (SELECT min(f.day) FROM flows f WHERE f.payer_id = c.supplier_id AND f.payee_id = c.party) AS first_paid,
       (SELECT count(*) > 0 FROM qualifications) AS qualifications_known
FROM kept_little c JOIN pass_rows o ON o.contract_id = c.contract_id AND o.payee_id = c.party
JOIN receipt_rows r ON r.contract_id = c.contract_id
LEFT JOIN parties s ON s.id = c.supplier_id LEFT JOIN parties q ON q.id = c.party
ORDER BY c.contract_id, c.party
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE paid AND tendered) AS judged, count(*) FILTER (WHERE NOT tendered) AS no_tender,
       count(*) FILTER (WHERE tendered AND NOT paid) AS no_payments
FROM (SELECT c.contract_id IN (SELECT contract_id FROM payments) AS paid,
             coalesce(c.tender_id IN (SELECT tender_id FROM tenders), false) AS tendered
      FROM contracts c WHERE coalesce(c.kind, 'main') = 'main' AND c.parent_id IS NULL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each contract and party that the money went to."""
    for _, row in rows.iterrows():
        yield Lead(
            identity={"contract": str(row["contract_id"]), "party": str(row["party"])},
            tier=Tier.B,
            entities=(
                Entity(str(row["contract_id"]), "contract", "contract"),
                Entity(str(row["tender_id"]), "tender", "tender"),
                Entity(str(row["supplier_id"]), "org", "winner"),
                Entity(str(row["party"]), "person" if row["party_kind"] == "person" else "org", "party"),
                Entity(str(row["buyer_id"]), "org", "owner"),
            ),
            reasons=tuple(_reasons(row)),
            innocent=_excuses(row, params),
            records=(
                Ref("contracts", int(row["key"])),
                *refs(row["receipt_refs"]),
                *refs(row["pass_refs"]),
                *refs(row["deposit_refs"]),
                *refs(row["qualification_refs"]),
            ),
            links=tuple(
                Link("PAID", str(row["supplier_id"]), str(row["party"]), ref) for ref in refs(row["pass_refs"])
            ),
            score=min(1.0, row["paid_out"] / row["received"]) * (1.0 if refs(row["deposit_refs"]) else 0.8),
            rank=int(row["paid_out"]) / 100,
            amount=Amount(int(row["paid_out"])),
            period=(row["pass_from"].date(), row["pass_to"].date()),
        )


def _reasons(row: pd.Series) -> Iterator[Text]:
    supplier, party = name(row, "supplier"), name(row, "party")
    yield Text(
        zh="{supplier}就合同 {contract} 收款 {received}，随后向{party}转付 {passed}（{percent:.1f}%），"
        "自留 {fee:.1f}%。",
        en="{supplier} received {received} under contract {contract}, soon paid {party} {passed} "
        "({percent:.1f} %), and kept {fee:.1f} %.",
    ).format(
        supplier=supplier,
        party=party,
        contract=row["contract_id"],
        received=money(int(row["received"])),
        passed=money(int(row["paid_out"])),
        percent=100 * row["paid_out"] / row["received"],
        fee=100 * row["kept"] / row["received"],
    )
    if refs(row["deposit_refs"]):
        yield Text(
            zh="{supplier}在标段 {tender} 的投标保证金由{party}缴纳。",
            en="The deposit of {supplier} for tender {tender} was paid by {party}.",
        ).format(supplier=supplier, party=party, tender=row["tender_id"])


def _excuses(row: pd.Series, params: Parameters) -> tuple[Excuse, ...]:
    qualified = bool(refs(row["qualification_refs"]))
    unknown = row["party_kind"] != "person" and not row["qualifications_known"]
    purposes = list(row["purposes"]) if row["purposes"] is not None else []
    material = not row["purpose_missing"] and all(says(p, params.material_words) for p in purposes)
    goods = row["category"] == "goods"
    lasting = (
        row["earlier"] >= params.history_payments
        and (row["first_day"] - row["first_paid"]).days >= params.history_days
        and not refs(row["deposit_refs"])
    )
    return (
        verdict(
            "specialist_subcontract",
            None if unknown else qualified,
            yes=Text(
                zh="收款方当时持有资质，可依法承接分包。", en="The party held a qualification and may subcontract."
            ),
            no=Text(zh="收款方当时没有登记任何资质。", en="The party held no registered qualification at that time."),
            unknown=Text(zh="数据中没有资质记录。", en="The data hold no qualifications."),
        ),
        verdict(
            "material_supplier",
            material and goods,
            yes=Text(
                zh="合同为货物供应，付款均为货款、材料款。", en="It is a supply of goods, and the money bought them."
            ),
            no=Text(
                zh="合同不是货物供应，或者付款用途不是货款。", en="It is no supply of goods, or the money bought none."
            ),
        ),
        verdict(
            "consortium_partners",
            bool(row["partner"]),
            yes=Text(
                zh="双方以联合体中标，由牵头人转付。", en="The two won as one consortium; its lead pays the partner."
            ),
            no=Text(zh="双方不是该标段的联合体成员。", en="They are no consortium in that tender."),
        ),
        verdict(
            "long_standing_trade",
            bool(lasting),
            yes=Text(
                zh="本合同首次收款前，双方已有 {count} 笔往来，属长期供货关系。",
                en="{count} payments went to the party long before the contract's first money: lasting trade.",
            ).format(count=row["earlier"]),
            no=Text(
                zh="本合同首次收款前双方没有长期往来，或者保证金由其缴纳。",
                en="There was no lasting trade before the contract's first money, or the party paid the deposit.",
            ),
        ),
    )


DETECTOR = Detector(
    id="borrowed_qualification",
    family="qualification",
    version=3,
    tiers=(Tier.B,),
    title=Text(zh="挂靠转付工程款", en="Borrowed qualification"),
    question=Text(
        zh="中标人是否把几乎全部工程款转付给一个没有资质的单位或个人，只留少量管理费？",
        en="Does the winner pay nearly all it receives to one unqualified party and keep a small fee?",
    ),
    rule=Text(
        zh="中标人就合同收款后 {pass_days} 天内，向一方转付的合计不低于所收款项的 {pass_pct}%，"
        "扣除其他分包款和税款后自留 {min_fee_pct}% 至 {max_fee_pct}%；或者该方缴纳了其投标保证金，且转付不低于 "
        "{deposit_pct}%。收款方有资质、货物合同下付 {material_words} 类款项、联合体成员，或者首次收款前 "
        "{history_days} 天已有 {history_payments} 笔以上往来的，予以排除；用途含 {tax_words} 的付款按税款扣除。",
        en="Within {pass_days} days of its receipts under a contract the winner pays one party {pass_pct} % of them or "
        "more, and keeps between {min_fee_pct} % and {max_fee_pct} % after its other subcontractors and tax "
        "({tax_words}); or that party paid the winner's deposit and gets {deposit_pct} % or more. A qualified party, "
        "purchases ({material_words}) under a supply of goods, consortium partners, and trade of {history_payments} "
        "payments begun {history_days} days before the first receipt are cleared.",
    ),
    why=Text(
        zh="出借资质的一方只收管理费，真正施工的一方没有资质，质量安全和工资都没有保障。",
        en="Who lends the qualification takes a fee; who does the work has none.",
    ),
    example=Text(
        zh="甲建设中标 1,000 万元工程，每次收款 5 天后把 97% 付给没有资质的乙工程队：列为 B 类线索。",
        en="Jia Construction wins works of CNY 10 million and five days after each receipt pays 97 % to a gang "
        "without a qualification: a tier B lead.",
    ),
    legal_basis=("bidding_regulation_42", "construction_law_26", "construction_rule_2019_1_10"),
    references=("汪某旺案：21 个项目、48.4 亿元，中标后转给他人施工",),
    innocent=(
        Innocent("specialist_subcontract", Text(zh="有资质的专业分包", en="A qualified specialist subcontractor")),
        Innocent("material_supplier", Text(zh="货物合同的供货商", en="The supplier behind a supply of goods")),
        Innocent("consortium_partners", Text(zh="联合体牵头人转付", en="A consortium's lead pays its partner")),
        Innocent("long_standing_trade", Text(zh="长期供货关系", en="Trade of long standing")),
    ),
    parameters=Parameters,
    identity=("contract", "party"),
    requires={
        "contracts": ("contract_id", "supplier_id", "tender_id"),
        "payments": ("payer_id", "payee_id", "contract_id", "paid_on"),
        "qualifications": ("org_id", "valid_to"),
    },
    uses={
        "bid_deposits": ("payer_id",),
        "transfers": ("from_id", "to_id"),
        "bids": ("consortium_id",),
        "tenders": ("category",),
        "payments": ("purpose",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="有招标记录的主合同", en="tendered main contracts"),
    not_judgeable={
        "no_tender": Text(zh="合同没有招标记录", en="the contract has no tender"),
        "no_payments": Text(zh="合同没有付款记录", en="no payment is on record"),
    },
    blind=Text(
        zh="看不到发包人直接付给实际施工人的款项，也看不到分散付给多人的转付。",
        en="Money that the owner pays the real builder directly, or that goes to many hands.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "flows"),
)

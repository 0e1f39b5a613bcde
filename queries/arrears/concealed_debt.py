"""A contract is past due and unpaid, and the arrears ledger has no entry, or a zero balance, for it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What is past due and what may lawfully be open."""

    grace_days: int = Field(60, ge=0, description="Days after the contract's due day that settling may take.")
    open_pct: float = Field(1, ge=0, description="Percent of the contract that must be unpaid, more than.")
    retention_pct: float = Field(3, ge=0, description="Percent of the contract that may be retained for defects.")
    retention_days: int = Field(730, ge=0, description="Days after the due day for which it may be retained.")


SELECT = Sql("""
WITH due AS (
  SELECT c.contract_id, c.buyer_id AS debtor_id, c.supplier_id AS creditor_id, c.amount, c.due_on, c.signed_on,
         c._key AS contract_key
  FROM contracts c JOIN orgs b ON b.org_id = c.buyer_id
  WHERE b.org_type IN ('government', 'institution', 'soe') AND coalesce(c.kind, 'main') = 'main' AND c.parent_id IS NULL
    AND c.due_on + $grace_days < $data_as_of
    AND c.buyer_id IN (SELECT payer_id FROM payments) AND EXISTS (SELECT 1 FROM debts)
),
made AS (
  -- A payment that names only the debt was made for the debt's contract.
  SELECT c.contract_id, p.amount, p._key AS key
  FROM payments p LEFT JOIN debts d ON d.debt_id = p.debt_id
  JOIN due c ON c.contract_id = coalesce(p.contract_id, d.contract_id) AND c.debtor_id = p.payer_id
),
paid AS (SELECT contract_id, sum(amount) AS paid FROM made GROUP BY contract_id),
short AS (
  SELECT d.*, coalesce(p.paid, 0) AS paid, d.amount - coalesce(p.paid, 0) AS owed
  FROM due d LEFT JOIN paid p USING (contract_id)
  WHERE (d.amount - coalesce(p.paid, 0)) * 100 > $open_pct * d.amount
),
-- What the ledger says of it: the last reported balance of each entry, or its amount where none was reported.
balance AS (
  SELECT d.debt_id, d.contract_id, d.debtor_id, d.creditor_id, d.amount, d._key AS debt_key,
         coalesce(arg_max(r.closing, r.period), any_value(d.amount)) AS open
  FROM debts d LEFT JOIN debt_reports r USING (debt_id) GROUP BY ALL
),
entered AS (
  SELECT contract_id, sum(open) AS open, list({'table': 'debts', 'key': debt_key} ORDER BY debt_key) AS refs
  FROM balance WHERE contract_id IS NOT NULL GROUP BY ALL
),
-- Payments that name no contract, to the creditor, or to whoever collects for one a debt that names none either.
loose AS (
  SELECT p.payer_id AS debtor_id, coalesce(d.creditor_id, p.payee_id) AS creditor_id, p.amount, p.paid_on
  FROM payments p LEFT JOIN debts d ON d.debt_id = p.debt_id WHERE p.contract_id IS NULL AND d.contract_id IS NULL
),
between_them AS (
  SELECT s.contract_id, sum(l.amount) FILTER (WHERE s.signed_on IS NULL OR l.paid_on >= s.signed_on) AS unmatched,
         sum(l.amount) FILTER (WHERE l.paid_on < s.signed_on) AS early
  FROM short s JOIN loose l USING (debtor_id, creditor_id) GROUP BY s.contract_id
),
-- Assets that settled the contract's debts, or name none, and what of those debts the creditor assigned.
other_means AS (
  SELECT s.contract_id, r.amount, r.ledger, r.key FROM short s JOIN debts d ON d.contract_id = s.contract_id
  JOIN repayments r USING (debt_id) WHERE r.ledger <> 'payments'
  UNION ALL
  SELECT s.contract_id, coalesce(a.price, a.appraised), 'asset_disposals', a._key
  FROM short s JOIN asset_disposals a ON a.disposer_id = s.debtor_id AND a.acquirer_id = s.creditor_id
  WHERE a.debt_id IS NULL AND coalesce(a.disposed_on >= s.signed_on, true)
),
otherwise AS (
  SELECT contract_id, sum(amount) AS otherwise, list({'table': ledger, 'key': key} ORDER BY ledger, key) AS refs
  FROM other_means GROUP BY contract_id
)
SELECT s.*, (SELECT list({'table': 'payments', 'key': m.key} ORDER BY m.key) FROM made m
             WHERE m.contract_id = s.contract_id) AS payment_refs,
       e.refs AS entry_refs, coalesce(o.otherwise, 0) AS otherwise, o.refs AS other_refs,
       coalesce(x.name, s.debtor_id) AS debtor_name, coalesce(y.name, s.creditor_id) AS creditor_name,
       CAST($data_as_of AS DATE) AS as_of,
       coalesce(l.unmatched, 0) AS unmatched, coalesce(l.early, 0) AS early,
       (SELECT coalesce(sum(b.open), 0) FROM balance b
        WHERE b.debtor_id = s.debtor_id AND b.creditor_id = s.creditor_id AND b.contract_id IS NULL) AS elsewhere
FROM short s LEFT JOIN entered e USING (contract_id) LEFT JOIN between_them l USING (contract_id)
LEFT JOIN otherwise o USING (contract_id)
LEFT JOIN parties x ON x.id = s.debtor_id LEFT JOIN parties y ON y.id = s.creditor_id
WHERE coalesce(e.open, 0) = 0
ORDER BY s.contract_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE due_on IS NOT NULL AND paying AND ledger) AS judged,
       count(*) FILTER (WHERE due_on IS NULL) AS no_due_day,
       count(*) FILTER (WHERE due_on IS NOT NULL AND NOT paying) AS no_payments,
       count(*) FILTER (WHERE due_on IS NOT NULL AND paying AND NOT ledger) AS no_ledger
FROM (SELECT c.due_on, c.buyer_id IN (SELECT payer_id FROM payments) AS paying, EXISTS (SELECT 1 FROM debts) AS ledger
      FROM contracts c JOIN orgs b ON b.org_id = c.buyer_id
      WHERE b.org_type IN ('government', 'institution', 'soe') AND coalesce(c.kind, 'main') = 'main'
        AND c.parent_id IS NULL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each contract."""
    for _, row in rows.iterrows():
        owed, amount, due = int(row["owed"]), int(row["amount"]), row["due_on"].date()
        unentered, otherwise = owed - int(row["elsewhere"]), int(row["otherwise"])
        rest, unmatched, early = unentered - otherwise, int(row["unmatched"]), int(row["early"])
        overdue = (row["as_of"] - row["due_on"]).days
        # What unmatched payments leave open is nothing, or what may be retained.
        kept = int((params.retention_pct if overdue <= params.retention_days else 0) * amount / 100)
        entered = bool(refs(row["entry_refs"]))
        ledger = (
            Text(zh="台账所列余额为零", en="the ledger shows a balance of zero")
            if entered
            else Text(zh="台账没有对应记录", en="the ledger has no entry for it")
        )
        yield Lead(
            identity={"contract": str(row["contract_id"])},
            tier=Tier.A,
            entities=(
                Entity(str(row["contract_id"]), "contract", "contract"),
                Entity(str(row["debtor_id"]), "org", "debtor"),
                Entity(str(row["creditor_id"]), "org", "creditor"),
            ),
            reasons=(
                Text(
                    zh="{debtor}与{creditor}的合同 {contract}（{amount}）于 {due} 到期，已支付 {paid}，尚欠 {owed}。",
                    en="Contract {contract} of {debtor} with {creditor} over {amount} fell due on {due}; {paid} were "
                    "paid, {owed} are owed.",
                ).format(
                    debtor=name(row, "debtor"),
                    creditor=name(row, "creditor"),
                    contract=row["contract_id"],
                    amount=money(amount),
                    due=due,
                    paid=money(int(row["paid"])),
                    owed=money(owed),
                ),
                Text(zh="到期已 {days} 天，{ledger}。", en="It is {days} days past due, and {ledger}.").format(
                    days=overdue, ledger=ledger
                ),
            ),
            innocent=(
                verdict(
                    "retention",
                    owed * 100 <= params.retention_pct * amount and overdue <= params.retention_days,
                    yes=Text(
                        zh="余额为质量保证金，缺陷责任期未满。", en="The rest is retained for defects, and not due yet."
                    ),
                    no=Text(zh="余额超出质量保证金，或缺陷责任期已满。", en="More, or longer, than may be retained."),
                ),
                verdict(
                    "other_means",
                    rest <= 0 < unentered,
                    yes=Text(
                        zh="另有以物抵债或债权转让 {sum}，足以补足台账之外的差额。",
                        en="Assets or an assignment of {sum} make up for what the ledger lacks.",
                    ).format(sum=money(otherwise)),
                    no=Text(zh="没有足额的以物抵债或债权转让。", en="No asset or assignment makes up for it."),
                ),
                verdict(
                    "payee_unmatched",
                    None
                    if unmatched < rest - kept <= unmatched + early
                    else 0 < rest <= unmatched + kept and unmatched > 0,
                    yes=Text(
                        zh="双方之间另有未注明合同的支付 {sum}，足以补足台账之外的差额。",
                        en="Payments of {sum} between the two name no contract and make up for what the ledger lacks.",
                    ).format(sum=money(unmatched)),
                    no=Text(zh="双方之间没有足额的未注明合同的支付。", en="No unmatched payments make up for it."),
                    unknown=Text(
                        zh="合同签订之前双方之间另有未注明合同的支付 {sum}，是否属于本合同无从核实。",
                        en="Payments of {sum} between the two before the contract was signed name no contract, and "
                        "may be this one's.",
                    ).format(sum=money(early)),
                    gap=True,
                ),
                verdict(
                    "entered_without_contract",
                    unentered <= 0,
                    yes=Text(
                        zh="台账中双方之间另有未注明合同的欠款 {sum}。",
                        en="The ledger has {sum} between the two, without a contract.",
                    ).format(sum=money(int(row["elsewhere"]))),
                    no=Text(zh="台账中没有双方之间的其他欠款。", en="The ledger has nothing else between the two."),
                ),
            ),
            records=(
                Ref("contracts", int(row["contract_key"])),
                *refs(row["payment_refs"]),
                *refs(row["entry_refs"]),
                *refs(row["other_refs"]),
            ),
            links=(
                Link(
                    "LETS", str(row["debtor_id"]), str(row["contract_id"]), Ref("contracts", int(row["contract_key"]))
                ),
            ),
            score=min(1.0, owed / amount),
            rank=owed / 100,
            amount=Amount(owed),
            period=(due, row["as_of"].date()),
        )


DETECTOR = Detector(
    id="concealed_debt",
    family="arrears",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="瞒报漏报欠款", en="Concealed debt"),
    question=Text(
        zh="合同到期未付清的款项，是否未列入欠款台账或台账余额为零？",
        en="Is what is past due under a contract missing from the arrears ledger, or there with a zero balance?",
    ),
    rule=Text(
        zh="机关、事业单位、国有企业为采购方的主合同，约定到期 {grace_days} 天后仍有超过 {open_pct}% 未支付，而台账没有"
        "该合同的欠款或余额为零。不超过 {retention_pct}% 且未满 {retention_days} 天的质量保证金，或者以物抵债、债权"
        "转让、未注明合同的支付和台账记录合计足以解释的，予以排除；合同签订之前的此类支付才足以解释的，列为 B 类线索。",
        en=(
            "More than {open_pct} % of a main contract of a state organ, institution or state firm is unpaid "
            "{grace_days} days after it fell due, and the ledger has no debt, or a zero balance, for it. Cleared: at "
            "most {retention_pct} % retained for up to {retention_days} days, and assets, assignments, and payments "
            "and entries between the two that name no contract, which together make up for it; where only such "
            "payments before the contract was signed do, it is tier B."
        ),
    ),
    why=Text(
        zh="不入账的欠款不会被清偿，也看不出清欠成效的水分。",
        en="A debt that is in no ledger is never cleared, and makes the clearing look better than it is.",
    ),
    example=Text(
        zh="某城投 1000 万元的合同到期一年，只付 700 万元，台账无此欠款：列为 A 类疑点。",
        en="A year after a contract of CNY 10 million fell due, a city company has paid 7 million and the ledger knows "
        "nothing of it: a tier A lead.",
    ),
    legal_basis=("business_environment_32", "clearing_opinion_2024"),
    references=("审计署 2020 年第三季度公告：少报欠款 2.05 亿元",),
    innocent=(
        Innocent("retention", Text(zh="质量保证金未到期", en="Retention not yet due")),
        Innocent("other_means", Text(zh="以物抵债或债权转让", en="An asset or an assignment")),
        Innocent("payee_unmatched", Text(zh="支付未匹配", en="Payments not matched")),
        Innocent("entered_without_contract", Text(zh="入账未注明合同", en="Entered without the contract")),
    ),
    parameters=Parameters,
    identity=("contract",),
    requires={
        "contracts": ("contract_id", "buyer_id", "supplier_id", "amount", "due_on"),
        "payments": ("contract_id", "payer_id", "amount"),
        "orgs": ("org_type",),
        "debts": ("debt_id", "contract_id"),
    },
    uses={
        "contracts": ("kind", "signed_on"),
        "debt_reports": ("closing",),
        "claim_transfers": ("debt_id", "face"),
        "asset_disposals": ("debt_id", "price"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="公共主合同", en="main contracts of public buyers"),
    not_judgeable={
        "no_due_day": Text(zh="合同到期日未知", en="the contract's due day is unknown"),
        "no_payments": Text(zh="采购方没有任何支付记录", en="no payment of the buyer is known"),
        "no_ledger": Text(zh="数据中没有欠款台账", en="the data hold no ledger of arrears"),
    },
    blind=Text(
        zh="看不到验收未通过、合同已变更或解除等使款项不应支付的情形。",
        en="Work that was not accepted, and contracts that were changed or ended.",
    ),
    max_share=0.05,
    absent=("payments", "debts", "debt_reports", "asset_disposals", "claim_transfers"),
    relations=("parties", "repayments"),
)

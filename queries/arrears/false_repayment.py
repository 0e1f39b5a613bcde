"""The ledger says that a debt was repaid, and no payment, offset, asset or assignment bears it out."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.arrears.entries import entry_entities, entry_links
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Lead, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """How exactly and how soon a repayment must be borne out."""

    gap_pct: float = Field(1, ge=0, description="Percent of what is reported repaid that may lack support.")
    lag_days: int = Field(31, ge=0, description="Days after the month's end by which the payment may follow.")


SELECT = Sql("""
WITH reported AS (
  SELECT debt_id, sum(repaid) AS repaid, min(first_day) AS first_day, max(last_day) AS last_day,
         list({'table': 'debt_reports', 'key': key} ORDER BY key) AS report_refs
  FROM ledger_months WHERE repaid > 0 GROUP BY ALL
),
borne_out AS (
  SELECT r.debt_id, coalesce(sum(p.amount) FILTER (WHERE p.means = 'money'), 0) AS paid,
         coalesce(sum(p.amount) FILTER (WHERE p.means <> 'money'), 0) AS otherwise,
         list({'table': p.ledger, 'key': p.key} ORDER BY p.ledger, p.key) AS refs
  FROM reported r JOIN repayments p ON p.debt_id = r.debt_id AND coalesce(p.day <= r.last_day + $lag_days, true)
  GROUP BY ALL
),
short AS (
  SELECT d.debt_id, d.debtor_id, d.creditor_id, d.amount, d._key AS debt_key, r.repaid, r.first_day, r.last_day,
         r.report_refs, coalesce(b.paid, 0) AS paid, coalesce(b.otherwise, 0) AS otherwise, b.refs
  FROM debts d JOIN reported r USING (debt_id) LEFT JOIN borne_out b USING (debt_id)
  WHERE (r.repaid - coalesce(b.paid, 0)) * 100 > $gap_pct * r.repaid
    AND EXISTS (SELECT 1 FROM releases)
)
SELECT s.*, coalesce(x.name, s.debtor_id) AS debtor_name, coalesce(y.name, s.creditor_id) AS creditor_name,
       (SELECT coalesce(sum(u.amount), 0) FROM unmatched u
        WHERE u.debt_id = s.debt_id
          AND coalesce(u.day BETWEEN s.first_day - $lag_days AND s.last_day + $lag_days, true)) AS unmatched
FROM short s
LEFT JOIN parties x ON x.id = s.debtor_id LEFT JOIN parties y ON y.id = s.creditor_id
ORDER BY s.debt_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE paying) AS judged, count(*) FILTER (WHERE NOT paying) AS no_payments
FROM (SELECT EXISTS (SELECT 1 FROM releases) AS paying FROM debts d
      WHERE d.debt_id IN (SELECT debt_id FROM ledger_months WHERE repaid > 0))
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt."""
    for _, row in rows.iterrows():
        repaid, paid, otherwise = int(row["repaid"]), int(row["paid"]), int(row["otherwise"])
        missing = repaid - paid
        allowed = params.gap_pct * repaid / 100
        yield Lead(
            identity={"debt": str(row["debt_id"])},
            tier=Tier.A,
            entities=entry_entities(row),
            reasons=(
                Text(
                    zh="台账记载{debtor}已清偿欠{creditor}的 {repaid}（台账 {debt}，截至 {until}）。",
                    en="By {until} the ledger says that {debtor} repaid {creditor} {repaid} of debt {debt}.",
                ).format(
                    debtor=name(row, "debtor"),
                    creditor=name(row, "creditor"),
                    repaid=money(repaid),
                    debt=row["debt_id"],
                    until=row["last_day"].date(),
                ),
                Text(
                    zh="有支付记录支持的只有 {paid}，其余 {missing}没有付款依据。",
                    en="Payments bear out {paid}; {missing} are not borne out.",
                ).format(paid=money(paid), missing=money(missing)),
            ),
            innocent=(
                verdict(
                    "other_means",
                    missing - otherwise <= allowed,
                    yes=Text(
                        zh="另有抵销、以物抵债或债权转让 {sum}。", en="Offsets, assets or an assignment make up {sum}."
                    ).format(sum=money(otherwise)),
                    no=Text(
                        zh="没有足额的抵销、以物抵债或债权转让。", en="No offset, asset or assignment makes up for it."
                    ),
                ),
                verdict(
                    "payee_unmatched",
                    missing - otherwise > allowed >= missing - otherwise - int(row["unmatched"]),
                    yes=Text(
                        zh="同期欠款单位另有未注明合同和欠款的支付或抵债 {sum}，足以补足其余差额。",
                        en="At that time payments or assets of {sum} that name neither contract nor debt make up for "
                        "the rest.",
                    ).format(sum=money(int(row["unmatched"]))),
                    no=Text(zh="同期双方之间没有足额的未匹配支付。", en="No unmatched payment makes up for it."),
                ),
            ),
            records=(
                Ref("debts", int(row["debt_key"])),
                *refs(row["report_refs"]),
                *refs(row["refs"]),
            ),
            links=entry_links(row),
            score=min(1.0, missing / repaid),
            rank=missing / 100,
            amount=Amount(missing),
            period=(row["first_day"].date(), row["last_day"].date()),
        )


DETECTOR = Detector(
    id="false_repayment",
    family="arrears",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="虚报清偿", en="Repaid on paper"),
    question=Text(
        zh="台账记载已清偿的欠款，是否没有支付、抵销、抵债或转让记录支持？",
        en="Does the ledger report a repayment that no payment, offset, asset or assignment bears out?",
    ),
    rule=Text(
        zh="台账各月清偿额合计，超过截至最后清偿月月末后 {lag_days} 天的支付合计 {gap_pct}% 以上。抵销、以物抵债、债权"
        "转让和同期双方未匹配的支付足以补足的，予以排除。",
        en=(
            "What the monthly reports say was repaid exceeds, by more than {gap_pct} %, the payments up to "
            "{lag_days} days after the last month in which something was repaid. Cleared where offsets, assets, an "
            "assignment and unmatched payments between the two make up for it."
        ),
    ),
    why=Text(
        zh="账面清零而企业没有收到钱，是清欠考核下的典型造假。",
        en="A debt that is closed on paper while the firm has no money is how clearing targets are faked.",
    ),
    example=Text(
        zh="某城投月报称已清偿 300 万元，支付记录中没有任何付款：列为 A 类疑点。",
        en="A city company reports CNY 3 million as repaid; there is no payment: a tier A lead.",
    ),
    legal_basis=("business_environment_32", "clearing_opinion_2024"),
    references=("审计署 2020 年第三季度公告：虚报清偿",),
    innocent=(
        Innocent("other_means", Text(zh="抵销、抵债、转让", en="Offset, asset or assignment")),
        Innocent("payee_unmatched", Text(zh="支付未匹配", en="Payments not matched")),
    ),
    parameters=Parameters,
    identity=("debt",),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id"),
        "debt_reports": ("debt_id", "period", "repaid"),
        "payments": ("debt_id", "payer_id", "amount", "paid_on"),
    },
    uses={"payments": ("form",), "claim_transfers": ("debt_id", "face"), "asset_disposals": ("debt_id", "price")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="报告清偿的欠款", en="debts reported repaid"),
    not_judgeable={"no_payments": Text(zh="数据中没有任何清偿支付", en="no payment in the data repays a debt")},
    blind=Text(
        zh="看不到以商业汇票支付但到期未兑付的清偿；欠款单位的支付记录未报送时，其清偿无从印证。",
        en="Bills that are not honoured when they fall due; and where a debtor's payments were not handed over, "
        "nothing bears out what it repaid.",
    ),
    max_share=0.1,
    absent=("payments", "asset_disposals", "claim_transfers"),
    relations=("parties", "releases", "repayments", "ledger_months", "unmatched"),
)

"""A debt drops out of the monthly reports with its balance open."""

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
    """When a debt counts as paid, or as entered anew."""

    open_pct: float = Field(1, ge=0, description="Percent of the last balance that must be unpaid, more than.")
    again_days: int = Field(93, ge=0, description="Days after the last report within which it may be entered anew.")


SELECT = Sql("""
WITH last_reports AS (
  SELECT debt_id, period, last_day, closing, key AS report_key
  FROM ledger_months QUALIFY row_number() OVER (PARTITION BY debt_id ORDER BY period DESC) = 1
),
debtors AS (
  SELECT d.debtor_id, max(l.period) AS period FROM debts d JOIN last_reports l USING (debt_id) GROUP BY ALL
),
gone AS (
  SELECT d.debt_id, d.debtor_id, d.creditor_id, d._key AS debt_key, l.period, l.last_day, l.closing, l.report_key,
         b.period AS debtor_period
  FROM debts d JOIN last_reports l USING (debt_id) JOIN debtors b USING (debtor_id)
  WHERE l.closing > 0 AND l.period < b.period
),
paid AS (
  SELECT g.debt_id, sum(r.amount) AS paid, list({'table': r.ledger, 'key': r.key} ORDER BY r.ledger, r.key) AS refs
  FROM gone g JOIN repayments r ON r.debt_id = g.debt_id AND coalesce(r.day > g.last_day, true)
  GROUP BY ALL
),
again AS (
  SELECT g.debt_id, min(n.debt_id) AS new_id, list({'table': 'debts', 'key': n._key} ORDER BY n._key) AS refs
  FROM gone g JOIN debts n ON n.debtor_id = g.debtor_id AND n.creditor_id = g.creditor_id AND n.debt_id <> g.debt_id
  WHERE n.registered_on BETWEEN g.last_day - 31 AND g.last_day + $again_days AND n.amount >= g.closing
  GROUP BY ALL
)
SELECT g.*, coalesce(p.paid, 0) AS paid, p.refs AS paid_refs, a.new_id, a.refs AS new_refs,
       (SELECT coalesce(sum(u.amount), 0) FROM unmatched u
        WHERE u.debt_id = g.debt_id AND coalesce(u.day > g.last_day, true)) AS unmatched,
       EXISTS (SELECT 1 FROM payments) AS payments_known,
       coalesce(x.name, g.debtor_id) AS debtor_name, coalesce(y.name, g.creditor_id) AS creditor_name
FROM gone g LEFT JOIN paid p USING (debt_id) LEFT JOIN again a USING (debt_id)
LEFT JOIN parties x ON x.id = g.debtor_id LEFT JOIN parties y ON y.id = g.creditor_id
ORDER BY g.debt_id
""")

POPULATION = Sql("""
SELECT count(*) AS judged, (SELECT count(*) FROM debts) - count(*) AS no_reports
FROM (SELECT DISTINCT d.debt_id FROM debts d JOIN debt_reports r USING (debt_id) WHERE r.closing IS NOT NULL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt."""
    for _, row in rows.iterrows():
        closing, paid = int(row["closing"]), int(row["paid"])
        unpaid, allowed = closing - paid, params.open_pct * closing / 100
        entered = isinstance(row["new_id"], str)
        yield Lead(
            identity={"debt": str(row["debt_id"])},
            tier=Tier.A,
            entities=entry_entities(row),
            reasons=(
                Text(
                    zh="{debtor}欠{creditor}的账款（台账 {debt}）在 {period} 月报中余额 {closing}，此后月报不再列示。",
                    en="In the report of {period} debt {debt} of {debtor} to {creditor} stands with {closing}; later "
                    "reports leave it out.",
                ).format(
                    debtor=name(row, "debtor"),
                    creditor=name(row, "creditor"),
                    debt=row["debt_id"],
                    period=row["period"],
                    closing=money(closing),
                ),
                Text(
                    zh="该单位的其他欠款一直报告至 {until}；此后对该笔欠款的支付为 {paid}。",
                    en="The debtor's other debts are reported up to {until}; since then {paid} were paid on this one.",
                ).format(until=row["debtor_period"], paid=money(paid)),
            ),
            innocent=(
                verdict(
                    "paid_since",
                    unpaid <= allowed if row["payments_known"] or paid else None,
                    yes=Text(zh="此后已付清。", en="It has been paid up since."),
                    no=Text(zh="此后的支付不足以付清。", en="What was paid since does not make it up."),
                    unknown=Text(zh="数据中没有支付记录。", en="The data hold no payments."),
                    gap=True,
                ),
                verdict(
                    "payee_unmatched",
                    unpaid > allowed >= unpaid - int(row["unmatched"]),
                    yes=Text(
                        zh="此后欠款单位另有未注明合同和欠款的支付或抵债 {sum}，足以补足差额。",
                        en="Since then payments or assets of {sum} that name neither contract nor debt make up for it.",
                    ).format(sum=money(int(row["unmatched"]))),
                    no=Text(zh="此后没有足额的未匹配支付。", en="No unmatched payment since makes up for it."),
                ),
                verdict(
                    "entered_anew",
                    entered,
                    yes=Text(zh="同一债权人的欠款已以 {id} 重新入账。", en="It was entered anew as {id}.").format(
                        id=row["new_id"]
                    ),
                    no=Text(zh="没有同一债权人的新入账记录。", en="No new entry for the same creditor follows."),
                ),
            ),
            records=(
                Ref("debts", int(row["debt_key"])),
                Ref("debt_reports", int(row["report_key"])),
                *refs(row["paid_refs"]),
                *refs(row["new_refs"]),
            ),
            links=entry_links(row),
            rank=unpaid / 100,
            amount=Amount(max(0, unpaid)),
            period=(row["last_day"].date(), row["last_day"].date()),
        )


DETECTOR = Detector(
    id="vanished_entry",
    family="arrears",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="欠款凭空消失", en="Vanished entry"),
    question=Text(
        zh="未清偿的欠款是否从月报中消失？",
        en="Did an unpaid debt drop out of the monthly reports?",
    ),
    rule=Text(
        zh="欠款最后一期月报余额大于零，而欠款单位此后仍在报告其他欠款。此后的支付（包括未注明欠款的支付）"
        "使未付部分不超过余额的 {open_pct}%，或同一债权人的欠款在 {again_days} 天内以不低于原余额重新入账的，予以"
        "排除。",
        en=(
            "The last report on a debt shows a balance, and the debtor went on to report on other debts. Cleared where "
            "at most {open_pct} % of the balance is unpaid since, payments that name no debt included, or a debt to "
            "the same creditor of at least the balance was entered within {again_days} days."
        ),
    ),
    why=Text(
        zh="直接删除台账，是让欠款“归零”最省事的办法。",
        en="Deleting the line is the cheapest way to bring a debt to zero.",
    ),
    example=Text(
        zh="某局 2023 年 7 月月报尚列欠甲公司 120 万元，8 月起不再列示，也没有付款：列为 A 类疑点。",
        en="In July 2023 a bureau reports CNY 1.2 million owed to Jia; from August on the line is gone, unpaid: a tier "
        "A lead.",
    ),
    legal_basis=("business_environment_32", "clearing_opinion_2024"),
    references=("审计署 2020 年第三季度公告：直接删除台账",),
    innocent=(
        Innocent("paid_since", Text(zh="此后已付清", en="Paid up since")),
        Innocent("payee_unmatched", Text(zh="支付未匹配", en="Payments not matched")),
        Innocent("entered_anew", Text(zh="已重新入账", en="Entered anew")),
    ),
    parameters=Parameters,
    identity=("debt",),
    requires={"debts": ("debt_id", "debtor_id", "creditor_id"), "debt_reports": ("debt_id", "period", "closing")},
    uses={
        "payments": ("debt_id", "amount", "paid_on"),
        "debts": ("registered_on",),
        "claim_transfers": ("agreed_on",),
        "asset_disposals": ("debt_id", "price"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="有月报的欠款", en="debts with reports"),
    not_judgeable={"no_reports": Text(zh="没有载明余额的月报", en="no report with a balance")},
    blind=Text(
        zh="看不到欠款单位整体停止报告的情形。",
        en="Debtors that stop reporting altogether.",
    ),
    max_share=0.05,
    absent=("payments", "debts", "debt_reports", "asset_disposals", "claim_transfers"),
    relations=("parties", "repayments", "ledger_months", "unmatched"),
)

"""A debt rescheduled by commitment is overdue again."""

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
    """How exact the committed day is."""

    grace_days: int = Field(0, ge=0, description="Days after the committed day that are still in time.")
    open_pct: float = Field(1, ge=0, description="Percent of the debt that must be open to be in default, more than.")


SELECT = Sql("""
WITH committed AS (
  SELECT debt_id, debtor_id, creditor_id, amount, commitment_id, due_on, planned_on, _key AS debt_key,
         planned_on + $grace_days AS last_day
  FROM debts WHERE commitment_id IS NOT NULL AND planned_on > due_on
    AND EXISTS (SELECT 1 FROM releases)
),
paid AS (
  SELECT c.debt_id, coalesce(sum(r.amount) FILTER (WHERE coalesce(r.day <= c.last_day, true)), 0) AS in_time,
         sum(r.amount) AS in_all, max(r.day) AS last_paid,
         list({'table': r.ledger, 'key': r.key} ORDER BY r.ledger, r.key) AS refs
  FROM committed c JOIN repayments r USING (debt_id) WHERE r.means <> 'assignment' GROUP BY ALL
),
assigned AS (
  SELECT c.debt_id, coalesce(sum(r.amount) FILTER (WHERE r.day <= c.last_day), 0) AS assigned,
         coalesce(sum(r.amount) FILTER (WHERE r.day IS NULL), 0) AS undated
  FROM committed c JOIN repayments r USING (debt_id) WHERE r.means = 'assignment' GROUP BY ALL
),
reported AS (
  SELECT c.debt_id, min(m.period) AS closed_in FROM committed c JOIN ledger_months m USING (debt_id)
  WHERE m.closing = 0 AND m.first_day <= c.last_day GROUP BY ALL
)
SELECT c.*, coalesce((SELECT sum(u.amount) FROM unmatched u WHERE u.debt_id = c.debt_id
                      AND coalesce(u.day > c.due_on AND u.day <= c.last_day, true)), 0) AS unmatched,
       coalesce(p.in_time, 0) AS in_time, coalesce(p.in_all, 0) AS in_all, p.last_paid, p.refs,
       coalesce(a.assigned, 0) AS assigned, coalesce(a.undated, 0) AS undated, r.closed_in,
       CAST($data_as_of AS DATE) AS as_of,
       coalesce(x.name, c.debtor_id) AS debtor_name, coalesce(y.name, c.creditor_id) AS creditor_name
FROM committed c LEFT JOIN paid p USING (debt_id) LEFT JOIN assigned a USING (debt_id)
LEFT JOIN reported r USING (debt_id)
LEFT JOIN parties x ON x.id = c.debtor_id LEFT JOIN parties y ON y.id = c.creditor_id
WHERE (CAST($data_as_of AS DATE) > c.last_day OR p.last_paid > c.last_day)
  AND (c.amount - coalesce(p.in_time, 0)) * 100 > $open_pct * c.amount
ORDER BY c.debt_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE planned_on > due_on AND paying) AS judged,
       count(*) FILTER (WHERE planned_on IS NULL OR due_on IS NULL) AS no_day,
       count(*) FILTER (WHERE planned_on <= due_on) AS not_rescheduled,
       count(*) FILTER (WHERE planned_on > due_on AND NOT paying) AS no_payments
FROM (SELECT planned_on, due_on, EXISTS (SELECT 1 FROM releases) AS paying FROM debts WHERE commitment_id IS NOT NULL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt."""
    for _, row in rows.iterrows():
        planned = row["planned_on"].date()
        open_then = int(row["amount"]) - int(row["in_time"])
        assigned, undated = int(row["assigned"]), int(row["undated"])
        paid_late = int(row["in_all"]) >= int(row["amount"])
        end = (row["last_paid"] if paid_late else row["as_of"]).date()
        status = (
            Text(zh="至 {day} 才付清", en="it was paid up only by {day}")
            if paid_late
            else Text(zh="至 {day} 仍未付清", en="by {day} it was not paid up")
        ).format(day=end)
        yield Lead(
            identity={"debt": str(row["debt_id"])},
            tier=Tier.A,
            entities=entry_entities(row),
            reasons=(
                Text(
                    zh="{debtor}就欠{creditor}的 {sum}（台账 {debt}，应付日 {due}）作出还款承诺 {commitment}，"
                    "承诺于 {planned} 前清偿。",
                    en="{debtor} committed itself ({commitment}) to repay {creditor} {sum} of debt {debt}, due "
                    "on {due}, by {planned}.",
                ).format(
                    debtor=name(row, "debtor"),
                    creditor=name(row, "creditor"),
                    sum=money(int(row["amount"])),
                    debt=row["debt_id"],
                    due=row["due_on"].date(),
                    commitment=row["commitment_id"],
                    planned=planned,
                ),
                Text(
                    zh="承诺日尚有 {open}未支付，{status}，逾期 {days} 天。",
                    en="On that day {open} were unpaid; {status}, {days} days late.",
                ).format(open=money(open_then), status=status, days=(end - planned).days),
            ),
            innocent=(
                verdict(
                    "assigned",
                    None if assigned < open_then <= assigned + undated else assigned >= open_then,
                    yes=Text(zh="债权人已在承诺日前转让债权。", en="The creditor had sold the claim by then."),
                    no=Text(zh="承诺日前没有足额的债权转让。", en="The claim had not been sold by then."),
                    unknown=Text(zh="债权已转让，转让日未知。", en="The claim was sold on an unknown day."),
                    gap=True,
                ),
                verdict(
                    "payee_unmatched",
                    (open_then - int(row["unmatched"])) * 100 <= params.open_pct * int(row["amount"]),
                    yes=Text(
                        zh="其间双方之间另有未注明欠款的支付 {sum}。",
                        en="Meanwhile {sum} passed without naming the debt.",
                    ).format(sum=money(int(row["unmatched"]))),
                    no=Text(zh="其间双方之间没有足额的未匹配支付。", en="No unmatched payment makes up for it."),
                ),
                verdict(
                    "reported_repaid",
                    isinstance(row["closed_in"], str),
                    yes=Text(
                        zh="台账记载 {month} 已清零，与支付记录不一致，另作虚报清偿核查。",
                        en="The ledger says it was closed in {month}; that no payment bears it out is another matter.",
                    ).format(month=row["closed_in"]),
                    no=Text(zh="台账在承诺日前未清零。", en="The ledger did not close it by then."),
                ),
            ),
            records=(Ref("debts", int(row["debt_key"])), *refs(row["refs"])),
            links=entry_links(row),
            score=min(1.0, (end - planned).days / 365),
            rank=open_then / 100,
            amount=Amount(open_then),
            period=(planned, end),
        )


DETECTOR = Detector(
    id="second_default",
    family="arrears",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="二次失信", en="Second default"),
    question=Text(
        zh="已通过还款承诺重新约定期限的欠款，到期是否再次未清偿？",
        en="Was a debt that was rescheduled by a commitment overdue again?",
    ),
    rule=Text(
        zh="台账中有还款承诺、计划清偿日晚于应付日的欠款，在计划清偿日后 {grace_days} 天仍有超过 {open_pct}% 未付。"
        "此前债权已转让、双方之间有足额未匹配的支付，或台账记载已清零的，予以排除。",
        en=(
            "A debt with a commitment, planned to be repaid after its due day, of which more than {open_pct} % was "
            "unpaid {grace_days} days after the planned day. Cleared where the claim had been sold, unmatched payments "
            "make up for it, or the ledger says it was closed."
        ),
    ),
    why=Text(
        zh="一诺再违，说明承诺只是应付检查，债权企业再次被拖延。",
        en="A broken commitment means that the commitment was made for the inspectors and the creditor waits again.",
    ),
    example=Text(
        zh="某城投承诺于 2023-06-30 前付清 200 万元，至 2024-02-25 仍未支付：列为 A 类疑点。",
        en="A city company commits itself to pay CNY 2 million by 30 June 2023; on 25 February 2024 nothing is paid: a "
        "tier A lead.",
    ),
    legal_basis=("business_environment_32", "clearing_opinion_2024", "sme_payment_728_15", "sme_payment_802_17"),
    references=("关于解决拖欠企业账款问题的意见（2024-10-18）",),
    innocent=(
        Innocent("assigned", Text(zh="债权已转让", en="The claim had been sold")),
        Innocent("payee_unmatched", Text(zh="支付未匹配", en="Payments not matched")),
        Innocent("reported_repaid", Text(zh="台账已清零", en="Closed by the ledger")),
    ),
    parameters=Parameters,
    identity=("debt",),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id", "amount", "due_on", "planned_on", "commitment_id"),
        "payments": ("debt_id", "amount", "paid_on"),
    },
    uses={"claim_transfers": ("agreed_on",), "debt_reports": ("closing",), "asset_disposals": ("debt_id",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="有还款承诺的欠款", en="debts under a commitment"),
    not_judgeable={
        "no_day": Text(zh="应付日或计划清偿日未知", en="the due or the planned day is unknown"),
        "not_rescheduled": Text(zh="计划清偿日不晚于应付日", en="planned no later than due"),
        "no_payments": Text(zh="数据中没有清偿欠款的支付记录", en="no payment in the data repays a debt"),
    },
    blind=Text(
        zh="看不到未登记的口头展期，也看不到未关联到欠款的支付。",
        en="Extensions by word of mouth, and payments that name neither debt nor contract.",
    ),
    max_share=0.5,
    absent=("payments", "asset_disposals", "claim_transfers", "debt_reports"),
    relations=("parties", "releases", "repayments", "ledger_months", "unmatched"),
)

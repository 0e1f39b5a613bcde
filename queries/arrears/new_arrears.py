"""A debtor that cleared old debts for a campaign lets new ones fall overdue after its deadline."""

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
    """What is overdue."""

    open_pct: float = Field(1, ge=0, description="Percent of a debt that must be unpaid when it fell due, more than.")
    slip_days: int = Field(10, ge=0, description="Days late within which all were paid after all: a slip.")


SELECT = Sql("""
-- Debts that fell due after the deadline of a campaign and were not paid on the due day.
WITH fresh AS (
  SELECT d.debt_id, d.debtor_id, d.creditor_id, d.amount, d.due_on, d.disputed, d._key AS debt_key, c.campaign, c.zh,
         c.en, c.valid_from, c.deadline, c.law
  FROM debts d JOIN campaigns c ON d.due_on > c.deadline AND d.due_on < CAST($data_as_of AS DATE)
  WHERE EXISTS (SELECT 1 FROM releases)
),
paid AS (
  SELECT f.debt_id, coalesce(sum(r.amount) FILTER (WHERE coalesce(r.day <= f.due_on, true)), 0) AS in_time,
         coalesce(sum(r.amount) FILTER (WHERE coalesce(r.day <= f.due_on + $slip_days, true)), 0) AS soon,
         list({'table': r.ledger, 'key': r.key} ORDER BY r.ledger, r.key) AS refs
  FROM fresh f JOIN repayments r USING (debt_id) GROUP BY ALL
),
loose AS (
  SELECT f.debt_id, sum(u.amount) AS unmatched FROM fresh f JOIN unmatched u USING (debt_id)
  WHERE coalesce(u.day > f.deadline AND u.day <= f.due_on, true) GROUP BY ALL
),
overdue AS (
  SELECT f.*, f.amount - coalesce(p.in_time, 0) AS open,
         (f.amount - coalesce(p.soon, 0)) * 100 <= $open_pct * f.amount AS slipped,
         (f.amount - coalesce(p.in_time, 0) - coalesce(l.unmatched, 0)) * 100 <= $open_pct * f.amount AS perhaps_paid,
         p.refs
  FROM fresh f LEFT JOIN paid p USING (debt_id) LEFT JOIN loose l USING (debt_id)
  WHERE (f.amount - coalesce(p.in_time, 0)) * 100 > $open_pct * f.amount
),
-- What the debtor's ledger says it cleared while the campaign ran.
cleared AS (
  SELECT d.debtor_id, c.campaign, sum(m.repaid) AS cleared, count(DISTINCT d.debt_id) AS debts
  FROM ledger_months m JOIN debts d USING (debt_id)
  JOIN campaigns c ON m.last_day BETWEEN c.valid_from AND c.deadline
  WHERE m.repaid > 0 GROUP BY ALL
)
SELECT o.*, c.cleared, c.debts, CAST($data_as_of AS DATE) AS as_of, coalesce(x.name, o.debtor_id) AS debtor_name
FROM overdue o JOIN cleared c ON c.debtor_id = o.debtor_id AND c.campaign = o.campaign
LEFT JOIN parties x ON x.id = o.debtor_id
ORDER BY o.debtor_id, o.campaign, o.due_on, o.debt_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE due AND paying) AS judged, count(*) FILTER (WHERE NOT due) AS no_due_day,
       count(*) FILTER (WHERE due AND NOT paying) AS no_payments
FROM (SELECT bool_or(due_on IS NOT NULL) AS due, EXISTS (SELECT 1 FROM releases) AS paying FROM debts
      GROUP BY debtor_id)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debtor and deadline, over all its new debts."""
    for _, part in rows.groupby(["debtor_id", "campaign"], sort=True):
        row = part.iloc[0]
        standing = part[~(part["disputed"].fillna(False).astype(bool) | part["slipped"] | part["perhaps_paid"])]
        shown = standing if len(standing) else part
        open_sum = int(shown["open"].sum())
        explained = not len(standing)
        yield Lead(
            identity={"debtor": str(row["debtor_id"]), "campaign": str(row["campaign"])},
            tier=Tier.A,
            entities=(
                Entity(str(row["debtor_id"]), "org", "debtor"),
                *(Entity(debt, "debt", "debt") for debt in shown["debt_id"]),
                *(Entity(creditor, "org", "creditor") for creditor in sorted(set(shown["creditor_id"]))),
            ),
            reasons=(
                Text(
                    zh="{debtor}在“{zh}”期间（至 {deadline}）报告清偿 {debts} 笔共 {cleared}。",
                    en="During the campaign ({en}, up to {deadline}) {debtor} reported {cleared} of "
                    "{debts} debts as repaid.",
                ).format(
                    debtor=name(row, "debtor"),
                    zh=row["zh"],
                    en=row["en"],
                    deadline=row["deadline"].date(),
                    debts=int(row["debts"]),
                    cleared=money(int(row["cleared"])),
                ),
                Text(
                    zh="截止日之后，又有 {count} 笔新欠款到期未付，合计 {open}，最早的 {debt} 于 {due} 到期。",
                    en="After it {count} new debts fell overdue, {open} in all; the first, {debt}, on {due}.",
                ).format(
                    count=len(shown),
                    open=money(open_sum),
                    debt=shown["debt_id"].iloc[0],
                    due=shown["due_on"].iloc[0].date(),
                ),
            ),
            innocent=(
                verdict(
                    "disputed",
                    bool(part["disputed"].fillna(False).all()),
                    yes=Text(zh="新欠款均有分歧。", en="All the new debts are disputed."),
                    no=Text(zh="有无分歧的新欠款。", en="There are new debts that are not disputed."),
                ),
                verdict(
                    "slip",
                    explained and bool(part["slipped"].any()),
                    yes=Text(zh="其余新欠款到期后数日内即已付清。", en="The others were paid within days after all."),
                    no=Text(zh="有新欠款未在数日内付清。", en="There are new debts that were not paid within days."),
                ),
                verdict(
                    "payee_unmatched",
                    explained and bool(part["perhaps_paid"].any()),
                    yes=Text(zh="有未注明欠款的支付足以付清。", en="Payments that name no debt make up for them."),
                    no=Text(zh="没有足额的未匹配支付。", en="No unmatched payments make up for them."),
                ),
            ),
            records=(
                *(Ref("debts", int(key)) for key in shown["debt_key"]),
                *(ref for cell in shown["refs"] for ref in refs(cell)),
            ),
            links=tuple(
                Link("OWES", str(row["debtor_id"]), str(debt), Ref("debts", int(key)))
                for debt, key in zip(shown["debt_id"], shown["debt_key"], strict=True)
            ),
            score=1 - 1 / (1 + len(shown)),
            rank=open_sum / 100,
            amount=Amount(open_sum),
            period=(shown["due_on"].min().date(), row["as_of"].date()),
            laws=(str(row["law"]), "business_environment_32"),
        )


DETECTOR = Detector(
    id="new_arrears",
    family="arrears",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="边清边欠", en="New arrears while clearing"),
    question=Text(
        zh="参加清欠的单位，在截止日之后是否又形成新的拖欠？",
        en="Did a debtor that cleared old debts for a campaign let new ones fall overdue after the deadline?",
    ),
    rule=Text(
        zh="清欠行动期间报告过清偿的单位，在截止日之后有新到期欠款超过 {open_pct}% 未按期支付。全部新欠款有分歧、到期后"
        " {slip_days} 天内付清，或有足额未匹配支付的，予以排除。",
        en=(
            "A debtor that reported repayments during a clearing campaign has debts that fell due after its deadline "
            "and of which more than {open_pct} % was unpaid on the due day. Cleared where each of them is disputed, "
            "was paid within {slip_days} days, or is made up for by unmatched payments."
        ),
    ),
    why=Text(
        zh="旧账清零、新账又生，清欠只是把欠款换了一批债权人。",
        en="Old debts are cleared and new ones made: only the creditors have changed.",
    ),
    example=Text(
        zh="某城投 2025 年 11 月清偿两笔旧账，2026 年 2 月又有一笔 300 万元到期未付：列为 A 类疑点。",
        en="A city company clears two old debts in November 2025; in February 2026 a new one of CNY 3 million falls "
        "overdue: a tier A lead.",
    ),
    legal_basis=("clearing_opinion_2024", "business_environment_32"),
    references=("审计署 2020 年第三季度公告：新增拖欠 4.24 亿元",),
    innocent=(
        Innocent("disputed", Text(zh="有分歧", en="Disputed debts")),
        Innocent("slip", Text(zh="数日内已付清", en="Paid within days")),
        Innocent("payee_unmatched", Text(zh="支付未匹配", en="Payments not matched")),
    ),
    parameters=Parameters,
    identity=("debtor", "campaign"),
    requires={
        "debts": ("debt_id", "debtor_id", "amount", "due_on"),
        "debt_reports": ("debt_id", "period", "repaid"),
        "payments": ("debt_id", "amount", "paid_on"),
    },
    uses={"debts": ("disputed",), "claim_transfers": ("debt_id",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="欠款单位", en="debtors"),
    not_judgeable={
        "no_due_day": Text(zh="所有欠款的应付日未知", en="the due day of none of its debts is known"),
        "no_payments": Text(zh="数据中没有清偿欠款的支付记录", en="no payment in the data repays a debt"),
    },
    blind=Text(
        zh="看不到未入台账的新欠款（另见瞒报漏报欠款）。",
        en="New debts that are in no ledger (see concealed debt).",
    ),
    max_share=0.3,
    absent=("payments", "debts", "debt_reports"),
    relations=("parties", "releases", "repayments", "ledger_months", "unmatched", "campaigns"),
)

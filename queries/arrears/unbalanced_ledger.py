"""The monthly reports of a debt do not add up, do not carry over, or report another sum repaid than was paid."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.arrears.entries import entry_entities, entry_links
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Lead, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """How exact a ledger must be."""

    tolerance_yuan: int = Field(1, ge=0, description="Yuan. A difference of at most this much is none.")
    rounding_yuan: int = Field(
        100, ge=0, description="Yuan. The difference that a ledger kept in 万元 with two decimals may show."
    )


SELECT = Sql("""
-- Each break of the ledger: the month or quarter, by how much, and whether all its figures are whole hundreds of yuan.
WITH sums AS (
  SELECT debt_id, 'sum' AS kind, period AS at, last_day, abs(opening + added - repaid - closing) AS gap,
         opening % 10000 = 0 AND added % 10000 = 0 AND repaid % 10000 = 0 AND closing % 10000 = 0 AS coarse,
         [{'table': 'debt_reports', 'key': key}] AS refs
  FROM ledger_months WHERE abs(opening + added - repaid - closing) > $tolerance_yuan * 100
),
carries AS (
  SELECT debt_id, 'carry' AS kind, period AS at, last_day, abs(opening - previous_closing) AS gap,
         opening % 10000 = 0 AND previous_closing % 10000 = 0 AS coarse,
         [{'table': 'debt_reports', 'key': previous_key}, {'table': 'debt_reports', 'key': key}] AS refs
  FROM ledger_months
  WHERE first_day = CAST(previous_period || '-01' AS DATE) + INTERVAL 1 MONTH
    AND abs(opening - previous_closing) > $tolerance_yuan * 100
),
reported AS (
  SELECT debt_id, date_trunc('quarter', first_day) AS quarter, sum(repaid) AS repaid, max(last_day) AS last_day,
         bool_and(repaid % 10000 = 0) AS coarse, list({'table': 'debt_reports', 'key': key} ORDER BY key) AS refs
  FROM ledger_months GROUP BY ALL HAVING bool_and(repaid IS NOT NULL)
),
covered AS (
  SELECT debt_id, min(first_day) AS first_day, max(last_day) AS last_day FROM ledger_months GROUP BY ALL
),
paid AS (
  SELECT r.debt_id, date_trunc('quarter', r.day) AS quarter, sum(r.amount) AS paid,
         list({'table': r.ledger, 'key': r.key} ORDER BY r.ledger, r.key) AS refs
  FROM repayments r JOIN covered c ON c.debt_id = r.debt_id AND r.day BETWEEN c.first_day AND c.last_day
  WHERE r.means <> 'assignment' GROUP BY ALL
),
quarters AS (
  SELECT r.debt_id, 'quarter' AS kind, year(r.quarter) || 'Q' || quarter(r.quarter) AS at, r.last_day,
         abs(r.repaid - coalesce(p.paid, 0)) AS gap, r.coarse,
         list_concat(r.refs, p.refs) AS refs, r.repaid - coalesce(p.paid, 0) AS unsupported
  FROM reported r LEFT JOIN paid p ON p.debt_id = r.debt_id AND p.quarter = r.quarter
  WHERE abs(r.repaid - coalesce(p.paid, 0)) > $tolerance_yuan * 100 AND EXISTS (SELECT 1 FROM releases)
),
breaks AS (
  SELECT *, 0 AS unsupported FROM sums UNION ALL SELECT *, 0 FROM carries UNION ALL SELECT * FROM quarters
),
-- Whether the difference of the quarters evens out over the whole life of the entry, and what else may explain it.
life AS (
  SELECT debt_id, sum(unsupported) AS net FROM quarters GROUP BY ALL
),
otherwise AS (
  SELECT debt_id, sum(amount) AS amount FROM repayments WHERE means = 'assignment' OR day IS NULL GROUP BY ALL
),
loose AS (
  SELECT u.debt_id, sum(u.amount) AS amount
  FROM unmatched u
  JOIN covered c ON c.debt_id = u.debt_id AND coalesce(u.day BETWEEN c.first_day AND c.last_day, true) GROUP BY ALL
)
SELECT b.*, d.debtor_id, d.creditor_id, d._key AS debt_key, coalesce(l.net, 0) AS net,
       coalesce(o.amount, 0) AS assigned, coalesce(u.amount, 0) AS unmatched,
       coalesce(x.name, d.debtor_id) AS debtor_name, coalesce(y.name, d.creditor_id) AS creditor_name
FROM breaks b JOIN debts d USING (debt_id) LEFT JOIN life l USING (debt_id) LEFT JOIN otherwise o USING (debt_id)
LEFT JOIN loose u USING (debt_id)
LEFT JOIN parties x ON x.id = d.debtor_id LEFT JOIN parties y ON y.id = d.creditor_id
ORDER BY b.debt_id, b.last_day, b.kind, b.at
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE known) AS judged, count(*) FILTER (WHERE NOT known) AS no_figures
FROM (SELECT debt_id, bool_or(opening IS NOT NULL AND added IS NOT NULL AND repaid IS NOT NULL AND closing IS NOT NULL)
             AS known FROM ledger_months GROUP BY ALL)
""")

_KINDS = {
    "sum": Text(zh="{at} 期初加新增减清偿不等于期末（差 {gap}）", en="{at} does not add up (by {gap})"),
    "carry": Text(zh="{at} 期初不等于上月期末（差 {gap}）", en="{at} does not carry over (by {gap})"),
    "quarter": Text(zh="{at} 报告清偿与支付不符（差 {gap}）", en="in {at} reported and paid differ (by {gap})"),
}
_SHOWN = 6


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt, over all breaks of its ledger."""
    for _, part in rows.groupby("debt_id", sort=True):
        row = part.iloc[0]
        rounding = part["coarse"].fillna(False).astype(bool) & (part["gap"] <= params.rounding_yuan * 100)
        quarterly = part["kind"] == "quarter"
        net, tolerance = int(row["net"]), params.tolerance_yuan * 100
        timing = abs(net) <= tolerance
        assigned = tolerance < net <= int(row["assigned"]) + tolerance
        loose = tolerance < net <= int(row["unmatched"]) + tolerance
        explained = rounding | (quarterly & (timing or assigned or loose))
        fits = bool(explained.all())
        shown = part if fits else part[~explained]
        worst = int(shown["gap"].max())
        unexplained_by_rounding = quarterly & ~rounding
        rest = bool(unexplained_by_rounding.any())
        yield Lead(
            identity={"debt": str(row["debt_id"])},
            tier=Tier.A,
            entities=entry_entities(row),
            reasons=(
                Text(
                    zh="{debtor}欠{creditor}账款的月报（台账 {debt}）有 {count} 处不平：{breaks}。",
                    en="The reports on debt {debt} of {debtor} to {creditor} break {count} times: {breaks}.",
                ).format(
                    debtor=name(row, "debtor"),
                    creditor=name(row, "creditor"),
                    debt=row["debt_id"],
                    count=len(shown),
                    breaks=listing(_sentences(shown)),
                ),
            ),
            innocent=(
                verdict(
                    "rounding",
                    fits and bool(rounding.any()),
                    yes=Text(zh="台账以万元保留两位小数，差额为舍入所致。", en="The ledger is kept in rounded 万元."),
                    no=Text(zh="差额超出舍入范围。", en="The difference is more than rounding."),
                ),
                verdict(
                    "timing",
                    fits and rest and timing,
                    yes=Text(zh="跨季入账，累计清偿与支付一致。", en="Booked in another quarter; in all, both agree."),
                    no=Text(zh="累计清偿与支付也不一致，或月报自身不平。", en="They differ in all, too."),
                ),
                verdict(
                    "other_means",
                    fits and rest and assigned,
                    yes=Text(
                        zh="差额由债权转让或日期未知的抵债解释。",
                        en="An assignment, or an asset given on an unknown day, makes up the difference.",
                    ),
                    no=Text(
                        zh="没有足以解释差额的债权转让或抵债。", en="No assignment or asset makes up the difference."
                    ),
                ),
                verdict(
                    "payee_unmatched",
                    fits and rest and loose,
                    yes=Text(zh="差额由未注明欠款的支付解释。", en="Payments that name no debt make it up."),
                    no=Text(zh="没有足以解释差额的未匹配支付。", en="No unmatched payments make it up."),
                ),
            ),
            records=(
                Ref("debts", int(row["debt_key"])),
                *(ref for cell in shown["refs"] for ref in refs(cell)),
            ),
            links=entry_links(row),
            score=1 - 1 / (1 + len(shown)),
            rank=worst / 100,
            amount=Amount(worst),
            period=(shown["last_day"].min().date(), shown["last_day"].max().date()),
        )


def _sentences(breaks: pd.DataFrame) -> list[Text]:
    """Each break in words, and how many more there are than can be named."""
    said = [
        _KINDS[kind].format(at=at, gap=money(int(gap)))
        for kind, at, gap in zip(breaks["kind"], breaks["at"], breaks["gap"], strict=True)
    ]
    more = len(said) - _SHOWN
    return [*said[:_SHOWN], Text(zh=f"等共 {len(said)} 处", en=f"and {more} more")] if more > 0 else said


DETECTOR = Detector(
    id="unbalanced_ledger",
    family="arrears",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="台账勾稽不平", en="Unbalanced ledger"),
    question=Text(
        zh="欠款月报自身是否平衡、前后是否衔接、报告的清偿与支付是否一致？",
        en="Do the monthly reports add up, carry over, and agree with what was paid?",
    ),
    rule=Text(
        zh="月报期初加新增减清偿不等于期末，或期初不等于上月期末，或一个季度报告的清偿不等于支付（含票据、抵销、抵债），差额"
        "超过 {tolerance_yuan} 元。以万元两位小数记账且差额不超过 {rounding_yuan} 元的舍入、累计一致的跨季入账、债权"
        "转让、未匹配支付，予以排除。",
        en=(
            "Opening + added - repaid is not closing, an opening is not the closing of the month before, or what a "
            "quarter reports as repaid is not what was paid (bills, offsets and assets included), by more than "
            "{tolerance_yuan} yuan. Cleared: rounding of up to {rounding_yuan} yuan in a ledger kept in 万元, booking "
            "in another quarter, an assignment, and unmatched payments."
        ),
    ),
    why=Text(
        zh="勾稽不平是人工改数的痕迹，清欠成效可能由此而来。",
        en="A ledger that does not balance was changed by hand, and the clearing it reports may be of that making.",
    ),
    example=Text(
        zh="某城投 4 月期末欠款 100 万元，5 月期初变为 80 万元，没有清偿记录：列为 A 类疑点。",
        en="A city company closes April with CNY 1 million owed and opens May with 800,000, nothing repaid: a tier A "
        "lead.",
    ),
    legal_basis=("clearing_opinion_2024", "business_environment_32"),
    references=("审计署 2020 年第三季度公告：台账数据失实",),
    innocent=(
        Innocent("rounding", Text(zh="万元舍入", en="Rounding to 万元")),
        Innocent("timing", Text(zh="跨季入账", en="Booked in another quarter")),
        Innocent("other_means", Text(zh="债权转让", en="An assignment")),
        Innocent("payee_unmatched", Text(zh="支付未匹配", en="Payments not matched")),
    ),
    parameters=Parameters,
    identity=("debt",),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id"),
        "debt_reports": ("debt_id", "period", "opening", "added", "repaid", "closing"),
    },
    uses={"payments": ("debt_id", "amount", "paid_on"), "claim_transfers": ("debt_id",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="有月报的欠款", en="debts with reports"),
    not_judgeable={"no_figures": Text(zh="月报数字不全", en="figures are missing from the reports")},
    blind=Text(
        zh="看不到各数字同时被改、仍然平衡的台账。",
        en="Ledgers of which all figures were changed so that they still balance.",
    ),
    max_share=0.1,
    absent=("payments", "debt_reports", "asset_disposals", "claim_transfers"),
    relations=("parties", "releases", "repayments", "ledger_months", "unmatched"),
)

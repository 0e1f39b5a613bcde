"""An undisputed debt turns disputed without a document, just before a clearing deadline that it falls under."""

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
    """How near to the deadline, and what a document is."""

    before_days: int = Field(92, ge=1, description="Days before the deadline in which the report's month ends.")
    document_days: int = Field(92, ge=0, description="Days before that month within which a document was published.")
    document_words: tuple[str, ...] = Field(
        ("分歧", "争议", "异议", "dispute"), description="Disclosed items that document a dispute."
    )


SELECT = Sql("""
WITH flips AS (
  SELECT m.debt_id, m.period, m.first_day, m.last_day, m.previous_period, m.closing, m.key, m.previous_key, d.debtor_id,
         d.creditor_id, d._key AS debt_key, coalesce(m.closing, d.amount) AS open, c.campaign, c.zh, c.en, c.deadline,
         c.law
  FROM ledger_months m JOIN debts d USING (debt_id) LEFT JOIN contracts k USING (contract_id)
  JOIN campaigns c ON m.last_day BETWEEN c.deadline - $before_days AND c.deadline
                  AND coalesce(k.amount, d.amount) <= c.up_to
  WHERE m.disputed AND m.previous_disputed = false AND coalesce(m.closing, d.amount) > 0
),
documents AS (
  SELECT ref_id, published_on, _key AS key FROM disclosures
  WHERE len(list_filter($document_words, lambda w: contains(item, w))) > 0
)
SELECT f.*, (SELECT list({'table': 'disclosures', 'key': s.key} ORDER BY s.key) FROM documents s
             WHERE s.ref_id = f.debt_id AND s.published_on BETWEEN f.first_day - $document_days AND f.last_day)
       AS document_refs,
       coalesce(x.name, f.debtor_id) AS debtor_name, coalesce(y.name, f.creditor_id) AS creditor_name
FROM flips f
LEFT JOIN parties x ON x.id = f.debtor_id LEFT JOIN parties y ON y.id = f.creditor_id
QUALIFY row_number() OVER (PARTITION BY f.debt_id, f.campaign ORDER BY f.period DESC) = 1
ORDER BY f.debt_id, f.campaign
""")

POPULATION = Sql("""
SELECT count(DISTINCT debt_id) FILTER (WHERE known) AS judged,
       count(DISTINCT debt_id) - count(DISTINCT debt_id) FILTER (WHERE known) AS no_dispute_flag
FROM (SELECT debt_id, disputed IS NOT NULL AND previous_disputed IS NOT NULL AS known FROM ledger_months)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt and deadline."""
    for _, row in rows.iterrows():
        deadline, documents = row["deadline"].date(), refs(row["document_refs"])
        yield Lead(
            identity={"debt": str(row["debt_id"]), "campaign": str(row["campaign"])},
            tier=Tier.B,
            entities=entry_entities(row),
            reasons=(
                Text(
                    zh="{debtor}欠{creditor}的 {open}（台账 {debt}）在 {before} 月报中为无分歧，"
                    "{period} 月报改列为有分歧。",
                    en="Debt {debt} of {debtor} to {creditor}, {open}, is undisputed in the report of {before} and "
                    "disputed in that of {period}.",
                ).format(
                    debtor=name(row, "debtor"),
                    creditor=name(row, "creditor"),
                    open=money(int(row["open"])),
                    debt=row["debt_id"],
                    before=row["previous_period"],
                    period=row["period"],
                ),
                Text(
                    zh="“{zh}”的截止日为 {deadline}，距该月末 {days} 天。",
                    en="The deadline ({en}) was {deadline}, {days} days after that month's end.",
                ).format(zh=row["zh"], en=row["en"], deadline=deadline, days=(row["deadline"] - row["last_day"]).days),
            ),
            innocent=(
                verdict(
                    "documented",
                    bool(documents),
                    yes=Text(zh="已公开认定分歧的文书。", en="A document on the dispute was published."),
                    no=Text(zh="公开事项中没有认定分歧的文书。", en="No document on the dispute was published."),
                ),
            ),
            records=(
                Ref("debts", int(row["debt_key"])),
                Ref("debt_reports", int(row["key"])),
                Ref("debt_reports", int(row["previous_key"])),
                *documents,
            ),
            links=entry_links(row),
            score=max(0.0, 1 - (row["deadline"] - row["last_day"]).days / (params.before_days + 1)),
            rank=int(row["open"]) / 100,
            amount=Amount(int(row["open"])),
            period=(row["first_day"].date(), row["last_day"].date()),
            laws=(str(row["law"]),),
        )


DETECTOR = Detector(
    id="dispute_flip",
    family="arrears",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="无分歧变有分歧", en="Suddenly disputed"),
    question=Text(
        zh="清欠截止日前，无分歧欠款是否在没有文书的情况下改列为有分歧？",
        en="Did an undisputed debt turn disputed without a document just before a clearing deadline?",
    ),
    rule=Text(
        zh="属于清欠行动范围的欠款，在截止日前 {before_days} 天内的月报中由无分歧改为有分歧，且余额大于零。该月及此前 "
        "{document_days} 天内公开过含 {document_words} 的文书的，予以排除。",
        en=(
            "A debt that a clearing campaign covers turns from undisputed to disputed, with a balance, in a report "
            "within {before_days} days before the deadline. Cleared where an item with {document_words} on it was "
            "published in that month or {document_days} days before."
        ),
    ),
    why=Text(
        zh="有分歧的欠款不纳入清零考核，改一个标记就能“完成”任务。",
        en="Disputed debts do not count against the target: changing one mark completes the task.",
    ),
    example=Text(
        zh="某局一笔 41 万元欠款 2025 年 10 月为无分歧，11 月改为有分歧，没有任何文书：列为 B 类线索。",
        en="A debt of CNY 410,000 is undisputed in October 2025 and disputed in November, with no document: a tier B "
        "lead.",
    ),
    legal_basis=("clearing_opinion_2024", "business_environment_32"),
    references=("审计署 2020 年第三季度公告：无分歧变有分歧、直接删除 3.62 亿元",),
    innocent=(Innocent("documented", Text(zh="分歧有文书", en="A documented dispute")),),
    parameters=Parameters,
    identity=("debt", "campaign"),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id", "amount"),
        "debt_reports": ("debt_id", "period", "disputed"),
    },
    uses={"disclosures": ("item", "published_on", "ref_id"), "contracts": ("amount",), "debt_reports": ("closing",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="有月报的欠款", en="debts with reports"),
    not_judgeable={
        "no_dispute_flag": Text(zh="相邻月报未载明有无分歧", en="reports do not say whether it is disputed")
    },
    blind=Text(
        zh="看不到未公开的诉讼、仲裁或鉴定文书。",
        en="Suits, arbitration and expertise that are not published.",
    ),
    max_share=0.05,
    relations=("parties", "ledger_months", "campaigns"),
)

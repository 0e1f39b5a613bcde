"""Untied creditors of a debtor take a cut, the tied one is paid in full."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.debt_feeding.tied import official_entities, tied_sentence
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What is a cut, what is payment in full, and what is compared."""

    full_pct: float = Field(99, gt=0, description="Percent of a debt that is payment in full.")
    cut_pct: float = Field(95, gt=0, description="Percent of a closed debt at or below which its creditor took a cut.")
    within_days: int = Field(180, ge=0, description="Days between settlements that are compared.")
    min_cuts: int = Field(3, ge=1, description="Untied creditors' debts that were cut at least.")
    cut_share: float = Field(0.5, gt=0, le=1, description="Share of the untied creditors' settled debts that were cut.")
    waiver_words: tuple[str, ...] = Field(
        ("减免", "让利", "折让", "豁免", "放弃", "waive"), description="Purposes of offsets that book a waiver."
    )
    young_full: int = Field(
        2, ge=1, description="Untied younger debts paid in full that make the cut a matter of age at least."
    )


SELECT = Sql("""
-- What came of each debt that was settled: how much of it was paid, and whether the ledger ended at nothing.
WITH ended AS (
  SELECT debt_id, last.closing = 0 AS closed, {'table': 'debt_reports', 'key': last.key} AS report_ref
  FROM (SELECT debt_id, arg_max({'closing': closing, 'key': _key}, period) AS last FROM debt_reports
        WHERE closing IS NOT NULL GROUP BY ALL)
),
-- A waiver is booked as an offset without money; what counts as paid is the rest.
settlement AS (
  SELECT r.*, coalesce(p.form = 'offset' AND len(list_filter($waiver_words, lambda w: contains(p.purpose, w))) > 0,
                       false) AS waived
  FROM releases r JOIN payments p ON p._key = r.key
),
paid AS (
  SELECT debt_id, coalesce(sum(amount) FILTER (NOT waived), 0) AS paid, bool_or(waived) AS waived, max(day) AS day,
         list({'table': 'payments', 'key': key} ORDER BY key) AS payment_refs
  FROM settlement GROUP BY ALL
),
outcome AS (
  SELECT d.debt_id, d.debtor_id, d.creditor_id, d.amount, d._key AS debt_key, p.paid, p.day, p.payment_refs,
         e.report_ref,
         coalesce(d.due_on, d.accepted_on) AS due_on,
         CASE WHEN p.paid * 100 >= $full_pct * d.amount THEN 'full'
              WHEN p.paid * 100 <= $cut_pct * d.amount AND (e.closed OR p.waived) THEN 'cut' END AS outcome,
         d.debt_id IN (SELECT debt_id FROM favoured_debts) AS tied
  FROM debts d JOIN paid p USING (debt_id) LEFT JOIN ended e USING (debt_id)
),
spared AS (
  SELECT o.*, f.creditor_id AS payee_id, f.officials, f.tie_refs
  FROM outcome o JOIN favoured_debts f USING (debt_id) WHERE o.outcome = 'full'
)
SELECT s.*, o.debt_id AS other_id, o.creditor_id AS other_creditor, o.amount AS other_amount, o.paid AS other_paid,
       o.debt_key AS other_key, o.payment_refs AS other_payments, o.report_ref AS other_report, o.due_on AS other_due,
       o.day AS other_day, o.outcome AS other_outcome, coalesce(d.name, s.debtor_id) AS debtor_name,
       coalesce(c.name, s.payee_id) AS payee_name
FROM spared s
JOIN outcome o ON o.debtor_id = s.debtor_id AND o.outcome IS NOT NULL AND NOT o.tied
              AND abs(days(o.day) - days(s.day)) <= $within_days
LEFT JOIN parties d ON d.id = s.debtor_id LEFT JOIN parties c ON c.id = s.payee_id
ORDER BY s.debt_id, s.payee_id, o.debt_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE decided) AS judged, count(*) FILTER (WHERE NOT decided) AS no_official
FROM (SELECT debt_id, bool_or(key IN (SELECT key FROM deciders)) AS decided FROM releases GROUP BY ALL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt of a tied payee that was spared the cut."""
    for _, part in rows.groupby(["debt_id", "payee_id"], sort=True):
        cuts, full = part[part["other_outcome"] == "cut"], part[part["other_outcome"] == "full"]
        if len(cuts) >= params.min_cuts and len(cuts) >= params.cut_share * len(part):
            yield _lead(part.iloc[0], cuts, full, params)


def _lead(row: pd.Series, cuts: pd.DataFrame, full: pd.DataFrame, params: Parameters) -> Lead:
    owed, paid = int(cuts["other_amount"].sum()), int(cuts["other_paid"].sum())
    day = row["day"].date()
    payee = name(row, "payee")
    return Lead(
        identity={"debt": str(row["debt_id"]), "creditor": str(row["payee_id"])},
        tier=Tier.B,
        entities=(
            Entity(str(row["debt_id"]), "debt", "debt"),
            Entity(str(row["debtor_id"]), "org", "debtor"),
            Entity(str(row["payee_id"]), "org", "creditor"),
            *official_entities(row["officials"]),
            *(Entity(debt, "debt", "cut_debt") for debt in cuts["other_id"]),
            *(Entity(creditor, "org", "cut_creditor") for creditor in sorted(set(cuts["other_creditor"]))),
        ),
        reasons=(
            Text(
                zh="{debtor}对 {count} 笔欠款只支付 {paid}（应付 {owed}的 {percent:.1f}%）即予销账；"
                "同期足额支付的其他欠款 {full} 笔。",
                en="{debtor} closed {count} debts for {paid}, {percent:.1f} % of the {owed} owed; {full} others were "
                "paid in full.",
            ).format(
                debtor=name(row, "debtor"),
                count=len(cuts),
                paid=money(paid),
                owed=money(owed),
                percent=100 * paid / owed,
                full=len(full),
            ),
            Text(
                zh="欠{payee}的 {amount}（台账 {debt}）于 {day} 足额付清。",
                en="The {amount} owed to {payee} (debt {debt}) were paid in full by {day}.",
            ).format(payee=payee, amount=money(int(row["amount"])), debt=row["debt_id"], day=day),
            tied_sentence(payee, row["officials"]),
        ),
        innocent=(_by_age(row, cuts, full, params),),
        records=(
            Ref("debts", int(row["debt_key"])),
            *refs(row["payment_refs"]),
            *refs(row["tie_refs"]),
            *(Ref("debts", int(key)) for key in cuts["other_key"]),
            *(ref for column in ("other_payments", "other_report") for cell in cuts[column] for ref in refs(cell)),
        ),
        links=(Link("OWES", str(row["debtor_id"]), str(row["debt_id"]), Ref("debts", int(row["debt_key"]))),),
        score=max(0.0, 1 - paid / owed),
        rank=(owed - paid) / 100,
        amount=Amount(owed - paid),
        period=(min(day, cuts["other_day"].min().date()), max(day, cuts["other_day"].max().date())),
    )


def _by_age(row: pd.Series, cuts: pd.DataFrame, full: pd.DataFrame, params: Parameters) -> Excuse:
    """Older debts took the cut, and untied creditors of younger ones were paid in full too."""
    known = bool(cuts["other_due"].notna().all()) and bool(full["other_due"].notna().all()) and pd.notna(row["due_on"])
    older = known and bool(cuts["other_due"].max() < min([row["due_on"], *full["other_due"]]))
    compared = len(full) >= params.young_full
    alone = Text(
        zh="打折的均为账龄更长的欠款，但足额支付的无关联欠款不足 {count} 笔，无从比较。",
        en="Only older debts were cut, but fewer than {count} of untied creditors were paid in full to compare with.",
    ).format(count=params.young_full)
    return verdict(
        "negotiated_by_age",
        True if older and compared else (None if older or not known else False),
        yes=Text(
            zh="打折的均为账龄更长的欠款，账龄较短的无关联欠款同样足额支付。",
            en="Only older debts were cut; younger ones of untied creditors were paid in full too.",
        ),
        no=Text(zh="打折与账龄不对应。", en="The cut does not follow the debts' age."),
        unknown=alone if older else Text(zh="部分欠款的应付日未知。", en="The due day of some debts is unknown."),
    )


DETECTOR = Detector(
    id="selective_haircut",
    family="debt_feeding",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="选择性打折清偿", en="Cut for strangers only"),
    question=Text(
        zh="同一单位是否要求无关联债权人打折，却向关联债权人足额清偿？",
        en="Did a debtor make untied creditors take a cut while it paid a tied one in full?",
    ),
    rule=Text(
        zh="同一单位相隔不超过 {within_days} 天清偿的欠款中，无关联债权人有不少于 {min_cuts} 笔、且占其 {cut_share} "
        "以上的欠款以不高于 {cut_pct}% 的金额（以 {waiver_words} 名义抵销的部分不算支付）销账，而与审批、支付人员"
        "有关联的债权人获付不低于 {full_pct}%。打折全部落在账龄更长的欠款、且另有 {young_full} 笔以上无关联的较短账龄"
        "欠款足额支付的，予以排除。",
        en=(
            "Of a debtor's debts settled within {within_days} days of each other, at least {min_cuts}, and a share of "
            "at least {cut_share}, of the untied creditors' were closed at {cut_pct} % or less (offsets for "
            "{waiver_words} are no payment), while a creditor tied to an official who decided got at least {full_pct} "
            "%. Cleared where only older debts were cut and at least {young_full} younger untied ones were paid in "
            "full."
        ),
    ),
    why=Text(
        zh="打折与否由债务人决定。只让无关联企业让利，说明清偿条件因人而异。",
        en="The debtor decides who takes a cut. If only strangers do, the terms depend on whom one knows.",
    ),
    example=Text(
        zh="某城投对 4 家无关联企业按 72% 结清，对负责人亲属的公司同日全额付清：列为 B 类线索。",
        en="A city company settles with four strangers at 72 % and pays the firm of its head's kin in full the same "
        "day: a tier B lead.",
    ),
    legal_basis=("business_environment_32", "criminal_law_166", "criminal_law_397"),
    references=("无公开判例，属构造型线索",),
    innocent=(Innocent("negotiated_by_age", Text(zh="按账龄协商打折", en="Negotiated by age")),),
    parameters=Parameters,
    identity=("debt", "creditor"),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id", "amount"),
        "debt_reports": ("debt_id", "period", "closing"),
        "payments": ("payee_id", "amount", "paid_on", "debt_id"),
    },
    uses={
        "debts": ("due_on",),
        "payments": ("approver_id", "form", "purpose"),
        "posts": ("powers",),
        "kinship": ("person_a", "person_b"),
        "roles": ("holder_id", "org_id"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="已清偿欠款", en="debts repaid"),
    not_judgeable={
        "no_official": Text(zh="审批人及有权人员均未知", en="neither an approver nor a holder of power is known")
    },
    blind=Text(
        zh="看不到台账以外的折让，例如以开票、质保名义的扣减。",
        en="Cuts that no ledger shows, such as deductions in the name of invoices or defects.",
    ),
    max_share=0.05,
    relations=("parties", "releases", "deciders", "favoured_debts"),
)

"""A small or medium-sized creditor is paid later than the statutory term, with the interest that is owed for it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.arrears.entries import entry_entities, entry_links
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Lead, Ref, Tier
from queries.relations.terms import DAILY_PCT
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """How exact the term is. The terms themselves are statutes: `queries/data/payment_terms.toml`."""

    grace_days: int = Field(0, ge=0, description="Days after the term that are not looked at.")
    open_pct: float = Field(1, ge=0, description="Percent of the debt that must be late, more than.")


SELECT = Sql("""
-- The rule in force when the work was accepted, by kind of debtor; an agreed term counts up to its limit, if any.
WITH bound AS (
  SELECT d.debt_id, d.debtor_id, d.creditor_id, d.amount, d.accepted_on, d.disputed, d._key AS debt_key, t.debtor_kind,
         t.law, t.interest_law, o._key AS debtor_key, c._key AS creditor_key, c.size AS creditor_size,
         least(greatest(coalesce(d.due_on - d.accepted_on, t.agreed_days), t.term_days), t.agreed_days) AS term,
         d.due_on IS NOT NULL OR t.agreed_days IS NOT NULL AS term_known, d.due_on IS NOT NULL AS due_known, t.term_days
  FROM debts d
  JOIN orgs o ON o.org_id = d.debtor_id JOIN orgs c ON c.org_id = d.creditor_id
  JOIN payment_terms t ON d.accepted_on BETWEEN t.valid_from AND t.valid_to
    AND t.debtor_kind = CASE WHEN o.org_type IN ('government', 'institution') THEN o.org_type
                             WHEN o.size = 'large' THEN 'large_enterprise' END
  WHERE c.size IN ('medium', 'small', 'micro') AND EXISTS (SELECT 1 FROM releases)
),
deadlines AS (
  SELECT *, accepted_on + CAST(term AS INTEGER) AS deadline FROM bound
),
paid AS (
  SELECT b.debt_id, sum(r.amount) AS paid, coalesce(sum(r.amount) FILTER (WHERE r.day > b.deadline), 0) AS paid_late,
         coalesce(sum(r.amount * greatest(r.day - b.deadline, 0)), 0) AS late_fen_days, max(r.day) AS last_paid,
         list({'table': r.ledger, 'key': r.key} ORDER BY r.ledger, r.key) AS refs
  FROM deadlines b JOIN repayments r USING (debt_id) WHERE r.means <> 'assignment' GROUP BY ALL
),
late AS (
  SELECT b.*, coalesce(p.paid_late, 0) AS paid_late, p.last_paid, p.refs,
         CASE WHEN CAST($data_as_of AS DATE) > b.deadline THEN greatest(b.amount - coalesce(p.paid, 0), 0) ELSE 0 END
         AS unpaid, coalesce(p.late_fen_days, 0) AS late_fen_days, CAST($data_as_of AS DATE) AS as_of
  FROM deadlines b LEFT JOIN paid p USING (debt_id)
)
SELECT l.*, l.late_fen_days + l.unpaid * greatest(l.as_of - l.deadline, 0) AS fen_days,
       (SELECT arg_max(pct, valid_from) FROM loan_prime_rates r
        WHERE r.valid_from <= coalesce(k.signed_on, l.accepted_on)) AS prime_rate,
       coalesce((SELECT sum(u.amount) FROM unmatched u WHERE u.debt_id = l.debt_id
                 AND coalesce(u.day BETWEEN l.accepted_on AND l.deadline + $grace_days, true)), 0) AS unmatched,
       (SELECT CASE WHEN bool_or(r.day <= l.deadline) THEN true WHEN bool_or(r.day IS NULL) THEN NULL ELSE false END
        FROM repayments r WHERE r.debt_id = l.debt_id AND r.means = 'assignment') AS assigned,
       coalesce(x.name, l.debtor_id) AS debtor_name, coalesce(y.name, l.creditor_id) AS creditor_name
FROM late l JOIN debts d USING (debt_id) LEFT JOIN contracts k ON k.contract_id = d.contract_id
LEFT JOIN parties x ON x.id = l.debtor_id LEFT JOIN parties y ON y.id = l.creditor_id
WHERE (l.paid_late + l.unpaid) * 100 > $open_pct * l.amount
  AND coalesce(CASE WHEN l.unpaid > 0 THEN l.as_of ELSE l.last_paid END > l.deadline + $grace_days, false)
ORDER BY l.debt_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE kind IS NOT NULL AND size IS NOT NULL AND accepted_on IS NOT NULL AND paying) AS judged,
       count(*) FILTER (WHERE kind IS NOT NULL AND size IS NOT NULL AND accepted_on IS NOT NULL AND NOT paying)
         AS no_payments,
       count(*) FILTER (WHERE accepted_on IS NULL) AS no_acceptance,
       count(*) FILTER (WHERE accepted_on IS NOT NULL AND size IS NULL) AS no_size,
       count(*) FILTER (WHERE accepted_on IS NOT NULL AND size IS NOT NULL AND kind IS NULL) AS no_term
FROM (SELECT d.accepted_on, c.size, t.debtor_kind AS kind, EXISTS (SELECT 1 FROM releases) AS paying FROM debts d
      LEFT JOIN orgs o ON o.org_id = d.debtor_id LEFT JOIN orgs c ON c.org_id = d.creditor_id
      LEFT JOIN payment_terms t ON d.accepted_on BETWEEN t.valid_from AND t.valid_to
        AND t.debtor_kind = CASE WHEN o.org_type IN ('government', 'institution') THEN o.org_type
                                 WHEN o.size = 'large' THEN 'large_enterprise' END)
""")

_DEBTORS = {
    "government": Text(zh="机关", en="a state organ"),
    "institution": Text(zh="事业单位", en="an institution"),
    "large_enterprise": Text(zh="大型企业", en="a large enterprise"),
}

_DAILY_SHARE = DAILY_PCT / 100
"""Of what is late, for each day of it."""


def _unknown_agreement(row: pd.Series) -> tuple[Text, ...]:
    """What was counted where the ledger does not say when payment was agreed to be due."""
    if row["due_known"]:
        return ()
    if row["term_known"]:
        return (
            Text(
                zh="约定的付款日未知，按可以约定的最长期限计；合同没有约定的，付款期限为 {days} 日。",
                en="The agreed day of payment is unknown, and the longest that may be agreed is counted; where nothing "
                "was agreed, the term is {days} days.",
            ).format(days=int(row["term_days"])),
        )
    return (
        Text(
            zh="合同约定的付款日未知；大型企业的合同另有约定的，从其约定，应当核对合同。",
            en="The agreed day of payment is unknown; what a large enterprise agreed in the contract goes first: "
            "check it.",
        ),
    )


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt."""
    for _, row in rows.iterrows():
        amount, late = int(row["amount"]), int(row["paid_late"]) + int(row["unpaid"])
        # Money-days are whole numbers, so that the interest does not depend on the order of summing.
        interest = round(int(row["fen_days"]) * _DAILY_SHARE)
        accepted, deadline = row["accepted_on"].date(), row["deadline"].date()
        end = (row["as_of"] if row["unpaid"] > 0 else row["last_paid"]).date()
        status = (
            Text(zh="至 {end} 尚有 {unpaid}未付", en="{unpaid} were unpaid on {end}")
            if row["unpaid"] > 0
            else Text(zh="至 {end} 付清", en="the last of it was paid on {end}")
        ).format(end=end, unpaid=money(int(row["unpaid"])))
        yield Lead(
            identity={"debt": str(row["debt_id"])},
            # Whatever a large enterprise agreed goes before the sixty days; without the agreed day they are a lead.
            tier=Tier.A if row["term_known"] else Tier.B,
            entities=entry_entities(row),
            reasons=(
                Text(
                    zh="{debtor}（{kind}）应付中小企业{creditor}的 {amount}（台账 {debt}）于 {accepted} 验收，"
                    "法定付款期限 {term} 日，截止 {deadline}。",
                    en="What {debtor}, {kind}, owes the smaller firm {creditor}, {amount} of debt {debt}, was accepted "
                    "on {accepted}; the statutory term of {term} days ended on {deadline}.",
                ).format(
                    debtor=name(row, "debtor"),
                    kind=_DEBTORS[row["debtor_kind"]],
                    creditor=name(row, "creditor"),
                    amount=money(amount),
                    debt=row["debt_id"],
                    accepted=accepted,
                    term=int(row["term"]),
                    deadline=deadline,
                ),
                *_unknown_agreement(row),
                Text(
                    zh="逾期支付 {late}，{status}，最长逾期 {days} 天。",
                    en="{late} were late; {status}, up to {days} days late.",
                ).format(late=money(late), status=status, days=(end - deadline).days),
                Text(
                    zh="未约定利率的，按每日 {rate}% 计，逾期利息 {interest}；约定利率不得低于合同订立时的"
                    " 1 年期贷款市场报价利率（{prime}%）。",
                    en="Without an agreed rate, {rate} % a day come to {interest} of interest; an agreed rate may not "
                    "be below the one-year loan prime rate at signing, {prime} %.",
                ).format(
                    rate=DAILY_PCT,
                    interest=money(interest),
                    prime="—" if pd.isna(row["prime_rate"]) else f"{row['prime_rate']:.2f}",
                ),
            ),
            innocent=(
                verdict(
                    "disputed",
                    None if pd.isna(row["disputed"]) else bool(row["disputed"]),
                    yes=Text(zh="该笔欠款有分歧，应先行支付无分歧部分。", en="The debt is disputed."),
                    no=Text(zh="台账记载无分歧。", en="The ledger says that it is undisputed."),
                    unknown=Text(zh="有无分歧未知。", en="Whether it is disputed is unknown."),
                ),
                verdict(
                    "payee_unmatched",
                    (late - int(row["unmatched"])) * 100 <= params.open_pct * amount,
                    yes=Text(
                        zh="期限内双方之间另有未注明欠款的支付 {sum}。",
                        en="In time {sum} passed without naming the debt.",
                    ).format(sum=money(int(row["unmatched"]))),
                    no=Text(
                        zh="期限内双方之间没有足额的未匹配支付。", en="No unmatched payment in time makes up for it."
                    ),
                ),
                verdict(
                    "assigned",
                    None if pd.isna(row["assigned"]) else bool(row["assigned"]),
                    yes=Text(zh="债权人在期限内已转让债权。", en="The creditor sold the claim within the term."),
                    no=Text(zh="债权人在期限内未转让债权。", en="The creditor did not sell the claim within the term."),
                    unknown=Text(zh="债权已转让，转让日未知。", en="The claim was sold on an unknown day."),
                    gap=True,
                ),
            ),
            records=(
                Ref("debts", int(row["debt_key"])),
                Ref("orgs", int(row["debtor_key"])),
                Ref("orgs", int(row["creditor_key"])),
                *refs(row["refs"]),
            ),
            links=entry_links(row),
            score=min(1.0, (end - deadline).days / 365),
            rank=interest / 100,
            amount=Amount(late),
            period=(accepted, end),
            laws=(str(row["law"]), str(row["interest_law"])),
        )


DETECTOR = Detector(
    id="overdue_terms",
    family="arrears",
    version=3,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="超法定期限付款", en="Later than the statutory term"),
    question=Text(
        zh="对中小企业的付款是否超过法定期限，应付多少逾期利息？",
        en="Was a smaller firm paid later than the statutory term, and what interest is owed?",
    ),
    rule=Text(
        zh="验收之日起，机关、事业单位超过 30 日（合同另有约定的最长 60 日；国务院令第728号，2020-09-01 起），大型企业"
        "超过 60 日（合同约定更长的，从其约定；第802号，2025-06-01 起），仍有超过 {open_pct}% 未付给中小微企业，且逾期"
        "超过 {grace_days} 天。适用验收日有效的规定；大型企业约定的付款日未知的，列为 B 类。有分歧、"
        "期限内有足额未匹配的支付、债权已在期限内转让的，予以排除。",
        en=(
            "More than {open_pct} % was unpaid to a medium, small or micro firm, and for more than {grace_days} days, "
            "after 30 days from acceptance by a state organ or institution (at most 60 where agreed; decree 728, from "
            "1 September 2020), or 60 days by a large enterprise (or the longer term agreed; decree 802, from 1 June "
            "2025). The rule in force at acceptance applies; tier B where the day that a large enterprise agreed is "
            "unknown. Cleared where the debt is disputed, unmatched payments in time make up for it, or the claim was "
            "sold within the term."
        ),
    ),
    why=Text(
        zh="法定期限是底线。超期付款让中小企业垫资，还应当支付逾期利息。",
        en="The term is the least that is owed: beyond it the smaller firm lends its money, and interest is due.",
    ),
    example=Text(
        zh="县医院 2022-03-01 验收的 100 万元设备款，2022-07-29 才支付：逾期 90 天，利息 4.5 万元，列为 A 类疑点。",
        en="A county hospital accepts equipment for CNY 1 million on 1 March 2022 and pays on 29 July: 90 days late, "
        "45,000 of interest, a tier A lead.",
    ),
    legal_basis=("sme_payment_728_8", "sme_payment_728_15", "sme_payment_802_9", "sme_payment_802_17"),
    references=("保障中小企业款项支付条例",),
    innocent=(
        Innocent("disputed", Text(zh="有分歧", en="A disputed debt")),
        Innocent("payee_unmatched", Text(zh="支付未匹配", en="Payments not matched")),
        Innocent("assigned", Text(zh="债权已转让", en="The claim had been sold")),
    ),
    parameters=Parameters,
    identity=("debt",),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id", "amount", "accepted_on"),
        "orgs": ("org_type", "size"),
        "payments": ("debt_id", "amount", "paid_on"),
    },
    uses={
        "debts": ("due_on", "disputed"),
        "contracts": ("signed_on",),
        "claim_transfers": ("agreed_on",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="台账欠款", en="debts of the ledger"),
    not_judgeable={
        "no_acceptance": Text(zh="验收日未知", en="the day of acceptance is unknown"),
        "no_size": Text(zh="债权人规模未知", en="the creditor's size is unknown"),
        "no_payments": Text(zh="数据中没有清偿欠款的支付记录", en="no payment in the data repays a debt"),
        "no_term": Text(zh="欠款单位或验收日不适用法定期限", en="no statutory term for that debtor and day"),
    },
    blind=Text(
        zh="按登记的企业规模判断；合同订立时的规模、约定利率和验收期限不在数据中。",
        en="It goes by the registered size; the size at signing, an agreed rate and an agreed time for acceptance are "
        "not in the data.",
    ),
    max_share=0.5,
    absent=("payments", "asset_disposals", "claim_transfers"),
    relations=("parties", "releases", "repayments", "unmatched", "payment_terms", "loan_prime_rates"),
)

"""Released money comes back to the debtor, to an official who decided on the release, or to the official's firm."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.debt_feeding.routes import carry, chains
from queries.debt_feeding.tied import tie_sentence
from queries.debt_feeding.trade import HistoryParameters, LoanParameters, loan_excuse, says, trade_excuse
from queries.debt_feeding.trail import Trail
from queries.debt_feeding.walk import THEN, WALK, WALKED
from queries.detector import Cypher, Detector, Innocent, Sql
from queries.finding import Amount, Lead, Tier
from queries.rows import Rows
from queries.verdicts import verdict
from queries.wording import name


class Parameters(HistoryParameters, LoanParameters):
    """How far, how fast and how much comes back."""

    days_after: int = Field(120, ge=1, description="Days after the release within which the money is back.")
    max_hops: int = Field(
        3, ge=0, le=3, description="Parties between the creditor and the end; three make a cycle of five payments."
    )
    hop_days: int = Field(30, ge=0, description="Days that the money may rest with each of them.")
    keep_pct: float = Field(
        50, gt=0, le=100, description="Percent of what a party received that it passes on at least."
    )
    min_pct: float = Field(5, ge=0, description="Percent of the release that comes back at least.")
    refund_pct: float = Field(20, gt=0, description="Percent of the release that a refund is at most.")
    refund_words: tuple[str, ...] = Field(
        ("退还", "退回", "退款", "多付", "保证金", "质保金", "refund"), description="Purposes that name a refund."
    )
    tax_words: tuple[str, ...] = Field(("税", "规费", "罚款", "tax"), description="Purposes that name tax or fees.")


ANCHORS = Sql("""
WITH ends AS (
  SELECT r.key, r.debtor_id AS end_id, 'debtor' AS how, NULL AS person_id, NULL AS valid_from, NULL AS valid_to,
         NULL AS official_refs, NULL AS tie_refs
  FROM releases r
  UNION ALL
  -- Officials in person, and firms where they themselves hold a role; what goes to kin is a kickback.
  SELECT d.key, t.party_id, t.how, d.person_id, t.valid_from, t.valid_to, d.refs, t.refs
  FROM deciders d JOIN ties t USING (person_id)
  WHERE t.how = 'self' OR (t.party_id IN (SELECT org_id FROM orgs) AND NOT contains(t.how, ':')
                           AND t.how NOT LIKE 'shared_%')
),
-- The node that the money reaches is the end, or the payee in the record where the account is the end's.
receipts AS (
  SELECT DISTINCT payee_id AS end_id, payee_id, day FROM flows
  UNION ALL
  SELECT DISTINCT holder_id, payee_id, day FROM account_holders
),
payees AS (
  SELECT DISTINCT end_id, payee_id FROM receipts
)
SELECT row_number() OVER (ORDER BY r.debt_id, r.key, e.end_id, p.payee_id, e.person_id, e.how, e.valid_from,
                          e.valid_to) AS anchor,
       r.key AS release_key, r.debt_id, r.debt_key, r.debtor_id AS debtor, r.creditor_id AS creditor,
       e.end_id AS beneficiary, p.payee_id AS payee, e.person_id AS official, e.how, NULL AS via,
       days(r.day) AS release_day, r.amount AS release_amount,
       days(r.day) AS first_day, days(r.day) + $days_after AS last_day,
       greatest(days(r.day), coalesce(days(e.valid_from), days(r.day))) AS tie_from,
       least(days(r.day) + $days_after, coalesce(days(e.valid_to), days(r.day) + $days_after)) AS tie_to,
       e.official_refs, e.tie_refs
FROM releases r JOIN ends e USING (key) JOIN payees p USING (end_id)
WHERE e.end_id <> r.creditor_id AND (e.how = 'debtor' OR e.end_id <> r.debtor_id)
  AND EXISTS (SELECT 1 FROM receipts f WHERE f.end_id = e.end_id AND f.payee_id = p.payee_id
              AND f.day BETWEEN r.day AND r.day + $days_after)
ORDER BY anchor
""")

POPULATION = Sql("""
SELECT count(DISTINCT key) FILTER (WHERE creditor_id <> debtor_id) AS judged,
       count(DISTINCT key) FILTER (WHERE creditor_id = debtor_id) AS to_itself
FROM releases
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt, creditor and end of the cycle."""
    for (debt, _, _), own in Rows.of(rows).by("debt_id", "creditor", "beneficiary"):
        trail = Trail(own, carry(chains(own), keep_pct=params.keep_pct, hop_days=params.hop_days))
        if trail.carried.chains and trail.carried.reached * 100 >= params.min_pct * trail.released:
            yield _lead(debt, trail, params)


def _lead(debt: str, trail: Trail, params: Parameters) -> Lead:
    first = trail.first
    to_debtor = first["beneficiary"] == first["debtor"]
    end = (
        Text(zh="收款人即欠款单位本身。", en="The payee is the debtor itself.")
        if to_debtor
        else tie_sentence(name(first, "beneficiary"), name(first, "official"), first["how"])
    )
    purposes = trail.purposes()
    direct = to_debtor and not trail.carried.through
    share = 100 * trail.carried.reached / trail.released
    refund = direct and share <= params.refund_pct and all(says(p, params.refund_words) for p in purposes)
    tax = direct and bool(first["to_government"]) and all(says(p, params.tax_words) for p in purposes)
    return Lead(
        identity={"debt": debt, "creditor": first["creditor"], "end": first["beneficiary"]},
        tier=Tier.B,
        entities=trail.entities(debt),
        reasons=(trail.repaid(), trail.passed(), end),
        innocent=(
            verdict(
                "refund",
                refund if all(purposes) or not direct else None,
                yes=Text(zh="款项为退还多付款或保证金。", en="A refund of what was overpaid, or of a deposit."),
                no=Text(zh="用途、路径或金额不符合退款。", en="Purpose, way or amount are not those of a refund."),
                unknown=Text(zh="付款记录未载明用途。", en="The payments name no purpose."),
            ),
            verdict(
                "tax",
                tax if all(purposes) or not direct else None,
                yes=Text(zh="款项为向机关单位缴纳的税费。", en="Tax or fees to a public body."),
                no=Text(zh="不是向机关单位缴纳的税费。", en="Not tax or fees to a public body."),
                unknown=Text(zh="付款记录未载明用途。", en="The payments name no purpose."),
            ),
            loan_excuse(False if to_debtor else trail.repays_loan(params), params),
            trade_excuse(trail.is_ordinary_trade(params.days_after, params)),
        ),
        records=tuple(trail.records()),
        links=tuple(trail.links()),
        score=min(1.0, share / 100),
        rank=trail.carried.reached / 100,
        amount=Amount(trail.carried.reached),
        period=trail.period,
    )


DETECTOR = Detector(
    id="circular_settlement",
    family="debt_feeding",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="清偿资金回流", en="Released money comes back"),
    question=Text(
        zh="清偿款是否经债权企业及中间方，回到欠款单位、其有权人员或该人员的企业？",
        en="Did the money of a release come back to the debtor, its officials or their firms?",
    ),
    rule=Text(
        zh="清偿后 {days_after} 天内，债权企业直接或经不超过 {max_hops} 个中间方（每方停留不超过 {hop_days} 天、转出不"
        "低于 {keep_pct}%）付给欠款单位、有审批或支付权的人员或其任职、持股的企业，可到达的合计不低于清偿额的 "
        "{min_pct}%。用途含 {refund_words}、不超过 {refund_pct}% 的直接退款，用途含 {tax_words} 的税费，直接归还"
        "任职前借款本息（利率不超过年 {max_rate_pct}%）的，以及长期规律的往来，予以排除。",
        en=(
            "Within {days_after} days of a release the creditor pays, directly or through at most {max_hops} others "
            "(each resting at most {hop_days} days and passing on at least {keep_pct} %), the debtor, an official "
            "with power to approve or pay, or a firm of that official; what can have arrived is at least {min_pct} % "
            "of the release. Direct refunds ({refund_words}, at most {refund_pct} %), tax ({tax_words}), what "
            "directly repays a loan older than the post, with at most {max_rate_pct} % a year, and trade of long "
            "standing are cleared."
        ),
    ),
    why=Text(
        zh="资金兜圈回到原处，清偿可能只是账面动作，用于虚报清欠、套取资金或利益输送。",
        en="Money that runs in a circle may have settled nothing: a release on paper, or a way to take money out.",
    ),
    example=Text(
        zh="某城投清偿 1000 万元，债权企业经两家贸易公司在 66 天内转回 500 万元：列为 B 类线索。",
        en="A city company repays CNY 10 million; through two traders 5 million come back in 66 days: a tier B lead.",
    ),
    legal_basis=("criminal_law_385", "criminal_law_397", "clearing_opinion_2024"),
    references=("审计署 2020 年第三季度公告：虚报清偿",),
    innocent=(
        Innocent("refund", Text(zh="退款", en="A refund")),
        Innocent("tax", Text(zh="税费", en="Tax and fees to a public body")),
        Innocent("loan_before_post", Text(zh="任职前的借款", en="A loan older than the post")),
        Innocent("long_standing_supplier", Text(zh="长期往来", en="Trade of long standing")),
    ),
    parameters=Parameters,
    identity=("debt", "creditor", "end"),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id"),
        "payments": ("payer_id", "payee_id", "amount", "paid_on", "debt_id"),
    },
    uses={
        "payments": ("approver_id", "purpose", "payee_account"),
        "contacts": ("owner_id",),
        "posts": ("powers", "valid_from"),
        "roles": ("holder_id", "org_id", "kind"),
        "transfers": ("from_id", "to_id"),
    },
    select=Cypher(text=WALK, anchors=ANCHORS, then=THEN, walked=WALKED, batch=2_000),
    judge=judge,
    population=POPULATION,
    unit=Text(zh="清偿支付", en="releases"),
    not_judgeable={"to_itself": Text(zh="付款人与收款人为同一单位", en="the debtor paid itself")},
    blind=Text(
        zh="看不到现金，也看不到以资产、票据形式回流的部分。",
        en="Cash, and what comes back as assets or bills.",
    ),
    max_share=0.05,
    relations=("parties", "flows", "account_holders", "ties", "releases", "deciders"),
)

"""A public debt is paid, and the creditor pays a party tied to an official who decided on it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.debt_feeding.routes import Payment, carry, chains
from queries.debt_feeding.tied import tie_sentence
from queries.debt_feeding.trade import (
    HistoryParameters,
    LoanParameters,
    WageParameters,
    excuses_of_all,
    loan_excuse,
    public_body_excuse,
    trade_excuse,
    wage_excuse,
)
from queries.debt_feeding.trail import Trail
from queries.debt_feeding.walk import THEN, WALK, WALKED
from queries.detector import Cypher, Detector, Innocent, Sql
from queries.finding import Amount, Excuse, Lead, Tier, Verdict
from queries.rows import Rows
from queries.wording import name


class Parameters(HistoryParameters, WageParameters, LoanParameters):
    """Windows and ratios of the money's path."""

    days_before: int = Field(90, ge=0, description="Days before the release in which a payment may be an advance.")
    days_after: int = Field(90, ge=1, description="Days after the release in which a payment may be its price.")
    max_hops: int = Field(3, ge=0, le=3, description="Parties through whom the money may pass.")
    hop_days: int = Field(30, ge=0, description="Days that the money may rest with each of them.")
    keep_pct: float = Field(
        50, gt=0, le=100, description="Percent of what a party received that it passes on at least."
    )
    min_pct: float = Field(2, ge=0, description="Percent of the release that reaches the tied party at least.")
    max_pct: float = Field(40, gt=0, description="Percent of the release that reaches the tied party at most.")


ANCHORS = Sql("""
-- The node that the money reaches is the tied party, or the payee in the record where the account is the tied party's.
WITH receipts AS (
  SELECT DISTINCT payee_id AS beneficiary_id, payee_id, day AS paid_on FROM flows
  UNION ALL
  SELECT DISTINCT holder_id, payee_id, day FROM account_holders
),
payees AS (
  SELECT DISTINCT beneficiary_id, payee_id FROM receipts
),
candidate AS (
  SELECT r.key, r.debt_id, r.debt_key, r.debtor_id, r.creditor_id, r.day, r.amount, d.person_id, d.refs,
         t.party_id AS beneficiary_id, p.payee_id, t.how, t.via_id, t.valid_from, t.valid_to, t.refs AS tie_refs
  FROM releases r JOIN deciders d USING (key) JOIN ties t USING (person_id)
  JOIN payees p ON p.beneficiary_id = t.party_id
  WHERE t.party_id <> r.creditor_id AND t.party_id <> r.debtor_id
)
SELECT row_number() OVER (ORDER BY c.debt_id, c.key, c.beneficiary_id, c.payee_id, c.person_id, c.how, c.via_id,
                          c.valid_from, c.valid_to) AS anchor,
       c.key AS release_key, c.debt_id, c.debt_key, c.debtor_id AS debtor, c.creditor_id AS creditor,
       c.beneficiary_id AS beneficiary, c.payee_id AS payee, c.person_id AS official, c.how, c.via_id AS via,
       days(c.day) AS release_day, c.amount AS release_amount,
       days(c.day) - $days_before AS first_day, days(c.day) + $days_after AS last_day,
       coalesce(days(c.valid_from), -1000000) AS tie_from, coalesce(days(c.valid_to), 1000000) AS tie_to,
       c.refs AS official_refs, c.tie_refs
FROM candidate c
-- Only parties that were paid in the window can have been paid by the creditor.
WHERE EXISTS (SELECT 1 FROM receipts p WHERE p.beneficiary_id = c.beneficiary_id AND p.payee_id = c.payee_id
              AND p.paid_on BETWEEN c.day - $days_before AND c.day + $days_after + $max_hops * $hop_days)
ORDER BY anchor
""")

POPULATION = Sql("""
SELECT count(DISTINCT key) FILTER (WHERE decided) AS judged,
       count(DISTINCT key) FILTER (WHERE NOT decided) AS no_official
FROM (SELECT r.key, r.key IN (SELECT key FROM deciders) AS decided FROM releases r)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt, creditor and tied beneficiary, over all paths that the money took.

    Where what each of several parties tied to one official received is too little, one for the official.
    """
    for _, trade in Rows.of(rows).by("debtor", "creditor"):
        told: set[tuple[str, str]] = set()
        for (beneficiary,), own in trade.by("beneficiary"):
            for (debt,), part in own.by("debt_id"):
                if trail := _paid_for(part, own, params):
                    told.add((debt, beneficiary))
                    yield _lead(debt, beneficiary, trail, _excuses(trail, params), params)
        yield from _circles(trade, told, params)


def _circles(trade: Rows, told: set[tuple[str, str]], params: Parameters) -> Iterator[Lead]:
    """One lead for each debt and official of whom several tied parties received too little each, and enough together.

    Args:
        trade: rows of one debtor and creditor.
        told: debts and beneficiaries who have a lead of their own; an official among them needs no further one.
        params: the detector's.
    """
    seen: set[tuple[str, tuple[Payment, ...]]] = set()
    for (official,), near in trade.by("official"):
        for (debt,), part in near.by("debt_id"):
            small = {} if (debt, official) in told else _small_sums(debt, part, told, params)
            trail = _paid_for(_paid_to(small, part), _paid_to(small, near), params) if len(small) > 1 else None
            # Spouses who both decide are tied to the same parties.
            if trail and (debt, money := tuple(trail.carried.arrivals)) not in seen:
                seen.add((debt, money))
                yield _circle_lead(debt, official, trail, list(small.values()), params)


def _paid_for(part: Rows, trade: Rows, params: Parameters) -> Trail | None:
    """What reached the beneficiaries near a debt's releases, where it is such a share of them as pays for it."""
    for measured in _measures(part, trade):
        trail = _trail(measured, params)
        share = 100 * trail.carried.reached
        if params.min_pct * trail.released <= share <= params.max_pct * trail.released and share:
            return trail
    return None


def _small_sums(debt: str, part: Rows, told: set[tuple[str, str]], params: Parameters) -> dict[str, Trail]:
    """The trails to beneficiaries of whom each received too little alone, and something that nothing innocent explains.

    Money that came through a beneficiary who has a lead is in that one.
    """
    leads = {beneficiary for of_debt, beneficiary in told if of_debt == debt}
    trails = {beneficiary: _trail(own, params) for (beneficiary,), own in part.by("beneficiary")}
    return {
        beneficiary: trail
        for beneficiary, trail in trails.items()
        if 0 < 100 * trail.carried.reached < params.min_pct * trail.released
        and leads.isdisjoint((beneficiary, *trail.carried.through))
        and all(excuse.verdict is not Verdict.FITS for excuse in _excuses(trail, params))
    }


def _paid_to(beneficiaries: Container[str], rows: Rows) -> Rows:
    return rows.where(beneficiary in beneficiaries for beneficiary in rows["beneficiary"])


def _trail(rows: Rows, params: Parameters) -> Trail:
    return Trail(rows, carry(chains(rows), keep_pct=params.keep_pct, hop_days=params.hop_days))


def _measures(own: Rows, trade: Rows) -> Iterator[Rows]:
    """Against what the payments near a debt's releases may be measured.

    All releases of the debt together; each of them, the nearest first; all releases of the debtor to the creditor
    that the same payments lie near, since several debts are often released at once and paid for at once.
    """
    yield own
    yield from own.split("release_key")
    arrived = {keys[-1] for keys in own["keys"]}
    yield trade.where(keys[-1] in arrived for keys in trade["keys"])


def _excuses(trail: Trail, params: Parameters) -> tuple[Excuse, ...]:
    return (
        trade_excuse(trail.is_ordinary_trade(params.days_before + params.days_after, params)),
        loan_excuse(trail.repays_loan(params), params),
        wage_excuse(trail.are_wages(params), known=any(trail.purposes())),
        public_body_excuse(all(trail.walked["to_government"])),
    )


def _circle_lead(debt: str, official: str, trail: Trail, members: Sequence[Trail], params: Parameters) -> Lead:
    """The lead on an official of whom several tied parties received too little each; `members` are their own trails."""
    together = Text(
        zh="各方所得均不足清偿额的 {least}%，因均与{official}有关联而合并计算。",
        en="Each of them received less than {least} % of the release; they are taken together as tied to {official}.",
    ).format(least=f"{params.min_pct:g}", official=name(trail.first, "official"))
    excuses = excuses_of_all(_excuses(member, params) for member in members)
    lead = _lead(debt, official, trail, excuses, params)
    return replace(lead, reasons=(*lead.reasons, together))


def _lead(debt: str, beneficiary: str, trail: Trail, excuses: tuple[Excuse, ...], params: Parameters) -> Lead:
    tied = (tie_sentence(name(row, "beneficiary"), name(row, "official"), row["how"]) for row in trail.beneficiaries)
    return Lead(
        identity={"debt": debt, "creditor": trail.first["creditor"], "beneficiary": beneficiary},
        tier=Tier.B,
        entities=trail.entities(debt),
        reasons=(trail.repaid(), trail.passed(), *tied),
        innocent=excuses,
        records=tuple(trail.records()),
        links=tuple(trail.links()),
        score=max(0.0, 1 - abs(trail.gap) / (params.days_after + params.days_before)),
        rank=trail.carried.reached / 100,
        amount=Amount(trail.carried.reached),
        period=trail.period,
    )


DETECTOR = Detector(
    id="release_kickback",
    family="debt_feeding",
    version=4,
    tiers=(Tier.B,),
    title=Text(zh="清偿后回流", en="Kickback on a repaid debt"),
    question=Text(
        zh="清偿拖欠账款前后，债权企业是否直接或经过桥方向审批、支付人员的关联方付款？",
        en="Around the repayment of a public debt, did the creditor pay, directly or through others, a party tied to "
        "an official who decided on it?",
    ),
    rule=Text(
        zh="欠款清偿前 {days_before} 天至清偿后 {days_after} 天内，债权企业直接或经不超过 {max_hops} 个中间方"
        "（每方停留不超过 {hop_days} 天、转出不低于 {keep_pct}%）向审批人或欠款单位有审批、支付权人员的关联"
        "方付款，合计为清偿额的 {min_pct}% 至 {max_pct}%；同一人员的几个关联方各自不足的，合并计算。"
        "窗口期前已有 {history_days} 天以上、不少于 "
        "{history_payments} 笔且金额相近（不超过 {history_ratio} 倍）的往来，或用途为 {wage_words} 且收款人"
        "为当时的登记员工、单笔不超过 {wage_max_yuan} 元的，以及直接归还任职前借款本息（利率不超过年 {max_rate_pct}%）"
        "的，予以排除。",
        en=(
            "From {days_before} days before to {days_after} days after a debt is repaid, the creditor pays, "
            "directly or through at most {max_hops} others (each resting at most {hop_days} days and passing on "
            "at least {keep_pct} %), a party tied to the approver or to an official of the debtor with power to "
            "approve or pay; together {min_pct} to {max_pct} % of the release. Of several parties tied to one "
            "official who each received less, the sum counts. Trade of at least "
            "{history_payments} payments that began {history_days} days before the window in like amounts (up to "
            "{history_ratio} times), {wage_words} of at most {wage_max_yuan} yuan to an employee of that day, and what "
            "directly repays a loan older than the post, with at most {max_rate_pct} % a year, are cleared."
        ),
    ),
    why=Text(
        zh="部分案件中，账款能否清偿取决于是否给付好处：行贿多发生在审批与支付之间的窗口期。",
        en="In published cases the repayment itself was sold: most bribes fell between approval and payment.",
    ),
    example=Text(
        zh="县住建局 3 月 1 日清偿乙建材 500 万元；3 月 10 日乙建材付给局长弟弟的公司 50 万元（10%）：列为 B 类线索。",
        en="On 1 March a county bureau repays Yi Materials CNY 5 million; on 10 March Yi Materials pays the firm of "
        "the director's brother CNY 500,000 (10 %): a tier B lead.",
    ),
    legal_basis=("criminal_law_385", "criminal_law_388a", "criminal_law_389"),
    references=("史勇案（酒泉）：25 次受贿中 15 次与工程款结算有关", "赵更效案：资金下达后按比例回流"),
    innocent=(
        Innocent("long_standing_supplier", Text(zh="长期供应商", en="A supplier of long standing")),
        Innocent("loan_before_post", Text(zh="任职前的借款", en="A loan older than the post")),
        Innocent("wages", Text(zh="工资", en="Wages")),
        Innocent("tax", Text(zh="税费", en="Tax and fees to a public body")),
    ),
    parameters=Parameters,
    identity=("debt", "creditor", "beneficiary"),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id"),
        "payments": ("payer_id", "payee_id", "amount", "paid_on", "debt_id"),
        "roles": ("holder_id", "org_id", "kind"),
    },
    uses={
        "payments": ("approver_id", "purpose", "payee_account"),
        "posts": ("powers", "valid_from"),
        "kinship": ("person_a", "person_b"),
        "transfers": ("from_id", "to_id"),
        "contacts": ("owner_id",),
    },
    select=Cypher(
        text=WALK,
        anchors=ANCHORS,
        then=THEN,
        walked=WALKED,
        batch=2_000,
    ),
    judge=judge,
    population=POPULATION,
    unit=Text(zh="清偿支付", en="releases"),
    not_judgeable={
        "no_official": Text(zh="审批人及有权人员均未知", en="neither an approver nor a holder of power is known"),
    },
    blind=Text(
        zh="看不到现金、账外资金，以及未取得授权查询的个人账户。",
        en="Cash, money off the books, and accounts that no authorised query covers.",
    ),
    max_share=0.05,
    relations=("parties", "flows", "account_holders", "ties", "releases", "deciders"),
)

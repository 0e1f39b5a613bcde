"""Money of a special fund moves on from its recipient, within weeks, to a person or to a party tied to officials."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.debt_feeding.routes import Carried, carry, chains
from queries.debt_feeding.trade import HistoryParameters, WageParameters
from queries.debt_feeding.trail import Trail
from queries.debt_feeding.walk import WALK, WALKED
from queries.detector import Cypher, Detector, Innocent, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier, Verdict
from queries.rows import Rows
from queries.special_funds.onward import ANCHORS, THEN
from queries.verdicts import verdict
from queries.wording import name, on, tie


class Parameters(HistoryParameters, WageParameters):
    """How fast, how far and how much moves on."""

    hop_days: int = Field(30, ge=0, description="Days that the money may rest with the recipient and each party after.")
    max_hops: int = Field(
        3, ge=0, le=3, description="Parties between the recipient and the end; three make four payments."
    )
    keep_pct: float = Field(
        50, gt=0, le=100, description="Percent of what a party received that it passes on at least."
    )
    min_pct: float = Field(50, gt=0, le=100, description="Percent of the fund money that can have arrived at least.")
    part_pct: float = Field(
        5, ge=0, le=100, description="Percent of the fund money below which a payment is not followed."
    )


POPULATION = Sql("""
SELECT count(*) FILTER (WHERE y.id IS NOT NULL AND NOT public) AS judged,
       count(*) FILTER (WHERE y.id IS NULL) AS unknown_payee, count(*) FILTER (WHERE public) AS public_payee
FROM payments p
LEFT JOIN (SELECT id, coalesce(org_type IN ('government', 'institution'), false) AS public FROM parties) y
  ON y.id = p.payee_id
WHERE p.fund_id IS NOT NULL
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each fund and recipient, over all ends that nothing explains."""
    for _, own in Rows.of(rows).by("fund_id", "creditor"):
        explained = {end: _explanation(part, params) for (end,), part in own.by("beneficiary")}
        standing = own.where(explained[end] is None for end in own["beneficiary"])
        lead = _moved(standing, explained, params, flagged=True) or _moved(own, explained, params, flagged=False)
        if lead:
            yield lead


def _moved(rows: Rows, explained: dict[str, str | None], params: Parameters, *, flagged: bool) -> Lead | None:
    """The lead on the fund money taken together or, where too little of that moved on, on one payment of it."""
    if not len(rows):
        return None
    for part in (rows, *rows.split("release_key")):
        carried = carry(chains(part), keep_pct=params.keep_pct, hop_days=params.hop_days)
        received = sum(part.distinct("release_key")["release_amount"])
        if carried.chains and carried.reached * 100 >= params.min_pct * received:
            return _lead(part, carried, received, explained, flagged=flagged)
    return None


def _explanation(part: Rows, params: Parameters) -> str | None:
    """The innocent explanation of what one end received, if there is one."""
    trail = Trail(part, carry(chains(part), keep_pct=params.keep_pct, hop_days=params.hop_days))
    if not trail.carried.chains:
        return None
    if all(trail.walked["contracted"]):
        return "contracted_purchase"
    if trail.are_wages(params):
        return "wages"
    if trail.is_ordinary_trade(params.hop_days * (params.max_hops + 1), params):
        return "long_standing_supplier"
    return None


def _lead(part: Rows, carried: Carried, received: int, explained: dict[str, str | None], *, flagged: bool) -> Lead:
    trail = Trail(part, carried)
    walked, first = trail.walked, trail.first
    tied = walked.where(walked["official"]).distinct("beneficiary", "official", "how")
    ends = walked.distinct("beneficiary")
    first_day, last_day = trail.period
    return Lead(
        identity={"fund": first["fund_id"], "recipient": first["creditor"]},
        tier=Tier.B,
        entities=tuple(dict.fromkeys(_entities(trail, ends))),
        reasons=(
            Text(
                zh="{recipient}于 {day} 收到{payer}支付的专项资金“{fund}”{sum}。",
                en="On {day} {recipient} received {sum} of the special fund “{fund}” from {payer}.",
            ).format(
                recipient=name(first, "creditor"),
                day=on(trail.releases["release_day"][0]),
                payer=name(first, "debtor"),
                fund=first["fund_name"] or first["fund_id"],
                sum=money(received),
            ),
            Text(
                zh="至 {last}，{through}可到达{ends}的有 {sum}，占 {percent:.1f}%。",
                en="By {last}, {through}, {sum} can have reached {ends}, {percent:.1f} % of it.",
            ).format(
                last=last_day,
                through=trail.through(),
                ends=listing(name(row, "beneficiary") for row in ends.each()),
                sum=money(carried.reached),
                percent=100 * carried.reached / received,
            ),
            *(
                Text(
                    zh="{end}与有权审批或支付该资金的公职人员{official}存在关联（{tie}）。",
                    en="{end} is tied ({tie}) to {official}, who approves or pays the fund.",
                ).format(end=name(row, "beneficiary"), official=name(row, "official"), tie=tie(row["how"]))
                for row in tied.each()
            ),
        ),
        innocent=tuple(_excuse(twin, explained, known=any(trail.purposes()), flagged=flagged) for twin in _EXCUSES),
        records=tuple(_records(trail)),
        links=tuple(_links(trail)),
        score=min(1.0, carried.reached / received),
        rank=carried.reached / 100,
        amount=Amount(carried.reached),
        period=(first_day, last_day),
    )


def _entities(trail: Trail, ends: Rows) -> Iterator[Entity]:
    first = trail.first
    persons = {str(person) for cell in trail.walked["persons"] for person in cell}
    yield Entity(str(first["fund_id"]), "fund", "fund")
    yield from (Entity(payer, "org", "payer") for payer in sorted(set(trail.releases["debtor"])))
    yield Entity(str(first["creditor"]), str(first["creditor_kind"]), "recipient")
    for end, kind in sorted(ends.cells("beneficiary", "beneficiary_kind")):
        yield Entity(end, str(kind), "beneficiary")
    reached = set(ends["beneficiary"])
    recorded = {payee: kind for payee, kind in trail.walked.cells("payee", "payee_kind") if payee not in reached}
    yield from (Entity(payee, str(recorded[payee]), "recorded_payee") for payee in sorted(recorded))
    for party in trail.carried.through:
        if party not in reached:
            yield Entity(party, "person" if party in persons else "org", "pass_through")
    for official in sorted(set(trail.walked["official"]) - reached - {None}):
        yield Entity(official, "person", "official")


def _records(trail: Trail) -> Iterator[Ref]:
    yield from (Ref("payments", key) for key in trail.releases["release_key"])
    yield from (Ref(payment.ledger, payment.key) for payment in trail.carried.payments)
    yield from (Ref("funds", int(key)) for key in dict.fromkeys(trail.walked["fund_key"]) if key is not None)
    yield from (Ref("contracts", int(key)) for key in dict.fromkeys(trail.walked["contract_key"]) if key is not None)
    for column in ("tie_refs", "account_ref"):
        yield from (found for cell in trail.walked[column] for found in refs(cell))


def _links(trail: Trail) -> Iterator[Link]:
    for debtor, creditor, key in trail.releases.cells("debtor", "creditor", "release_key"):
        yield Link("PAID", debtor, creditor, Ref("payments", key))
    for payment in trail.carried.payments:
        yield Link("PAID", payment.payer, payment.payee, Ref(payment.ledger, payment.key))


_EXCUSES: dict[str, tuple[Text, Text]] = {
    "contracted_purchase": (
        Text(
            zh="最后一笔付款依付款人与收款人此前签订的合同支付，金额未超过合同额。",
            en="The last payment was made under a contract that its parties had signed before, within its value.",
        ),
        Text(
            zh="最后一笔付款没有可以解释的合同；收款人为公职人员关联方的，合同未经招标。",
            en="No contract explains the last payment, or it is with a tied party and was never tendered.",
        ),
    ),
    "wages": (
        Text(
            zh="付款用途为工资，收款人当时为登记员工，金额与工资相当。",
            en="Called wages, to registered employees, in the amount of a wage.",
        ),
        Text(
            zh="付款用途不是工资，或收款人当时不是登记员工，或金额超出工资水平。",
            en="Not called wages, or not to a registered employee, or more than a wage.",
        ),
    ),
    "long_standing_supplier": (
        Text(
            zh="资金到账之前双方即有长期、规律且金额相近的往来。",
            en="The parties traded regularly and in like amounts long before the fund money came.",
        ),
        Text(
            zh="资金到账之前没有规律且金额相近的往来。",
            en="Before the fund money came there was no regular trade of like amounts.",
        ),
    ),
}


def _excuse(twin: str, explained: dict[str, str | None], *, known: bool, flagged: bool) -> Excuse:
    fits, no = _EXCUSES[twin]
    found = twin in explained.values()
    if flagged and found:
        part = Text(
            zh="该情形只能解释其中一部分款项，已予扣除。", en="It explains a part of the money, which is left out."
        )
        return Excuse(twin, Verdict.RULED_OUT, part)
    if twin == "wages" and not found and not known:
        return Excuse(twin, Verdict.NOT_CHECKABLE, Text(zh="付款记录未载明用途。", en="The payments name no purpose."))
    return verdict(twin, found, yes=fits, no=no)


DETECTOR = Detector(
    id="fund_transit",
    family="special_funds",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="专项资金过账转出", en="Special fund passes through"),
    question=Text(
        zh="专项资金到账后，是否在短期内经他人转给个人或者公职人员的关联方？",
        en="Did special-fund money soon move on, directly or through others, to a person or a party tied to officials?",
    ),
    rule=Text(
        zh="单位收到专项资金后，在 {hop_days} 天内直接或经不超过 {max_hops} 个中间方（每方停留不超过 {hop_days} 天、转"
        "出不低于 {keep_pct}%）付给个人，或者付给与该笔支付的审批人、付款或下达单位有审批、支付权人员存在关联的一方，"
        "可到达的合计不低于该资金的 {min_pct}%（单笔低于 {part_pct}% 的不追踪）。个人收到的专项资金只追踪到关联方。"
        "依此前签订的合同支付的（关联方须经招标），用途为 {wage_words} 且单笔不超过 {wage_max_yuan} 元的员工工资，"
        "以及资金到账 {history_days} 天前即有的、不少于 {history_payments} 笔且金额相近（不超过 {history_ratio} 倍）"
        "的往来，予以扣除；扣除后不足的，予以排除。",
        en="Within {hop_days} days of receiving special-fund money a firm pays, directly or through at most {max_hops} "
        "others (each resting at most {hop_days} days and passing on at least {keep_pct} %), persons, or parties tied "
        "to the approver or to those who approve or pay at the payer or grantor; what can have arrived is at least "
        "{min_pct} % of it (payments below {part_pct} % are not followed). Fund money of a person is followed to tied "
        "parties only. Contracts signed before (tendered ones, with tied parties), wages ({wage_words}, at most "
        "{wage_max_yuan} yuan) and trade of at least {history_payments} payments that began {history_days} days before "
        "in like amounts (up to {history_ratio} times) are left out; what then falls short is cleared.",
    ),
    why=Text(
        zh="套取的补助通常不会停留：到账后很快经空壳公司转给个人或者经办人的关系人。",
        en="A subsidy taken by fraud does not rest: through shells it soon reaches a person, often near the official.",
    ),
    example=Text(
        zh="甲公司收到技改补助 493 万元，当月经一家咨询公司转给个人 345 万元（70%）：列为 B 类线索。",
        en="Jia receives a subsidy of CNY 4.93 million; 3.45 million (70 %) reach a person through a consultancy "
        "within the month: a tier B lead.",
    ),
    legal_basis=("budget_law_95", "fiscal_penalties_6", "criminal_law_382", "criminal_law_385", "criminal_law_388a"),
    references=("陈柱兵案：补助 493 万元，当月转出 345 万元", "赵更效案：补助下达后按比例回流"),
    innocent=(
        Innocent("contracted_purchase", Text(zh="依合同采购", en="A contracted purchase")),
        Innocent("wages", Text(zh="工资", en="Wages")),
        Innocent("long_standing_supplier", Text(zh="长期供应商", en="A supplier of long standing")),
    ),
    parameters=Parameters,
    identity=("fund", "recipient"),
    requires={"payments": ("payer_id", "payee_id", "amount", "paid_on", "fund_id"), "persons": ("person_id",)},
    uses={
        "payments": ("approver_id", "purpose", "contract_id", "payee_account"),
        "contacts": ("owner_id",),
        "funds": ("grantor_id",),
        "transfers": ("from_id", "to_id"),
        "posts": ("powers",),
        "roles": ("holder_id", "org_id", "kind"),
        "contracts": ("signed_on", "tender_id"),
    },
    select=Cypher(text=WALK, anchors=ANCHORS, then=THEN, walked=WALKED, batch=2_000),
    judge=judge,
    population=POPULATION,
    unit=Text(zh="专项资金支付", en="payments from special funds"),
    not_judgeable={
        "unknown_payee": Text(zh="收款人没有登记", en="the payee is in no table"),
        "public_payee": Text(zh="收款人为机关或事业单位", en="the payee is a public body, whose money is pooled"),
    },
    blind=Text(
        zh="看不到现金，看不到未取得授权查询的账户，也看不到拆成低于追踪比例的多笔转出。",
        en="Cash, accounts that no authorised query covers, and sums split below what is followed.",
    ),
    max_share=0.05,
    relations=("parties", "flows", "account_holders", "ties", "insiders"),
)

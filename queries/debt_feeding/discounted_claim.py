"""A claim is bought far below face by a tied party, shortly before it is paid nearly in full."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.debt_feeding.tied import official_entities, tied_sentence
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What is a discount, what is payment in full, and who is a factor."""

    max_price_pct: float = Field(70, gt=0, description="Percent of face that the claim was bought for at most.")
    min_paid_pct: float = Field(90, gt=0, description="Percent of face that was paid to the buyer at least.")
    within_days: int = Field(180, ge=0, description="Days from the purchase within which the buyer was paid.")
    factor_sellers: int = Field(5, ge=2, description="Sellers from whom a factor buys at least.")
    factor_debtors: int = Field(3, ge=1, description="Other debtors whose claims a factor buys at least.")
    factor_points: float = Field(
        10, ge=0, description="Percentage points below its usual price at which a factor may still buy."
    )


SELECT = Sql("""
WITH claims AS (
  SELECT t._key AS claim_key, t.debt_id, t.assignor_id, t.assignee_id, t.price, coalesce(t.face, d.amount) AS face,
         t.agreed_on, d.debtor_id, d._key AS debt_key
  FROM claim_transfers t JOIN debts d USING (debt_id)
),
paid AS (
  SELECT c.claim_key, sum(r.amount) AS paid, max(r.day) AS last_day,
         list({'table': 'payments', 'key': r.key} ORDER BY r.key) AS payment_refs
  FROM claims c JOIN releases r ON r.debt_id = c.debt_id AND r.creditor_id = c.assignee_id
  WHERE r.day BETWEEN c.agreed_on AND c.agreed_on + $within_days
  GROUP BY ALL
)
SELECT c.*, p.paid, p.last_day, p.payment_refs, f.officials, f.tie_refs,
       coalesce(a.name, c.assignor_id) AS assignor_name, coalesce(b.name, c.assignee_id) AS assignee_name,
       coalesce(d.name, c.debtor_id) AS debtor_name,
       -- What else the buyer buys: from how many sellers in all, of how many other debtors, and at what price.
       (SELECT count(DISTINCT o.assignor_id) FROM claims o WHERE o.assignee_id = c.assignee_id) AS sellers,
       (SELECT count(DISTINCT o.debtor_id) FROM claims o
        WHERE o.assignee_id = c.assignee_id AND o.debtor_id <> c.debtor_id) AS other_debtors,
       (SELECT median(100 * o.price / o.face) FROM claims o
        WHERE o.assignee_id = c.assignee_id AND o.debtor_id <> c.debtor_id) AS usual_pct
FROM claims c JOIN paid p USING (claim_key)
JOIN favoured_debts f ON f.debt_id = c.debt_id AND f.creditor_id = c.assignee_id
LEFT JOIN parties a ON a.id = c.assignor_id LEFT JOIN parties b ON b.id = c.assignee_id
LEFT JOIN parties d ON d.id = c.debtor_id
WHERE c.price * 100 <= $max_price_pct * c.face AND p.paid * 100 >= $min_paid_pct * c.face
ORDER BY c.debt_id, c.assignee_id, c.assignor_id, c.agreed_on, c.claim_key
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE agreed_on IS NOT NULL AND price IS NOT NULL) AS judged,
       count(*) FILTER (WHERE agreed_on IS NULL) AS no_day,
       count(*) FILTER (WHERE agreed_on IS NOT NULL AND price IS NULL) AS no_price
FROM claim_transfers
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt and tied buyer; a claim bought in parts is one matter."""
    for _, parts in rows.groupby(["debt_id", "assignee_id"], sort=True):
        row = parts.iloc[0]
        face, price = int(parts["face"].sum()), int(parts["price"].sum())
        paid = int(parts["paid"].max())
        bought, last = parts["agreed_on"].min().date(), parts["last_day"].max().date()
        sellers = sorted(set(parts["assignor_id"].astype(str)))
        debtor, assignee = name(row, "debtor"), name(row, "assignee")
        yield Lead(
            identity={"debt": str(row["debt_id"]), "assignee": str(row["assignee_id"])},
            tier=Tier.B,
            entities=(
                Entity(str(row["debt_id"]), "debt", "debt"),
                Entity(str(row["debtor_id"]), "org", "debtor"),
                Entity(str(row["assignee_id"]), "org", "assignee"),
                *(Entity(seller, "org", "assignor") for seller in sellers),
                *official_entities(row["officials"]),
            ),
            reasons=(
                Text(
                    zh="{assignee}于 {day} 以 {price}（面值的 {percent:.1f}%）受让对{debtor}的债权 {face}"
                    "（台账 {debt}）。",
                    en="On {day} {assignee} bought a claim of {face} on {debtor} (debt {debt}) for {price}, "
                    "{percent:.1f} % of face.",
                ).format(
                    assignee=assignee,
                    day=bought,
                    price=money(price),
                    percent=100 * price / face,
                    debtor=debtor,
                    face=money(face),
                    debt=row["debt_id"],
                ),
                Text(
                    zh="{days} 天后，{debtor}已向其支付 {paid}，为面值的 {percent:.1f}%。",
                    en="{days} days later {debtor} had paid it {paid}, {percent:.1f} % of face.",
                ).format(days=(last - bought).days, debtor=debtor, paid=money(paid), percent=100 * paid / face),
                tied_sentence(assignee, row["officials"]),
            ),
            innocent=(
                verdict(
                    "arms_length_factor",
                    _is_factor(row, 100 * price / face, params),
                    yes=Text(
                        zh="受让人以相近折扣向 {sellers} 家转让人收购债权，涉及其他 {debtors} 家欠款单位。",
                        en="The buyer buys at like discounts from {sellers} sellers, of {debtors} other debtors.",
                    ).format(sellers=row["sellers"], debtors=row["other_debtors"]),
                    no=Text(
                        zh="受让人没有以相近折扣广泛收购债权的记录。",
                        en="The buyer is not seen to buy widely at like discounts.",
                    ),
                ),
            ),
            records=(
                *(Ref("claim_transfers", int(key)) for key in parts["claim_key"]),
                Ref("debts", int(row["debt_key"])),
                *(ref for column in ("payment_refs", "tie_refs") for cell in parts[column] for ref in refs(cell)),
            ),
            links=tuple(
                Link("ASSIGNED", str(seller), str(row["assignee_id"]), Ref("claim_transfers", int(key)))
                for seller, key in zip(parts["assignor_id"], parts["claim_key"], strict=True)
            ),
            score=max(0.0, 1 - price / face),
            rank=(paid - price) / 100,
            amount=Amount(paid - price),
            period=(bought, last),
        )


def _is_factor(row: pd.Series, price_pct: float, params: Parameters) -> bool:
    many = row["sellers"] >= params.factor_sellers and row["other_debtors"] >= params.factor_debtors
    return bool(many and price_pct >= row["usual_pct"] - params.factor_points)


DETECTOR = Detector(
    id="discounted_claim",
    family="debt_feeding",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="折价收债足额受偿", en="Discounted claim, paid in full"),
    question=Text(
        zh="有权人员的关联方是否先折价收购对公欠款的债权，随后短期内足额受偿？",
        en="Did a party tied to those who decide buy a claim on a public debtor cheaply, and was soon paid in full?",
    ),
    rule=Text(
        zh="受让人与决定该笔清偿的人员有关联，受让价不高于面值的 {max_price_pct}%，受让后 {within_days} 天内累计受偿"
        "不低于面值的 {min_paid_pct}%。受让人向不少于 {factor_sellers} 家转让人、就其他不少于 {factor_debtors} 家欠款"
        "单位收购债权，且折扣不比通常低 {factor_points} 个百分点以上的，视为独立保理商，予以排除。",
        en=(
            "The buyer of a claim is tied to an official who decided on its payment, bought it for at most "
            "{max_price_pct} % of face, and was paid at least {min_paid_pct} % of face within {within_days} days. A "
            "buyer from at least {factor_sellers} sellers, of claims on at least {factor_debtors} other debtors, at "
            "a price at most {factor_points} points below its usual one, is a factor and cleared."
        ),
    ),
    why=Text(
        zh="知道某笔欠款即将支付的人，可以让关联方低价买下债权，赚取差额，原债权企业则被迫割肉。",
        en="Whoever knows that a debt is about to be paid can let a tied party buy it cheaply and earn the difference.",
    ),
    example=Text(
        zh="局长配偶的公司以 58 万元买下 100 万元的债权，95 天后住建局全额支付：列为 B 类线索。",
        en="The firm of the director's spouse buys a claim of CNY 1 million for 580,000; 95 days later it is paid in "
        "full: a tier B lead.",
    ),
    legal_basis=("criminal_law_385", "criminal_law_388a", "criminal_law_397"),
    references=("陈卫文案、武某案：承接亲属债权后受偿", "无亲属折价收债的公开判例，属构造型线索"),
    innocent=(Innocent("arms_length_factor", Text(zh="独立保理商", en="A factor at arm's length")),),
    parameters=Parameters,
    identity=("debt", "assignee"),
    requires={
        "claim_transfers": ("debt_id", "assignee_id", "price", "agreed_on"),
        "debts": ("debt_id", "debtor_id", "amount"),
        "payments": ("payee_id", "amount", "paid_on", "debt_id"),
    },
    uses={
        "claim_transfers": ("face",),
        "payments": ("approver_id",),
        "posts": ("powers",),
        "kinship": ("person_a", "person_b"),
        "roles": ("holder_id", "org_id"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="债权转让", en="claims sold"),
    not_judgeable={
        "no_day": Text(zh="协议日期未知", en="the day of the agreement is unknown"),
        "no_price": Text(zh="转让价未知", en="the price is unknown"),
    },
    blind=Text(
        zh="看不到先由他人折价收购、再平价转给关联方的两步转让。",
        en="Claims that a stranger buys at a discount and passes on at par to the tied party.",
    ),
    max_share=0.2,
    relations=("parties", "releases", "favoured_debts"),
)

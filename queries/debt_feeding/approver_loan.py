"""Money between an official who decided on a release, or kin, and the creditor, either way, around the release."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.debt_feeding.tied import tie_sentence
from queries.debt_feeding.trade import (
    LoanParameters,
    WageParameters,
    are_wages,
    excuses_of_all,
    loan_excuse,
    wage_excuse,
)
from queries.detector import Detector, Innocent, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier, Verdict
from queries.wording import name, span


class Parameters(WageParameters, LoanParameters):
    """How near to the release, and how much."""

    within_days: int = Field(365, ge=0, description="Days before or after the release.")
    min_amount_yuan: int = Field(10_000, ge=0, description="Yuan that went one way or the other at least.")


SELECT = Sql("""
-- The officials who decided on a release, and their kin, in person.
WITH persons_near AS (
  SELECT r.key AS release_key, r.debt_id, r.debt_key, r.debtor_id, r.creditor_id, r.day AS release_day,
         r.amount AS released, d.person_id AS official_id, t.party_id AS person_id, t.how,
         d.refs AS official_refs, t.refs AS tie_refs, t.valid_from, t.valid_to
  FROM releases r JOIN deciders d USING (key) JOIN ties t USING (person_id)
  WHERE t.party_id IN (SELECT person_id FROM persons) AND t.how NOT LIKE 'shared_%' AND t.party_id <> r.creditor_id
),
-- What was paid into a person's account is the person's, whomever the record names.
dealings AS (
  SELECT payer_id AS creditor_id, payee_id AS person_id, 'out' AS direction, key, ledger, day, amount, purpose,
         NULL AS account_ref
  FROM flows WHERE payee_id IN (SELECT person_id FROM persons_near)
  UNION ALL
  SELECT f.payer_id, x.holder_id, 'out', f.key, f.ledger, f.day, f.amount, f.purpose, x.ref
  FROM account_holders x JOIN flows f ON f.ledger = x.ledger AND f.key = x.key
  WHERE x.holder_id IN (SELECT person_id FROM persons_near)
  UNION ALL
  SELECT payee_id, payer_id, 'in', key, ledger, day, amount, purpose, NULL
  FROM flows WHERE payer_id IN (SELECT person_id FROM persons_near)
),
near AS (
  SELECT p.*, f.direction, f.key, f.ledger, f.day, f.amount, f.purpose, f.account_ref
  FROM persons_near p JOIN dealings f ON f.creditor_id = p.creditor_id AND f.person_id = p.person_id
  WHERE f.day BETWEEN p.release_day - $within_days AND p.release_day + $within_days
    AND held(p.valid_from, p.valid_to, f.day)
),
-- What went between them before: a loan that is older than the official's post.
post AS (
  SELECT person_id, org_id, min(valid_from) AS since, bool_or(valid_from IS NULL) AS unknown FROM posts GROUP BY ALL
),
older AS (
  SELECT n.debt_id, n.creditor_id, n.person_id, n.official_id, f.direction, sum(f.amount) AS amount, min(f.day) AS day,
         list({'table': f.ledger, 'key': f.key} ORDER BY f.key) AS refs
  FROM (SELECT DISTINCT debt_id, creditor_id, person_id, official_id, debtor_id FROM near) n
  JOIN dealings f ON f.creditor_id = n.creditor_id AND f.person_id = n.person_id
  JOIN post o ON o.person_id = n.official_id AND o.org_id = n.debtor_id AND f.day < o.since
  GROUP BY ALL
)
SELECT n.* EXCLUDE (valid_from, valid_to), o.amount AS lent, o.day AS lent_on, o.refs AS lent_refs,
       coalesce(NOT s.unknown, false) AS post_known,
       coalesce(b.name, n.debtor_id) AS debtor_name, coalesce(c.name, n.creditor_id) AS creditor_name,
       coalesce(y.name, n.person_id) AS person_name, coalesce(q.name, n.official_id) AS official_name,
       EXISTS (SELECT 1 FROM roles e WHERE e.kind = 'employee' AND e.holder_id = n.person_id
               AND e.org_id = n.creditor_id AND held(e.valid_from, e.valid_to, n.day)) AS employee
FROM near n
LEFT JOIN older o ON o.debt_id = n.debt_id AND o.creditor_id = n.creditor_id AND o.person_id = n.person_id
                 AND o.official_id = n.official_id AND o.direction <> n.direction
LEFT JOIN post s ON s.person_id = n.official_id AND s.org_id = n.debtor_id
LEFT JOIN parties b ON b.id = n.debtor_id LEFT JOIN parties c ON c.id = n.creditor_id
LEFT JOIN parties y ON y.id = n.person_id LEFT JOIN parties q ON q.id = n.official_id
ORDER BY n.debt_id, n.creditor_id, n.person_id, abs(days(n.day) - days(n.release_day)), n.release_key, n.ledger, n.key,
         n.official_id, n.how
""")

POPULATION = Sql("""
SELECT count(DISTINCT key) FILTER (WHERE decided) AS judged,
       count(DISTINCT key) FILTER (WHERE NOT decided) AS no_official
FROM (SELECT r.key, r.key IN (SELECT key FROM deciders) AS decided FROM releases r)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt, creditor and person.

    Where what passed with each of several persons near one official is too little, one for the official.
    """
    for _, matter in rows.groupby(["debt_id", "creditor_id"], sort=True):
        told: set[str] = set()
        for person, part in matter.groupby("person_id", sort=True):
            dealings = _dealings(part)
            if dealings.largest >= params.min_amount_yuan * 100:
                told.add(str(person))
                yield _lead(str(person), part, dealings, _excuses(dealings, params), params)
        yield from _circles(matter[~matter["person_id"].isin(told)], told, params)


@dataclass(frozen=True)
class _Dealings:
    """What passed between a creditor and persons: each payment once, and the sum of each direction."""

    payments: pd.DataFrame
    sums: dict[str, int]

    @property
    def largest(self) -> int:
        return max(self.sums.values())


def _dealings(part: pd.DataFrame) -> _Dealings:
    payments = part.drop_duplicates(["ledger", "key"])
    ways = ("out", "in")
    return _Dealings(payments, {way: int(payments.loc[payments["direction"] == way, "amount"].sum()) for way in ways})


def _circles(matter: pd.DataFrame, told: Container[str], params: Parameters) -> Iterator[Lead]:
    """One lead for each official of whom several persons near had too little each, and enough together.

    Args:
        matter: rows of one debt and creditor, without persons who have a lead of their own.
        told: those persons; an official among them needs no further lead.
        params: the detector's.
    """
    if matter["person_id"].nunique() < 2:
        return
    seen: set[tuple[tuple[str, int], ...]] = set()
    for official, near in matter.groupby("official_id", sort=True):
        excuses = {person: _excuses(_dealings(own), params) for person, own in near.groupby("person_id", sort=True)}
        unexplained = {p: said for p, said in excuses.items() if all(x.verdict is not Verdict.FITS for x in said)}
        part = near[near["person_id"].isin(unexplained)]
        dealings = _dealings(part)
        enough = dealings.largest >= params.min_amount_yuan * 100
        money_of = tuple(sorted(zip(dealings.payments["ledger"], dealings.payments["key"], strict=True)))
        # Spouses who both decide have the same persons near.
        if enough and official not in told and money_of not in seen:
            seen.add(money_of)
            lead = _lead(str(official), part, dealings, excuses_of_all(unexplained.values()), params)
            together = Text(
                zh="与各人的往来均不足 {least} 元，因均为{official}本人或者亲属而合并计算。",
                en="Less than {least} yuan passed with each of them; they are taken together as {official} and kin.",
            ).format(least=params.min_amount_yuan, official=name(part.iloc[0], "official"))
            yield replace(lead, reasons=(*lead.reasons, together))


def _lead(
    person: str, part: pd.DataFrame, dealings: _Dealings, excuses: tuple[Excuse, ...], params: Parameters
) -> Lead:
    row, payments = part.iloc[0], dealings.payments
    persons = part.drop_duplicates("person_id")
    releases = part.drop_duplicates("release_key")
    creditor, named = name(row, "creditor"), listing([name(each, "person") for _, each in persons.iterrows()])
    first, last = payments["day"].min().date(), payments["day"].max().date()
    days = [day.date() for day in releases["release_day"]]
    return Lead(
        identity={"debt": str(row["debt_id"]), "creditor": str(row["creditor_id"]), "person": person},
        tier=Tier.B,
        entities=tuple(
            dict.fromkeys(
                (
                    Entity(str(row["debt_id"]), "debt", "debt"),
                    Entity(str(row["debtor_id"]), "org", "debtor"),
                    Entity(str(row["creditor_id"]), "org", "creditor"),
                    *(Entity(str(each), "person", "person") for each in persons["person_id"]),
                    *(Entity(official, "person", "official") for official in sorted(set(part["official_id"]))),
                )
            )
        ),
        reasons=(
            Text(
                zh="{debtor}于 {day} 清偿欠{creditor}的账款 {sum}（台账 {debt}）。",
                en="On {day} {debtor} repaid {creditor} {sum} of debt {debt}.",
            ).format(
                debtor=name(row, "debtor"),
                day=row["release_day"].date(),
                creditor=creditor,
                sum=money(int(row["released"])),
                debt=row["debt_id"],
            ),
            Text(zh="{days}，{ways}。", en="{days} {ways}.").format(
                days=span(first, last), ways=_ways(creditor, named, dealings.sums)
            ),
            *(
                tie_sentence(name(each, "person"), name(each, "official"), str(each["how"]))
                for _, each in persons.iterrows()
            ),
        ),
        innocent=excuses,
        records=(
            *(Ref("payments", int(key)) for key in releases["release_key"]),
            Ref("debts", int(row["debt_key"])),
            *(Ref(ledger, int(key)) for ledger, key in zip(payments["ledger"], payments["key"], strict=True)),
            *(
                ref
                for column in ("official_refs", "tie_refs", "lent_refs", "account_ref")
                for cell in part[column]
                for ref in refs(cell)
            ),
        ),
        links=tuple(
            Link("PAID", *((c, p) if way == "out" else (p, c)), Ref(ledger, int(key)))
            for c, p, way, ledger, key in zip(
                payments["creditor_id"],
                payments["person_id"],
                payments["direction"],
                payments["ledger"],
                payments["key"],
                strict=True,
            )
        ),
        score=max(0.0, 1 - abs((row["day"] - row["release_day"]).days) / (params.within_days + 1)),
        rank=dealings.largest / 100,
        amount=Amount(dealings.largest),
        period=(min(first, *days), max(last, *days)),
    )


def _ways(creditor: str, person: Text, sums: dict[str, int]) -> Text:
    """What the creditor paid the person, and the person the creditor, as far as they did."""
    ways = {
        "out": Text(zh="{creditor}付给{person} {sum}", en="{creditor} paid {person} {sum}"),
        "in": Text(zh="{person}付给{creditor} {sum}", en="{person} paid {creditor} {sum}"),
    }
    said = [
        way.format(creditor=creditor, person=person, sum=money(sums[direction]))
        for direction, way in ways.items()
        if sums[direction]
    ]
    return Text(zh="，".join(way.zh for way in said), en=" and ".join(way.en for way in said))


def _excuses(dealings: _Dealings, params: Parameters) -> tuple[Excuse, ...]:
    payments, sums = dealings.payments, dealings.sums
    purposes = [purpose if isinstance(purpose, str) else None for purpose in payments["purpose"]]
    employee = bool(payments["employee"].all()) and not sums["in"]
    wages = are_wages(purposes, [int(a) for a in payments["amount"]], employee=employee, params=params)
    row = payments.iloc[0]
    repaid = dealings.largest
    fits: bool | None = False
    if not row["post_known"]:
        fits = None
    elif pd.notna(row["lent"]) and min(sums.values()) == 0:
        fits = params.repays(int(row["lent"]), repaid, (payments["day"].max() - row["lent_on"]).days)
    return (loan_excuse(fits, params), wage_excuse(wages, known=any(purposes)))


DETECTOR = Detector(
    id="approver_loan",
    family="debt_feeding",
    version=3,
    tiers=(Tier.B,),
    title=Text(zh="审批人与债权人资金往来", en="Money with the approver"),
    question=Text(
        zh="清偿前后一年内，审批、支付人员或其亲属与债权企业之间是否有资金往来？",
        en="Within a year of a release, did money pass between those who decided, or their kin, and the creditor?",
    ),
    rule=Text(
        zh="清偿日前后 {within_days} 天内，审批人、欠款单位有审批或支付权的人员，或其亲属本人，与债权企业之间"
        "任一方向的往来合计不低于 {min_amount_yuan} 元；同一人员本人、亲属各自不足的，合并计算。"
        "归还任职前借款（年单利不超过 {max_rate_pct}%），以及用途为"
        " {wage_words}、单笔不超过 {wage_max_yuan} 元的员工工资，予以排除。",
        en=(
            "Within {within_days} days of a release, at least {min_amount_yuan} yuan passed, one way or the other, "
            "between the creditor and the approver, an official of the debtor with power to approve or pay, or kin "
            "of theirs; of several who each had less the sum counts. Repaying a loan older than the post (at most "
            "{max_rate_pct} % of simple interest a year) and "
            "wages ({wage_words}, at most {wage_max_yuan} yuan) of an employee are cleared."
        ),
    ),
    why=Text(
        zh="以借为名的往来——无息借入、高息借出——是审批权变现的常见方式。",
        en="Loans – interest-free one way, at high interest the other – are a common price of an approval.",
    ),
    example=Text(
        zh="局长清偿前七个月借给乙建材 100 万元，清偿后半年收回 136 万元：列为 B 类线索。",
        en="A director lends Yi Materials CNY 1 million seven months before its debt is repaid and gets 1.36 million "
        "back half a year after: a tier B lead.",
    ),
    legal_basis=("criminal_law_385", "criminal_law_388a", "criminal_law_389"),
    references=("鲍江富案：高息放贷", "华芳案：无息借款"),
    innocent=(
        Innocent("loan_before_post", Text(zh="任职前的借款", en="A loan older than the post")),
        Innocent("wages", Text(zh="工资", en="Wages")),
    ),
    parameters=Parameters,
    identity=("debt", "creditor", "person"),
    requires={
        "debts": ("debt_id", "debtor_id"),
        "payments": ("payer_id", "payee_id", "amount", "paid_on", "debt_id"),
        "persons": ("person_id",),
    },
    uses={
        "payments": ("approver_id", "purpose", "payee_account"),
        "contacts": ("owner_id",),
        "transfers": ("from_id", "to_id", "basis"),
        "posts": ("powers", "valid_from"),
        "kinship": ("person_a", "person_b"),
        "roles": ("kind",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="清偿支付", en="releases"),
    not_judgeable={
        "no_official": Text(zh="审批人及有权人员均未知", en="neither an approver nor a holder of power is known")
    },
    blind=Text(
        zh="看不到现金借贷，以及未取得授权查询的个人账户。",
        en="Loans in cash, and accounts that no authorised query covers.",
    ),
    max_share=0.05,
    relations=("parties", "flows", "account_holders", "ties", "releases", "deciders"),
)

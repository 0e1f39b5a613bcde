"""A tied creditor is paid before older, undisputed debts of the same debtor to smaller firms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.debt_feeding.tied import official_entities, tied_sentence
from queries.debt_feeding.trade import says
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What is a queue, and what may lawfully come first."""

    min_waiting: int = Field(3, ge=1, description="Older debts that are passed over at least.")
    paid_pct: float = Field(50, gt=0, le=100, description="Percent of a debt with whose payment it counts as paid.")
    sizes: tuple[str, ...] = Field(("small", "micro"), description="Sizes of the firms that are passed over.")
    wage_words: tuple[str, ...] = Field(("农民工工资", "工资专用", "工资专户"), description="Purposes: wage accounts.")
    court_words: tuple[str, ...] = Field(
        ("法院", "强制执行", "判决", "调解书", "仲裁"), description="Purposes that name a court's order."
    )
    fund_words: tuple[str, ...] = Field(
        ("清偿", "清欠", "拖欠", "专项债"), description="Names or uses of funds that are earmarked for clearing."
    )


SELECT = Sql("""
-- The day on which a debt counts as paid: when what was paid reaches the percentage.
WITH progress AS (
  SELECT debt_id, key, day, sum(amount) OVER (PARTITION BY debt_id ORDER BY day, key) AS so_far FROM releases
),
settled AS (
  SELECT p.debt_id, min(p.day) AS day
  FROM progress p JOIN debts d USING (debt_id) WHERE p.so_far * 100 >= $paid_pct * d.amount GROUP BY ALL
),
due AS (
  SELECT debt_id, debtor_id, creditor_id, amount, contract_id, disputed, coalesce(due_on, accepted_on) AS due_on,
         _key AS debt_key
  FROM debts
),
jumper AS (
  SELECT d.*, s.day, f.creditor_id AS payee_id, f.officials, f.tie_refs
  FROM favoured_debts f JOIN due d USING (debt_id) JOIN settled s USING (debt_id)
),
-- Written off or settled otherwise, by the ledger, before that day.
closed AS (
  SELECT debt_id, min(period) AS period FROM debt_reports WHERE closing = 0 GROUP BY ALL
),
passed_over AS (
  SELECT j.debt_id, j.payee_id, w.debt_id AS waiting_id, w.creditor_id, w.amount, w.debt_key, w.due_on
  FROM jumper j JOIN due w ON w.debtor_id = j.debtor_id AND w.due_on < j.due_on
  JOIN orgs o ON o.org_id = w.creditor_id
  LEFT JOIN settled s ON s.debt_id = w.debt_id
  LEFT JOIN closed c ON c.debt_id = w.debt_id
  WHERE w.disputed = false AND list_contains($sizes, o.size) AND w.due_on < j.day
    AND w.creditor_id NOT IN (j.creditor_id, j.payee_id)
    AND coalesce(s.day > j.day, true) AND coalesce(c.period > strftime(j.day, '%Y-%m'), true)
    AND w.debt_id NOT IN (SELECT debt_id FROM favoured_debts)
),
queue AS (
  SELECT debt_id, payee_id, list({'debt': waiting_id, 'creditor': creditor_id, 'amount': amount, 'due': due_on,
                        'ref': {'table': 'debts', 'key': debt_key}} ORDER BY due_on, waiting_id) AS waiting
  FROM passed_over GROUP BY ALL HAVING count(*) >= $min_waiting
),
-- The payments that the jumper was paid with.
means AS (
  SELECT j.debt_id, j.payee_id, sum(r.amount) AS paid, list(p.purpose ORDER BY r.key) AS purposes,
         list(concat_ws(' ', f.name, f.allowed_use) ORDER BY r.key) AS funds,
         list({'table': 'payments', 'key': r.key} ORDER BY r.key) AS refs
  FROM jumper j JOIN releases r ON r.debt_id = j.debt_id AND r.day <= j.day
  JOIN payments p ON p._key = r.key LEFT JOIN funds f USING (fund_id)
  GROUP BY ALL
)
SELECT j.*, q.waiting, m.* EXCLUDE (debt_id, payee_id), coalesce(x.name, j.debtor_id) AS debtor_name,
       coalesce(y.name, j.payee_id) AS payee_name,
       g.zh AS campaign_zh, g.en AS campaign_en
FROM jumper j JOIN queue q ON q.debt_id = j.debt_id AND q.payee_id = j.payee_id
JOIN means m ON m.debt_id = j.debt_id AND m.payee_id = j.payee_id
LEFT JOIN parties x ON x.id = j.debtor_id LEFT JOIN parties y ON y.id = j.payee_id
LEFT JOIN contracts k ON k.contract_id = j.contract_id
LEFT JOIN campaigns g ON j.day BETWEEN g.valid_from AND g.deadline AND coalesce(k.amount, j.amount) <= g.up_to
QUALIFY row_number() OVER (PARTITION BY j.debt_id, j.payee_id ORDER BY g.campaign) = 1
ORDER BY j.debt_id, j.payee_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE due AND decided) AS judged, count(*) FILTER (WHERE NOT due) AS no_due_day,
       count(*) FILTER (WHERE due AND NOT decided) AS no_official
FROM (SELECT coalesce(d.due_on, d.accepted_on) IS NOT NULL AS due,
             d.debt_id IN (SELECT r.debt_id FROM releases r JOIN deciders USING (key)) AS decided
      FROM debts d WHERE d.debt_id IN (SELECT debt_id FROM releases))
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt of a tied payee that was paid before the queue."""
    for _, row in rows.iterrows():
        waiting = row["waiting"]
        owed = sum(int(debt["amount"]) for debt in waiting)
        oldest = waiting[0]
        day = row["day"].date()
        yield Lead(
            identity={"debt": str(row["debt_id"]), "creditor": str(row["payee_id"])},
            tier=Tier.B,
            entities=(
                Entity(str(row["debt_id"]), "debt", "debt"),
                Entity(str(row["debtor_id"]), "org", "debtor"),
                Entity(str(row["payee_id"]), "org", "creditor"),
                *official_entities(row["officials"]),
                *(Entity(debt["debt"], "debt", "waiting_debt") for debt in waiting),
                *(Entity(c, "org", "waiting_creditor") for c in sorted({debt["creditor"] for debt in waiting})),
            ),
            reasons=(
                Text(
                    zh="{debtor}于 {day} 清偿欠{creditor}的账款 {sum}（台账 {debt}，应付日 {due}）。",
                    en="On {day} {debtor} repaid {creditor} {sum} of debt {debt}, due on {due}.",
                ).format(
                    debtor=name(row, "debtor"),
                    creditor=name(row, "payee"),
                    day=day,
                    sum=money(int(row["paid"])),
                    debt=row["debt_id"],
                    due=row["due_on"].date(),
                ),
                Text(
                    zh="当日另有 {count} 笔到期更早、无分歧的小微企业欠款未清偿，合计 {sum}，"
                    "最早的 {oldest} 于 {due} 到期。",
                    en="That day {count} older, undisputed debts to small firms were unpaid, {sum} in all; the oldest, "
                    "{oldest}, had been due on {due}.",
                ).format(count=len(waiting), sum=money(owed), oldest=oldest["debt"], due=_day(oldest["due"])),
                tied_sentence(name(row, "payee"), row["officials"]),
            ),
            innocent=_excuses(row, params),
            records=(
                Ref("debts", int(row["debt_key"])),
                *refs(row["refs"]),
                *refs(row["tie_refs"]),
                *(ref for debt in waiting for ref in refs(debt["ref"])),
            ),
            links=(Link("OWES", str(row["debtor_id"]), str(row["debt_id"]), Ref("debts", int(row["debt_key"]))),),
            score=1 - 1 / len(waiting),
            rank=owed / 100,
            amount=Amount(int(row["paid"])),
            period=(_day(oldest["due"]), day),
        )


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()


def _excuses(row: pd.Series, params: Parameters) -> tuple[Excuse, ...]:
    purposes, funds = list(row["purposes"]), list(row["funds"])
    unknown = Text(zh="部分付款未载明用途。", en="Some payments name no purpose.")
    return (
        verdict(
            "wage_account",
            _all_say(purposes, params.wage_words),
            yes=Text(zh="款项拨付至农民工工资专用账户，依法优先。", en="It went to a wage account, which comes first."),
            no=Text(zh="付款用途不是农民工工资。", en="The purpose is no wage account."),
            unknown=unknown,
        ),
        verdict(
            "court_order",
            _all_say(purposes, params.court_words),
            yes=Text(zh="付款依据为生效法律文书。", en="The payment carried out a court's or arbitrator's decision."),
            no=Text(zh="付款用途未提及法院或仲裁。", en="The purpose names no court or arbitration."),
            unknown=unknown,
        ),
        verdict(
            "earmarked_bond",
            all(says(fund, params.fund_words) for fund in funds),
            yes=Text(zh="资金为清偿欠款的专项资金。", en="The money came from a fund that is earmarked for clearing."),
            no=Text(zh="付款未使用清偿专项资金。", en="No fund that is earmarked for clearing was used."),
        ),
        verdict(
            "small_claims",
            isinstance(row["campaign_zh"], str),
            yes=Text(zh="属于“{zh}”范围。", en="Covered by the campaign: {en}.").format(
                zh=row["campaign_zh"], en=row["campaign_en"]
            ),
            no=Text(zh="不在优先清偿的小额欠款范围内。", en="Not covered by a campaign that put small debts first."),
        ),
    )


def _all_say(purposes: list[str | None], words: tuple[str, ...]) -> bool | None:
    """Whether each purpose has one of the words; None where one is unknown and may have."""
    if all(says(purpose, words) for purpose in purposes):
        return True
    return None if any(purpose is None for purpose in purposes) else False


DETECTOR = Detector(
    id="queue_jumping",
    family="debt_feeding",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="插队清偿", en="Paid before the queue"),
    question=Text(
        zh="与审批、支付人员有关联的债权人，是否先于到期更早、无分歧的小微企业欠款得到清偿？",
        en="Was a creditor tied to those who decide paid before older, undisputed debts to small firms?",
    ),
    rule=Text(
        zh="欠款单位向有审批、支付权人员的关联方清偿一笔欠款（累计达到 {paid_pct}%）之日，该单位另有不少于 "
        "{min_waiting} 笔应付日更早、无分歧、债权人为 {sizes} 规模且无关联的欠款尚未清偿。用途含 {wage_words}、"
        "{court_words}，资金名称或用途含 {fund_words}，或属于清欠行动优先范围的，予以排除。",
        en=(
            "On the day on which a debt to a party tied to an official with power to approve or pay was repaid (by "
            "{paid_pct} % in all), at least {min_waiting} debts of the same debtor were unpaid that had fallen due "
            "earlier, were undisputed, and owed to untied firms of size {sizes}. Purposes with {wage_words} or "
            "{court_words}, funds with {fund_words}, and debts that a clearing campaign put first are cleared."
        ),
    ),
    why=Text(
        zh="资金有限时，先付给谁本身就是权力。关联方插队，意味着老实等待的小微企业继续被拖欠。",
        en="Where money is short, whom to pay first is power: tied creditors jump the queue, small firms wait.",
    ),
    example=Text(
        zh="某城投先清偿负责人弟媳公司 2022 年 5 月到期的 300 万元，4 家小微企业 2021 年到期的欠款仍未付：B 类线索。",
        en="A city company repays the firm of its head's sister-in-law CNY 3 million due in May 2022, while four small "
        "firms wait for debts due in 2021: a tier B lead.",
    ),
    legal_basis=("business_environment_32", "criminal_law_166", "criminal_law_397"),
    references=("保障中小企业款项支付条例", "无公开判例，属构造型线索"),
    innocent=(
        Innocent("wage_account", Text(zh="农民工工资专户", en="A wage account")),
        Innocent("court_order", Text(zh="执行法院裁判", en="A court's order")),
        Innocent("earmarked_bond", Text(zh="清偿专项资金", en="A bond earmarked for clearing")),
        Innocent("small_claims", Text(zh="小额欠款优先清偿", en="The clearing of small debts first")),
    ),
    parameters=Parameters,
    identity=("debt", "creditor"),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id", "due_on", "disputed"),
        "payments": ("payee_id", "amount", "paid_on", "debt_id"),
        "orgs": ("size",),
    },
    uses={
        "payments": ("approver_id", "purpose", "fund_id"),
        "posts": ("powers",),
        "kinship": ("person_a", "person_b"),
        "roles": ("holder_id", "org_id"),
        "debt_reports": ("closing", "repaid"),
        "contracts": ("amount",),
        "funds": ("name", "allowed_use"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="已清偿欠款", en="debts repaid"),
    not_judgeable={
        "no_due_day": Text(zh="应付日和验收日均未知", en="neither the due day nor the acceptance is known"),
        "no_official": Text(zh="审批人及有权人员均未知", en="neither an approver nor a holder of power is known"),
    },
    blind=Text(
        zh="看不到未入台账的欠款，也看不到债权人规模未登记的排队情况。",
        en="Debts that are in no ledger, and queues of creditors whose size is not registered.",
    ),
    max_share=0.05,
    relations=("parties", "releases", "deciders", "favoured_debts", "campaigns"),
)

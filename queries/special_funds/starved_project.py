"""A special fund has arrived for a project, and a contractor of the project stays unpaid."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """How long after its arrival, and how much is unpaid."""

    grace_days: int = Field(
        90, ge=0, description="Days after the arrival of the fund, and after the due day, left for paying."
    )
    unpaid_pct: float = Field(50, gt=0, le=100, description="Percent of the contract's value that is unpaid at least.")
    arrived_pct: float = Field(50, gt=0, le=100, description="Percent of the fund with which it counts as arrived.")
    used_pct: float = Field(
        90, gt=0, le=100, description="Percent of the fund spent on its projects with which it counts as used up."
    )


SELECT = Sql("""
WITH granted AS (
  SELECT f.fund_id, p.paid_on AS day, f.amount,
         sum(p.amount) OVER (PARTITION BY f.fund_id ORDER BY p.paid_on, p._key) AS so_far, p._key AS key
  FROM payments p JOIN funds f ON f.fund_id = p.fund_id AND f.grantor_id = p.payer_id AND f.recipient_id = p.payee_id
),
arrived AS (
  SELECT fund_id, min(day) FILTER (WHERE so_far * 100 >= $arrived_pct * coalesce(amount, 0)) AS day,
         list({'table': 'payments', 'key': key} ORDER BY day, key) AS refs
  FROM granted GROUP BY fund_id
),
let AS (
  SELECT c.contract_id, c.buyer_id, c.supplier_id, c.amount, c.signed_on, c.due_on, c._key AS key, j.project_id,
         j.name AS project_name, j._key AS project_key, j.fund_id
  FROM contracts c LEFT JOIN tenders t USING (tender_id)
  JOIN projects j ON j.project_id = coalesce(c.project_id, t.project_id)
  WHERE j.fund_id IS NOT NULL AND coalesce(c.kind, 'main') <> 'sub'
),
owed AS (
  SELECT contract_id, min(due_on) AS due_on, bool_or(coalesce(d.disputed, false)
           OR coalesce((SELECT max_by(r.disputed, r.period) FROM debt_reports r WHERE r.debt_id = d.debt_id), false))
         AS disputed, list({'table': 'debts', 'key': d._key} ORDER BY d._key) AS refs
  FROM debts d SEMI JOIN let USING (contract_id) GROUP BY contract_id
),
paid AS (
  SELECT coalesce(p.contract_id, d.contract_id) AS contract_id, sum(p.amount) AS paid,
         list({'table': 'payments', 'key': p._key} ORDER BY p._key) AS refs
  FROM payments p LEFT JOIN debts d USING (debt_id)
  WHERE coalesce(p.contract_id, d.contract_id) IN (SELECT contract_id FROM let) GROUP BY 1
),
spent AS (
  SELECT l.fund_id, sum(p.amount) AS spent
  FROM let l JOIN payments p ON p.contract_id = l.contract_id AND p.fund_id = l.fund_id GROUP BY ALL
),
starved AS (
  SELECT l.*, coalesce(o.due_on, l.due_on) AS due_day, coalesce(p.paid, 0) AS paid, o.disputed,
         o.contract_id IS NOT NULL AS in_ledger, f.name AS fund_name, f.amount AS fund_amount, f._key AS fund_key,
         a.fund_id IS NOT NULL AS grant_seen,
         CASE WHEN a.fund_id IS NULL THEN f.granted_on ELSE a.day END AS arrived_on,
         coalesce(s.spent, 0) AS spent, list_concat(coalesce(o.refs, []), coalesce(p.refs, []), coalesce(a.refs, []))
         AS refs
  FROM let l JOIN funds f USING (fund_id) LEFT JOIN arrived a USING (fund_id) LEFT JOIN owed o USING (contract_id)
  LEFT JOIN paid p USING (contract_id) LEFT JOIN spent s USING (fund_id)
)
SELECT s.*, coalesce(b.name, s.buyer_id) AS buyer_name, coalesce(c.name, s.supplier_id) AS supplier_name,
       -- Money between the two that names neither contract nor debt.
       coalesce((SELECT sum(p.amount) FROM payments p WHERE p.payer_id = s.buyer_id AND p.payee_id = s.supplier_id
                 AND p.contract_id IS NULL AND p.debt_id IS NULL AND p.paid_on >= s.signed_on), 0) AS unlinked
FROM starved s LEFT JOIN parties b ON b.id = s.buyer_id LEFT JOIN parties c ON c.id = s.supplier_id
WHERE (s.amount - s.paid) * 100 >= $unpaid_pct * s.amount AND s.amount > 0
  AND s.due_day + $grace_days <= $data_as_of
  AND (s.arrived_on + $grace_days <= $data_as_of OR (s.grant_seen AND s.arrived_on IS NULL))
ORDER BY s.project_id, s.contract_id
""")

POPULATION = Sql("""
WITH let AS (
  SELECT coalesce(c.due_on, (SELECT min(d.due_on) FROM debts d WHERE d.contract_id = c.contract_id)) AS due_on,
         f.fund_id, f.granted_on
  FROM contracts c LEFT JOIN tenders t USING (tender_id)
  JOIN projects j ON j.project_id = coalesce(c.project_id, t.project_id)
  LEFT JOIN funds f ON f.fund_id = j.fund_id
  WHERE j.fund_id IS NOT NULL AND coalesce(c.kind, 'main') <> 'sub'
)
SELECT count(*) FILTER (WHERE due_on IS NOT NULL AND granted_on IS NOT NULL) AS judged,
       count(*) FILTER (WHERE fund_id IS NULL) AS unknown_fund,
       count(*) FILTER (WHERE fund_id IS NOT NULL AND granted_on IS NULL) AS no_arrival,
       count(*) FILTER (WHERE granted_on IS NOT NULL AND due_on IS NULL) AS no_due_day
FROM let
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each project and contract."""
    for _, row in rows.iterrows():
        unpaid = int(row["amount"] - row["paid"])
        due = row["due_day"].date()
        arrived = None if pd.isna(row["arrived_on"]) else row["arrived_on"].date()
        yield Lead(
            identity={"project": str(row["project_id"]), "contract": str(row["contract_id"])},
            tier=Tier.B,
            entities=(
                Entity(str(row["fund_id"]), "fund", "fund"),
                Entity(str(row["project_id"]), "project", "project"),
                Entity(str(row["contract_id"]), "contract", "contract"),
                Entity(str(row["buyer_id"]), "org", "owner"),
                Entity(str(row["supplier_id"]), "org", "contractor"),
            ),
            reasons=tuple(_reasons(row, unpaid)),
            innocent=tuple(_excuses(row, unpaid, params)),
            records=(
                Ref("contracts", int(row["key"])),
                Ref("projects", int(row["project_key"])),
                Ref("funds", int(row["fund_key"])),
                *refs(row["refs"]),
            ),
            links=(
                Link("LETS", str(row["buyer_id"]), str(row["contract_id"]), Ref("contracts", int(row["key"]))),
                Link(
                    "SUPPLIED_BY", str(row["contract_id"]), str(row["supplier_id"]), Ref("contracts", int(row["key"]))
                ),
            ),
            score=min(1.0, unpaid / int(row["amount"])),
            rank=unpaid / 100,
            amount=Amount(unpaid),
            period=(min(due, arrived) if arrived else due, max(due, arrived) if arrived else due),
        )


def _reasons(row: pd.Series, unpaid: int) -> Iterator[Text]:
    if not pd.isna(row["arrived_on"]):
        yield Text(
            zh="专项资金“{fund}”{sum}已于 {day} 下达，用于项目“{project}”。",
            en="The special fund “{fund}”, {sum}, arrived on {day} for the project “{project}”.",
        ).format(
            fund=row["fund_name"],
            sum=Text(zh="", en="of unknown amount") if pd.isna(row["fund_amount"]) else money(int(row["fund_amount"])),
            day=row["arrived_on"].date(),
            project=row["project_name"] if isinstance(row["project_name"], str) else row["project_id"],
        )
    yield Text(
        zh="{buyer}应于 {due} 前向{supplier}付清合同款，尚有 {unpaid}未付，占合同额的 {percent:.1f}%。",
        en="{buyer} was to have paid {supplier} by {due}; {unpaid} are unpaid, {percent:.1f} % of the contract.",
    ).format(
        buyer=name(row, "buyer"),
        supplier=name(row, "supplier"),
        due=row["due_day"].date(),
        unpaid=money(unpaid),
        percent=100 * unpaid / int(row["amount"]),
    )


def _excuses(row: pd.Series, unpaid: int, params: Parameters) -> Iterator[Excuse]:
    yield verdict(
        "disputed_work",
        bool(row["disputed"]) if row["in_ledger"] else None,
        yes=Text(zh="台账记载该账款存在分歧。", en="The ledger has the debt as disputed."),
        no=Text(zh="台账记载该账款无分歧。", en="The ledger has the debt as undisputed."),
        unknown=Text(zh="该合同未列入拖欠账款台账。", en="The contract is in no ledger of arrears."),
    )
    yield verdict(
        "fund_not_arrived",
        bool(pd.isna(row["arrived_on"])) if row["grant_seen"] else None,
        yes=Text(zh="下达单位实际拨付的资金不足。", en="Less of the fund than counts has been handed down."),
        no=Text(zh="拨付记录显示资金已到位。", en="The payments of the grantor show that it arrived."),
        unknown=Text(zh="只有下达日期，没有拨付记录。", en="Only the day of the grant is known, not its payment."),
    )
    yield verdict(
        "fund_used_up",
        None if pd.isna(row["fund_amount"]) else bool(row["spent"] * 100 >= params.used_pct * row["fund_amount"]),
        yes=Text(
            zh="资金已基本支付给其所列项目的合同。",
            en="The fund has been spent on contracts of the projects that it is for.",
        ),
        no=Text(
            zh="资金中只有 {spent} 支付给了其所列项目的合同。",
            en="Only {spent} of it went to contracts of its projects.",
        ).format(spent=money(int(row["spent"]))),
        unknown=Text(zh="资金总额未知。", en="The amount of the fund is unknown."),
    )
    yield verdict(
        "paid_unlinked",
        bool(row["unlinked"] >= unpaid),
        yes=Text(
            zh="签约后未载明合同的付款已足以覆盖未付金额。",
            en="Payments since signing that name no contract cover what is unpaid.",
        ),
        no=Text(
            zh="签约后未载明合同的付款不足以覆盖未付金额。",
            en="Payments since signing that name no contract do not cover what is unpaid.",
        ),
    )


DETECTOR = Detector(
    id="starved_project",
    family="special_funds",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="资金到位工程款未付", en="Funded project, unpaid contractor"),
    question=Text(
        zh="专项资金到位后，项目的承包单位是否仍未得到付款？",
        en="Has the fund arrived, and do the project's contractors stay unpaid?",
    ),
    rule=Text(
        zh="项目登记有专项资金，资金到位（下达单位拨付达 {arrived_pct}%；没有拨付记录的以下达日期为准）满 {grace_days}"
        " 天，该项目合同的应付日（台账应付日，没有的以合同到期日为准）也已满 {grace_days} 天，而合同额的 "
        "{unpaid_pct}% 以上未付。台账记载存在分歧的，资金未实际到位的，资金的 {used_pct}% 以上已付给其所列项目合同"
        "的，以及未载明合同的付款足以覆盖的，予以排除。",
        en="The project has a special fund; the fund arrived ({arrived_pct} % of it handed down, or the day of the "
        "grant where no payment is on record) and the contract fell due (by the ledger, or else by the contract) "
        "at least {grace_days} days ago, and at least {unpaid_pct} % of the contract is unpaid. Disputed debts, "
        "funds that did not arrive, funds of which {used_pct} % went to contracts of its projects, and contracts "
        "that unlinked payments cover are cleared.",
    ),
    why=Text(
        zh="资金到了、工程干了、钱没付，说明资金可能被滞留、挤占或者挪作他用。",
        en="The money came, the work was done and is not paid: the fund may be held back or used for something else.",
    ),
    example=Text(
        zh="1200 万元改造补助下达三年，承包单位仅收到合同额的 10%：列为 B 类线索。",
        en="Three years after a grant of CNY 12 million the contractor has 10 % of its price: a tier B lead.",
    ),
    legal_basis=("budget_law_93", "fiscal_penalties_6", "business_environment_32"),
    references=("审计署公告：专项资金滞留、挪用",),
    innocent=(
        Innocent("disputed_work", Text(zh="工程存在分歧", en="Disputed work")),
        Innocent("fund_not_arrived", Text(zh="资金未实际到位", en="The fund did not arrive")),
        Innocent("fund_used_up", Text(zh="资金已用于所列项目", en="The fund was spent on its projects")),
        Innocent("paid_unlinked", Text(zh="付款未载明合同", en="Paid without naming the contract")),
    ),
    parameters=Parameters,
    identity=("project", "contract"),
    requires={
        "funds": ("fund_id", "granted_on"),
        "projects": ("project_id", "fund_id"),
        "contracts": ("contract_id", "buyer_id", "supplier_id", "amount", "due_on"),
        "payments": ("amount", "contract_id", "paid_on"),
    },
    uses={
        "contracts": ("project_id", "tender_id", "signed_on"),
        "debts": ("contract_id", "due_on", "disputed"),
        "debt_reports": ("disputed",),
        "funds": ("amount", "grantor_id", "recipient_id"),
        "payments": ("fund_id",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="专项资金项目的合同", en="contracts of funded projects"),
    not_judgeable={
        "unknown_fund": Text(zh="资金编号没有对应的专项资金", en="its fund is in no table"),
        "no_arrival": Text(zh="下达日期未知", en="the day of the grant is unknown"),
        "no_due_day": Text(zh="应付日未知", en="the due day is unknown"),
    },
    blind=Text(
        zh="看不到未登记资金来源的项目，也看不到分包单位和农民工是否得到付款。",
        en="Projects of which no fund is on record, and whether subcontractors and workers are paid.",
    ),
    max_share=0.1,
    relations=("parties",),
)

"""One project manager who leads two works contracts of different sites at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What counts as overlap, and when a contract is done before its term."""

    min_days: int = Field(1, ge=1, description="Days that both contracts run side by side at least.")
    closed_pct: float = Field(
        97, gt=0, le=100, description="Percent of the price with whose payment a contract is done; retention is open."
    )


SELECT = Sql("""
WITH named AS (
  SELECT bid_id, project_manager_id AS person_id, {'table': 'bids', 'key': _key} AS ref,
         coalesce(contains(_derived, 'project_manager_id'), false) AS by_name
  FROM bids WHERE project_manager_id IS NOT NULL
  UNION ALL
  SELECT bid_id, person_id, {'table': 'bid_members', 'key': _key}, coalesce(contains(_derived, 'person_id'), false)
  FROM bid_members WHERE role = 'project_manager'
),
led AS (
  SELECT n.person_id, c.contract_id, c._key AS key, c.tender_id, coalesce(c.project_id, t.project_id) AS project_id,
         c.buyer_id, c.supplier_id, c.amount, coalesce(c.started_on, c.signed_on) AS starts, c.due_on AS ends,
         bool_and(n.by_name) AS by_name, list(n.ref ORDER BY n.ref) AS refs
  FROM contracts c JOIN tenders t USING (tender_id)
  JOIN entries b ON b.tender_id = c.tender_id AND b.bidder_id = c.supplier_id AND b.is_winner
  JOIN named n USING (bid_id)
  WHERE t.category = 'works' AND coalesce(c.kind, 'main') = 'main'
  GROUP BY ALL
),
pair AS (
  SELECT a.person_id, a AS first, b AS second, least(a.ends, b.ends) - b.starts AS days
  FROM led a JOIN led b
    ON a.person_id = b.person_id AND (a.starts, a.contract_id) < (b.starts, b.contract_id)
  WHERE a.ends - b.starts >= $min_days AND b.ends - b.starts >= $min_days
),
-- What the owner had paid under the first contract when the second began; a payment that names no contract may be one.
paid AS (
  SELECT p.first.contract_id AS first_id, p.second.contract_id AS second_id, p.person_id, sum(m.amount) AS paid,
         list({'table': 'payments', 'key': m._key} ORDER BY m._key) AS paid_refs
  FROM pair p JOIN payments m ON m.payer_id = p.first.buyer_id AND m.payee_id = p.first.supplier_id
   AND m.paid_on BETWEEN p.first.starts AND p.second.starts
  WHERE coalesce(m.contract_id = p.first.contract_id, true)
  GROUP BY ALL
),
-- The day on which the manager's registration with the first firm ended, where none is open.
left_on AS (
  SELECT person_id, org_id, max(coalesce(valid_to, DATE '9999-12-31')) AS day,
         list({'table': 'registrations', 'key': _key} ORDER BY _key) AS left_refs
  FROM registrations GROUP BY ALL
)
SELECT p.person_id AS manager, n.name AS manager_name, p.first, p.second, p.days, m.paid, m.paid_refs, l.day AS left_on,
       l.left_refs, coalesce(f.name, p.first.supplier_id) AS first_name,
       coalesce(s.name, p.second.supplier_id) AS second_name
FROM pair p
LEFT JOIN paid m ON m.first_id = p.first.contract_id AND m.second_id = p.second.contract_id
 AND m.person_id = p.person_id
LEFT JOIN left_on l ON l.person_id = p.person_id AND l.org_id = p.first.supplier_id
LEFT JOIN parties n ON n.id = p.person_id
LEFT JOIN parties f ON f.id = p.first.supplier_id LEFT JOIN parties s ON s.id = p.second.supplier_id
ORDER BY p.person_id, p.first.contract_id, p.second.contract_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE managed AND dated) AS judged, count(*) FILTER (WHERE NOT managed) AS no_manager,
       count(*) FILTER (WHERE managed AND NOT dated) AS no_term
FROM (SELECT coalesce(c.started_on, c.signed_on) IS NOT NULL AND c.due_on IS NOT NULL AS dated,
             bool_or(b.bid_id IN (SELECT bid_id FROM bids WHERE project_manager_id IS NOT NULL)
                     OR b.bid_id IN (SELECT bid_id FROM bid_members WHERE role = 'project_manager')) AS managed
      FROM contracts c JOIN tenders t USING (tender_id)
      LEFT JOIN entries b ON b.tender_id = c.tender_id AND b.bidder_id = c.supplier_id AND b.is_winner
      WHERE t.category = 'works' AND coalesce(c.kind, 'main') = 'main'
      GROUP BY c.contract_id, dated)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each pair of contracts that a manager leads at once.

    A statutory fact only where the sites are known to differ and an id, not a name alone, says who the manager is.
    """
    for _, row in rows.iterrows():
        a, b = row["first"], row["second"]
        by_name = a["by_name"] or b["by_name"]
        starts = pd.Timestamp(b["starts"]).date()
        ends = min(pd.Timestamp(a["ends"]), pd.Timestamp(b["ends"])).date()
        contracts = sorted((a["contract_id"], b["contract_id"]))
        yield Lead(
            identity={"manager": str(row["manager"]), "contract_1": contracts[0], "contract_2": contracts[1]},
            tier=Tier.A if _sites_differ(a, b) and not by_name else Tier.B,
            entities=(
                Entity(str(row["manager"]), "person", "manager"),
                *(Entity(side["contract_id"], "contract", "contract") for side in (a, b)),
                *(Entity(tender, "tender", "tender") for tender in sorted({a["tender_id"], b["tender_id"]})),
                *(Entity(firm, "org", "contractor") for firm in sorted({a["supplier_id"], b["supplier_id"]})),
                *(Entity(owner, "org", "owner") for owner in sorted({a["buyer_id"], b["buyer_id"]})),
            ),
            reasons=(
                Text(
                    zh="{manager}任{first}合同 {a} 的项目经理（{from_a} 至 {to_a}），同时任{second}合同 {b} 的项目经理"
                    "（{from_b} 至 {to_b}），重叠 {days} 天。",
                    en="{manager} leads contract {a} of {first} ({from_a} to {to_a}) and contract {b} of {second} "
                    "({from_b} to {to_b}): {days} days of overlap.",
                ).format(
                    manager=name(row, "manager"),
                    first=row["first_name"],
                    second=row["second_name"],
                    a=a["contract_id"],
                    b=b["contract_id"],
                    from_a=pd.Timestamp(a["starts"]).date(),
                    to_a=pd.Timestamp(a["ends"]).date(),
                    from_b=starts,
                    to_b=pd.Timestamp(b["ends"]).date(),
                    days=row["days"],
                ),
            ),
            innocent=_excuses(row, params),
            records=(
                Ref("contracts", int(a["key"])),
                Ref("contracts", int(b["key"])),
                *refs(a["refs"]),
                *refs(b["refs"]),
                *refs(row["paid_refs"]),
                *refs(row["left_refs"]),
            ),
            links=tuple(
                Link("LEADS", str(row["manager"]), side["contract_id"], Ref("contracts", int(side["key"])))
                for side in (a, b)
            ),
            score=min(1.0, row["days"] / 365),
            rank=float(row["days"]),
            amount=Amount(int(a["amount"]) + int(b["amount"])),
            period=(starts, ends),
        )


def _sites_differ(a: dict[str, Any], b: dict[str, Any]) -> bool | None:
    """Whether two contracts are of different sites; None where one names no project and the owner is the same."""
    if a["tender_id"] == b["tender_id"]:
        return False
    if a["project_id"] is not None and b["project_id"] is not None:
        return bool(a["project_id"] != b["project_id"])
    return True if a["buyer_id"] != b["buyer_id"] else None


def _excuses(row: pd.Series, params: Parameters) -> tuple[Excuse, ...]:
    a, b = row["first"], row["second"]
    paid = 0 if pd.isna(row["paid"]) else int(row["paid"])
    differ = _sites_differ(a, b)
    left = pd.Timestamp(row["left_on"]) <= pd.Timestamp(b["starts"])  # never where the day is unknown
    return (
        verdict(
            "one_site",
            None if differ is None else not differ,
            yes=Text(
                zh="两份合同属于同一项目，系同一工程相邻分段发包或者分期施工。",
                en="Both contracts belong to one project: adjoining sections or stages.",
            ),
            no=Text(
                zh="两份合同分属不同项目或者不同建设单位。", en="The contracts belong to different projects or owners."
            ),
            unknown=Text(
                zh="建设单位相同，至少一份合同未关联项目，无法核对是否同一工地。",
                en="The owner is one and the same and a contract names no project: the sites cannot be compared.",
            ),
        ),
        verdict(
            "closed_early",
            paid * 100 >= params.closed_pct * int(a["amount"]),
            yes=Text(
                zh="第二份合同开工前，第一份合同已支付 {percent:.1f}%，应已提前完工。",
                en="{percent:.1f} % of the first contract was paid before the second began: it was done early.",
            ).format(percent=100 * paid / max(1, int(a["amount"]))),
            no=Text(
                zh="第二份合同开工时，第一份合同仅支付 {percent:.1f}%，尚未完工结算。",
                en="When the second began, {percent:.1f} % of the first was paid: it was not settled.",
            ).format(percent=100 * paid / max(1, int(a["amount"]))),
        ),
        verdict(
            "moved_firm",
            a["supplier_id"] != b["supplier_id"] and left,
            yes=Text(
                zh="第二份合同开工前，其在第一家单位的注册已终止，应已更换项目经理。",
                en="The registration with the first firm had ended before the second contract began: the manager was "
                "replaced.",
            ),
            no=Text(
                zh="没有其在此前离开第一家单位的注册记录。",
                en="No registration shows that the manager had left the first firm before.",
            ),
        ),
    )


DETECTOR = Detector(
    id="concurrent_manager",
    family="qualification",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="项目经理同时在两处任职", en="One manager, two sites"),
    question=Text(
        zh="同一项目经理是否同时担任两个以上不同工地施工合同的项目负责人？",
        en="Does one project manager lead works contracts of different sites at the same time?",
    ),
    rule=Text(
        zh="同一人员在两份工程类合同的中标文件中均为项目经理，两份合同的履行期（开工日至约定应付日）重叠不少于 "
        "{min_days} 天，且不属于同一项目。第二份合同开工前第一份已支付 {closed_pct}% 以上的，视为已提前完工。建设单位"
        "相同而项目未知，或者人员编号由姓名推定的，列为 B 类。",
        en="One person is project manager in the winning bids of two works contracts whose terms (from start of work "
        "to the due day) overlap by at least {min_days} days, and which belong to different projects. A first contract "
        "paid by {closed_pct} % before the second began counts as done. Where the owner is the same and a project is "
        "unknown, or the person is known by name alone, it is a tier B lead.",
    ),
    why=Text(
        zh="项目经理必须在岗履职。一人挂多处，往往意味着资质、人员被借用，现场实际由他人管理。",
        en="A project manager must be on site. One name on several sites often means borrowed people and papers.",
    ),
    example=Text(
        zh="项目经理张某 2023 年 3 月至 12 月负责甲小学工程，同年 6 月又负责乙道路工程：列为 A 类疑点。",
        en="Manager Zhang leads a school from March to December 2023, and from June a road as well: a tier A lead.",
    ),
    legal_basis=("constructor_rules_21", "constructor_practice_9"),
    references=("同一工程分段、验收合格、停工超过 120 天并经建设单位同意的，规则允许",),
    innocent=(
        Innocent("one_site", Text(zh="同一工程分段或分期", en="Sections of one project")),
        Innocent("closed_early", Text(zh="前一合同提前完工", en="The first project closed early")),
        Innocent("moved_firm", Text(zh="已离职并更换项目经理", en="Left the first firm and replaced")),
    ),
    parameters=Parameters,
    identity=("manager", "contract_n"),
    requires={
        "contracts": ("contract_id", "tender_id", "started_on", "due_on"),
        "tenders": ("category",),
        "bids": ("is_winner", "project_manager_id"),
    },
    uses={
        "bid_members": ("role", "person_id"),
        "projects": ("project_id",),
        "payments": ("contract_id", "paid_on"),
        "registrations": ("valid_to",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="工程类合同", en="works contracts"),
    not_judgeable={
        "no_manager": Text(zh="中标文件未载明项目经理", en="the winning bid names no project manager"),
        "no_term": Text(zh="履行期起止日期未知", en="the contract's term is unknown"),
    },
    blind=Text(
        zh="看不到中标后书面更换的项目经理，也看不到经建设单位同意的长期停工。",
        en="Managers replaced on paper after the award, and long halts that the owner agreed to.",
    ),
    max_share=0.05,
    relations=("parties", "entries"),
)

"""An item that a body must publish is published late, or no day of publication is on record."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.approvals import APPROVALS
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Entity, Lead, Ref, Tier
from queries.laws import in_force
from queries.verdicts import verdict
from queries.wording import name

_ITEMS: list[dict[str, Any]] = tomllib.loads(
    files("queries").joinpath("data", "disclosure_items.toml").read_text(encoding="utf-8")
)["items"]

_RULES = tuple(dict.fromkeys(rule for item in _ITEMS for rule in item["rules"]))


class Parameters(Params):
    """How late counts, and what exempts an item."""

    late_days: int = Field(1, ge=1, description="Days after the due day from which an item is late.")
    approval_words: tuple[str, ...] = Field(
        ("不予公开", "豁免公开", "暂缓公开", "涉密"),
        description="Published decisions that keep an item from the public.",
    )


SELECT = Sql(f"""
WITH {APPROVALS},
owed AS (
  SELECT org_id, item, ref_id, due_on, published_on, _key AS key,
         coalesce(published_on, $data_as_of) - due_on AS late,
         -- The next working day after a Saturday (6) or a Sunday (7).
         due_on + CASE isodow(due_on) WHEN 6 THEN 2 WHEN 7 THEN 1 ELSE 0 END AS working_day
  FROM disclosures
)
SELECT o.*, p.name AS org_name, a.approved_on, a.approval_refs
FROM owed o
LEFT JOIN approvals a ON a.ref_id = o.ref_id AND a.approved_on <= o.due_on
LEFT JOIN parties p ON p.id = o.org_id
WHERE o.late >= $late_days
  -- Where no item has a day of publication, the data do not say what was published.
  AND EXISTS (SELECT 1 FROM disclosures WHERE published_on IS NOT NULL)
ORDER BY o.org_id, o.item, o.due_on, o.ref_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE due_on IS NOT NULL AND known) AS judged,
       count(*) FILTER (WHERE due_on IS NULL) AS no_due_day,
       count(*) FILTER (WHERE due_on IS NOT NULL AND NOT known) AS no_publication_day
FROM (SELECT due_on, (SELECT count(published_on) > 0 FROM disclosures) AS known FROM disclosures)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead an item, due day and thing that it is about."""
    for _, row in rows.iterrows():
        due = pd.Timestamp(row["due_on"]).date()
        missing = pd.isna(row["published_on"])
        rules = in_force(_rules(str(row["item"])), due)
        about = row["ref_id"] if isinstance(row["ref_id"], str) else ""
        org = name(row, "org")
        yield Lead(
            identity={"org": str(row["org_id"]), "item": str(row["item"]), "due": str(due), "about": about},
            # An empty cell may be a day that was not recorded, and an item that no rule names is no statutory one.
            tier=Tier.A if rules and not missing else Tier.B,
            entities=(Entity(str(row["org_id"]), "org", "body"),),
            reasons=(_sentence(row, org, missing=missing), _duty(bool(rules))),
            innocent=(
                verdict(
                    "rest_day",
                    bool(row["published_on"] <= row["working_day"]),
                    yes=Text(
                        zh="应公开日 {due} 为休息日，在其后第一个工作日公开。",
                        en="{due} was a day of rest, and it was published on the first working day after.",
                    ).format(due=due),
                    no=Text(
                        zh="应公开日不是周六、周日，或者其后第一个工作日仍未公开。",
                        en="The due day was no Saturday or Sunday, or the first working day after passed as well.",
                    ),
                ),
                verdict(
                    "exempt",
                    not pd.isna(row["approved_on"]) if about else None,
                    yes=Text(
                        zh="应公开日前已作出并公示不予公开或暂缓公开的决定。",
                        en="A decision to withhold or defer it was published by the due day.",
                    ),
                    no=Text(
                        zh="没有应公开日前公示的不予公开或暂缓公开决定。",
                        en="No decision to withhold or defer it was published by the due day.",
                    ),
                    unknown=Text(
                        zh="该事项没有关联编号，无法查对不予公开的决定。",
                        en="The item names nothing it is about, so that no decision can be looked up.",
                    ),
                ),
            ),
            records=(Ref("disclosures", int(row["key"])), *refs(row["approval_refs"])),
            score=min(1.0, int(row["late"]) / 365),
            rank=float(row["late"]),
            period=(due, due if missing else pd.Timestamp(row["published_on"]).date()),
            laws=rules,
        )


def _rules(item: str) -> tuple[str, ...]:
    """The rules that oblige a body to publish an item of that name."""
    return tuple(
        dict.fromkeys(rule for kind in _ITEMS if any(w in item for w in kind["words"]) for rule in kind["rules"])
    )


def _sentence(row: pd.Series, org: str, *, missing: bool) -> Text:
    if missing:
        return Text(
            zh="{org}应于 {due} 前公开“{item}”，截至数据日没有公开日期的记录，已逾 {late} 天。",
            en="{org} was to publish “{item}” by {due}; {late} days later no day of publication is on record.",
        ).format(org=org, due=row["due_on"].date(), item=row["item"], late=int(row["late"]))
    return Text(
        zh="{org}应于 {due} 前公开“{item}”，实际于 {day} 公开，逾期 {late} 天。",
        en="{org} was to publish “{item}” by {due} and did on {day}, {late} days late.",
    ).format(org=org, due=row["due_on"].date(), item=row["item"], day=row["published_on"].date(), late=int(row["late"]))


def _duty(statutory: bool) -> Text:
    if statutory:
        return Text(zh="该事项属于应公开日有效的规定要求公开的事项。", en="A rule in force on that day names the item.")
    return Text(
        zh="该事项列入本单位阳光公开清单；应公开日没有查到点名该事项的现行规定。",
        en="The item is on the body's own list; no rule in force on that day is on file that names it.",
    )


DETECTOR = Detector(
    id="undisclosed_item",
    family="power",
    version=1,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="应公开事项逾期未公开", en="Mandatory item undisclosed"),
    question=Text(zh="依法应当公开的事项是否按期公开？", en="Was what must be published published in time?"),
    rule=Text(
        zh="阳光公开事项晚于应公开日 {late_days} 天以上公开，且应公开日有规定要求公开该事项的，列为 A 类；截至数据日"
        "没有公开日期，或者该事项仅见于本单位清单的，列为 B 类（空白可能是未记录）。应公开日为周六、周日而在其后第一个"
        "工作日公开的，以及应公开日前就同一事项公示含 {approval_words} 的决定的，予以排除。",
        en="An item of the disclosure list was published {late_days} days or more after its due day: tier A where a "
        "rule in force on that day names the item. Tier B where no day of publication is on record (an empty cell may "
        "be a day not recorded) or where only the body's own list has the item. Publication on the first working day "
        "after a due Saturday or Sunday, and decisions ({approval_words}) published by the due day, are cleared.",
    ),
    why=Text(
        zh="不公开或拖延公开，使拖欠账款、预算和合同脱离社会监督，也常用于掩盖问题。",
        en="What is not published escapes the public's eye: arrears, budgets, contracts.",
    ),
    example=Text(
        zh="某局应于 2024 年 3 月 31 日前公开逾期未支付中小企业款项信息，实际 5 月 31 日公开，逾期 61 天："
        "列为 A 类疑点。",
        en="A bureau was to publish its unpaid debts to small firms by 31 March 2024 and did on 31 May, 61 days late: "
        "a tier A lead.",
    ),
    legal_basis=_RULES,
    references=("保障中小企业款项支付条例：每年3月31日前公开", "政府采购法实施条例第五十条"),
    innocent=(
        Innocent("rest_day", Text(zh="应公开日为休息日", en="Due on a day of rest")),
        Innocent("exempt", Text(zh="依法不予公开", en="Withheld by a lawful decision")),
    ),
    parameters=Parameters,
    identity=("org", "item", "due", "about"),
    requires={"disclosures": ("org_id", "item", "due_on", "published_on")},
    uses={"disclosures": ("ref_id",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="应公开事项", en="items due"),
    not_judgeable={
        "no_due_day": Text(zh="应公开日未知", en="the due day is unknown"),
        "no_publication_day": Text(zh="数据中没有公开日期", en="the data have no days of publication"),
    },
    blind=Text(
        zh="看不到根本没有列入清单的事项、公开内容不实或不全的情形；不掌握法定节假日调休安排。",
        en="Items that are on no list, and items published false or in part; the calendar of public holidays.",
    ),
    max_share=0.1,
    relations=("parties",),
)

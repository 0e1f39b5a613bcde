"""A trading platform that was not connected by its date, or has sent no data for a quarter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.approvals import APPROVALS
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Entity, Lead, Ref, Tier
from queries.verdicts import verdict


class Parameters(Params):
    """How long a platform may be silent, and what puts off its connection."""

    quiet_days: int = Field(92, ge=1, description="Days without data, up to the last day of the data: a quarter.")
    approval_words: tuple[str, ...] = Field(
        ("延期接入", "暂缓接入", "延期对接"), description="Published items that put a platform's connection off."
    )


SELECT = Sql(f"""
WITH {APPROVALS},
-- What the platform is seen to have sent, whatever its own record of the last data says.
traded AS (
  SELECT platform_id, max(CAST(published_at AS DATE)) AS last_tender, count(*) AS tenders
  FROM tenders GROUP BY platform_id
),
seen AS (
  SELECT p.*, t.tenders, greatest(p.last_data_on, t.last_tender) AS last_on
  FROM platforms p LEFT JOIN traded t USING (platform_id)
),
-- Connected platforms of one operator that still send: trading may have moved there.
alive AS (
  SELECT operator_id, min(platform_id) AS moved_to, min_by(_key, platform_id) AS moved_key
  FROM seen WHERE connected_on IS NOT NULL AND $data_as_of - last_on < $quiet_days GROUP BY operator_id
),
judged AS (
  SELECT s.*, connected_on > required_by AS late, $data_as_of - last_on AS quiet,
         connected_on IS NULL AND last_on IS NULL AND required_by < $data_as_of AS never
  FROM seen s
)
SELECT j.platform_id, j.name, j.operator_id, j.required_by, j.connected_on, j.last_on, j.quiet, j.never,
       coalesce(j.late, false) AS late, coalesce(j.quiet >= $quiet_days, false) AS silent, j._key AS key,
       j.last_data_on IS NULL AND (SELECT count(last_data_on) > 0 FROM platforms) AS unrecorded,
       a.moved_to, a.moved_key, v.approved_on, v.approval_refs,
       (SELECT count(*) > 0 FROM disclosures) AS approvals_known
FROM judged j LEFT JOIN alive a USING (operator_id)
LEFT JOIN approvals v ON v.ref_id = j.platform_id AND v.approved_on <= j.required_by
WHERE j.late OR j.never OR j.quiet >= $quiet_days
ORDER BY j.platform_id
""")

POPULATION = Sql("""
WITH traded AS (SELECT DISTINCT platform_id FROM tenders)
SELECT count(*) FILTER (WHERE required_by IS NOT NULL AND (connected_on IS NOT NULL OR NOT sends)) AS judged,
       count(*) FILTER (WHERE required_by IS NULL) AS no_deadline,
       count(*) FILTER (WHERE required_by IS NOT NULL AND connected_on IS NULL AND sends) AS no_connection_day
FROM (SELECT p.*, last_data_on IS NOT NULL OR platform_id IN (SELECT platform_id FROM traded) AS sends FROM platforms p)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead a platform, with every shortfall of it."""
    for _, row in rows.iterrows():
        entities = [Entity(str(row["platform_id"]), "platform", "platform")]
        if isinstance(row["operator_id"], str):
            entities.append(Entity(row["operator_id"], "org", "operator"))
        required = _day(row["required_by"])
        yield Lead(
            identity={"platform": str(row["platform_id"])},
            # Two empty cells do not prove that it was never connected; nor does the last notice prove that no data came
            # after it, where the platform's own record is empty and those of others are not.
            tier=Tier.B if row["never"] or (row["unrecorded"] and not row["late"]) else Tier.A,
            entities=tuple(entities),
            reasons=tuple(_reasons(row)),
            innocent=(
                verdict(
                    "approved_delay",
                    (not pd.isna(row["approved_on"]) and not row["silent"])
                    or (False if row["approvals_known"] else None),
                    yes=Text(zh="应接入日前已公示延期接入的批准。", en="A delay was approved in public by that day."),
                    no=Text(zh="没有应接入日前公示的延期批准。", en="No approval of a delay was published by then."),
                    unknown=Text(zh="数据中没有公开事项。", en="The data have no published items."),
                ),
                verdict(
                    "moved_platform",
                    isinstance(row["moved_to"], str) and not row["late"],
                    yes=Text(
                        zh="同一运营单位的平台 {other} 已接入且数据正常，交易应已并入该平台。",
                        en="Platform {other} of the same operator is connected and sends data: trading moved there.",
                    ).format(other=row["moved_to"]),
                    no=Text(
                        zh="没有同一运营单位已接入且数据正常的其他平台可以解释。",
                        en="No other platform of the same operator that is connected and sends data explains it.",
                    ),
                ),
            ),
            records=(
                Ref("platforms", int(row["key"])),
                *refs(row["approval_refs"]),
                *(() if pd.isna(row["moved_key"]) else (Ref("platforms", int(row["moved_key"])),)),
            ),
            score=1.0 if row["never"] else 0.5 + 0.25 * (bool(row["late"]) + bool(row["silent"])),
            rank=0.0 if pd.isna(row["quiet"]) else float(row["quiet"]),
            period=(required, _day(row["connected_on"]) if row["late"] else _day(row["last_on"])),
        )


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else pd.Timestamp(value).date()


def _reasons(row: pd.Series) -> Iterator[Text]:
    if row["never"]:
        yield Text(
            zh="{name}应于 {day} 前接入，数据中没有接入日期，也没有任何交易数据。",
            en="{name} was to be connected by {day}; there is no day of connection and no trading data.",
        ).format(name=row["name"], day=_day(row["required_by"]))
    if row["late"]:
        yield Text(
            zh="{name}应于 {due} 前接入，实际于 {day} 接入，逾期 {late} 天。",
            en="{name} was to be connected by {due} and was on {day}, {late} days late.",
        ).format(
            name=row["name"],
            due=_day(row["required_by"]),
            day=_day(row["connected_on"]),
            late=(row["connected_on"] - row["required_by"]).days,
        )
    if row["silent"]:
        yield Text(
            zh="{name}最近一次数据为 {day}，截至数据日已 {days} 天没有新数据。",
            en="The last data of {name} are of {day}: {days} days without data up to the last day of the data.",
        ).format(name=row["name"], day=_day(row["last_on"]), days=int(row["quiet"]))


DETECTOR = Detector(
    id="stale_platform",
    family="off_platform",
    version=1,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="平台未接入或断数", en="Platform unconnected or silent"),
    question=Text(
        zh="交易平台是否按期接入，接入后是否持续报送数据？",
        en="Was the trading platform connected by its date, and does it go on sending data?",
    ),
    rule=Text(
        zh="平台接入日期晚于应接入日期；或应接入日期已过，既无接入日期也无任何交易数据（列为 B 类）；或最近数据（登记的"
        "最近数据日期与该平台最后一次公告两者取晚）距数据截止日不少于 {quiet_days} 天（其他平台登记有最近数据日期而该"
        "平台未登记的，列为 B 类）。应接入日前公示含 {approval_words} 的，或者同一运营单位的其他平台正常报送的，"
        "予以排除。",
        en="A platform was connected after its date; or the date has passed and there is neither a day of connection "
        "nor any trading data (tier B); or its last data (its own record or its last notice, whichever is later) are "
        "at least {quiet_days} days old on the last day of the data (tier B where other platforms have a record of "
        "the last data, and it has none). A delay published by that date ({approval_words}), and trading that moved "
        "to another platform of the same operator, are cleared.",
    ),
    why=Text(
        zh="平台不接入、不报数，交易就脱离监督视野，围标串标、规避招标无从发现。",
        en="What a platform does not send, nobody can watch.",
    ),
    example=Text(
        zh="某县平台应于 2019 年底前接入，2021 年 6 月才接入，逾期 547 天：列为 A 类疑点。",
        en="A county's platform was to be connected by the end of 2019 and was in June 2021, 547 days late: a tier A "
        "lead.",
    ),
    legal_basis=("platform_order_39_8", "platform_data_1156"),
    references=("公共资源交易平台整合共享要求",),
    innocent=(
        Innocent("approved_delay", Text(zh="经批准延期接入", en="A delay that was approved")),
        Innocent("moved_platform", Text(zh="交易并入其他平台", en="Trading moved to another platform")),
    ),
    parameters=Parameters,
    identity=("platform",),
    requires={"platforms": ("platform_id", "required_by", "connected_on", "last_data_on")},
    uses={
        "tenders": ("platform_id", "published_at"),
        "disclosures": ("item", "ref_id", "published_on"),
        "platforms": ("operator_id",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="交易平台", en="platforms"),
    not_judgeable={
        "no_deadline": Text(zh="应接入日期未知", en="the date for its connection is unknown"),
        "no_connection_day": Text(zh="有数据但接入日期未知", en="it sends data, and when it was connected is unknown"),
    },
    blind=Text(
        zh="看不到接入后选择性报送的平台，也分不清断数期间本来就没有交易的小平台。",
        en="Platforms that send a part only, and small ones that had nothing to trade in the quarter.",
    ),
    max_share=0.5,
)

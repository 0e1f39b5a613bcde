"""One firm in a tender both alone and in a consortium, or in two consortia."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from i18n import Text, listing
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Entity, Excuse, Lead, Link, Tier, Verdict
from queries.groups import applicable
from queries.relations.model import ref
from queries.wording import name


class Parameters(Params):
    """The statute leaves nothing to set."""


SELECT = Sql(f"""
WITH joint AS (
  -- A consortium bids once: its price stands in whichever member's row has it.
  SELECT tender_id, consortium_id, max(price) AS price FROM entries WHERE consortium_id IS NOT NULL GROUP BY ALL
),
partners AS (SELECT tender_id, bidder_id FROM entries WHERE consortium_id IS NOT NULL),
several AS (
  SELECT tender_id, bidder_id FROM entries SEMI JOIN partners USING (tender_id, bidder_id) GROUP BY ALL
  HAVING count(DISTINCT consortium_id) + max(CAST(consortium_id IS NULL AS INTEGER)) > 1
),
capacities AS (
  -- What the firm is in the tender: a member of a consortium, or (null) a bidder of its own.
  SELECT e.tender_id, e.bidder_id, e.consortium_id, any_value(e.regime) AS regime, min(e.day) AS day,
         bool_and(e.status IS NOT DISTINCT FROM 'withdrawn') AS withdrawn,
         coalesce(any_value(j.price), max(e.price)) AS price, list(e.bid_id ORDER BY e.bid_id) AS bids,
         list({ref("bids", "e.bid_key")} ORDER BY e.bid_id) AS refs
  FROM entries e SEMI JOIN several s ON s.tender_id = e.tender_id AND s.bidder_id = e.bidder_id
  LEFT JOIN joint j ON j.tender_id = e.tender_id AND j.consortium_id = e.consortium_id
  GROUP BY ALL
)
SELECT c.tender_id, c.bidder_id AS bidder, p.name AS bidder_name, any_value(c.regime) AS regime, min(c.day) AS day,
       -- list_distinct leaves out the null, which is no consortium.
       list_sort(list_distinct(list(c.consortium_id))) AS consortia,
       bool_or(c.consortium_id IS NULL) AS alone, count(*) FILTER (WHERE NOT c.withdrawn) AS standing,
       bool_or(c.consortium_id IS NULL) AND count(*) = 2 AND count(c.price) = 2 AND min(c.price) = max(c.price)
         AS recorded_twice,
       flatten(list(c.bids ORDER BY c.bids)) AS bids, flatten(list(c.refs ORDER BY c.bids)) AS refs
FROM capacities c LEFT JOIN parties p ON p.id = c.bidder_id
GROUP BY c.tender_id, c.bidder_id, p.name
ORDER BY c.tender_id, c.bidder_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE known) AS judged, count(*) FILTER (WHERE NOT known) AS no_consortia
FROM (SELECT (SELECT count(consortium_id) > 0 FROM entries) AS known FROM tender_sizes)
""")

LAWS = ("bidding_regulation_37", "procurement_regulation_22")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each firm that bids for a tender in more than one capacity."""
    for row in rows.to_dict("records"):
        day = None if pd.isna(row["day"]) else pd.Timestamp(row["day"]).date()
        rules = applicable(LAWS, row["regime"], day)
        joint = [Text(zh=f"联合体 {c}", en=f"a member of consortium {c}") for c in row["consortia"]]
        capacities = [*([Text(zh="单独投标", en="a bidder of its own")] if row["alone"] else []), *joint]
        reason = Text(
            zh="{bidder}在标段 {tender} 以多种身份投标：{capacities}。",
            en="{bidder} bids for tender {tender} in more than one capacity: {capacities}.",
        ).format(bidder=name(row, "bidder"), tender=row["tender_id"], capacities=listing(capacities))
        yield Lead(
            identity={"tender": row["tender_id"], "bidder": row["bidder"]},
            tier=Tier.A if rules else Tier.B,
            entities=(
                Entity(row["tender_id"], "tender", "tender"),
                Entity(row["bidder"], "org", "bidder"),
                *(Entity(bid, "bid", "bid") for bid in row["bids"]),
            ),
            reasons=(reason,),
            innocent=_excuses(row),
            records=refs(row["refs"]),
            links=tuple(
                link
                for bid in row["bids"]
                for link in (Link("SUBMITTED", row["bidder"], bid), Link("BID_FOR", bid, row["tender_id"]))
            ),
            rank=float(len(capacities)),
            period=(day, day),
            laws=rules,
        )


def _excuses(row: Any) -> tuple[Excuse, ...]:
    withdrawn = row["standing"] < 2
    twice = bool(row["recorded_twice"])
    return (
        Excuse(
            "withdrawn_before",
            Verdict.FITS if withdrawn else Verdict.RULED_OUT,
            Text(zh="除已撤回的投标外，只有一种投标身份。", en="Without the bids withdrawn one capacity is left.")
            if withdrawn
            else Text(zh="多种身份的投标均未撤回。", en="The bids of more than one capacity stand."),
        ),
        Excuse(
            "recorded_twice",
            Verdict.FITS if twice else Verdict.RULED_OUT,
            Text(
                zh="单独投标与联合体投标报价完全相同，应为同一投标重复记录。",
                en="The bid of its own and the consortium's have one price: one bid recorded twice.",
            )
            if twice
            else Text(zh="各投标的报价不同，或为两个联合体。", en="The prices differ, or there are two consortia."),
        ),
    )


DETECTOR = Detector(
    id="consortium_and_single",
    family="affiliated_bidders",
    version=1,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="联合体成员重复投标", en="Alone and in a consortium"),
    question=Text(
        zh="同一企业在同一标段，是否既单独投标又参加联合体，或者参加两个联合体？",
        en="Does one firm bid for a tender both alone and in a consortium, or in two consortia?",
    ),
    rule=Text(
        zh="同一标段内，同一投标人既有单独投标又有联合体投标，或者出现在两个以上联合体中；已撤回的投标、同一投标的重"
        "复记录不计入。",
        en="In one tender, one bidder has a bid of its own beside a consortium's, or stands in two consortia; bids "
        "withdrawn, and one bid recorded twice, do not count.",
    ),
    why=Text(
        zh="一家企业同时站在两个竞争方，能够左右双方报价。法规规定相关投标均无效。",
        en="A firm on two sides of a competition can set both prices; the statute makes those bids invalid.",
    ),
    example=Text(
        zh="青禾建设与白露市政组成联合体投某标段，青禾建设又单独投标：列为 A 类疑点。",
        en="Qinghe Construction bids for a lot in a consortium with Bailu Municipal, and alone besides: a tier A lead.",
    ),
    legal_basis=LAWS,
    references=("招标投标法实施条例第三十七条",),
    innocent=(
        Innocent("withdrawn_before", Text(zh="其中一项投标已撤回", en="One of the bids was withdrawn")),
        Innocent("recorded_twice", Text(zh="同一投标重复记录", en="One bid recorded twice")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder"),
    requires={"bids": ("bid_id", "tender_id", "bidder_id", "consortium_id")},
    uses={"bids": ("price", "status"), "tenders": ("category", "method"), "orgs": ("org_type",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={"no_consortia": Text(zh="数据中没有联合体信息", en="the data name no consortia")},
    blind=Text(
        zh="看不到以关联企业名义的重复投标，也看不到同一项目其他标段的投标。",
        en="A second bid in the name of a related firm, and bids for other lots of the project.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes"),
)

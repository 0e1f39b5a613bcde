"""Prices in arithmetic or geometric progression, or in one ratio between two firms over many tenders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from pydantic import Field

from i18n import Text, listing
from queries.bidders import MEMBER, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Entity, Excuse, Lead, Link, Ref, Tier, Verdict, numbered
from queries.groups import CONSORTIUM, Account, Group, GroupExcuse, applicable, leads
from queries.rows import Rows

PROGRESSION: dict[str, Text] = {
    "arithmetic": Text(zh="等差排列", en="an arithmetic progression"),
    "geometric": Text(zh="等比排列", en="a geometric progression"),
}


class Parameters(Params):
    """How regular is regular."""

    min_bids: int = Field(4, ge=3, description="Neighbouring bids of a tender that stand a step apart at least.")
    min_tenders: int = Field(5, ge=3, description="Tenders in which two firms' prices stand in one ratio at least.")
    share: float = Field(
        80, gt=0, le=100, description="Percent of the tenders of two firms in which the ratio holds at least."
    )
    tolerance: float = Field(
        0.05, gt=0, lt=5, description="Percent by which steps, and ratios, may differ and still count as equal."
    )
    slack: float = Field(
        0.5, ge=0, le=10, description="Percent below the ceiling. Bids that all stand there have no room to differ."
    )


SELECT = Sql(f"""
WITH steps AS (
  SELECT *, price - lag(price) OVER w AS step, ln(price) - ln(lag(price) OVER w) AS growth
  FROM (SELECT DISTINCT tender_id, price FROM entries WHERE price > 0)
  WINDOW w AS (PARTITION BY tender_id ORDER BY price)
),
-- A run goes on while a step is that of the step before; a rounded price may be off by a cent at either end.
marked AS (
  SELECT *,
         CASE WHEN abs(step - lag(step) OVER w) <= greatest(2, step * $tolerance / 100) THEN 0 ELSE 1 END AS new_step,
         CASE WHEN abs(growth - lag(growth) OVER w) <= growth * $tolerance / 100 + 2 / price THEN 0 ELSE 1 END
           AS new_growth
  FROM steps WHERE step IS NOT NULL WINDOW w AS (PARTITION BY tender_id ORDER BY price)
),
-- Without a step that goes on there is no run of three prices.
going_on AS (SELECT DISTINCT tender_id FROM marked WHERE new_step = 0 OR new_growth = 0),
numbered AS (
  SELECT *, sum(new_step) OVER w AS step_run, sum(new_growth) OVER w AS growth_run
  FROM marked SEMI JOIN going_on USING (tender_id) WINDOW w AS (PARTITION BY tender_id ORDER BY price)
),
runs AS (
  SELECT tender_id, 'arithmetic' AS how, min(price - step) AS low, max(price) AS high
  FROM numbered GROUP BY tender_id, step_run HAVING count(*) + 1 >= $min_bids
  UNION ALL
  SELECT tender_id, 'geometric', min(price - step), max(price)
  FROM numbered GROUP BY tender_id, growth_run HAVING count(*) + 1 >= $min_bids
),
priced AS (
  SELECT tender_id, bidder_id, min(price) AS price, max(consortium_id) AS consortium_id FROM entries
  WHERE price > 0 GROUP BY tender_id, bidder_id QUALIFY count(*) OVER (PARTITION BY bidder_id) >= $min_tenders
),
pairs AS (
  SELECT a.bidder_id AS one, b.bidder_id AS two, a.tender_id, ln(b.price) - ln(a.price) AS ratio
  FROM priced a JOIN priced b ON a.tender_id = b.tender_id AND a.bidder_id < b.bidder_id
  WHERE a.consortium_id IS NULL OR b.consortium_id IS NULL OR a.consortium_id <> b.consortium_id
),
frequent AS (
  SELECT one, two, count(*) AS tenders, median(ratio) AS usual FROM pairs GROUP BY ALL HAVING count(*) >= $min_tenders
),
-- Equal prices are no ratio: they are a matter of their own.
constant AS (
  SELECT p.*, f.usual FROM pairs p JOIN frequent f USING (one, two)
  WHERE abs(p.ratio - f.usual) <= $tolerance / 100 AND abs(f.usual) > $tolerance / 100
  QUALIFY count(*) OVER (PARTITION BY one, two) >= greatest($min_tenders, f.tenders * $share / 100)
),
rows AS (
  SELECT e.bid_id, r.how, r.how || ':' || r.low AS thing, NULL AS usual
  FROM runs r JOIN entries e ON e.tender_id = r.tender_id AND e.price BETWEEN r.low AND r.high
  UNION ALL
  SELECT e.bid_id, 'ratio', c.one || ' ' || c.two, exp(c.usual)
  FROM constant c JOIN priced d ON d.tender_id = c.tender_id AND d.bidder_id IN (c.one, c.two)
  JOIN entries e ON e.tender_id = d.tender_id AND e.bidder_id = d.bidder_id AND e.price = d.price
)
SELECT {MEMBER},
       r.how, r.thing, r.usual, e.price, t.ceiling_price,
       coalesce(t.category IN ('goods', 'medical'), false) AS listed_goods, [] AS refs
FROM rows r JOIN entries e USING (bid_id) LEFT JOIN tenders t ON t.tender_id = e.tender_id
LEFT JOIN parties p ON p.id = e.bidder_id
ORDER BY e.tender_id, e.bidder_id, r.thing, e.bid_id
""")

POPULATION = comparable("SELECT bid_id FROM bids WHERE price > 0", "no_prices")

LAWS = ("bidding_regulation_40_4", "procurement_regulation_74")

CEILING_UNKNOWN = Text(zh="数据中没有最高限价。", en="The data name no ceiling price.")

EXCUSES = (
    GroupExcuse(
        "shared_price_list",
        "price_list",
        fits=Text(
            zh="货物类标段，各报价均为同一目录价（最高限价）的整数折扣。",
            en="Goods, and each price is the list price (the ceiling) less a round discount.",
        ),
        ruled_out=Text(
            zh="报价不是同一目录价的整数折扣，或不是货物。", en="The prices are no round discounts of one list price."
        ),
        unknown="ceiling_unknown",
        not_checkable=CEILING_UNKNOWN,
    ),
    GroupExcuse(
        "tight_ceiling",
        "tight",
        fits=Text(
            zh="各报价均紧贴最高限价，差额空间极小。",
            en="All of them stand close below the ceiling, without room to differ.",
        ),
        ruled_out=Text(zh="报价并非均紧贴最高限价。", en="Not all of them stand close below the ceiling."),
        unknown="ceiling_unknown",
        not_checkable=CEILING_UNKNOWN,
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each progression of a tender, and one for each two firms with a constant ratio."""
    ceiling = rows["ceiling_price"].astype(float)
    halves = 200 * rows["price"] / ceiling
    rows = rows.assign(
        _round=rows["listed_goods"] & (np.abs(halves - halves.round()) < 1e-5),
        _close=(rows["price"] <= ceiling) & (rows["price"] >= ceiling * (1 - params.slack / 100)),
        ceiling_unknown=ceiling.isna(),
    )
    matter = [rows["thing"], rows["tender_id"].where(rows["how"] != "ratio", "")]
    rows = rows.assign(
        price_list=rows.groupby(matter)["_round"].transform("all"),
        tight=rows.groupby(matter)["_close"].transform("all"),
    )
    ratio = rows["how"] == "ratio"
    yield from leads(rows[~ratio], EXCUSES, _progression, LAWS)
    for _, pair in Rows.of(rows[ratio]).by("thing"):
        yield _ratio(pair)


def _progression(group: Group) -> Account:
    rows = group.rows.distinct("price").ordered("price")
    hows = set(rows["how"])
    reason = Text(
        zh="标段 {tender} 中{bidders}的 {n} 个报价由低到高呈{how}（{low:,.2f} 元至 {high:,.2f} 元）。",
        en="The {n} prices of {bidders} for tender {tender} form {how} (CNY {low:,.2f} to {high:,.2f}).",
    ).format(
        tender=group.tender_id,
        bidders=group.names,
        n=len(rows),
        how=listing(PROGRESSION[how] for how in PROGRESSION if how in hows),
        low=rows["price"][0] / 100,
        high=rows["price"][-1] / 100,
    )
    return Account(reasons=(reason,), tier=Tier.B, score=min(1.0, len(rows) / 8), rank=float(len(rows)))


def _ratio(rows: Rows) -> Lead:
    one, two = rows["thing"][0].split(" ")
    tenders = sorted(set(rows["tender_id"]))
    days = sorted(day.date() for day in rows["day"] if day is not None)
    matters = [Group(tender, None, (one, two), part) for (tender,), part in rows.by("tender_id")]
    reason = Text(
        zh="{bidders}在 {n} 个共同投标的标段中，后者报价始终为前者的 {ratio:.4f} 倍。",
        en="In {n} tenders that {bidders} both bid for, the second's price is {ratio:.4f} times the first's.",
    ).format(bidders=matters[0].names, n=len(tenders), ratio=rows["usual"][0])
    last = days[-1] if days else None
    whole = Group("", last, (one, two), rows)
    return Lead(
        identity=numbered("bidder", [one, two]),
        tier=Tier.B,
        entities=(
            Entity(one, "org", "bidder"),
            Entity(two, "org", "bidder"),
            *(Entity(tender, "tender", "tender") for tender in tenders),
        ),
        reasons=(reason,),
        innocent=(
            Excuse(
                "consortium_partners",
                Verdict.RULED_OUT,
                Text(zh="这些标段中二者不是同一联合体。", en="They were no consortium in these tenders."),
            ),
            *whole.verdicts(EXCUSES, None)[1:],
        ),
        records=tuple(Ref("bids", key) for key in rows["bid_key"]),
        links=tuple(Link("BID_FOR", bidder, matter.tender_id) for matter in matters for bidder in (one, two)),
        score=min(1.0, len(tenders) / 10),
        rank=float(len(tenders)),
        period=(days[0] if days else None, last),
        laws=applicable(LAWS, "both", last),
    )


DETECTOR = Detector(
    id="patterned_prices",
    family="bid_rigging",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="报价规律性差异", en="Prices in a pattern"),
    question=Text(
        zh="不同投标人的报价，是否呈等差、等比排列，或者两家之间在多个标段保持固定倍数？",
        en="Do prices of different bidders form an arithmetic or geometric progression, or stand in one ratio between "
        "two firms over many tenders?",
    ),
    rule=Text(
        zh="同一标段报价由低到高排列，至少 {min_bids} 个相邻报价的差额（或倍数）相等；或者两家企业在至少 {min_tenders} "
        "个、且不低于 {share}% 的共同标段中报价倍数相等。相等以相差不超过 {tolerance}% 为准。全部报价在最高限价以下 "
        "{slack}% 以内的，以及同一目录价的整数折扣，不计入。",
        en="Sorted by price, at least {min_bids} neighbouring bids of a tender stand equal steps, or equal ratios, "
        "apart; or two firms' prices stand in one ratio in at least {min_tenders} tenders that are at least {share} % "
        "of those both bid for. Equal is within {tolerance} %. Bids that all stand within {slack} % below the ceiling, "
        "and round discounts of one list price, do not count.",
    ),
    why=Text(
        zh="报价出自同一人之手时，常以固定差额或比例推算。法规将报价呈规律性差异列为视为串通的情形。",
        en="One hand that writes several bids works them out by a fixed step or ratio; the statute names prices that "
        "differ in a regular way.",
    ),
    example=Text(
        zh="某标段四家报价依次为 900、915、930、945 万元，差额均为 15 万元：列为 B 类线索。",
        en="Four bidders ask CNY 9.00, 9.15, 9.30 and 9.45 million, 150,000 apart each: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=("合肥长丰案：报价呈有序阶梯", "OECD, Guidelines for Fighting Bid Rigging in Public Procurement, 2025"),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("shared_price_list", Text(zh="同一目录价的折扣", en="Discounts of one price list")),
        Innocent("tight_ceiling", Text(zh="最高限价过紧", en="A tight ceiling")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("bid_id", "tender_id", "bidder_id", "price")},
    uses={"bids": ("consortium_id", "rank"), "tenders": ("ceiling_price", "category")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={"no_prices": Text(zh="少于两家投标人有报价", en="fewer than two bidders have a price")},
    blind=Text(
        zh="看不到被其他投标人报价隔开的排列，也看不到分项报价的规律。",
        en="Progressions with another bidder's price in between, and patterns of unit prices.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners"),
)

"""Different bidders of one tender that ask the same price to the cent."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from i18n import Text, listing, money
from queries.bidders import MEMBER, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Amount, Lead, Tier
from queries.groups import CONSORTIUM, Account, Group, GroupExcuse, leads


class Parameters(Params):
    """There is nothing to set: to the cent is to the cent."""


SELECT = Sql(f"""
WITH priced AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, b.price, coalesce(b.currency, t.currency) AS currency, t.ceiling_price
  FROM entries e JOIN bids b USING (bid_id) LEFT JOIN tenders t ON t.tender_id = e.tender_id WHERE b.price > 0
),
met AS (
  SELECT tender_id, price, currency FROM priced GROUP BY ALL HAVING min(bidder_id) <> max(bidder_id)
)
SELECT {MEMBER},
       concat_ws(' ', r.price, r.currency) AS thing, r.price, coalesce(r.currency, 'CNY') AS currency,
       coalesce(r.price = r.ceiling_price, false) AS at_ceiling, r.ceiling_price IS NULL AS ceiling_unknown, [] AS refs
FROM priced r
JOIN met m ON m.tender_id = r.tender_id AND m.price = r.price AND m.currency IS NOT DISTINCT FROM r.currency
JOIN entries e USING (bid_id) LEFT JOIN parties p ON p.id = e.bidder_id
ORDER BY e.tender_id, e.bidder_id, r.price, e.bid_id
""")

POPULATION = comparable("SELECT bid_id FROM bids WHERE price > 0", "no_prices")

LAWS = ("bidding_regulation_40_4", "order_87_37")

EXCUSES = (
    GroupExcuse(
        "regulated_price",
        "at_ceiling",
        fits=Text(
            zh="相同的报价等于最高限价，符合执行政府定价或者统一价格的特征。",
            en="The equal price is the ceiling price: a regulated or uniform price.",
        ),
        ruled_out=Text(zh="相同的报价不等于最高限价。", en="The equal price is not the ceiling price."),
        unknown="ceiling_unknown",
        not_checkable=Text(zh="数据中没有最高限价。", en="The data name no ceiling price."),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender with equal prices."""
    yield from leads(rows, EXCUSES, _account, LAWS)


def _account(group: Group) -> Account:
    prices = sorted(set(group.rows.cells("price", "currency")))
    reason = Text(
        zh="{bidders}对标段 {tender} 的报价完全相同：{prices}。",
        en="{bidders} ask the same price for tender {tender}: {prices}.",
    ).format(bidders=group.names, tender=group.tender_id, prices=listing(_exact(p, c) for p, c in prices))
    return Account(
        reasons=(reason,),
        tier=Tier.B,
        amount=Amount(prices[-1][0], prices[-1][1]),
        # A price that is no round sum is the harder to hit by chance.
        score=0.5 if all(price % 1_000_000 == 0 for price, _ in prices) else 1.0,
    )


def _exact(price: int, currency: str) -> Text:
    """The price to the cent, which is what is equal."""
    return Text(
        zh=f"{price / 100:,.2f} 元" if currency == "CNY" else money(price, currency).zh, en=money(price, currency).en
    )


DETECTOR = Detector(
    id="identical_prices",
    family="bid_rigging",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="报价完全相同", en="Identical prices"),
    question=Text(
        zh="同一标段的不同投标人，报价是否分毫不差？",
        en="Do different bidders of one tender ask the same price to the cent?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人报价（同一币种）完全相等，且不等于最高限价。",
        en="In one tender, two or more bidders that are no consortium ask equal prices in one currency, and the price "
        "is not the ceiling.",
    ),
    why=Text(
        zh="独立测算的报价精确到分仍然相同，几乎不会偶然发生，可能出自同一份文件。",
        en="Prices that are worked out apart hardly ever agree to the cent; they may come from one file.",
    ),
    example=Text(
        zh="青禾建设、白露市政对同一标段均报 987.65 万元：列为 B 类线索。",
        en="Qinghe Construction and Bailu Municipal both ask CNY 9,876,512.34 for one lot: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=("OCP Red Flags Guide R028 (identical bid prices), 2024", "Cardinal, R028"),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("regulated_price", Text(zh="政府定价或统一价格", en="A regulated price")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("bid_id", "tender_id", "bidder_id", "price")},
    uses={"bids": ("consortium_id", "rank", "currency"), "tenders": ("ceiling_price", "currency")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={"no_prices": Text(zh="少于两家投标人有报价", en="fewer than two bidders have a price")},
    blind=Text(
        zh="看不到总价不同而分项报价相同的投标，也分不清未设最高限价的统一价格。",
        en="Bids with equal unit prices under different totals; and a uniform price where no ceiling is set.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners"),
)

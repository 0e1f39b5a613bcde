"""R028: identical bid prices."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fragments import BID_REFS, OFFERS, TENDERS
from queries.ocp.rules.rule import Rule


class Equal(Params):
    """R028."""

    bids: int = Field(2, ge=2, description="Bidders with the same price.")


_FLAG = BY_CODE["R028"]
RULE = Rule(
    code="R028",
    title=_FLAG.title,
    question=Text(
        zh="同一标段中不同投标人的报价是否相同？", en="Did different bidders of a tender bid the same price?"
    ),
    rule=Text(
        zh="同一标段中至少 {bids} 家投标人的报价金额、币种相同。",
        en="At least {bids} bidders of a tender bid the same amount in the same currency.",
    ),
    why=Text(
        zh="报价相同可能出自同一人之手，或报价泄露。",
        en="Equal prices may come from one hand, or from a leak of the other's price.",
    ),
    example=Text(zh="甲、乙均报 482 500 元。", en="Alpha and Beta both bid 482,500 yuan."),
    innocent=(
        "price_set",
        Text(zh="价格由采购人预定", en="The price was set"),
        Text(
            zh="该报价等于最高限价，或三家以上全部相同。",
            en="The price is the ceiling, or that of all of three or more bidders.",
        ),
        Text(
            zh="该报价不等于最高限价，且不是各家一致。",
            en="The price is not the ceiling, and not that of everyone.",
        ),
    ),
    parameters=Equal,
    identity=("tender",),
    requires={"bids": ("tender_id", "bidder_id", "price")},
    uses={"bids": ("status", "consortium_id", "currency"), "tenders": ("tender_id", "ceiling_price")},
    select=f"""{OFFERS}
, repeated AS (
  SELECT tender_id, price FROM offers WHERE price > 0 GROUP BY ALL HAVING count(*) >= $bids
), groups AS (
  SELECT tender_id, price, currency, count(DISTINCT party) AS parties, {BID_REFS} AS refs
  FROM offers SEMI JOIN repeated USING (tender_id, price) GROUP BY ALL HAVING count(DISTINCT party) >= $bids
), sizes AS (
  SELECT tender_id, count(DISTINCT party) AS parties
  FROM offers SEMI JOIN repeated USING (tender_id) WHERE price > 0 GROUP BY ALL
)
SELECT g.tender_id AS tender, g.parties AS bids, g.price AS price_money, g.refs,
       coalesce(g.price = t.ceiling_price, false) OR (g.parties >= 3 AND g.parties = s.parties) AS fits,
       least(1.0, g.parties / 4) AS score
FROM groups g JOIN sizes s USING (tender_id) LEFT JOIN tenders t USING (tender_id)
QUALIFY row_number() OVER (PARTITION BY g.tender_id ORDER BY g.parties DESC, g.price, g.currency) = 1
ORDER BY tender
""",
    population="""
SELECT count(*) FILTER (WHERE n > 1) AS judged, count(*) FILTER (WHERE n <= 1) AS too_few
FROM (SELECT count(DISTINCT coalesce(consortium_id, bidder_id)) FILTER (WHERE price > 0) AS n
      FROM entries WHERE status IS DISTINCT FROM 'withdrawn' GROUP BY tender_id)
""",
    unit=TENDERS,
    not_judgeable={"too_few": Text(zh="可比的报价不足两个", en="fewer than two prices to compare")},
    blind=Text(zh="看不到有意略作改动的报价。", en="Prices that were changed a little on purpose."),
    sentence=Text(
        zh="标段 {tender} 有 {bids} 家投标人的报价同为 {price_money}。",
        en="{bids} bidders of tender {tender} bid the same price, {price_money}.",
    ),
    max_share=0.1,
    relations=("entries",),
)

"""R029: prices deviate from Benford."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.rule import Rule


class Digits(Params):
    """R029."""

    bids: int = Field(300, ge=10, description="Bid prices that a buyer must have to be judged.")
    deviation: float = Field(0.015, gt=0, lt=1, description="Mean absolute deviation from Benford's law (Nigrini).")


RULE = Rule(
    code="R029",
    title=Text(zh="报价偏离本福特定律", en="Prices deviate from Benford"),
    question=Text(
        zh="采购人收到的报价首位数字是否偏离本福特定律？",
        en="Do the first digits of the bid prices to a buyer deviate from Benford's law?",
    ),
    rule=Text(
        zh="采购人有 {bids} 个以上报价，首位数字频率与本福特定律的平均绝对偏差达到 {deviation}。",
        en="A buyer has {bids} bid prices or more, and the shares of their first digits differ from Benford's law "
        "by {deviation} on average or more.",
    ),
    why=Text(zh="编造的数字往往不合自然分布。", en="Invented numbers seldom follow the natural distribution."),
    example=Text(zh="报价多以 9 开头。", en="Most prices begin with a 9."),
    innocent=(
        "narrow_range",
        Text(zh="报价范围过窄", en="Too narrow a range"),
        Text(zh="报价跨度不足两个数量级，定律不适用。", en="Prices span less than two orders; the law does not hold."),
        Text(zh="报价跨度达两个数量级以上。", en="Prices span two orders of magnitude or more."),
    ),
    parameters=Digits,
    identity=("buyer",),
    requires={"bids": ("tender_id", "bidder_id", "price"), "tenders": ("tender_id", "buyer_id")},
    select="""
WITH prices AS (
  SELECT buyer_id, bid_key, price, CAST(substr(CAST(CAST(price AS BIGINT) AS VARCHAR), 1, 1) AS INTEGER) AS digit
  FROM entries WHERE price >= 1 AND buyer_id IS NOT NULL
), totals AS (
  SELECT buyer_id, count(*) AS bids, max(price) < 100 * min(price) AS narrow,
         list({'table': 'bids', 'key': bid_key} ORDER BY bid_key) AS refs
  FROM prices GROUP BY buyer_id HAVING count(*) >= $bids
), shares AS (
  SELECT t.buyer_id, avg(abs(coalesce(p.number, 0) / t.bids - log10(1 + 1 / d.digit))) AS deviation
  FROM totals t CROSS JOIN (SELECT unnest(range(1, 10)) AS digit) d
  LEFT JOIN (SELECT buyer_id, digit, count(*) AS number FROM prices GROUP BY ALL) p
    ON p.buyer_id = t.buyer_id AND p.digit = d.digit
  GROUP BY t.buyer_id
)
SELECT buyer_id AS buyer, bids, round(deviation, 4) AS deviation, narrow AS fits, least(1.0, deviation * 10) AS score,
       refs
FROM totals JOIN shares USING (buyer_id) WHERE deviation >= $deviation ORDER BY buyer
""",
    population="""
SELECT count(*) FILTER (WHERE n >= $bids) AS judged, count(*) FILTER (WHERE n < $bids) AS too_few
FROM (SELECT count(*) FILTER (WHERE price >= 1) AS n FROM entries WHERE buyer_id IS NOT NULL GROUP BY buyer_id)
""",
    unit=Text(zh="采购人", en="buyers"),
    not_judgeable={"too_few": Text(zh="报价数量太少", en="too few bid prices")},
    blind=Text(zh="看不到哪些报价是编造的。", en="Which of the prices are invented."),
    sentence=Text(
        zh="{buyer} 的 {bids} 个报价首位数字平均偏差 {deviation}。",
        en="The first digits of the {bids} bid prices to {buyer} deviate by {deviation} on average.",
    ),
    relations=("entries",),
    differs=Text(
        zh="指南以品目市场为对象；此处以采购人为对象，以平均绝对偏差判断。",
        en="The guide judges markets of items; here buyers are judged, by the mean absolute deviation.",
    ),
)

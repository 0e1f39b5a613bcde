"""R023: fixed multiple prices."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import TENDERS, TOO_FEW, VALID
from queries.ocp.rules.rule import Rule


class Multiple(Params):
    """R023."""

    tolerance: float = Field(0.0005, gt=0, description="Relative difference within which two ratios are equal.")


RULE = Rule(
    code="R023",
    title=Text(zh="报价成固定倍数", en="Fixed multiple prices"),
    question=Text(zh="同一标段的报价是否成固定倍数？", en="Are the bids of a tender fixed multiples of each other?"),
    rule=Text(
        zh="三个以上不同报价，相邻报价之比相等（相对误差不超过 {tolerance}）。",
        en="Of three or more different bids, each is the same multiple of the next lower one (within {tolerance}).",
    ),
    why=Text(zh="按倍数报价说明出自一份底稿。", en="Prices made by a multiplier come from one sheet."),
    example=Text(zh="100 万、105 万、110.25 万元：逐个乘以 1.05。", en="1,000,000, 1,050,000, 1,102,500: times 1.05."),
    innocent=(
        "narrow_prices",
        Text(zh="报价过于接近", en="Prices too close to tell"),
        Text(zh="报价之比小于误差的三倍，比值相等不足为凭。", en="The ratio is within three tolerances of one."),
        Text(zh="报价之比明显大于误差。", en="The ratio is clearly beyond the tolerance."),
    ),
    parameters=Multiple,
    identity=("tender",),
    requires={"bids": ("tender_id", "bidder_id", "price")},
    uses={"bids": ("status",)},
    select=f"""
WITH steps AS (
  SELECT tender_id, bid_key, price / lag(price) OVER (PARTITION BY tender_id ORDER BY price, bid_key) AS step
  FROM entries WHERE {VALID}
)
SELECT tender_id AS tender, count(*) AS bids, avg(step) AS step, avg(step) - 1 < 3 * $tolerance AS fits, 1.0 AS score,
       list({{'table': 'bids', 'key': bid_key}} ORDER BY bid_key) AS refs
FROM steps SEMI JOIN (
  SELECT tender_id FROM steps GROUP BY tender_id
  HAVING count(*) >= 3 AND min(step) > 1 AND max(step) - min(step) <= $tolerance * min(step)
) USING (tender_id)
GROUP BY tender_id ORDER BY tender
""",
    population=f"""
SELECT count(*) FILTER (WHERE n > 2) AS judged, count(*) FILTER (WHERE n <= 2) AS too_few
FROM (SELECT count(*) FILTER (WHERE {VALID}) AS n FROM entries GROUP BY tender_id)
""",
    unit=TENDERS,
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到分项报价。", en="The prices of single items."),
    sentence=Text(
        zh="标段 {tender} 的 {bids} 个报价依次为前一个的 {step:.4f} 倍。",
        en="Each of the {bids} bids of tender {tender} is {step:.4f} times the one before.",
    ),
    max_share=0.05,
    relations=("entries",),
    differs=Text(
        zh="指南比较同两家投标人在不同项目中的报价之比，本系统由 `patterned_prices` 判断；此处比较同一标段内各"
        "报价之比。",
        en="The guide compares the ratio of the same two bidders over several processes, which "
        "`patterned_prices` does; here the ratios within one tender are compared.",
    ),
)

"""R022: wide price disparity."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import TENDERS, TOO_FEW, VALID
from queries.ocp.rules.rule import Rule


class Spread(Params):
    """R022."""

    times: float = Field(2, gt=1, description="Highest over lowest valid bid that is a wide disparity.")


RULE = Rule(
    code="R022",
    title=Text(zh="报价悬殊", en="Wide price disparity"),
    question=Text(zh="同一标段的有效报价是否相差悬殊？", en="Are the valid bids of a tender far apart?"),
    rule=Text(
        zh="最高有效报价达到最低有效报价的 {times} 倍以上。",
        en="The highest valid bid is {times} times the lowest or more.",
    ),
    why=Text(zh="陪标人可能报出无意中标的高价。", en="A cover bid is priced so that it cannot win."),
    example=Text(zh="报价 100 万元与 260 万元。", en="Bids of 1,000,000 and 2,600,000 yuan."),
    innocent=(
        "one_outlier",
        Text(zh="仅一个报价偏离", en="One odd bid among many"),
        Text(zh="除最高报价外，其余报价相近。", en="Without the highest bid, the others, three or more, are close."),
        Text(
            zh="去掉最高报价后仍然悬殊，或报价不足四个。",
            en="Without the highest they are still apart, or too few.",
        ),
    ),
    parameters=Spread,
    identity=("tender",),
    requires={"bids": ("tender_id", "bidder_id", "price")},
    uses={"bids": ("status",)},
    select=f"""
WITH wide AS (
  SELECT tender_id FROM entries WHERE {VALID} GROUP BY tender_id
  HAVING max(price) >= $times * min(price)
), prices AS (
  SELECT tender_id, price, bid_key, row_number() OVER (PARTITION BY tender_id ORDER BY price DESC, bid_key) AS down
  FROM entries SEMI JOIN wide USING (tender_id) WHERE {VALID}
)
SELECT tender_id AS tender, min(price) AS lowest_money, max(price) AS highest_money,
       count(*) >= 4 AND max(price) FILTER (WHERE down > 1) < $times * min(price) AS fits,
       least(1.0, max(price) / min(price) / 10) AS score,
       list({{'table': 'bids', 'key': bid_key}} ORDER BY bid_key) AS refs
FROM prices GROUP BY tender_id ORDER BY tender
""",
    population=f"""
SELECT count(*) FILTER (WHERE n > 1) AS judged, count(*) FILTER (WHERE n <= 1) AS too_few
FROM (SELECT count(*) FILTER (WHERE {VALID}) AS n FROM entries GROUP BY tender_id)
""",
    unit=TENDERS,
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到报价口径不同。", en="Bids that price different things."),
    sentence=Text(
        zh="标段 {tender} 报价从 {lowest_money} 到 {highest_money}。",
        en="The bids of tender {tender} reach from {lowest_money} to {highest_money}.",
    ),
    relations=("entries",),
    differs=Text(
        zh="指南以（最高－最低）÷平均数的上界判断，此处以固定倍数判断，不依赖其他标段。",
        en="The guide takes (highest - lowest) / mean and its upper fence; here a fixed multiple is asked, "
        "whatever other tenders show.",
    ),
)

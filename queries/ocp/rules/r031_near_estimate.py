"""R031: price close to estimate."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import TENDERS, VALID
from queries.ocp.rules.rule import Rule


class Near(Params):
    """R031."""

    pct: float = Field(99, gt=0, description="Percent of the estimate from which a price is very close.")


RULE = Rule(
    code="R031",
    title=Text(zh="中标价贴近估算价", en="Price close to estimate"),
    question=Text(
        zh="中标价是否非常接近或高于估算价？", en="Is the winning price very close to the estimate, or above it?"
    ),
    rule=Text(zh="中标价达到估算价的 {pct}% 以上。", en="The winning price is {pct} % of the estimate or more."),
    why=Text(zh="中标人可能事先知道估算价。", en="The winner may have known the estimate."),
    example=Text(zh="估算 500 万元，中标 499 万元。", en="Estimate 5,000,000 yuan, winning price 4,990,000."),
    innocent=(
        "everyone_close",
        Text(zh="各家报价均贴近", en="Everyone is close"),
        Text(
            zh="其他有效报价也都达到该比例，估算价偏低。",
            en="Every other valid bid is as high: the estimate is low.",
        ),
        Text(zh="其他有效报价中有明显更低的，或没有其他报价。", en="Another valid bid is lower, or there is none."),
    ),
    parameters=Near,
    identity=("tender",),
    requires={"tenders": ("tender_id", "estimate"), "bids": ("tender_id", "price", "is_winner")},
    uses={"bids": ("status",)},
    select=f"""
WITH near AS (
  SELECT t.tender_id FROM tenders t JOIN entries e USING (tender_id)
  WHERE t.estimate > 0 AND e.is_winner AND e.{VALID.replace("coalesce(status", "coalesce(e.status")}
  GROUP BY t.tender_id, t.estimate HAVING min(e.price) * 100.0 >= $pct * t.estimate
)
SELECT t.tender_id AS tender, t.estimate AS estimate_money, min(e.price) FILTER (WHERE e.is_winner) AS won_money,
       count(*) FILTER (WHERE NOT e.is_winner) > 0
         AND min(e.price) * 100.0 >= $pct * t.estimate AS fits,
       least(1.0, min(e.price) FILTER (WHERE e.is_winner) / t.estimate) AS score,
       list_prepend({{'table': 'tenders', 'key': t._key}},
                    list({{'table': 'bids', 'key': e.bid_key}} ORDER BY e.bid_key)) AS refs
FROM tenders t SEMI JOIN near USING (tender_id) JOIN entries e USING (tender_id)
WHERE e.{VALID.replace("coalesce(status", "coalesce(e.status")}
GROUP BY t.tender_id, t.estimate, t._key ORDER BY tender
""",
    population="""
SELECT count(*) FILTER (WHERE t.estimate > 0 AND w.tender_id IS NOT NULL) AS judged,
       count(*) FILTER (WHERE t.estimate IS NULL OR t.estimate <= 0 OR w.tender_id IS NULL) AS no_price
FROM tenders t LEFT JOIN (SELECT DISTINCT tender_id FROM entries WHERE is_winner AND price > 0) w USING (tender_id)
""",
    unit=TENDERS,
    not_judgeable={"no_price": Text(zh="没有估算价或中标价", en="no estimate or no winning price")},
    blind=Text(zh="看不到最高限价是否公开。", en="Whether the ceiling price was public."),
    sentence=Text(
        zh="标段 {tender} 估算价 {estimate_money}，中标价 {won_money}。",
        en="Tender {tender} was estimated at {estimate_money} and won at {won_money}.",
    ),
    max_share=0.4,
    relations=("entries",),
    version=2,
    differs=Text(
        zh="指南以该比率的上界判断，此处以固定比例判断。",
        en="The guide takes the upper fence of the ratio; here a fixed percentage is asked.",
    ),
)

"""R036: lowest bid disqualified."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fragments import BID_REFS, OFFERS, TENDERS
from queries.ocp.rules.rule import Rule


class Low(Params):
    """R036."""

    low_pct: float = Field(
        50, gt=0, le=100, description="Percent of the mean of the other bids below which a bid is abnormally low."
    )


_FLAG = BY_CODE["R036"]
RULE = Rule(
    code="R036",
    title=_FLAG.title,
    question=Text(
        zh="最低报价是否被否决，而由更高的报价中标？",
        en="Was the lowest bid disqualified, and a higher one the winner?",
    ),
    rule=Text(
        zh="标段的最低报价被否决，中标报价高于该报价。",
        en="The lowest price of a tender is that of a disqualified bid, and the winning price is higher.",
    ),
    why=_FLAG.why,
    example=Text(
        zh="乙报 80 万元被否决，甲报 95 万元中标。",
        en="Beta bids 800,000 yuan and is disqualified; Alpha wins with 950,000.",
    ),
    innocent=(
        "abnormally_low",
        Text(zh="异常低价", en="An abnormally low bid"),
        Text(zh="该报价低于其他报价平均值的规定比例。", en="The bid is far below the mean of the other bids."),
        Text(zh="该报价未低于其他报价平均值的规定比例。", en="The bid is not that far below the mean of the others."),
    ),
    parameters=Low,
    identity=("tender", "disqualified"),
    requires={"bids": ("tender_id", "bidder_id", "price", "status", "is_winner")},
    uses={"bids": ("consortium_id", "currency")},
    select=f"""{OFFERS}
, passed_over AS (
  SELECT tender_id, min(price) AS lowest, max(price) FILTER (WHERE is_winner AND status = 'valid') AS won
  FROM offers WHERE price > 0 GROUP BY tender_id
  HAVING won IS NOT NULL AND min(price) FILTER (WHERE status <> 'disqualified') > lowest
     AND min(coalesce(currency, '')) = max(coalesce(currency, ''))
), priced AS (
  SELECT * FROM offers JOIN passed_over USING (tender_id) WHERE price > 0
)
SELECT tender_id AS tender, min(bidder_id) FILTER (WHERE price = lowest) AS disqualified,
       any_value(lowest) AS lowest_money, any_value(won) AS won_money,
       any_value(lowest) * 100.0 < $low_pct * avg(price) FILTER (WHERE price > lowest) AS fits,
       least(1.0, (any_value(won) - any_value(lowest)) / any_value(won) * 2) AS score, {BID_REFS} AS refs
FROM priced GROUP BY tender_id ORDER BY tender
""",
    population="""
SELECT count(*) FILTER (WHERE n > 1 AND won) AS judged, count(*) FILTER (WHERE NOT (n > 1 AND won)) AS no_prices
FROM (SELECT count(*) FILTER (WHERE price > 0) AS n, bool_or(is_winner AND coalesce(price, 0) > 0) AS won
      FROM entries WHERE status IS DISTINCT FROM 'withdrawn' GROUP BY tender_id)
""",
    unit=TENDERS,
    not_judgeable={"no_prices": Text(zh="中标价或可比报价未知", en="the winning price or another one is unknown")},
    blind=Text(zh="看不到综合评审中价格的分量。", en="How much price counted where quality was scored too."),
    sentence=Text(
        zh="标段 {tender} 最低报价 {lowest_money}（{disqualified}）被否决，以 {won_money} 中标。",
        en="The lowest bid of tender {tender}, {lowest_money} by {disqualified}, was disqualified; it went for "
        "{won_money}.",
    ),
    relations=("entries",),
    version=2,
)

"""R019: low number of bidders."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import TOO_FEW
from queries.ocp.rules.rule import Rule


class Thin(Params):
    """R019."""

    tenders: int = Field(5, ge=2, description="Tenders that a buyer must have in a category.")
    share_pct: float = Field(50, gt=0, lt=100, description="Percent of what other buyers get, below which it is low.")


_COMPETED = """
WITH sizes AS (
  SELECT e.buyer_id, e.category, e.tender_id, any_value(e.tender_key) AS tender_key,
         count(DISTINCT coalesce(e.consortium_id, e.bidder_id)) AS bidders
  FROM entries e
  WHERE e.method IN ('open', 'invited') AND e.category IS NOT NULL AND e.status IS DISTINCT FROM 'withdrawn'
  GROUP BY ALL
)
"""

RULE = Rule(
    code="R019",
    title=Text(zh="投标人偏少", en="Low number of bidders"),
    question=Text(
        zh="采购人某类标段的投标人是否远少于其他采购人？",
        en="Does a buyer get far fewer bidders in a category than other buyers do?",
    ),
    rule=Text(
        zh="采购人同类公开或邀请标段 {tenders} 个以上，平均投标人数不足其他采购人平均数的 {share_pct}%。",
        en="Over {tenders} open or invited tenders of a category or more, a buyer has on average less than "
        "{share_pct} % of the bidders that other buyers have.",
    ),
    why=Text(zh="条件可能排斥了多数潜在投标人。", en="The terms may keep most possible bidders away."),
    example=Text(zh="别处平均六家，该局平均两家。", en="Six bidders elsewhere on average, two at this bureau."),
    innocent=(
        "thin_market",
        Text(zh="市场上投标人本来就少", en="A thin market"),
        Text(zh="其他采购人同类标段平均也不足三家。", en="Other buyers too have fewer than three on average."),
        Text(zh="其他采购人同类标段平均三家以上。", en="Other buyers have three or more on average."),
    ),
    parameters=Thin,
    identity=("buyer", "category"),
    requires={"tenders": ("buyer_id", "category", "method"), "bids": ("tender_id", "bidder_id")},
    uses={"bids": ("consortium_id", "status")},
    select=f"""{_COMPETED}
, own AS (
  SELECT buyer_id, category, count(*) AS times, sum(bidders) AS entered, avg(bidders) AS average,
         list({{'table': 'tenders', 'key': tender_key}} ORDER BY tender_key) AS refs FROM sizes GROUP BY ALL
), compared AS (
  SELECT *, sum(times) OVER market - times AS others, sum(entered) OVER market - entered AS others_entered
  FROM own WINDOW market AS (PARTITION BY category)
)
SELECT buyer_id AS buyer, category, times, round(average, 2) AS average, round(others_entered / others, 2) AS usual,
       others_entered < 3 * others AS fits, 1 - average * others / others_entered AS score, refs
FROM compared
WHERE times >= $tenders AND others >= $tenders AND 100.0 * average * others < $share_pct * others_entered
ORDER BY buyer, category
""",
    population=f"""{_COMPETED}
, own AS (SELECT category, count(*) AS times FROM sizes GROUP BY buyer_id, category),
compared AS (SELECT times, sum(times) OVER (PARTITION BY category) - times AS others FROM own)
SELECT count(*) FILTER (WHERE times >= $tenders AND others >= $tenders) AS judged,
       count(*) FILTER (WHERE times < $tenders OR others < $tenders) AS too_few FROM compared
""",
    unit=Text(zh="采购人各类标段", en="buyers by category"),
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到领取文件后未投标的企业。", en="Firms that took the documents and did not bid."),
    sentence=Text(
        zh="{buyer} 的 {category} 类 {times} 个标段平均 {average} 家投标，其他采购人平均 {usual} 家。",
        en="{buyer} had {average} bidders on average in {times} tenders ({category}), other buyers {usual}.",
    ),
    relations=("entries",),
    differs=Text(
        zh="指南逐项与同类平均数比较，此处将采购人全部同类标段的平均数与其他采购人比较，避免偶然一次竞争不足即被标记。",
        en="The guide compares each process with the average of its item category; here the average of all "
        "tenders of a buyer is compared, so that one thin tender alone is no flag.",
    ),
)

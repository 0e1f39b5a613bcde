"""R048: heterogeneous supplier."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fences import fence
from queries.ocp.rules.fragments import TOO_FEW
from queries.ocp.rules.rule import Rule


class Variety(Params):
    """R048."""

    tenders: int = Field(3, ge=1, description="Tenders that a supplier must have won.")
    suppliers: int = Field(5, ge=2, description="Suppliers without which there is no fence.")


_FLAG = BY_CODE["R048"]
RULE = Rule(
    code="R048",
    title=_FLAG.title,
    question=Text(zh="供应商中标的类别是否异常多样？", en="Does a supplier win in unusually many categories?"),
    rule=Text(
        zh="中标 {tenders} 个以上的供应商，中标类别数高于上界（Q3＋1.5×四分位距，R-8；供应商不少于 {suppliers} 家）。",
        en="A supplier with {tenders} wins or more has won in more categories than Q3 + 1.5 interquartile ranges "
        "(R-8, of {suppliers} suppliers or more).",
    ),
    why=_FLAG.why,
    example=Text(zh="同一公司中标工程、药品、软件服务。", en="One firm wins works, medicines and software."),
    innocent=(
        "general_trader",
        Text(zh="正当的综合贸易商", en="A general trader"),
        Text(zh="登记行业为批发、零售、贸易或综合。", en="It is registered as a wholesaler, retailer or trader."),
        Text(zh="登记行业不是批发、零售、贸易或综合。", en="It is registered in another trade."),
    ),
    parameters=Variety,
    identity=("supplier",),
    requires={"bids": ("tender_id", "bidder_id", "is_winner"), "tenders": ("tender_id", "category")},
    uses={"orgs": ("industry",)},
    select=f"""
WITH won AS (
  SELECT bidder_id, count(DISTINCT tender_id) AS times, count(DISTINCT category) AS kinds,
         list({{'table': 'bids', 'key': bid_key}} ORDER BY bid_key) AS refs
  FROM entries WHERE is_winner AND category IS NOT NULL
  GROUP BY bidder_id HAVING count(DISTINCT tender_id) >= $tenders
){fence("won", "kinds", "high")}
SELECT w.bidder_id AS supplier, w.times, w.kinds,
       regexp_matches(o.industry, '批发|零售|贸易|商贸|综合|超市|[Ww]holesale|[Rr]etail|[Tt]rad') AS fits,
       least(1.0, w.kinds / 8) AS score, w.refs
FROM won w CROSS JOIN fence f LEFT JOIN orgs o ON o.org_id = w.bidder_id
WHERE f.number >= $suppliers AND w.kinds >= f.high ORDER BY supplier
""",
    population="""
SELECT CASE WHEN count(*) FILTER (WHERE n >= $tenders) >= $suppliers THEN count(*) FILTER (WHERE n >= $tenders)
            ELSE 0 END AS judged,
       count(*) - CASE WHEN count(*) FILTER (WHERE n >= $tenders) >= $suppliers
                       THEN count(*) FILTER (WHERE n >= $tenders) ELSE 0 END AS too_few
FROM (SELECT count(DISTINCT tender_id) AS n FROM entries WHERE is_winner AND category IS NOT NULL GROUP BY bidder_id)
""",
    unit=Text(zh="中标供应商", en="suppliers that won"),
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到类别之内的品目。", en="Kinds of goods within a category."),
    sentence=Text(
        zh="{supplier} 中标 {times} 个标段，涉及 {kinds} 个类别。",
        en="{supplier} won {times} tenders in {kinds} categories.",
    ),
    max_share=0.1,
    relations=("entries",),
    version=2,
)

"""R026: prevalence of consortia."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import BUYERS, TOO_FEW
from queries.ocp.rules.rule import Rule


class Consortia(Params):
    """R026."""

    tenders: int = Field(5, ge=2, description="Awarded tenders that a buyer must have.")
    share_pct: float = Field(50, gt=0, le=100, description="Percent of them that consortia won.")
    large: int = Field(5_000_000_000, ge=1, description="Estimate in minor units from which works are large.")


RULE = Rule(
    code="R026",
    title=Text(zh="联合体中标居多", en="Prevalence of consortia"),
    question=Text(zh="采购人的标段是否多由联合体中标？", en="Do consortia win most tenders of a buyer?"),
    rule=Text(
        zh="采购人 {tenders} 个以上已定标标段中，{share_pct}% 以上由两家以上组成的联合体中标。",
        en="Of a buyer's awarded tenders, {tenders} or more, consortia of two firms or more won {share_pct} % or more.",
    ),
    why=Text(
        zh="本可竞争的企业联合投标，竞争随之减少。",
        en="Firms that could compete join instead, and share the market.",
    ),
    example=Text(zh="六个标段中四个由联合体中标。", en="Consortia win four of six tenders."),
    innocent=(
        "large_works",
        Text(zh="大型工程", en="Large works"),
        Text(zh="联合体所中均为大型工程。", en="All that they won are large works."),
        Text(zh="联合体所中不全是大型工程。", en="Not all that they won are large works."),
    ),
    parameters=Consortia,
    identity=("buyer",),
    requires={"bids": ("tender_id", "bidder_id", "is_winner", "consortium_id"), "tenders": ("buyer_id",)},
    uses={"tenders": ("category", "estimate")},
    select="""
WITH won AS (
  SELECT e.buyer_id, e.tender_id, any_value(t.category) = 'works' AND any_value(t.estimate) >= $large AS large,
         count(DISTINCT e.bidder_id) FILTER (WHERE e.consortium_id IS NOT NULL) > 1 AS jointly,
         list({'table': 'bids', 'key': e.bid_key} ORDER BY e.bid_key) AS refs
  FROM entries e JOIN tenders t ON t.tender_id = e.tender_id WHERE e.is_winner GROUP BY e.buyer_id, e.tender_id
)
SELECT buyer_id AS buyer, count(*) AS times, count(*) FILTER (WHERE jointly) AS joint,
       CASE WHEN count(large) FILTER (WHERE jointly) = count(*) FILTER (WHERE jointly)
            THEN bool_and(large) FILTER (WHERE jointly) END AS fits,
       count(*) FILTER (WHERE jointly) / count(*) AS score,
       flatten(list(refs ORDER BY tender_id) FILTER (WHERE jointly)) AS refs
FROM won WHERE buyer_id IS NOT NULL GROUP BY buyer_id
HAVING count(*) >= $tenders AND 100.0 * count(*) FILTER (WHERE jointly) >= $share_pct * count(*) ORDER BY buyer
""",
    population="""
SELECT count(*) FILTER (WHERE n >= $tenders) AS judged, count(*) FILTER (WHERE n < $tenders) AS too_few
FROM (SELECT count(DISTINCT tender_id) AS n FROM entries WHERE is_winner AND buyer_id IS NOT NULL GROUP BY buyer_id)
""",
    unit=BUYERS,
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到成员各自能否单独承担。", en="Whether each member could have done it alone."),
    sentence=Text(
        zh="{buyer} 的 {times} 个标段中 {joint} 个由联合体中标。",
        en="Consortia won {joint} of the {times} tenders of {buyer}.",
    ),
    relations=("entries",),
    version=2,
    differs=Text(
        zh="指南以品目市场为对象，以上界判断；本数据只分工程、货物、服务，故以采购人为对象，以比例判断。",
        en="The guide judges markets of items by an upper fence; our data tell works, goods and services "
        "only, so buyers are judged, by a share.",
    ),
)

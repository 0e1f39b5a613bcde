"""R038: excessive disqualified bids."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fences import fence
from queries.ocp.rules.fragments import TOO_FEW
from queries.ocp.rules.rule import Rule


class Rejections(Params):
    """R038."""

    bids: int = Field(5, ge=1, description="Bids that a buyer or bidder must have.")
    population: int = Field(5, ge=2, description="Buyers, or bidders, without which there is no fence.")


_SHARES = """
WITH offers AS (
  SELECT tender_id, buyer_id, bidder_id, bid_key, coalesce(status, 'valid') = 'disqualified' AS out
  FROM entries WHERE status IS DISTINCT FROM 'withdrawn'
), sided AS (
  SELECT buyer_id AS party, 'buyer' AS side, * FROM offers WHERE buyer_id IS NOT NULL
  UNION ALL SELECT bidder_id, 'bidder', * FROM offers
), shares AS (
  SELECT party, side, count(*) AS bids, count(*) FILTER (WHERE out) / count(*) AS ratio FROM sided
  GROUP BY ALL HAVING count(*) >= $bids
)
"""

_FLAG = BY_CODE["R038"]
RULE = Rule(
    code="R038",
    title=_FLAG.title,
    question=Text(
        zh="采购人否决的投标，或某投标人被否决的投标，比例是否异常高？",
        en="Is the share of disqualified bids of a buyer or a bidder a high outlier?",
    ),
    rule=Text(
        zh="有 {bids} 个以上投标的采购人（或投标人）中，"
        "被否决比例高于上界（Q3＋1.5×四分位距，R-8；不少于 {population} 个）。",
        en="Among buyers, or bidders, with {bids} bids or more, the share of disqualified ones lies above Q3 + 1.5 "
        "interquartile ranges (R-8, of {population} or more).",
    ),
    why=_FLAG.why,
    example=Text(zh="别处否决一成，该局否决七成。", en="A tenth is disqualified elsewhere, seven tenths here."),
    innocent=(
        "others_agree",
        Text(zh="其他采购人也否决", en="Other buyers agree"),
        Text(zh="所涉投标人多数也被其他采购人否决过。", en="Most of the bidders were disqualified by others too."),
        Text(zh="所涉投标人多数未被其他采购人否决过。", en="Most were disqualified by no other buyer."),
    ),
    parameters=Rejections,
    identity=("party", "side"),
    requires={"bids": ("tender_id", "bidder_id", "status"), "tenders": ("tender_id", "buyer_id")},
    select=f"""{_SHARES}
, buyer_shares AS (SELECT * FROM shares WHERE side = 'buyer')
, bidder_shares AS (SELECT * FROM shares WHERE side = 'bidder')
, buyer_fence AS (WITH nothing AS (SELECT 1){fence("buyer_shares", "ratio", "high")}
  SELECT 'buyer' AS side, * FROM fence)
, bidder_fence AS (WITH nothing AS (SELECT 1){fence("bidder_shares", "ratio", "high")}
  SELECT 'bidder' AS side, * FROM fence)
, fences AS (SELECT * FROM buyer_fence UNION ALL SELECT * FROM bidder_fence)
, rejections AS (
  SELECT s.*, o.first_buyer <> s.buyer_id OR o.last_buyer <> s.buyer_id AS elsewhere
  FROM sided s JOIN (SELECT bidder_id, min(buyer_id) AS first_buyer, max(buyer_id) AS last_buyer FROM offers WHERE out
                     GROUP BY bidder_id) o USING (bidder_id)
  WHERE s.out
)
SELECT s.party, s.side, any_value(s.bids) AS bids, count(*) AS times,
       2 * count(*) FILTER (WHERE r.elsewhere) > count(*) AS fits, any_value(s.ratio) AS score,
       list({{'table': 'bids', 'key': r.bid_key}} ORDER BY r.bid_key) AS refs,
       coalesce(list_sort(list_distinct(list({{'id': r.bidder_id, 'kind': 'org', 'role': 'bidder'}})
         FILTER (WHERE r.bidder_id <> s.party))), []) AS others
FROM shares s JOIN fences f USING (side) JOIN rejections r ON r.party = s.party AND r.side = s.side
WHERE f.number >= $population AND s.ratio >= f.high
GROUP BY s.party, s.side ORDER BY s.party, s.side
""",
    population=f"""{_SHARES}
, known AS (SELECT side, count(*) AS number FROM shares GROUP BY side)
SELECT coalesce(sum(number) FILTER (WHERE number >= $population), 0) AS judged,
       (SELECT count(*) FROM (SELECT DISTINCT party, side FROM sided))
         - coalesce(sum(number) FILTER (WHERE number >= $population), 0) AS too_few FROM known
""",
    unit=Text(zh="采购人和投标人", en="buyers and bidders"),
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到否决理由是否成立。", en="Whether the grounds for disqualification hold."),
    sentence=Text(
        zh="{party} 的 {bids} 个投标中 {times} 个被否决。",
        en="{times} of the {bids} bids of {party} were disqualified.",
    ),
    max_share=0.1,
    relations=("entries",),
)

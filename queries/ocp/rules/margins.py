"""How far the second lowest price is above the winning one: shared by R024 and R058."""

from __future__ import annotations

from i18n import Text
from queries.ocp.rules.fragments import VALID

MARGINS = f"""
WITH offers AS (
  SELECT tender_id, price, is_winner, bid_key, coalesce(currency, '') AS currency,
         coalesce(consortium_id, bidder_id) AS party
  FROM entries WHERE {VALID}
), winners AS (
  SELECT tender_id, min(price) FILTER (WHERE is_winner) AS won, min(party) FILTER (WHERE is_winner) AS winner
  FROM offers GROUP BY tender_id
  HAVING winner = max(party) FILTER (WHERE is_winner) AND min(currency) = max(currency)
), margins AS (
  SELECT tender_id, any_value(won) AS won, min(price) AS second, (min(price) - any_value(won)) / any_value(won) AS ratio
  FROM offers JOIN winners USING (tender_id) WHERE party <> winner
  GROUP BY tender_id HAVING min(price) >= any_value(won)
)
"""
REFS = """(SELECT list({'table': 'bids', 'key': o.bid_key} ORDER BY o.bid_key) FROM offers o
        WHERE o.tender_id = m.tender_id) AS refs"""
POPULATION = f"""{MARGINS}
SELECT judged, tenders - judged AS no_margin
FROM (SELECT count(*) AS judged FROM margins), (SELECT count(DISTINCT tender_id) AS tenders FROM entries)
"""
NO_MARGIN = {
    "no_margin": Text(
        zh="没有唯一中标人、可比报价不足两个，或中标价不是最低价",
        en="no single winner, fewer than two comparable prices, or the lowest did not win",
    )
}
NEEDS = {"bids": ("tender_id", "bidder_id", "price", "is_winner")}

"""How far the second lowest price is above the winning one: shared by R024 and R058."""

from __future__ import annotations

from i18n import Text

MARGINS = """
WITH offers AS (
  SELECT e.tender_id, e.price, e.is_winner, e.bid_key, e.tender_key,
         coalesce(e.consortium_id, e.bidder_id) AS party
  FROM entries e JOIN bids b USING (bid_id)
  WHERE e.price > 0 AND coalesce(e.status, 'valid') = 'valid'
  QUALIFY count(DISTINCT coalesce(b.currency, '')) OVER (PARTITION BY e.tender_id) = 1
), winners AS (
  SELECT tender_id, min(price) AS won, any_value(party) AS winner FROM offers WHERE is_winner
  GROUP BY tender_id HAVING count(DISTINCT party) = 1
), margins AS (
  SELECT tender_id, any_value(won) AS won, min(price) AS second, (min(price) - any_value(won)) / any_value(won) AS ratio
  FROM offers JOIN winners USING (tender_id) WHERE party <> winner
  GROUP BY tender_id HAVING min(price) >= any_value(won)
)
"""
REFS = """(SELECT list({'table': 'bids', 'key': o.bid_key} ORDER BY o.bid_key) FROM offers o
        WHERE o.tender_id = m.tender_id) AS refs"""
POPULATION = f"""{MARGINS}
SELECT (SELECT count(*) FROM margins) AS judged,
       (SELECT count(DISTINCT tender_id) FROM entries) - (SELECT count(*) FROM margins) AS no_margin
"""
NO_MARGIN = {
    "no_margin": Text(
        zh="没有唯一中标人、可比报价不足两个，或中标价不是最低价",
        en="no single winner, fewer than two comparable prices, or the lowest did not win",
    )
}
NEEDS = {"bids": ("tender_id", "bidder_id", "price", "is_winner")}

"""Who sells how much to a buyer in a category: shared by R050 and R051."""

from __future__ import annotations

from i18n import Text

MARKET = """
WITH market AS (
  SELECT c.buyer_id, t.category, c.supplier_id, sum(c.amount) AS amount, count(*) AS contracts,
         flatten(list([{'table': 'contracts', 'key': c._key}, {'table': 'tenders', 'key': t._key}] ORDER BY c._key))
           AS refs
  FROM contracts c JOIN tenders t USING (tender_id)
  WHERE coalesce(c.kind, 'main') = 'main' AND c.amount > 0 AND t.category IS NOT NULL
  GROUP BY ALL
), bidders AS (
  SELECT buyer_id, category, count(DISTINCT bidder_id) AS bidders
  FROM entries WHERE category IS NOT NULL GROUP BY ALL
)
"""
MARKETS = """
SELECT count(*) FILTER (WHERE n >= $contracts) AS judged, count(*) FILTER (WHERE n < $contracts) AS too_few
FROM (SELECT count(*) AS n FROM contracts c JOIN tenders t USING (tender_id)
      WHERE coalesce(c.kind, 'main') = 'main' AND c.amount > 0 AND t.category IS NOT NULL
      GROUP BY c.buyer_id, t.category)
"""
FEW_FIRMS = (
    "few_firms",
    Text(zh="市场上投标人本来就少", en="A market with few firms"),
    Text(zh="该采购人同类标段的投标人不超过两家。", en="No more than two firms ever bid to the buyer in the category."),
    Text(zh="该采购人同类标段有两家以上投标人。", en="More than two firms bid to the buyer in the category."),
)
NEEDS = {
    "contracts": ("buyer_id", "supplier_id", "amount", "tender_id"),
    "tenders": ("tender_id", "category"),
    "bids": ("tender_id", "bidder_id"),
}

"""Shared by several rules: parts of their SQL, and the words for what they count."""

from __future__ import annotations

from i18n import Text

THRESHOLD = "Competitive threshold in minor units (4,000,000 yuan, works under the 2018 order)."
DIRECT = "method IN ('single_source', 'negotiation')"
VALID = "price > 0 AND coalesce(status, 'valid') = 'valid'"
NO_METHOD = {"no_method": Text(zh="采购方式或估算价未知", en="the method or the estimate is unknown")}
TOO_FEW = {"too_few": Text(zh="数量太少，无从比较", en="too few to judge")}
TENDERS = Text(zh="标段", en="tenders")
OFFERS = """
WITH offers AS (
  SELECT tender_id, buyer_id, coalesce(consortium_id, bidder_id) AS party, bidder_id, bid_key, price, is_winner,
         currency, coalesce(status, 'valid') AS status, tender_key
  FROM entries WHERE status IS DISTINCT FROM 'withdrawn'
)
"""
BID_REFS = "list({'table': 'bids', 'key': bid_key} ORDER BY bid_key)"
BUYERS = Text(zh="采购人", en="buyers")
MAIN = "coalesce(c.kind, 'main') = 'main'"

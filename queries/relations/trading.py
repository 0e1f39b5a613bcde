"""Bids as they were made."""

from __future__ import annotations

from queries.relations.model import Relation

ENTRIES = Relation(
    "entries",
    """
-- A bid that was made, on the day of its tender's opening (else deadline, notice, award), and whose rules it is under:
-- `regime` is procurement (政府采购法: goods, services and uncompetitive methods of public bodies), bidding
-- (招标投标法: works, and tenders of other owners), other (auctions, listings), or both where the data do not say.
SELECT b.tender_id, b.bid_id, b.bidder_id, nullif(b.consortium_id, '') AS consortium_id, b.price, b.currency, b.status,
       coalesce(b.is_winner, false) AS is_winner, t.buyer_id, t.agent_id, t.category, t.method,
       CASE WHEN t.method IN ('auction', 'listing') THEN 'other'
            WHEN o.org_type NOT IN ('government', 'institution') THEN 'bidding'
            WHEN t.category = 'works' AND t.method IN ('open', 'invited') THEN 'bidding'
            WHEN o.org_type IS NULL OR t.category IS NULL OR t.method IS NULL THEN 'both'
            WHEN t.category IN ('works', 'goods', 'services', 'medical') THEN 'procurement'
            ELSE 'bidding' END AS regime,
       CAST(coalesce(t.opened_at, t.submission_deadline, t.published_at, CAST(t.awarded_on AS TIMESTAMP),
                     b.submitted_at) AS DATE) AS day,
       b._key AS bid_key, t._key AS tender_key
FROM bids b LEFT JOIN tenders t USING (tender_id) LEFT JOIN orgs o ON o.org_id = t.buyer_id
WHERE b.status IS DISTINCT FROM 'invited'
""",
)

TENDER_SIZES = Relation(
    "tender_sizes",
    """
-- How many different bidders each tender had.
SELECT tender_id, count(DISTINCT bidder_id) AS bidders, min(day) AS day FROM entries GROUP BY tender_id
""",
    needs=("entries",),
)

RELATIONS = (ENTRIES, TENDER_SIZES)

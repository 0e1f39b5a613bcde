"""Bids as they were made."""

from __future__ import annotations

from queries.relations.model import Relation

ENTRIES = Relation(
    "entries",
    """
-- A bid that was made, on the day of its tender's opening (else deadline, notice, award).
SELECT b.tender_id, b.bid_id, b.bidder_id, nullif(b.consortium_id, '') AS consortium_id, b.price, b.status,
       coalesce(b.is_winner, false) AS is_winner, t.buyer_id, t.agent_id,
       CAST(coalesce(t.opened_at, t.submission_deadline, t.published_at, CAST(t.awarded_on AS TIMESTAMP),
                     b.submitted_at) AS DATE) AS day,
       b._key AS bid_key, t._key AS tender_key
FROM bids b LEFT JOIN tenders t USING (tender_id)
WHERE b.status IS DISTINCT FROM 'invited'
""",
)

TENDER_SIZES = Relation(
    "tender_sizes",
    """
-- How many different bidders each tender had.
SELECT tender_id, count(DISTINCT bidder_id) AS bidders, any_value(day) AS day FROM entries GROUP BY tender_id
""",
    needs=("entries",),
)

RELATIONS = (ENTRIES, TENDER_SIZES)

"""Bids as they were made."""

from __future__ import annotations

from queries.relations.model import Relation, ref

SIGNED_WINS = Relation(
    "signed_wins",
    f"""
-- Bids that won by the contracts that were signed, with those contracts, where no bid of the tender is marked as the
-- winner: one bidder alone, or the partners of one consortium, is supplier of the tender's main contracts. A bid of
-- which it is on record that it lost did not win, nor can one that did not stand; a failed tender has no winner, a
-- framework several; and of several bids of one bidder it stays open which it was.
WITH unmarked AS (
  SELECT tender_id FROM bids GROUP BY tender_id HAVING NOT coalesce(bool_or(is_winner), false)
),
bidding AS (
  SELECT b.tender_id, b.bid_id, b.bidder_id, coalesce(nullif(b.consortium_id, ''), b.bidder_id) AS unit,
         b.is_winner IS NULL AND coalesce(b.status, 'valid') = 'valid' AS may_have_won, b._key AS bid_key
  FROM bids b SEMI JOIN unmarked USING (tender_id) LEFT JOIN tenders t USING (tender_id)
  WHERE coalesce(t.method, '') <> 'framework' AND coalesce(t.status, '') NOT IN ('failed', 'cancelled')
),
-- What a bidder itself lets is no award of the tender, even where the contract names it and not the main one.
signed AS (
  SELECT c.tender_id, c.supplier_id AS bidder_id, {ref("contracts", "c._key")} AS ref FROM contracts c
  ANTI JOIN bidding b ON b.tender_id = c.tender_id AND b.bidder_id = c.buyer_id
  WHERE coalesce(c.kind, 'main') = 'main' AND c.parent_id IS NULL
),
winners AS (
  SELECT tender_id, min(unit) AS unit, list(DISTINCT ref ORDER BY ref) AS refs
  FROM bidding JOIN signed USING (tender_id, bidder_id)
  GROUP BY tender_id HAVING min(unit) = max(unit)
)
SELECT b.bid_id, b.bid_key, w.refs FROM bidding b JOIN winners w USING (tender_id, unit) WHERE b.may_have_won
QUALIFY count(*) OVER (PARTITION BY b.tender_id, b.bidder_id) = 1
""",
)

ENTRIES = Relation(
    "entries",
    """
-- A bid that was made, on the day of its tender's opening (else deadline, notice, award), and whose rules it is under:
-- `regime` is procurement (政府采购法: goods, services and uncompetitive methods of public bodies), bidding
-- (招标投标法: works, and tenders of other owners), other (auctions, listings), or both where the data do not say.
-- `by_contract`: no bid of the tender is marked as the winner, and its contracts tell that this one won.
SELECT b.tender_id, b.bid_id, b.bidder_id, nullif(b.consortium_id, '') AS consortium_id, b.price, b.rank, b.currency,
       b.status, coalesce(b.is_winner, false) OR s.bid_id IS NOT NULL AS is_winner, s.bid_id IS NOT NULL AS by_contract,
       t.buyer_id, t.agent_id, t.category, t.method,
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
LEFT JOIN signed_wins s USING (bid_id)
WHERE b.status IS DISTINCT FROM 'invited'
""",
    needs=("signed_wins",),
)

TENDER_SIZES = Relation(
    "tender_sizes",
    """
-- How many different bidders each tender had.
SELECT tender_id, count(DISTINCT bidder_id) AS bidders, min(day) AS day FROM entries GROUP BY tender_id
""",
    needs=("entries",),
)

UNNAMED_PARTNERS = Relation(
    "unnamed_partners",
    """
-- Bids that name no consortium and look like a partner's row of one. A consortium bids once: either one partner's row
-- has its price and rank and the others have neither, or each row repeats the price with the rank or the award.
WITH told AS (
  SELECT DISTINCT tender_id, coalesce(status, 'valid') AS status, is_winner FROM entries
  WHERE price IS NOT NULL OR rank IS NOT NULL
),
one_rank AS (
  SELECT tender_id, price, rank FROM entries WHERE price IS NOT NULL AND rank IS NOT NULL
  GROUP BY ALL HAVING min(bidder_id) <> max(bidder_id)
),
-- Several firms win a framework at one price.
one_award AS (
  SELECT tender_id, price FROM entries
  WHERE price IS NOT NULL AND is_winner AND method IS DISTINCT FROM 'framework'
  GROUP BY ALL HAVING min(bidder_id) <> max(bidder_id)
)
-- Where the others that fared alike have neither, it tells nothing: many sources publish the winner's price only.
SELECT e.bid_id FROM entries e JOIN told t ON t.tender_id = e.tender_id AND t.status = coalesce(e.status, 'valid')
WHERE e.consortium_id IS NULL AND e.price IS NULL AND e.rank IS NULL AND (e.is_winner OR NOT t.is_winner)
UNION
SELECT bid_id FROM entries SEMI JOIN one_rank USING (tender_id, price, rank) WHERE consortium_id IS NULL
UNION
SELECT bid_id FROM entries SEMI JOIN one_award USING (tender_id, price) WHERE consortium_id IS NULL AND is_winner
""",
    needs=("entries",),
)

AWARDS = Relation(
    "awards",
    """
-- Work that a body gave to a firm: lots that it won, and main contracts of no tender whose bids tell the winner.
SELECT tender_id, NULL AS contract_id, buyer_id AS body_id, bidder_id AS firm_id, day, price AS amount,
       coalesce(method = 'open', false) AS open, 'bids' AS award_table, bid_key AS award_key
FROM entries WHERE is_winner AND NOT by_contract
UNION ALL
SELECT c.tender_id, c.contract_id, c.buyer_id, c.supplier_id, c.signed_on, c.amount,
       coalesce(t.method = 'open', false), 'contracts', c._key
FROM contracts c
ANTI JOIN (SELECT tender_id FROM entries WHERE is_winner AND NOT by_contract) w ON w.tender_id = c.tender_id
LEFT JOIN tenders t ON t.tender_id = c.tender_id
WHERE coalesce(c.kind, 'main') = 'main' AND c.parent_id IS NULL
""",
    needs=("entries",),
)

RELATIONS = (SIGNED_WINS, ENTRIES, TENDER_SIZES, UNNAMED_PARTNERS, AWARDS)

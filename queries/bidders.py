"""SQL that detectors of the bidders of one tender share: what `queries.groups` needs of a row, and who meets whom."""

from __future__ import annotations

from queries.detector import Sql

MEMBER = """e.tender_id, e.day, e.bidder_id, p.name AS bidder_name, e.bid_id, e.bid_key, e.consortium_id, e.regime,
       (SELECT count(consortium_id) > 0 FROM entries) AS consortia_known,
       coalesce((e.tender_id, e.consortium_id) IN (
         SELECT (tender_id, consortium_id) FROM entries WHERE consortium_id IS NOT NULL
         GROUP BY tender_id, consortium_id HAVING min(bidder_id) = max(bidder_id)), false) AS lone_partner,
       e.bid_id IN (SELECT bid_id FROM unnamed_partners) AS unnamed_partner"""
"""Columns that `queries.groups` needs, out of `entries e` and `parties p` (the bidder).

`lone_partner`: no other bidder of the tender names this bidder's consortium, so that a partner is not known as such.
`unnamed_partner`: the bid names no consortium, and looks like a further row of another's (relation `unnamed_partners`).
"""

SPREAD = """
-- Of `uses (tender_id, bidder_id, thing)`: where a thing was shared, by how many bidders it is used in all, and how
-- many pairs of them ever met in a tender. Unrelated users of one network or phone seldom meet; a ring does.
met AS (
  SELECT tender_id, thing FROM uses GROUP BY ALL HAVING min(bidder_id) <> max(bidder_id)
),
users AS (
  SELECT thing, count(DISTINCT bidder_id) AS users FROM uses SEMI JOIN met USING (thing) GROUP BY thing
),
pairs AS (
  SELECT a.thing, count(DISTINCT (a.bidder_id, b.bidder_id)) AS pairs
  FROM (SELECT DISTINCT * FROM uses SEMI JOIN met USING (tender_id, thing)) a
  JOIN (SELECT DISTINCT * FROM uses SEMI JOIN met USING (tender_id, thing)) b
    ON a.tender_id = b.tender_id AND a.thing = b.thing AND a.bidder_id < b.bidder_id
  GROUP BY a.thing
),
spread AS (
  SELECT thing, users, pairs FROM users JOIN pairs USING (thing)
)
"""

SHARED_PERSON = f"""
-- Of `terms (tender_id, bidder_id, bid_id, person_id, how, past, by_name, ref)`: persons that stand behind several
-- bidders; `by_name` where the row names the person by an id that was derived from the name.
-- Further columns, one value a person, are handed on.
several AS (
  SELECT tender_id, person_id FROM terms GROUP BY ALL HAVING min(bidder_id) <> max(bidder_id)
),
-- A past term counts only where no current one of the same person at the same bidder makes it irrelevant.
counted AS (
  SELECT * FROM terms SEMI JOIN several USING (tender_id, person_id)
  QUALIFY NOT past OR bool_and(past) OVER (PARTITION BY tender_id, bidder_id, person_id)
),
met AS (
  SELECT tender_id, person_id FROM counted GROUP BY ALL HAVING min(bidder_id) <> max(bidder_id)
)
SELECT {MEMBER},
       c.person_id AS thing, n.name AS person_name, coalesce(n.kind, 'person') AS person_kind,
       coalesce(n.org_type IN ('government', 'institution'), false) AS public_body,
       c.* EXCLUDE (tender_id, bidder_id, bid_id, person_id, how, past, by_name, ref), bool_and(c.past) AS past,
       bool_or(c.by_name OR coalesce(contains(d._derived, 'person_id'), false)) AS by_name,
       list(DISTINCT c.how ORDER BY c.how) AS hows, list(DISTINCT c.ref ORDER BY c.ref) AS refs
FROM counted c SEMI JOIN met USING (tender_id, person_id) JOIN entries e USING (bid_id)
LEFT JOIN parties p ON p.id = e.bidder_id LEFT JOIN parties n ON n.id = c.person_id
LEFT JOIN persons d ON d.person_id = c.person_id
GROUP BY ALL
ORDER BY e.tender_id, e.bidder_id, c.person_id, e.bid_id
"""
"""The end of a select of persons that stand behind several bidders; rows as `queries.groups` takes them."""


def comparable(known: str, lack: str, *, dated: bool = False) -> Sql:
    """Population of a detector that compares the bidders of a tender: `judged` with at least two of them known.

    Args:
        known: SQL of the `bid_id`s of which the compared thing is known.
        lack: the reason that counts tenders with fewer.
        dated: whether a tender without a date cannot be judged (reason `no_date`).
    """
    no_date = "count(*) FILTER (WHERE s.day IS NULL) AS no_date," if dated else ""
    day = "s.day IS NOT NULL AND" if dated else ""
    return Sql(f"""
SELECT count(*) FILTER (WHERE {day} k.tender_id IS NOT NULL) AS judged, {no_date}
       count(*) FILTER (WHERE {day} k.tender_id IS NULL) AS {lack}
FROM tender_sizes s LEFT JOIN (
  SELECT tender_id FROM entries SEMI JOIN ({known}) USING (bid_id)
  GROUP BY tender_id HAVING min(bidder_id) <> max(bidder_id)) k USING (tender_id)
WHERE s.bidders > 1
""")

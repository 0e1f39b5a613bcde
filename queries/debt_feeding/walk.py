"""The money's path in Cypher: from a payer to a beneficiary, directly or through others, forward in time."""

from __future__ import annotations

from queries.detector import Sql

# Time goes forward along a path and no party comes twice. Sums are judged afterwards (`routes`), since one sum may be
# split, or several put together, at any hop. The relation to the beneficiary must hold when the money arrives.
WALK = """
UNWIND $anchors AS a
MATCH (c:Party {id: a.creditor})-[p1:PAID]->(b:Party {id: a.payee})
WHERE p1.day >= a.first_day AND p1.day <= a.last_day AND p1.day >= a.tie_from AND p1.day <= a.tie_to
RETURN a.anchor AS anchor, [c.id, b.id] AS parties, [p1.ref] AS keys, [p1.ledger] AS ledgers, [p1.day] AS days,
       [p1.amount] AS amounts
UNION ALL
UNWIND $anchors AS a
MATCH (c:Party {id: a.creditor})-[p1:PAID]->(m:Party)-[p2:PAID]->(b:Party {id: a.payee})
WHERE $max_hops >= 1 AND m.id <> c.id AND m.id <> b.id AND m.id <> a.debtor
  AND p1.day >= a.first_day AND p1.day <= a.last_day
  AND p2.day >= p1.day AND p2.day <= p1.day + $hop_days AND p2.day >= a.tie_from AND p2.day <= a.tie_to
RETURN a.anchor AS anchor, [c.id, m.id, b.id] AS parties, [p1.ref, p2.ref] AS keys, [p1.ledger, p2.ledger] AS ledgers,
       [p1.day, p2.day] AS days, [p1.amount, p2.amount] AS amounts
UNION ALL
UNWIND $anchors AS a
MATCH (c:Party {id: a.creditor})-[p1:PAID]->(m:Party)-[p2:PAID]->(n:Party)-[p3:PAID]->(b:Party {id: a.payee})
WHERE $max_hops >= 2 AND m.id <> c.id AND m.id <> b.id AND n.id <> c.id AND n.id <> m.id AND n.id <> b.id
  AND m.id <> a.debtor AND n.id <> a.debtor
  AND p1.day >= a.first_day AND p1.day <= a.last_day
  AND p2.day >= p1.day AND p2.day <= p1.day + $hop_days
  AND p3.day >= p2.day AND p3.day <= p2.day + $hop_days AND p3.day >= a.tie_from AND p3.day <= a.tie_to
RETURN a.anchor AS anchor, [c.id, m.id, n.id, b.id] AS parties, [p1.ref, p2.ref, p3.ref] AS keys,
       [p1.ledger, p2.ledger, p3.ledger] AS ledgers, [p1.day, p2.day, p3.day] AS days,
       [p1.amount, p2.amount, p3.amount] AS amounts
UNION ALL
UNWIND $anchors AS a
MATCH (c:Party {id: a.creditor})-[p1:PAID]->(m:Party)-[p2:PAID]->(n:Party)-[p3:PAID]->(o:Party)
      -[p4:PAID]->(b:Party {id: a.payee})
WHERE $max_hops >= 3 AND m.id <> c.id AND m.id <> b.id AND n.id <> c.id AND n.id <> m.id AND n.id <> b.id
  AND o.id <> c.id AND o.id <> m.id AND o.id <> n.id AND o.id <> b.id
  AND m.id <> a.debtor AND n.id <> a.debtor AND o.id <> a.debtor
  AND p1.day >= a.first_day AND p1.day <= a.last_day
  AND p2.day >= p1.day AND p2.day <= p1.day + $hop_days
  AND p3.day >= p2.day AND p3.day <= p2.day + $hop_days
  AND p4.day >= p3.day AND p4.day <= p3.day + $hop_days AND p4.day >= a.tie_from AND p4.day <= a.tie_to
RETURN a.anchor AS anchor, [c.id, m.id, n.id, o.id, b.id] AS parties, [p1.ref, p2.ref, p3.ref, p4.ref] AS keys,
       [p1.ledger, p2.ledger, p3.ledger, p4.ledger] AS ledgers, [p1.day, p2.day, p3.day, p4.day] AS days,
       [p1.amount, p2.amount, p3.amount, p4.amount] AS amounts
"""
"""Anchors: `anchor, creditor, debtor, payee`, the days of the first payment (`first_day, last_day`) and of the last
(`tie_from, tie_to`), both included, as days since 1970-01-01."""

WALKED = {
    "anchor": "BIGINT",
    "parties": "VARCHAR[]",
    "keys": "BIGINT[]",
    "ledgers": "VARCHAR[]",
    "days": "BIGINT[]",
    "amounts": "BIGINT[]",
}
"""What `WALK` returns: the anchor, the parties from payer to beneficiary, and each payment between them."""

THEN = Sql("""
-- What the last payer of each chain had paid the beneficiary before the window of the release opened.
WITH history AS (
  SELECT w.anchor, w.payer, count(*) AS earlier, median(f.amount) AS usual, min(days(f.day)) AS earliest,
         max(days(f.day)) AS latest
  FROM (SELECT DISTINCT anchor, parties[-2] AS payer FROM walked) w
  JOIN anchors a USING (anchor)
  JOIN flows f ON f.payer_id = w.payer AND f.payee_id = a.beneficiary AND days(f.day) < a.first_day
  GROUP BY ALL
),
-- What the beneficiary had lent the creditor before the official's post began.
begun AS (
  SELECT person_id, org_id, min(valid_from) AS since FROM posts GROUP BY ALL HAVING bool_and(valid_from IS NOT NULL)
),
loans AS (
  SELECT w.anchor, sum(f.amount) AS lent, min(days(f.day)) AS lent_day,
         list({'table': f.ledger, 'key': f.key} ORDER BY f.ledger, f.key) AS refs
  FROM (SELECT DISTINCT anchor FROM walked) w JOIN anchors a USING (anchor)
  JOIN begun o ON o.person_id = a.official AND o.org_id = a.debtor
  JOIN flows f ON f.payer_id = a.beneficiary AND f.payee_id = a.creditor AND f.day < o.since
  GROUP BY ALL
),
-- Whom the money passed through. A treasury's money is nobody's in particular: what it pays is not what it received.
between_them AS (
  SELECT w.anchor, w.parties, bool_or(coalesce(p.org_type = 'government', false)) AS treasury,
         list(DISTINCT p.id ORDER BY p.id) FILTER (WHERE p.kind = 'person') AS persons
  FROM walked w, unnest(w.parties[2:-2]) AS u(party) JOIN parties p ON p.id = u.party
  GROUP BY ALL
)
SELECT a.* EXCLUDE (anchor), w.parties, w.keys, w.ledgers, w.days, w.amounts, h.earlier, h.usual, h.earliest, h.latest,
       l.lent, l.lent_day, l.refs AS lent_refs, o.since IS NOT NULL AS post_known,
       f.purpose, b.name AS beneficiary_name, b.kind AS beneficiary_kind, y.kind AS payee_kind,
       coalesce(b.org_type = 'government', false) AS to_government,
       c.name AS creditor_name, d.name AS debtor_name, q.name AS official_name, x.ref AS account_ref,
       coalesce(m.persons, []) AS persons,
       EXISTS (SELECT 1 FROM roles e WHERE e.kind = 'employee' AND e.holder_id = a.beneficiary
               AND e.org_id = a.creditor AND held(e.valid_from, e.valid_to, f.day)) AS employee
FROM walked w JOIN anchors a USING (anchor)
LEFT JOIN between_them m ON m.anchor = w.anchor AND m.parties = w.parties
JOIN flows f ON f.ledger = w.ledgers[-1] AND f.key = w.keys[-1]
LEFT JOIN account_holders x ON x.ledger = f.ledger AND x.key = f.key AND x.holder_id = a.beneficiary
LEFT JOIN history h ON h.anchor = w.anchor AND h.payer = w.parties[-2]
LEFT JOIN parties b ON b.id = a.beneficiary LEFT JOIN parties y ON y.id = a.payee
LEFT JOIN parties c ON c.id = a.creditor LEFT JOIN parties d ON d.id = a.debtor LEFT JOIN parties q ON q.id = a.official
LEFT JOIN loans l ON l.anchor = w.anchor LEFT JOIN begun o ON o.person_id = a.official AND o.org_id = a.debtor
WHERE (a.payee = a.beneficiary OR x.holder_id IS NOT NULL) AND NOT coalesce(m.treasury, false)
ORDER BY a.debt_id, a.creditor, a.beneficiary, abs(w.days[1] - a.release_day), a.release_key, w.days, w.keys,
         a.official, a.how, a.via
""")
"""Names, purposes, what the money passed through and what was paid before, for each walked chain.

Anchors need, besides what `WALK` reads: `release_key, release_day, debt_id, beneficiary` (of whom `payee` is the node
that was walked to), `official, how, via`.
"""

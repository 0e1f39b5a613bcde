"""The money's path in Cypher: from a payer to a beneficiary, directly or through others, forward in time."""

from __future__ import annotations

# Time goes forward along a path and no party comes twice. Sums are judged afterwards, since one sum may be split into
# several payments at any hop.
WALK = """
UNWIND $anchors AS a
MATCH (c:Party {id: a.creditor})-[p1:PAID]->(b:Party {id: a.beneficiary})
WHERE p1.day >= a.first_day AND p1.day <= a.last_day
RETURN a.anchor AS anchor, [c.id, b.id] AS parties, [p1.ref] AS keys, [p1.ledger] AS ledgers, [p1.day] AS days,
       [p1.amount] AS amounts
UNION ALL
UNWIND $anchors AS a
MATCH (c:Party {id: a.creditor})-[p1:PAID]->(m:Party)-[p2:PAID]->(b:Party {id: a.beneficiary})
WHERE $max_hops >= 1 AND m.id <> c.id AND m.id <> b.id AND m.id <> a.debtor
  AND p1.day >= a.first_day AND p1.day <= a.last_day
  AND p2.day >= p1.day AND p2.day <= p1.day + $hop_days AND p2.amount <= p1.amount
RETURN a.anchor AS anchor, [c.id, m.id, b.id] AS parties, [p1.ref, p2.ref] AS keys, [p1.ledger, p2.ledger] AS ledgers,
       [p1.day, p2.day] AS days, [p1.amount, p2.amount] AS amounts
UNION ALL
UNWIND $anchors AS a
MATCH (c:Party {id: a.creditor})-[p1:PAID]->(m:Party)-[p2:PAID]->(n:Party)-[p3:PAID]->(b:Party {id: a.beneficiary})
WHERE $max_hops >= 2 AND m.id <> c.id AND m.id <> b.id AND n.id <> c.id AND n.id <> m.id AND n.id <> b.id
  AND m.id <> a.debtor AND n.id <> a.debtor
  AND p1.day >= a.first_day AND p1.day <= a.last_day
  AND p2.day >= p1.day AND p2.day <= p1.day + $hop_days AND p2.amount <= p1.amount
  AND p3.day >= p2.day AND p3.day <= p2.day + $hop_days AND p3.amount <= p2.amount
RETURN a.anchor AS anchor, [c.id, m.id, n.id, b.id] AS parties, [p1.ref, p2.ref, p3.ref] AS keys,
       [p1.ledger, p2.ledger, p3.ledger] AS ledgers, [p1.day, p2.day, p3.day] AS days,
       [p1.amount, p2.amount, p3.amount] AS amounts
UNION ALL
UNWIND $anchors AS a
MATCH (c:Party {id: a.creditor})-[p1:PAID]->(m:Party)-[p2:PAID]->(n:Party)-[p3:PAID]->(o:Party)
      -[p4:PAID]->(b:Party {id: a.beneficiary})
WHERE $max_hops >= 3 AND m.id <> c.id AND m.id <> b.id AND n.id <> c.id AND n.id <> m.id AND n.id <> b.id
  AND o.id <> c.id AND o.id <> m.id AND o.id <> n.id AND o.id <> b.id
  AND m.id <> a.debtor AND n.id <> a.debtor AND o.id <> a.debtor
  AND p1.day >= a.first_day AND p1.day <= a.last_day
  AND p2.day >= p1.day AND p2.day <= p1.day + $hop_days AND p2.amount <= p1.amount
  AND p3.day >= p2.day AND p3.day <= p2.day + $hop_days AND p3.amount <= p2.amount
  AND p4.day >= p3.day AND p4.day <= p3.day + $hop_days AND p4.amount <= p3.amount
RETURN a.anchor AS anchor, [c.id, m.id, n.id, o.id, b.id] AS parties, [p1.ref, p2.ref, p3.ref, p4.ref] AS keys,
       [p1.ledger, p2.ledger, p3.ledger, p4.ledger] AS ledgers, [p1.day, p2.day, p3.day, p4.day] AS days,
       [p1.amount, p2.amount, p3.amount, p4.amount] AS amounts
"""

WALKED = {
    "anchor": "BIGINT",
    "parties": "VARCHAR[]",
    "keys": "BIGINT[]",
    "ledgers": "VARCHAR[]",
    "days": "BIGINT[]",
    "amounts": "BIGINT[]",
}
"""What `WALK` returns: the anchor, the parties from payer to beneficiary, and each payment between them."""

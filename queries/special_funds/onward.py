"""Where fund money may have gone on to: the anchors of the walk, and what judging its chains needs besides."""

from __future__ import annotations

from queries.detector import Sql

ANCHORS = Sql("""
WITH RECURSIVE received AS (
  SELECT p._key AS key, p.fund_id, p.payer_id, p.payee_id, p.amount, p.paid_on AS day, p.approver_id, f.grantor_id,
         y.kind
  FROM payments p JOIN parties y ON y.id = p.payee_id LEFT JOIN funds f USING (fund_id)
  -- A treasury's money is nobody's in particular.
  WHERE p.fund_id IS NOT NULL AND y.org_type IS DISTINCT FROM 'government' AND y.org_type IS DISTINCT FROM 'institution'
),
moving AS (
  SELECT ledger, key, payer_id, payee_id, amount, day FROM flows
  WHERE payee_id NOT IN (SELECT org_id FROM orgs WHERE org_type IN ('government', 'institution'))
),
reach AS (
  SELECT r.key, r.amount, f.ledger, f.key AS flow, f.payee_id AS node, f.day, 0 AS hops
  FROM received r JOIN moving f ON f.payer_id = r.payee_id
  WHERE f.day BETWEEN r.day AND r.day + $hop_days AND f.amount * 100 >= $part_pct * r.amount
  UNION
  SELECT r.key, r.amount, f.ledger, f.key, f.payee_id, f.day, r.hops + 1
  FROM reach r JOIN moving f ON f.payer_id = r.node
  WHERE r.hops < $max_hops AND f.day BETWEEN r.day AND r.day + $hop_days AND f.amount * 100 >= $part_pct * r.amount
),
-- The node is whom the record names, the holder whose account it was.
reached AS (
  SELECT DISTINCT key, node, node AS holder FROM reach
  UNION
  SELECT r.key, r.node, x.holder_id FROM reach r JOIN account_holders x ON x.ledger = r.ledger AND x.key = r.flow
),
-- Parties tied to those who approved the payment, or who approve or pay at its payer or at the grantor.
tied AS (
  SELECT r.key, e.node, i.party_id, i.person_id, i.how, i.valid_from, i.valid_to, i.refs
  FROM reached e JOIN received r USING (key)
  JOIN insiders i ON i.org_id IN (r.payer_id, r.grantor_id) AND i.party_id = e.holder
  UNION
  SELECT r.key, e.node, t.party_id, t.person_id, t.how, t.valid_from, t.valid_to, t.refs
  FROM reached e JOIN received r USING (key) JOIN ties t ON t.person_id = r.approver_id AND t.party_id = e.holder
),
ends AS (
  SELECT key, node, party_id AS end_id, person_id, how, valid_from, valid_to, refs FROM tied
  UNION ALL
  -- Among persons money moves for many reasons; out of a firm it should not.
  SELECT e.key, e.node, e.holder, NULL, NULL, NULL, NULL, NULL FROM reached e JOIN received r USING (key)
  JOIN persons n ON n.person_id = e.holder WHERE r.kind = 'org'
)
SELECT row_number() OVER (ORDER BY r.fund_id, r.key, e.end_id, e.node, e.person_id, e.how, e.valid_from, e.valid_to)
         AS anchor,
       r.key AS release_key, r.fund_id, r.payer_id AS debtor, r.payee_id AS creditor, r.kind AS creditor_kind,
       e.node AS payee, e.end_id AS beneficiary, e.person_id AS official, e.how, days(r.day) AS release_day,
       r.amount AS release_amount, days(r.day) AS first_day, days(r.day) + $hop_days AS last_day,
       coalesce(days(e.valid_from), -1000000) AS tie_from, coalesce(days(e.valid_to), 1000000) AS tie_to,
       e.refs AS tie_refs
FROM received r JOIN ends e USING (key)
WHERE e.end_id <> r.payee_id AND e.end_id <> r.payer_id
ORDER BY anchor
""")

THEN = Sql("""
-- What the last payer of each chain had paid the end before the fund money came.
WITH history AS (
  SELECT w.anchor, w.payer, count(*) AS earlier, median(f.amount) AS usual, min(days(f.day)) AS earliest,
         max(days(f.day)) AS latest
  FROM (SELECT DISTINCT anchor, parties[-2] AS payer FROM walked) w JOIN anchors a USING (anchor)
  JOIN flows f ON f.payer_id = w.payer AND f.payee_id = a.beneficiary AND days(f.day) < a.first_day
  GROUP BY ALL
),
through AS (
  SELECT w.anchor, w.parties, bool_or(coalesce(p.org_type IN ('government', 'institution'), false)) AS treasury,
         list(DISTINCT p.id ORDER BY p.id) FILTER (WHERE p.kind = 'person') AS persons
  FROM walked w, unnest(w.parties[2:-2]) AS u(party) JOIN parties p ON p.id = u.party GROUP BY ALL
)
SELECT a.* EXCLUDE (anchor), w.parties, w.keys, w.ledgers, w.days, w.amounts, h.earlier, h.usual, h.earliest, h.latest,
       f.purpose, coalesce(m.persons, []) AS persons, coalesce(b.kind, 'org') AS beneficiary_kind,
       b.name AS beneficiary_name, coalesce(y.kind, 'org') AS payee_kind, x.ref AS account_ref,
       c.name AS creditor_name, d.name AS debtor_name, o.name AS official_name,
       s.name AS fund_name, s._key AS fund_key,
       EXISTS (SELECT 1 FROM roles e WHERE e.kind = 'employee' AND e.holder_id = a.beneficiary
               AND e.org_id = w.parties[-2] AND held(e.valid_from, e.valid_to, f.day)) AS employee,
       k._key AS contract_key,
       -- With a tied party only a contract that was tendered is an ordinary one.
       coalesce(k.buyer_id = w.parties[-2] AND k.supplier_id = a.beneficiary AND k.signed_on <= f.day
                AND k.amount >= f.amount AND (a.official IS NULL OR k.tender_id IS NOT NULL), false) AS contracted
FROM walked w JOIN anchors a USING (anchor)
LEFT JOIN through m ON m.anchor = w.anchor AND m.parties = w.parties
JOIN flows f ON f.ledger = w.ledgers[-1] AND f.key = w.keys[-1]
LEFT JOIN account_holders x ON x.ledger = f.ledger AND x.key = f.key AND x.holder_id = a.beneficiary
LEFT JOIN payments p ON w.ledgers[-1] = 'payments' AND p._key = w.keys[-1]
LEFT JOIN contracts k ON k.contract_id = p.contract_id
LEFT JOIN history h ON h.anchor = w.anchor AND h.payer = w.parties[-2]
LEFT JOIN funds s ON s.fund_id = a.fund_id
LEFT JOIN parties b ON b.id = a.beneficiary LEFT JOIN parties y ON y.id = a.payee
LEFT JOIN parties c ON c.id = a.creditor LEFT JOIN parties d ON d.id = a.debtor LEFT JOIN parties o ON o.id = a.official
WHERE NOT coalesce(m.treasury, false) AND (a.payee = a.beneficiary OR x.holder_id IS NOT NULL)
ORDER BY a.fund_id, a.creditor, a.release_day, a.release_key, a.beneficiary, w.days, w.keys, a.official, a.how,
         a.tie_from, a.tie_to
""")

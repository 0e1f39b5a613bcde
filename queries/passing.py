"""SQL of money that a contractor passes on: what it was paid under a contract, and whom it paid soon after."""

from __future__ import annotations

PASSED_ON = """
-- Main contracts with what their contractor was paid under them.
mains AS (
  SELECT c.contract_id, c._key AS key, c.buyer_id, c.supplier_id, c.amount, c.tender_id, c.project_id, c.signed_on
  FROM contracts c WHERE coalesce(c.kind, 'main') = 'main' AND c.parent_id IS NULL
),
receipts AS (
  SELECT m.contract_id, m.buyer_id, m.supplier_id, p.amount, p.paid_on AS day, p._key AS key
  FROM mains m JOIN payments p ON p.contract_id = m.contract_id AND p.payee_id = m.supplier_id AND p.amount > 0
),
received AS (
  SELECT contract_id, supplier_id, sum(amount) AS received, min(day) AS first_day
  FROM receipts GROUP BY ALL
),
-- What the contractor paid out soon after a receipt, except under another main contract of its own.
outflows AS (
  SELECT p.payer_id, p.payee_id, p.amount, p.paid_on AS day, p.purpose, 'payments' AS ledger, p._key AS key,
         CASE WHEN c.parent_id IS NULL THEN p.contract_id ELSE c.parent_id END AS under_id
  FROM payments p LEFT JOIN contracts c USING (contract_id)
  UNION ALL
  SELECT from_id, to_id, amount, "date", basis, 'transfers', _key, NULL FROM transfers
),
-- An outflow comes out of the receipts of the days before it, of each in proportion to its size.
soon AS (
  SELECT r.contract_id, r.supplier_id, r.key AS receipt_key, r.amount AS receipt, o.payee_id, o.purpose, o.day,
         o.ledger, o.key,
         CAST(CAST(o.amount AS HUGEINT) * r.amount
              // sum(r.amount) OVER (PARTITION BY o.ledger, o.key) AS BIGINT) AS amount
  FROM receipts r JOIN outflows o ON o.payer_id = r.supplier_id AND o.day BETWEEN r.day AND r.day + $pass_days
  WHERE o.payee_id NOT IN (r.supplier_id, r.buyer_id) AND coalesce(o.under_id = r.contract_id, true)
),
-- Of each receipt no more than all of it is passed on: a single large purchase passes on no stream of receipts.
by_receipt AS (
  SELECT contract_id, payee_id, receipt_key, least(sum(amount), any_value(receipt)) AS passed
  FROM soon GROUP BY ALL
),
passed AS (
  SELECT s.*, r.passed
  FROM (SELECT contract_id, supplier_id, payee_id, sum(amount) AS paid_out, min(day) AS pass_from, max(day) AS pass_to
        FROM soon GROUP BY ALL) s
  JOIN (SELECT contract_id, payee_id, sum(passed) AS passed FROM by_receipt GROUP BY ALL) r
    USING (contract_id, payee_id)
)
"""
"""Common table expressions `mains`, `received`, `passed` and, payment by payment, `receipts` and `soon`.

The detector has a parameter `pass_days`.
"""

PASSED_ON_ROWS = """
receipt_rows AS (
  SELECT contract_id, list({'table': 'payments', 'key': key} ORDER BY key) AS receipt_refs
  FROM receipts SEMI JOIN found USING (contract_id) GROUP BY contract_id
),
pass_rows AS (
  SELECT contract_id, payee_id, list(DISTINCT purpose ORDER BY purpose) AS purposes,
         count(purpose) < count(*) AS purpose_missing,
         list(DISTINCT {'table': ledger, 'key': key} ORDER BY {'table': ledger, 'key': key}) AS pass_refs
  FROM soon SEMI JOIN found USING (contract_id, payee_id) GROUP BY ALL
)
"""
"""Common table expressions `receipt_rows` and `pass_rows`: the payments behind `found (contract_id, payee_id)` only."""

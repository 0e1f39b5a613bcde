"""The arrears ledger beside the payments that bear it out."""

from __future__ import annotations

from queries.relations.model import Relation

REPAYMENTS = Relation(
    "repayments",
    """
-- What bears out that a debt became smaller: payments (money, bills, offsets, in kind), assets given for it, and the
-- claim's assignment by the creditor, which settles the debt towards that creditor only. `means`: money, offset,
-- in_kind, assignment. An asset that is booked as a payment in kind as well counts once, as booked; so it does where
-- payments make up the whole debt without it, and one of them is of unknown form.
WITH booked AS (
  SELECT r.debt_id, bool_or(p.form = 'in_kind') AS in_kind, bool_or(p.form IS NULL) AS unknown, sum(r.amount) AS amount
  FROM releases r JOIN payments p ON p._key = r.key GROUP BY r.debt_id
)
SELECT r.debt_id, r.day, r.amount, CASE WHEN p.form IN ('offset', 'in_kind') THEN p.form ELSE 'money' END AS means,
       'payments' AS ledger, r.key
FROM releases r JOIN payments p ON p._key = r.key
UNION ALL
SELECT a.debt_id, a.disposed_on, coalesce(a.price, a.appraised), 'in_kind', 'asset_disposals', a._key
FROM asset_disposals a JOIN debts d ON d.debt_id = a.debt_id AND d.creditor_id = a.acquirer_id
LEFT JOIN booked b ON b.debt_id = a.debt_id
WHERE NOT coalesce(b.in_kind OR (b.unknown AND b.amount >= d.amount), false)
UNION ALL
SELECT c.debt_id, c.agreed_on, coalesce(c.face, d.amount), 'assignment', 'claim_transfers', c._key
FROM claim_transfers c JOIN debts d ON d.debt_id = c.debt_id AND d.creditor_id = c.assignor_id
""",
    needs=("releases",),
)

LEDGER_MONTHS = Relation(
    "ledger_months",
    """
-- The monthly reports with the month's first and last day, each beside the report before it.
SELECT r.debt_id, r.period, CAST(r.period || '-01' AS DATE) AS first_day,
       last_day(CAST(r.period || '-01' AS DATE)) AS last_day,
       r.opening, r.added, r.repaid, r.closing, r.disputed, r.status, r._key AS key,
       lag(r.period) OVER w AS previous_period, lag(r.closing) OVER w AS previous_closing,
       lag(r.disputed) OVER w AS previous_disputed, lag(r._key) OVER w AS previous_key
FROM debt_reports r
WINDOW w AS (PARTITION BY r.debt_id ORDER BY r.period)
""",
)

UNMATCHED = Relation(
    "unmatched",
    """
-- Payments from a debt's debtor to its creditor, or to whoever bought the claim, that may repay it, but name no debt:
-- nor (where the debt names one) a contract, or its own contract, where it is unknown when the debt was registered.
-- Assets given to the creditor without naming a debt may settle it too; `day` is empty where theirs is unknown.
WITH claimants AS (
  SELECT debt_id, creditor_id AS claimant_id FROM debts UNION SELECT debt_id, assignee_id FROM claim_transfers
)
SELECT d.debt_id, p.paid_on AS day, p.amount, 'payments' AS ledger, p._key AS key
FROM debts d JOIN claimants c USING (debt_id)
JOIN payments p ON p.payer_id = d.debtor_id AND p.payee_id = c.claimant_id
WHERE p.debt_id IS NULL AND (p.contract_id IS NULL OR d.contract_id IS NULL OR (
  d.registered_on IS NULL AND p.contract_id = d.contract_id AND coalesce(p.paid_on >= d.accepted_on, true)
  AND coalesce(p.paid_on < d.due_on, true)))
UNION ALL
SELECT d.debt_id, a.disposed_on, coalesce(a.price, a.appraised), 'asset_disposals', a._key
FROM debts d JOIN asset_disposals a ON a.disposer_id = d.debtor_id AND a.acquirer_id = d.creditor_id
WHERE a.debt_id IS NULL
""",
)

RELATIONS = (REPAYMENTS, LEDGER_MONTHS, UNMATCHED)

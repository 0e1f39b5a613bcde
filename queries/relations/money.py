"""Money on its way, and who decided on it."""

from __future__ import annotations

from queries.relations.model import Relation, ref

FLOWS = Relation(
    "flows",
    """
-- Money that went from one party to another: ledger payments and authorised account transfers.
SELECT payer_id, payee_id, amount, paid_on AS day, purpose, 'payments' AS ledger, _key AS key FROM payments
UNION ALL
SELECT from_id, to_id, amount, "date", basis, 'transfers', _key FROM transfers
""",
)

RELEASES = Relation(
    "releases",
    """
-- Payments that repay a debt of the arrears ledger: named in the payment, or by the contract between the two parties.
SELECT p.payment_id, p.payer_id AS debtor_id, p.payee_id AS creditor_id, p.amount, p.paid_on AS day, p.approver_id,
       d.debt_id, d._key AS debt_key, p._key AS key
FROM payments p JOIN debts d ON d.debt_id = p.debt_id
UNION ALL
SELECT p.payment_id, p.payer_id, p.payee_id, p.amount, p.paid_on, p.approver_id, d.debt_id, d._key, p._key
FROM payments p
JOIN debts d ON d.contract_id = p.contract_id AND d.debtor_id = p.payer_id AND d.creditor_id = p.payee_id
WHERE p.debt_id IS NULL AND p.paid_on >= coalesce(d.registered_on, d.due_on)
""",
)

DECIDERS = Relation(
    "deciders",
    f"""
-- Officials who decide on a release: its approver, and holders of power to approve or pay at the debtor on that day.
SELECT key, person_id, refs FROM (
  SELECT r.key, r.approver_id AS person_id, [{ref("payments", "r.key")}] AS refs
  FROM releases r WHERE r.approver_id IS NOT NULL
  UNION ALL
  SELECT r.key, o.person_id, [{ref("posts", "o._key")}]
  FROM releases r JOIN posts o ON o.org_id = r.debtor_id AND held(o.valid_from, o.valid_to, r.day)
  WHERE regexp_matches(o.powers, '(^|;)(approve|pay)(;|$)'))
QUALIFY row_number() OVER (PARTITION BY key, person_id ORDER BY refs) = 1
""",
    needs=("releases",),
)

RELATIONS = (FLOWS, RELEASES, DECIDERS)

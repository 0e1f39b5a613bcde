"""Money on its way, and who decided on it."""

from __future__ import annotations

from queries.relations.model import Relation, ref

FLOWS = Relation(
    "flows",
    """
-- Money that went from one party to another: ledger payments and authorised account transfers.
SELECT payer_id, payee_id, amount, paid_on AS day, purpose, 'payments' AS ledger, _key AS key, payee_account
FROM payments
UNION ALL
SELECT from_id, to_id, amount, "date", basis, 'transfers', _key, to_account FROM transfers
""",
)

ACCOUNT_HOLDERS = Relation(
    "account_holders",
    f"""
-- Whose account the money really went to, where the record names another payee. Accounts of more than 8 owners, which
-- a bookkeeper or a collecting agent may keep, say nothing.
SELECT f.ledger, f.key, f.payer_id, f.payee_id, c.owner_id AS holder_id, f.day, {ref("contacts", "c._key")} AS ref
FROM flows f
JOIN (SELECT *, count(DISTINCT owner_id) OVER (PARTITION BY value) AS owners FROM contacts WHERE kind = 'account') c
  ON c.value = f.payee_account AND c.owner_id <> f.payee_id AND held(c.valid_from, c.valid_to, f.day)
WHERE c.owners <= 8
""",
    needs=("flows",),
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

FAVOURS = Relation(
    "favours",
    """
-- Releases to a party that is tied, on the day, to an official who decided on them: the approver, or a holder of power
-- to approve or pay at the debtor.
SELECT r.key, r.debt_id, r.debt_key, r.debtor_id, r.creditor_id, r.amount, r.day, d.person_id, t.how, t.via_id,
       list_concat(d.refs, t.refs) AS refs
FROM releases r JOIN deciders d USING (key)
JOIN ties t ON t.person_id = d.person_id AND t.party_id = r.creditor_id AND held(t.valid_from, t.valid_to, r.day)
""",
    needs=("releases", "deciders", "ties"),
)

FAVOURED_DEBTS = Relation(
    "favoured_debts",
    """
-- Favours by debt and payee, with the officials `{id, name, how}` and the source rows of the ties and of their power.
SELECT f.debt_id, f.creditor_id, list_sort(list_distinct(list({'id': f.person_id, 'name': p.name, 'how': f.how})))
       AS officials, list_sort(list_distinct(flatten(list(f.refs)))) AS tie_refs
FROM favours f LEFT JOIN parties p ON p.id = f.person_id
GROUP BY ALL
""",
    needs=("favours", "parties"),
)

INSIDERS = Relation(
    "insiders",
    f"""
-- Parties tied to a holder of power to approve or pay at a body, while both the post and the tie hold.
SELECT o.org_id, t.party_id, o.person_id, t.how, greatest(o.valid_from, t.valid_from) AS valid_from,
       least(o.valid_to, t.valid_to) AS valid_to, list_prepend({ref("posts", "o._key")}, t.refs) AS refs
FROM posts o JOIN ties t USING (person_id)
WHERE regexp_matches(o.powers, '(^|;)(approve|pay)(;|$)')
  AND coalesce(greatest(o.valid_from, t.valid_from), DATE '0001-01-01')
      <= coalesce(least(o.valid_to, t.valid_to), DATE '9999-12-31')
""",
    needs=("ties",),
)

RELATIONS = (FLOWS, ACCOUNT_HOLDERS, RELEASES, DECIDERS, FAVOURS, FAVOURED_DEBTS, INSIDERS)

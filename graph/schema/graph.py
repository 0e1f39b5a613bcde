"""The graph: which rows become nodes and edges.

The queries read the views that `graph.tables.open_tables` makes: every canonical table, present or not, with the
macro `days(date)` (days since 1970-01-01) and the provenance columns. A reference to a row that no table has
becomes a stub node, so that no edge is lost.

    (:Party)-[:OWNS {share_pct}]->(:Party)          (:Party)-[:ROLE {kind}]->(:Party)
    (:Party)-[:POST {powers}]->(:Party)             (:Party)-[:KIN {relation}]->(:Party)
    (:Party)-[:PART_OF]->(:Party)                   (:Party)-[:USES]->(:Contact)
    (:Party)-[:BUYS]->(:Tender)                     (:Party)-[:SUBMITTED]->(:Bid)-[:BID_FOR]->(:Tender)
    (:Party)-[:AGENT_OF]->(:Tender)                 (:Party)-[:EVALUATED]->(:Tender)
    (:Tender)-[:PART_OF_PROJECT]->(:Project)        (:Party)-[:MEMBER_OF_TEAM]->(:Bid)
    (:Party)-[:PAID_DEPOSIT]->(:Bid)                (:Bid)-[:MADE_WITH]->(:Device)
    (:Party)-[:LETS]->(:Contract)-[:SUPPLIED_BY]->(:Party)
    (:Party)-[:PAID {amount, day}]->(:Party)        payments and transfers, the money's own path
    (:Payment)-[:PAID_BY]->(:Party)                 (:Payment)-[:PAID_TO]->(:Party)
    (:Payment)-[:SETTLES]->(:Debt)                  (:Party)-[:APPROVED]->(:Payment)
    (:Party)-[:OWES]->(:Debt)-[:OWED_TO]->(:Party)
"""

from __future__ import annotations

from graph.schema.model import Edge, Node

_VALID = "days(valid_from) AS from_day, days(valid_to) AS to_day"


def _edge(name: str, ends: str, query: str, properties: str, doc: str) -> Edge:
    source, target = ends.split(" -> ")
    return Edge(name, source, target, query, tuple(properties.split()), doc)


def _reference(name: str, ends: str, table: str, source: str, target: str, doc: str) -> Edge:
    """An edge that is one foreign key of a table: from the column `source` to the column `target`."""
    query = (
        f"SELECT {source} AS source, {target} AS target, _key AS ref FROM {table} "
        f"WHERE {source} IS NOT NULL AND {target} IS NOT NULL"
    )
    return _edge(name, ends, query, "", doc)


CODES = {
    **{name: name for name in ("ip", "mac", "cpu_sn", "disk_sn", "lock_no", "file_id", "ca_no", "file_md5")},
    "machine": "mac || '|' || cpu_sn || '|' || disk_sn",
}
"""Codes of `bid_devices` that name a machine or a file, as SQL; `machine` is the three serial numbers together."""

_SHARED = " UNION ALL ".join(
    f"SELECT '{code}' AS code, {code} AS value FROM used WHERE {code} IS NOT NULL GROUP BY {code} "
    "HAVING min(bidder_id) <> max(bidder_id)"
    for code in CODES
)
_USES = " UNION ALL ".join(
    f"SELECT u.bid_id, u.bidder_id, u.stage, u.on_site, u.ref, s.code, s.value "
    f"FROM used u JOIN shared s ON s.code = '{code}' AND s.value = u.{code}"
    for code in CODES
)
_NAMED = ", ".join(f"{sql} AS {code}" for code, sql in CODES.items())
SHARED_CODES = (
    f"WITH used AS MATERIALIZED (SELECT bid_id, bidder_id, stage, on_site, d._key AS ref, {_NAMED} "
    f"FROM bid_devices d JOIN bids b USING (bid_id)), shared AS MATERIALIZED ({_SHARED}) {_USES}"
)
"""The view `shared_codes`: each use of a code that more than one bidder used."""

USED_CONTACTS = """
WITH listed AS MATERIALIZED (
  SELECT owner_id, kind, value, valid_from, valid_to, 'contacts' AS ledger, _key FROM contacts)
FROM listed
UNION ALL
SELECT org_id, 'address', address, NULL, NULL, 'orgs', _key FROM orgs
WHERE address IS NOT NULL AND org_id NOT IN (SELECT owner_id FROM listed WHERE kind = 'address')
"""
"""Contacts of parties: those listed, and the registered address of organisations for which none is listed."""

NODES = (
    Node(
        "Party",
        "SELECT org_id AS id, name, 'org' AS kind, org_type, size, region, uscc, status, _key AS ref FROM orgs",
        ("name", "kind", "org_type", "size", "region", "uscc", "status"),
        "An organisation: public body, firm, agent.",
        labels=("Org",),
    ),
    Node(
        "Party",
        "SELECT person_id AS id, name, 'person' AS kind, _key AS ref FROM persons",
        ("name", "kind"),
        "A person. Two persons of one name are two nodes.",
        labels=("Person",),
    ),
    Node(
        "Contact",
        "SELECT contact_id(kind, value) AS id, kind, count(DISTINCT owner_id) AS owners "
        f"FROM ({USED_CONTACTS}) GROUP BY ALL",
        ("kind", "owners"),
        "A phone, e-mail, address or account. Its id is a keyed hash: the number itself stays in the tables.",
    ),
    Node(
        "Project",
        "SELECT project_id AS id, name, budget, must_tender, region, _key AS ref FROM projects",
        ("name", "budget", "must_tender", "region"),
        "A project, which tenders carry out in parts.",
    ),
    Node(
        "Tender",
        "SELECT tender_id AS id, title AS name, category, method, status, ceiling_price, region, "
        "days(published_at) AS published_day, days(opened_at) AS opened_day, days(awarded_on) AS awarded_day, "
        "_key AS ref FROM tenders",
        (
            "name",
            "category",
            "method",
            "status",
            "ceiling_price",
            "region",
            "published_day",
            "opened_day",
            "awarded_day",
        ),
        "One lot (标段 or 包): what bids are made for.",
    ),
    Node(
        "Bid",
        "SELECT bid_id AS id, price, status, rank, is_winner, consortium_id, _key AS ref FROM bids",
        ("price", "status", "rank", "is_winner", "consortium_id"),
        "One bid of one bidder for one tender.",
    ),
    Node(
        "Device",
        "SELECT device_id(code, value) AS id, code, count(DISTINCT bidder_id) AS bidders "
        "FROM shared_codes GROUP BY code, value",
        ("code", "bidders"),
        "A machine or file code met in bids of more than one bidder.",
    ),
    Node(
        "Contract",
        "SELECT contract_id AS id, amount, kind, scope, days(signed_on) AS signed_day, _key AS ref FROM contracts",
        ("amount", "kind", "scope", "signed_day"),
        "A contract, main, sub or supplement.",
    ),
    Node(
        "Payment",
        "SELECT payment_id AS id, amount, days(paid_on) AS day, form, purpose, _key AS ref FROM payments",
        ("amount", "day", "form", "purpose"),
        "One payment out of a ledger, with its approval.",
    ),
    Node(
        "Debt",
        "SELECT debt_id AS id, amount, days(due_on) AS due_day, disputed, _key AS ref FROM debts",
        ("amount", "due_day", "disputed"),
        "One entry of the arrears ledger.",
    ),
    Node(
        "Fund",
        "SELECT fund_id AS id, name, amount, allowed_use, days(granted_on) AS granted_day, _key AS ref FROM funds",
        ("name", "amount", "allowed_use", "granted_day"),
        "A special fund with its allowed use.",
    ),
)

EDGES = (
    _edge(
        "OWNS",
        "Party -> Party",
        f"SELECT holder_id AS source, org_id AS target, share_pct, {_VALID}, _key AS ref "
        "FROM roles WHERE kind = 'shareholder'",
        "share_pct from_day to_day",
        "A holder owns a share of a firm.",
    ),
    _edge(
        "ROLE",
        "Party -> Party",
        f"SELECT holder_id AS source, org_id AS target, kind, {_VALID}, _key AS ref "
        "FROM roles WHERE kind <> 'shareholder' "
        "UNION ALL SELECT legal_rep_id, org_id, 'legal_rep', NULL, NULL, _key FROM orgs WHERE legal_rep_id IS NOT NULL",
        "kind from_day to_day",
        "A person or firm holds a role in a firm.",
    ),
    _edge(
        "POST",
        "Party -> Party",
        f"SELECT person_id AS source, org_id AS target, title, rank, powers, {_VALID}, _key AS ref FROM posts",
        "title rank powers from_day to_day",
        "An official holds a post in a public body, with powers.",
    ),
    _edge(
        "KIN",
        "Party -> Party",
        f"SELECT person_a AS source, person_b AS target, relation, {_VALID}, _key AS ref FROM kinship",
        "relation from_day to_day",
        "Two persons are kin or have a specific relation; no direction is meant.",
    ),
    _reference("PART_OF", "Party -> Party", "orgs", "org_id", "parent_org_id", "A body belongs to a higher one."),
    _edge(
        "USES",
        "Party -> Contact",
        f"SELECT owner_id AS source, contact_id(kind, value) AS target, {_VALID}, _key AS ref FROM ({USED_CONTACTS})",
        "from_day to_day",
        "A party is reached, or paid, there.",
    ),
    _reference("BUYS", "Party -> Tender", "tenders", "buyer_id", "tender_id", "A body invites the tender."),
    _reference("AGENT_OF", "Party -> Tender", "tenders", "agent_id", "tender_id", "An agent runs the tender."),
    _reference(
        "PART_OF_PROJECT",
        "Tender -> Project",
        "tenders",
        "tender_id",
        "project_id",
        "A tender serves a project.",
    ),
    _reference("SUBMITTED", "Party -> Bid", "bids", "bidder_id", "bid_id", "A bidder made the bid."),
    _reference("BID_FOR", "Bid -> Tender", "bids", "bid_id", "tender_id", "The bid is for the tender."),
    _reference("HANDLED", "Party -> Bid", "bids", "handler_id", "bid_id", "A person operated the bid."),
    _edge(
        "MEMBER_OF_TEAM",
        "Party -> Bid",
        "SELECT person_id AS source, bid_id AS target, role, _key AS ref FROM bid_members",
        "role",
        "A person stands in the bid's project team.",
    ),
    _edge(
        "MADE_WITH",
        "Bid -> Device",
        "SELECT bid_id AS source, device_id(code, value) AS target, stage, on_site, ref FROM shared_codes",
        "stage on_site",
        "The bid was made with the machine or file, at a stage.",
    ),
    _edge(
        "PAID_DEPOSIT",
        "Party -> Bid",
        "SELECT payer_id AS source, bid_id AS target, amount, form, days(paid_at) AS day, _key AS ref "
        "FROM bid_deposits WHERE payer_id IS NOT NULL",
        "amount form day",
        "A payer put down the bid's deposit.",
    ),
    _edge(
        "EVALUATED",
        "Party -> Tender",
        "SELECT expert_id AS source, tender_id AS target, bool_or(is_owner_rep) AS is_owner_rep, "
        "min(_key) AS ref FROM evaluations GROUP BY ALL",
        "is_owner_rep",
        "An expert or owner's representative sat on the tender's panel.",
    ),
    _reference("LETS", "Party -> Contract", "contracts", "buyer_id", "contract_id", "A body lets the contract."),
    _reference(
        "SUPPLIED_BY",
        "Contract -> Party",
        "contracts",
        "contract_id",
        "supplier_id",
        "A supplier carries it out.",
    ),
    _reference(
        "FOLLOWS_FROM",
        "Contract -> Tender",
        "contracts",
        "contract_id",
        "tender_id",
        "The award behind a contract.",
    ),
    _reference(
        "PART_OF_CONTRACT",
        "Contract -> Contract",
        "contracts",
        "contract_id",
        "parent_id",
        "A subcontract or supplement under another contract.",
    ),
    _edge(
        "PAID",
        "Party -> Party",
        "SELECT payer_id AS source, payee_id AS target, amount, days(paid_on) AS day, purpose, "
        "'payments' AS ledger, _key AS ref FROM payments UNION ALL "
        "SELECT from_id, to_id, amount, days(\"date\"), basis, 'transfers', _key FROM transfers",
        "amount day purpose ledger",
        "Money went from one party to another: a payment, or a transfer of an authorised account query.",
    ),
    _reference("PAID_BY", "Payment -> Party", "payments", "payment_id", "payer_id", "Who paid."),
    _reference("PAID_TO", "Payment -> Party", "payments", "payment_id", "payee_id", "Who was paid."),
    _reference("SETTLES", "Payment -> Debt", "payments", "payment_id", "debt_id", "The payment repays a debt."),
    _reference("UNDER_CONTRACT", "Payment -> Contract", "payments", "payment_id", "contract_id", "What was paid for."),
    _reference(
        "FROM_FUND",
        "Payment -> Fund",
        "payments",
        "payment_id",
        "fund_id",
        "The money is special-fund money.",
    ),
    _reference("APPROVED", "Party -> Payment", "payments", "approver_id", "payment_id", "An official approved it."),
    _reference("OWES", "Party -> Debt", "debts", "debtor_id", "debt_id", "A body owes the debt."),
    _reference("OWED_TO", "Debt -> Party", "debts", "debt_id", "creditor_id", "A firm is owed the debt."),
    _reference("ARISES_FROM", "Debt -> Contract", "debts", "debt_id", "contract_id", "The contract behind a debt."),
    _edge(
        "ASSIGNED",
        "Party -> Party",
        "SELECT assignor_id AS source, assignee_id AS target, debt_id, face, price, days(agreed_on) AS day, "
        "_key AS ref FROM claim_transfers",
        "debt_id face price day",
        "A creditor sold its claim.",
    ),
    _edge(
        "DISPOSED",
        "Party -> Party",
        "SELECT disposer_id AS source, acquirer_id AS target, asset_id, appraised, price, method, "
        "days(disposed_on) AS day, _key AS ref FROM asset_disposals",
        "asset_id appraised price method day",
        "A body disposed of an asset to an acquirer.",
    ),
    _reference("GRANTED", "Party -> Fund", "funds", "grantor_id", "fund_id", "A body granted the fund."),
    _reference("GRANTED_TO", "Fund -> Party", "funds", "fund_id", "recipient_id", "A party received the fund."),
)

STANDS_FOR: dict[str, tuple[str, ...]] = {
    "Party": ("party", "orgs", "persons"),
    "Project": ("projects",),
    "Tender": ("tenders",),
    "Bid": ("bids",),
    "Contract": ("contracts",),
    "Debt": ("debts",),
    "Fund": ("funds",),
}
"""Which references a label's stub nodes stand for."""

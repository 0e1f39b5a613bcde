"""Parties, who heads and owns them, and whom a person is tied to."""

from __future__ import annotations

from graph.schema import USED_CONTACTS
from queries.relations.model import Relation, ref

PARTIES = Relation(
    "parties",
    """
-- Every party that a table describes, with its name. A party that is only referred to is not here.
SELECT org_id AS id, name, 'org' AS kind, org_type FROM orgs
UNION ALL SELECT person_id, name, 'person', NULL FROM persons
""",
)

SHARED_CONTACTS = Relation(
    "shared_contacts",
    f"""
-- A phone, e-mail, address or account of more than one owner, with how many owners it has in all.
WITH used AS MATERIALIZED ({USED_CONTACTS}),
shared AS (SELECT kind, value, count(DISTINCT owner_id) AS owners FROM used GROUP BY kind, value
           HAVING min(owner_id) <> max(owner_id))
SELECT kind, value, owner_id, valid_from, valid_to, {{'table': ledger, 'key': _key}} AS ref, owners
FROM used JOIN shared USING (kind, value)
""",
)

HEADS = Relation(
    "heads",
    f"""
-- Who heads a firm: dated roles of legal representative, and the register's own field for firms without any. A firm
-- has one legal representative at a time: a term without an end ends the day before the next one begins.
SELECT holder_id AS person_id, org_id, valid_from,
       coalesce(valid_to, min(valid_from) OVER (PARTITION BY org_id ORDER BY valid_from
                                                RANGE BETWEEN INTERVAL 1 DAY FOLLOWING AND UNBOUNDED FOLLOWING) - 1)
         AS valid_to, {ref("roles")} AS ref
FROM roles WHERE kind = 'legal_rep'
UNION ALL
SELECT legal_rep_id, org_id, NULL, NULL, {ref("orgs")} FROM orgs
WHERE legal_rep_id IS NOT NULL AND org_id NOT IN (SELECT org_id FROM roles WHERE kind = 'legal_rep')
""",
)

STAKES = Relation(
    "stakes",
    f"""
-- One link of ownership or control: `share` in percent, `control` where more than half is held or control is recorded.
SELECT holder_id, org_id, coalesce(share_pct, 0) AS share, kind = 'actual_controller' OR share_pct > 50 AS control,
       valid_from, valid_to, {ref("roles")} AS ref
FROM roles WHERE kind = 'actual_controller' OR (kind = 'shareholder' AND share_pct > 0)
""",
)

CHAINS = Relation(
    "chains",
    """
-- Chains of stakes down from a holder to a firm, of at most 6 links, no firm twice: `product` of the shares in
-- percent, `control` where each link controls. Stakes below 5 % are left out: they cannot carry control down.
WITH RECURSIVE chain AS (
  SELECT holder_id AS top_id, org_id, share AS product, control, 1 AS links, [holder_id, org_id] AS path, [ref] AS refs,
         valid_from, valid_to
  FROM stakes WHERE control OR share >= 5
  UNION ALL
  SELECT s.holder_id, c.org_id, s.share * c.product / 100, s.control AND c.control, c.links + 1,
         list_prepend(s.holder_id, c.path), list_prepend(s.ref, c.refs),
         greatest(s.valid_from, c.valid_from), least(s.valid_to, c.valid_to)
  FROM chain c JOIN stakes s ON s.org_id = c.top_id
  WHERE (s.control OR s.share >= 5) AND c.links < 6 AND NOT list_contains(c.path, s.holder_id)
    AND coalesce(greatest(s.valid_from, c.valid_from), DATE '0001-01-01')
        <= coalesce(least(s.valid_to, c.valid_to), DATE '9999-12-31'))
SELECT * FROM chain
""",
    needs=("stakes",),
)

TIES = Relation(
    "ties",
    f"""
-- Which parties a person is tied to: the person, firms where the person holds a role (or at least 5 %), kin, firms of
-- kin, and owners of a phone, address or account that the person shares with at most 8 owners.
WITH roles_held AS (
  SELECT holder_id AS person_id, org_id AS party_id, kind AS how, valid_from, valid_to, [{ref("roles")}] AS refs
  -- Legal representatives are among the heads.
  FROM roles WHERE kind NOT IN ('employee', 'legal_rep') AND (kind <> 'shareholder' OR share_pct >= 5)
  UNION ALL
  SELECT person_id, org_id, 'legal_rep', valid_from, valid_to, [ref] FROM heads
),
kin AS (
  SELECT person_a AS person_id, person_b AS kin_id, coalesce(relation, 'kin') AS relation, valid_from, valid_to,
         {ref("kinship")} AS ref FROM kinship
  UNION ALL
  SELECT person_b, person_a, coalesce(relation, 'kin'), valid_from, valid_to, {ref("kinship")} FROM kinship
)
SELECT person_id, person_id AS party_id, 'self' AS how, NULL AS via_id, CAST(NULL AS DATE) AS valid_from,
       CAST(NULL AS DATE) AS valid_to, [{ref("persons")}] AS refs
FROM persons
UNION ALL
SELECT person_id, party_id, how, via_id, valid_from, valid_to, min(refs)
FROM (
  SELECT person_id, party_id, how, NULL AS via_id, valid_from, valid_to, refs FROM roles_held
  UNION ALL
  SELECT person_id, kin_id, relation, NULL, valid_from, valid_to, [ref] FROM kin
  UNION ALL
  SELECT k.person_id, r.party_id, k.relation || ':' || r.how, k.kin_id, greatest(k.valid_from, r.valid_from),
         least(k.valid_to, r.valid_to), list_prepend(k.ref, r.refs)
  FROM kin k JOIN roles_held r ON r.person_id = k.kin_id
  UNION ALL
  SELECT a.owner_id, b.owner_id, 'shared_' || a.kind, NULL, greatest(a.valid_from, b.valid_from),
         least(a.valid_to, b.valid_to),
         [a.ref, b.ref]
  FROM shared_contacts a JOIN shared_contacts b ON a.kind = b.kind AND a.value = b.value AND a.owner_id <> b.owner_id
  JOIN persons p ON p.person_id = a.owner_id
  WHERE a.owners <= 8
)
WHERE coalesce(valid_from, DATE '0001-01-01') <= coalesce(valid_to, DATE '9999-12-31')
GROUP BY ALL
""",
    needs=("shared_contacts", "heads"),
)

RELATIONS = (PARTIES, SHARED_CONTACTS, HEADS, STAKES, CHAINS, TIES)

"""Payments of fund money whose purpose, project or payee lies outside what the fund is for."""

from __future__ import annotations

from queries.approvals import APPROVALS
from queries.detector import Sql
from queries.special_funds.barred_uses import BARRED

SELECT = Sql(f"""
WITH {APPROVALS}, {BARRED},
spent AS (
  SELECT p.payment_id, p.fund_id, p.payer_id, p.payee_id, p.amount, p.paid_on AS day, p.purpose, p.contract_id,
         p.debt_id, p._key AS key, f.name AS fund_name, f.allowed_use, f._key AS fund_key,
         regexp_replace(p.purpose, '[\\s\\pP]|第?[一二三四五六七八九十0-9]+[期次笔批]', '', 'g') AS said,
         list_filter(
           [regexp_replace(u, '[\\s\\pP]', '', 'g')
            FOR u IN string_split_regex(f.allowed_use, '[;；,，、]|以及|及|和|与')],
           lambda u: u <> '') AS uses
  FROM payments p JOIN funds f USING (fund_id)
  -- What reaches the recipient is the grant, what reaches the grantor is what was left of it.
  WHERE p.payee_id IS DISTINCT FROM f.recipient_id AND p.payee_id IS DISTINCT FROM f.grantor_id
),
-- What a purpose says but for words that name no use; one sign alone says nothing.
meant AS (
  SELECT *, regexp_replace(said, array_to_string([regexp_escape(w) FOR w IN $generic_words], '|'), '', 'g') AS core
  FROM spent
),
worded AS (
  SELECT s.* EXCLUDE (said, uses, core), b.barred,
         -- Of no uses the list knows nothing, and unknown is not outside; a purpose of no words is a part of every use.
         NOT list_bool_or([contains(s.said, u) OR contains(u, s.said) OR (length(s.core) <> 1 AND contains(u, s.core))
                           FOR u IN s.uses]) AS off_purpose
  FROM meant s LEFT JOIN barred b ON s.day >= b.since AND list_bool_or([contains(s.purpose, w) FOR w IN b.words])
   AND NOT list_bool_or([contains(coalesce(s.allowed_use, ''), w) OR contains(s.fund_name, w) FOR w IN b.words])
  QUALIFY row_number() OVER (PARTITION BY s.key ORDER BY b.barred) = 1
),
placed AS (
  SELECT w.*, j.project_id, j.name AS project_name, j._key AS project_key, c._key AS contract_key,
         coalesce(j.fund_id <> w.fund_id, false) AS off_project,
         coalesce(j.fund_id = w.fund_id AND c.supplier_id = w.payee_id, false) AS of_project
  FROM worded w LEFT JOIN contracts c USING (contract_id) LEFT JOIN tenders t USING (tender_id)
  LEFT JOIN projects j ON j.project_id = coalesce(c.project_id, t.project_id)
),
-- To a party tied to those who approve or pay at the payer, without a contract or a debt that it is owed by.
tied AS (
  SELECT p.key, i.person_id, i.how, i.refs FROM placed p
  JOIN insiders i ON i.org_id = p.payer_id AND i.party_id = p.payee_id AND held(i.valid_from, i.valid_to, p.day)
  WHERE p.contract_id IS NULL AND p.debt_id IS NULL
  QUALIFY row_number() OVER (PARTITION BY p.key ORDER BY i.person_id, i.how, i.refs) = 1
),
outside AS (
  SELECT p.*, t.person_id AS official, t.how, t.refs AS tie_refs,
         row_number() OVER (PARTITION BY p.payer_id, p.payee_id, p.amount ORDER BY p.day, p.key) AS turn
  FROM placed p LEFT JOIN tied t USING (key)
  WHERE p.barred IS NOT NULL OR p.off_purpose OR p.off_project OR t.key IS NOT NULL
),
-- Each return makes up for one payment of the same sum.
returned AS (
  SELECT o.key, f.ledger, f.key AS return_key
  FROM outside o
  JOIN flows f ON f.payer_id = o.payee_id AND f.payee_id = o.payer_id AND f.amount = o.amount
   AND f.day BETWEEN o.day AND o.day + $return_days
  QUALIFY row_number() OVER (PARTITION BY o.key ORDER BY f.day, f.ledger, f.key) = o.turn
)
SELECT o.* EXCLUDE (turn), r.return_key, [{{'table': r.ledger, 'key': r.return_key}}] AS return_refs,
       (SELECT min(a.approved_on) FROM approvals a
        WHERE a.ref_id IN (o.fund_id, o.project_id, o.contract_id) AND a.approved_on <= o.day) AS approved_on,
       (SELECT flatten(list(a.approval_refs ORDER BY a.ref_id)) FROM approvals a
        WHERE a.ref_id IN (o.fund_id, o.project_id, o.contract_id) AND a.approved_on <= o.day) AS approval_refs,
       (SELECT count(DISTINCT s.payee_id) FROM spent s JOIN persons n ON n.person_id = s.payee_id
        WHERE s.fund_id = o.fund_id AND s.purpose = o.purpose AND s.payee_id <> o.payee_id) AS others,
       (SELECT median(s.amount) FROM spent s JOIN persons n ON n.person_id = s.payee_id
        WHERE s.fund_id = o.fund_id AND s.purpose = o.purpose AND s.payee_id <> o.payee_id) AS usual,
       y.name AS payee_name, coalesce(y.kind, 'org') AS payee_kind, x.name AS payer_name, q.name AS official_name
FROM outside o LEFT JOIN returned r USING (key)
LEFT JOIN parties y ON y.id = o.payee_id LEFT JOIN parties x ON x.id = o.payer_id
LEFT JOIN parties q ON q.id = o.official
ORDER BY o.fund_id, o.payee_id, o.day, o.key
""")

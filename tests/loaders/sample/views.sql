-- The tables as the naive searches read them: numbers as numbers, days as days, open ends in the far future.
CREATE TABLE pay AS
SELECT payment_id, payer_id AS payer, payee_id AS payee, amount::DOUBLE AS amount, paid_on::DATE AS day, contract_id,
       debt_id, fund_id, approver_id, purpose, payee_account, applied_on::DATE AS applied
FROM payments;

CREATE TABLE flow AS
SELECT payer, payee, amount, day, purpose FROM pay
UNION ALL
SELECT from_id, to_id, amount::DOUBLE, date::DATE, basis FROM transfers;

CREATE TABLE held AS
SELECT holder_id AS holder, org_id AS org, kind, share_pct::DOUBLE AS share, valid_from::DATE AS since,
       coalesce(valid_to, '9999-12-31')::DATE AS until
FROM roles;

CREATE TABLE got AS
SELECT payee AS firm, sum(amount) AS got FROM pay WHERE contract_id IS NOT NULL GROUP BY 1;

CREATE TABLE post AS
SELECT person_id AS person, org_id AS body, powers, valid_from::DATE AS since,
       coalesce(valid_to, '9999-12-31')::DATE AS until
FROM posts;

CREATE TABLE kin AS
SELECT person_a AS a, person_b AS b FROM kinship UNION SELECT person_b, person_a FROM kinship;

-- Officials with power over a body's money or purchases, and everybody and everything close to them.
CREATE TABLE circle AS
SELECT person AS official, person, body, since, until FROM post WHERE powers IS NOT NULL
UNION SELECT person, b, body, since, until FROM post JOIN kin ON a = person WHERE powers IS NOT NULL;

CREATE TABLE tied AS
SELECT official, body, person AS party, since, until FROM circle
UNION
SELECT official, body, org, greatest(circle.since, held.since), least(circle.until, held.until)
FROM circle JOIN held ON holder = person AND kind <> 'employee';

CREATE TABLE bid AS
SELECT bids.bid_id, tender_id AS tender, bidder_id AS bidder, price::DOUBLE AS price, bids.status, consortium_id AS joint,
       is_winner = 'true' AS won, handler_id, project_manager_id AS manager, buyer_id AS buyer, opened_at[:10]::DATE AS day,
       published_at[:10]::DATE AS notice, awarded_on::DATE AS awarded, agent_id AS agent, project_id AS project,
       method, category
FROM bids JOIN tenders USING (tender_id);

CREATE TABLE deal AS
SELECT contract_id, buyer_id AS buyer, supplier_id AS supplier, amount::DOUBLE AS amount, tender_id AS tender,
       project_id AS project, signed_on::DATE AS signed, started_on::DATE AS started, due_on::DATE AS due, kind, parent_id,
       scope
FROM contracts;

CREATE TABLE debt AS
SELECT debt_id, debtor_id AS debtor, creditor_id AS creditor, amount::DOUBLE AS amount, contract_id,
       accepted_on::DATE AS accepted, due_on::DATE AS due, planned_on::DATE AS planned, commitment_id
FROM debts;

CREATE TABLE release AS
SELECT debt_id, debtor, creditor, debt.amount AS owed, pay.amount, day, approver_id, payee, due, accepted, purpose
FROM debt JOIN pay USING (debt_id);

CREATE TABLE report AS
SELECT debt_id, period, opening::DOUBLE AS opening, added::DOUBLE AS added, repaid::DOUBLE AS repaid,
       closing::DOUBLE AS closing, disputed,
       lag(closing::DOUBLE) OVER (PARTITION BY debt_id ORDER BY period) AS before
FROM debt_reports;

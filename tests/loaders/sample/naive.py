"""One naive search per detector, by which the province's own truth is checked.

Each query returns identifiers of parties or things that show the pattern, without regard to innocent
explanations: so it must find every plant, and whatever else it finds must be a twin or a recorded by-product.
The queries share nothing with the detectors, on purpose.
"""

from __future__ import annotations

_MEETING = """
    SELECT x.tender FROM bid x JOIN bid y ON x.tender = y.tender AND x.bidder <> y.bidder
    AND (x.joint IS NULL OR y.joint IS NULL OR x.joint <> y.joint)
"""
_BUYER_TIES = """
    SELECT tender, bidder, won FROM bid
    JOIN tied ON party = bidder AND body = buyer AND day BETWEEN tied.since AND tied.until
    UNION SELECT tender, bidder, won FROM bid JOIN held ON holder = buyer AND org = bidder
"""
_HEADS = "('director', 'supervisor', 'manager', 'finance', 'shareholder')"

NAIVE: dict[str, str] = {
    "same_handler": """
        SELECT tender FROM (
            SELECT tender, bidder, handler_id AS person FROM bid
            UNION ALL SELECT tender, bidder, person_id FROM bid_members JOIN bid USING (bid_id) WHERE role = 'contact')
        GROUP BY tender, person HAVING count(DISTINCT bidder) > 1""",
    "same_team_member": """
        SELECT tender FROM bid_members JOIN bid USING (bid_id) WHERE role <> 'contact'
        GROUP BY tender, person_id HAVING count(DISTINCT bidder) > 1""",
    "patterned_prices": """
        WITH step AS (
            SELECT tender, price - lag(price) OVER w AS gap, price / lag(price) OVER w AS factor
            FROM bid WHERE price IS NOT NULL WINDOW w AS (PARTITION BY tender ORDER BY price))
        SELECT tender FROM step GROUP BY tender HAVING count(gap) >= 2 AND
            (max(gap) - min(gap) < 0.1 * max(gap) OR max(factor) - min(factor) < 0.1 * (max(factor) - 1)
             OR max(gap) = 0)
        UNION SELECT x.bidder FROM bid x JOIN bid y ON x.tender = y.tender AND x.bidder <> y.bidder
        GROUP BY x.bidder, y.bidder HAVING count(*) >= 4 AND stddev(x.price / y.price) < 0.001""",
    "identical_prices": f"{_MEETING} AND x.price = y.price",
    "winner_feeds_loser": f"""{_MEETING} AND x.won AND EXISTS (
        SELECT 1 FROM pay WHERE payer = x.bidder AND payee = y.bidder
        UNION ALL SELECT 1 FROM deal WHERE buyer = x.bidder AND supplier = y.bidder)""",
    "low_bid_withdrawn": """
        SELECT tender FROM bid GROUP BY tender HAVING arg_min(status, price) <> 'valid'""",
    "tailored_tender": """
        SELECT bidder FROM bid GROUP BY bidder
        HAVING count(*) >= 4 AND count(DISTINCT buyer) = 1 AND avg(won::INT) >= 0.8""",
    "holding_or_management": f"""{_MEETING} AND EXISTS (SELECT 1 FROM held WHERE holder = x.bidder AND org = y.bidder
        AND (share > 50 OR kind IN ('actual_controller', 'manager')) AND x.day BETWEEN since AND until)""",
    "shared_executive": f"""{_MEETING} AND EXISTS (
        SELECT 1 FROM held a JOIN held b ON a.holder = b.holder AND a.org = x.bidder AND b.org = y.bidder
        WHERE a.kind IN {_HEADS} AND b.kind IN {_HEADS} AND coalesce(a.share, 100) >= 5 AND coalesce(b.share, 100) >= 5
        AND x.day BETWEEN a.since AND a.until AND x.day BETWEEN b.since AND b.until)""",
    "kin_bidders": f"""{_MEETING} AND EXISTS (
        SELECT 1 FROM held p JOIN kin ON p.holder = a JOIN held q ON q.holder = b AND q.org = y.bidder
        WHERE p.org = x.bidder AND x.day BETWEEN p.since AND p.until AND x.day BETWEEN q.since AND q.until)""",
    "tied_to_buyer": f"SELECT tender FROM ({_BUYER_TIES})",
    "tied_to_agent": """
        SELECT tender FROM bid JOIN orgs ON org_id = agent JOIN held ON org = bidder
        AND holder IN (agent, legal_rep_id) AND day BETWEEN since AND until""",
    "tied_to_expert": """
        WITH seat AS (SELECT DISTINCT tender_id AS tender, expert_id AS expert FROM evaluations),
        near AS (SELECT expert, tender, expert AS person FROM seat
                 UNION SELECT expert, tender, b FROM seat JOIN kin ON a = expert)
        SELECT DISTINCT tender FROM near JOIN bid USING (tender) JOIN held ON org = bidder AND holder = person
        WHERE day BETWEEN since AND until""",
    "revolving_door": """
        SELECT person FROM (SELECT person_id AS person, org_id AS body, valid_to::DATE AS gone FROM posts)
        JOIN held ON holder = person AND since BETWEEN gone AND gone + INTERVAL 36 MONTH
        JOIN bid ON buyer = body AND bidder = org AND won""",
    "consortium_and_single": "SELECT tender FROM bid GROUP BY tender, bidder HAVING count(*) > 1",
    "adviser_bids": """
        SELECT y.tender FROM bid x JOIN bid y ON x.project = y.project AND x.bidder = y.bidder AND x.tender <> y.tender
        WHERE x.won AND x.category = 'services' AND y.notice > x.notice""",
    "queue_jumping": """
        SELECT first.debt_id FROM release first JOIN release later ON later.debtor = first.debtor
        AND later.due < first.due AND later.day > first.day JOIN tied ON body = first.debtor AND party = first.creditor
        GROUP BY first.debt_id HAVING count(DISTINCT later.debt_id) >= 3""",
    "discounted_claim": """
        SELECT debt_id FROM claim_transfers WHERE price::DOUBLE <= 0.7 * face::DOUBLE""",
    "selective_haircut": """
        SELECT debtor FROM release WHERE purpose <> '协议减免' GROUP BY debtor
        HAVING min(amount / owed) < 0.9 AND max(amount / owed) > 0.99""",
    "undervalued_asset": "SELECT asset_id FROM asset_disposals WHERE price::DOUBLE < 0.8 * appraised::DOUBLE",
    "debt_broker": """
        SELECT pay.payee FROM release JOIN pay ON pay.payer = release.creditor AND pay.debt_id IS NULL
        WHERE pay.day BETWEEN release.day AND release.day + 45
        AND pay.amount / release.amount BETWEEN 0.03 AND 0.3
        GROUP BY pay.payee, release.debtor HAVING count(DISTINCT release.creditor) >= 3""",
    "approver_loan": """
        SELECT debt_id FROM release JOIN circle ON official = approver_id
        JOIN flow ON (flow.payer = circle.person AND flow.payee = creditor)
                  OR (flow.payer = creditor AND flow.payee = circle.person)
        WHERE abs(date_diff('day', flow.day, release.day)) <= 365""",
    "circular_settlement": """
        WITH RECURSIVE path AS (
            SELECT debt_id, debtor, creditor AS node, day AS start, 0 AS hops FROM release
            UNION SELECT debt_id, debtor, flow.payee, start, hops + 1 FROM path JOIN flow ON flow.payer = node
            AND flow.day BETWEEN start AND start + 120 AND hops < 4)
        SELECT debt_id FROM path WHERE hops > 0 AND (node = debtor OR node IN (
            SELECT party FROM tied WHERE body = debtor))""",
    "second_default": """
        SELECT debt_id FROM debt LEFT JOIN pay USING (debt_id) WHERE commitment_id IS NOT NULL
        AND coalesce(day, '9999-12-31') > planned""",
    "concealed_debt": """
        SELECT contract_id FROM deal LEFT JOIN (SELECT contract_id, sum(amount) AS paid FROM pay GROUP BY 1)
        USING (contract_id) WHERE coalesce(paid, 0) < amount - 0.005 AND due <= '2026-09-30'
        AND contract_id NOT IN (SELECT contract_id FROM debts WHERE contract_id IS NOT NULL)""",
    "false_repayment": """
        SELECT debt_id FROM (SELECT debt_id, sum(repaid) AS said FROM report GROUP BY 1)
        LEFT JOIN (SELECT debt_id, sum(amount) AS paid FROM pay GROUP BY 1) USING (debt_id)
        WHERE said > coalesce(paid, 0) + 0.005""",
    "vanished_entry": """
        SELECT debt_id FROM report GROUP BY debt_id
        HAVING arg_max(closing, period) > 0 AND max(period) < '2026-09'""",
    "dispute_flip": "SELECT debt_id FROM report GROUP BY debt_id HAVING count(DISTINCT disputed) > 1",
    "new_arrears": """
        SELECT debt_id FROM debt LEFT JOIN pay USING (debt_id)
        WHERE due > '2025-12-31' AND coalesce(day, '9999-12-31') > due""",
    "unbalanced_ledger": """
        SELECT debt_id FROM report WHERE abs(opening + added - repaid - closing) > 0.005
        OR abs(opening - coalesce(before, 0)) > 0.005
        UNION SELECT debt_id FROM (
            SELECT debt_id, period[:4] || quarter((period || '-01')::DATE) AS q, sum(repaid) AS said
            FROM report GROUP BY 1, 2)
        LEFT JOIN (SELECT debt_id, year(day) || '' || quarter(day) AS q, sum(amount) AS paid FROM pay GROUP BY 1, 2)
        USING (debt_id, q) WHERE abs(said - coalesce(paid, 0)) > 0.005""",
    "overdue_terms": """
        SELECT debt_id FROM release JOIN orgs d ON d.org_id = debtor JOIN orgs c ON c.org_id = creditor
        WHERE c.size <> 'large' AND accepted >= '2020-09-01' AND day - accepted > 60
        AND (d.org_type IN ('government', 'institution') OR (d.size = 'large' AND accepted >= '2025-06-01'))
        UNION SELECT contract_id FROM pay WHERE contract_id IS NOT NULL AND debt_id IS NULL AND day - applied > 30
        UNION SELECT contract_id FROM pay JOIN deal USING (contract_id) WHERE debt_id IS NULL AND day > due""",
    "borrowed_qualification": """
        SELECT payer FROM pay JOIN got ON firm = payer WHERE payee NOT IN (SELECT org_id FROM qualifications)
        GROUP BY payer, payee, got HAVING sum(amount) >= 0.85 * got""",
    "concurrent_manager": """
        WITH led AS (SELECT manager, tender, deal.project, contract_id, started, due FROM bid JOIN deal USING (tender)
                     WHERE won AND kind = 'main' AND supplier = bidder AND manager IS NOT NULL)
        SELECT x.contract_id FROM led x JOIN led y ON x.manager = y.manager AND x.contract_id <> y.contract_id
        AND x.started <= y.due AND y.started <= x.due
        AND coalesce(x.project, x.tender) <> coalesce(y.project, y.tender)""",
    "uninsured_staff": "SELECT person_id FROM registrations WHERE insured_org_id <> org_id",
    "invalid_certificate": """
        SELECT tender FROM bid WHERE won AND category NOT IN ('land', 'mining', 'state_property', 'rural_property')
        AND NOT EXISTS (SELECT 1 FROM qualifications WHERE org_id = bidder
                        AND awarded BETWEEN valid_from::DATE AND valid_to::DATE)
        UNION SELECT tender FROM bid JOIN bid_members USING (bid_id) WHERE certificate_no IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM registrations r WHERE r.certificate_no = bid_members.certificate_no
            AND r.person_id = bid_members.person_id AND r.org_id = bidder
            AND day BETWEEN valid_from::DATE AND valid_to::DATE)
        UNION SELECT org_id FROM registrations WHERE certificate_no IN (
            SELECT certificate_no FROM registrations GROUP BY 1 HAVING count(DISTINCT person_id) > 1)""",
    "whole_transfer": """
        SELECT parent_id FROM deal JOIN (SELECT contract_id AS parent_id, amount AS whole FROM deal) USING (parent_id)
        WHERE kind = 'sub' GROUP BY parent_id, supplier, whole HAVING sum(amount) >= 0.9 * whole OR max(scope) = 'all'
        UNION SELECT payer FROM pay JOIN got ON firm = payer WHERE payer IN (SELECT bidder FROM bid WHERE won)
        GROUP BY payer, payee, got HAVING sum(amount) >= 0.9 * got""",
    "repeated_subcontract": """
        SELECT deal.contract_id FROM deal JOIN deal up ON up.contract_id = deal.parent_id WHERE up.kind = 'sub'
        UNION SELECT contract_id FROM deal JOIN pay USING (contract_id)
        WHERE scope = 'labour' AND purpose LIKE '%材料%'""",
    "split_contracts": """
        WITH item AS (
            SELECT contract_id, deal.buyer, coalesce(legal_rep_id, supplier) AS supplier, deal.amount, signed, category,
            CASE category WHEN 'works' THEN 4e6 WHEN 'services' THEN 1e6 ELSE 2e6 END AS threshold
            FROM deal JOIN tenders t ON t.tender_id = tender JOIN orgs ON org_id = supplier)
        SELECT x.contract_id FROM item x JOIN item y ON x.buyer = y.buyer AND x.supplier = y.supplier
        AND x.category = y.category AND y.signed BETWEEN x.signed AND x.signed + INTERVAL 12 MONTH
        WHERE x.amount < x.threshold AND y.amount < y.threshold
        GROUP BY x.contract_id, x.threshold HAVING count(*) > 1 AND sum(y.amount) > x.threshold""",
    "diverted_fund": """
        SELECT payment_id FROM pay JOIN funds USING (fund_id)
        WHERE NOT list_contains(string_split(allowed_use, ';'), purpose)""",
    "fund_transit": """
        WITH RECURSIVE path AS (
            SELECT fund_id, payee AS node, amount, day, 0 AS hops FROM pay WHERE fund_id IS NOT NULL AND payee LIKE 'O%'
            UNION SELECT fund_id, flow.payee, path.amount, flow.day, hops + 1 FROM path JOIN flow ON flow.payer = node
            AND flow.day BETWEEN path.day AND path.day + 30 AND flow.amount >= 0.5 * path.amount AND hops < 4)
        SELECT fund_id FROM path WHERE hops > 0 AND (node LIKE 'P%' OR node IN (SELECT party FROM tied))""",
    "one_account_many": """
        SELECT fund_id FROM pay WHERE fund_id IS NOT NULL
        GROUP BY fund_id, payee_account HAVING count(DISTINCT payee) >= 3""",
    "starved_project": """
        SELECT project_id FROM projects JOIN deal ON project = project_id
        LEFT JOIN (SELECT contract_id, sum(amount) AS paid FROM pay GROUP BY 1) USING (contract_id)
        WHERE fund_id IS NOT NULL AND coalesce(paid, 0) < 0.5 * amount AND due <= '2026-09-30'""",
    "no_platform_record": """
        SELECT contract_id FROM deal JOIN orgs ON org_id = buyer WHERE tender IS NULL AND kind = 'main'
        AND org_type IN ('government', 'institution', 'soe')
        UNION SELECT contract_id FROM deal JOIN tenders ON tender_id = tender JOIN platforms USING (platform_id)
        WHERE coalesce(connected_on, '9999-12-31') > published_at[:10]""",
    "stale_platform": """
        SELECT platform_id FROM platforms WHERE coalesce(connected_on, '9999-12-31') > required_by
        OR last_data_on < '2026-06-30'""",
    "work_before_tender": """
        SELECT contract_id FROM deal JOIN tenders ON tender_id = tender LEFT JOIN pay USING (contract_id)
        WHERE least(started, coalesce(day, started)) < published_at[:10]::DATE""",
    "kin_company_wins": f"SELECT tender FROM ({_BUYER_TIES}) WHERE won",
    "giver_taker": "SELECT subject_id FROM sanctions WHERE kind = '行贿'",
    "undisclosed_item": "SELECT org_id FROM disclosures WHERE coalesce(published_on, '9999-12-31') > due_on",
}

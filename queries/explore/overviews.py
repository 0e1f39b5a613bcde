"""The snapshot from afar: volumes and arrears, one tender's prices, and who bids together."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from typing import Any

import duckdb

from queries.explore.cards import Cards
from queries.explore.search import area
from queries.explore.shapes import Node, node_id
from queries.statistics.communities import regulars
from queries.statistics.incidence import co_bids, incidence

# A scope is a list of beginnings of region codes and a list of agencies; either may be open (null).
_SCOPED = (
    "($regions IS NULL OR list_bool_or(list_transform($regions::VARCHAR[], lambda p: starts_with({region}, p)))) "
    "AND ($agencies IS NULL OR list_contains($agencies::VARCHAR[], {agency}))"
)
_CANONICAL = "coalesce((SELECT canonical FROM aliases WHERE id = {id}), {id})"

_ARREARS = f"""
SELECT r.period AS month, sum(r.opening)::BIGINT AS opening, sum(r.added)::BIGINT AS added,
       sum(r.repaid)::BIGINT AS repaid, sum(r.closing)::BIGINT AS closing
FROM debt_reports r JOIN debts d USING (debt_id) LEFT JOIN orgs o ON o.org_id = d.debtor_id
WHERE {_SCOPED.format(region="o.region", agency="d.debtor_id")}
GROUP BY month ORDER BY month
"""
_REPAID = f"""
SELECT strftime(p.paid_on, '%Y-%m') AS month, sum(p.amount)::BIGINT AS paid
FROM payments p JOIN debts d USING (debt_id) LEFT JOIN orgs o ON o.org_id = d.debtor_id
WHERE coalesce(p.currency, 'CNY') = 'CNY' AND {_SCOPED.format(region="o.region", agency="d.debtor_id")}
GROUP BY month ORDER BY month
"""
_VOLUMES = f"""
SELECT left(t.region, 4) || '00' AS region, count(*) AS tenders, count(DISTINCT t.buyer_id) AS buyers,
       sum(b.bids)::BIGINT AS bids, sum(c.amount)::BIGINT AS contract_amount
FROM tenders t
LEFT JOIN (SELECT tender_id, count(*) AS bids FROM bids GROUP BY ALL) b USING (tender_id)
LEFT JOIN (SELECT tender_id, sum(amount) AS amount FROM contracts
           WHERE coalesce(currency, 'CNY') = 'CNY' GROUP BY ALL) c USING (tender_id)
WHERE t.region IS NOT NULL AND {_SCOPED.format(region="t.region", agency="t.buyer_id")}
GROUP BY 1 ORDER BY 1
"""
_PRICES = """
SELECT bid_id, bidder_id, price, status, rank, is_winner, submitted_at, currency
FROM bids WHERE tender_id = ? ORDER BY price NULLS LAST, bid_id
"""
_BIDS = f"""
SELECT b.tender_id, {_CANONICAL.format(id="b.bidder_id")} AS bidder_id
FROM bids b JOIN tenders t USING (tender_id)
WHERE ($regions IS NULL OR list_bool_or(list_transform($regions::VARCHAR[], lambda p: starts_with(t.region, p))))
ORDER BY ALL
"""


def overview(
    rows: duckdb.DuckDBPyConnection, regions: Iterable[str] | None, agencies: Iterable[str] | None
) -> dict[str, Any]:
    """Volumes by city, and arrears by month beside what was paid on them; sums in minor units, CNY only."""
    cursor = rows.cursor()
    scope = {"regions": _beginnings(regions), "agencies": None if agencies is None else sorted(agencies)}
    paid = {row["month"]: row["paid"] for row in _dicts(cursor, _REPAID, scope)}
    arrears = _dicts(cursor, _ARREARS, scope)
    return {
        "volumes": _dicts(cursor, _VOLUMES, scope),
        "arrears": [{**row, "paid": paid.get(row["month"], 0)} for row in arrears],
        "currency": "CNY",
    }


def tender_prices(rows: duckdb.DuckDBPyConnection, tender: Node, cards: Cards) -> dict[str, Any]:
    """A tender's bids by price with the ceiling, and how far they spread; prices in minor units.

    `variation` is the coefficient of variation of the valid bids' prices in percent.
    """
    bids = _dicts(rows.cursor(), _PRICES, [tender.key])
    names = cards.nodes(node_id("Party", bid["bidder_id"]) for bid in bids)
    for bid in bids:
        party = names.get(node_id("Party", bid["bidder_id"]))
        bid["bidder"] = party.name if party else bid["bidder_id"]
        bid["node"] = party.id if party else None
        bid["submitted_at"] = bid["submitted_at"].isoformat() if bid["submitted_at"] else None
        bid["currency"] = bid["currency"] or "CNY"
    valid = [bid["price"] for bid in bids if bid["price"] and bid["status"] in (None, "valid")]
    mean = statistics.fmean(valid) if valid else None
    return {
        "tender": tender.as_dict(),
        "ceiling": tender.amount,
        "currency": tender.currency or (bids[0]["currency"] if bids else "CNY"),
        "bids": bids,
        "statistics": {
            "count": len(valid),
            "lowest": min(valid, default=None),
            "highest": max(valid, default=None),
            "mean": round(mean) if mean is not None else None,
            "variation": round(statistics.stdev(valid) / mean * 100, 4) if mean and len(valid) > 1 else None,
        },
    }


def communities(
    rows: duckdb.DuckDBPyConnection, cards: Cards, smallest: int, regions: Iterable[str] | None
) -> dict[str, Any]:
    """Groups of firms that keep bidding together, each as a matrix: in how many tenders every two of them met.

    This describes who meets whom; whether it is more than chance is for the detectors to say.
    """
    frame = rows.cursor().execute(_BIDS, {"regions": _beginnings(regions)}).df()
    if frame.empty:
        return {"communities": [], "total": 0}
    bids = incidence(frame["tender_id"], frame["bidder_id"])
    groups = regulars(bids, smallest=smallest, largest=max(smallest, 40))
    shared, place = co_bids(bids.matrix), {firm: n for n, firm in enumerate(bids.bidders)}
    firms = sorted({firm for group in groups for firm in group})
    names = cards.nodes(node_id("Party", firm) for firm in firms)
    degree = bids.degree
    found = []
    for group in groups:
        at = [place[firm] for firm in group]
        matrix = shared[at, :][:, at].toarray().astype(int).tolist()
        found.append(
            {
                "firms": [
                    {"id": firm, "name": names[node_id("Party", firm)].name, "tenders": int(degree[place[firm]])}
                    for firm in group
                ],
                "matrix": matrix,
                "meetings": sum(map(sum, matrix)) // 2,
            }
        )
    found.sort(key=lambda community: (-community["meetings"], community["firms"][0]["id"]))
    return {"communities": found, "total": len(found)}


def _beginnings(regions: Iterable[str] | None) -> list[str] | None:
    return None if regions is None else sorted({area(region) for region in regions})


def _dicts(cursor: duckdb.DuckDBPyConnection, query: str, values: object) -> list[dict[str, Any]]:
    rows = cursor.execute(query, values)
    names = [column[0] for column in rows.description or ()]
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]

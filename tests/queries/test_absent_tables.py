"""What is not in the data because a table was not handed over is no fact about those whom it would name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from queries.finding import Tier
from tests.queries.casefiles import scan_tables

_LEDGER: dict[str, list[dict[str, Any]]] = {
    "orgs": [
        {"org_id": "G1", "name": "县水务局", "org_type": "government"},
        {"org_id": "S1", "name": "小供应商", "org_type": "private", "size": "small"},
    ],
    "debts": [
        {
            "debt_id": "D1",
            "debtor_id": "G1",
            "creditor_id": "S1",
            "amount": 1_000_000,
            "accepted_on": "2025-12-01",
            "due_on": "2026-01-15",
            "planned_on": "2026-02-15",
            "commitment_id": "CN1",
            "as_of_date": "2026-06-30",
        },
        {"debt_id": "D2", "debtor_id": "G1", "creditor_id": "S2", "amount": 5, "due_on": "2025-01-15"},
    ],
    "debt_reports": [
        {"debt_id": "D1", "period": "2026-01", "closing": 1_000_000},
        {"debt_id": "D2", "period": "2025-11", "repaid": 5, "closing": 0},
        {"debt_id": "D2", "period": "2026-05", "repaid": 0, "closing": 0},
    ],
}
_PAYMENTS = [
    {"payment_id": "R1", "payer_id": "G1", "payee_id": "S2", "amount": 5, "paid_on": "2025-11-10", "debt_id": "D2"}
]
_CONTRACT = {"contract_id": "C1", "buyer_id": "G1", "supplier_id": "S3", "amount": 900, "due_on": "2024-01-01"}


@pytest.mark.parametrize("detector", ["second_default", "overdue_terms", "new_arrears"])
def test_without_payments_no_debt_is_said_to_be_unpaid(tmp_path: Path, detector: str) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "less").mkdir()
    whole = scan_tables({**_LEDGER, "payments": _PAYMENTS}, tmp_path / "all", [detector])
    assert [finding.lead.tier for finding in whole.findings] == [Tier.A]
    less = scan_tables(_LEDGER, tmp_path / "less", [detector])
    assert not less.findings
    (report,) = less.reports
    assert (report.judged, report.not_judgeable["no_payments"]) == (0, 1)


def test_without_payments_a_vanished_entry_is_a_lead(tmp_path: Path) -> None:
    (finding,) = scan_tables(_LEDGER, tmp_path, ["vanished_entry"]).findings
    assert finding.lead.tier is Tier.B


def test_without_a_ledger_no_debt_is_said_to_be_concealed(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "less").mkdir()
    whole = {**_LEDGER, "payments": _PAYMENTS, "contracts": [_CONTRACT]}
    assert [f.lead.tier for f in scan_tables(whole, tmp_path / "all", ["concealed_debt"]).findings] == [Tier.A]
    less = scan_tables(
        {t: r for t, r in whole.items() if not t.startswith("debt")}, tmp_path / "less", ["concealed_debt"]
    )
    assert not less.findings
    (report,) = less.reports
    assert (report.judged, report.not_judgeable["no_ledger"]) == (0, 1)

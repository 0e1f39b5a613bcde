"""Statutory terms and interest: what a finding computes and which rule it cites, on each side of the dates of force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from queries.finding import Finding
from queries.laws import laws
from queries.relations.terms import CAMPAIGNS, PAYMENT_TERMS
from tests.queries.casefiles import scan_tables

_ORGS: list[dict[str, Any]] = [
    {"org_id": "G1", "name": "县医院", "org_type": "institution"},
    {"org_id": "L1", "name": "大型国企", "org_type": "soe", "size": "large"},
    {"org_id": "S1", "name": "小供应商", "org_type": "private", "size": "small"},
]
_PAID_DEBT: dict[str, Any] = {"debt_id": "D7", "debtor_id": "G1", "creditor_id": "L1", "amount": 5}
_PAYMENT: dict[str, Any] = {
    "payment_id": "R7",
    "payer_id": "G1",
    "payee_id": "L1",
    "amount": 5,
    "paid_on": "2020-01-01",
    "debt_id": "D7",
}
"""Another debt that was repaid: payments were handed over."""


def _finding(folder: Path, debt: dict[str, Any], *payments: tuple[int, str]) -> Finding:
    row = {"debt_id": "D1", "creditor_id": "S1", "amount": 1_000_000, "as_of_date": "2026-06-30", **debt}
    paid = [
        {
            "payment_id": f"R{n}",
            "payer_id": row["debtor_id"],
            "payee_id": "S1",
            "amount": amount,
            "paid_on": day,
            "debt_id": "D1",
        }
        for n, (amount, day) in enumerate(payments)
    ]
    tables = {"orgs": _ORGS, "debts": [row, _PAID_DEBT], "payments": [*paid, _PAYMENT]}
    (finding,) = scan_tables(tables, folder, ["overdue_terms"]).findings
    return finding


@pytest.mark.parametrize(
    ("debt", "payments", "interest", "cited"),
    [
        # 90 days late: 1,000,000 × 0.05 % × 90.
        (
            {"debtor_id": "G1", "accepted_on": "2022-03-01", "due_on": "2022-04-30"},
            [(1_000_000, "2022-07-29")],
            45_000,
            ("sme_payment_728_8", "sme_payment_728_15"),
        ),
        # Half in time, a quarter 10 days late, a quarter still open on the day of the data, 1,521 days late.
        (
            {"debtor_id": "G1", "accepted_on": "2022-03-02"},
            [(500_000, "2022-05-01"), (250_000, "2022-05-11")],
            1_250 + 250_000 * 0.0005 * 1521,
            ("sme_payment_728_8", "sme_payment_728_15"),
        ),
        # A large enterprise under decree 802: sixty days, one day late.
        (
            {"debtor_id": "L1", "accepted_on": "2025-06-01"},
            [(1_000_000, "2025-08-01")],
            500,
            ("sme_payment_802_9", "sme_payment_802_17"),
        ),
        # Accepted under decree 728, paid under decree 802: the rule at acceptance is cited.
        (
            {"debtor_id": "G1", "accepted_on": "2025-05-31"},
            [(1_000_000, "2025-08-01")],
            1_000,
            ("sme_payment_728_8", "sme_payment_728_15"),
        ),
    ],
    ids=["728", "in parts and open", "802", "across the decrees"],
)
def test_interest_and_the_rule_in_force(
    tmp_path: Path, debt: dict[str, Any], payments: list[tuple[int, str]], interest: float, cited: tuple[str, ...]
) -> None:
    finding = _finding(tmp_path, debt, *payments)
    assert finding.lead.rank == pytest.approx(interest)
    assert finding.legal_basis == cited
    assert all(laws()[law].in_force(finding.lead.period[0]) for law in cited)


def test_the_prime_rate_is_that_of_the_day_of_signing(tmp_path: Path) -> None:
    finding = _finding(tmp_path, {"debtor_id": "G1", "accepted_on": "2022-01-19"}, (1_000_000, "2022-07-29"))
    assert "3.80%" in finding.lead.reasons[-1].zh


def test_every_rule_of_the_data_file_is_a_known_law() -> None:
    for law in ("sme_payment_728_8", "sme_payment_728_15", "sme_payment_802_9", "sme_payment_802_17"):
        assert f"'{law}'" in PAYMENT_TERMS.query
        assert law in laws()
    assert "'clearing_opinion_2024'" in CAMPAIGNS.query
    assert "clearing_opinion_2024" in laws()


@pytest.mark.parametrize(
    ("debt", "said"),
    [
        ({"debtor_id": "G1", "accepted_on": "2022-03-01"}, "合同没有约定的，付款期限为 30 日"),
        ({"debtor_id": "L1", "accepted_on": "2025-07-01"}, "大型企业的合同另有约定的，从其约定"),
        ({"debtor_id": "G1", "accepted_on": "2022-03-01", "due_on": "2022-04-30"}, None),
    ],
)
def test_a_finding_says_what_an_unknown_agreement_may_change(
    tmp_path: Path, debt: dict[str, Any], said: str | None
) -> None:
    sentences = [reason.zh for reason in _finding(tmp_path, debt).lead.reasons]
    assert [s for s in sentences if "没有约定的" in s or "从其约定" in s] == [
        s for s in sentences if said and said in s
    ]
    assert len(sentences) == (4 if said else 3)

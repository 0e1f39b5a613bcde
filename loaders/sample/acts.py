"""A small world per chunk: arrears on top of trading, and the truth about what was planted in it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from loaders.sample.context import AS_OF, Context
from loaders.sample.contracting import Contract
from loaders.sample.parties import Body, Firm, Row, fen, iso, yuan
from loaders.sample.trade import BYSTANDERS, Trade
from loaders.sample.truth import Truth


@dataclass(frozen=True, slots=True)
class Debt:
    """A ledger entry, its monthly reports and its release."""

    id: str
    row: Row
    reports: list[Row]
    release: Row = field(default_factory=dict)


class Town(Trade):
    """A small world per chunk, with the truth about what was planted in it."""

    def __init__(self, ctx: Context, truth: Truth) -> None:
        super().__init__(ctx)
        self.truth = truth
        self.round = 0

    def start_round(self, number: int) -> None:
        """Begin a round of plants: new bystanders and a new tender agent."""
        self.round = number
        self._bystanders = [self.firm() for _ in range(BYSTANDERS)]
        self._agent = self.org("招标代理", org_type="intermediary")["org_id"]

    def debt(
        self,
        debtor: Body,
        creditor: str,
        amount: int,
        *,
        due: int,
        released: int | None,
        approver: str | None = None,
        payee: str | None = None,
        contract: Contract | None = None,
        disputed: bool = False,
    ) -> Debt:
        """A ledger entry reported every month until its release, or until the last report when unpaid."""
        debt = self.serial("debt", "D", 7)
        registered = due + 6
        row = self.add(
            "debts",
            debt_id=debt,
            debtor_id=debtor.id,
            creditor_id=creditor,
            amount=yuan(amount),
            contract_id=contract.id if contract else None,
            accepted_on=iso(due - 30),
            due_on=iso(due),
            disputed="true" if disputed else "false",
            planned_on=None if released is None else iso(released + 5),
            registered_on=iso(registered),
        )
        reports = self.reports(debt, amount, registered, released, disputed=disputed)
        if released is None:
            return Debt(debt, row, reports)
        release = self.pay(
            debtor.id,
            payee or creditor,
            amount,
            released,
            "清偿拖欠账款",
            contract=contract.id if contract else None,
            debt=debt,
            approver=approver or debtor.head,
            payer_account=debtor.account,
        )
        return Debt(debt, row, reports, release)

    def reports(
        self, debt: str, amount: int, registered: int, released: int | None, *, disputed: bool = False
    ) -> list[Row]:
        """Monthly reports from entry to release that balance and carry over."""
        first = _month(registered)
        last = _month(AS_OF if released is None else released)
        made = []
        for month in range(first, last + 1):
            repaid = amount if released is not None and month == last else 0
            opening = 0 if month == first else amount
            added = amount if month == first else 0
            made.append(
                self.add(
                    "debt_reports",
                    debt_id=debt,
                    period=period(month),
                    opening=yuan(opening),
                    added=yuan(added),
                    repaid=yuan(repaid),
                    closing=yuan(opening + added - repaid),
                    disputed="true" if disputed else "false",
                    status="repaid" if repaid else "outstanding",
                )
            )
        return made

    def owed_contract(self, debtor: Body, creditor: Firm, *, due: int, estimate: int | None = None) -> Contract:
        """A tendered contract of which the last instalment is owed at `due` (its payments have no third part)."""
        tender = self.tender(
            debtor, [creditor, *self.bystanders(2)], notice=due - 300, estimate=estimate, settled=False
        )
        amount = fen(tender.bids[0].row["price"])
        signed = tender.awarded + 12
        return self.contract(
            debtor.id,
            creditor.id,
            amount,
            signed=signed,
            days=due - signed - 8,
            tender=tender.id,
            approver=debtor.head,
            payer_account=debtor.account,
            payee_account=creditor.account,
            parts=(30, 40),
        )

    def owed(self, contract: Contract) -> int:
        """What is left of a contract after its payments, in fen."""
        return contract.amount - sum(fen(row["amount"]) for row in contract.payments)

    def planted(self, detector: str, note: str, **entities: str) -> None:
        """Record a planted pattern."""
        self.truth.add(detector, "planted", None, entities, note)

    def twin(self, detector: str, twin: str, note: str, **entities: str) -> None:
        """Record an innocent twin, which no tier A or B finding may accuse."""
        self.truth.add(detector, "twin", twin, entities, note)

    def by_product(self, detector: str, note: str, **entities: str) -> None:
        """Record what a plant shows beside its own pattern: a finding on it is explained, not required."""
        self.truth.add(detector, "by_product", None, entities, note)


def _month(when: int) -> int:
    return int(np.datetime64(when, "D").astype("datetime64[M]").astype(np.int64))


def period(month: int) -> str:
    """`YYYY-MM` of months since 1970-01."""
    return str(np.datetime64(month, "M"))

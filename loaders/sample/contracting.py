"""Contracts and money in a small world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loaders.sample.parties import Row, iso, yuan
from loaders.sample.town import People


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with the payments under it."""

    id: str
    row: Row
    payments: list[Row]
    amount: int
    started: int
    due: int


class Contracting(People):
    """Contracts, payments and transfers among the parties of a small world."""

    def contract(
        self,
        buyer: str,
        supplier: str,
        amount: int,
        *,
        signed: int,
        days: int = 200,
        tender: str | None = None,
        project: str | None = None,
        approver: str | None = None,
        kind: str = "main",
        parent: str | None = None,
        scope: str = "partial",
        payer_account: str | None = None,
        payee_account: str | None = None,
        parts: Sequence[int] = (30, 40, 30),
        purpose: str = "合同进度款",
        fund: str | None = None,
    ) -> Contract:
        """A contract paid in full, in `parts` (percent), each in its term; empty parts leave it unpaid."""
        contract = self.serial("contract", "C")
        started, due = signed + 8, signed + 8 + days
        row = self.add(
            "contracts",
            contract_id=contract,
            buyer_id=buyer,
            supplier_id=supplier,
            amount=yuan(amount),
            tender_id=tender,
            project_id=project,
            currency="CNY",
            signed_on=iso(signed),
            started_on=iso(started),
            due_on=iso(due),
            kind=kind,
            parent_id=parent,
            approver_id=approver,
            scope=scope,
        )
        payments, left = [], amount
        for i, part in enumerate(parts):
            sum_paid = left if i == len(parts) - 1 and sum(parts) == 100 else amount * part // 100
            left -= sum_paid
            payments.append(
                self.pay(
                    buyer,
                    supplier,
                    sum_paid,
                    started + days * (i + 1) // len(parts) - 2,
                    purpose,
                    contract=contract,
                    approver=approver,
                    payer_account=payer_account,
                    payee_account=payee_account,
                    fund=fund,
                )
            )
        return Contract(contract, row, payments, amount, started, due)

    def pay(
        self,
        payer: str,
        payee: str,
        amount: int,
        when: int,
        purpose: str,
        *,
        contract: str | None = None,
        debt: str | None = None,
        fund: str | None = None,
        approver: str | None = None,
        payer_account: str | None = None,
        payee_account: str | None = None,
    ) -> Row:
        """A payment, applied for nine days before and approved three days before."""
        return self.add(
            "payments",
            payment_id=self.serial("payment", "Z", 9),
            payer_id=payer,
            payee_id=payee,
            amount=yuan(amount),
            paid_on=iso(when),
            currency="CNY",
            contract_id=contract,
            debt_id=debt,
            fund_id=fund,
            payer_account=payer_account,
            payee_account=payee_account,
            applied_on=iso(when - 9),
            approved_on=iso(when - 3) if approver else None,
            approver_id=approver,
            form="cash",
            purpose=purpose,
        )

    def transfer(self, sender: str, receiver: str, amount: int, when: int, basis: str = "往来款") -> Row:
        """Money between parties as a case file's bank records show it."""
        return self.add("transfers", from_id=sender, to_id=receiver, amount=yuan(amount), date=iso(when), basis=basis)

"""Acts of a small world: tenders, contracts, payments, arrears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from loaders.sample import codes, names
from loaders.sample.context import AS_OF, Context, day
from loaders.sample.town import WAN, Body, Firm, People, Row, iso, yuan
from loaders.sample.truth import Truth

# Steps between neighbouring prices in units of the estimate: no two alike, none a multiple of another.
_STEPS = (0.0083, 0.0217, 0.0129, 0.0341, 0.0057, 0.0273, 0.0161, 0.0099)
_TRADE_CATEGORY = {"goods": "goods", "medical": "medical", "property": "land"}
_TYPICAL_WAN = {"works": 900, "goods": 400, "services": 300, "medical": 400, "land": 2000}
BYSTANDERS = 24


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid and the rows filed with it."""

    id: str
    firm: Firm
    row: Row
    prepared: Row
    device: Row
    """The upload."""
    deposit: Row
    members: dict[str, Row]


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract with the payments under it."""

    id: str
    row: Row
    payments: list[Row]
    amount: int
    started: int
    due: int


@dataclass(frozen=True, slots=True)
class Tender:
    """A tender, its bids in the order of the bidders given, and the contract that came of it."""

    id: str
    row: Row
    bids: list[Bid]
    opened: int
    awarded: int
    contract: Contract | None


@dataclass(frozen=True, slots=True)
class Debt:
    """A ledger entry, its monthly reports and its release."""

    id: str
    row: Row
    reports: list[Row]
    release: Row = field(default_factory=dict)


class Town(People):
    """A small world per chunk, with the truth about what was planted in it."""

    def __init__(self, ctx: Context, truth: Truth) -> None:
        super().__init__(ctx)
        self.truth = truth
        self.round = 0
        self._bystanders: list[Firm] = []
        self._agent = ""

    def start_round(self, number: int) -> None:
        """Begin a round of plants: new bystanders and a new tender agent."""
        self.round = number
        self._bystanders = [self.firm() for _ in range(BYSTANDERS)]
        self._agent = self.org("招标代理", org_type="intermediary")["org_id"]

    @property
    def agent(self) -> str:
        """The round's tender agent, tied to nobody."""
        return self._agent

    def bystanders(self, count: int) -> list[Firm]:
        """Unconnected building firms that bid and never win."""
        picked = self.rng.permutation(len(self._bystanders))[:count]
        return [self._bystanders[i] for i in picked.tolist()]

    def notice_day(self, last: str = "2024-03-31") -> int:
        """A day on which a tender may be published and still be settled in time."""
        return self.between(day("2019-06-01"), day(last))

    def tender(
        self,
        buyer: Body,
        bidders: Sequence[Firm],
        *,
        winner: int | None = 0,
        category: str | None = None,
        method: str = "open",
        notice: int | None = None,
        estimate: int | None = None,
        prices: Sequence[int] | None = None,
        project: str | None = None,
        consortium: Sequence[int] = (),
        agent: str | None = None,
        budget_item: str | None = None,
        settled: bool = True,
    ) -> Tender:
        """A tender with bids; the winner (an index, `None` for a failed tender) is cheapest and gets a contract.

        Bidders listed in `consortium` bid as one: the first carries the price. `settled=False` leaves the
        contract out.
        """
        category = category or _TRADE_CATEGORY.get(bidders[0].trade, "works")
        notice = self.notice_day() if notice is None else notice
        opened = notice + 25
        awarded = opened + 6
        estimate = estimate or self.between(100, 260) * _TYPICAL_WAN[category] * WAN // 100
        prices = prices or self._prices(estimate, len(bidders), winner or 0)
        tender = self.serial("tender", "T")
        row = self.add(
            "tenders",
            tender_id=tender,
            buyer_id=buyer.id,
            project_id=project,
            title=f"{names.county(self.between(0, 400))}{names.WORK_OBJECTS[self.between(0, 8)]}采购",
            agent_id=agent or self._agent,
            platform_id=f"PL{int(self.ctx.province.platforms[buyer.city]):04d}",
            deal_code=f"LJ38{int(tender[1:]):012d}",
            category=category,
            method=method,
            estimate=yuan(estimate),
            ceiling_price=yuan(estimate),
            currency="CNY",
            published_at=f"{iso(notice)}T09:00:00",
            submission_deadline=f"{iso(opened)}T09:30:00",
            opened_at=f"{iso(opened)}T09:30:00",
            awarded_on=None if winner is None else iso(awarded),
            status="failed" if winner is None else "awarded",
            budget_item=budget_item or f"YS{tender[1:]}",
            region=names.CITY_REGIONS[buyer.city],
        )
        partners = set(consortium[1:])
        joint = self.serial("consortium", "LHT") if consortium else None
        ranked = sorted((i for i in range(len(bidders)) if i not in partners), key=lambda i: prices[i])
        bids = [
            self.bid(
                tender,
                firm,
                opened=opened,
                price=None if i in partners else prices[i],
                rank=None if i in partners or winner is None else ranked.index(i) + 1,
                is_winner=winner is not None and (i == winner or (winner in consortium and i in partners)),
                consortium=joint if i in consortium else None,
                deposit=estimate // 50,
                refunded=awarded + (30 if i == winner else 4),
            )
            for i, firm in enumerate(bidders)
        ]
        contract = None
        if winner is not None and settled and category != "land":
            contract = self.contract(
                buyer.id,
                bidders[winner].id,
                prices[winner],
                signed=awarded + 12,
                tender=tender,
                project=project,
                approver=buyer.head,
                payer_account=buyer.account,
                payee_account=bidders[winner].account,
            )
        return Tender(tender, row, bids, opened, awarded, contract)

    def _prices(self, estimate: int, count: int, lowest: int) -> list[int]:
        steps = [estimate * step * self.rng.uniform(0.93, 1.07) for step in _STEPS[: count - 1]]
        base = estimate * self.rng.uniform(0.82, 0.86)
        ladder = [int(base + sum(steps[:i])) for i in range(count)]
        first = ladder.pop(0)
        rest = [ladder[i] for i in self.rng.permutation(count - 1)]
        return [*rest[:lowest], first, *rest[lowest:]]

    def bid(
        self,
        tender: str,
        firm: Firm,
        *,
        opened: int,
        price: int | None,
        rank: int | None,
        is_winner: bool = False,
        consortium: str | None = None,
        deposit: int = 10 * WAN,
        refunded: int | None = None,
    ) -> Bid:
        """A bid made on the firm's own machine, with its own deposit and its own people."""
        bid = self.serial("bid", "B")
        file_id, md5 = codes.hexadecimal(self.rng, 1, 16)[0], codes.hexadecimal(self.rng, 1, 32)[0]
        row = self.add(
            "bids",
            bid_id=bid,
            tender_id=tender,
            bidder_id=firm.id,
            price=None if price is None else yuan(price),
            currency="CNY",
            submitted_at=f"{iso(opened - 1)}T{self.between(8, 18):02d}:{self.between(0, 60):02d}:00",
            status="valid",
            rank=rank,
            is_winner="true" if is_winner else "false",
            consortium_id=consortium,
            handler_id=firm.handler,
            project_manager_id=firm.manager,
        )
        made = {**firm.machine, "file_id": file_id, "file_md5": md5, "bid_id": bid}
        members = {
            role: self.add("bid_members", bid_id=bid, person_id=person, role=role, certificate_no=number)
            for role, person, number in (
                ("project_manager", firm.manager, firm.certificate),
                ("technical", firm.technical, None),
            )
        }
        return Bid(
            id=bid,
            firm=firm,
            row=row,
            prepared=self.add("bid_devices", stage="prepare", on_site="false", **made),
            device=self.add("bid_devices", stage="upload", on_site="false", **made),
            deposit=self.add(
                "bid_deposits",
                bid_id=bid,
                form="transfer",
                payer_id=firm.id,
                payer_account=firm.account,
                amount=yuan(deposit),
                paid_at=f"{iso(opened - 3)}T{self.between(9, 17):02d}:{self.between(0, 60):02d}:00",
                refunded_at=None if refunded is None else f"{iso(refunded)}T15:00:00",
            ),
            members=members,
        )

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
        amount = _fen(tender.bids[0].row["price"])
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
        return contract.amount - sum(_fen(row["amount"]) for row in contract.payments)

    def planted(self, detector: str, note: str, **entities: str) -> None:
        """Record a planted pattern."""
        self.truth.add(detector, "planted", None, entities, note)

    def twin(self, detector: str, twin: str, note: str, **entities: str) -> None:
        """Record an innocent twin, which no tier A or B finding may accuse."""
        self.truth.add(detector, "twin", twin, entities, note)

    def by_product(self, detector: str, note: str, **entities: str) -> None:
        """Record what a plant shows beside its own pattern: a finding on it is explained, not required."""
        self.truth.add(detector, "by_product", None, entities, note)


def _fen(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * 100 + int(rest)


def _month(when: int) -> int:
    return int(np.datetime64(when, "D").astype("datetime64[M]").astype(np.int64))


def period(month: int) -> str:
    """`YYYY-MM` of months since 1970-01."""
    return str(np.datetime64(month, "M"))

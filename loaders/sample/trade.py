"""Acts of trading in a small world: tenders, bids, contracts, payments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from loaders.sample import codes, names
from loaders.sample.context import Context, day
from loaders.sample.contracting import Contract, Contracting
from loaders.sample.parties import WAN, Body, Firm, Row, iso, yuan

_TRADE_CATEGORY = {
    "goods": "goods",
    "medical": "medical",
    "property": "land",
    "service": "services",
    "design": "services",
    "supervision": "services",
}
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
class Tender:
    """A tender, its bids in the order of the bidders given, and the contract that came of it."""

    id: str
    row: Row
    bids: list[Bid]
    opened: int
    awarded: int
    contract: Contract | None

    def pair(self, a: int = 0, b: int = 1) -> dict[str, str]:
        """The tender and two of its bidders, by role."""
        return {"tender": self.id, "bidder_a": self.bids[a].firm.id, "bidder_b": self.bids[b].firm.id}


class Trade(Contracting):
    """Tenders among the firms and bodies of a small world."""

    def __init__(self, ctx: Context) -> None:
        super().__init__(ctx)
        self._bystanders: list[Firm] = []
        self._agent = ""
        self._wins: Counter[str] = Counter()

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
        partners = set(consortium[1:])
        if prices is None:
            prices = self._prices(estimate, len(bidders), winner or 0, partners)
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

    def _prices(self, estimate: int, count: int, lowest: int, unpriced: set[int]) -> list[int]:
        """Uneven prices, so that no plant but the one meant shows a progression; partners get none of their own."""
        priced = count - len(unpriced)
        while True:
            steps = self.rng.uniform(0.004, 0.036, priced - 1) * estimate
            if priced < 3 or steps.min() < 0.55 * steps.max():
                break
        base = estimate * self.rng.uniform(0.82, 0.86)
        ladder = [int(base + steps[:i].sum()) for i in range(priced)]
        rest = iter(self.rng.permutation(ladder[1:]).tolist())
        return [0 if i in unpriced else ladder[0] if i == lowest else next(rest) for i in range(count)]

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
        manager, certificate = firm.manager, firm.certificate
        if is_winner:
            self._wins[firm.id] += 1
            if self._wins[firm.id] > 1:
                # Nobody leads two contracts at once.
                manager, certificate = self.project_manager(firm.id)
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
            project_manager_id=manager,
        )
        made = {**firm.machine, "file_id": file_id, "file_md5": md5, "bid_id": bid}
        members = {
            role: self.add("bid_members", bid_id=bid, person_id=person, role=role, certificate_no=number)
            for role, person, number in (
                ("project_manager", manager, certificate),
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

    def evaluate(self, tender: Tender, panel: Sequence[str]) -> None:
        """Score sheets of a panel: the cheapest valid bid leads."""
        for expert in panel:
            for bid in tender.bids:
                if "price" not in bid.row:
                    continue
                best = bid.row["is_winner"] == "true"
                scores = [30 + 4 * best + self.between(0, 3), 16 + self.between(0, 3), 34 + 5 * best]
                self.add(
                    "evaluations",
                    tender_id=tender.id,
                    expert_id=expert,
                    bid_id=bid.id,
                    is_owner_rep="false",
                    technical_score=scores[0],
                    commercial_score=scores[1],
                    price_score=scores[2],
                    total_score=sum(scores),
                )

    def project(self, owner: Body, *, must_tender: bool = True, fund: str | None = None) -> str:
        """A project of a body."""
        project = self.serial("project", "X", 7)
        self.add(
            "projects",
            project_id=project,
            name=f"{names.county(self.between(0, 400))}{names.WORK_OBJECTS[self.between(0, 8)]}项目",
            owner_id=owner.id,
            budget=yuan(self.between(2000, 6000) * WAN),
            fund_id=fund,
            state_fund_pct=100,
            must_tender="true" if must_tender else "false",
            region=names.CITY_REGIONS[owner.city],
            approved_on="2018-10-01",
        )
        return project

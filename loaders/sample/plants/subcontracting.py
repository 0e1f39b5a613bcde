"""Plants of the family subcontracting 违法发包转包."""

from __future__ import annotations

from collections.abc import Sequence

from loaders.sample.acts import Town
from loaders.sample.contracting import Contract
from loaders.sample.parties import WAN, Body, Firm
from loaders.sample.plants.qualification import won


def _sub(
    town: Town, main: Contract, supplier: Firm, percent: int, scope: str, purpose: str, payer: str | None = None
) -> Contract:
    """Let a share of a contract to a qualified firm; it is paid in two parts."""
    return town.contract(
        payer or main.row["supplier_id"],
        supplier.id,
        main.amount * percent // 100,
        signed=main.started + 2,
        days=main.due - main.started - 12,
        kind="sub",
        parent=main.id,
        scope=scope,
        parts=(50, 50),
        purpose=purpose,
    )


def whole_transfer(town: Town) -> None:
    """The whole contract is passed on: in words, in sum, or to the winner's own subsidiary."""
    tender, main = won(town)
    winner = tender.bids[0].firm
    way = ("scope all", "93 % to one firm", "to a subsidiary")[town.round % 3]
    taker = town.firm(owners=[(winner.id, 100)]) if way == "to a subsidiary" else town.firm()
    _sub(
        town,
        main,
        taker,
        93 if way == "93 % to one firm" else 96,
        "partial" if way == "93 % to one firm" else "all",
        "工程款",
    )
    town.planted("whole_transfer", way, contract=main.id, winner=winner.id, taker=taker.id)


def partial_subcontract(town: Town) -> None:
    """Labour and one trade are let to two qualified firms, less than half in all."""
    tender, main = won(town)
    for percent, scope, purpose in ((24, "labour", "劳务费"), (19, "professional", "专业分包工程款")):
        taker = town.firm()
        _sub(town, main, taker, percent, scope, purpose)
        town.twin(
            "whole_transfer",
            "partial",
            f"{percent} % {scope}",
            contract=main.id,
            winner=tender.bids[0].firm.id,
            taker=taker.id,
        )


def repeated_subcontract(town: Town) -> None:
    """A subcontractor lets its part again, or a labour contractor charges the main materials."""
    _, main = won(town)
    first, second = town.firm(), town.firm()
    if town.round % 2 == 0:
        sub = _sub(town, main, first, 30, "professional", "专业分包工程款")
        again = _sub(town, sub, second, 60, "professional", "专业分包工程款")
        town.planted("repeated_subcontract", "let again", contract=again.id, parent=sub.id, taker=second.id)
    else:
        sub = _sub(town, main, first, 28, "labour", "主要建筑材料款")
        town.planted("repeated_subcontract", "labour contractor charges materials", contract=sub.id, taker=first.id)


def labour_of_specialist(town: Town) -> None:
    """A specialist subcontractor lets the labour of its trade to a labour firm, which the rules allow."""
    _, main = won(town)
    specialist, labour = town.firm(), town.firm()
    sub = _sub(town, main, specialist, 30, "professional", "专业分包工程款")
    again = _sub(town, sub, labour, 35, "labour", "劳务费")
    town.twin(
        "repeated_subcontract", "labour_of_specialist", "labour only", contract=again.id, parent=sub.id, taker=labour.id
    )


def _purchases(town: Town, body: Body, suppliers: Sequence[Firm], notices: Sequence[int], wan: int) -> dict[str, str]:
    """Purchases of one budget item by inquiry. Returns the contracts by role."""
    item = f"YS-{body.id[1:]}"
    contracts = {}
    for i, notice in enumerate(notices):
        tender = town.tender(
            body,
            [suppliers[i % len(suppliers)], town.firm("goods"), town.firm("goods")],
            method="inquiry",
            notice=notice,
            estimate=wan * WAN + town.between(0, 9) * WAN,
            budget_item=item,
        )
        assert tender.contract
        contracts[f"contract_{'abc'[i]}"] = tender.contract.id
    return contracts


def split_contracts(town: Town) -> None:
    """One item is bought three times within months, each below the threshold of 2,000,000, together above it."""
    body, supplier = town.body("government", size="large"), town.firm("goods")
    suppliers = [supplier]
    if town.round % 2:
        suppliers.append(town.firm("goods", legal_rep=supplier.legal_rep))
    start = town.notice_day("2023-06-30")
    contracts = _purchases(town, body, suppliers, [start, start + 70, start + 130], 175)
    note = "one supplier" if len(suppliers) == 1 else "two suppliers with one head"
    town.planted("split_contracts", note, buyer=body.id, supplier=supplier.id, **contracts)


def years_apart(town: Town) -> None:
    """One item is bought three times, more than a year apart each."""
    body, supplier = town.body("government", size="large"), town.firm("goods")
    start = town.between(18_060, 18_200)
    contracts = _purchases(town, body, [supplier], [start, start + 430, start + 860], 175)
    town.twin("split_contracts", "years_apart", "14 months apart", buyer=body.id, supplier=supplier.id, **contracts)


def below_in_all(town: Town) -> None:
    """Three purchases of one item stay below the threshold together."""
    body, supplier = town.body("government", size="large"), town.firm("goods")
    start = town.notice_day("2023-06-30")
    contracts = _purchases(town, body, [supplier], [start, start + 70, start + 130], 50)
    town.twin("split_contracts", "below_in_all", "about 1,500,000", buyer=body.id, supplier=supplier.id, **contracts)


PLANTED = (whole_transfer, repeated_subcontract, split_contracts)
TWINS = (partial_subcontract, labour_of_specialist, years_apart, below_in_all)

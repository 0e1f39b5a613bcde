"""Contracts of a process, their amendments and payments."""

from __future__ import annotations

from decimal import Decimal

from loaders.json_rows import Fields, plain
from loaders.ocds.awarding import Bids
from loaders.ocds.process import Process, lots_of

Row = dict[str, str | None]


def map_contracts(process: Process, contracts: list[Fields], awards: list[Fields], bids: Bids) -> None:
    """Rows of contracts, supplements and payments.

    OCDS names a contract's supplier in its award. A joint award's contract is under its first supplier; the other
    members stand in the bids that won.
    """
    by_id = {award_id: award for award in awards if (award_id := award.text("id"))}
    for number, contract in enumerate(contracts, start=1):
        status = (contract.text("status") or "").casefold()
        if status == "cancelled":
            contract.count("ocds.cancelled_contract", "status")
            continue
        award = by_id.get(contract.text("awardID") or "")
        if award is None and "awardID" not in contract and len(awards) == 1:
            award = awards[0]
        own = contract.text("id")
        if own is None:
            contract.count("ocds.no_id", "id")
        parent = contract.text("extendsContractID")
        contract_id = f"{process.ocid}/{own or f'contract-{number}'}"
        amount, currency = _amount(contract, award)
        values: Row = {
            "contract_id": contract_id,
            "buyer_id": process.buyer_id,
            "supplier_id": _supplier(process, contract, award),
            "tender_id": _tender_id(process, contract, award),
            "currency": currency,
            "signed_on": contract.date("dateSigned"),
            "started_on": contract.object("period").date("startDate"),
            "kind": "supplement" if parent else "main",
            "parent_id": f"{process.ocid}/{parent}" if parent else None,
            "_derived": None if own else "contract_id",
        }
        original = _map_amendments(process, contract, values, amount)
        process.add("contracts", values | {"amount": original})
        _map_payments(process, contract, values)


def _amount(contract: Fields, award: Fields | None) -> tuple[str | None, str | None]:
    amount, currency = contract.money("value")
    if amount is None and award is not None and "extendsContractID" not in contract:
        amount, currency = award.money("value")
        if amount is not None:
            contract.count("ocds.amount_of_award", "value")
    return amount, currency


def _supplier(process: Process, contract: Fields, award: Fields | None) -> str | None:
    references = contract.objects("suppliers") or (award.objects("suppliers") if award is not None else [])
    found = [party for s in references if (party := process.parties.refer(s, public=False))]
    if len(set(found)) > 1:
        contract.count("ocds.joint_contract", "suppliers")
    return found[0] if found else None


def _tender_id(process: Process, contract: Fields, award: Fields | None) -> str:
    lots = lots_of(contract) or (lots_of(award) if award is not None else [])
    if len(lots) > 1:
        # A contract belongs to one tender; one for several lots belongs to the process.
        process.whole_is_meant = process.whole_is_meant or len(process.lots) > 1
        return process.ocid
    return process.tender_ids(lots)[0]


def _map_amendments(process: Process, contract: Fields, values: Row, amount: str | None) -> str | None:
    """Add a supplement for each amendment whose change of amount is known; what the contract was before them.

    A contract's value is the present one, and `changes` tell the former one, so walking back from the present
    gives each amendment's share. Amendments of other things have no row.
    """
    amendments = contract.objects("amendments")
    known = {amendment.text("id") for amendment in amendments}
    amendments += [
        a for a in contract.objects("amendment", often_one=True) if a.members and (a.text("id") or "") not in known
    ]
    present = amount
    for number, amendment in reversed(list(enumerate(amendments, start=1))):
        former = _former_amount(amendment)
        if former is None or present is None:
            if amendment.members.keys() - {"changes"} or amendment.members.get("changes"):
                contract.count("ocds.amendment_without_amount", "amendments")
            continue
        supplement: Row = {
            "contract_id": f"{values['contract_id']}/{amendment.text('id') or f'amendment-{number}'}",
            "parent_id": values["contract_id"],
            "kind": "supplement",
            "amount": plain(Decimal(present) - Decimal(former)),
            "signed_on": amendment.date("date"),
        }
        process.add("contracts", values | {"started_on": None} | supplement)
        present = former
    return present


def _former_amount(amendment: Fields) -> str | None:
    for change in amendment.objects("changes"):
        if change.text("property") in ("value.amount", "value/amount", "/value/amount"):
            return change.number("former_value")
        if change.text("property") in ("value", "/value"):
            return change.money("former_value")[0]
    return None


def _map_payments(process: Process, contract: Fields, values: Row) -> None:
    transactions = contract.object("implementation").objects("transactions")
    for number, transaction in enumerate(transactions, start=1):
        own = transaction.text("id")
        # 1.0 says amount, providerOrganization, receiverOrganization.
        amount, currency = transaction.money("value" if "value" in transaction else "amount")
        payer, payee = (
            next((p for n in names if (p := process.parties.refer(transaction.object(n), public=public))), None)
            for names, public in ((("payer", "providerOrganization"), True), (("payee", "receiverOrganization"), False))
        )
        derived = [
            column
            for column, stated in (("payment_id", own), ("payer_id", payer), ("payee_id", payee))
            if stated is None
        ]
        payment: Row = {
            "payment_id": f"{values['contract_id']}/{own or f'payment-{number}'}",
            "payer_id": payer or values["buyer_id"],
            "payee_id": payee or values["supplier_id"],
            "amount": amount,
            "currency": currency,
            "paid_on": transaction.date("date"),
            "contract_id": values["contract_id"],
            "_derived": ";".join(derived) or None,
        }
        process.add("payments", payment)

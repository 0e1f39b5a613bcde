"""Plants of the family qualification 资质造假挂靠."""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.contracting import Contract
from loaders.sample.parties import Row, fen, iso
from loaders.sample.trade import Tender


def pass_on(town: Town, contract: Contract, payer: str, payee: str, percent: int, purpose: str) -> None:
    """Pay on a share of every instalment of a contract, five days after it came."""
    for row in contract.payments:
        paid = contract.started + _days_between(contract, row) + 5
        town.pay(payer, payee, fen(row["amount"]) * percent // 100, paid, purpose)


def _days_between(contract: Contract, payment: Row) -> int:
    part = contract.payments.index(payment) + 1
    return (contract.due - contract.started) * part // len(contract.payments) - 2


def won(town: Town) -> tuple[Tender, Contract]:
    """A tender won by a new firm against three bystanders, and its contract."""
    tender = town.tender(town.body(), [town.firm(), *town.bystanders(3)])
    assert tender.contract
    return tender, tender.contract


def borrowed_qualification(town: Town) -> None:
    """The winner keeps three per cent and passes the rest to one party without a qualification."""
    tender, contract = won(town)
    winner = tender.bids[0].firm.id
    outsider = town.org("工程队", size="micro")
    account = town.contact(outsider["org_id"], "account")
    pass_on(town, contract, winner, outsider["org_id"], 97, "工程款")
    if town.round % 2:
        tender.bids[0].deposit.update(payer_id=outsider["org_id"], payer_account=account)
    entities = {"contract": contract.id, "winner": winner, "party": outsider["org_id"]}
    town.planted("borrowed_qualification", "97 % passed on", **entities)
    town.by_product("whole_transfer", "97 % passed on", **entities)


def lawful_specialist(town: Town) -> None:
    """The winner lets three tenths to a firm qualified for the trade and does the rest."""
    tender, contract = won(town)
    winner, specialist = tender.bids[0].firm.id, town.firm()
    town.contract(
        winner,
        specialist.id,
        contract.amount * 30 // 100,
        signed=contract.started + 3,
        days=140,
        kind="sub",
        parent=contract.id,
        scope="professional",
        purpose="专业分包工程款",
    )
    town.twin(
        "borrowed_qualification",
        "specialist_subcontract",
        "30 % to a qualified firm",
        contract=contract.id,
        winner=winner,
        party=specialist.id,
    )


def main_material_supplier(town: Town) -> None:
    """The winner of a supply buys half of what it delivers from one dealer, who needs no qualification."""
    tender, contract = won(town)
    winner = tender.bids[0].firm.id
    dealer = town.org("建材销售")["org_id"]
    pass_on(town, contract, winner, dealer, 45, "材料款")
    town.twin(
        "borrowed_qualification",
        "material_supplier",
        "45 % for material",
        contract=contract.id,
        winner=winner,
        party=dealer,
    )


def _two_contracts(town: Town, apart: int, *, one_site: bool = False) -> tuple[str, str, str]:
    """Two contracts won by one firm `apart` days after one another and led by one manager."""
    firm = town.firm()
    notice = town.notice_day("2022-12-31")
    body = town.body()
    project = town.project(body) if one_site else None
    tenders = [
        town.tender(body if one_site else town.body(), [firm, *town.bystanders(2)], notice=day, project=project)
        for day in (notice, notice + apart)
    ]
    second = tenders[1].bids[0]
    second.row["project_manager_id"] = firm.manager
    second.members["project_manager"].update(person_id=firm.manager, certificate_no=firm.certificate)
    contracts = [tender.contract for tender in tenders]
    assert contracts[0]
    assert contracts[1]
    return firm.manager, contracts[0].id, contracts[1].id


def concurrent_manager(town: Town) -> None:
    """One project manager leads two contracts of different owners at the same time."""
    manager, a, b = _two_contracts(town, 60)
    town.planted("concurrent_manager", "140 days of overlap", manager=manager, contract_a=a, contract_b=b)


def consecutive_contracts(town: Town) -> None:
    """The manager takes up the second contract after the first is done."""
    manager, a, b = _two_contracts(town, 320)
    town.twin("concurrent_manager", "consecutive", "one after the other", manager=manager, contract_a=a, contract_b=b)


def one_site(town: Town) -> None:
    """Both contracts are sections of one project on one site."""
    manager, a, b = _two_contracts(town, 60, one_site=True)
    town.twin("concurrent_manager", "one_site", "one project", manager=manager, contract_a=a, contract_b=b)


def _registration(town: Town, person: str) -> Row:
    return next(row for row in reversed(town.rows["registrations"]) if row["person_id"] == person)


def uninsured_staff(town: Town) -> None:
    """The winner's project manager is registered with it and insured with another firm."""
    tender, _ = won(town)
    firm, employer = tender.bids[0].firm, town.firm()
    _registration(town, firm.manager)["insured_org_id"] = employer.id
    town.planted("uninsured_staff", "insured elsewhere", person=firm.manager, firm=firm.id, insured=employer.id)


def moved_before(town: Town) -> None:
    """The manager's earlier registration ended before he moved to, and was insured with, the present firm."""
    tender, _ = won(town)
    firm, earlier = tender.bids[0].firm, town.firm()
    row = _registration(town, firm.manager)
    town.add(
        "registrations",
        **{**row, "org_id": earlier.id, "insured_org_id": earlier.id, "valid_from": "2011-01-01"},
    )["valid_to"] = "2016-11-30"
    town.twin("uninsured_staff", "moved_before", "one employer after the other", person=firm.manager, firm=firm.id)


def invalid_certificate(town: Town) -> None:
    """The winner's qualification, or its manager's certificate, had expired; or one number serves two persons."""
    tender, _ = won(town)
    firm = tender.bids[0].firm
    way = ("qualification", "registration", "number")[town.round % 3]
    expired = iso(tender.opened - 120)
    if way == "qualification":
        row = next(row for row in reversed(town.rows["qualifications"]) if row["org_id"] == firm.id)
        row["valid_to"] = expired
    elif way == "registration":
        _registration(town, firm.manager)["valid_to"] = expired
    else:
        other = town.firm()
        _registration(town, other.manager)["certificate_no"] = firm.certificate
        elsewhere = town.tender(town.body(), [town.firm(), other, *town.bystanders(1)])
        elsewhere.bids[1].members["project_manager"]["certificate_no"] = firm.certificate
        town.by_product("invalid_certificate", "the number's other user", firm=other.id)
    town.planted("invalid_certificate", way, tender=tender.id, firm=firm.id)


def renewed_certificate(town: Town) -> None:
    """The first certificate had expired, and a renewed one was held at award."""
    tender, _ = won(town)
    firm = tender.bids[0].firm
    row = next(row for row in reversed(town.rows["qualifications"]) if row["org_id"] == firm.id)
    renewed = {
        **row,
        "certificate_no": town.serial("certificate", "ZZ", 9),
        "valid_from": iso(tender.opened - 119),
    }
    row["valid_to"] = iso(tender.opened - 120)
    town.add("qualifications", **renewed)
    town.twin("invalid_certificate", "renewed", "renewed in time", tender=tender.id, firm=firm.id)


PLANTED = (borrowed_qualification, concurrent_manager, uninsured_staff, invalid_certificate)
TWINS = (
    lawful_specialist,
    main_material_supplier,
    consecutive_contracts,
    one_site,
    moved_before,
    renewed_certificate,
)

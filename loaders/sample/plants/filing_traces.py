"""Plants of `same_device`, `same_handler`, `same_team_member` and `deposit_same_source`.

What bidders file with their bids comes from one hand.
"""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.parties import Firm
from loaders.sample.trade import Tender

_SHARED = (
    ("lock_no",),
    ("ca_no",),
    ("file_id",),
    ("file_md5",),
    ("mac", "cpu_sn", "disk_sn"),
    ("ip",),
    ("mac",),
    ("cpu_sn",),
    ("disk_sn",),
)
_POPULAR = 12
"""Firms behind one popular identifier: more than the eight parties up to which sharing tells something."""


def shared_device(town: Town) -> None:
    """Two bidders' files were made or uploaded with one tool; each round plants three of nine kinds."""
    for i in range(3):
        columns = _SHARED[(3 * town.round + i) % len(_SHARED)]
        tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)])
        first, second = tender.bids[0], tender.bids[1]
        for column in columns:
            for a, b in ((first.prepared, second.prepared), (first.device, second.device)):
                b[column] = a[column]
        town.planted("same_device", f"shared {'+'.join(columns)}", **tender.pair())


def on_site_upload(town: Town) -> None:
    """Two bidders upload at the exchange hall's terminal."""
    terminal = town.machine()
    tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)])
    for bid in tender.bids[:2]:
        bid.device.update({name: terminal[name] for name in ("ip", "mac", "cpu_sn", "disk_sn")}, on_site="true")
    town.twin("same_device", "on_site_upload", "one terminal, on_site", **tender.pair())


def owner_control_price(town: Town) -> None:
    """All bidders download the owner's control-price file, which carries the owner's identifiers."""
    owner = town.machine()
    tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)])
    for bid in tender.bids:
        town.add(
            "bid_devices",
            bid_id=bid.id,
            stage="download",
            ip=bid.device["ip"],
            lock_no=owner["lock_no"],
            file_id=f"{owner['cpu_sn'].lower()}",
            on_site="false",
        )
    town.twin("same_device", "owner_control_price", "one file at stage download", **tender.pair())


def _popular_tenders(town: Town, firms: list[Firm]) -> list[Tender]:
    """Tenders in each of which two of the firms meet, among bystanders."""
    return [
        town.tender(town.body(), [firms[i], firms[i + 1], *town.bystanders(2)], winner=i % 4)
        for i in range(0, len(firms), 2)
    ]


def park_address(town: Town) -> None:
    """Firms of an industrial park reach the platform through one network address."""
    firms = [town.firm() for _ in range(_POPULAR)]
    address = town.machine()["ip"]
    tenders = _popular_tenders(town, firms)
    for tender in tenders:
        for bid in tender.bids[:2]:
            bid.prepared["ip"] = bid.device["ip"] = address
    for tender in tenders:
        town.twin("same_device", "park_address", "one address of a park", **tender.pair())


def consultancy_machine(town: Town) -> None:
    """A cost consultancy prepares the price lists of many firms, over many tenders, on its machine."""
    firms = [town.firm() for _ in range(_POPULAR)]
    desk = town.machine()
    tenders = _popular_tenders(town, firms)
    for tender in tenders:
        for bid in tender.bids[:2]:
            bid.prepared.update({name: desk[name] for name in ("ip", "mac", "cpu_sn", "disk_sn")})
    for tender in tenders:
        town.twin("same_device", "consultancy_machine", "one consultancy's machine", **tender.pair())


def consortium_partners(town: Town) -> None:
    """Members of one consortium prepare their bid together, and its leader pays the deposit."""
    tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(3)], consortium=(0, 1))
    lead, partner = tender.bids[0], tender.bids[1]
    for column in (*lead.firm.machine, "file_id", "file_md5"):
        partner.prepared[column] = lead.prepared[column]
        partner.device[column] = lead.device[column]
    partner.deposit.update(payer_id=lead.firm.id, payer_account=lead.firm.account)
    partner.row["handler_id"] = lead.row["handler_id"]
    partner.members["technical"]["person_id"] = lead.firm.technical
    for detector in ("same_device", "deposit_same_source", "same_handler", "same_team_member"):
        town.twin(detector, "consortium_partners", "one consortium", **tender.pair())


def deposits_of_one_source(town: Town) -> None:
    """A third party, a third party's account, or one bidder pays the deposits of several."""
    person = town.person()
    account = town.contact(person, "account")
    tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)])
    first, second = tender.bids[0], tender.bids[1]
    way = town.round % 3
    if way == 0:
        for bid in (first, second):
            bid.deposit.update(payer_id=person, payer_account=account)
    elif way == 1:
        second.deposit.update(payer_id=first.firm.id, payer_account=first.firm.account)
    else:
        for bid in (first, second):
            bid.deposit.update(payer_account=account)
    note = ("one third party", "one bidder pays the other's", "one account")[way]
    town.planted("deposit_same_source", note, **tender.pair())


def same_guarantor(town: Town) -> None:
    """Bidders are vouched for by one bank, or insured with one insurer, which pays from its own account."""
    guarantor = f"O{int(town.ctx.province.guarantors[town.round % 6]):08d}"
    account = town.contact(guarantor, "account")
    for form in ("guarantee", "insurance"):
        tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)])
        for bid in tender.bids[:2]:
            bid.deposit.update(form=form, guarantor_id=guarantor, payer_id=guarantor, payer_account=account)
        town.twin("deposit_same_source", "same_guarantor", f"form = {form}", **tender.pair())


def one_handler(town: Town) -> None:
    """One person hands in two bids, or is named as contact person in both."""
    tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)])
    first, second = tender.bids[0], tender.bids[1]
    if town.round % 2 == 0:
        second.row["handler_id"] = first.firm.handler
        town.planted("same_handler", "one handler", **tender.pair())
        return
    for bid in (first, second):
        town.add("bid_members", bid_id=bid.id, person_id=first.firm.handler, role="contact")
    town.planted("same_handler", "one contact person", **tender.pair())


def one_team_member(town: Town) -> None:
    """One technician stands in two bidders' project teams."""
    tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)])
    tender.bids[1].members["technical"]["person_id"] = tender.bids[0].firm.technical
    town.planted("same_team_member", "one technician", **tender.pair())


PLANTED = (shared_device, deposits_of_one_source, one_handler, one_team_member)
TWINS = (
    on_site_upload,
    owner_control_price,
    park_address,
    consultancy_machine,
    consortium_partners,
    same_guarantor,
)

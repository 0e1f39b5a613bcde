"""Plants of the family affiliated_bidders 关联投标人."""

from __future__ import annotations

from loaders.sample.acts import Tender, Town
from loaders.sample.town import LONG_AGO, Firm, iso

_POPULAR = 12


def _meet(town: Town, a: Firm, b: Firm, winner: int = 0) -> Tender:
    """A tender in which the two bid beside two bystanders."""
    return town.tender(town.body(), [a, b, *town.bystanders(2)], winner=winner)


def _pair(tender: Tender) -> dict[str, str]:
    return {"tender": tender.id, "bidder_a": tender.bids[0].firm.id, "bidder_b": tender.bids[1].firm.id}


def one_principal(town: Town) -> None:
    """One legal representative, or one actual controller, of two bidders."""
    head = town.person()
    if town.round % 3 < 2:
        tender = _meet(town, town.firm(legal_rep=head), town.firm(legal_rep=head))
        town.planted("same_principal", "one legal representative", person=head, **_pair(tender))
        return
    a, b = town.firm(), town.firm()
    for firm in (a, b):
        town.role(head, firm.id, "actual_controller")
    tender = _meet(town, a, b)
    town.planted("same_principal", "one actual controller", person=head, **_pair(tender))
    town.by_product("common_controller", "the controller controls both", **_pair(tender))


def namesakes(town: Town) -> None:
    """Two bidders' heads have one name and are two persons."""
    heads = [town.person(name="王建国"), town.person(name="王建国")]
    tender = _meet(town, town.firm(legal_rep=heads[0]), town.firm(legal_rep=heads[1]))
    town.twin("same_principal", "namesakes", "one name, two persons", **_pair(tender))


def past_principal(town: Town) -> None:
    """One bidder's head was the other's until a year before the tender."""
    a, b = town.firm(), town.firm()
    tender = _meet(town, a, b)
    successor_since = tender.opened - 365
    role = next(row for row in town.rows["roles"] if row["org_id"] == b.id and row["kind"] == "legal_rep")
    role["valid_from"] = iso(successor_since)
    town.role(a.legal_rep, b.id, "legal_rep", since=LONG_AGO, until=successor_since - 1)
    town.twin("same_principal", "past_role", "left a year before", **_pair(tender))


def shared_contact(town: Town) -> None:
    """Two bidders share a phone, an e-mail, an address or an account."""
    kind = ("phone", "email", "address", "account")[town.round % 4]
    a, b = town.firm(), town.firm()
    value = town.contact(a.id, kind)
    town.contact(b.id, kind, value)
    if kind == "address":
        a.row["address"] = b.row["address"] = value
    tender = _meet(town, a, b)
    town.planted("shared_contact", f"one {kind}", **_pair(tender))


def incubator_address(town: Town) -> None:
    """Start-ups of one incubator have its address; two of them bid."""
    address = town.contact(town.org("科技企业孵化器")["org_id"], "address")
    a, b = town.firm(address=address), town.firm(address=address)
    _tenants(town, "address", address)
    town.twin("shared_contact", "incubator_address", "popular address", **_pair(_meet(town, a, b)))


def bookkeeper_phone(town: Town) -> None:
    """Clients of one bookkeeping agent registered its phone; two of them bid."""
    phone = town.contact(town.org("代理记账", org_type="intermediary")["org_id"], "phone")
    a, b = town.firm(phone=phone), town.firm(phone=phone)
    _tenants(town, "phone", phone)
    town.twin("shared_contact", "bookkeeper_phone", "popular phone", **_pair(_meet(town, a, b)))


def _tenants(town: Town, kind: str, value: str) -> None:
    for _ in range(_POPULAR):
        row = town.org("科技服务", size="micro")
        town.contact(row["org_id"], kind, value)
        if kind == "address":
            row["address"] = value


def past_contact(town: Town) -> None:
    """A bidder took over a phone number that the other had given up two years before."""
    a, b = town.firm(), town.firm()
    tender = _meet(town, a, b)
    number = town.contact(a.id, "phone", since=LONG_AGO, until=tender.opened - 730)
    town.contact(b.id, "phone", number, since=tender.opened - 700)
    town.twin("shared_contact", "past_contact", "held one after the other", **_pair(tender))


def controlled_through_chain(town: Town) -> None:
    """Two bidders under one person through holdings, above half at each link and along the chain."""
    person = town.person()
    near, far, middle = (town.org("投资控股")["org_id"] for _ in range(3))
    town.role(person, near, "shareholder", 80)
    town.role(person, far, "shareholder", 90)
    town.role(far, middle, "shareholder", 90)
    a = town.firm(owners=[(near, 70), (town.person(), 30)])
    b = town.firm(owners=[(middle, 85), (town.person(), 15)])
    tender = _meet(town, a, b)
    town.planted("common_controller", "0.80 x 0.70 and 0.90 x 0.90 x 0.85", **_pair(tender))


def state_asset_office(town: Town) -> None:
    """Two state firms under one state asset office, run apart."""
    office = f"O{int(town.ctx.province.state_asset_offices[town.round % 14]):08d}"
    a, b = (town.firm(org_type="soe", owners=[(office, 100)], size="medium") for _ in range(2))
    for firm in (a, b):
        town.role(office, firm.id, "actual_controller")
    tender = _meet(town, a, b)
    town.twin("common_controller", "state_asset_office", "unrelated state firms", **_pair(tender))


def stake_below_control(town: Town) -> None:
    """A person's share in the second bidder is above half at no link that counts: 0.60 x 0.60."""
    person, holding = town.person(), town.org("投资控股")["org_id"]
    town.role(person, holding, "shareholder", 60)
    town.role(town.person(), holding, "shareholder", 40)
    a = town.firm(owners=[(person, 100)])
    b = town.firm(owners=[(holding, 45), (town.person(), 55)])
    tender = _meet(town, a, b)
    town.twin("common_controller", "stake_below_control", "a 45 % stake of a holding", **_pair(tender))


def sold_before(town: Town) -> None:
    """The common owner sold the holding of one bidder before the tender."""
    person, holding = town.person(), town.org("投资控股")["org_id"]
    a = town.firm(owners=[(person, 100)])
    b = town.firm(owners=[(holding, 100)])
    tender = _meet(town, a, b)
    town.role(person, holding, "shareholder", 100, until=tender.opened - 400)
    town.role(town.person(), holding, "shareholder", 100, since=tender.opened - 399)
    town.twin("common_controller", "sold_before", "sold 400 days before", **_pair(tender))


PLANTED = (one_principal, shared_contact, controlled_through_chain)
TWINS = (
    namesakes,
    past_principal,
    incubator_address,
    bookkeeper_phone,
    past_contact,
    state_asset_office,
    stake_below_control,
    sold_before,
)

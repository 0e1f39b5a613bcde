"""Plants of the family affiliated_bidders 关联投标人: ties among the bidders."""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.context import day
from loaders.sample.parties import LONG_AGO, Firm, fen, iso
from loaders.sample.trade import Tender

_POPULAR = 12


def _meet(town: Town, a: Firm, b: Firm, winner: int = 0) -> Tender:
    """A tender in which the two bid beside two bystanders."""
    return town.tender(town.body(), [a, b, *town.bystanders(2)], winner=winner)


def one_principal(town: Town) -> None:
    """One legal representative of two bidders."""
    head = town.person()
    tender = _meet(town, town.firm(legal_rep=head), town.firm(legal_rep=head))
    town.planted("same_principal", "one legal representative", person=head, **tender.pair())


def one_actual_controller(town: Town) -> None:
    """One person is registered as actual controller of two bidders, and holds nothing in either."""
    person, a, b = town.person(), town.firm(), town.firm()
    for firm in (a, b):
        town.role(person, firm.id, "actual_controller")
    tender = _meet(town, a, b)
    town.planted("common_controller", "one actual controller", **tender.pair())
    town.by_product("same_principal", "where a controller counts as head", person=person, **tender.pair())


def namesakes(town: Town) -> None:
    """Two bidders' heads have one name and are two persons."""
    heads = [town.person(name="王建国"), town.person(name="王建国")]
    tender = _meet(town, town.firm(legal_rep=heads[0]), town.firm(legal_rep=heads[1]))
    town.twin("same_principal", "namesakes", "one name, two persons", **tender.pair())


def past_principal(town: Town) -> None:
    """One bidder's head was the other's until a year before the tender."""
    a, b = town.firm(), town.firm()
    tender = _meet(town, a, b)
    successor_since = tender.opened - 365
    role = next(row for row in town.rows["roles"] if row["org_id"] == b.id and row["kind"] == "legal_rep")
    role["valid_from"] = iso(successor_since)
    town.role(a.legal_rep, b.id, "legal_rep", since=LONG_AGO, until=successor_since - 1)
    town.twin("same_principal", "past_role", "left a year before", **tender.pair())


def shared_contact(town: Town) -> None:
    """Two bidders share a phone, an e-mail, an address or an account."""
    kind = ("phone", "email", "address", "account")[town.round % 4]
    a, b = town.firm(), town.firm()
    value = town.contact(a.id, kind)
    town.contact(b.id, kind, value)
    if kind == "address":
        a.row["address"] = b.row["address"] = value
    tender = _meet(town, a, b)
    town.planted("shared_contact", f"one {kind}", **tender.pair())


def incubator_address(town: Town) -> None:
    """Start-ups of one incubator have its address; two of them bid."""
    address = town.contact(town.org("科技企业孵化器")["org_id"], "address")
    a, b = town.firm(address=address), town.firm(address=address)
    _tenants(town, "address", address)
    town.twin("shared_contact", "incubator_address", "popular address", **_meet(town, a, b).pair())


def bookkeeper_phone(town: Town) -> None:
    """Clients of one bookkeeping agent registered its phone; two of them bid."""
    phone = town.contact(town.org("代理记账", org_type="intermediary")["org_id"], "phone")
    a, b = town.firm(phone=phone), town.firm(phone=phone)
    _tenants(town, "phone", phone)
    town.twin("shared_contact", "bookkeeper_phone", "popular phone", **_meet(town, a, b).pair())


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
    town.twin("shared_contact", "past_contact", "held one after the other", **tender.pair())


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
    town.planted("common_controller", "0.80 x 0.70 and 0.90 x 0.90 x 0.85", **tender.pair())


def state_asset_office(town: Town) -> None:
    """Two state firms under one state asset office, run apart."""
    office = f"O{int(town.ctx.province.state_asset_offices[town.round % 14]):08d}"
    a, b = (town.firm(org_type="soe", owners=[(office, 100)], size="medium") for _ in range(2))
    for firm in (a, b):
        town.role(office, firm.id, "actual_controller")
    tender = _meet(town, a, b)
    for detector in ("common_controller", "shared_executive"):
        town.twin(detector, "state_asset_office", "unrelated state firms", **tender.pair())


def stake_below_control(town: Town) -> None:
    """A person's share in the second bidder is above half at no link that counts: 0.60 x 0.60."""
    person, holding = town.person(), town.org("投资控股")["org_id"]
    town.role(person, holding, "shareholder", 60)
    town.role(town.person(), holding, "shareholder", 40)
    a = town.firm(owners=[(person, 100)])
    b = town.firm(owners=[(holding, 45), (town.person(), 55)])
    tender = _meet(town, a, b)
    town.twin("common_controller", "stake_below_control", "a 45 % stake of a holding", **tender.pair())


def sold_before(town: Town) -> None:
    """The common owner sold the holding of one bidder before the tender."""
    person, holding = town.person(), town.org("投资控股")["org_id"]
    a = town.firm(owners=[(person, 100)])
    b = town.firm(owners=[(holding, 100)])
    tender = _meet(town, a, b)
    town.role(person, holding, "shareholder", 100, until=tender.opened - 400)
    town.role(town.person(), holding, "shareholder", 100, since=tender.opened - 399)
    town.twin("common_controller", "sold_before", "sold 400 days before", **tender.pair())


def holding(town: Town) -> None:
    """One bidder holds most of another, controls it by contract, or manages it."""
    a = town.firm()
    kind = ("shareholder", "actual_controller", "manager")[town.round % 3]
    b = town.firm(owners=[(a.id, 60), (town.person(), 40)] if kind == "shareholder" else None)
    if kind != "shareholder":
        town.role(a.id, b.id, kind)
    tender = _meet(town, a, b)
    town.planted("holding_or_management", f"the first is the second's {kind}", **tender.pair())
    if kind != "manager":
        town.by_product("common_controller", "the first's owner controls both", **tender.pair())


def minority_stake(town: Town) -> None:
    """One bidder holds three tenths of another."""
    a = town.firm()
    tender = _meet(town, a, town.firm(owners=[(a.id, 30), (town.person(), 70)]))
    town.twin("holding_or_management", "stake_below_control", "30 %", **tender.pair())


def subsidiary_sold(town: Town) -> None:
    """One bidder held most of another until a year before the tender."""
    a, b = town.firm(), town.firm(owners=[])
    tender = _meet(town, a, b)
    town.role(a.id, b.id, "shareholder", 80, until=tender.opened - 380)
    town.role(town.person(), b.id, "shareholder", 80, since=tender.opened - 379)
    town.role(town.person(), b.id, "shareholder", 20)
    town.twin("holding_or_management", "sold_before", "sold 380 days before", **tender.pair())


def shared_executive(town: Town) -> None:
    """One director, supervisor, manager, finance officer or tenth part owner of two bidders."""
    kind = ("director", "supervisor", "manager", "finance", "shareholder")[town.round % 5]
    person = town.person()
    stakes = [[(person, 10.0), (town.person(), 90.0)] if kind == "shareholder" else None for _ in range(2)]
    a, b = town.firm(owners=stakes[0]), town.firm(owners=stakes[1])
    if kind != "shareholder":
        for firm in (a, b):
            town.role(person, firm.id, kind)
    tender = _meet(town, a, b)
    town.planted("shared_executive", f"a common {kind}", person=person, **tender.pair())


def independent_director(town: Town) -> None:
    """A professor is independent director of ten firms and holds no share; two of them bid."""
    person = town.person()
    a, b = town.firm(size="large"), town.firm(size="large")
    others = [town.org("科技", size="large")["org_id"] for _ in range(_POPULAR)]
    for org in (a.id, b.id, *others):
        town.role(person, org, "director")
    tender = _meet(town, a, b)
    town.twin("shared_executive", "independent_director", "a dozen boards", person=person, **tender.pair())


def kin_bidders(town: Town) -> None:
    """The heads and owners of two bidders are siblings, or spouses."""
    heads = [town.person(), town.person()]
    town.kin(heads[0], heads[1], ("sibling", "spouse", "parent")[town.round % 3])
    a, b = (town.firm(legal_rep=head, owners=[(head, 100)]) for head in heads)
    tender = _meet(town, a, b)
    town.planted("kin_bidders", "heads are kin", **tender.pair())


def kin_competitors(town: Town) -> None:
    """Brothers' firms have declared their kinship and competed for years, each winning from the other."""
    heads = [town.person(), town.person()]
    town.kin(heads[0], heads[1])
    a, b = (town.firm(legal_rep=head, owners=[(head, 100)]) for head in heads)
    for firm in (a, b):
        town.disclose(firm.id, "投标人关联关系申报", day("2018-12-20"))
    for i in range(10):
        tender = town.tender(
            town.body(), [a, b, *town.bystanders(2)], winner=i % 2, notice=17_930 + 210 * i + town.between(0, 60)
        )
        town.twin("kin_bidders", "declared_competitors", "declared; ten tenders in six years", **tender.pair())


def consortium_and_single(town: Town) -> None:
    """A firm bids in a consortium and alone, or in two consortia, in one tender."""
    firm, partner = town.firm(), town.firm()
    if town.round % 2 == 0:
        tender = town.tender(town.body(), [town.firm(), firm, partner, *town.bystanders(1)], consortium=(1, 2))
        joint = None
        note = "in a consortium and alone"
    else:
        other = town.firm()
        tender = town.tender(town.body(), [town.firm(), firm, partner, other, *town.bystanders(1)], consortium=(1, 2))
        joint = town.serial("consortium", "LHT")
        tender.bids[3].row["consortium_id"] = joint
        note = "in two consortia"
    price = fen(tender.bids[0].row["price"]) * 877 // 1000
    town.bid(
        tender.id,
        firm,
        opened=tender.opened,
        price=None if joint else price,
        rank=None,
        consortium=joint,
        refunded=tender.awarded + 4,
    )
    town.planted("consortium_and_single", note, tender=tender.id, bidder=firm.id)


PLANTED = (
    one_principal,
    one_actual_controller,
    shared_contact,
    controlled_through_chain,
    holding,
    shared_executive,
    kin_bidders,
    consortium_and_single,
)
TWINS = (
    namesakes,
    past_principal,
    incubator_address,
    bookkeeper_phone,
    past_contact,
    state_asset_office,
    stake_below_control,
    sold_before,
    minority_stake,
    subsidiary_sold,
    independent_director,
    kin_competitors,
)

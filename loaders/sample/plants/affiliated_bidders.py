"""Plants of the family affiliated_bidders 关联投标人."""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.context import day
from loaders.sample.town import LONG_AGO, WAN, Body, Firm, iso
from loaders.sample.trade import Tender, fen

_POPULAR = 12


def _meet(town: Town, a: Firm, b: Firm, winner: int = 0) -> Tender:
    """A tender in which the two bid beside two bystanders."""
    return town.tender(town.body(), [a, b, *town.bystanders(2)], winner=winner)


def one_principal(town: Town) -> None:
    """One legal representative, or one actual controller, of two bidders."""
    head = town.person()
    if town.round % 3 < 2:
        tender = _meet(town, town.firm(legal_rep=head), town.firm(legal_rep=head))
        town.planted("same_principal", "one legal representative", person=head, **tender.pair())
        return
    a, b = town.firm(), town.firm()
    for firm in (a, b):
        town.role(head, firm.id, "actual_controller")
    tender = _meet(town, a, b)
    town.planted("same_principal", "one actual controller", person=head, **tender.pair())
    town.by_product("common_controller", "the controller controls both", **tender.pair())


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


def _lost_to(town: Town, body: Body, bidder: Firm, agent: str | None = None) -> Tender:
    """A tender in which the bidder loses to a stranger, so that only the tie is to be seen."""
    return town.tender(body, [bidder, town.firm(), *town.bystanders(1)], winner=1, agent=agent)


def tied_to_buyer(town: Town) -> None:
    """A bidder is owned by kin of the buyer's head, or by the buyer."""
    body = town.body()
    if town.round % 2 == 0:
        owner = town.person()
        town.kin(body.head, owner, "spouse")
        firm = town.firm(owners=[(owner, 100)])
        tender = _lost_to(town, body, firm)
        note = "owned by the head's spouse"
    else:
        firm = town.firm(owners=[(body.id, 70), (town.person(), 30)])
        tender = _lost_to(town, body, firm)
        note = "70 % owned by the buyer"
    town.planted("tied_to_buyer", note, tender=tender.id, bidder=firm.id, buyer=body.id)


def post_at_another_time(town: Town) -> None:
    """The bidder's owner is kin of an official who had left the buyer years before."""
    body, official, owner = town.body(), town.person(), town.person()
    town.kin(official, owner)
    firm = town.firm(owners=[(owner, 100)])
    tender = _lost_to(town, body, firm)
    town.official(
        body.id,
        "副主任",
        "副科级",
        "approve;procure",
        until=tender.opened - 1500,
        since=LONG_AGO - 900,
        person=official,
    )
    town.twin("tied_to_buyer", "post_at_another_time", "left four years before", tender=tender.id, bidder=firm.id)


def tied_to_agent(town: Town) -> None:
    """A bidder is owned by the head of the tender agent, or by the agent."""
    agent = town.org("招标代理", org_type="intermediary")
    owner = agent["legal_rep_id"] if town.round % 2 == 0 else agent["org_id"]
    firm = town.firm(owners=[(owner, 60), (town.person(), 40)])
    tender = _lost_to(town, town.body(), firm, agent=agent["org_id"])
    town.planted(
        "tied_to_agent", "60 % held on the agent's side", tender=tender.id, bidder=firm.id, agent=agent["org_id"]
    )


def agent_stake_sold(town: Town) -> None:
    """The agent's head had sold the share in the bidder a year before."""
    agent, firm = town.org("招标代理", org_type="intermediary"), town.firm(owners=[])
    tender = _lost_to(town, town.body(), firm, agent=agent["org_id"])
    town.role(agent["legal_rep_id"], firm.id, "shareholder", 100, until=tender.opened - 400)
    town.role(town.person(), firm.id, "shareholder", 100, since=tender.opened - 399)
    town.twin("tied_to_agent", "sold_before", "sold 400 days before", tender=tender.id, bidder=firm.id)


def tied_to_expert(town: Town) -> None:
    """An evaluator supervises a bidder, or is kin of its head."""
    firm, expert = town.firm(), town.person()
    if town.round % 2 == 0:
        town.role(expert, firm.id, "supervisor")
    else:
        town.kin(expert, firm.legal_rep, "in_law")
    tender = _lost_to(town, town.body(), firm)
    town.evaluate(tender, [expert, *(town.person() for _ in range(4))])
    town.planted("tied_to_expert", "on the panel", tender=tender.id, bidder=firm.id, expert=expert)


def expert_replaced(town: Town) -> None:
    """The tied expert was drawn, stood aside and scored nothing: a row without bid and scores."""
    firm, expert = town.firm(), town.person()
    town.role(expert, firm.id, "supervisor")
    tender = _lost_to(town, town.body(), firm)
    town.evaluate(tender, [town.person() for _ in range(5)])
    town.add("evaluations", tender_id=tender.id, expert_id=expert, is_owner_rep="false")
    town.twin("tied_to_expert", "expert_replaced", "no scores", tender=tender.id, bidder=firm.id, expert=expert)


def revolving_door(town: Town) -> None:
    """An official who approved a firm's award left and became its manager or director within a year."""
    body, firm, official = town.body(), town.firm(), town.person()
    tender = town.tender(body, [firm, *town.bystanders(2)])
    left = tender.awarded + 300
    town.official(body.id, "副主任", "副科级", "approve", until=left, person=official)
    town.role(official, firm.id, ("manager", "director")[town.round % 2], since=left + 200)
    town.planted("revolving_door", "200 days after leaving", official=official, supplier=firm.id, buyer=body.id)


def unrelated_department(town: Town) -> None:
    """The official who joined the supplier had served in a department without power over purchases."""
    body, firm, official = town.body(), town.firm(), town.person()
    tender = town.tender(body, [firm, *town.bystanders(2)])
    left = tender.awarded + 300
    town.official(body.id, "老干部活动中心工作人员", "一级科员", None, until=left, person=official)
    town.role(official, firm.id, "manager", since=left + 200)
    town.twin("revolving_door", "unrelated_department", "a post without powers", official=official, supplier=firm.id)


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
    price = fen(tender.bids[0].row["price"]) * 1093 // 1000
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


def adviser_bids(town: Town) -> None:
    """The designer of a project bids for its construction."""
    _advise_and_bid(town, "open")


def adviser_as_single_source(town: Town) -> None:
    """The designer gets follow-up work of the same project as the lawful single source."""
    _advise_and_bid(town, "single_source")


def _advise_and_bid(town: Town, method: str) -> None:
    body, adviser = town.body(), town.firm("design")
    project = town.project(body)
    notice = town.notice_day("2023-12-31")
    title = ("工程设计", "工程规范编制", "工程监理")[town.round % 3]
    first = town.tender(
        body,
        [adviser, town.firm("design"), town.firm("design")],
        notice=notice,
        project=project,
        estimate=town.between(150, 300) * WAN,
    )
    first.row["title"] = f"{title}服务"
    if method == "open":
        later = town.tender(
            body, [town.firm(), adviser, *town.bystanders(2)], category="works", notice=notice + 150, project=project
        )
        town.planted("adviser_bids", title, tender=later.id, bidder=adviser.id, project=project)
        return
    later = town.tender(body, [adviser], notice=notice + 150, project=project, method=method)
    later.row["title"] = "设计变更后续服务"
    town.twin("adviser_bids", "single_source", "single source allowed", tender=later.id, bidder=adviser.id)


PLANTED = (
    one_principal,
    shared_contact,
    controlled_through_chain,
    holding,
    shared_executive,
    kin_bidders,
    tied_to_buyer,
    tied_to_agent,
    tied_to_expert,
    revolving_door,
    consortium_and_single,
    adviser_bids,
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
    post_at_another_time,
    agent_stake_sold,
    expert_replaced,
    unrelated_department,
    adviser_as_single_source,
)

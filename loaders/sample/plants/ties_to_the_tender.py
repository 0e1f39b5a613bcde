"""Plants of the family affiliated_bidders 关联投标人: ties to the buyer, the agent, the panel, the project."""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.parties import LONG_AGO, WAN, Body, Firm
from loaders.sample.trade import Tender


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
    tied_to_buyer,
    tied_to_agent,
    tied_to_expert,
    revolving_door,
    adviser_bids,
)
TWINS = (
    post_at_another_time,
    agent_stake_sold,
    expert_replaced,
    unrelated_department,
    adviser_as_single_source,
)

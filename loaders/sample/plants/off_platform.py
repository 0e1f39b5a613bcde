"""Plants of the family off_platform 平台之外."""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.parties import WAN, Body, Firm, fen, iso


def _direct_contract(town: Town, body: Body, firm: Firm, amount: int, *, must_tender: bool) -> tuple[str, str]:
    project = town.project(body, must_tender=must_tender)
    contract = town.contract(body.id, firm.id, amount, signed=town.notice_day(), project=project, approver=body.head)
    return contract.id, project


def no_platform_record(town: Town) -> None:
    """A contract of a project that must be tendered, without a tender on any platform."""
    body, firm = town.body(), town.firm()
    contract, project = _direct_contract(town, body, firm, town.between(700, 2500) * WAN, must_tender=True)
    town.planted("no_platform_record", "no tender", contract=contract, project=project, buyer=body.id)


def below_threshold(town: Town) -> None:
    """A small repair, let directly as the rules allow."""
    body, firm = town.body(), town.firm()
    contract, _ = _direct_contract(town, body, firm, town.between(20, 45) * WAN, must_tender=False)
    town.twin("no_platform_record", "below_threshold", "under 500,000", contract=contract, buyer=body.id)


def exempt_project(town: Town) -> None:
    """A project without state money need not be tendered."""
    body, firm = town.body(), town.firm()
    contract, project = _direct_contract(town, body, firm, town.between(700, 1500) * WAN, must_tender=False)
    town.rows["projects"][-1]["state_fund_pct"] = "0"
    town.twin("no_platform_record", "exempt_project", "no state money", contract=contract, project=project)


def _platform(town: Town, connected: str | None, last_data: str | None) -> str:
    platform = town.serial("county_platform", "PLX", 5)
    operator = town.org("公共资源交易服务", org_type="institution", size="medium")
    operator["name"] = f"{platform[-5:]}号县级公共资源交易中心"
    town.add(
        "platforms",
        platform_id=platform,
        name=f"县级公共资源交易平台{platform[-5:]}",
        operator_id=operator["org_id"],
        region=operator["region"],
        required_by="2019-12-31",
        connected_on=connected,
        last_data_on=last_data,
    )
    return platform


def stale_platform(town: Town) -> None:
    """A platform that was connected late or never, or has sent nothing for a quarter."""
    way = town.round % 3
    connected, last, note = (
        ("2021-06-30", "2026-09-30", "connected 18 months late"),
        ("2019-05-20", "2026-04-10", "no data since April"),
        (None, None, "never connected"),
    )[way]
    platform = _platform(town, connected, last)
    town.planted("stale_platform", note, platform=platform)


def connected_in_time(town: Town) -> None:
    """Connected on the last day allowed, last data from the week before."""
    platform = _platform(town, "2019-12-31", "2026-09-23")
    town.twin("stale_platform", "connected_in_time", "on the last day", platform=platform)


def work_before_tender(town: Town) -> None:
    """The work, or the first payment, comes before the notice of the tender."""
    _early_work(town, emergency=False)


def emergency_works(town: Town) -> None:
    """Flood repairs began at once under an approved exemption; the single-source record was made up later."""
    _early_work(town, emergency=True)


def _early_work(town: Town, *, emergency: bool) -> None:
    body, firm = town.body(), town.firm()
    project = town.project(body, must_tender=not emergency)
    notice = town.notice_day()
    if emergency:
        tender = town.tender(body, [firm], notice=notice, project=project, method="single_source", settled=False)
        tender.row["title"] = "防汛应急抢险工程"
        town.rows["projects"][-1]["name"] = "防汛应急抢险项目"
        town.disclose(body.id, "应急工程不招标审批公示", notice - 40, project)
    else:
        tender = town.tender(body, [firm, *town.bystanders(2)], notice=notice, project=project, settled=False)
    contract = town.contract(
        body.id,
        firm.id,
        fen(tender.bids[0].row["price"]),
        signed=tender.awarded + 12,
        tender=tender.id,
        project=project,
        approver=body.head,
    )
    if emergency or town.round % 2 == 0:
        contract.row["started_on"] = iso(notice - 30)
    else:
        early = notice - 15
        contract.payments[0].update(paid_on=iso(early), applied_on=iso(early - 9), approved_on=iso(early - 3))
    if emergency:
        town.twin("work_before_tender", "emergency_works", "approved", contract=contract.id, tender=tender.id)
    else:
        town.planted("work_before_tender", "before the notice", contract=contract.id, tender=tender.id)


PLANTED = (no_platform_record, stale_platform, work_before_tender)
TWINS = (below_threshold, exempt_project, connected_in_time, emergency_works)

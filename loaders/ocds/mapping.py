"""One contracting process as canonical rows: what was planned, tendered, awarded, contracted and paid.

    process without lots      tender_id = ocid              bid_id      = ocid/bid
    process with lots         tender_id = ocid/lot          contract_id = ocid/contract

A bid on several lots is one row a lot, a joint bid one row a member (`consortium_id`; the first carries the
price). What names no lot although there are several belongs to the process as a whole, which is then a tender of
its own besides its lots.
"""

from __future__ import annotations

from typing import Any

from loaders.json_rows import Fields, Ledger
from loaders.ocds.awarding import Bids
from loaders.ocds.codelists import AWARD_STATUS, CATEGORY, METHOD, TENDER_STATUS
from loaders.ocds.compiling import Item
from loaders.ocds.contracting import map_contracts
from loaders.ocds.parties import Parties, PartyBook
from loaders.ocds.process import Process, lots_of


def map_process(release: dict[str, Any], first: Item, ledger: Ledger, book: PartyBook) -> None:
    """Add the rows of one compiled release to the ledger and its parties to the book."""
    ledger.begin()
    ocid = first.ocid or ""
    whole = Fields(release, "", "tenders", first.row, ledger)
    release_id, as_of = whole.text("id"), whole.date("date")
    record = f"{ocid} {release_id}" if release_id else ocid
    parties = Parties(book, ocid, record, as_of or "")
    process = Process(release, ocid, first.row, record, as_of, ledger, parties)
    parties.declare(process.section("parties").objects("parties"))
    tender = process.section("tender").object("tender")
    buyer = process.section("buyer").object("buyer")
    entity = tender.object("procuringEntity")
    entity_id = parties.refer(entity, public=True)
    process.buyer_id = parties.refer(buyer, public=True) or entity_id or _declared_buyer(process)
    if process.buyer_id is None:
        ledger.count("ocds.no_buyer", "buyer")
    for number, lot in enumerate(tender.objects("lots"), start=1):
        lot_id = lot.text("id")
        if lot_id is None:
            lot.count("ocds.no_id", "id")
        process.lots[lot_id or f"lot-{number}"] = lot
    project_id = _map_planning(process)
    bids = Bids(process)
    bids.read(tender)
    awards = process.section("awards").objects("awards")
    contracts = process.section("contracts").objects("contracts")
    _award(process, bids, awards, contracts)
    bids.write()
    map_contracts(process, contracts, awards, bids)
    if tender.members:
        agent_id = entity_id if entity_id != process.buyer_id else None
        _map_tender(process, tender, bids, {"project_id": project_id, "agent_id": agent_id})


def _declared_buyer(process: Process) -> str | None:
    for party in process.section("parties").objects("parties"):
        if {"buyer", "procuringEntity"} & set(party.texts("roles")):
            return process.parties.refer(party, public=True)
    return None


def _map_planning(process: Process) -> str | None:
    """Projects of the plan; the id of the first one.

    A project has no currency of its own, so a budget that is not in yuan is left out, and counted.
    """
    first: str | None = None
    for plan in process.section("planning").objects("planning", often_one=True):
        budget, project = plan.object("budget"), plan.object("project")
        name = project.text("title") or budget.text("project")
        own = project.text("id") or budget.text("projectID") or name
        amount, currency = project.money("totalValue") if project.members else (None, None)
        if own is None:
            # No project is named: the plan of this process is one, and only then is its budget the project's.
            amount, currency = budget.money("amount")
            name = budget.text("description") or plan.text("rationale")
            if amount is None and name is None:
                continue
        if amount is not None and currency not in (None, "CNY"):
            budget.count("ocds.budget_currency", "amount", currency)
            amount = None
        project_id = f"{process.parties.scope}/project/{own}" if own else f"{process.ocid}/planning"
        values = {"project_id": project_id, "name": name, "owner_id": process.buyer_id, "budget": amount}
        process.add("projects", values | {"_derived": None if own else "project_id"})
        first = first or project_id
    return first


def _award(process: Process, bids: Bids, awards: list[Fields], contracts: list[Fields]) -> None:
    lots_by_award: dict[str, list[str]] = {}
    for contract in contracts:
        if award_id := contract.text("awardID"):
            lots_by_award.setdefault(award_id, []).extend(lots_of(contract))
    for number, award in enumerate(awards, start=1):
        outcome = award.word("status", AWARD_STATUS)
        award_id = award.text("id")
        if award_id is None:
            award.count("ocds.no_id", "id")
        lots = lots_of(award) or lots_by_award.get(award_id or "", [])
        tender_ids = process.tender_ids(lots)
        if outcome in ("lost", "pending"):
            bids.undecided.update(tender_ids)
            continue
        suppliers = [party for s in award.objects("suppliers") if (party := process.parties.refer(s, public=False))]
        bids.win(award, award_id or f"award-{number}", list(dict.fromkeys(suppliers)), tender_ids)


def _map_tender(process: Process, tender: Fields, bids: Bids, shared: dict[str, str | None]) -> None:
    period = tender.object("tenderPeriod")
    plans = process.section("planning").objects("planning", often_one=True)
    shared = shared | {
        "buyer_id": process.buyer_id,
        "category": tender.word("mainProcurementCategory", CATEGORY),
        "method": tender.word("procurementMethod", METHOD),
        "published_at": tender.date("datePublished") or period.date("startDate"),
        "submission_deadline": period.date("endDate"),
        "opened_at": tender.object("bidOpening").date("date"),
        "budget_item": plans[0].object("budget").text("id") if plans else None,
    }
    status = tender.word("status", TENDER_STATUS)
    title = tender.text("title") or tender.text("description")
    for lot_id, lot in process.lots.items():
        tender_id = f"{process.ocid}/{lot_id}"
        amount, currency = lot.money("value")
        values = {
            "tender_id": tender_id,
            "title": lot.text("title") or title,
            "estimate": amount,
            "currency": currency,
            "status": _status(lot.word("status", TENDER_STATUS) or status, tender_id, bids),
            "awarded_on": bids.awarded_on.get(tender_id),
            "_derived": None if "id" in lot else "tender_id",
        }
        process.add("tenders", shared | values)
    if process.lots and process.whole_is_meant:
        tender.count("ocds.no_lot_named", "lots")
    if not process.lots or process.whole_is_meant:
        amount, currency = (None, None) if process.lots else tender.money("value")
        values = {
            "tender_id": process.ocid,
            "title": title,
            "estimate": amount,
            "currency": currency,
            "status": _status(status, process.ocid, bids),
            "awarded_on": bids.awarded_on.get(process.ocid),
        }
        process.add("tenders", shared | values)


def _status(stated: str | None, tender_id: str, bids: Bids) -> str | None:
    """The stated status unless the awards show that it is out of date."""
    if tender_id in bids.winners and stated in (None, "planned", "active"):
        return "awarded"
    if stated == "awarded" and tender_id in bids.undecided and tender_id not in bids.winners:
        return "failed"
    return stated

"""Plants of the family bid_rigging 围标串标: prices, turns and what follows the award.

What is filed with the bids is in `filing_traces`.
"""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.parties import WAN, fen
from loaders.sample.plants import filing_traces

_RING_SIZE = 4
_RING_TENDERS = 12
_LOST_TENDERS = 11


def patterned_prices(town: Town) -> None:
    """Bids in arithmetic or geometric progression, or two firms' bids in one ratio over many tenders."""
    way = town.round % 3
    if way == 2:
        _constant_ratio(town)
        return
    base = town.between(900, 1500) * WAN + town.between(0, 100_000)
    step = base // 61
    prices = [base + i * step if way == 0 else round(base * 1.017**i) for i in range(5)]
    tender = town.tender(
        town.body(), [town.firm(), town.firm(), *town.bystanders(3)], prices=prices, estimate=base * 12 // 10
    )
    note = "arithmetic progression" if way == 0 else "geometric progression"
    town.planted("patterned_prices", note, **tender.pair())


def _constant_ratio(town: Town) -> None:
    a, b = town.firm(), town.firm()
    entities = {}
    for i in range(6):
        base = town.between(700, 2000) * WAN + town.between(0, 100_000)
        lowest = base * 97 // 100 if i % 2 else base * 108 // 100
        prices = [base, round(base * 1.0375), lowest, base * 1117 // 1000]
        tender = town.tender(
            town.body(),
            [a, b, town.firm(), *town.bystanders(1)],
            prices=prices,
            estimate=base * 12 // 10,
            winner=2 if i % 2 else 0,
        )
        entities = {"bidder_a": tender.bids[0].firm.id, "bidder_b": tender.bids[1].firm.id}
    town.planted("patterned_prices", "1.0375 times the other's price in six tenders", **entities)


def shared_price_list(town: Town) -> None:
    """Dealers of one maker quote its list price less round discounts, under a framework agreement."""
    base = town.between(300, 600) * WAN
    prices = [base * (94 + i) // 100 for i in range(4)]
    firms = [town.firm("goods") for _ in range(4)]
    tender = town.tender(town.body(), firms, prices=prices, estimate=base, method="framework")
    town.twin("patterned_prices", "shared_price_list", "list price less 6, 5, 4, 3 per cent", **tender.pair())


def tight_ceiling(town: Town) -> None:
    """A ceiling without slack: every bid stands within half a per cent below it, a step apart."""
    ceiling = town.between(900, 1500) * WAN
    prices = [ceiling * (9960 + 10 * i) // 10_000 for i in range(4)]
    tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)], prices=prices, estimate=ceiling)
    town.twin("patterned_prices", "tight_ceiling", "within half a per cent of the ceiling", **tender.pair())


def identical_prices(town: Town) -> None:
    """Two bidders ask the same price to the cent."""
    tender = town.tender(town.body(), [town.firm(), town.firm(), town.firm(), *town.bystanders(2)])
    tender.bids[2].row["price"] = tender.bids[1].row["price"]
    town.planted("identical_prices", "equal to the cent", **tender.pair(1, 2))


def regulated_price(town: Town) -> None:
    """Everybody quotes the regulated price, which is the ceiling too."""
    price = town.between(250, 400) * WAN
    firms = [town.firm("medical") for _ in range(4)]
    tender = town.tender(town.body("institution"), firms, prices=[price] * 4, estimate=price)
    town.twin("identical_prices", "regulated_price", "all bids equal the ceiling", **tender.pair())
    town.twin("patterned_prices", "regulated_price", "all bids equal the ceiling", **tender.pair())


def winner_feeds_loser(town: Town) -> None:
    """The winner lets part of the work to a bidder it beat, or pays it without a contract."""
    winner, loser = town.firm(), town.firm()
    tender = town.tender(town.body(), [winner, loser, *town.bystanders(2)])
    contract = tender.contract
    assert contract
    if town.round % 2 == 0:
        town.contract(
            winner.id,
            loser.id,
            contract.amount * 22 // 100,
            signed=contract.started + 5,
            days=120,
            kind="sub",
            parent=contract.id,
        )
        note = "22 % let to the loser"
    else:
        for days in (30, 75):
            town.pay(winner.id, loser.id, contract.amount * 3 // 100, contract.started + days, "补偿款")
        note = "two payments to the loser"
    town.planted("winner_feeds_loser", note, **tender.pair())


def specialist_subcontract(town: Town) -> None:
    """The winner lets a specialist trade to a bidder qualified for it, as its bid declared."""
    winner, loser = town.firm(), town.firm()
    town.add(
        "qualifications",
        org_id=loser.id,
        kind="建筑机电安装工程专业承包",
        grade="一级",
        certificate_no=town.serial("certificate", "ZZ", 9),
        valid_from="2017-01-01",
        valid_to="2027-12-31",
    )
    tender = town.tender(town.body(), [winner, loser, *town.bystanders(2)])
    assert tender.contract
    specialist = town.person()
    town.role(specialist, loser.id, "employee")
    town.add("bid_members", bid_id=tender.bids[0].id, person_id=specialist, role="other")
    town.contract(
        winner.id,
        loser.id,
        tender.contract.amount * 12 // 100,
        signed=tender.contract.started + 5,
        days=120,
        kind="sub",
        parent=tender.contract.id,
        scope="professional",
        purpose="专业分包工程款",
    )
    town.twin("winner_feeds_loser", "specialist_trade", "a specialist trade declared in the bid", **tender.pair())


def low_bid_withdrawn(town: Town) -> None:
    """The lowest bidder withdraws and loses its deposit; a tied, or frequently co-bidding, firm wins."""
    lowest, winner = town.firm(), town.firm()
    if town.round % 2 == 0:
        town.kin(lowest.owner, winner.owner)
        note = "the owners are siblings"
    else:
        for i in range(7):
            town.tender(town.body(), [lowest, winner, town.firm(), *town.bystanders(1)], winner=2 if i else 1)
        note = "they bid together seven times before"
    tender = town.tender(town.body(), [winner, lowest, *town.bystanders(2)], notice=town.between(19_800, 19_815))
    _withdraw_lowest(town, tender.bids[1].row, tender.bids[1].deposit, fen(tender.bids[0].row["price"]))
    town.planted("low_bid_withdrawn", note, **tender.pair())
    if town.round % 2 == 0:
        town.by_product("kin_bidders", "the owners are siblings", **tender.pair())


def _withdraw_lowest(town: Town, bid: dict[str, str], deposit: dict[str, str], winning: int) -> None:
    price = winning * 931 // 1000 + town.between(0, 90_000)
    bid.update(status="withdrawn", price=f"{price // 100}.{price % 100:02d}")
    del bid["rank"], deposit["refunded_at"]


def bid_error(town: Town) -> None:
    """The lowest bidder withdraws over an error in its sums; the winner has nothing to do with it."""
    tender = town.tender(town.body(), [town.firm(), town.firm(), *town.bystanders(2)])
    _withdraw_lowest(town, tender.bids[1].row, tender.bids[1].deposit, fen(tender.bids[0].row["price"]))
    tender.bids[1].row["disqualified_reason"] = "报价计算错误，申请撤回"
    town.twin("low_bid_withdrawn", "bid_error", "strangers; an error in the sums", **tender.pair())


def tailored_tender(town: Town) -> None:
    """A firm bids to one body only and wins every time, against others."""
    body, firm = town.body(), town.firm()
    for i in range(5):
        town.tender(body, [firm, *town.bystanders(2)], notice=18_200 + 290 * i + town.between(0, 40))
    town.planted("tailored_tender", "five bids to one body, five wins", bidder=firm.id, buyer=body.id)


def sole_local_supplier(town: Town) -> None:
    """The only supplier of a service in the county is bought from year after year, as a single source."""
    body, firm = town.body(), town.firm("service")
    for i in range(5):
        town.tender(
            body,
            [firm],
            method="single_source",
            notice=18_200 + 370 * i + town.between(0, 5),
            estimate=town.between(220, 400) * WAN,
        )
    town.twin("tailored_tender", "sole_local_supplier", "single source", bidder=firm.id, buyer=body.id)


def rotating_ring(town: Town) -> None:
    """Four firms meet in twelve tenders and take turns to win; they meet nobody else (tier C)."""
    firms = [town.firm() for _ in range(_RING_SIZE)]
    bodies = [town.body() for _ in range(3)]
    for i in range(_RING_TENDERS):
        town.tender(
            bodies[i % len(bodies)], firms, winner=i % _RING_SIZE, notice=18_100 + 130 * i + town.between(0, 30)
        )
    entities = {f"bidder_{letter}": firm.id for letter, firm in zip("abcd", firms, strict=True)}
    town.planted("rotating_winners", "strict turns over twelve tenders", **entities)
    town.planted("cohesive_group", "they bid with one another only", **entities)


def standing_loser(town: Town) -> None:
    """A firm bids eleven times and loses each time to the same winner (tier C)."""
    loser, winner = town.firm(), town.firm()
    for i in range(_LOST_TENDERS):
        town.tender(town.body(), [winner, loser, *town.bystanders(1)], notice=18_100 + 150 * i + town.between(0, 30))
    town.planted("standing_loser", "eleven losses to one winner", bidder=loser.id, winner=winner.id)


PLANTED = (
    *filing_traces.PLANTED,
    patterned_prices,
    identical_prices,
    winner_feeds_loser,
    low_bid_withdrawn,
    tailored_tender,
    rotating_ring,
    standing_loser,
)
TWINS = (
    *filing_traces.TWINS,
    shared_price_list,
    tight_ceiling,
    regulated_price,
    specialist_subcontract,
    bid_error,
    sole_local_supplier,
)

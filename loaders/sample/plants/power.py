"""Plants of the family power 权力."""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.context import day


def kin_company_wins(town: Town) -> None:
    """A firm of the head's spouse or child wins from the head's body."""
    body, owner = town.body(), town.person()
    town.kin(body.head, owner, ("spouse", "child", "sibling")[town.round % 3])
    firm = town.firm(owners=[(owner, 100)])
    tender = town.tender(body, [firm, *town.bystanders(3)])
    entities = {"tender": tender.id, "bidder": firm.id, "official": body.head}
    town.planted("kin_company_wins", "the owner is kin of the head", **entities)
    town.by_product("tied_to_buyer", "the owner is kin of the head", **entities)


def recused_official(town: Town) -> None:
    """The official declared the tie and stood aside; another approved, and the tender was open to many.

    The record is a disclosure of the body, item 回避登记, whose `ref_id` is the tender.
    """
    body, owner = town.body(), town.person()
    deputy = town.official(body.id, "副总经理", "副科级", "approve")
    town.kin(body.head, owner, "spouse")
    firm = town.firm(owners=[(owner, 100)])
    tender = town.tender(body, [firm, *town.bystanders(5)])
    town.disclose(body.id, "回避登记", tender.opened - 20, tender.id)
    assert tender.contract
    for row in (tender.contract.row, *tender.contract.payments):
        row["approver_id"] = deputy
    for detector, twin in (("kin_company_wins", "declared_and_recused"), ("tied_to_buyer", "official_recused")):
        town.twin(detector, twin, "declared, recused, open", tender=tender.id, bidder=firm.id, official=body.head)


def giver_taker(town: Town) -> None:
    """A firm was sanctioned for bribery; another firm of its owner wins from a public body in the same years."""
    owner = town.person()
    giver, firm = town.firm(owners=[(owner, 100)]), town.firm(owners=[(owner, 100)])
    body = town.body("government", size="large")
    tender = town.tender(body, [firm, *town.bystanders(2)], notice=town.between(19_000, 19_350))
    subject = giver.id if town.round % 2 == 0 else owner
    town.add(
        "sanctions",
        subject_id=subject,
        kind="行贿",
        decided_on="2022-08-15",
        valid_to="2025-08-14",
        status="effective",
        amount="500000.00",
    )
    town.planted("giver_taker", "the owner's other firm wins", subject=subject, firm=firm.id, tender=tender.id)


def revoked_sanction(town: Town) -> None:
    """The finding of bribery was revoked on appeal before the firm of the same owner won anything."""
    owner = town.person()
    giver, firm = town.firm(owners=[(owner, 100)]), town.firm(owners=[(owner, 100)])
    body = town.body("government", size="large")
    tender = town.tender(body, [firm, *town.bystanders(2)], notice=town.between(19_400, 19_700))
    town.add(
        "sanctions",
        subject_id=giver.id,
        kind="行贿",
        decided_on="2021-03-10",
        valid_to="2021-12-01",
        status="revoked",
        amount="100000.00",
    )
    town.twin("giver_taker", "revoked", "revoked on appeal", subject=giver.id, firm=firm.id, tender=tender.id)


def undisclosed_item(town: Town) -> None:
    """A mandatory item is published two months late, or not at all."""
    body = town.body("government", size="large")
    year = town.between(2020, 2027)
    due = day(f"{year}-03-31")
    row = town.disclose(body.id, "逾期未支付中小企业款项信息", due + 61, due=due)
    if town.round % 2:
        del row["published_on"]
    town.planted("undisclosed_item", "late" if "published_on" in row else "missing", body=body.id)


def published_on_the_day(town: Town) -> None:
    """The item is published on the last day."""
    body = town.body("government", size="large")
    town.disclose(body.id, "逾期未支付中小企业款项信息", day("2025-03-31"))
    town.twin("undisclosed_item", "on_the_day", "on the last day", body=body.id)


PLANTED = (kin_company_wins, giver_taker, undisclosed_item)
TWINS = (recused_official, revoked_sanction, published_on_the_day)

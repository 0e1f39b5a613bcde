"""Plants of the family debt_feeding 靠债吃债: money paid because a public debt was released."""

from __future__ import annotations

from loaders.sample.acts import Debt, Town
from loaders.sample.context import day
from loaders.sample.parties import WAN, Body, Firm

_LAST_RELEASE = day("2025-03-31")


def due_day(town: Town) -> int:
    """A day on which a debt falls due, early enough that no clearing campaign's deadline is missed."""
    return town.between(day("2021-01-01"), day("2023-06-30"))


def released_debt(
    town: Town, debtor: Body, creditor: Firm, *, approver: str | None = None, waited: int | None = None
) -> tuple[Debt, int, int]:
    """A debt from a tendered contract, released late. Returns it, the day and the sum released."""
    due = due_day(town)
    contract = town.owed_contract(debtor, creditor, due=due, estimate=town.between(1000, 3000) * WAN)
    released = due + (waited or town.between(120, 400))
    amount = town.owed(contract)
    debt = town.debt(debtor, creditor.id, amount, due=due, released=released, approver=approver, contract=contract)
    return debt, released, amount


def firm_of_kin(town: Town, official: str, relation: str = "sibling") -> str:
    """A trading firm wholly owned and headed by an official's kin."""
    kin = town.person()
    town.kin(official, kin, relation)
    row = town.org("商贸", legal_rep=kin)
    town.role(kin, row["org_id"], "shareholder", 100)
    return row["org_id"]


def kickback(town: Town) -> None:
    """After (or before) a release the creditor pays a party tied to the approver; two of six ways a round."""
    ways = (_direct, _pass_through, _structured, _in_advance, _to_a_person, _to_the_payer)
    for i in range(2):
        debtor, creditor = town.body(), town.firm()
        debt, released, amount = released_debt(town, debtor, creditor)
        note, beneficiary = ways[(2 * town.round + i) % len(ways)](town, debtor, debt, released, amount)
        town.planted(
            "release_kickback",
            note,
            debt=debt.id,
            creditor=creditor.id,
            debtor=debtor.id,
            beneficiary=beneficiary,
        )
        town.by_product("circular_settlement", note, debt=debt.id, creditor=creditor.id)


def _direct(town: Town, debtor: Body, debt: Debt, released: int, amount: int) -> tuple[str, str]:
    firm = firm_of_kin(town, debtor.head)
    town.pay(debt.row["creditor_id"], firm, amount // 10, released + 9, "咨询费")
    return "a tenth, nine days after, to the approver's sibling's firm", firm


def _pass_through(town: Town, debtor: Body, debt: Debt, released: int, amount: int) -> tuple[str, str]:
    spouse = town.person()
    town.kin(debtor.head, spouse, "spouse")
    first, second = (town.org("商贸")["org_id"] for _ in range(2))
    town.pay(debt.row["creditor_id"], first, amount // 8, released + 12, "材料款")
    town.pay(first, second, amount // 10, released + 20, "服务费")
    town.transfer(second, spouse, amount // 12, released + 31)
    return "through two shells to the approver's spouse", spouse


def _structured(town: Town, debtor: Body, debt: Debt, released: int, amount: int) -> tuple[str, str]:
    firm = firm_of_kin(town, debtor.head, "in_law")
    for days in (6, 19, 33):
        town.pay(debt.row["creditor_id"], firm, amount * 3 // 100, released + days, "劳务费")
    return "three payments of a third each", firm


def _in_advance(town: Town, debtor: Body, debt: Debt, released: int, amount: int) -> tuple[str, str]:
    firm = firm_of_kin(town, debtor.head)
    town.pay(debt.row["creditor_id"], firm, amount * 6 // 100, released - 21, "咨询费")
    return "three weeks before the release", firm


def _to_a_person(town: Town, debtor: Body, debt: Debt, released: int, amount: int) -> tuple[str, str]:
    child = town.person()
    town.kin(debtor.head, child, "child")
    town.transfer(debt.row["creditor_id"], child, amount * 7 // 100, released + 40)
    town.by_product("approver_loan", "the same payment", debt=debt.id, person=child)
    return "to the approver's child", child


def _to_the_payer(town: Town, debtor: Body, debt: Debt, released: int, amount: int) -> tuple[str, str]:
    firm = firm_of_kin(town, debtor.finance, "parent")
    town.pay(debt.row["creditor_id"], firm, amount * 4 // 100, released + 55, "服务费")
    return "to the firm of the finance head's parent", firm


def long_standing_supplier(town: Town) -> None:
    """The creditor has bought from the approver's sibling's firm every month for years, at one level."""
    debtor, creditor = town.body(), town.firm()
    debt, released, amount = released_debt(town, debtor, creditor)
    firm = firm_of_kin(town, debtor.head)
    monthly = amount * 3 // 100
    for months in range(-24, 5):
        town.pay(creditor.id, firm, monthly * town.between(96, 105) // 100, released + 30 * months + 4, "材料款")
    for detector in ("release_kickback", "circular_settlement"):
        town.twin(
            detector,
            "long_standing_supplier",
            "monthly purchases for two years before",
            debt=debt.id,
            creditor=creditor.id,
            beneficiary=firm,
        )


def wages(town: Town) -> None:
    """The approver's sibling has long been employed by the creditor and gets a monthly wage."""
    debtor, creditor = town.body(), town.firm()
    debt, released, amount = released_debt(town, debtor, creditor)
    sibling = town.person()
    town.kin(debtor.head, sibling)
    town.role(sibling, creditor.id, "employee")
    for months in range(-24, 6):
        town.pay(creditor.id, sibling, amount // 200, released + 30 * months + 2, "工资")
    for detector in ("release_kickback", "approver_loan", "circular_settlement"):
        town.twin(detector, "wages", "a monthly wage", debt=debt.id, creditor=creditor.id, beneficiary=sibling)


def tax(town: Town) -> None:
    """The creditor pays its tax after the release, to an office where the approver's spouse serves."""
    debtor, creditor = town.body(), town.firm()
    debt, released, amount = released_debt(town, debtor, creditor)
    office = f"O{int(town.ctx.province.tax_offices[debtor.city]):08d}"
    clerk = town.official(office, "办税服务厅工作人员", "一级科员", None)
    town.kin(debtor.head, clerk, "spouse")
    town.pay(creditor.id, office, amount * 9 // 100, released + 14, "税款")
    for detector in ("release_kickback", "circular_settlement"):
        town.twin(detector, "tax", "tax on the sum", debt=debt.id, creditor=creditor.id, beneficiary=office)


PLANTED = (kickback,)
TWINS = (long_standing_supplier, wages, tax)

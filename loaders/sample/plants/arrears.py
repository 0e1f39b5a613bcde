"""Plants of the family arrears 拖欠账款台账.

Debtors are state firms of medium size, which no statutory term binds, except where the term is the matter.
"""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.context import day
from loaders.sample.parties import WAN, Body, iso, yuan
from loaders.sample.plants.debt_feeding import due_day

_CLEARING_DEADLINE = day("2025-12-31")
"""The end of the clearing campaign for debts below 500,000 yuan a contract."""


def _creditor(town: Town, size: str = "small") -> str:
    return town.org("工程服务", size=size)["org_id"]


def _amount(town: Town) -> int:
    return town.between(60, 900) * WAN + town.between(0, 100_000)


def second_default(town: Town) -> None:
    """A debt with a signed repayment commitment is not paid on the day committed to either."""
    debtor, due = town.body(), due_day(town)
    late = None if town.round % 2 else due + 420
    debt = town.debt(debtor, _creditor(town), _amount(town), due=due, released=late)
    debt.row.update(commitment_id=town.serial("commitment", "CN", 7), planned_on=iso(due + 180))
    note = "still unpaid" if late is None else "240 days after the committed day"
    town.planted("second_default", note, debt=debt.id, debtor=debtor.id)


def kept_commitment(town: Town) -> None:
    """A rescheduled debt is paid a week before the day committed to."""
    debtor, due = town.body(), due_day(town)
    debt = town.debt(debtor, _creditor(town), _amount(town), due=due, released=due + 173)
    debt.row.update(commitment_id=town.serial("commitment", "CN", 7), planned_on=iso(due + 180))
    town.twin("second_default", "kept_commitment", "paid a week early", debt=debt.id, debtor=debtor.id)


def concealed_debt(town: Town) -> None:
    """Three tenths of a contract are past due, and the ledger knows nothing of it."""
    debtor, supplier = town.body(), town.firm()
    contract = town.owed_contract(debtor, supplier, due=due_day(town))
    town.planted("concealed_debt", "no entry", contract=contract.id, debtor=debtor.id, creditor=supplier.id)


def entered_debt(town: Town) -> None:
    """What is owed under a contract stands in the ledger, month by month."""
    debtor, supplier = town.body(), town.firm()
    contract = town.owed_contract(debtor, supplier, due=due_day(town))
    town.debt(debtor, supplier.id, town.owed(contract), due=contract.due, released=None, contract=contract)
    town.twin("concealed_debt", "entered", "open in the ledger", contract=contract.id, debtor=debtor.id)


def false_repayment(town: Town) -> None:
    """The ledger reports a debt repaid, and no payment supports it."""
    debtor, due = town.body(), due_day(town)
    debt = town.debt(debtor, _creditor(town), _amount(town), due=due, released=due + 200)
    town.rows["payments"].remove(debt.release)
    town.planted("false_repayment", "no payment", debt=debt.id, debtor=debtor.id)
    town.by_product("unbalanced_ledger", "the quarter's repaid has no payment", debt=debt.id)


def supported_by_other_means(town: Town) -> None:
    """The debt was settled by offset, in kind, by bill, or by payment to the buyer of the claim."""
    debtor, due = town.body(), due_day(town)
    creditor = _creditor(town)
    debt = town.debt(debtor, creditor, _amount(town), due=due, released=due + 200)
    way = ("offset", "in_kind", "bill", "assignment")[town.round % 4]
    if way == "assignment":
        factor = f"O{int(town.ctx.province.factors[town.round % 4]):08d}"
        debt.release["payee_id"] = factor
        town.add(
            "claim_transfers",
            debt_id=debt.id,
            assignor_id=creditor,
            assignee_id=factor,
            transfer_id=town.serial("claim", "ZR", 7),
            face=debt.row["amount"],
            price=debt.row["amount"],
            agreed_on=iso(due + 60),
        )
    else:
        debt.release["form"] = way
    for detector in ("false_repayment", "unbalanced_ledger"):
        town.twin(detector, "other_means", way, debt=debt.id, debtor=debtor.id)


def vanished_entry(town: Town) -> None:
    """A debt drops out of the monthly report with its balance open; the debtor's other debt is reported on."""
    debtor, due = town.body(), due_day(town)
    town.debt(debtor, _creditor(town), _amount(town), due=due, released=due + 500)
    debt = town.debt(debtor, _creditor(town), _amount(town), due=due, released=None)
    for row in debt.reports[7:]:
        town.rows["debt_reports"].remove(row)
    town.planted("vanished_entry", "after seven months", debt=debt.id, debtor=debtor.id)


def dispute_flip(town: Town) -> None:
    """An undisputed debt turns disputed in the month before the clearing deadline, without a document."""
    _flip(town)


def documented_dispute(town: Town) -> None:
    """The dispute that arose before the deadline rests on a published finding about the claim."""
    _flip(town, documented=True)


def _flip(town: Town, *, documented: bool = False) -> None:
    debtor = town.body()
    debt = town.debt(debtor, _creditor(town), 41 * WAN, due=day("2024-04-20"), released=None)
    for row in debt.reports:
        if row["period"] >= "2025-11":
            row["disputed"] = "true"
    debt.row["disputed"] = "true"
    if documented:
        town.disclose(debtor.id, "分歧认定文书", day("2025-10-28"), debt.id)
        town.twin("dispute_flip", "documented", "a finding is published", debt=debt.id, debtor=debtor.id)
    else:
        town.planted("dispute_flip", "in November 2025", debt=debt.id, debtor=debtor.id)


def new_arrears(town: Town) -> None:
    """Old debts are cleared before the deadline while new ones fall overdue after it."""
    debtor = town.body()
    for _ in range(2):
        town.debt(debtor, _creditor(town), _amount(town), due=day("2024-03-01"), released=day("2025-11-20"))
    due = day("2026-02-10") + town.between(0, 40)
    debt = town.debt(debtor, _creditor(town), _amount(town), due=due, released=None)
    town.planted("new_arrears", "overdue since early 2026", debt=debt.id, debtor=debtor.id)


def new_debt_in_term(town: Town) -> None:
    """A new debt after the deadline is paid before it falls due."""
    debtor = town.body()
    town.debt(debtor, _creditor(town), _amount(town), due=day("2024-03-01"), released=day("2025-11-20"))
    due = day("2026-04-20")
    debt = town.debt(debtor, _creditor(town), _amount(town), due=due, released=due - 5)
    debt.row.update(registered_on=iso(due - 26), planned_on=iso(due))
    debt.reports.clear()
    _replace_reports(town, debt.id, due - 26, due - 5)
    town.twin("new_arrears", "paid_in_term", "five days early", debt=debt.id, debtor=debtor.id)


def _replace_reports(town: Town, debt: str, registered: int, released: int) -> None:
    rows = town.rows["debt_reports"]
    rows[:] = [row for row in rows if row["debt_id"] != debt]
    entry = next(row for row in town.rows["debts"] if row["debt_id"] == debt)
    yuan_owed, fen_owed = entry["amount"].split(".")
    town.reports(debt, int(yuan_owed) * 100 + int(fen_owed), registered, released)


def unbalanced_ledger(town: Town) -> None:
    """A report does not add up, does not carry over, or reports more repaid than was paid."""
    debtor, due = town.body(), due_day(town)
    amount = _amount(town)
    debt = town.debt(debtor, _creditor(town), amount, due=due, released=due + 240)
    way = ("sum", "carry", "payments")[town.round % 3]
    if way == "sum":
        debt.reports[3]["closing"] = debt.reports[4]["opening"] = yuan(amount * 9 // 10)
        debt.reports[4]["added"] = yuan(amount - amount * 9 // 10)
    elif way == "carry":
        for row in debt.reports[4:-1]:
            row["opening"] = row["closing"] = yuan(amount * 8 // 10)
        debt.reports[-1].update(opening=yuan(amount * 8 // 10), repaid=yuan(amount * 8 // 10))
        debt.release["amount"] = yuan(amount * 8 // 10)
    else:
        debt.release["amount"] = yuan(amount * 7 // 10)
        town.by_product("false_repayment", "three tenths of it are not supported", debt=debt.id)
    town.planted("unbalanced_ledger", way, debt=debt.id, debtor=debtor.id)


def overdue_terms(town: Town) -> None:
    """A small creditor is paid long after the statutory term of its debtor and its day."""
    way = town.round % 3
    if way == 0:
        debtor, due = town.body("government", size="large"), town.between(day("2021-01-01"), day("2023-06-30"))
        note = "government body under decree 728"
    elif way == 1:
        debtor, due = town.body("institution", size="large"), town.between(day("2021-01-01"), day("2023-06-30"))
        note = "institution under decree 728"
    else:
        debtor, due = town.body(size="large"), town.between(day("2025-07-20"), day("2025-08-20"))
        note = "large enterprise under decree 802"
    debt = town.debt(debtor, _creditor(town), _amount(town), due=due, released=due + 110)
    town.planted("overdue_terms", note, debt=debt.id, debtor=debtor.id)


def _late_debt(town: Town, debtor: Body, size: str, due: int, waited: int, twin: str, note: str) -> None:
    debt = town.debt(debtor, _creditor(town, size), _amount(town), due=due, released=due + waited)
    town.twin("overdue_terms", twin, note, debt=debt.id, debtor=debtor.id)


def large_creditor(town: Town) -> None:
    """The decrees protect small and medium-sized creditors; this one is large."""
    _late_debt(town, town.body("government", size="large"), "large", due_day(town), 150, "large_creditor", "large")


def before_the_decree(town: Town) -> None:
    """Due and paid before decree 728 came into force."""
    due = day("2019-06-01") + town.between(0, 90)
    _late_debt(town, town.body("government", size="large"), "small", due, 120, "before_the_decree", "paid in 2019")


def agreed_sixty_days(town: Town) -> None:
    """Sixty days were agreed, and kept: due at the end of them, paid the day before."""
    debtor, due = town.body("government", size="large"), due_day(town)
    debt = town.debt(debtor, _creditor(town), _amount(town), due=due, released=due - 1)
    debt.row.update(accepted_on=iso(due - 60), registered_on=iso(due - 50), planned_on=iso(due))
    _replace_reports(town, debt.id, due - 50, due - 1)
    town.twin("overdue_terms", "agreed_sixty_days", "paid on day 59", debt=debt.id, debtor=debtor.id)


PLANTED = (
    second_default,
    concealed_debt,
    false_repayment,
    vanished_entry,
    dispute_flip,
    new_arrears,
    unbalanced_ledger,
    overdue_terms,
)
TWINS = (
    kept_commitment,
    entered_debt,
    supported_by_other_means,
    documented_dispute,
    new_debt_in_term,
    large_creditor,
    before_the_decree,
    agreed_sixty_days,
)

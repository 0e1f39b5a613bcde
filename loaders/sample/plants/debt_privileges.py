"""Plants of debt_feeding 靠债吃债 beside kickbacks: who is paid first, in full, cheaply, or for brokering."""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.context import day
from loaders.sample.parties import WAN, Body, iso, yuan
from loaders.sample.plants.debt_feeding import due_day, firm_of_kin, released_debt

_OLDER_DEBTS = 4
WAIVER = "协议减免"
"""Purpose of the offset that books what a creditor waives."""
_CLEARING_FUND_USE = "专项债券清偿拖欠账款"


def _stranger(town: Town, size: str = "micro") -> str:
    return town.org("材料供应", size=size)["org_id"]


def _jump(town: Town, *, amount: int | None = None, late: bool = False) -> tuple[Body, str, dict[str, str]]:
    """A tied creditor is paid before four older, undisputed debts to micro firms. Returns the release's row last."""
    debtor = town.body()
    tied = firm_of_kin(town, debtor.head)
    due = day("2024-05-01") if late else due_day(town)
    released = due + (260 if late else 100)
    for i in range(_OLDER_DEBTS):
        town.debt(
            debtor,
            _stranger(town),
            town.between(20, 90) * WAN,
            due=due - 100 - 40 * i,
            released=released + 60 + 35 * i,
        )
    debt = town.debt(
        debtor, tied, amount or town.between(200, 500) * WAN, due=due, released=released, approver=debtor.head
    )
    return debtor, debt.id, debt.release


def queue_jumping(town: Town) -> None:
    """The firm of the approver's kin is paid before older, undisputed debts to smaller firms."""
    debtor, debt, _ = _jump(town)
    town.planted("queue_jumping", "before four older debts to micro firms", debt=debt, debtor=debtor.id)


def wage_account(town: Town) -> None:
    """The payment went into the wage account of migrant workers, which comes first by law."""
    debtor, debt, release = _jump(town)
    release["purpose"] = "农民工工资专用账户拨付"
    town.twin("queue_jumping", "wage_account", "purpose: wage account", debt=debt, debtor=debtor.id)


def court_order(town: Town) -> None:
    """The payment executed a judgment."""
    debtor, debt, release = _jump(town)
    release["purpose"] = "法院强制执行款"
    town.twin("queue_jumping", "court_order", "purpose: execution by the court", debt=debt, debtor=debtor.id)


def earmarked_bond(town: Town) -> None:
    """The money came from a special bond that was granted for this debt."""
    debtor, debt, release = _jump(town)
    fund = town.serial("fund", "F", 7)
    town.add(
        "funds",
        fund_id=fund,
        name="清理拖欠企业账款专项债券资金",
        granted_on=release["applied_on"],
        amount=release["amount"],
        allowed_use=_CLEARING_FUND_USE,
        grantor_id=f"O{town.ctx.province.finance_department:08d}",
        recipient_id=debtor.id,
    )
    release.update(fund_id=fund, purpose=_CLEARING_FUND_USE)
    town.twin("queue_jumping", "earmarked_bond", "paid from a clearing bond", debt=debt, debtor=debtor.id)


def small_claims_cleared(town: Town) -> None:
    """A debt under 500,000 was cleared in the campaign that put such debts first."""
    debtor, debt, _ = _jump(town, amount=38 * WAN, late=True)
    town.twin("queue_jumping", "small_claims", "380,000 in January 2025", debt=debt, debtor=debtor.id)


def _sold_claim(
    town: Town, debtor: Body, buyer: str, percent: int, days_before: int, amount: int | None = None
) -> tuple[str, str]:
    """A claim sold some days before it is released in full to its buyer. Returns the debt and the seller."""
    seller = _stranger(town, "small")
    face = amount or town.between(200, 900) * WAN
    due = due_day(town)
    released = due + 300
    debt = town.debt(debtor, seller, face, due=due, released=released, payee=buyer)
    town.add(
        "claim_transfers",
        debt_id=debt.id,
        assignor_id=seller,
        assignee_id=buyer,
        transfer_id=town.serial("claim", "ZR", 7),
        face=yuan(face),
        price=yuan(face * percent // 100),
        agreed_on=iso(released - days_before),
    )
    return debt.id, seller


def discounted_claim(town: Town) -> None:
    """The firm of the approver's kin bought a claim at 58 % of face, paid in full three months later."""
    debtor = town.body()
    buyer = firm_of_kin(town, debtor.head, "spouse")
    debt, seller = _sold_claim(town, debtor, buyer, 58, 95)
    town.planted("discounted_claim", "58 % of face, 95 days before", debt=debt, assignor=seller, assignee=buyer)


def arms_length_factor(town: Town) -> None:
    """A factor that buys from many sellers the claims on many debtors, at its usual discount."""
    factor = town.org("商业保理", org_type="other", size="medium")["org_id"]
    for _ in range(6):
        debt, seller = _sold_claim(town, town.body(), factor, town.between(64, 69), 95)
        town.twin("discounted_claim", "arms_length_factor", "six sellers", debt=debt, assignor=seller, assignee=factor)


def _settled(town: Town, debtor: Body, creditor: str, *, due: int, released: int, kept: int) -> str:
    """A debt of which `kept` percent is paid; the rest, which the creditor waives, is booked as an offset."""
    amount = town.between(100, 300) * WAN
    debt = town.debt(debtor, creditor, amount, due=due, released=released)
    paid = amount * kept // 100
    debt.release["amount"] = yuan(paid)
    if paid < amount:
        waived = town.pay(debtor.id, creditor, amount - paid, released, WAIVER, debt=debt.id, approver=debtor.head)
        waived["form"] = "offset"
        debt.reports[-1]["status"] = "settled"
    return debt.id


def selective_haircut(town: Town) -> None:
    """Four strangers settle for 72 %, the firm of the approver's kin is paid in full the same day."""
    debtor = town.body()
    tied = firm_of_kin(town, debtor.head)
    due = due_day(town)
    released = due + 500
    for _ in range(4):
        _settled(town, debtor, _stranger(town), due=due, released=released, kept=72)
    debt = _settled(town, debtor, tied, due=due, released=released, kept=100)
    town.planted("selective_haircut", "72 % against 100 %", debtor=debtor.id, debt=debt, creditor=tied)


def haircut_by_age(town: Town) -> None:
    """Debts older than two years take the cut, younger ones do not: the tied creditor's is young."""
    debtor = town.body()
    tied = firm_of_kin(town, debtor.head)
    due = due_day(town)
    released = due + 250
    for i in range(4):
        _settled(town, debtor, _stranger(town), due=due - 800 + 10 * i, released=released, kept=72)
    for i in range(3):
        _settled(town, debtor, _stranger(town), due=due - 60 - 10 * i, released=released, kept=100)
    debt = _settled(town, debtor, tied, due=due, released=released, kept=100)
    town.twin(
        "selective_haircut", "negotiated_by_age", "young debts in full", debtor=debtor.id, debt=debt, creditor=tied
    )


def _dispose(
    town: Town, debtor: Body, acquirer: str, percent: int, *, method: str = "agreement", debt: str | None = None
) -> str:
    appraised = town.between(500, 3000) * WAN
    asset = town.serial("asset", "ZC", 7)
    town.add(
        "asset_disposals",
        asset_id=asset,
        disposer_id=debtor.id,
        acquirer_id=acquirer,
        appraised=yuan(appraised),
        price=yuan(appraised * percent // 100),
        debt_id=debt,
        method=method,
        disposed_on=f"202{town.between(1, 5)}-0{town.between(1, 10)}-15",
    )
    return asset


def undervalued_asset(town: Town) -> None:
    """A debtor's asset goes by agreement to the firm of its head's kin, at 57 % of the appraisal."""
    debtor = town.body()
    acquirer = firm_of_kin(town, debtor.head)
    debt = None
    if town.round % 2:
        # The asset settles what the debtor owed the same firm.
        due = due_day(town)
        owed = town.debt(debtor, acquirer, 300 * WAN, due=due, released=due + 90)
        owed.release["form"] = "in_kind"
        debt = owed.id
    asset = _dispose(town, debtor, acquirer, 57, debt=debt)
    town.planted("undervalued_asset", "57 % by agreement", asset=asset, disposer=debtor.id, acquirer=acquirer)


def open_auction(town: Town) -> None:
    """The tied acquirer bought in an open auction that nobody else bid higher in."""
    debtor = town.body()
    acquirer = firm_of_kin(town, debtor.head)
    asset = _dispose(town, debtor, acquirer, 71, method="open")
    town.twin("undervalued_asset", "open_auction", "method: open", asset=asset, acquirer=acquirer)


def encumbered_asset(town: Town) -> None:
    """The acquirer took over the bank's claim on the asset, which makes up for the low price."""
    debtor = town.body()
    acquirer = firm_of_kin(town, debtor.head)
    asset = _dispose(town, debtor, acquirer, 55)
    row = town.rows["asset_disposals"][-1]
    appraised = int(row["appraised"].partition(".")[0]) * 100
    bank = f"O{int(town.ctx.province.guarantors[0]):08d}"
    sold = day(row["disposed_on"])
    mortgage = town.debt(debtor, bank, appraised * 40 // 100, due=sold - 200, released=sold + 10)
    row["debt_id"] = mortgage.id
    town.twin("undervalued_asset", "encumbered_asset", "55 % and a mortgage of 40 %", asset=asset, acquirer=acquirer)


def debt_broker(town: Town) -> None:
    """One consultancy is paid a tenth by three creditors, each within five weeks of one debtor's release."""
    debtor, broker = town.body(), town.org("商务咨询")["org_id"]
    for i in range(3):
        creditor = town.firm()
        _, released, amount = released_debt(town, debtor, creditor)
        town.pay(creditor.id, broker, amount * (8 + 2 * i) // 100, released + 9 + 11 * i, "咨询服务费")
    town.planted("debt_broker", "a tenth from three creditors", broker=broker, debtor=debtor.id)


def law_firm_of_record(town: Town) -> None:
    """A law firm is paid by the creditors of many debtors, three of one among them."""
    debtor = town.body()
    firm = town.org("律师事务所", org_type="intermediary")
    firm["name"] = f"{firm['org_id'][-4:]}号律师事务所"
    firm["industry"] = "法律服务"
    for i in range(8):
        owing = debtor if i < 3 else town.body()
        creditor = town.firm()
        _, released, amount = released_debt(town, owing, creditor)
        town.pay(creditor.id, firm["org_id"], amount * 6 // 100, released + 12 + 3 * i, "律师代理费")
    town.twin("debt_broker", "law_firm", "creditors of six debtors", broker=firm["org_id"], debtor=debtor.id)


def approver_loan(town: Town) -> None:
    """Money between the approver or the spouse and the creditor, some months before the release."""
    debtor, creditor = town.body(), town.firm()
    debt, released, _ = released_debt(town, debtor, creditor)
    person = debtor.head
    if town.round % 2:
        person = town.person()
        town.kin(debtor.head, person, "spouse")
        town.transfer(creditor.id, person, 60 * WAN, released - 190, "借款")
        note = "the creditor lent to the approver's spouse"
    else:
        town.transfer(person, creditor.id, 100 * WAN, released - 210, "借款")
        town.transfer(creditor.id, person, 136 * WAN, released + 170, "归还借款本息")
        note = "the approver lent to the creditor at high interest"
    town.planted("approver_loan", note, debt=debt.id, creditor=creditor.id, person=person)


def loan_before_post(town: Town) -> None:
    """The creditor lent to the official before he held the post; he repaid with interest."""
    debtor, creditor = town.body(), town.firm()
    debt, released, _ = released_debt(town, debtor, creditor)
    town.transfer(creditor.id, debtor.head, 50 * WAN, day("2013-06-10"), "借款")
    town.transfer(debtor.head, creditor.id, 71 * WAN, released - 180, "归还借款本息")
    town.twin(
        "approver_loan", "loan_before_post", "lent in 2013", debt=debt.id, creditor=creditor.id, person=debtor.head
    )


def circular_settlement(town: Town) -> None:
    """Released money comes back to the debtor through two firms within ten weeks."""
    debtor, creditor = town.body(), town.firm()
    debt, released, amount = released_debt(town, debtor, creditor)
    first, second = (town.org("贸易")["org_id"] for _ in range(2))
    town.pay(creditor.id, first, amount * 60 // 100, released + 15, "货款")
    town.pay(first, second, amount * 55 // 100, released + 38, "货款")
    town.pay(second, debtor.id, amount * 50 // 100, released + 66, "投资款")
    town.planted("circular_settlement", "half comes back", debt=debt.id, creditor=creditor.id, debtor=debtor.id)


def refund(town: Town) -> None:
    """The creditor returns what was overpaid."""
    debtor, creditor = town.body(), town.firm()
    debt, released, amount = released_debt(town, debtor, creditor)
    town.pay(creditor.id, debtor.id, amount * 4 // 100, released + 20, "退还多付工程款")
    town.twin("circular_settlement", "refund", "4 % returned", debt=debt.id, creditor=creditor.id, debtor=debtor.id)


PLANTED = (
    queue_jumping,
    discounted_claim,
    selective_haircut,
    undervalued_asset,
    debt_broker,
    approver_loan,
    circular_settlement,
)
TWINS = (
    wage_account,
    court_order,
    earmarked_bond,
    small_claims_cleared,
    arms_length_factor,
    haircut_by_age,
    open_auction,
    encumbered_asset,
    law_firm_of_record,
    loan_before_post,
    refund,
)

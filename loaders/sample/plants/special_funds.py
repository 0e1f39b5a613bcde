"""Plants of the family special_funds 专项资金."""

from __future__ import annotations

from loaders.sample.acts import Town
from loaders.sample.context import day
from loaders.sample.parties import WAN, Body, iso, yuan

_INDUSTRY_USE = "设备更新改造补助"
_FARM_USE = "耕地地力保护补贴"
_WORKS_USES = "水利设施维修;水利设施材料采购"


def fund(town: Town, name: str, use: str, recipient: str, amount: int, granted: int) -> str:
    """A special fund granted by the finance department."""
    number = town.serial("fund", "F", 7)
    town.add(
        "funds",
        fund_id=number,
        name=name,
        granted_on=iso(granted),
        amount=yuan(amount),
        allowed_use=use,
        grantor_id=f"O{town.ctx.province.finance_department:08d}",
        recipient_id=recipient,
    )
    return number


def _granted(town: Town) -> int:
    return town.between(day("2020-01-01"), day("2024-12-31"))


def _spend(town: Town, body: Body, number: str, payee: str, amount: int, when: int, purpose: str) -> str:
    row = town.pay(body.id, payee, amount, when, purpose, fund=number, approver=body.head, payer_account=body.account)
    return row["payment_id"]


def diverted_fund(town: Town) -> None:
    """Money granted for water works pays for cars, or for a guest house."""
    body, granted = town.body("government", size="large"), _granted(town)
    amount = town.between(300, 900) * WAN
    number = fund(town, "水利设施维修养护专项资金", _WORKS_USES, body.id, amount, granted)
    payee = town.org("汽车销售")["org_id"]
    purpose = ("购置公务用车", "职工宿舍装修")[town.round % 2]
    payment = _spend(town, body, number, payee, amount // 3, granted + 50, purpose)
    town.planted("diverted_fund", purpose, fund=number, payment=payment, payee=payee)


def listed_use(town: Town) -> None:
    """The payment serves the second of the uses that the grant allows."""
    body, granted = town.body("government", size="large"), _granted(town)
    amount = town.between(300, 900) * WAN
    number = fund(town, "水利设施维修养护专项资金", _WORKS_USES, body.id, amount, granted)
    payee = town.org("水泥管材")["org_id"]
    payment = _spend(town, body, number, payee, amount // 3, granted + 50, "水利设施材料采购")
    town.twin("diverted_fund", "listed_use", "the second allowed use", fund=number, payment=payment, payee=payee)


def _subsidy_to_firm(town: Town) -> tuple[str, str, int, int]:
    """A subsidy paid by a bureau to a firm. Returns fund, firm, the sum and the day."""
    body, granted = town.body("government", size="large"), _granted(town)
    firm = town.firm("goods")
    amount = town.between(200, 600) * WAN
    number = fund(town, "企业技术改造专项资金", _INDUSTRY_USE, firm.id, amount, granted)
    town.pay(
        body.id, firm.id, amount, granted + 20, _INDUSTRY_USE, fund=number, approver=body.head,
        payee_account=firm.account,
    )  # fmt: skip
    return number, firm.id, amount, granted + 20


def fund_transit(town: Town) -> None:
    """Seven tenths of a subsidy leave the firm within weeks, through a shell, to a person."""
    number, firm, amount, paid = _subsidy_to_firm(town)
    shell, person = town.org("商务信息咨询")["org_id"], town.person()
    town.pay(firm, shell, amount * 70 // 100, paid + 6, "咨询服务费")
    if town.round % 2:
        second = town.org("商务信息咨询")["org_id"]
        town.pay(shell, second, amount * 65 // 100, paid + 11, "服务费")
        shell = second
    town.transfer(shell, person, amount * 62 // 100, paid + 17)
    town.planted("fund_transit", "62 % to a person within 17 days", fund=number, recipient=firm, person=person)


def contracted_purchase(town: Town) -> None:
    """The firm buys the equipment the subsidy is for, under a contract, from its maker."""
    number, firm, amount, paid = _subsidy_to_firm(town)
    maker = town.org("机械制造", size="large")["org_id"]
    price = min(amount * 70 // 100, 120 * WAN)
    contract = town.contract(firm, maker, price, signed=paid + 2, days=28, parts=(100,), purpose="设备购置款")
    town.twin(
        "fund_transit", "contracted_purchase", "under a contract", fund=number, recipient=firm, contract=contract.id
    )


def one_account_many(town: Town) -> None:
    """Farmers' subsidies of a village all go to one account."""
    _subsidies(town, family=False)


def collected_for_family(town: Town) -> None:
    """A household's subsidies go to the account of one of its members."""
    _subsidies(town, family=True)


def _subsidies(town: Town, *, family: bool) -> None:
    body, granted = town.body("government", size="large"), _granted(town)
    holder = town.person()
    account = town.contact(holder, "account")
    persons = [town.person() for _ in range(3 if family else 14)]
    if family:
        for person, relation in zip(persons, ("spouse", "parent", "child"), strict=True):
            town.kin(holder, person, relation)
        persons.append(holder)
    amounts = [town.between(900, 3200) * 100 for _ in persons]
    number = fund(town, "耕地地力保护补贴资金", _FARM_USE, body.id, sum(amounts), granted)
    for person, amount in zip(persons, amounts, strict=True):
        town.pay(
            body.id, person, amount, granted + 30, _FARM_USE, fund=number, approver=body.head, payee_account=account
        )
    if family:
        town.twin("one_account_many", "collected_for_family", "four of one family", fund=number, holder=holder)
    else:
        town.planted("one_account_many", "fourteen beneficiaries", fund=number)


def starved_project(town: Town) -> None:
    """The fund arrived, and years later the project's contractor is still owed most of its work."""
    _funded_project(town, disputed=False)


def disputed_work(town: Town) -> None:
    """The contractor is unpaid because its work is in dispute, as the ledger says."""
    _funded_project(town, disputed=True)


def _funded_project(town: Town, *, disputed: bool) -> None:
    body, contractor = town.body(), town.firm()
    notice = town.notice_day("2022-12-31")
    amount = town.between(1000, 1800) * WAN
    number = fund(town, "老旧小区改造补助专项资金", "老旧小区改造补助", body.id, amount, notice - 40)
    project = town.project(body, fund=number)
    tender = town.tender(
        body, [contractor, *town.bystanders(2)], notice=notice, project=project, estimate=amount, settled=False
    )
    price = int(tender.bids[0].row["price"].replace(".", ""))
    contract = town.contract(
        body.id,
        contractor.id,
        price,
        signed=tender.awarded + 12,
        tender=tender.id,
        project=project,
        approver=body.head,
        parts=(10,),
        purpose="老旧小区改造补助",
        fund=number,
    )
    town.debt(
        body,
        contractor.id,
        town.owed(contract),
        due=contract.due,
        released=None,
        contract=contract,
        disputed=disputed,
    )
    entities = {"fund": number, "project": project, "contract": contract.id}
    if disputed:
        town.twin("starved_project", "disputed_work", "in dispute", **entities)
    else:
        town.planted("starved_project", "nine tenths unpaid", **entities)


PLANTED = (diverted_fund, fund_transit, one_account_many, starved_project)
TWINS = (listed_use, contracted_purchase, collected_for_family, disputed_work)

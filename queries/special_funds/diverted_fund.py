"""Money of a special fund is paid for a purpose, for a project or to a party outside its allowed use."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier
from queries.special_funds.barred_uses import BARRED_USES, barred_use
from queries.special_funds.spending import SELECT
from queries.verdicts import verdict
from queries.wording import name, tie


class Parameters(Params):
    """What names no use, and what explains a payment outside it."""

    generic_words: tuple[str, ...] = Field(
        (
            *("工程款", "进度款", "预付款", "货款", "合同款", "结算款", "尾款", "质保金", "拨款", "专项资金"),
            *("工程", "材料", "采购", "购置", "费用", "费", "款"),
        ),
        description="Words that name no use: left out of a purpose before it is compared; what says nothing else is "
        "judged by its project and payee alone.",
    )
    approval_words: tuple[str, ...] = Field(
        ("用途调整", "调整用途", "变更用途", "资金调整", "统筹整合"),
        description="Published approvals, of the fund, project or contract, that change the use.",
    )
    return_days: int = Field(30, ge=0, description="Days within which a misdirected payment came back in full.")
    entitled_ratio: float = Field(
        3, ge=1, description="Times. A tied person is one of many recipients up to this multiple of their median."
    )
    entitled_others: int = Field(5, ge=1, description="Other persons paid from the fund for the same purpose at least.")


POPULATION = Sql("""
SELECT count(*) FILTER (WHERE f.fund_id IS NOT NULL AND f.allowed_use IS NOT NULL AND p.purpose IS NOT NULL) AS judged,
       count(*) FILTER (WHERE f.fund_id IS NULL) AS unknown_fund,
       count(*) FILTER (WHERE f.fund_id IS NOT NULL AND f.allowed_use IS NULL) AS no_use,
       count(*) FILTER (WHERE f.allowed_use IS NOT NULL AND p.purpose IS NULL) AS no_purpose
FROM payments p LEFT JOIN funds f USING (fund_id) WHERE p.fund_id IS NOT NULL
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each fund and payee, over the payments that nothing explains; cleared where all are explained."""
    off_project, tied = rows["off_project"].astype(bool), rows["official"].notna()
    barred = rows["barred"].notna()
    off_purpose = rows["off_purpose"].fillna(False).astype(bool) & ~barred
    like_others = (rows["others"] >= params.entitled_others) & (
        rows["amount"] <= params.entitled_ratio * rows["usual"].fillna(0)
    )
    rows = rows.assign(
        is_off_purpose=off_purpose,
        approved_use=rows["approved_on"].notna() & ~barred & ~tied,
        returned=rows["return_key"].notna(),
        project_contract=rows["of_project"].astype(bool) & off_purpose & ~tied,
        entitled_beneficiary=like_others & tied & ~barred & ~off_purpose & ~off_project,
    )
    rows["explained"] = rows[list(_EXCUSES)].any(axis=1)
    for _, part in rows.groupby(["fund_id", "payee_id"], sort=True):
        standing = part[~part["explained"]]
        yield _lead(standing if len(standing) else part, part)


def _lead(part: pd.DataFrame, whole: pd.DataFrame) -> Lead:
    row = part.iloc[0]
    total = int(part["amount"].sum())
    kinds = sorted(set(part["barred"].dropna().astype(str)))
    flagged = not bool(part["explained"].any())
    return Lead(
        identity={"fund": str(row["fund_id"]), "payee": str(row["payee_id"])},
        tier=Tier.A if kinds else Tier.B,
        entities=tuple(dict.fromkeys(_entities(part))),
        reasons=tuple(_reasons(part, total)),
        innocent=tuple(_excuse(twin, whole, flagged=flagged) for twin in _EXCUSES),
        records=tuple(_records(part)),
        links=tuple(
            Link("PAID", str(payer), str(payee), Ref("payments", int(key)))
            for payer, payee, key in zip(part["payer_id"], part["payee_id"], part["key"], strict=True)
        ),
        score=1.0 if kinds else 0.5,
        rank=total / 100,
        amount=Amount(total),
        period=(part["day"].min().date(), part["day"].max().date()),
        laws=(*_LAWS, *dict.fromkeys(barred_use(kind).law for kind in kinds)),
    )


def _entities(part: pd.DataFrame) -> Iterator[Entity]:
    row = part.iloc[0]
    yield Entity(str(row["fund_id"]), "fund", "fund")
    yield Entity(str(row["payee_id"]), str(row["payee_kind"]), "payee")
    for column, kind, role in (
        ("payer_id", "org", "payer"),
        ("payment_id", "payment", "payment"),
        ("project_id", "project", "project"),
        ("official", "person", "official"),
    ):
        yield from (Entity(value, kind, role) for value in sorted(set(part[column].dropna().astype(str))))


def _records(part: pd.DataFrame) -> Iterator[Ref]:
    yield from (Ref("payments", int(key)) for key in part["key"])
    yield Ref("funds", int(part["fund_key"].iloc[0]))
    yield from (Ref("projects", int(key)) for key in part["project_key"].dropna())
    yield from (Ref("contracts", int(key)) for key in part["contract_key"].dropna())
    for column in ("tie_refs", "approval_refs"):
        yield from (ref for cell in part[column] if not isinstance(cell, float) for ref in refs(cell))
    yield from (ref for cell in part.loc[part["return_key"].notna(), "return_refs"] for ref in refs(cell))


def _reasons(part: pd.DataFrame, total: int) -> Iterator[Text]:
    row = part.iloc[0]
    yield Text(
        zh="专项资金“{fund}”（用途：{use}）中的 {sum}付给{payee}。",
        en="{sum} of the special fund “{fund}” (for: {use}) went to {payee}.",
    ).format(
        fund=row["fund_name"],
        use=row["allowed_use"] if isinstance(row["allowed_use"], str) else "–",
        sum=money(total),
        payee=name(row, "payee"),
    )
    for kind, own in part.groupby("barred", sort=True):
        yield Text(
            zh="付款用途“{said}”属于{kind}，未在下达用途中列明。",
            en="Its purpose “{said}” is {kind}, which the grant does not name.",
        ).format(said=_said(own), kind=barred_use(str(kind)).title)
    off_purpose = part[part["is_off_purpose"]]
    if len(off_purpose):
        yield Text(
            zh="下达用途中未见付款用途“{said}”。", en="Its purpose “{said}” is not found among the allowed uses."
        ).format(said=_said(off_purpose))
    off_project = part[part["off_project"].astype(bool)]
    if len(off_project):
        yield Text(
            zh="所付合同属于项目“{project}”，该项目的资金来源登记为另一专项资金。",
            en="The contract is of project “{project}”, which the register funds from another fund.",
        ).format(project=listing(sorted(set(off_project["project_name"].fillna(off_project["project_id"])))))
    tied = part[part["official"].notna()]
    if len(tied):
        first = tied.iloc[0]
        yield Text(
            zh="收款人与付款单位有审批或支付权的{official}存在关联（{tie}），且没有合同或欠款依据。",
            en="The payee is tied ({tie}) to {official}, who approves or pays at the payer, and there is neither "
            "contract nor debt.",
        ).format(official=name(first, "official"), tie=tie(str(first["how"])))


def _said(part: pd.DataFrame) -> Text:
    return listing(sorted(set(part["purpose"].astype(str))))


_EXCUSES: dict[str, tuple[Text, Text]] = {
    "approved_use": (
        Text(zh="付款前已公示用途调整的批准。", en="A change of the use was approved in public before the payment."),
        Text(
            zh="没有付款前公示的用途调整批准，或者批准不能及于该用途、收款人。",
            en="No change of the use was approved in public before, or none that could cover this use or payee.",
        ),
    ),
    "returned": (
        Text(zh="同额款项已在短期内退回付款单位。", en="The same sum came back to the payer soon after."),
        Text(zh="没有短期内同额退回的记录。", en="The same sum is not seen to come back soon after."),
    ),
    "project_contract": (
        Text(
            zh="款项依该专项资金所列项目的合同支付给合同供应商。",
            en="It was paid to the supplier under a contract of the project that the fund is for.",
        ),
        Text(
            zh="不是依该专项资金所列项目的合同支付，或者用途为禁止事项。",
            en="Not paid under a contract of the fund's project, or for what no fund may serve.",
        ),
    ),
    "entitled_beneficiary": (
        Text(
            zh="收款人与同一用途的其他众多受益人所得相当。",
            en="The payee received what many others received from the fund for the same purpose.",
        ),
        Text(
            zh="不是与其他众多受益人所得相当的同类补助。",
            en="Not a subsidy like those that many others received.",
        ),
    ),
}


def _excuse(twin: str, part: pd.DataFrame, *, flagged: bool) -> Excuse:
    fits, no = _EXCUSES[twin]
    found = bool(part[twin].any())
    rest = Text(zh="该情形只能解释其中一部分付款。", en="It explains a part of the payments only.")
    return verdict(twin, found and not flagged, yes=fits, no=rest if found else no)


_LAWS = ("budget_law_93", "fiscal_penalties_6", "criminal_law_384")

DETECTOR = Detector(
    id="diverted_fund",
    family="special_funds",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="挪用专项资金", en="Diverted special fund"),
    question=Text(
        zh="专项资金是否付给了允许用途以外的事项、项目或者对象？",
        en="Was money of a special fund paid for a purpose, for a project or to a party outside its allowed use?",
    ),
    rule=Text(
        zh="以专项资金支付的款项（拨付给承担单位或者退回下达单位的除外），用途属于公务用车、楼堂馆所、接待、福利等禁止"
        "事项且下达用途未列明的，列为 A 类；用途与下达用途均不相符（仅写 {generic_words} 的不按用途判断），或者所付"
        "合同属于另一专项资金的项目，或者无合同、欠款依据付给本单位审批、支付人员的关联方的，列为 B 类。付款前公示"
        "含 {approval_words} 的批准的，{return_days} 天内同额退回的，依该资金所列项目合同支付的，以及不超过同一用途"
        "其他不少于 {entitled_others} 名受益人中位数 {entitled_ratio} 倍的，予以排除。",
        en="A payment from a special fund (other than to its recipient or back to its grantor) is tier A where its "
        "purpose is one that no fund may serve – official cars, buildings, receptions, benefits – and the grant "
        "does not name it. It is tier B where the purpose matches no allowed use ({generic_words} name none), "
        "where its contract belongs to a project of another fund, or where a party tied to those who approve or "
        "pay receives it without a contract or a debt. Approved changes of use ({approval_words}), sums that came "
        "back within {return_days} days, contracts of the fund's own project, and subsidies of at most "
        "{entitled_ratio} times the median of at least {entitled_others} others are cleared.",
    ),
    why=Text(
        zh="专款应当专用；改变用途使补助对象和项目得不到资金，也是套取资金的常见出口。",
        en="A fund is for its purpose: what is diverted is missing there, and is often how the money is taken out.",
    ),
    example=Text(
        zh="水利设施维修养护资金中的 200 万元付给汽车销售公司“购置公务用车”：列为 A 类疑点。",
        en="CNY 2 million of a water works fund go to a car dealer for “official cars”: a tier A lead.",
    ),
    legal_basis=(*_LAWS, *dict.fromkeys(use.law for use in BARRED_USES)),
    references=("各专项资金管理办法的负面清单",),
    innocent=(
        Innocent("approved_use", Text(zh="经批准调整用途", en="An approved change of use")),
        Innocent("returned", Text(zh="误付已退回", en="Misdirected and returned")),
        Innocent("project_contract", Text(zh="所列项目的合同款", en="A contract of the fund's project")),
        Innocent("entitled_beneficiary", Text(zh="普惠补助对象", en="One of many beneficiaries")),
    ),
    parameters=Parameters,
    identity=("fund", "payee"),
    requires={
        "funds": ("fund_id", "allowed_use"),
        "payments": ("payment_id", "payer_id", "payee_id", "amount", "paid_on", "fund_id", "purpose"),
    },
    uses={
        "funds": ("recipient_id", "grantor_id"),
        "payments": ("contract_id",),
        "contracts": ("project_id", "supplier_id"),
        "projects": ("fund_id",),
        "posts": ("powers",),
        "disclosures": ("item", "ref_id", "published_on"),
        "transfers": ("from_id", "to_id"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="专项资金支付", en="payments from special funds"),
    not_judgeable={
        "unknown_fund": Text(zh="资金编号没有对应的专项资金", en="its fund is in no table"),
        "no_use": Text(zh="下达用途未知", en="the allowed use is unknown"),
        "no_purpose": Text(zh="付款用途未知", en="the purpose of the payment is unknown"),
    },
    blind=Text(
        zh="看不到用途填写与下达用途一致而实际另作他用的付款，也看不到混入一般账户后再支出的资金。",
        en="Payments called what the grant allows and used otherwise, and money that was mixed into another account.",
    ),
    max_share=0.1,
    relations=("parties", "flows", "insiders"),
)

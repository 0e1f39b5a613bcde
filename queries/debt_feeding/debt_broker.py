"""One firm or person is paid by several creditors of one debtor, each soon after its debt was released."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.debt_feeding.trade import History, HistoryParameters, public_body_excuse, says, trade_excuse
from queries.detector import Detector, Innocent, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(HistoryParameters):
    """What is a broker's fee, and who may lawfully take one."""

    within_days: int = Field(45, ge=0, description="Days after a release within which its creditor paid.")
    min_pct: float = Field(3, ge=0, description="Percent of the release that the payee got at least.")
    max_pct: float = Field(30, gt=0, description="Percent of the release that the payee got at most.")
    min_creditors: int = Field(3, ge=2, description="Creditors of one debtor that paid at least.")
    law_firm_debtors: int = Field(3, ge=2, description="Debtors whose creditors pay a law firm of record at least.")
    law_firm_words: tuple[str, ...] = Field(
        ("律师事务所", "法律服务", "law firm", "legal"), description="Names and trades of law firms."
    )


SELECT = Sql("""
-- What a creditor paid somebody in the days after its debt was released, against that release.
WITH fees AS (
  SELECT r.debtor_id, r.creditor_id, r.key AS release_key, r.debt_id, r.debt_key, r.amount AS released, r.day,
         f.payee_id AS broker_id, sum(f.amount) AS fee, max(f.day) AS last_day,
         list(f.amount ORDER BY f.key) AS amounts,
         list({'table': f.ledger, 'key': f.key} ORDER BY f.key) AS fee_refs
  FROM releases r JOIN flows f ON f.payer_id = r.creditor_id AND f.day BETWEEN r.day AND r.day + $within_days
  WHERE f.payee_id <> r.debtor_id AND f.payee_id <> r.creditor_id
  GROUP BY ALL
  HAVING sum(f.amount) * 100 BETWEEN $min_pct * r.amount AND $max_pct * r.amount
),
brokers AS (
  SELECT debtor_id, broker_id FROM fees GROUP BY ALL HAVING count(DISTINCT creditor_id) >= $min_creditors
),
scope AS (
  SELECT broker_id, count(DISTINCT debtor_id) AS debtors FROM fees SEMI JOIN brokers USING (broker_id) GROUP BY ALL
),
-- What the creditor had paid the same payee before its release.
history AS (
  SELECT e.release_key, e.broker_id, count(*) AS earlier, median(h.amount) AS usual, min(days(h.day)) AS earliest,
         max(days(h.day)) AS latest
  FROM fees e SEMI JOIN brokers USING (debtor_id, broker_id)
  JOIN flows h ON h.payer_id = e.creditor_id AND h.payee_id = e.broker_id AND h.day < e.day
  GROUP BY ALL
)
SELECT e.*, days(e.day) AS release_day, h.earlier, h.usual, h.earliest, h.latest, s.debtors,
       coalesce(d.name, e.debtor_id) AS debtor_name, coalesce(c.name, e.creditor_id) AS creditor_name,
       coalesce(b.name, e.broker_id) AS broker_name, b.kind AS broker_kind,
       concat_ws(' ', b.name, o.industry) AS trade, coalesce(o.org_type = 'government', false) AS to_government
FROM fees e JOIN brokers USING (debtor_id, broker_id) JOIN scope s USING (broker_id)
LEFT JOIN history h ON h.release_key = e.release_key AND h.broker_id = e.broker_id
LEFT JOIN parties d ON d.id = e.debtor_id LEFT JOIN parties c ON c.id = e.creditor_id
LEFT JOIN parties b ON b.id = e.broker_id LEFT JOIN orgs o ON o.org_id = e.broker_id
ORDER BY e.debtor_id, e.broker_id, e.creditor_id, e.day, e.release_key, e.debt_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE creditors >= $min_creditors) AS judged,
       count(*) FILTER (WHERE creditors < $min_creditors) AS few_creditors
FROM (SELECT debtor_id, count(DISTINCT creditor_id) AS creditors FROM releases GROUP BY ALL)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debtor and payee."""
    for _, part in rows.groupby(["debtor_id", "broker_id"], sort=True):
        new = part[[not _is_trade(row, params) for _, row in part.iterrows()]]
        explained = new["creditor_id"].nunique() < params.min_creditors
        yield _lead(part if explained else new, explained, params)


def _is_trade(row: pd.Series, params: Parameters) -> bool:
    if pd.isna(row["earlier"]):
        return False
    history = History(*(row[column] for column in ("earlier", "usual", "earliest", "latest")))
    return history.explains(list(row["amounts"]), int(row["release_day"]), params.within_days, params)


def _lead(part: pd.DataFrame, explained: bool, params: Parameters) -> Lead:
    row = part.iloc[0]
    creditors = part.drop_duplicates("creditor_id")
    payments = {ref for cell in part["fee_refs"] for ref in refs(cell)}
    fees = int(part.drop_duplicates("creditor_id", keep="first")["fee"].sum())
    shares = sorted({f"{100 * share:.1f}" for share in part["fee"] / part["released"]}, key=float)
    broker, debtor = name(row, "broker"), name(row, "debtor")
    first, last = part["day"].min().date(), part["last_day"].max().date()
    lawyers = says(row["trade"], params.law_firm_words) and row["debtors"] >= params.law_firm_debtors
    return Lead(
        identity={"debtor": str(row["debtor_id"]), "broker": str(row["broker_id"])},
        tier=Tier.B,
        entities=(
            Entity(str(row["debtor_id"]), "org", "debtor"),
            Entity(str(row["broker_id"]), "person" if row["broker_kind"] == "person" else "org", "broker"),
            *(Entity(creditor, "org", "creditor") for creditor in creditors["creditor_id"]),
            *(Entity(debt, "debt", "debt") for debt in sorted(set(part["debt_id"]))),
        ),
        reasons=(
            Text(
                zh="{debtor}清偿后 {days} 天内，{count} 家债权企业（{names}）各自向{broker}付款。",
                en="Within {days} days of being repaid by {debtor}, {count} creditors ({names}) each paid {broker}.",
            ).format(
                debtor=debtor,
                days=params.within_days,
                count=len(creditors),
                names=listing(name(creditor, "creditor") for _, creditor in creditors.iterrows()),
                broker=broker,
            ),
            Text(
                zh="付款为各笔清偿额的 {shares}，合计 {sum}。",
                en="The payments are {shares} of the releases, {sum} in all.",
            ).format(shares=_range(shares[0], shares[-1]), sum=money(fees)),
        ),
        innocent=(
            verdict(
                "law_firm",
                lawyers,
                yes=Text(
                    zh="收款方为法律服务机构，{debtors} 家欠款单位的债权企业均向其付费。",
                    en="The payee is a law firm that creditors of {debtors} debtors pay.",
                ).format(debtors=row["debtors"]),
                no=Text(
                    zh="收款方不是服务于多家欠款单位债权企业的法律服务机构。",
                    en="The payee is no law firm that creditors of several debtors pay.",
                ),
            ),
            trade_excuse(explained),
            public_body_excuse(bool(row["to_government"])),
        ),
        records=(
            *(Ref("payments", int(key)) for key in part["release_key"]),
            *(Ref("debts", int(key)) for key in part["debt_key"]),
            *sorted(payments, key=str),
        ),
        links=tuple(
            Link("PAID", str(creditor), str(row["broker_id"]), refs(cell)[0])
            for creditor, cell in zip(creditors["creditor_id"], creditors["fee_refs"], strict=True)
        ),
        score=1 - 1 / len(creditors),
        rank=fees / 100,
        amount=Amount(fees),
        period=(first, last),
    )


def _range(low: str, high: str) -> Text:
    if low == high:
        return Text(zh=f"{low}%", en=f"{low} %")
    return Text(zh=f"{low}% 至 {high}%", en=f"{low} to {high} %")


DETECTOR = Detector(
    id="debt_broker",
    family="debt_feeding",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="债务掮客", en="Debt broker"),
    question=Text(
        zh="同一单位的多家债权企业受偿后，是否都向同一企业或个人支付一定比例的款项？",
        en="Did several creditors of one debtor pay the same firm or person a share of what they had just received?",
    ),
    rule=Text(
        zh="同一单位的不少于 {min_creditors} 家债权企业，在各自受偿后 {within_days} 天内，向同一企业或个人付款，合计为"
        "该笔清偿额的 {min_pct}% 至 {max_pct}%。名称或行业含 {law_firm_words}、且 {law_firm_debtors} 家以上欠款单位的"
        "债权企业均付费的法律服务机构，此前即有规律往来的供应商，以及机关单位，予以排除。",
        en=(
            "At least {min_creditors} creditors of one debtor each paid the same firm or person, within "
            "{within_days} days of their release, {min_pct} to {max_pct} % of it. Law firms ({law_firm_words}) paid by "
            "creditors of at least {law_firm_debtors} debtors, suppliers with regular trade before, and public bodies "
            "are cleared."
        ),
    ),
    why=Text(
        zh="账款能否清偿要靠“找人”，受偿后按比例付费，说明有人在经营清偿的权力。",
        en="If creditors must find somebody to be paid, and pay a share afterwards, somebody trades in the release.",
    ),
    example=Text(
        zh="某县水务局的三家债权企业受偿后 9 至 31 天，分别向同一咨询公司支付受偿额的 8% 至 12%：列为 B 类线索。",
        en="Nine to 31 days after a county water bureau repaid them, three creditors each pay one consultancy 8 to 12 "
        "% of it: a tier B lead.",
    ),
    legal_basis=("criminal_law_388a", "criminal_law_392"),
    references=("乌小青案（“债务掮客”）", "卢作正案（邯郸）"),
    innocent=(
        Innocent("law_firm", Text(zh="代理律师事务所", en="A law firm of record")),
        Innocent("long_standing_supplier", Text(zh="共同的长期供应商", en="A common supplier of long standing")),
        Innocent("tax", Text(zh="税费", en="Tax and fees to a public body")),
    ),
    parameters=Parameters,
    identity=("debtor", "broker"),
    requires={
        "debts": ("debt_id", "debtor_id"),
        "payments": ("payer_id", "payee_id", "amount", "paid_on", "debt_id"),
    },
    uses={"orgs": ("industry", "org_type"), "transfers": ("from_id", "to_id")},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="有多家债权企业的欠款单位", en="debtors with several creditors"),
    not_judgeable={"few_creditors": Text(zh="债权企业不足", en="too few creditors")},
    blind=Text(
        zh="看不到分别付给同一人名下不同账户或公司的费用。",
        en="Fees that go to different firms or accounts of one person.",
    ),
    max_share=0.1,
    relations=("parties", "flows", "releases"),
)

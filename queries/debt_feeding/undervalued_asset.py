"""A public body's asset goes to a tied acquirer far below its appraisal."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.debt_feeding.tied import official_entities, tied_sentence
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import name


class Parameters(Params):
    """What is far below the appraisal."""

    min_pct: float = Field(80, gt=0, description="Percent of the appraisal below which the price is too low.")


SELECT = Sql("""
-- What the acquirer gave: the price, or the debt that the asset settles where no price is named. A debt to somebody
-- else that goes over with the asset is an encumbrance and adds to the price.
WITH given AS (
  SELECT a._key AS asset_key, a.asset_id, a.disposer_id, a.acquirer_id, a.appraised, a.method, a.disposed_on,
         a.debt_id, d._key AS debt_key,
         coalesce(a.price, CASE WHEN d.creditor_id = a.acquirer_id THEN d.amount END) AS price,
         CASE WHEN d.creditor_id <> a.acquirer_id THEN d.amount ELSE 0 END AS encumbrance
  FROM asset_disposals a LEFT JOIN debts d USING (debt_id)
)
SELECT g.*, coalesce(g.encumbrance, 0) AS taken_over, coalesce(x.name, g.disposer_id) AS disposer_name,
       coalesce(y.name, g.acquirer_id) AS acquirer_name,
       y.kind AS acquirer_kind,
       list_sort(list_distinct(list({'id': i.person_id, 'name': p.name, 'how': i.how}))) AS officials,
       list_sort(list_distinct(flatten(list(i.refs)))) AS tie_refs
FROM given g
JOIN insiders i ON i.org_id = g.disposer_id AND i.party_id = g.acquirer_id
               AND held(i.valid_from, i.valid_to, g.disposed_on)
LEFT JOIN parties p ON p.id = i.person_id
LEFT JOIN parties x ON x.id = g.disposer_id LEFT JOIN parties y ON y.id = g.acquirer_id
WHERE g.price * 100 < $min_pct * g.appraised
GROUP BY ALL
ORDER BY g.asset_id, g.disposer_id, g.acquirer_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE disposed_on IS NOT NULL AND valued) AS judged,
       count(*) FILTER (WHERE disposed_on IS NULL) AS no_day,
       count(*) FILTER (WHERE disposed_on IS NOT NULL AND NOT valued) AS no_value
FROM (SELECT a.disposed_on, a.appraised IS NOT NULL
             AND (a.price IS NOT NULL OR coalesce(d.creditor_id = a.acquirer_id, false)) AS valued
      FROM asset_disposals a LEFT JOIN debts d USING (debt_id))
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each asset and acquirer."""
    for _, row in rows.iterrows():
        appraised, price, taken_over = int(row["appraised"]), int(row["price"]), int(row["taken_over"])
        day = row["disposed_on"].date()
        acquirer = name(row, "acquirer")
        debt = [Entity(str(row["debt_id"]), "debt", "debt")] if isinstance(row["debt_id"], str) else []
        yield Lead(
            identity={
                "asset": str(row["asset_id"]),
                "disposer": str(row["disposer_id"]),
                "acquirer": str(row["acquirer_id"]),
            },
            tier=Tier.B,
            entities=(
                Entity(str(row["asset_id"]), "asset", "asset"),
                Entity(str(row["disposer_id"]), "org", "disposer"),
                Entity(str(row["acquirer_id"]), "person" if row["acquirer_kind"] == "person" else "org", "acquirer"),
                *official_entities(row["officials"]),
                *debt,
            ),
            reasons=(
                Text(
                    zh="{disposer}于 {day} 将评估价 {appraised}的资产 {asset} 以 {price}处置给{acquirer}，"
                    "为评估价的 {percent:.1f}%。",
                    en="On {day} {disposer} let {acquirer} have asset {asset}, appraised at {appraised}, for {price}, "
                    "{percent:.1f} % of the appraisal.",
                ).format(
                    disposer=name(row, "disposer"),
                    day=day,
                    appraised=money(appraised),
                    asset=row["asset_id"],
                    price=money(price),
                    acquirer=acquirer,
                    percent=100 * price / appraised,
                ),
                tied_sentence(acquirer, row["officials"]),
            ),
            innocent=(
                verdict(
                    "open_auction",
                    None if not isinstance(row["method"], str) else row["method"] == "open",
                    yes=Text(zh="资产经公开方式处置。", en="The asset was disposed of openly."),
                    no=Text(zh="处置方式为协议转让。", en="It went by agreement."),
                    unknown=Text(zh="处置方式未知。", en="How it was disposed of is unknown."),
                ),
                verdict(
                    "encumbered_asset",
                    # The price alone is below that share, so that something was taken over where this holds.
                    (price + taken_over) * 100 >= params.min_pct * appraised,
                    yes=Text(
                        zh="受让人一并承接资产上的债务 {sum}。", en="The acquirer took over a debt of {sum} on it."
                    ).format(sum=money(taken_over)),
                    no=Text(
                        zh="没有足以解释差价的随附债务。", en="No debt that goes with it makes up for the difference."
                    ),
                ),
            ),
            records=(
                Ref("asset_disposals", int(row["asset_key"])),
                *((Ref("debts", int(row["debt_key"])),) if pd.notna(row["debt_key"]) else ()),
                *refs(row["tie_refs"]),
            ),
            links=(
                Link(
                    "DISPOSED",
                    str(row["disposer_id"]),
                    str(row["acquirer_id"]),
                    Ref("asset_disposals", int(row["asset_key"])),
                ),
            ),
            score=1 - price / appraised,
            rank=(appraised - price) / 100,
            amount=Amount(appraised - price),
            period=(day, day),
        )


DETECTOR = Detector(
    id="undervalued_asset",
    family="debt_feeding",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="低价处置资产", en="Asset below its appraisal"),
    question=Text(
        zh="公有单位的资产是否以明显低于评估价的价格，抵债或出售给有权人员的关联方？",
        en="Did a body's asset settle a debt of, or go to, a party tied to its officials, far below its appraisal?",
    ),
    rule=Text(
        zh="资产以低于评估价 {min_pct}% 的价格抵债或出售，取得人当日与处置单位有审批、支付权的人员有关联。公开处置，"
        "或连同随附债务已达 {min_pct}% 的，予以排除。",
        en=(
            "An asset settles a debt or is sold for less than {min_pct} % of its appraisal, and its acquirer was tied "
            "that day to a holder of power to approve or pay at the disposer. Open disposal, and debts that go with "
            "it and make up {min_pct} %, are cleared."
        ),
    ),
    why=Text(
        zh="以物抵债、协议转让缺少竞价，评估价与成交价之间的差额可能就是输送的利益。",
        en="Without bidding, the gap between appraisal and price may be the favour itself.",
    ),
    example=Text(
        zh="某国企将评估 5500 万元的厂房协议作价 500 万元抵给总经理内弟的公司：列为 B 类线索。",
        en="A state firm lets the firm of its manager's brother-in-law have a plant worth CNY 55 million for 5 million "
        "by agreement: a tier B lead.",
    ),
    legal_basis=("criminal_law_169", "criminal_law_166"),
    references=("莆田外贸案：约 5500 万元资产协议作价 500 万元",),
    innocent=(
        Innocent("open_auction", Text(zh="公开拍卖", en="An open auction")),
        Innocent("encumbered_asset", Text(zh="资产附有债务", en="An encumbered asset")),
    ),
    parameters=Parameters,
    identity=("asset", "disposer", "acquirer"),
    requires={
        "asset_disposals": ("asset_id", "disposer_id", "acquirer_id", "appraised", "disposed_on"),
        "posts": ("person_id", "org_id", "powers"),
    },
    uses={
        "asset_disposals": ("price", "method", "debt_id"),
        "kinship": ("person_a", "person_b"),
        "roles": ("holder_id", "org_id"),
        "debts": ("creditor_id", "amount"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="资产处置", en="disposals"),
    not_judgeable={
        "no_day": Text(zh="处置日期未知", en="the day is unknown"),
        "no_value": Text(zh="评估价或成交价未知", en="the appraisal or the price is unknown"),
    },
    blind=Text(
        zh="看不到评估价本身被压低的情形，也看不到未登记的抵押。",
        en="Appraisals that are too low themselves, and mortgages that are not recorded.",
    ),
    max_share=0.2,
    relations=("parties", "insiders"),
)

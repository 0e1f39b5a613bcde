"""R059: contract differs from award."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import MAIN
from queries.ocp.rules.rule import Rule


class Difference(Params):
    """R059."""

    pct: float = Field(20, gt=0, description="Percent by which the contract may differ from the winning price.")


_NO_AMOUNT = {"no_price": Text(zh="没有中标价或合同价", en="no winning price or no contract amount")}

RULE = Rule(
    code="R059",
    title=Text(zh="合同价偏离中标价", en="Contract differs from award"),
    question=Text(
        zh="合同金额与中标价是否相差很大？",
        en="Does the contract amount differ widely from the price that won?",
    ),
    rule=Text(
        zh="主合同金额与同一承包人中标价之差达到中标价的 {pct}% 以上。",
        en="The main contract differs from the winning price of its supplier by {pct} % of that price or more.",
    ),
    why=Text(
        zh="低价中标、高价签约，竞争即失去意义。", en="If the price is agreed anew, the competition meant nothing."
    ),
    example=Text(
        zh="甲建筑以 100 万元中标，签约 130 万元：相差 30%。",
        en="Jia Building won at 1,000,000 yuan and signed at 1,300,000: a difference of 30 %.",
    ),
    innocent=(
        "several_contracts",
        Text(zh="一次中标分签多份合同", en="One award, several contracts"),
        Text(zh="同一标段签有多份主合同，各为其中一部分。", en="The tender has several main contracts, each a part."),
        Text(zh="同一标段只有这一份主合同。", en="It is the only main contract of the tender."),
    ),
    parameters=Difference,
    identity=("contract",),
    requires={"contracts": ("contract_id", "supplier_id", "amount", "tender_id"), "bids": ("price", "is_winner")},
    uses={"contracts": ("kind",)},
    select=f"""
SELECT c.contract_id AS contract, c.tender_id, c.amount AS signed_money, min(e.price) AS won_money,
       100.0 * abs(c.amount - min(e.price)) / min(e.price) AS pct,
       (SELECT count(*) FROM contracts o WHERE o.tender_id = c.tender_id
        AND coalesce(o.kind, 'main') = 'main') > 1 AS fits,
       least(1.0, abs(c.amount - min(e.price)) / min(e.price)) AS score,
       list_prepend({{'table': 'contracts', 'key': c._key}},
                    list({{'table': 'bids', 'key': e.bid_key}} ORDER BY e.bid_key)) AS refs
FROM contracts c JOIN entries e ON e.tender_id = c.tender_id AND e.bidder_id = c.supplier_id AND e.is_winner
WHERE {MAIN} AND e.price > 0
GROUP BY c.contract_id, c.tender_id, c.amount, c._key
HAVING 100.0 * abs(c.amount - min(e.price)) >= $pct * min(e.price)
ORDER BY c.contract_id
""",
    population=f"""
SELECT count(*) FILTER (WHERE priced) AS judged, count(*) FILTER (WHERE NOT priced) AS no_price
FROM (SELECT c.contract_id, EXISTS (SELECT 1 FROM entries e WHERE e.tender_id = c.tender_id
      AND e.bidder_id = c.supplier_id AND e.is_winner AND e.price > 0) AS priced
      FROM contracts c WHERE {MAIN})
""",
    unit=Text(zh="主合同", en="main contracts"),
    not_judgeable=_NO_AMOUNT,
    blind=Text(zh="看不到口头变更与签证。", en="Changes that are in no contract."),
    sentence=Text(
        zh="合同 {contract} 金额 {signed_money}，中标价 {won_money}，相差 {pct:.1f}%。",
        en="Contract {contract} is {signed_money}, the winning price {won_money}: a difference of {pct:.1f} %.",
    ),
    relations=("entries",),
    version=2,
)

"""R051: high market concentration."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import TOO_FEW
from queries.ocp.rules.market import FEW_FIRMS, MARKET, MARKETS, NEEDS
from queries.ocp.rules.rule import Rule


class Concentration(Params):
    """R051."""

    index: float = Field(
        0.25, gt=0, le=1, description="Herfindahl-Hirschman index from which a market is concentrated."
    )
    contracts: int = Field(5, ge=2, description="Contracts that the market must have.")


RULE = Rule(
    code="R051",
    title=Text(zh="市场集中度过高", en="High market concentration"),
    question=Text(
        zh="采购人某类别的合同是否集中于少数供应商？",
        en="Are a buyer's contracts in a category concentrated on few suppliers?",
    ),
    rule=Text(
        zh="合同达到 {contracts} 份，赫芬达尔指数达到 {index} 以上。",
        en="With {contracts} contracts or more, the Herfindahl-Hirschman index is {index} or more.",
    ),
    why=Text(zh="集中的市场便于串通与偏向。", en="A concentrated market is easier to rig."),
    example=Text(zh="两家各占一半：指数 0.5。", en="Two firms with a half each: 0.5."),
    innocent=FEW_FIRMS,
    parameters=Concentration,
    identity=("buyer", "category"),
    requires=NEEDS,
    select=MARKET
    + """
SELECT m.buyer_id AS buyer, m.category AS category, count(*) AS suppliers,
       sum(m.amount * m.amount ORDER BY m.amount) / (sum(m.amount) * sum(m.amount)) AS index,
       any_value(b.bidders) <= 2 AS fits, index AS score, list_sort(flatten(list(m.refs))) AS refs
FROM (SELECT buyer_id, category, CAST(amount AS DOUBLE) AS amount, contracts, refs FROM market) m
LEFT JOIN bidders b USING (buyer_id, category)
GROUP BY m.buyer_id, m.category
HAVING sum(m.contracts) >= $contracts
  AND sum(m.amount * m.amount ORDER BY m.amount) >= $index * sum(m.amount) * sum(m.amount)
ORDER BY buyer, category
""",
    population=MARKETS,
    unit=Text(zh="采购人与类别", en="buyers and categories"),
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到受同一人控制的多家供应商。", en="Several suppliers under one controller."),
    sentence=Text(
        zh="{buyer} 在 {category} 类的集中度指数为 {index:.2f}（{suppliers} 家供应商）。",
        en="{buyer} has an index of {index:.2f} in {category} ({suppliers} suppliers).",
    ),
    max_share=0.5,
    relations=("entries",),
    differs=Text(
        zh="指南的指数以 10 000 为满分，超过 1 800 为高度集中，对象为品目市场；此处满分为 1，对象为采购人的类别。",
        en="The guide's index goes to 10,000, is high above 1,800, and judges markets of items; here it goes "
        "to 1 and judges a category of a buyer.",
    ),
)

"""R050: high market share."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import TOO_FEW
from queries.ocp.rules.market import FEW_FIRMS, MARKET, MARKETS, NEEDS
from queries.ocp.rules.rule import Rule


class Share(Params):
    """R050."""

    share_pct: float = Field(50, gt=0, le=100, description="Percent of a buyer's spending in a category.")
    contracts: int = Field(5, ge=2, description="Contracts that the buyer must have in the category.")


RULE = Rule(
    code="R050",
    title=Text(zh="市场份额过高", en="High market share"),
    question=Text(
        zh="某供应商是否占采购人同类支出的大部分？",
        en="Does one supplier have most of a buyer's spending in a category?",
    ),
    rule=Text(
        zh="采购人某类别合同达到 {contracts} 份，其中一家供应商金额占 {share_pct}% 以上。",
        en="Of a buyer's contracts in a category, {contracts} or more, one supplier has {share_pct} % of the value "
        "or more.",
    ),
    why=Text(zh="份额集中可能源于偏向。", en="Such a share may come from favour."),
    example=Text(zh="某局货物采购的 80% 来自一家公司。", en="80 % of what a bureau spends on goods goes to one firm."),
    innocent=FEW_FIRMS,
    parameters=Share,
    identity=("buyer", "supplier", "category"),
    requires=NEEDS,
    select=MARKET
    + """
SELECT m.buyer_id AS buyer, m.supplier_id AS supplier, m.category AS category, m.amount AS part_money,
       100.0 * m.amount / w.amount AS pct, b.bidders <= 2 AS fits, m.amount / w.amount AS score,
       list_sort(m.refs) AS refs
FROM market m JOIN (SELECT buyer_id, category, sum(amount) AS amount, sum(contracts) AS contracts
                    FROM market GROUP BY ALL) w
  USING (buyer_id, category) LEFT JOIN bidders b USING (buyer_id, category)
WHERE w.contracts >= $contracts AND 100.0 * m.amount >= $share_pct * w.amount
ORDER BY buyer, supplier, category
""",
    population=MARKETS,
    unit=Text(zh="采购人与类别", en="buyers and categories"),
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到受同一人控制的多家供应商。", en="Several suppliers under one controller."),
    sentence=Text(
        zh="{supplier} 占 {buyer} 在 {category} 类支出的 {pct:.0f}%（{part_money}）。",
        en="{supplier} has {pct:.0f} % ({part_money}) of what {buyer} spends on {category}.",
    ),
    max_share=0.4,
    relations=("entries",),
)

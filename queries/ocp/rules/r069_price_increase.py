"""R069: amendments increase price."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.rule import Rule


class Increase(Params):
    """R069."""

    pct: float = Field(10, gt=0, description="Percent of the contract that supplements may add.")


RULE = Rule(
    code="R069",
    title=Text(zh="补充协议增加价款", en="Amendments increase price"),
    question=Text(zh="补充协议是否大幅增加合同价款？", en="Do supplements increase the price of a contract?"),
    rule=Text(
        zh="补充协议金额合计达到主合同的 {pct}% 以上。",
        en="The supplements of a main contract add {pct} % of it or more.",
    ),
    why=Text(zh="先低价中标，再以变更补回。", en="A price cut to win is made good by changes."),
    example=Text(
        zh="合同 C-1 为 100 万元，补充协议合计 30 万元。",
        en="Contract C-1 is 1,000,000 yuan, its supplements add 300,000.",
    ),
    innocent=(
        "new_tender",
        Text(zh="增加部分另行招标", en="The addition was tendered"),
        Text(zh="补充协议均对应另外的标段。", en="Every supplement has a tender of its own."),
        Text(zh="补充协议没有另行招标的记录。", en="The supplements have no tender of their own."),
    ),
    parameters=Increase,
    identity=("contract",),
    requires={"contracts": ("contract_id", "kind", "parent_id", "amount")},
    uses={"contracts": ("tender_id",)},
    select="""
SELECT c.contract_id AS contract, c.amount AS main_money, sum(s.amount) AS added_money,
       100.0 * sum(s.amount) / c.amount AS pct,
       bool_and(s.tender_id IS NOT NULL AND s.tender_id IS DISTINCT FROM c.tender_id) AS fits,
       least(1.0, sum(s.amount) / c.amount) AS score,
       list_prepend({'table': 'contracts', 'key': c._key},
                    list({'table': 'contracts', 'key': s._key} ORDER BY s._key)) AS refs
FROM contracts c JOIN contracts s ON s.parent_id = c.contract_id AND s.kind = 'supplement'
WHERE c.amount > 0
GROUP BY c.contract_id, c.amount, c._key, c.tender_id
HAVING 100.0 * sum(s.amount) >= $pct * c.amount ORDER BY c.contract_id
""",
    population="""
SELECT count(*) FILTER (WHERE kind = 'main' AND amount > 0) AS judged,
       count(*) FILTER (WHERE kind IS NULL OR (kind = 'main' AND amount <= 0)) AS no_kind FROM contracts
""",
    unit=Text(zh="主合同", en="main contracts"),
    not_judgeable={"no_kind": Text(zh="合同类型未知或没有金额", en="the contract's kind or amount is unknown")},
    blind=Text(zh="看不到结算时的增加。", en="Increases at the final account."),
    sentence=Text(
        zh="合同 {contract} 金额 {main_money}，补充协议增加 {added_money}（{pct:.1f}%）。",
        en="Contract {contract} is {main_money}; its supplements add {added_money} ({pct:.1f} %).",
    ),
)

"""R064: contract has modifications."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.rule import Rule


class Supplements(Params):
    """R064."""

    count: int = Field(3, ge=1, description="Supplements to one contract that are many.")


RULE = Rule(
    code="R064",
    title=Text(zh="合同多次变更", en="Contract has modifications"),
    question=Text(zh="合同是否多次签订补充协议？", en="Has a contract been modified many times?"),
    rule=Text(
        zh="一份主合同有 {count} 份以上补充协议。",
        en="A main contract has {count} supplements or more.",
    ),
    why=Text(zh="多次变更可能绕开了重新招标。", en="Many small changes can stand for what should have been tendered."),
    example=Text(zh="合同 C-1 有四份补充协议。", en="Contract C-1 has four supplements."),
    innocent=(
        "no_money",
        Text(zh="变更不增加金额", en="Changes without money"),
        Text(zh="补充协议均不增加金额。", en="None of the supplements adds money."),
        Text(zh="补充协议增加了金额。", en="The supplements add money."),
    ),
    parameters=Supplements,
    identity=("contract",),
    requires={"contracts": ("contract_id", "kind", "parent_id", "amount")},
    select="""
SELECT c.contract_id AS contract, count(*) AS times, max(s.amount) <= 0 AS fits,
       least(1.0, count(*) / 10.0) AS score,
       list_prepend({'table': 'contracts', 'key': c._key},
                    list({'table': 'contracts', 'key': s._key} ORDER BY s._key)) AS refs
FROM contracts c JOIN contracts s ON s.parent_id = c.contract_id AND s.kind = 'supplement'
GROUP BY c.contract_id, c._key HAVING count(*) >= $count ORDER BY c.contract_id
""",
    population="""
SELECT count(*) FILTER (WHERE kind = 'main') AS judged, count(*) FILTER (WHERE kind IS NULL) AS no_kind FROM contracts
""",
    unit=Text(zh="主合同", en="main contracts"),
    not_judgeable={"no_kind": Text(zh="合同类型未知", en="the contract's kind is unknown")},
    blind=Text(zh="看不到未登记的补充协议。", en="Supplements that were not recorded."),
    sentence=Text(zh="合同 {contract} 有 {times} 份补充协议。", en="Contract {contract} has {times} supplements."),
    differs=Text(
        zh="指南凡有变更即标记；此处要求多次，一次变更很常见。",
        en="The guide flags any modification; here several are asked, for a single one is common.",
    ),
)

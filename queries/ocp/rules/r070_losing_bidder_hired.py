"""R070: losing bidder hired."""

from __future__ import annotations

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.rule import Rule


class Nothing(Params):
    """Nothing to set."""


RULE = Rule(
    code="R070",
    title=Text(zh="落标人成为分包人", en="Losing bidder hired"),
    question=Text(
        zh="中标人是否把工作分包给同一标段的落标人？",
        en="Does the winner subcontract to a bidder that it beat in the same tender?",
    ),
    rule=Text(
        zh="主合同的分包合同，其承包人参加过同一标段投标而未中标。",
        en="A subcontract of the main contract is with a firm that bid in the same tender and lost.",
    ),
    why=Text(zh="分包可能是陪标的回报。", en="The subcontract may be the reward for losing."),
    example=Text(
        zh="甲建筑中标后，把土方分包给落标的乙建筑。",
        en="Jia Building won, and subcontracts the earthworks to Yi Building, which lost.",
    ),
    innocent=(
        "labour_only",
        Text(zh="仅为劳务分包", en="Labour only"),
        Text(zh="分包范围仅为劳务。", en="The subcontract is for labour only."),
        Text(zh="分包范围不限于劳务。", en="The subcontract is for more than labour."),
    ),
    parameters=Nothing,
    identity=("tender", "winner", "subcontractor"),
    requires={
        "contracts": ("contract_id", "supplier_id", "tender_id", "kind", "parent_id"),
        "bids": ("tender_id", "bidder_id", "is_winner"),
    },
    uses={"contracts": ("scope",)},
    select="""
SELECT m.tender_id AS tender, m.supplier_id AS winner, s.supplier_id AS subcontractor,
       sum(s.amount) AS sub_money, bool_and(s.scope = 'labour') AS fits, 1.0 AS score,
       list_sort(list_distinct(flatten(list([{'table': 'contracts', 'key': m._key},
         {'table': 'contracts', 'key': s._key}, {'table': 'bids', 'key': e.bid_key}])))) AS refs
FROM contracts m JOIN contracts s ON s.parent_id = m.contract_id AND s.kind = 'sub'
JOIN entries e ON e.tender_id = m.tender_id AND e.bidder_id = s.supplier_id AND NOT e.is_winner
WHERE s.supplier_id <> m.supplier_id
GROUP BY ALL ORDER BY tender, winner, subcontractor
""",
    population="""
SELECT count(*) FILTER (WHERE p.tender_id IS NOT NULL) AS judged,
       count(*) FILTER (WHERE p.tender_id IS NULL) AS no_tender
FROM contracts s LEFT JOIN contracts p ON p.contract_id = s.parent_id WHERE s.kind = 'sub'
""",
    unit=Text(zh="分包合同", en="subcontracts"),
    not_judgeable={"no_tender": Text(zh="主合同或其标段未知", en="the main contract or its tender is unknown")},
    blind=Text(zh="看不到未登记的分包与付款。", en="Subcontracts that were not recorded."),
    sentence=Text(
        zh="标段 {tender} 中标人 {winner} 把 {sub_money} 分包给落标人 {subcontractor}。",
        en="{winner}, who won tender {tender}, subcontracts {sub_money} to {subcontractor}, who lost it.",
    ),
    relations=("entries",),
    version=2,
)

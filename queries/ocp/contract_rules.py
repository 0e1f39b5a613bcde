"""Flags about contracts after the award: R052, R055, R059, R064, R069, R070."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules import Rule


class Difference(Params):
    """R059."""

    pct: float = Field(20, gt=0, description="Percent by which the contract may differ from the winning price.")


class Supplements(Params):
    """R064."""

    count: int = Field(3, ge=1, description="Supplements to one contract that are many.")


class Increase(Params):
    """R069."""

    pct: float = Field(10, gt=0, description="Percent of the contract that supplements may add.")


class Growth(Params):
    """R052."""

    times: float = Field(10, gt=1, description="How many times the first contract the later ones amount to.")
    days: int = Field(365, ge=1, description="Days after the first contract in which later ones count.")


class DirectAwards(Params):
    """R055."""

    threshold: int = Field(400_000_000, ge=1, description="Competitive threshold in minor units (4,000,000 yuan).")
    margin_pct: float = Field(10, gt=0, lt=100, description="Percent below the threshold that is just below.")
    count: int = Field(2, ge=2, description="Direct awards that are several.")
    days: int = Field(365, ge=1, description="Days within which they lie.")


class Nothing(Params):
    """Nothing to set."""


_NO_AMOUNT = {"no_price": Text(zh="没有中标价或合同价", en="no winning price or no contract amount")}
_MAIN = "coalesce(c.kind, 'main') = 'main'"

RULES = (
    Rule(
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
            Text(
                zh="同一标段签有多份主合同，各为其中一部分。", en="The tender has several main contracts, each a part."
            ),
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
WHERE {_MAIN} AND e.price > 0
GROUP BY c.contract_id, c.tender_id, c.amount, c._key
HAVING 100.0 * abs(c.amount - min(e.price)) >= $pct * min(e.price)
ORDER BY c.contract_id
""",
        population=f"""
SELECT count(*) FILTER (WHERE priced) AS judged, count(*) FILTER (WHERE NOT priced) AS no_price
FROM (SELECT c.contract_id, EXISTS (SELECT 1 FROM entries e WHERE e.tender_id = c.tender_id
      AND e.bidder_id = c.supplier_id AND e.is_winner AND e.price > 0) AS priced
      FROM contracts c WHERE {_MAIN})
""",
        unit=Text(zh="主合同", en="main contracts"),
        not_judgeable=_NO_AMOUNT,
        blind=Text(zh="看不到口头变更与签证。", en="Changes that are in no contract."),
        sentence=Text(
            zh="合同 {contract} 金额 {signed_money}，中标价 {won_money}，相差 {pct:.1f}%。",
            en="Contract {contract} is {signed_money}, the winning price {won_money}: a difference of {pct:.1f} %.",
        ),
        relations=("entries",),
    ),
    Rule(
        code="R064",
        title=Text(zh="合同多次变更", en="Contract has modifications"),
        question=Text(zh="合同是否多次签订补充协议？", en="Has a contract been modified many times?"),
        rule=Text(
            zh="一份主合同有 {count} 份以上补充协议。",
            en="A main contract has {count} supplements or more.",
        ),
        why=Text(
            zh="多次变更可能绕开了重新招标。", en="Many small changes can stand for what should have been tendered."
        ),
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
    ),
    Rule(
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
    ),
    Rule(
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
    ),
    Rule(
        code="R052",
        title=Text(zh="先小后大的采购", en="Small first, large later"),
        question=Text(
            zh="首次采购很小，其后是否猛增？",
            en="Is a small first purchase from a supplier followed by much larger ones?",
        ),
        rule=Text(
            zh="同一采购人与供应商首份合同之后 {days} 日内，后续合同合计达到首份的 {times} 倍以上。",
            en="Within {days} days of the first contract of a buyer with a supplier, later ones amount to {times} "
            "times the first or more.",
        ),
        why=Text(
            zh="先以小额建立关系，再绕开竞争扩大采购。", en="A small start opens a door that then needs no competition."
        ),
        example=Text(zh="首份 5 万元，其后一年内 80 万元。", en="50,000 yuan first, then 800,000 within the year."),
        innocent=(
            "tendered",
            Text(zh="后续合同均经招标", en="The later ones were tendered"),
            Text(zh="后续合同均有公开招标。", en="Every later contract had an open tender."),
            Text(zh="后续合同中有未经公开招标的。", en="Some later contract had no open tender."),
        ),
        parameters=Growth,
        identity=("buyer", "supplier"),
        requires={"contracts": ("buyer_id", "supplier_id", "amount", "signed_on")},
        uses={"tenders": ("method",)},
        select=f"""
WITH signed AS (
  SELECT c.*, t.method, row_number() OVER w AS number, first_value(c.amount) OVER w AS first_money,
         first_value(c.signed_on) OVER w AS first_day
  FROM contracts c LEFT JOIN tenders t ON t.tender_id = c.tender_id
  WHERE {_MAIN} AND c.signed_on IS NOT NULL AND c.amount > 0
  WINDOW w AS (PARTITION BY c.buyer_id, c.supplier_id ORDER BY c.signed_on, c.contract_id)
)
SELECT buyer_id AS buyer, supplier_id AS supplier, first_money,
       sum(amount) FILTER (WHERE number > 1) AS later_money,
       bool_and(method = 'open') FILTER (WHERE number > 1) AS fits,
       least(1.0, sum(amount) FILTER (WHERE number > 1) / first_money / 100) AS score,
       list({{'table': 'contracts', 'key': _key}} ORDER BY _key) AS refs
FROM signed WHERE signed_on <= first_day + CAST($days AS INTEGER)
GROUP BY buyer_id, supplier_id, first_money
HAVING sum(amount) FILTER (WHERE number > 1) >= $times * first_money
ORDER BY buyer, supplier
""",
        population=f"""
SELECT count(*) FILTER (WHERE dated > 1) AS judged, count(*) FILTER (WHERE dated <= 1) AS one_contract
FROM (SELECT count(c.signed_on) FILTER (WHERE c.amount > 0) AS dated FROM contracts c WHERE {_MAIN}
      GROUP BY c.buyer_id, c.supplier_id)
""",
        unit=Text(zh="采购人与供应商", en="pairs of buyer and supplier"),
        not_judgeable={"one_contract": Text(zh="注明日期的合同不足两份", en="fewer than two dated contracts")},
        blind=Text(zh="看不到数据开始之前的合同。", en="Contracts before the data begin."),
        sentence=Text(
            zh="{buyer} 与 {supplier} 首份合同 {first_money}，其后 {later_money}。",
            en="The first contract of {buyer} with {supplier} is {first_money}, later ones {later_money}.",
        ),
    ),
    Rule(
        code="R055",
        title=Text(zh="多次临界直接采购", en="Repeated direct awards"),
        question=Text(
            zh="同一供应商是否多次获得达到或略低于竞争限额的直接采购？",
            en="Did a supplier get several direct awards above or just below the competitive threshold?",
        ),
        rule=Text(
            zh="{days} 日内，同一采购人对同一供应商有 {count} 次以上单一来源采购，"
            "金额不低于限额 {threshold}（分）减 {margin_pct}%。",
            en="Within {days} days a buyer made {count} single-source contracts or more with one supplier, each no "
            "more than {margin_pct} % below the threshold of {threshold} (minor units).",
        ),
        why=Text(zh="反复直接采购可能是在规避招标。", en="Direct awards time and again may avoid a tender."),
        example=Text(
            zh="同一年内两份 390 万元的单一来源合同。", en="Two single-source contracts of 3,900,000 yuan in a year."
        ),
        innocent=(
            "never_competed",
            Text(zh="只有这一家供应商", en="The only supplier"),
            Text(zh="该采购人同类采购从未有过其他供应商。", en="The buyer never had another supplier in the category."),
            Text(zh="该采购人同类采购有过其他供应商。", en="The buyer has had other suppliers in the category."),
        ),
        parameters=DirectAwards,
        identity=("buyer", "supplier"),
        requires={
            "contracts": ("buyer_id", "supplier_id", "amount", "signed_on", "tender_id"),
            "tenders": ("tender_id", "method"),
        },
        uses={"tenders": ("category",)},
        select=f"""
WITH direct AS (
  SELECT c.*, t.category, t._key AS tender_key FROM contracts c JOIN tenders t USING (tender_id)
  WHERE {_MAIN} AND t.method = 'single_source' AND c.signed_on IS NOT NULL
    AND c.amount >= $threshold * (1 - $margin_pct / 100.0)
), several AS (
  SELECT a.buyer_id, a.supplier_id, a.contract_id FROM direct a JOIN direct b
    ON b.buyer_id = a.buyer_id AND b.supplier_id = a.supplier_id
   AND b.signed_on BETWEEN a.signed_on AND a.signed_on + CAST($days AS INTEGER)
  GROUP BY ALL HAVING count(*) >= $count
)
SELECT d.buyer_id AS buyer, d.supplier_id AS supplier, count(*) AS times, sum(d.amount) AS all_money,
       bool_and(d.category IS NOT NULL AND NOT EXISTS (
         SELECT 1 FROM contracts o JOIN tenders x ON x.tender_id = o.tender_id
         WHERE o.buyer_id = d.buyer_id AND x.category = d.category AND o.supplier_id <> d.supplier_id)) AS fits,
       least(1.0, count(*) / 10.0) AS score,
       list_sort(flatten(list([{{'table': 'contracts', 'key': d._key}},
                               {{'table': 'tenders', 'key': d.tender_key}}]))) AS refs
FROM direct d SEMI JOIN several USING (buyer_id, supplier_id)
GROUP BY d.buyer_id, d.supplier_id ORDER BY buyer, supplier
""",
        population="""
SELECT count(*) FILTER (WHERE t.method IS NOT NULL AND c.signed_on IS NOT NULL) AS judged,
       count(*) FILTER (WHERE t.method IS NULL OR c.signed_on IS NULL) AS no_method
FROM contracts c LEFT JOIN tenders t USING (tender_id) WHERE coalesce(c.kind, 'main') = 'main'
""",
        unit=Text(zh="主合同", en="main contracts"),
        not_judgeable={
            "no_method": Text(zh="采购方式或签订日期未知", en="the method or the day of signing is unknown")
        },
        blind=Text(zh="看不到拆给关联供应商的采购。", en="Purchases split among tied suppliers."),
        sentence=Text(
            zh="{buyer} 对 {supplier} 直接采购 {times} 次，合计 {all_money}。",
            en="{buyer} made {times} direct awards to {supplier}, {all_money} together.",
        ),
    ),
)

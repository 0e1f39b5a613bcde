"""R052: small first, large later."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import MAIN
from queries.ocp.rules.rule import Rule


class Growth(Params):
    """R052."""

    times: float = Field(10, gt=1, description="How many times the first contract the later ones amount to.")
    days: int = Field(365, ge=1, description="Days after the first contract in which later ones count.")


RULE = Rule(
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
  WHERE {MAIN} AND c.signed_on IS NOT NULL AND c.amount > 0
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
FROM (SELECT count(c.signed_on) FILTER (WHERE c.amount > 0) AS dated FROM contracts c WHERE {MAIN}
      GROUP BY c.buyer_id, c.supplier_id)
""",
    unit=Text(zh="采购人与供应商", en="pairs of buyer and supplier"),
    not_judgeable={"one_contract": Text(zh="注明日期的合同不足两份", en="fewer than two dated contracts")},
    blind=Text(zh="看不到数据开始之前的合同。", en="Contracts before the data begin."),
    sentence=Text(
        zh="{buyer} 与 {supplier} 首份合同 {first_money}，其后 {later_money}。",
        en="The first contract of {buyer} with {supplier} is {first_money}, later ones {later_money}.",
    ),
    differs=Text(
        zh="指南比较第一次与第二次采购；此处比较首份合同与其后期间内合同合计。",
        en="The guide compares the first purchase with the second; here the first contract is compared with "
        "all within the days after it.",
    ),
)

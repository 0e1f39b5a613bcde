"""R055: repeated direct awards."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import MAIN
from queries.ocp.rules.rule import Rule


class DirectAwards(Params):
    """R055."""

    threshold: int = Field(400_000_000, ge=1, description="Competitive threshold in minor units (4,000,000 yuan).")
    margin_pct: float = Field(10, gt=0, lt=100, description="Percent below the threshold that is just below.")
    count: int = Field(2, ge=2, description="Direct awards that are several.")
    days: int = Field(365, ge=1, description="Days within which they lie.")


RULE = Rule(
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
  WHERE {MAIN} AND t.method = 'single_source' AND c.signed_on IS NOT NULL
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
    not_judgeable={"no_method": Text(zh="采购方式或签订日期未知", en="the method or the day of signing is unknown")},
    blind=Text(zh="看不到拆给关联供应商的采购。", en="Purchases split among tied suppliers."),
    sentence=Text(
        zh="{buyer} 对 {supplier} 直接采购 {times} 次，合计 {all_money}。",
        en="{buyer} made {times} direct awards to {supplier}, {all_money} together.",
    ),
    differs=Text(
        zh="指南以直接采购合计超过竞争限额判断；此处要求每一次都接近或超过限额。",
        en="The guide adds up the direct awards; here each of them has to be near the threshold or above it.",
    ),
)

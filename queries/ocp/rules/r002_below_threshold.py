"""R002: value just below threshold."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import NO_METHOD, TENDERS, THRESHOLD
from queries.ocp.rules.rule import Rule


class Threshold(Params):
    """R002."""

    threshold: int = Field(400_000_000, ge=1, description=THRESHOLD)
    margin_pct: float = Field(5, gt=0, lt=100, description="Percent below the threshold that is just below.")


RULE = Rule(
    code="R002",
    title=Text(zh="金额略低于限额", en="Value just below threshold"),
    question=Text(
        zh="未公开招标的标段，估算价是否略低于必须招标的限额？",
        en="Does the value of a tender without open competition lie just below the threshold?",
    ),
    rule=Text(
        zh="非公开招标的标段，估算价低于限额 {threshold}（分），差距不到 {margin_pct}%。",
        en="A tender that was not open has an estimate below the threshold of {threshold} (minor units) by less "
        "than {margin_pct} %.",
    ),
    why=Text(zh="估算价可能为规避招标而压低。", en="The value may have been set to escape the tender."),
    example=Text(zh="限额 400 万元，询价项目估算 398 万元。", en="3,980,000 yuan by inquiry, threshold 4,000,000."),
    innocent=(
        "price_agrees",
        Text(zh="成交价印证了估算", en="The price bears it out"),
        Text(zh="中标价不超过估算价。", en="The winning price is no higher than the estimate."),
        Text(zh="中标价高于估算价。", en="The winning price is higher than the estimate."),
    ),
    parameters=Threshold,
    identity=("tender",),
    requires={"tenders": ("tender_id", "method", "estimate")},
    uses={"bids": ("price", "is_winner")},
    select="""
SELECT t.tender_id AS tender, t.estimate AS estimate_money, max(e.price) <= t.estimate AS fits,
       t.estimate / $threshold AS score,
       list_prepend({'table': 'tenders', 'key': t._key}, coalesce(list({'table': 'bids', 'key': e.bid_key}
         ORDER BY e.bid_key) FILTER (WHERE e.bid_key IS NOT NULL), [])) AS refs
FROM tenders t LEFT JOIN entries e ON e.tender_id = t.tender_id AND e.is_winner AND e.price > 0
WHERE t.method <> 'open' AND t.estimate < $threshold AND t.estimate > $threshold * (1 - $margin_pct / 100.0)
GROUP BY t.tender_id, t.estimate, t._key ORDER BY t.tender_id
""",
    population="""
SELECT count(*) FILTER (WHERE method IS NOT NULL AND estimate IS NOT NULL) AS judged,
       count(*) FILTER (WHERE method IS NULL OR estimate IS NULL) AS no_method FROM tenders
""",
    unit=TENDERS,
    not_judgeable=NO_METHOD,
    blind=Text(zh="看不到拆成多个标段的项目。", en="Projects split into several tenders."),
    sentence=Text(
        zh="标段 {tender} 未公开招标，估算价 {estimate_money}，略低于限额。",
        en="Tender {tender} was not open, and its estimate of {estimate_money} is just below the threshold.",
    ),
    relations=("entries",),
    version=2,
    differs=Text(
        zh="指南以略低于限额的采购异常集中（聚束）为标志，此处逐个标段判断。",
        en="The guide looks for a bunching of purchases below the threshold; here each tender is judged by itself.",
    ),
)

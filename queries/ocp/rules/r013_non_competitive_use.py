"""R013: high non-competitive use."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import DIRECT, TOO_FEW
from queries.ocp.rules.rule import Rule


class Direct(Params):
    """R013."""

    share_pct: float = Field(60, gt=0, le=100, description="Percent of a buyer's tenders that is a high share.")
    tenders: int = Field(5, ge=2, description="Tenders that a buyer must have to be judged.")


RULE = Rule(
    code="R013",
    title=Text(zh="惯用非竞争方式", en="High non-competitive use"),
    question=Text(zh="采购人是否惯用非竞争方式？", en="Does a buyer use non-competitive methods unusually often?"),
    rule=Text(
        zh="采购人 {tenders} 个以上标段中，{share_pct}% 以上为单一来源或谈判。",
        en="Of a buyer's tenders, {tenders} or more, {share_pct} % or more are single-source or negotiated.",
    ),
    why=Text(zh="例外方式成为惯例，竞争即被架空。", en="The exception has become the rule."),
    example=Text(zh="十个标段中八个为单一来源。", en="Eight of ten tenders are single-source."),
    innocent=(
        "small_sums",
        Text(zh="多为小额采购", en="Small sums"),
        Text(zh="非竞争标段的金额不到该采购人的十分之一。", en="They are less than a tenth of the buyer's value."),
        Text(zh="非竞争标段的金额超过该采购人的十分之一。", en="They are more than a tenth of the buyer's value."),
    ),
    parameters=Direct,
    identity=("buyer",),
    requires={"tenders": ("buyer_id", "method")},
    uses={"tenders": ("estimate",)},
    select=f"""
SELECT buyer_id AS buyer, count(*) AS times, count(*) FILTER (WHERE {DIRECT}) AS direct,
       coalesce(sum(estimate) FILTER (WHERE {DIRECT}), 0) * 10 < sum(estimate) AS fits,
       count(*) FILTER (WHERE {DIRECT}) / count(*) AS score,
       list({{'table': 'tenders', 'key': _key}} ORDER BY _key) FILTER (WHERE {DIRECT}) AS refs
FROM tenders WHERE method IS NOT NULL
GROUP BY buyer_id
HAVING count(*) >= $tenders AND 100.0 * count(*) FILTER (WHERE {DIRECT}) >= $share_pct * count(*)
ORDER BY buyer
""",
    population="""
SELECT count(*) FILTER (WHERE n >= $tenders) AS judged, count(*) FILTER (WHERE n < $tenders) AS too_few
FROM (SELECT count(method) AS n FROM tenders GROUP BY buyer_id)
""",
    unit=Text(zh="采购人", en="buyers"),
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到平台之外的采购。", en="What was bought outside the platform."),
    sentence=Text(
        zh="{buyer} 的 {times} 个标段中 {direct} 个未经竞争。",
        en="{direct} of the {times} tenders of {buyer} had no competition.",
    ),
)

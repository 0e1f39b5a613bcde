"""R058: heavily discounted bid."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fences import fence
from queries.ocp.rules.fragments import TENDERS
from queries.ocp.rules.margins import MARGINS, NEEDS, NO_MARGIN, POPULATION, REFS
from queries.ocp.rules.rule import Rule


class Discount(Params):
    """R058."""

    tenders: int = Field(5, ge=2, description="Comparable tenders without which there is no fence.")
    fair_pct: float = Field(85, gt=0, le=100, description="Percent of the estimate from which a price is no bargain.")


_FLAG = BY_CODE["R058"]
RULE = Rule(
    code="R058",
    title=_FLAG.title,
    question=Text(
        zh="中标价低于次低有效报价的幅度是否异常大？",
        en="Is the winning bid unusually far below the second lowest valid bid?",
    ),
    rule=Text(
        zh="（次低价－中标价）÷中标价高于上界（Q3＋1.5×四分位距，四分位数按 R-8；可比标段不少于 {tenders} 个）。",
        en="(Second lowest - winning price) / winning price lies above Q3 + 1.5 interquartile ranges (R-8, of "
        "{tenders} tenders or more).",
    ),
    why=_FLAG.why,
    example=Text(zh="中标 50 万元，次低价 110 万元。", en="Won at 500,000 yuan, the second bid 1,100,000."),
    innocent=(
        "second_is_dear",
        Text(zh="次低报价过高", en="The second bid was dear"),
        Text(zh="中标价与估算价相当。", en="The winning price agrees with the estimate."),
        Text(zh="中标价明显低于估算价。", en="The winning price is well below the estimate."),
    ),
    parameters=Discount,
    identity=("tender",),
    requires=NEEDS,
    uses={"bids": ("status", "currency", "consortium_id"), "tenders": ("estimate",)},
    select=f"""{MARGINS}{fence("margins", "ratio", "high")}
SELECT m.tender_id AS tender, m.won AS won_money, m.second AS second_money,
       m.won * 100.0 >= $fair_pct * t.estimate AS fits, least(1.0, m.ratio) AS score, {REFS}
FROM margins m CROSS JOIN fence f LEFT JOIN tenders t USING (tender_id)
WHERE f.number >= $tenders AND m.ratio >= f.high ORDER BY tender
""",
    population=POPULATION,
    unit=TENDERS,
    not_judgeable=NO_MARGIN,
    blind=Text(zh="看不到成本。", en="What the work really costs."),
    sentence=Text(
        zh="标段 {tender} 中标价 {won_money}，次低价 {second_money}，差距异常大。",
        en="Tender {tender} was won at {won_money}, unusually far below the second bid of {second_money}.",
    ),
    max_share=0.15,
    relations=("entries",),
    version=2,
)

"""R024: price close to winner."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fences import fence
from queries.ocp.rules.fragments import TENDERS
from queries.ocp.rules.margins import MARGINS, NEEDS, NO_MARGIN, POPULATION, REFS
from queries.ocp.rules.rule import Rule


class Close(Params):
    """R024."""

    tenders: int = Field(5, ge=2, description="Comparable tenders without which there is no fence.")
    ceiling_pct: float = Field(98, gt=0, le=100, description="Percent of the ceiling from which it presses prices.")


_FLAG = BY_CODE["R024"]
RULE = Rule(
    code="R024",
    title=_FLAG.title,
    question=Text(
        zh="次低有效报价与中标价之差是否异常小？",
        en="Is the difference between the winning and the second lowest valid bid a low outlier?",
    ),
    rule=Text(
        zh="（次低价－中标价）÷中标价低于下界（Q1－1.5×四分位距，四分位数按 R-8；可比标段不少于 {tenders} 个）。",
        en="(Second lowest - winning price) / winning price lies below Q1 - 1.5 interquartile ranges (R-8, of "
        "{tenders} tenders or more).",
    ),
    why=_FLAG.why,
    example=Text(zh="其他标段相差一成，本标段仅差千分之一。", en="A tenth apart elsewhere, a thousandth apart here."),
    innocent=(
        "tight_ceiling",
        Text(zh="最高限价偏紧", en="A tight ceiling price"),
        Text(zh="中标价已贴近最高限价。", en="The winning price is close to the ceiling."),
        Text(zh="中标价距最高限价尚远。", en="The winning price is well below the ceiling."),
    ),
    parameters=Close,
    identity=("tender",),
    requires=NEEDS,
    uses={"bids": ("status", "currency", "consortium_id"), "tenders": ("ceiling_price",)},
    select=f"""{MARGINS}{fence("margins", "ratio", "low")}
SELECT m.tender_id AS tender, m.won AS won_money, m.second AS second_money,
       m.won * 100.0 >= $ceiling_pct * t.ceiling_price AS fits, 1 - m.ratio / f.low AS score, {REFS}
FROM margins m CROSS JOIN fence f LEFT JOIN tenders t USING (tender_id)
WHERE f.number >= $tenders AND f.low > 0 AND m.ratio <= f.low ORDER BY tender
""",
    population=POPULATION,
    unit=TENDERS,
    not_judgeable=NO_MARGIN,
    blind=Text(zh="看不到报价由谁编制。", en="Who drew the prices up."),
    sentence=Text(
        zh="标段 {tender} 中标价 {won_money}，次低价 {second_money}，差距异常小。",
        en="Tender {tender} was won at {won_money}, the second bid {second_money} being unusually close.",
    ),
    max_share=0.1,
    relations=("entries",),
    version=2,
)

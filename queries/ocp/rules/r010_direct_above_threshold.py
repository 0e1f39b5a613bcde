"""R010: unjustified direct procedure."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import DIRECT, NO_METHOD, TENDERS, THRESHOLD
from queries.ocp.rules.rule import Rule


class Above(Params):
    """R010."""

    threshold: int = Field(400_000_000, ge=1, description=THRESHOLD)


RULE = Rule(
    code="R010",
    title=Text(zh="超限额未竞争", en="Unjustified direct procedure"),
    question=Text(
        zh="超过限额的标段是否采用了单一来源？", en="Was a tender above the threshold made without competition?"
    ),
    rule=Text(
        zh="估算价达到限额 {threshold}（分）的标段采用单一来源或谈判方式。",
        en="A tender whose estimate reaches {threshold} (minor units) is single-source or negotiated.",
    ),
    why=Text(zh="超过限额应当竞争。", en="Above the threshold the law asks for competition."),
    example=Text(zh="900 万元的项目采用单一来源。", en="9,000,000 yuan by single source."),
    innocent=(
        "failed_before",
        Text(zh="此前公开招标失败", en="An open tender failed before"),
        Text(zh="同一项目此前公开招标失败。", en="An open tender of the same project failed before."),
        Text(zh="同一项目没有失败的公开招标。", en="The project has no failed open tender."),
    ),
    parameters=Above,
    identity=("tender",),
    requires={"tenders": ("tender_id", "method", "estimate")},
    uses={"tenders": ("project_id", "status", "published_at")},
    select=f"""
SELECT t.tender_id AS tender, t.estimate AS estimate_money,
       CASE WHEN t.project_id IS NOT NULL THEN count(f.tender_id) > 0 END AS fits, 1.0 AS score,
       list_prepend({{'table': 'tenders', 'key': t._key}}, coalesce(list({{'table': 'tenders', 'key': f._key}}
         ORDER BY f._key) FILTER (WHERE f._key IS NOT NULL), [])) AS refs
FROM tenders t LEFT JOIN tenders f ON f.project_id = t.project_id AND f.method = 'open' AND f.status = 'failed'
  AND f.published_at <= t.published_at
WHERE t.{DIRECT} AND t.estimate >= $threshold
GROUP BY t.tender_id, t.estimate, t.project_id, t._key ORDER BY t.tender_id
""",
    population="""
SELECT count(*) FILTER (WHERE method IS NOT NULL AND estimate IS NOT NULL) AS judged,
       count(*) FILTER (WHERE method IS NULL OR estimate IS NULL) AS no_method FROM tenders
""",
    unit=TENDERS,
    not_judgeable=NO_METHOD,
    blind=Text(zh="看不到审批文件中的理由。", en="Reasons that only the approval gives."),
    sentence=Text(
        zh="标段 {tender} 估算价 {estimate_money}，未经竞争。",
        en="Tender {tender}, estimated at {estimate_money}, had no competition.",
    ),
)

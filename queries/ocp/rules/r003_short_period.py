"""R003: short bidding period."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fragments import TENDERS
from queries.ocp.rules.rule import Rule


class Period(Params):
    """R003."""

    days: float = Field(20, gt=0, description="Days from notice to deadline that an open or invited tender needs.")


_FLAG = BY_CODE["R003"]
RULE = Rule(
    code="R003",
    title=_FLAG.title,
    question=Text(
        zh="从公告到投标截止的时间是否过短？", en="Is the time from notice to deadline too short to prepare a bid?"
    ),
    rule=Text(
        zh="公开或邀请招标的标段，公告至投标截止不足 {days} 日。",
        en="An open or invited tender leaves less than {days} days from its notice to its deadline.",
    ),
    why=_FLAG.why,
    example=Text(zh="3 月 1 日公告，3 月 8 日截止。", en="Notice on 1 March, deadline on 8 March."),
    innocent=(
        "second_notice",
        Text(zh="重新招标", en="A repeated tender"),
        Text(zh="同一项目此前公开招标失败。", en="An open tender of the same project failed before."),
        Text(zh="同一项目此前没有失败的公开招标。", en="No open tender of the project failed before."),
    ),
    parameters=Period,
    identity=("tender",),
    requires={"tenders": ("tender_id", "method", "published_at", "submission_deadline")},
    uses={"tenders": ("project_id", "status")},
    select="""
SELECT t.tender_id AS tender, round(any_value(epoch(t.submission_deadline - t.published_at)) / 86400, 1) AS days,
       CASE WHEN any_value(t.project_id) IS NOT NULL THEN count(f.tender_id) > 0 END AS fits,
       1 - any_value(epoch(t.submission_deadline - t.published_at)) / 86400 / $days AS score,
       list_prepend({'table': 'tenders', 'key': any_value(t._key)}, coalesce(list({'table': 'tenders', 'key': f._key}
         ORDER BY f._key) FILTER (WHERE f._key IS NOT NULL), [])) AS refs
FROM tenders t LEFT JOIN tenders f ON f.project_id = t.project_id AND f.method = 'open' AND f.status = 'failed'
  AND f.published_at < t.published_at
WHERE t.method IN ('open', 'invited') AND t.submission_deadline >= t.published_at
  AND epoch(t.submission_deadline - t.published_at) < $days * 86400
GROUP BY t.tender_id ORDER BY tender
""",
    population="""
SELECT count(*) FILTER (WHERE submission_deadline >= published_at) AS judged,
       count(*) FILTER (WHERE (submission_deadline >= published_at) IS NOT TRUE) AS no_period
FROM tenders WHERE method IN ('open', 'invited')
""",
    unit=TENDERS,
    not_judgeable={
        "no_period": Text(
            zh="缺少公告或截止时间，或截止早于公告", en="no notice or deadline, or the deadline comes first"
        )
    },
    blind=Text(zh="看不到截止时间的后续延长。", en="Deadlines that were extended later."),
    sentence=Text(
        zh="标段 {tender} 公告至截止仅 {days} 日。",
        en="Tender {tender} leaves {days} days from its notice to its deadline.",
    ),
)

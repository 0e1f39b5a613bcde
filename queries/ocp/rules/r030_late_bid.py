"""R030: late bid won."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.rule import Rule


class Late(Params):
    """R030."""

    minutes: float = Field(0, ge=0, description="Minutes after the deadline that are still in time.")


_FLAG = BY_CODE["R030"]
RULE = Rule(
    code="R030",
    title=_FLAG.title,
    question=Text(zh="中标的投标是否在截止时间之后递交？", en="Was the winning bid submitted after the deadline?"),
    rule=Text(
        zh="中标投标的递交时间晚于投标截止时间 {minutes} 分钟以上。",
        en="The winning bid was submitted more than {minutes} minutes after the deadline.",
    ),
    why=_FLAG.why,
    example=Text(zh="10 时截止，中标人 14 时递交。", en="Deadline at ten, the winner's bid came at two."),
    innocent=(
        "before_opening",
        Text(zh="截止时间已延长", en="The deadline was extended"),
        Text(zh="递交时尚未开标。", en="The bids had not been opened when it was submitted."),
        Text(zh="递交时已经开标。", en="The bids had been opened when it was submitted."),
    ),
    parameters=Late,
    identity=("tender", "winner"),
    requires={
        "tenders": ("tender_id", "submission_deadline"),
        "bids": ("tender_id", "bidder_id", "submitted_at", "is_winner"),
    },
    uses={"tenders": ("opened_at",)},
    select="""
SELECT e.tender_id AS tender, e.bidder_id AS winner, CAST(max(b.submitted_at) AS VARCHAR) AS came,
       CAST(any_value(t.submission_deadline) AS VARCHAR) AS deadline,
       max(b.submitted_at) <= any_value(t.opened_at) AS fits, 1.0 AS score,
       list_prepend({'table': 'tenders', 'key': any_value(t._key)},
                    list({'table': 'bids', 'key': e.bid_key} ORDER BY e.bid_key)) AS refs
FROM entries e JOIN bids b USING (bid_id) JOIN tenders t ON t.tender_id = e.tender_id
WHERE e.is_winner AND epoch(b.submitted_at) > epoch(t.submission_deadline) + 60 * $minutes
GROUP BY e.tender_id, e.bidder_id ORDER BY tender, winner
""",
    population="""
SELECT count(*) FILTER (WHERE b.submitted_at IS NOT NULL AND t.submission_deadline IS NOT NULL) AS judged,
       count(*) FILTER (WHERE b.submitted_at IS NULL OR t.submission_deadline IS NULL) AS no_time
FROM entries e JOIN bids b USING (bid_id) LEFT JOIN tenders t ON t.tender_id = e.tender_id WHERE e.is_winner
""",
    unit=Text(zh="中标投标", en="winning bids"),
    not_judgeable={"no_time": Text(zh="递交或截止时间未知", en="no time of submission or no deadline")},
    blind=Text(zh="看不到线下递交的时间。", en="When a bid on paper really came."),
    sentence=Text(
        zh="标段 {tender} 截止 {deadline}，中标人 {winner} 于 {came} 递交。",
        en="{winner}, who won tender {tender}, submitted at {came}; the deadline was {deadline}.",
    ),
    relations=("entries",),
    version=2,
)

"""R018: single bidder."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fragments import BID_REFS, OFFERS, TENDERS
from queries.ocp.rules.rule import Rule


class Published(Params):
    """R018."""

    tenders: int = Field(
        3, ge=2, description="Tenders of a buyer, none with two bidders, from which losing bids seem unpublished."
    )


_FLAG = BY_CODE["R018"]
RULE = Rule(
    code="R018",
    title=_FLAG.title,
    question=Text(
        zh="公开或邀请招标的标段是否只有一家投标人，且其中标？",
        en="Did only one bidder take part in an open or invited tender, and win?",
    ),
    rule=Text(
        zh="公开或邀请招标的标段，投标人（撤回的除外，联合体算一家）只有一家，且其中标。",
        en="An open or invited tender has one bidder, a consortium counting as one and those withdrawn not, who won.",
    ),
    why=_FLAG.why,
    example=Text(zh="公开招标，仅甲建筑投标并中标。", en="An open tender; Alpha alone bids, and wins."),
    innocent=(
        "bids_not_published",
        Text(zh="落选投标未公开", en="Losing bids are not published"),
        Text(zh="该采购人的各标段均只见一家投标。", en="No tender of the buyer has a second bidder in the data."),
        Text(zh="该采购人的其他标段有两家以上投标。", en="Other tenders of the buyer have two bidders or more."),
    ),
    parameters=Published,
    identity=("tender", "winner"),
    requires={"tenders": ("tender_id", "buyer_id", "method"), "bids": ("tender_id", "bidder_id", "is_winner")},
    uses={"bids": ("status", "consortium_id")},
    select=f"""{OFFERS}
, sizes AS (
  SELECT tender_id, buyer_id, count(DISTINCT party) AS parties FROM offers GROUP BY ALL
), habits AS (
  SELECT buyer_id, count(*) AS tenders, max(parties) AS most FROM sizes GROUP BY buyer_id
)
SELECT o.tender_id AS tender, min(o.bidder_id) FILTER (WHERE o.is_winner) AS winner,
       CASE WHEN any_value(h.most) > 1 THEN false WHEN any_value(h.tenders) >= $tenders THEN true END AS fits,
       0.5 AS score, list_prepend({{'table': 'tenders', 'key': any_value(o.tender_key)}}, {BID_REFS}) AS refs
FROM offers o JOIN sizes s USING (tender_id) JOIN tenders t USING (tender_id)
JOIN habits h ON h.buyer_id = o.buyer_id
WHERE s.parties = 1 AND t.method IN ('open', 'invited')
GROUP BY o.tender_id HAVING bool_or(o.is_winner) ORDER BY tender
""",
    population="""
SELECT count(*) FILTER (WHERE method IN ('open', 'invited')) AS judged,
       count(*) FILTER (WHERE method IS NULL) AS no_method
FROM (SELECT DISTINCT tender_id, method FROM entries)
""",
    unit=TENDERS,
    not_judgeable={"no_method": Text(zh="采购方式未知", en="the method is unknown")},
    blind=Text(zh="看不到陪标的第二家。", en="A second bidder who only pretends to compete."),
    sentence=Text(
        zh="标段 {tender} 仅 {winner} 一家投标并中标。",
        en="{winner} was the only bidder of tender {tender}, and won.",
    ),
    max_share=0.4,
    relations=("entries",),
    version=2,
)

"""R035: all others disqualified."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fragments import BID_REFS, OFFERS, TENDERS
from queries.ocp.rules.rule import Rule


class Disqualified(Params):
    """R035."""

    disqualified: int = Field(1, ge=1, description="Other bidders that were disqualified.")


_FLAG = BY_CODE["R035"]
RULE = Rule(
    code="R035",
    title=_FLAG.title,
    question=Text(zh="除中标人外，其他投标人是否全部被否决？", en="Were all bidders but the one who won disqualified?"),
    rule=Text(
        zh="中标人是唯一有有效投标的投标人，且至少 {disqualified} 家其他投标人被否决。",
        en="The winner is the only bidder with a valid bid, and at least {disqualified} others were disqualified.",
    ),
    why=_FLAG.why,
    example=Text(zh="三家投标，乙、丙被否决，甲中标。", en="Three bid; Beta and Gamma are disqualified, Alpha wins."),
    innocent=(
        "disqualified_elsewhere",
        Text(zh="被否决者在别处也被否决", en="Disqualified by others too"),
        Text(
            zh="被否决的投标人在其他采购人处也都曾被否决。",
            en="Other buyers have disqualified each of these bidders too.",
        ),
        Text(
            zh="被否决的投标人中有在其他采购人处从未被否决的。",
            en="No other buyer has disqualified at least one of these bidders.",
        ),
    ),
    parameters=Disqualified,
    identity=("tender", "winner"),
    requires={
        "tenders": ("tender_id", "buyer_id"),
        "bids": ("tender_id", "bidder_id", "status", "is_winner"),
    },
    uses={"bids": ("consortium_id",)},
    select=f"""{OFFERS}
, rejected AS (
  SELECT DISTINCT party, buyer_id FROM offers WHERE status = 'disqualified'
), cleared_away AS (
  SELECT tender_id FROM offers GROUP BY tender_id
  HAVING bool_or(status = 'disqualified') AND bool_or(is_winner AND status = 'valid')
     AND min(party) FILTER (WHERE status = 'valid') = max(party) FILTER (WHERE status = 'valid')
), judged AS (
  SELECT o.*, status = 'disqualified' AND NOT EXISTS (
           SELECT 1 FROM rejected r WHERE r.party = o.party AND r.buyer_id <> o.buyer_id) AS only_here
  FROM offers o SEMI JOIN cleared_away USING (tender_id)
)
SELECT tender_id AS tender, min(bidder_id) FILTER (WHERE is_winner) AS winner,
       count(DISTINCT party) FILTER (WHERE status = 'disqualified') AS times,
       NOT bool_or(only_here) AS fits, least(1.0, count(DISTINCT party) / 6) AS score, {BID_REFS} AS refs
FROM judged GROUP BY tender_id
HAVING count(DISTINCT party) FILTER (WHERE status = 'disqualified') >= $disqualified
   AND count(DISTINCT party) = 1 + count(DISTINCT party) FILTER (WHERE status = 'disqualified')
ORDER BY tender
""",
    population="""
SELECT count(*) FILTER (WHERE n > 0) AS judged, count(*) FILTER (WHERE n = 0) AS no_winner
FROM (SELECT count(*) FILTER (WHERE is_winner) AS n FROM entries GROUP BY tender_id)
""",
    unit=TENDERS,
    not_judgeable={"no_winner": Text(zh="没有中标人", en="there is no winner")},
    blind=Text(zh="看不到否决理由是否成立。", en="Whether the grounds for disqualification hold."),
    sentence=Text(
        zh="标段 {tender} 其他 {times} 家投标人均被否决，{winner} 中标。",
        en="All {times} other bidders of tender {tender} were disqualified, and {winner} won.",
    ),
    relations=("entries",),
    version=2,
)

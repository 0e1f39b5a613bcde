"""R053: pair with one winner."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules.fragments import TOO_FEW
from queries.ocp.rules.rule import Rule


class Pairs(Params):
    """R053."""

    tenders: int = Field(5, ge=2, description="Tenders in which two firms both bid.")
    share_pct: float = Field(90, gt=50, le=100, description="Percent of the wins of the two that one of them has.")


RULE = Rule(
    code="R053",
    title=Text(zh="结伴投标一家独中", en="Pair with one winner"),
    question=Text(
        zh="两家经常同投一标，中标的是否总是其中一家？",
        en="Do two firms bid together often, and the same one always wins?",
    ),
    rule=Text(
        zh="两家共同投标 {tenders} 次以上，二者的中标中一家占 {share_pct}% 以上。",
        en="Two firms meet in {tenders} tenders or more, and of their wins there one has {share_pct} % or more.",
    ),
    why=Text(zh="另一家可能只是陪标。", en="The other may only lend cover."),
    example=Text(zh="六次同投，六次甲中标。", en="Six times both bid, six times Jia wins."),
    innocent=(
        "wins_elsewhere",
        Text(zh="另一家在别处中标", en="The other wins elsewhere"),
        Text(zh="另一家在没有前者参加的标段中过标。", en="The other has won tenders in which the first did not bid."),
        Text(zh="另一家在别处也没有中标。", en="The other has won nothing elsewhere either."),
    ),
    parameters=Pairs,
    identity=("winner", "partner"),
    requires={"bids": ("tender_id", "bidder_id", "is_winner")},
    uses={"bids": ("consortium_id",)},
    select="""
WITH beaten AS (
  SELECT winner, partner, count(*) AS wins FROM (
    SELECT DISTINCT a.bidder_id AS winner, b.bidder_id AS partner, a.tender_id
    FROM entries a JOIN entries b ON b.tender_id = a.tender_id AND b.bidder_id <> a.bidder_id
     AND (a.consortium_id IS NULL OR a.consortium_id IS DISTINCT FROM b.consortium_id)
    WHERE a.is_winner)
  GROUP BY ALL
), one_sided AS (
  SELECT w.winner, w.partner, w.wins, coalesce(o.wins, 0) AS other
  FROM beaten w LEFT JOIN beaten o ON o.winner = w.partner AND o.partner = w.winner
  WHERE w.wins >= $tenders AND 100.0 * w.wins >= $share_pct * (w.wins + coalesce(o.wins, 0))
), pairs AS (
  SELECT o.winner, o.partner, o.wins, o.other, count(DISTINCT a.tender_id) AS times,
         list_sort(list_distinct(flatten(list([{'table': 'bids', 'key': a.bid_key},
           {'table': 'bids', 'key': b.bid_key}])))) AS refs
  FROM one_sided o JOIN entries a ON a.bidder_id = o.winner
  JOIN entries b ON b.bidder_id = o.partner AND b.tender_id = a.tender_id
   AND (a.consortium_id IS NULL OR a.consortium_id IS DISTINCT FROM b.consortium_id)
  GROUP BY ALL
)
SELECT p.winner, p.partner, p.times, p.wins, p.other,
       EXISTS (SELECT 1 FROM entries e WHERE e.bidder_id = p.partner AND e.is_winner AND NOT EXISTS (
         SELECT 1 FROM entries f WHERE f.tender_id = e.tender_id AND f.bidder_id = p.winner)) AS fits,
       p.wins / p.times AS score, p.refs
FROM pairs p ORDER BY p.winner, p.partner
""",
    population="""
WITH met AS (SELECT DISTINCT tender_id, bidder_id FROM entries)
SELECT count(*) FILTER (WHERE n >= $tenders) AS judged, count(*) FILTER (WHERE n < $tenders) AS too_few
FROM (SELECT count(*) AS n FROM met a JOIN met b ON b.tender_id = a.tender_id AND b.bidder_id > a.bidder_id
      GROUP BY a.bidder_id, b.bidder_id)
""",
    unit=Text(zh="同投的两家", en="pairs of co-bidders"),
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到三家以上轮流。", en="Groups of three or more that take turns."),
    sentence=Text(
        zh="{winner} 与 {partner} 同投 {times} 次，{winner} 中标 {wins} 次，{partner} 中标 {other} 次。",
        en="{winner} and {partner} met {times} times; {winner} won {wins}, {partner} {other}.",
    ),
    relations=("entries",),
    version=2,
    differs=Text(
        zh="指南两次同投、中标者始终为同一家即标记；此处要求次数更多，并容许少数例外。",
        en="The guide flags two meetings always won by the same; here more meetings are asked, and a few "
        "exceptions allowed.",
    ),
)

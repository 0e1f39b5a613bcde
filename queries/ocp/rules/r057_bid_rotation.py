"""R057: bid rotation."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fragments import TOO_FEW
from queries.ocp.rules.rule import Rule


class Rotation(Params):
    """R057."""

    tenders: int = Field(4, ge=2, description="Tenders of a category in which any two of the group met.")
    wins: int = Field(2, ge=1, description="Tenders that each of the group won when it met another.")
    amount_pct: float = Field(15, ge=0, description="Percent by which the sums that two of them won may differ.")
    share_pct: float = Field(80, gt=0, le=100, description="Percent of the group's common tenders that it won itself.")


_FLAG = BY_CODE["R057"]
RULE = Rule(
    code="R057",
    title=_FLAG.title,
    question=Text(
        zh="同一类别中经常同场投标的几家，是否中标次数相同、金额相近？",
        en="Do firms that meet in a category win equally often, and for similar sums?",
    ),
    rule=Text(
        zh="同一类别中，一组企业两两同场投标 {tenders} 次以上，相遇时各中标相同次数（不少于 {wins} 次），"
        "所中金额两两相差不超过 {amount_pct}%，且共同参加的标段 {share_pct}% 以上由组内企业中标。",
        en="In a category, any two of a group met in {tenders} tenders or more, won equally many of these, {wins} or "
        "more each, for sums that differ by {amount_pct} % at most, and {share_pct} % or more of the tenders in which "
        "they met went to one of the group.",
    ),
    why=_FLAG.why,
    example=Text(
        zh="甲、乙、丙六次同场投标，各中标两次，每家约 500 万元。",
        en="Alpha, Beta and Gamma meet six times; each wins twice, about 5,000,000 yuan in all.",
    ),
    innocent=(
        "nobody_else",
        Text(zh="市场上只有这几家", en="Nobody else is in the market"),
        Text(zh="该类别没有其他企业投标。", en="No other firm bid in the category."),
        Text(zh="该类别还有其他企业投标。", en="Other firms bid in the category too."),
    ),
    parameters=Rotation,
    identity=("category", "bidder_n"),
    requires={
        "tenders": ("tender_id", "category"),
        "bids": ("tender_id", "bidder_id", "price", "is_winner"),
    },
    uses={"bids": ("consortium_id",)},
    select="""
WITH winners AS (
  SELECT category, bidder_id FROM entries WHERE is_winner AND category IS NOT NULL
  GROUP BY ALL HAVING count(DISTINCT tender_id) >= $wins
), bids_of_winners AS (
  SELECT e.category, e.tender_id, e.bidder_id, e.consortium_id, coalesce(e.is_winner, false) AS won, e.price, e.bid_key
  FROM entries e SEMI JOIN winners w ON w.category = e.category AND w.bidder_id = e.bidder_id
), alike AS (
  SELECT a.category, a.bidder_id AS one, b.bidder_id AS other, count(*) FILTER (WHERE a.won) AS wins,
         sum(a.price) FILTER (WHERE a.won) AS own_sum, sum(b.price) FILTER (WHERE b.won) AS other_sum
  FROM bids_of_winners a JOIN bids_of_winners b ON b.tender_id = a.tender_id AND b.bidder_id <> a.bidder_id
   AND (a.consortium_id IS NULL OR a.consortium_id IS DISTINCT FROM b.consortium_id)
  GROUP BY a.category, a.bidder_id, b.bidder_id
  HAVING count(DISTINCT a.tender_id) >= $tenders AND count(*) FILTER (WHERE a.won) >= $wins
     AND count(*) FILTER (WHERE a.won) = count(*) FILTER (WHERE b.won)
), circles AS (
  SELECT category, one, wins, list_sort(list_append(list(other), one)) AS members FROM alike
  WHERE greatest(own_sum, other_sum) * 100 <= least(own_sum, other_sum) * (100 + $amount_pct)
  GROUP BY category, one, wins
), rings AS (
  SELECT category, wins, members FROM circles GROUP BY ALL HAVING count(*) = len(members)
), met AS (
  SELECT r.category, r.wins, r.members, b.tender_id, bool_or(b.won) AS won, list(b.bid_key ORDER BY b.bid_key) AS keys
  FROM (SELECT category, wins, members, unnest(members) AS bidder_id FROM rings) r
  JOIN bids_of_winners b ON b.category = r.category AND b.bidder_id = r.bidder_id
  GROUP BY r.category, r.wins, r.members, b.tender_id HAVING count(DISTINCT b.bidder_id) > 1
), present AS (
  SELECT category, count(DISTINCT bidder_id) AS firms FROM entries GROUP BY category
)
SELECT m.category, m.members AS bidder_n, array_to_string(m.members, ', ') AS names, any_value(m.wins) AS wins,
       count(*) AS times, any_value(p.firms) = len(m.members) AS fits, least(1.0, count(*) / 20) AS score,
       list_transform(list_sort(flatten(list(m.keys))), lambda key: {'table': 'bids', 'key': key}) AS refs
FROM met m JOIN present p USING (category)
GROUP BY m.category, m.members HAVING 100.0 * count(*) FILTER (WHERE m.won) >= $share_pct * count(*)
ORDER BY m.category, m.members
""",
    population="""
SELECT count(*) FILTER (WHERE n >= $wins) AS judged, count(*) FILTER (WHERE n < $wins) AS too_few
FROM (SELECT count(DISTINCT tender_id) FILTER (WHERE is_winner) AS n FROM entries
      WHERE category IS NOT NULL GROUP BY category, bidder_id)
""",
    unit=Text(zh="各类别的投标人", en="bidders by category"),
    not_judgeable=TOO_FEW,
    blind=Text(
        zh="看不到次数不等或金额悬殊的轮流，也看不到有人缺席的轮流。",
        en="Rings that share unequally, or in which two members never meet.",
    ),
    sentence=Text(
        zh="{category} 类别中 {names} 共同参加 {times} 个标段，各中标 {wins} 次，金额相近。",
        en="In {category}, {names} met in {times} tenders; each won {wins}, for similar sums.",
    ),
    max_share=0.05,
    relations=("entries",),
    version=2,
    differs=Text(
        zh="指南以每家中标次数相同、金额相近为标志，未规定如何分组；此处以两两同场投标分组。",
        en="The guide asks for equally many contracts of similar amounts, and leaves open what makes a group; "
        "here it is meeting each other in tenders.",
    ),
)

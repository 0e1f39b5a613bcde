"""R025: seldom wins."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.flags import BY_CODE
from queries.ocp.rules.fences import fence
from queries.ocp.rules.fragments import TOO_FEW
from queries.ocp.rules.rule import Rule


class Losses(Params):
    """R025."""

    percentile: float = Field(75, ge=0, lt=100, description="Percentile of tenders entered from which one bids often.")
    bidders: int = Field(5, ge=2, description="Bidders without which there is no fence.")


_FLAG = BY_CODE["R025"]
RULE = Rule(
    code="R025",
    title=_FLAG.title,
    question=Text(
        zh="经常投标的投标人中标比例是否异常低？",
        en="Does a bidder that bids often win an unusually small share of its bids?",
    ),
    rule=Text(
        zh="投标次数达到第 {percentile} 百分位，中标比例低于下界（Q1－1.5×四分位距，R-8；投标人不少于 {bidders} 家）。",
        en="It entered as many tenders as the {percentile}th percentile or more, and its share of wins lies below "
        "Q1 - 1.5 interquartile ranges (R-8, of {bidders} bidders or more).",
    ),
    why=_FLAG.why,
    example=Text(zh="投标三十次，一次未中。", en="Thirty bids, and never a win."),
    innocent=(
        "hard_market",
        Text(zh="竞争者众多", en="Many competitors"),
        Text(zh="按各标段投标人数，本来就难以中标一次。", en="By the number of bidders, not even one win was due."),
        Text(zh="按各标段投标人数，至少应中标一次。", en="By the number of bidders, at least one win was due."),
    ),
    parameters=Losses,
    identity=("bidder",),
    requires={"bids": ("tender_id", "bidder_id", "is_winner")},
    uses={"bids": ("status",)},
    select=f"""
WITH valid AS (
  SELECT tender_id, bidder_id, is_winner, bid_key FROM entries WHERE coalesce(status, 'valid') = 'valid'
), awards AS (
  SELECT tender_id, count(DISTINCT bidder_id) AS bidders FROM valid GROUP BY tender_id HAVING bool_or(is_winner)
), awarded AS (
  SELECT * FROM valid JOIN awards USING (tender_id)
), records AS (
  SELECT bidder_id, count(DISTINCT tender_id) AS times,
         count(DISTINCT tender_id) FILTER (WHERE is_winner) / count(DISTINCT tender_id) AS ratio,
         count(DISTINCT tender_id) FILTER (WHERE is_winner) AS wins, sum(1 / bidders) AS due
  FROM awarded GROUP BY bidder_id
), often AS (SELECT quantile_cont(times, $percentile / 100.0) AS least FROM records){fence("records", "ratio", "low")}
SELECT bidder_id AS bidder, times, wins, due < 1 AS fits, least(1.0, times / 30) AS score,
       (SELECT list({{'table': 'bids', 'key': a.bid_key}} ORDER BY a.bid_key) FROM awarded a
        WHERE a.bidder_id = records.bidder_id) AS refs
FROM records CROSS JOIN often CROSS JOIN fence
WHERE number >= $bidders AND low > 0 AND ratio <= low AND times >= least ORDER BY bidder
""",
    population="""
WITH records AS (
  SELECT bidder_id FROM (SELECT bidder_id, tender_id, status FROM entries
    QUALIFY bool_or(is_winner) OVER (PARTITION BY tender_id)) WHERE coalesce(status, 'valid') = 'valid'
  GROUP BY bidder_id
)
SELECT CASE WHEN count(*) >= $bidders THEN count(*) ELSE 0 END AS judged,
       CASE WHEN count(*) < $bidders THEN count(*) ELSE 0 END AS too_few FROM records
""",
    unit=Text(zh="投标人", en="bidders"),
    not_judgeable=TOO_FEW,
    blind=Text(zh="看不到平台之外的投标。", en="Bids outside the platform."),
    sentence=Text(
        zh="{bidder} 投标 {times} 次，中标 {wins} 次。", en="{bidder} entered {times} tenders and won {wins}."
    ),
    max_share=0.1,
    relations=("entries",),
    version=2,
)

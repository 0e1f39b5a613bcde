"""Flags about time and price of a tender's bids: R003, R024, R029, R030, R058."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.fences import fence
from queries.ocp.rules import Rule


class Period(Params):
    """R003."""

    days: float = Field(20, gt=0, description="Days from notice to deadline that an open or invited tender needs.")


class Close(Params):
    """R024."""

    tenders: int = Field(5, ge=2, description="Comparable tenders without which there is no fence.")
    ceiling_pct: float = Field(98, gt=0, le=100, description="Percent of the ceiling from which it presses prices.")


class Discount(Params):
    """R058."""

    tenders: int = Field(5, ge=2, description="Comparable tenders without which there is no fence.")
    fair_pct: float = Field(85, gt=0, le=100, description="Percent of the estimate from which a price is no bargain.")


class Digits(Params):
    """R029."""

    bids: int = Field(300, ge=10, description="Bid prices that a buyer must have to be judged.")
    deviation: float = Field(0.015, gt=0, lt=1, description="Mean absolute deviation from Benford's law (Nigrini).")


class Late(Params):
    """R030."""

    minutes: float = Field(0, ge=0, description="Minutes after the deadline that are still in time.")


_TENDERS = Text(zh="标段", en="tenders")
_MARGINS = """
WITH offers AS (
  SELECT e.tender_id, e.price, e.is_winner, e.bid_key, e.tender_key,
         coalesce(e.consortium_id, e.bidder_id) AS party
  FROM entries e JOIN bids b USING (bid_id)
  WHERE e.price > 0 AND coalesce(e.status, 'valid') = 'valid'
  QUALIFY count(DISTINCT coalesce(b.currency, '')) OVER (PARTITION BY e.tender_id) = 1
), winners AS (
  SELECT tender_id, min(price) AS won, any_value(party) AS winner FROM offers WHERE is_winner
  GROUP BY tender_id HAVING count(DISTINCT party) = 1
), margins AS (
  SELECT tender_id, any_value(won) AS won, min(price) AS second, (min(price) - any_value(won)) / any_value(won) AS ratio
  FROM offers JOIN winners USING (tender_id) WHERE party <> winner
  GROUP BY tender_id HAVING min(price) >= any_value(won)
)
"""
_MARGIN_REFS = """(SELECT list({'table': 'bids', 'key': o.bid_key} ORDER BY o.bid_key) FROM offers o
        WHERE o.tender_id = m.tender_id) AS refs"""
_MARGIN_POPULATION = f"""{_MARGINS}
SELECT (SELECT count(*) FROM margins) AS judged,
       (SELECT count(DISTINCT tender_id) FROM entries) - (SELECT count(*) FROM margins) AS no_margin
"""
_NO_MARGIN = {
    "no_margin": Text(
        zh="没有唯一中标人、可比报价不足两个，或中标价不是最低价",
        en="no single winner, fewer than two comparable prices, or the lowest did not win",
    )
}
_MARGIN_NEEDS = {"bids": ("tender_id", "bidder_id", "price", "is_winner")}

RULES = (
    Rule(
        code="R003",
        title=Text(zh="投标期限过短", en="Short bidding period"),
        question=Text(
            zh="从公告到投标截止的时间是否过短？", en="Is the time from notice to deadline too short to prepare a bid?"
        ),
        rule=Text(
            zh="公开或邀请招标的标段，公告至投标截止不足 {days} 日。",
            en="An open or invited tender leaves less than {days} days from its notice to its deadline.",
        ),
        why=Text(
            zh="期限过短，只有事先知情的供应商来得及编制投标文件。",
            en="Little time leaves only those prepared who knew beforehand.",
        ),
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
  AND f.published_at < t.published_at AND f.tender_id <> t.tender_id
WHERE t.method IN ('open', 'invited') AND t.submission_deadline >= t.published_at
  AND epoch(t.submission_deadline - t.published_at) < $days * 86400
GROUP BY t.tender_id ORDER BY tender
""",
        population="""
SELECT count(*) FILTER (WHERE submission_deadline >= published_at) AS judged,
       count(*) FILTER (WHERE (submission_deadline >= published_at) IS NOT TRUE) AS no_period
FROM tenders WHERE method IN ('open', 'invited')
""",
        unit=_TENDERS,
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
    ),
    Rule(
        code="R024",
        title=Text(zh="次低价紧贴中标价", en="Price close to winner"),
        question=Text(
            zh="次低有效报价与中标价之差是否异常小？",
            en="Is the difference between the winning and the second lowest valid bid a low outlier?",
        ),
        rule=Text(
            zh="（次低价－中标价）÷中标价低于下界（Q1－1.5×四分位距，四分位数按 R-8；可比标段不少于 {tenders} 个）。",
            en="(Second lowest - winning price) / winning price lies below Q1 - 1.5 interquartile ranges (R-8, of "
            "{tenders} tenders or more).",
        ),
        why=Text(
            zh="陪标人可以比照中标价报出略高的价格。",
            en="A colluding bidder can price just above its partner to look like competition.",
        ),
        example=Text(
            zh="其他标段相差一成，本标段仅差千分之一。", en="A tenth apart elsewhere, a thousandth apart here."
        ),
        innocent=(
            "tight_ceiling",
            Text(zh="最高限价偏紧", en="A tight ceiling price"),
            Text(zh="中标价已贴近最高限价。", en="The winning price is close to the ceiling."),
            Text(zh="中标价距最高限价尚远。", en="The winning price is well below the ceiling."),
        ),
        parameters=Close,
        identity=("tender",),
        requires=_MARGIN_NEEDS,
        uses={"bids": ("status", "currency", "consortium_id"), "tenders": ("ceiling_price",)},
        select=f"""{_MARGINS}{fence("margins", "ratio")}
SELECT m.tender_id AS tender, m.won AS won_money, m.second AS second_money,
       m.won * 100.0 >= $ceiling_pct * t.ceiling_price AS fits, 1 - m.ratio / f.low AS score, {_MARGIN_REFS}
FROM margins m CROSS JOIN fence f LEFT JOIN tenders t USING (tender_id)
WHERE f.number >= $tenders AND f.low > 0 AND m.ratio <= f.low ORDER BY tender
""",
        population=_MARGIN_POPULATION,
        unit=_TENDERS,
        not_judgeable=_NO_MARGIN,
        blind=Text(zh="看不到报价由谁编制。", en="Who drew the prices up."),
        sentence=Text(
            zh="标段 {tender} 中标价 {won_money}，次低价 {second_money}，差距异常小。",
            en="Tender {tender} was won at {won_money}, the second bid {second_money} being unusually close.",
        ),
        max_share=0.1,
        relations=("entries",),
    ),
    Rule(
        code="R058",
        title=Text(zh="报价大幅偏低", en="Heavily discounted bid"),
        question=Text(
            zh="中标价低于次低有效报价的幅度是否异常大？",
            en="Is the winning bid unusually far below the second lowest valid bid?",
        ),
        rule=Text(
            zh="（次低价－中标价）÷中标价高于上界（Q3＋1.5×四分位距，四分位数按 R-8；可比标段不少于 {tenders} 个）。",
            en="(Second lowest - winning price) / winning price lies above Q3 + 1.5 interquartile ranges (R-8, of "
            "{tenders} tenders or more).",
        ),
        why=Text(
            zh="可能以次充好，或低价中标后靠变更补回。",
            en="The goods may be poor, or the price made good later by changes to the contract.",
        ),
        example=Text(zh="中标 50 万元，次低价 110 万元。", en="Won at 500,000 yuan, the second bid 1,100,000."),
        innocent=(
            "second_is_dear",
            Text(zh="次低报价过高", en="The second bid was dear"),
            Text(zh="中标价与估算价相当。", en="The winning price agrees with the estimate."),
            Text(zh="中标价明显低于估算价。", en="The winning price is well below the estimate."),
        ),
        parameters=Discount,
        identity=("tender",),
        requires=_MARGIN_NEEDS,
        uses={"bids": ("status", "currency", "consortium_id"), "tenders": ("estimate",)},
        select=f"""{_MARGINS}{fence("margins", "ratio")}
SELECT m.tender_id AS tender, m.won AS won_money, m.second AS second_money,
       m.won * 100.0 >= $fair_pct * t.estimate AS fits, least(1.0, m.ratio) AS score, {_MARGIN_REFS}
FROM margins m CROSS JOIN fence f LEFT JOIN tenders t USING (tender_id)
WHERE f.number >= $tenders AND m.ratio >= f.high AND m.ratio > 0 ORDER BY tender
""",
        population=_MARGIN_POPULATION,
        unit=_TENDERS,
        not_judgeable=_NO_MARGIN,
        blind=Text(zh="看不到成本。", en="What the work really costs."),
        sentence=Text(
            zh="标段 {tender} 中标价 {won_money}，次低价 {second_money}，差距异常大。",
            en="Tender {tender} was won at {won_money}, unusually far below the second bid of {second_money}.",
        ),
        max_share=0.15,
        relations=("entries",),
    ),
    Rule(
        code="R029",
        title=Text(zh="报价偏离本福特定律", en="Prices deviate from Benford"),
        question=Text(
            zh="采购人收到的报价首位数字是否偏离本福特定律？",
            en="Do the first digits of the bid prices to a buyer deviate from Benford's law?",
        ),
        rule=Text(
            zh="采购人有 {bids} 个以上报价，首位数字频率与本福特定律的平均绝对偏差达到 {deviation}。",
            en="A buyer has {bids} bid prices or more, and the shares of their first digits differ from Benford's law "
            "by {deviation} on average or more.",
        ),
        why=Text(zh="编造的数字往往不合自然分布。", en="Invented numbers seldom follow the natural distribution."),
        example=Text(zh="报价多以 9 开头。", en="Most prices begin with a 9."),
        innocent=(
            "narrow_range",
            Text(zh="报价范围过窄", en="Too narrow a range"),
            Text(
                zh="报价跨度不足两个数量级，定律不适用。", en="Prices span less than two orders; the law does not hold."
            ),
            Text(zh="报价跨度达两个数量级以上。", en="Prices span two orders of magnitude or more."),
        ),
        parameters=Digits,
        identity=("buyer",),
        requires={"bids": ("tender_id", "bidder_id", "price"), "tenders": ("tender_id", "buyer_id")},
        select="""
WITH prices AS (
  SELECT buyer_id, bid_key, price, CAST(substr(CAST(CAST(price AS BIGINT) AS VARCHAR), 1, 1) AS INTEGER) AS digit
  FROM entries WHERE price >= 1 AND buyer_id IS NOT NULL
), totals AS (
  SELECT buyer_id, count(*) AS bids, max(price) < 100 * min(price) AS narrow,
         list({'table': 'bids', 'key': bid_key} ORDER BY bid_key) AS refs
  FROM prices GROUP BY buyer_id HAVING count(*) >= $bids
), shares AS (
  SELECT t.buyer_id, avg(abs(coalesce(p.number, 0) / t.bids - log10(1 + 1 / d.digit))) AS deviation
  FROM totals t CROSS JOIN (SELECT unnest(range(1, 10)) AS digit) d
  LEFT JOIN (SELECT buyer_id, digit, count(*) AS number FROM prices GROUP BY ALL) p
    ON p.buyer_id = t.buyer_id AND p.digit = d.digit
  GROUP BY t.buyer_id
)
SELECT buyer_id AS buyer, bids, round(deviation, 4) AS deviation, narrow AS fits, least(1.0, deviation * 10) AS score,
       refs
FROM totals JOIN shares USING (buyer_id) WHERE deviation >= $deviation ORDER BY buyer
""",
        population="""
SELECT count(*) FILTER (WHERE n >= $bids) AS judged, count(*) FILTER (WHERE n < $bids) AS too_few
FROM (SELECT count(*) FILTER (WHERE price >= 1) AS n FROM entries WHERE buyer_id IS NOT NULL GROUP BY buyer_id)
""",
        unit=Text(zh="采购人", en="buyers"),
        not_judgeable={"too_few": Text(zh="报价数量太少", en="too few bid prices")},
        blind=Text(zh="看不到哪些报价是编造的。", en="Which of the prices are invented."),
        sentence=Text(
            zh="{buyer} 的 {bids} 个报价首位数字平均偏差 {deviation}。",
            en="The first digits of the {bids} bid prices to {buyer} deviate by {deviation} on average.",
        ),
        relations=("entries",),
    ),
    Rule(
        code="R030",
        title=Text(zh="逾期投标中标", en="Late bid won"),
        question=Text(zh="中标的投标是否在截止时间之后递交？", en="Was the winning bid submitted after the deadline?"),
        rule=Text(
            zh="中标投标的递交时间晚于投标截止时间 {minutes} 分钟以上。",
            en="The winning bid was submitted more than {minutes} minutes after the deadline.",
        ),
        why=Text(
            zh="开标后再补的报价可以比照已公开的价格。",
            en="A bid made after the opening can undercut prices already seen.",
        ),
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
    ),
)

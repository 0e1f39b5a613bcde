"""Flags about tenders and their bids: R002, R010, R013, R022, R023, R031, R050, R051, R053."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules import Rule

_THRESHOLD = "Competitive threshold in minor units (4,000,000 yuan, works under the 2018 order)."


class Threshold(Params):
    """R002."""

    threshold: int = Field(400_000_000, ge=1, description=_THRESHOLD)
    margin_pct: float = Field(5, gt=0, lt=100, description="Percent below the threshold that is just below.")


class Above(Params):
    """R010."""

    threshold: int = Field(400_000_000, ge=1, description=_THRESHOLD)


class Direct(Params):
    """R013."""

    share_pct: float = Field(60, gt=0, le=100, description="Percent of a buyer's tenders that is a high share.")
    tenders: int = Field(5, ge=2, description="Tenders that a buyer must have to be judged.")


class Spread(Params):
    """R022."""

    times: float = Field(2, gt=1, description="Highest over lowest valid bid that is a wide disparity.")


class Multiple(Params):
    """R023."""

    tolerance: float = Field(0.0005, gt=0, description="Relative difference within which two ratios are equal.")


class Near(Params):
    """R031."""

    pct: float = Field(99, gt=0, description="Percent of the estimate from which a price is very close.")


class Share(Params):
    """R050."""

    share_pct: float = Field(50, gt=0, le=100, description="Percent of a buyer's spending in a category.")
    contracts: int = Field(5, ge=2, description="Contracts that the buyer must have in the category.")


class Concentration(Params):
    """R051."""

    index: float = Field(
        0.25, gt=0, le=1, description="Herfindahl-Hirschman index from which a market is concentrated."
    )
    contracts: int = Field(5, ge=2, description="Contracts that the market must have.")


class Pairs(Params):
    """R053."""

    tenders: int = Field(5, ge=2, description="Tenders in which two firms both bid.")
    share_pct: float = Field(90, gt=50, le=100, description="Percent of the wins of the two that one of them has.")


_DIRECT = "method IN ('single_source', 'negotiation')"
_VALID = "price > 0 AND coalesce(status, 'valid') = 'valid'"
_NO_METHOD = {"no_method": Text(zh="采购方式或估算价未知", en="the method or the estimate is unknown")}
_TOO_FEW = {"too_few": Text(zh="数量太少，无从比较", en="too few to judge")}
_TENDERS = Text(zh="标段", en="tenders")

_MARKET = """
WITH market AS (
  SELECT c.buyer_id, t.category, c.supplier_id, sum(c.amount) AS amount, count(*) AS contracts,
         flatten(list([{'table': 'contracts', 'key': c._key}, {'table': 'tenders', 'key': t._key}])) AS refs
  FROM contracts c JOIN tenders t USING (tender_id)
  WHERE coalesce(c.kind, 'main') = 'main' AND c.amount > 0 AND t.category IS NOT NULL
  GROUP BY ALL
), bidders AS (
  SELECT t.buyer_id, t.category, count(DISTINCT e.bidder_id) AS bidders
  FROM entries e JOIN tenders t USING (tender_id) WHERE t.category IS NOT NULL GROUP BY ALL
)
"""
_MARKETS = """
SELECT count(*) FILTER (WHERE n >= $contracts) AS judged, count(*) FILTER (WHERE n < $contracts) AS too_few
FROM (SELECT count(*) AS n FROM contracts c JOIN tenders t USING (tender_id)
      WHERE coalesce(c.kind, 'main') = 'main' AND c.amount > 0 AND t.category IS NOT NULL
      GROUP BY c.buyer_id, t.category)
"""
_FEW_FIRMS = (
    "few_firms",
    Text(zh="市场上投标人本来就少", en="A market with few firms"),
    Text(zh="该采购人同类标段的投标人不超过两家。", en="No more than two firms ever bid to the buyer in the category."),
    Text(zh="该采购人同类标段有两家以上投标人。", en="More than two firms bid to the buyer in the category."),
)
_MARKET_NEEDS = {
    "contracts": ("buyer_id", "supplier_id", "amount", "tender_id"),
    "tenders": ("tender_id", "category"),
    "bids": ("tender_id", "bidder_id"),
}

RULES = (
    Rule(
        code="R002",
        title=Text(zh="金额略低于限额", en="Value just below threshold"),
        question=Text(
            zh="未公开招标的标段，估算价是否略低于必须招标的限额？",
            en="Does the value of a tender without open competition lie just below the threshold?",
        ),
        rule=Text(
            zh="非公开招标的标段，估算价低于限额 {threshold}（分），差距不到 {margin_pct}%。",
            en="A tender that was not open has an estimate below the threshold of {threshold} (minor units) by less "
            "than {margin_pct} %.",
        ),
        why=Text(zh="估算价可能为规避招标而压低。", en="The value may have been set to escape the tender."),
        example=Text(zh="限额 400 万元，询价项目估算 398 万元。", en="3,980,000 yuan by inquiry, threshold 4,000,000."),
        innocent=(
            "price_agrees",
            Text(zh="成交价印证了估算", en="The price bears it out"),
            Text(zh="中标价不超过估算价。", en="The winning price is no higher than the estimate."),
            Text(zh="中标价高于估算价。", en="The winning price is higher than the estimate."),
        ),
        parameters=Threshold,
        identity=("tender",),
        requires={"tenders": ("tender_id", "method", "estimate")},
        uses={"bids": ("price", "is_winner")},
        select="""
SELECT t.tender_id AS tender, t.estimate AS estimate_money, max(e.price) <= t.estimate AS fits,
       t.estimate / $threshold AS score,
       list_prepend({'table': 'tenders', 'key': t._key}, coalesce(list({'table': 'bids', 'key': e.bid_key}
         ORDER BY e.bid_key) FILTER (WHERE e.bid_key IS NOT NULL), [])) AS refs
FROM tenders t LEFT JOIN entries e ON e.tender_id = t.tender_id AND e.is_winner AND e.price > 0
WHERE t.method <> 'open' AND t.estimate < $threshold AND t.estimate > $threshold * (1 - $margin_pct / 100.0)
GROUP BY t.tender_id, t.estimate, t._key ORDER BY t.tender_id
""",
        population="""
SELECT count(*) FILTER (WHERE method IS NOT NULL AND estimate IS NOT NULL) AS judged,
       count(*) FILTER (WHERE method IS NULL OR estimate IS NULL) AS no_method FROM tenders
""",
        unit=_TENDERS,
        not_judgeable=_NO_METHOD,
        blind=Text(zh="看不到拆成多个标段的项目。", en="Projects split into several tenders."),
        sentence=Text(
            zh="标段 {tender} 未公开招标，估算价 {estimate_money}，略低于限额。",
            en="Tender {tender} was not open, and its estimate of {estimate_money} is just below the threshold.",
        ),
        relations=("entries",),
    ),
    Rule(
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
WHERE t.{_DIRECT} AND t.estimate >= $threshold
GROUP BY t.tender_id, t.estimate, t.project_id, t._key ORDER BY t.tender_id
""",
        population="""
SELECT count(*) FILTER (WHERE method IS NOT NULL AND estimate IS NOT NULL) AS judged,
       count(*) FILTER (WHERE method IS NULL OR estimate IS NULL) AS no_method FROM tenders
""",
        unit=_TENDERS,
        not_judgeable=_NO_METHOD,
        blind=Text(zh="看不到审批文件中的理由。", en="Reasons that only the approval gives."),
        sentence=Text(
            zh="标段 {tender} 估算价 {estimate_money}，未经竞争。",
            en="Tender {tender}, estimated at {estimate_money}, had no competition.",
        ),
    ),
    Rule(
        code="R013",
        title=Text(zh="惯用非竞争方式", en="High non-competitive use"),
        question=Text(zh="采购人是否惯用非竞争方式？", en="Does a buyer use non-competitive methods unusually often?"),
        rule=Text(
            zh="采购人 {tenders} 个以上标段中，{share_pct}% 以上为单一来源或谈判。",
            en="Of a buyer's tenders, {tenders} or more, {share_pct} % or more are single-source or negotiated.",
        ),
        why=Text(zh="例外方式成为惯例，竞争即被架空。", en="The exception has become the rule."),
        example=Text(zh="十个标段中八个为单一来源。", en="Eight of ten tenders are single-source."),
        innocent=(
            "small_sums",
            Text(zh="多为小额采购", en="Small sums"),
            Text(zh="非竞争标段的金额不到该采购人的十分之一。", en="They are less than a tenth of the buyer's value."),
            Text(zh="非竞争标段的金额超过该采购人的十分之一。", en="They are more than a tenth of the buyer's value."),
        ),
        parameters=Direct,
        identity=("buyer",),
        requires={"tenders": ("buyer_id", "method")},
        uses={"tenders": ("estimate",)},
        select=f"""
SELECT buyer_id AS buyer, count(*) AS times, count(*) FILTER (WHERE {_DIRECT}) AS direct,
       coalesce(sum(estimate) FILTER (WHERE {_DIRECT}), 0) * 10 < sum(estimate) AS fits,
       count(*) FILTER (WHERE {_DIRECT}) / count(*) AS score,
       list({{'table': 'tenders', 'key': _key}} ORDER BY _key) FILTER (WHERE {_DIRECT}) AS refs
FROM tenders WHERE method IS NOT NULL
GROUP BY buyer_id
HAVING count(*) >= $tenders AND 100.0 * count(*) FILTER (WHERE {_DIRECT}) >= $share_pct * count(*)
ORDER BY buyer
""",
        population="""
SELECT count(*) FILTER (WHERE n >= $tenders) AS judged, count(*) FILTER (WHERE n < $tenders) AS too_few
FROM (SELECT count(method) AS n FROM tenders GROUP BY buyer_id)
""",
        unit=Text(zh="采购人", en="buyers"),
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到平台之外的采购。", en="What was bought outside the platform."),
        sentence=Text(
            zh="{buyer} 的 {times} 个标段中 {direct} 个未经竞争。",
            en="{direct} of the {times} tenders of {buyer} had no competition.",
        ),
    ),
    Rule(
        code="R022",
        title=Text(zh="报价悬殊", en="Wide price disparity"),
        question=Text(zh="同一标段的有效报价是否相差悬殊？", en="Are the valid bids of a tender far apart?"),
        rule=Text(
            zh="最高有效报价达到最低有效报价的 {times} 倍以上。",
            en="The highest valid bid is {times} times the lowest or more.",
        ),
        why=Text(zh="陪标人可能报出无意中标的高价。", en="A cover bid is priced so that it cannot win."),
        example=Text(zh="报价 100 万元与 260 万元。", en="Bids of 1,000,000 and 2,600,000 yuan."),
        innocent=(
            "one_outlier",
            Text(zh="仅一个报价偏离", en="One odd bid among many"),
            Text(
                zh="除最高报价外，其余报价相近。", en="Without the highest bid, the others, three or more, are close."
            ),
            Text(
                zh="去掉最高报价后仍然悬殊，或报价不足四个。",
                en="Without the highest they are still apart, or too few.",
            ),
        ),
        parameters=Spread,
        identity=("tender",),
        requires={"bids": ("tender_id", "bidder_id", "price")},
        uses={"bids": ("status",)},
        select=f"""
WITH prices AS (
  SELECT tender_id, price, bid_key, row_number() OVER (PARTITION BY tender_id ORDER BY price DESC, bid_key) AS down
  FROM entries WHERE {_VALID}
)
SELECT tender_id AS tender, min(price) AS lowest_money, max(price) AS highest_money,
       count(*) >= 4 AND max(price) FILTER (WHERE down > 1) < $times * min(price) AS fits,
       least(1.0, max(price) / min(price) / 10) AS score,
       list({{'table': 'bids', 'key': bid_key}} ORDER BY bid_key) AS refs
FROM prices GROUP BY tender_id HAVING count(*) > 1 AND max(price) >= $times * min(price) ORDER BY tender
""",
        population=f"""
SELECT count(*) FILTER (WHERE n > 1) AS judged, count(*) FILTER (WHERE n <= 1) AS too_few
FROM (SELECT count(*) FILTER (WHERE {_VALID}) AS n FROM entries GROUP BY tender_id)
""",
        unit=_TENDERS,
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到报价口径不同。", en="Bids that price different things."),
        sentence=Text(
            zh="标段 {tender} 报价从 {lowest_money} 到 {highest_money}。",
            en="The bids of tender {tender} reach from {lowest_money} to {highest_money}.",
        ),
        relations=("entries",),
    ),
    Rule(
        code="R023",
        title=Text(zh="报价成固定倍数", en="Fixed multiple prices"),
        question=Text(
            zh="同一标段的报价是否成固定倍数？", en="Are the bids of a tender fixed multiples of each other?"
        ),
        rule=Text(
            zh="三个以上不同报价，相邻报价之比相等（相对误差不超过 {tolerance}）。",
            en="Of three or more different bids, each is the same multiple of the next lower one (within {tolerance}).",
        ),
        why=Text(zh="按倍数报价说明出自一份底稿。", en="Prices made by a multiplier come from one sheet."),
        example=Text(
            zh="100 万、105 万、110.25 万元：逐个乘以 1.05。", en="1,000,000, 1,050,000, 1,102,500: times 1.05."
        ),
        innocent=(
            "narrow_prices",
            Text(zh="报价过于接近", en="Prices too close to tell"),
            Text(zh="报价之比小于误差的三倍，比值相等不足为凭。", en="The ratio is within three tolerances of one."),
            Text(zh="报价之比明显大于误差。", en="The ratio is clearly beyond the tolerance."),
        ),
        parameters=Multiple,
        identity=("tender",),
        requires={"bids": ("tender_id", "bidder_id", "price")},
        uses={"bids": ("status",)},
        select=f"""
WITH steps AS (
  SELECT tender_id, bid_key, price / lag(price) OVER (PARTITION BY tender_id ORDER BY price, bid_key) AS step
  FROM entries WHERE {_VALID}
)
SELECT tender_id AS tender, count(*) AS bids, avg(step) AS step, avg(step) - 1 < 3 * $tolerance AS fits, 1.0 AS score,
       list({{'table': 'bids', 'key': bid_key}} ORDER BY bid_key) AS refs
FROM steps GROUP BY tender_id
HAVING count(*) >= 3 AND min(step) > 1 AND max(step) - min(step) <= $tolerance * min(step) ORDER BY tender
""",
        population=f"""
SELECT count(*) FILTER (WHERE n > 2) AS judged, count(*) FILTER (WHERE n <= 2) AS too_few
FROM (SELECT count(*) FILTER (WHERE {_VALID}) AS n FROM entries GROUP BY tender_id)
""",
        unit=_TENDERS,
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到分项报价。", en="The prices of single items."),
        sentence=Text(
            zh="标段 {tender} 的 {bids} 个报价依次为前一个的 {step:.4f} 倍。",
            en="Each of the {bids} bids of tender {tender} is {step:.4f} times the one before.",
        ),
        max_share=0.05,
        relations=("entries",),
    ),
    Rule(
        code="R031",
        title=Text(zh="中标价贴近估算价", en="Price close to estimate"),
        question=Text(
            zh="中标价是否非常接近或高于估算价？", en="Is the winning price very close to the estimate, or above it?"
        ),
        rule=Text(zh="中标价达到估算价的 {pct}% 以上。", en="The winning price is {pct} % of the estimate or more."),
        why=Text(zh="中标人可能事先知道估算价。", en="The winner may have known the estimate."),
        example=Text(zh="估算 500 万元，中标 499 万元。", en="Estimate 5,000,000 yuan, winning price 4,990,000."),
        innocent=(
            "everyone_close",
            Text(zh="各家报价均贴近", en="Everyone is close"),
            Text(
                zh="其他有效报价也都达到该比例，估算价偏低。",
                en="Every other valid bid is as high: the estimate is low.",
            ),
            Text(zh="其他有效报价中有明显更低的，或没有其他报价。", en="Another valid bid is lower, or there is none."),
        ),
        parameters=Near,
        identity=("tender",),
        requires={"tenders": ("tender_id", "estimate"), "bids": ("tender_id", "price", "is_winner")},
        uses={"bids": ("status",)},
        select=f"""
SELECT t.tender_id AS tender, t.estimate AS estimate_money, min(e.price) FILTER (WHERE e.is_winner) AS won_money,
       count(*) FILTER (WHERE NOT e.is_winner) > 0
         AND min(e.price) FILTER (WHERE NOT e.is_winner) * 100.0 >= $pct * t.estimate AS fits,
       least(1.0, min(e.price) FILTER (WHERE e.is_winner) / t.estimate) AS score,
       list_prepend({{'table': 'tenders', 'key': t._key}},
                    list({{'table': 'bids', 'key': e.bid_key}} ORDER BY e.bid_key)) AS refs
FROM tenders t JOIN entries e USING (tender_id)
WHERE t.estimate > 0 AND e.{_VALID.replace("coalesce(status", "coalesce(e.status")}
GROUP BY t.tender_id, t.estimate, t._key
HAVING min(e.price) FILTER (WHERE e.is_winner) * 100.0 >= $pct * t.estimate ORDER BY tender
""",
        population="""
SELECT count(*) FILTER (WHERE t.estimate > 0 AND w.tender_id IS NOT NULL) AS judged,
       count(*) FILTER (WHERE t.estimate IS NULL OR t.estimate <= 0 OR w.tender_id IS NULL) AS no_price
FROM tenders t LEFT JOIN (SELECT DISTINCT tender_id FROM entries WHERE is_winner AND price > 0) w USING (tender_id)
""",
        unit=_TENDERS,
        not_judgeable={"no_price": Text(zh="没有估算价或中标价", en="no estimate or no winning price")},
        blind=Text(zh="看不到最高限价是否公开。", en="Whether the ceiling price was public."),
        sentence=Text(
            zh="标段 {tender} 估算价 {estimate_money}，中标价 {won_money}。",
            en="Tender {tender} was estimated at {estimate_money} and won at {won_money}.",
        ),
        max_share=0.4,
        relations=("entries",),
    ),
    Rule(
        code="R050",
        title=Text(zh="市场份额过高", en="High market share"),
        question=Text(
            zh="某供应商是否占采购人同类支出的大部分？",
            en="Does one supplier have most of a buyer's spending in a category?",
        ),
        rule=Text(
            zh="采购人某类别合同达到 {contracts} 份，其中一家供应商金额占 {share_pct}% 以上。",
            en="Of a buyer's contracts in a category, {contracts} or more, one supplier has {share_pct} % of the value "
            "or more.",
        ),
        why=Text(zh="份额集中可能源于偏向。", en="Such a share may come from favour."),
        example=Text(
            zh="某局货物采购的 80% 来自一家公司。", en="80 % of what a bureau spends on goods goes to one firm."
        ),
        innocent=_FEW_FIRMS,
        parameters=Share,
        identity=("buyer", "supplier", "category"),
        requires=_MARKET_NEEDS,
        select=_MARKET
        + """
SELECT m.buyer_id AS buyer, m.supplier_id AS supplier, m.category AS category, m.amount AS part_money,
       100.0 * m.amount / w.amount AS pct, b.bidders <= 2 AS fits, m.amount / w.amount AS score,
       list_sort(m.refs) AS refs
FROM market m JOIN (SELECT buyer_id, category, sum(amount) AS amount, sum(contracts) AS contracts
                    FROM market GROUP BY ALL) w
  USING (buyer_id, category) LEFT JOIN bidders b USING (buyer_id, category)
WHERE w.contracts >= $contracts AND 100.0 * m.amount >= $share_pct * w.amount
ORDER BY buyer, supplier, category
""",
        population=_MARKETS,
        unit=Text(zh="采购人与类别", en="buyers and categories"),
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到受同一人控制的多家供应商。", en="Several suppliers under one controller."),
        sentence=Text(
            zh="{supplier} 占 {buyer} 在 {category} 类支出的 {pct:.0f}%（{part_money}）。",
            en="{supplier} has {pct:.0f} % ({part_money}) of what {buyer} spends on {category}.",
        ),
        max_share=0.4,
        relations=("entries",),
    ),
    Rule(
        code="R051",
        title=Text(zh="市场集中度过高", en="High market concentration"),
        question=Text(
            zh="采购人某类别的合同是否集中于少数供应商？",
            en="Are a buyer's contracts in a category concentrated on few suppliers?",
        ),
        rule=Text(
            zh="合同达到 {contracts} 份，赫芬达尔指数达到 {index} 以上。",
            en="With {contracts} contracts or more, the Herfindahl-Hirschman index is {index} or more.",
        ),
        why=Text(zh="集中的市场便于串通与偏向。", en="A concentrated market is easier to rig."),
        example=Text(zh="两家各占一半：指数 0.5。", en="Two firms with a half each: 0.5."),
        innocent=_FEW_FIRMS,
        parameters=Concentration,
        identity=("buyer", "category"),
        requires=_MARKET_NEEDS,
        select=_MARKET
        + """
SELECT m.buyer_id AS buyer, m.category AS category, count(*) AS suppliers,
       sum(m.amount * m.amount) / (sum(m.amount) * sum(m.amount)) AS index, any_value(b.bidders) <= 2 AS fits,
       sum(m.amount * m.amount) / (sum(m.amount) * sum(m.amount)) AS score, list_sort(flatten(list(m.refs))) AS refs
FROM (SELECT buyer_id, category, CAST(amount AS DOUBLE) AS amount, contracts, refs FROM market) m
LEFT JOIN bidders b USING (buyer_id, category)
GROUP BY m.buyer_id, m.category
HAVING sum(m.contracts) >= $contracts AND sum(m.amount * m.amount) >= $index * sum(m.amount) * sum(m.amount)
ORDER BY buyer, category
""",
        population=_MARKETS,
        unit=Text(zh="采购人与类别", en="buyers and categories"),
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到受同一人控制的多家供应商。", en="Several suppliers under one controller."),
        sentence=Text(
            zh="{buyer} 在 {category} 类的集中度指数为 {index:.2f}（{suppliers} 家供应商）。",
            en="{buyer} has an index of {index:.2f} in {category} ({suppliers} suppliers).",
        ),
        max_share=0.5,
        relations=("entries",),
    ),
    Rule(
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
            Text(
                zh="另一家在没有前者参加的标段中过标。", en="The other has won tenders in which the first did not bid."
            ),
            Text(zh="另一家在别处也没有中标。", en="The other has won nothing elsewhere either."),
        ),
        parameters=Pairs,
        identity=("winner", "partner"),
        requires={"bids": ("tender_id", "bidder_id", "is_winner")},
        uses={"bids": ("consortium_id",)},
        select="""
WITH pairs AS (
  SELECT a.bidder_id AS winner, b.bidder_id AS partner, count(DISTINCT a.tender_id) AS times,
         count(DISTINCT a.tender_id) FILTER (WHERE a.is_winner) AS wins,
         count(DISTINCT a.tender_id) FILTER (WHERE b.is_winner) AS other,
         list_sort(list_distinct(flatten(list([{'table': 'bids', 'key': a.bid_key},
           {'table': 'bids', 'key': b.bid_key}])))) AS refs
  FROM entries a JOIN entries b ON b.tender_id = a.tender_id AND b.bidder_id <> a.bidder_id
   AND (a.consortium_id IS NULL OR a.consortium_id IS DISTINCT FROM b.consortium_id)
  GROUP BY ALL HAVING count(DISTINCT a.tender_id) >= $tenders
)
SELECT p.winner, p.partner, p.times, p.wins, p.other,
       EXISTS (SELECT 1 FROM entries e WHERE e.bidder_id = p.partner AND e.is_winner AND NOT EXISTS (
         SELECT 1 FROM entries f WHERE f.tender_id = e.tender_id AND f.bidder_id = p.winner)) AS fits,
       p.wins / p.times AS score, p.refs
FROM pairs p WHERE p.wins >= $tenders AND 100.0 * p.wins >= $share_pct * (p.wins + p.other)
ORDER BY p.winner, p.partner
""",
        population="""
SELECT count(*) FILTER (WHERE n >= $tenders) AS judged, count(*) FILTER (WHERE n < $tenders) AS too_few
FROM (SELECT count(DISTINCT a.tender_id) AS n FROM entries a JOIN entries b
      ON b.tender_id = a.tender_id AND b.bidder_id > a.bidder_id GROUP BY a.bidder_id, b.bidder_id)
""",
        unit=Text(zh="同投的两家", en="pairs of co-bidders"),
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到三家以上轮流。", en="Groups of three or more that take turns."),
        sentence=Text(
            zh="{winner} 与 {partner} 同投 {times} 次，{winner} 中标 {wins} 次，{partner} 中标 {other} 次。",
            en="{winner} and {partner} met {times} times; {winner} won {wins}, {partner} {other}.",
        ),
        relations=("entries",),
    ),
)

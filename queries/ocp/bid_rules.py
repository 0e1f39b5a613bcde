"""Flags about the bids of a tender: R018, R028, R035, R036. A consortium is one bidder."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.rules import Rule


class Published(Params):
    """R018."""

    tenders: int = Field(
        3, ge=2, description="Tenders of a buyer, none with two bidders, from which losing bids seem unpublished."
    )


class Equal(Params):
    """R028."""

    bids: int = Field(2, ge=2, description="Bidders with the same price.")


class Disqualified(Params):
    """R035."""

    disqualified: int = Field(1, ge=1, description="Other bidders that were disqualified.")


class Low(Params):
    """R036."""

    low_pct: float = Field(
        50, gt=0, le=100, description="Percent of the mean of the other bids below which a bid is abnormally low."
    )


_TENDERS = Text(zh="标段", en="tenders")
_BIDS = """
WITH offers AS (
  SELECT e.tender_id, e.buyer_id, coalesce(e.consortium_id, e.bidder_id) AS party, e.bidder_id, e.bid_key, e.price,
         e.is_winner, b.currency, coalesce(e.status, 'valid') AS status, e.tender_key
  FROM entries e JOIN bids b USING (bid_id) WHERE e.status IS DISTINCT FROM 'withdrawn'
)
"""
_REFS = "list({'table': 'bids', 'key': bid_key} ORDER BY bid_key)"

RULES = (
    Rule(
        code="R018",
        title=Text(zh="仅有一家投标", en="Single bidder"),
        question=Text(
            zh="公开或邀请招标的标段是否只有一家投标人，且其中标？",
            en="Did only one bidder take part in an open or invited tender, and win?",
        ),
        rule=Text(
            zh="公开或邀请招标的标段，投标人（撤回的除外，联合体算一家）只有一家，且其中标。",
            en="An open or invited tender has one bidder, a consortium counting as one and those withdrawn not, who "
            "won.",
        ),
        why=Text(
            zh="条件可能为某一供应商量身定制，或其他供应商知道结果已定。",
            en="The terms may fit one supplier only, or the others know who will win.",
        ),
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
        select=f"""{_BIDS}
, sizes AS (
  SELECT tender_id, buyer_id, count(DISTINCT party) AS parties FROM offers GROUP BY ALL
), habits AS (
  SELECT buyer_id, count(*) AS tenders, max(parties) AS most FROM sizes GROUP BY buyer_id
)
SELECT o.tender_id AS tender, min(o.bidder_id) FILTER (WHERE o.is_winner) AS winner,
       CASE WHEN any_value(h.most) > 1 THEN false WHEN any_value(h.tenders) >= $tenders THEN true END AS fits,
       0.5 AS score, list_prepend({{'table': 'tenders', 'key': any_value(o.tender_key)}}, {_REFS}) AS refs
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
        unit=_TENDERS,
        not_judgeable={"no_method": Text(zh="采购方式未知", en="the method is unknown")},
        blind=Text(zh="看不到陪标的第二家。", en="A second bidder who only pretends to compete."),
        sentence=Text(
            zh="标段 {tender} 仅 {winner} 一家投标并中标。",
            en="{winner} was the only bidder of tender {tender}, and won.",
        ),
        max_share=0.4,
        relations=("entries",),
    ),
    Rule(
        code="R028",
        title=Text(zh="报价相同", en="Identical bid prices"),
        question=Text(
            zh="同一标段中不同投标人的报价是否相同？", en="Did different bidders of a tender bid the same price?"
        ),
        rule=Text(
            zh="同一标段中至少 {bids} 家投标人的报价金额、币种相同。",
            en="At least {bids} bidders of a tender bid the same amount in the same currency.",
        ),
        why=Text(
            zh="报价相同可能出自同一人之手，或报价泄露。",
            en="Equal prices may come from one hand, or from a leak of the other's price.",
        ),
        example=Text(zh="甲、乙均报 482 500 元。", en="Alpha and Beta both bid 482,500 yuan."),
        innocent=(
            "price_set",
            Text(zh="价格由采购人预定", en="The price was set"),
            Text(
                zh="该报价等于最高限价，或三家以上全部相同。",
                en="The price is the ceiling, or that of all of three or more bidders.",
            ),
            Text(
                zh="该报价不等于最高限价，且不是各家一致。",
                en="The price is not the ceiling, and not that of everyone.",
            ),
        ),
        parameters=Equal,
        identity=("tender",),
        requires={"bids": ("tender_id", "bidder_id", "price")},
        uses={"bids": ("status", "consortium_id", "currency"), "tenders": ("tender_id", "ceiling_price")},
        select=f"""{_BIDS}
, groups AS (
  SELECT tender_id, price, currency, count(DISTINCT party) AS parties, {_REFS} AS refs
  FROM offers WHERE price > 0 GROUP BY ALL HAVING count(DISTINCT party) >= $bids
), sizes AS (
  SELECT tender_id, count(DISTINCT party) AS parties FROM offers WHERE price > 0 GROUP BY ALL
)
SELECT g.tender_id AS tender, g.parties AS bids, g.price AS price_money, g.refs,
       coalesce(g.price = t.ceiling_price, false) OR (g.parties >= 3 AND g.parties = s.parties) AS fits,
       least(1.0, g.parties / 4) AS score
FROM groups g JOIN sizes s USING (tender_id) LEFT JOIN tenders t USING (tender_id)
QUALIFY row_number() OVER (PARTITION BY g.tender_id ORDER BY g.parties DESC, g.price, g.currency) = 1
ORDER BY tender
""",
        population="""
SELECT count(*) FILTER (WHERE n > 1) AS judged, count(*) FILTER (WHERE n <= 1) AS too_few
FROM (SELECT count(DISTINCT coalesce(consortium_id, bidder_id)) FILTER (WHERE price > 0) AS n
      FROM entries WHERE status IS DISTINCT FROM 'withdrawn' GROUP BY tender_id)
""",
        unit=_TENDERS,
        not_judgeable={"too_few": Text(zh="可比的报价不足两个", en="fewer than two prices to compare")},
        blind=Text(zh="看不到有意略作改动的报价。", en="Prices that were changed a little on purpose."),
        sentence=Text(
            zh="标段 {tender} 有 {bids} 家投标人的报价同为 {price_money}。",
            en="{bids} bidders of tender {tender} bid the same price, {price_money}.",
        ),
        max_share=0.1,
        relations=("entries",),
    ),
    Rule(
        code="R035",
        title=Text(zh="其他投标全被否决", en="All others disqualified"),
        question=Text(
            zh="除中标人外，其他投标人是否全部被否决？", en="Were all bidders but the one who won disqualified?"
        ),
        rule=Text(
            zh="中标人是唯一有有效投标的投标人，且至少 {disqualified} 家其他投标人被否决。",
            en="The winner is the only bidder with a valid bid, and at least {disqualified} others were disqualified.",
        ),
        why=Text(
            zh="采购人可以用否决其他投标的办法让预定的人中标。",
            en="A buyer can clear the way for a chosen bidder by disqualifying the others.",
        ),
        example=Text(
            zh="三家投标，乙、丙被否决，甲中标。", en="Three bid; Beta and Gamma are disqualified, Alpha wins."
        ),
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
        select=f"""{_BIDS}
, rejected AS (
  SELECT DISTINCT party, buyer_id FROM offers WHERE status = 'disqualified'
), judged AS (
  SELECT o.*, status = 'disqualified' AND NOT EXISTS (
           SELECT 1 FROM rejected r WHERE r.party = o.party AND r.buyer_id <> o.buyer_id) AS only_here
  FROM offers o
)
SELECT tender_id AS tender, min(bidder_id) FILTER (WHERE is_winner) AS winner,
       count(DISTINCT party) FILTER (WHERE status = 'disqualified') AS times,
       NOT bool_or(only_here) AS fits, least(1.0, count(DISTINCT party) / 6) AS score, {_REFS} AS refs
FROM judged GROUP BY tender_id
HAVING count(DISTINCT party) FILTER (WHERE status = 'valid') = 1
   AND count(DISTINCT party) FILTER (WHERE status = 'disqualified') >= $disqualified
   AND count(DISTINCT party) = 1 + count(DISTINCT party) FILTER (WHERE status = 'disqualified')
   AND bool_or(is_winner AND status = 'valid')
ORDER BY tender
""",
        population="""
SELECT count(*) FILTER (WHERE n > 0) AS judged, count(*) FILTER (WHERE n = 0) AS no_winner
FROM (SELECT count(*) FILTER (WHERE is_winner) AS n FROM entries GROUP BY tender_id)
""",
        unit=_TENDERS,
        not_judgeable={"no_winner": Text(zh="没有中标人", en="there is no winner")},
        blind=Text(zh="看不到否决理由是否成立。", en="Whether the grounds for disqualification hold."),
        sentence=Text(
            zh="标段 {tender} 其他 {times} 家投标人均被否决，{winner} 中标。",
            en="All {times} other bidders of tender {tender} were disqualified, and {winner} won.",
        ),
        relations=("entries",),
    ),
    Rule(
        code="R036",
        title=Text(zh="最低价被否决", en="Lowest bid disqualified"),
        question=Text(
            zh="最低报价是否被否决，而由更高的报价中标？",
            en="Was the lowest bid disqualified, and a higher one the winner?",
        ),
        rule=Text(
            zh="标段的最低报价被否决，中标报价高于该报价。",
            en="The lowest price of a tender is that of a disqualified bid, and the winning price is higher.",
        ),
        why=Text(
            zh="采购人可以用否决低价投标的办法让预定的人中标。",
            en="A buyer can let a chosen bidder win by disqualifying cheaper bids.",
        ),
        example=Text(
            zh="乙报 80 万元被否决，甲报 95 万元中标。",
            en="Beta bids 800,000 yuan and is disqualified; Alpha wins with 950,000.",
        ),
        innocent=(
            "abnormally_low",
            Text(zh="异常低价", en="An abnormally low bid"),
            Text(zh="该报价低于其他报价平均值的规定比例。", en="The bid is far below the mean of the other bids."),
            Text(
                zh="该报价未低于其他报价平均值的规定比例。", en="The bid is not that far below the mean of the others."
            ),
        ),
        parameters=Low,
        identity=("tender", "disqualified"),
        requires={"bids": ("tender_id", "bidder_id", "price", "status", "is_winner")},
        uses={"bids": ("consortium_id", "currency")},
        select=f"""{_BIDS}
, priced AS (
  SELECT *, min(price) OVER tender AS lowest, max(price) FILTER (WHERE is_winner AND status = 'valid') OVER tender
           AS won, count(DISTINCT coalesce(currency, '')) OVER tender AS currencies
  FROM offers WHERE price > 0 WINDOW tender AS (PARTITION BY tender_id)
)
SELECT tender_id AS tender, min(bidder_id) FILTER (WHERE price = lowest AND status = 'disqualified') AS disqualified,
       any_value(lowest) AS lowest_money, any_value(won) AS won_money,
       any_value(lowest) * 100.0 < $low_pct * avg(price) FILTER (WHERE price > lowest) AS fits,
       least(1.0, (any_value(won) - any_value(lowest)) / any_value(won) * 2) AS score, {_REFS} AS refs
FROM priced GROUP BY tender_id
HAVING any_value(won) > any_value(lowest) AND bool_and(price > lowest OR status = 'disqualified')
   AND any_value(currencies) = 1
ORDER BY tender
""",
        population="""
SELECT count(*) FILTER (WHERE n > 1 AND won) AS judged, count(*) FILTER (WHERE NOT (n > 1 AND won)) AS no_prices
FROM (SELECT count(*) FILTER (WHERE price > 0) AS n, bool_or(is_winner AND coalesce(price, 0) > 0) AS won
      FROM entries WHERE status IS DISTINCT FROM 'withdrawn' GROUP BY tender_id)
""",
        unit=_TENDERS,
        not_judgeable={"no_prices": Text(zh="中标价或可比报价未知", en="the winning price or another one is unknown")},
        blind=Text(zh="看不到综合评审中价格的分量。", en="How much price counted where quality was scored too."),
        sentence=Text(
            zh="标段 {tender} 最低报价 {lowest_money}（{disqualified}）被否决，以 {won_money} 中标。",
            en="The lowest bid of tender {tender}, {lowest_money} by {disqualified}, was disqualified; it went for "
            "{won_money}.",
        ),
        relations=("entries",),
    ),
)

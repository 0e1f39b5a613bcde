"""Flags about bidders and buyers over all their tenders: R019, R025, R026, R038, R044, R048."""

from __future__ import annotations

from pydantic import Field

from i18n import Text
from queries.detector import Params
from queries.ocp.fences import fence
from queries.ocp.rules import Rule


class Thin(Params):
    """R019."""

    tenders: int = Field(5, ge=2, description="Tenders that a buyer must have in a category.")
    share_pct: float = Field(50, gt=0, lt=100, description="Percent of what other buyers get, below which it is low.")


class Losses(Params):
    """R025."""

    percentile: float = Field(75, ge=0, lt=100, description="Percentile of tenders entered from which one bids often.")
    bidders: int = Field(5, ge=2, description="Bidders without which there is no fence.")


class Consortia(Params):
    """R026."""

    tenders: int = Field(5, ge=2, description="Awarded tenders that a buyer must have.")
    share_pct: float = Field(50, gt=0, le=100, description="Percent of them that consortia won.")
    large: int = Field(5_000_000_000, ge=1, description="Estimate in minor units from which works are large.")


class Rejections(Params):
    """R038."""

    bids: int = Field(5, ge=1, description="Bids that a buyer or bidder must have.")
    population: int = Field(5, ge=2, description="Buyers, or bidders, without which there is no fence.")


class Kin(Params):
    """R044."""

    tenders: int = Field(1, ge=1, description="Tenders in which the two bidders met.")


class Variety(Params):
    """R048."""

    tenders: int = Field(3, ge=1, description="Tenders that a supplier must have won.")
    suppliers: int = Field(5, ge=2, description="Suppliers without which there is no fence.")


_COMPETED = """
WITH sizes AS (
  SELECT e.buyer_id, e.category, e.tender_id, any_value(e.tender_key) AS tender_key,
         count(DISTINCT coalesce(e.consortium_id, e.bidder_id)) AS bidders
  FROM entries e
  WHERE e.method IN ('open', 'invited') AND e.category IS NOT NULL AND e.status IS DISTINCT FROM 'withdrawn'
  GROUP BY ALL
)
"""
_SHARES = """
WITH offers AS (
  SELECT tender_id, buyer_id, bidder_id, bid_key, coalesce(status, 'valid') = 'disqualified' AS out
  FROM entries WHERE status IS DISTINCT FROM 'withdrawn'
), sided AS (
  SELECT buyer_id AS party, 'buyer' AS side, * FROM offers WHERE buyer_id IS NOT NULL
  UNION ALL SELECT bidder_id, 'bidder', * FROM offers
), shares AS (
  SELECT party, side, count(*) AS bids, count(*) FILTER (WHERE out) / count(*) AS ratio FROM sided
  GROUP BY ALL HAVING count(*) >= $bids
)
"""
_TOO_FEW = {"too_few": Text(zh="数量太少，无从比较", en="too few to judge")}
_BUYERS = Text(zh="采购人", en="buyers")

RULES = (
    Rule(
        code="R019",
        title=Text(zh="投标人偏少", en="Low number of bidders"),
        question=Text(
            zh="采购人某类标段的投标人是否远少于其他采购人？",
            en="Does a buyer get far fewer bidders in a category than other buyers do?",
        ),
        rule=Text(
            zh="采购人同类公开或邀请标段 {tenders} 个以上，平均投标人数不足其他采购人平均数的 {share_pct}%。",
            en="Over {tenders} open or invited tenders of a category or more, a buyer has on average less than "
            "{share_pct} % of the bidders that other buyers have.",
        ),
        why=Text(zh="条件可能排斥了多数潜在投标人。", en="The terms may keep most possible bidders away."),
        example=Text(zh="别处平均六家，该局平均两家。", en="Six bidders elsewhere on average, two at this bureau."),
        innocent=(
            "thin_market",
            Text(zh="市场上投标人本来就少", en="A thin market"),
            Text(zh="其他采购人同类标段平均也不足三家。", en="Other buyers too have fewer than three on average."),
            Text(zh="其他采购人同类标段平均三家以上。", en="Other buyers have three or more on average."),
        ),
        parameters=Thin,
        identity=("buyer", "category"),
        requires={"tenders": ("buyer_id", "category", "method"), "bids": ("tender_id", "bidder_id")},
        uses={"bids": ("consortium_id", "status")},
        select=f"""{_COMPETED}
, own AS (
  SELECT buyer_id, category, count(*) AS times, sum(bidders) AS entered, avg(bidders) AS average,
         list({{'table': 'tenders', 'key': tender_key}} ORDER BY tender_key) AS refs FROM sizes GROUP BY ALL
), compared AS (
  SELECT *, sum(times) OVER market - times AS others, sum(entered) OVER market - entered AS others_entered
  FROM own WINDOW market AS (PARTITION BY category)
)
SELECT buyer_id AS buyer, category, times, round(average, 2) AS average, round(others_entered / others, 2) AS usual,
       others_entered < 3 * others AS fits, 1 - average * others / others_entered AS score, refs
FROM compared
WHERE times >= $tenders AND others >= $tenders AND 100.0 * average * others < $share_pct * others_entered
ORDER BY buyer, category
""",
        population=f"""{_COMPETED}
, own AS (SELECT category, count(*) AS times FROM sizes GROUP BY buyer_id, category),
compared AS (SELECT times, sum(times) OVER (PARTITION BY category) - times AS others FROM own)
SELECT count(*) FILTER (WHERE times >= $tenders AND others >= $tenders) AS judged,
       count(*) FILTER (WHERE times < $tenders OR others < $tenders) AS too_few FROM compared
""",
        unit=Text(zh="采购人各类标段", en="buyers by category"),
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到领取文件后未投标的企业。", en="Firms that took the documents and did not bid."),
        sentence=Text(
            zh="{buyer} 的 {category} 类 {times} 个标段平均 {average} 家投标，其他采购人平均 {usual} 家。",
            en="{buyer} had {average} bidders on average in {times} tenders ({category}), other buyers {usual}.",
        ),
        relations=("entries",),
    ),
    Rule(
        code="R025",
        title=Text(zh="屡投不中", en="Seldom wins"),
        question=Text(
            zh="经常投标的投标人中标比例是否异常低？",
            en="Does a bidder that bids often win an unusually small share of its bids?",
        ),
        rule=Text(
            zh="投标次数达到第 {percentile} 百分位，中标比例低于下界"
            "（Q1－1.5×四分位距，R-8；投标人不少于 {bidders} 家）。",
            en="It entered as many tenders as the {percentile}th percentile or more, and its share of wins lies below "
            "Q1 - 1.5 interquartile ranges (R-8, of {bidders} bidders or more).",
        ),
        why=Text(
            zh="陪标人以故意落标换取其他好处。", en="A colluding bidder loses on purpose, where its partner is to win."
        ),
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
WITH awarded AS (
  SELECT *, count(DISTINCT bidder_id) OVER (PARTITION BY tender_id) AS bidders FROM entries
  WHERE coalesce(status, 'valid') = 'valid' QUALIFY bool_or(is_winner) OVER (PARTITION BY tender_id)
), records AS (
  SELECT bidder_id, count(DISTINCT tender_id) AS times,
         count(DISTINCT tender_id) FILTER (WHERE is_winner) / count(DISTINCT tender_id) AS ratio,
         count(DISTINCT tender_id) FILTER (WHERE is_winner) AS wins, sum(1 / bidders) AS due,
         list({{'table': 'bids', 'key': bid_key}} ORDER BY bid_key) AS refs
  FROM awarded GROUP BY bidder_id
), often AS (SELECT quantile_cont(times, $percentile / 100.0) AS least FROM records){fence("records", "ratio")}
SELECT bidder_id AS bidder, times, wins, due < 1 AS fits, least(1.0, times / 30) AS score, refs
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
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到平台之外的投标。", en="Bids outside the platform."),
        sentence=Text(
            zh="{bidder} 投标 {times} 次，中标 {wins} 次。", en="{bidder} entered {times} tenders and won {wins}."
        ),
        max_share=0.1,
        relations=("entries",),
    ),
    Rule(
        code="R026",
        title=Text(zh="联合体中标居多", en="Prevalence of consortia"),
        question=Text(zh="采购人的标段是否多由联合体中标？", en="Do consortia win most tenders of a buyer?"),
        rule=Text(
            zh="采购人 {tenders} 个以上已定标标段中，{share_pct}% 以上由两家以上组成的联合体中标。",
            en="Of a buyer's awarded tenders, {tenders} or more, consortia of two firms or more won {share_pct} % or "
            "more.",
        ),
        why=Text(
            zh="本可竞争的企业联合投标，竞争随之减少。",
            en="Firms that could compete join instead, and share the market.",
        ),
        example=Text(zh="六个标段中四个由联合体中标。", en="Consortia win four of six tenders."),
        innocent=(
            "large_works",
            Text(zh="大型工程", en="Large works"),
            Text(zh="联合体所中均为大型工程。", en="All that they won are large works."),
            Text(zh="联合体所中不全是大型工程。", en="Not all that they won are large works."),
        ),
        parameters=Consortia,
        identity=("buyer",),
        requires={"bids": ("tender_id", "bidder_id", "is_winner", "consortium_id"), "tenders": ("buyer_id",)},
        uses={"tenders": ("category", "estimate")},
        select="""
WITH won AS (
  SELECT e.buyer_id, e.tender_id, any_value(t.category) = 'works' AND any_value(t.estimate) >= $large AS large,
         count(DISTINCT e.bidder_id) FILTER (WHERE e.consortium_id IS NOT NULL) > 1 AS jointly,
         list({'table': 'bids', 'key': e.bid_key} ORDER BY e.bid_key) AS refs
  FROM entries e JOIN tenders t ON t.tender_id = e.tender_id WHERE e.is_winner GROUP BY e.buyer_id, e.tender_id
)
SELECT buyer_id AS buyer, count(*) AS times, count(*) FILTER (WHERE jointly) AS joint,
       CASE WHEN count(large) FILTER (WHERE jointly) = count(*) FILTER (WHERE jointly)
            THEN bool_and(large) FILTER (WHERE jointly) END AS fits,
       count(*) FILTER (WHERE jointly) / count(*) AS score,
       flatten(list(refs ORDER BY tender_id) FILTER (WHERE jointly)) AS refs
FROM won WHERE buyer_id IS NOT NULL GROUP BY buyer_id
HAVING count(*) >= $tenders AND 100.0 * count(*) FILTER (WHERE jointly) >= $share_pct * count(*) ORDER BY buyer
""",
        population="""
SELECT count(*) FILTER (WHERE n >= $tenders) AS judged, count(*) FILTER (WHERE n < $tenders) AS too_few
FROM (SELECT count(DISTINCT tender_id) AS n FROM entries WHERE is_winner AND buyer_id IS NOT NULL GROUP BY buyer_id)
""",
        unit=_BUYERS,
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到成员各自能否单独承担。", en="Whether each member could have done it alone."),
        sentence=Text(
            zh="{buyer} 的 {times} 个标段中 {joint} 个由联合体中标。",
            en="Consortia won {joint} of the {times} tenders of {buyer}.",
        ),
        relations=("entries",),
    ),
    Rule(
        code="R038",
        title=Text(zh="否决比例过高", en="Excessive disqualified bids"),
        question=Text(
            zh="采购人否决的投标，或某投标人被否决的投标，比例是否异常高？",
            en="Is the share of disqualified bids of a buyer or a bidder a high outlier?",
        ),
        rule=Text(
            zh="有 {bids} 个以上投标的采购人（或投标人）中，"
            "被否决比例高于上界（Q3＋1.5×四分位距，R-8；不少于 {population} 个）。",
            en="Among buyers, or bidders, with {bids} bids or more, the share of disqualified ones lies above Q3 + 1.5 "
            "interquartile ranges (R-8, of {population} or more).",
        ),
        why=Text(
            zh="采购人可以借否决选人；投标人可以故意提交不合格的投标陪标。",
            en="A buyer can choose by disqualifying; a bidder can lend cover by bids that are meant to fail.",
        ),
        example=Text(zh="别处否决一成，该局否决七成。", en="A tenth is disqualified elsewhere, seven tenths here."),
        innocent=(
            "others_agree",
            Text(zh="其他采购人也否决", en="Other buyers agree"),
            Text(zh="所涉投标人多数也被其他采购人否决过。", en="Most of the bidders were disqualified by others too."),
            Text(zh="所涉投标人多数未被其他采购人否决过。", en="Most were disqualified by no other buyer."),
        ),
        parameters=Rejections,
        identity=("party", "side"),
        requires={"bids": ("tender_id", "bidder_id", "status"), "tenders": ("tender_id", "buyer_id")},
        select=f"""{_SHARES}
, buyer_shares AS (SELECT * FROM shares WHERE side = 'buyer')
, bidder_shares AS (SELECT * FROM shares WHERE side = 'bidder')
, buyer_fence AS (WITH nothing AS (SELECT 1){fence("buyer_shares", "ratio")} SELECT 'buyer' AS side, * FROM fence)
, bidder_fence AS (WITH nothing AS (SELECT 1){fence("bidder_shares", "ratio")} SELECT 'bidder' AS side, * FROM fence)
, fences AS (SELECT * FROM buyer_fence UNION ALL SELECT * FROM bidder_fence)
, rejections AS (
  SELECT s.*, EXISTS (SELECT 1 FROM offers o WHERE o.out AND o.bidder_id = s.bidder_id AND o.buyer_id <> s.buyer_id)
         AS elsewhere
  FROM sided s WHERE s.out
)
SELECT s.party, s.side, any_value(s.bids) AS bids, count(*) AS times,
       2 * count(*) FILTER (WHERE r.elsewhere) > count(*) AS fits, any_value(s.ratio) AS score,
       list({{'table': 'bids', 'key': r.bid_key}} ORDER BY r.bid_key) AS refs,
       coalesce(list_sort(list_distinct(list({{'id': r.bidder_id, 'kind': 'org', 'role': 'bidder'}})
         FILTER (WHERE r.bidder_id <> s.party))), []) AS others
FROM shares s JOIN fences f USING (side) JOIN rejections r ON r.party = s.party AND r.side = s.side
WHERE f.number >= $population AND s.ratio >= f.high AND s.ratio > 0
GROUP BY s.party, s.side ORDER BY s.party, s.side
""",
        population=f"""{_SHARES}
, known AS (SELECT side, count(*) AS number FROM shares GROUP BY side)
SELECT coalesce(sum(number) FILTER (WHERE number >= $population), 0) AS judged,
       (SELECT count(DISTINCT (party, side)) FROM sided)
         - coalesce(sum(number) FILTER (WHERE number >= $population), 0) AS too_few FROM known
""",
        unit=Text(zh="采购人和投标人", en="buyers and bidders"),
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到否决理由是否成立。", en="Whether the grounds for disqualification hold."),
        sentence=Text(
            zh="{party} 的 {bids} 个投标中 {times} 个被否决。",
            en="{times} of the {bids} bids of {party} were disqualified.",
        ),
        max_share=0.1,
        relations=("entries",),
    ),
    Rule(
        code="R044",
        title=Text(zh="投标人之间有业务关联", en="Business ties between bidders"),
        question=Text(
            zh="同一标段的投标人是否经同一人员关联？", en="Are bidders of one tender tied through the same person?"
        ),
        rule=Text(
            zh="同一人员在投标当日与两家投标人有任职、持股、亲属或共用联系方式的关系，两家同场投标 {tenders} 次以上。",
            en="On the day of the bids one person is tied to two bidders, by office, shares, kin or contact, and the "
            "two met in {tenders} tenders or more.",
        ),
        why=Text(zh="有关联的投标人难以真正竞争。", en="Bidders that are tied hardly compete."),
        example=Text(zh="甲、乙两公司同场投标，董事为同一人。", en="Alpha and Beta bid, and share a director."),
        innocent=(
            "contact_only",
            Text(zh="仅共用联系方式", en="A shared contact only"),
            Text(zh="仅共用电话、地址等，可能为代办人员。", en="Only a contact is shared, perhaps that of an agent."),
            Text(zh="另有任职、持股或亲属关系。", en="There is an office, a share or kin as well."),
        ),
        parameters=Kin,
        identity=("first", "second"),
        requires={"bids": ("tender_id", "bidder_id"), "roles": ("holder_id", "org_id", "kind")},
        uses={
            "tenders": ("opened_at",),
            "kinship": ("person_a", "person_b"),
            "contacts": ("owner_id", "kind", "value"),
        },
        select="""
WITH tied AS (
  SELECT e.tender_id, e.bidder_id, e.consortium_id, e.bid_key, t.person_id, starts_with(t.how, 'shared_') AS contact,
         t.refs
  FROM entries e JOIN ties t ON t.party_id = e.bidder_id AND held(t.valid_from, t.valid_to, e.day)
  WHERE e.day IS NOT NULL AND t.person_id <> e.bidder_id
)
SELECT a.bidder_id AS first, b.bidder_id AS second, count(DISTINCT a.tender_id) AS times,
       bool_and(a.contact AND b.contact) AS fits, least(1.0, count(DISTINCT a.tender_id) / 10) AS score,
       list_sort(list_distinct(list_concat(flatten(list(a.refs)), flatten(list(b.refs)),
         list({'table': 'bids', 'key': a.bid_key}), list({'table': 'bids', 'key': b.bid_key})))) AS refs,
       list_sort(list_distinct(list({'id': a.person_id, 'kind': 'person', 'role': 'person'}))) AS others
FROM tied a JOIN tied b ON b.tender_id = a.tender_id AND b.person_id = a.person_id AND a.bidder_id < b.bidder_id
WHERE a.consortium_id IS NULL OR a.consortium_id IS DISTINCT FROM b.consortium_id
GROUP BY a.bidder_id, b.bidder_id HAVING count(DISTINCT a.tender_id) >= $tenders ORDER BY first, second
""",
        population="""
SELECT count(*) FILTER (WHERE n > 1 AND dated) AS judged, count(*) FILTER (WHERE NOT (n > 1 AND dated)) AS no_pair
FROM (SELECT count(DISTINCT bidder_id) AS n, bool_or(day IS NOT NULL) AS dated FROM entries GROUP BY tender_id)
""",
        unit=Text(zh="标段", en="tenders"),
        not_judgeable={"no_pair": Text(zh="仅有一家投标或日期未知", en="one bidder only, or no date")},
        blind=Text(zh="看不到未登记的关系。", en="Ties that no register has."),
        sentence=Text(
            zh="{first} 与 {second} 同场投标 {times} 次，且经同一人员关联。",
            en="{first} and {second} met in {times} tenders and are tied through the same person.",
        ),
        relations=("entries", "ties"),
    ),
    Rule(
        code="R048",
        title=Text(zh="供货种类过杂", en="Heterogeneous supplier"),
        question=Text(zh="供应商中标的类别是否异常多样？", en="Does a supplier win in unusually many categories?"),
        rule=Text(
            zh="中标 {tenders} 个以上的供应商，"
            "中标类别数高于上界（Q3＋1.5×四分位距，R-8；供应商不少于 {suppliers} 家）。",
            en="A supplier with {tenders} wins or more has won in more categories than Q3 + 1.5 interquartile ranges "
            "(R-8, of {suppliers} suppliers or more).",
        ),
        why=Text(
            zh="什么都卖的供应商往往只是通道，未必有能力履约。",
            en="Who supplies everything is often a conduit, and less likely to be fit for any of it.",
        ),
        example=Text(zh="同一公司中标工程、药品、软件服务。", en="One firm wins works, medicines and software."),
        innocent=(
            "general_trader",
            Text(zh="正当的综合贸易商", en="A general trader"),
            Text(zh="登记行业为批发、零售、贸易或综合。", en="It is registered as a wholesaler, retailer or trader."),
            Text(zh="登记行业不是批发、零售、贸易或综合。", en="It is registered in another trade."),
        ),
        parameters=Variety,
        identity=("supplier",),
        requires={"bids": ("tender_id", "bidder_id", "is_winner"), "tenders": ("tender_id", "category")},
        uses={"orgs": ("industry",)},
        select=f"""
WITH won AS (
  SELECT bidder_id, count(DISTINCT tender_id) AS times, count(DISTINCT category) AS kinds,
         list({{'table': 'bids', 'key': bid_key}} ORDER BY bid_key) AS refs
  FROM entries WHERE is_winner AND category IS NOT NULL
  GROUP BY bidder_id HAVING count(DISTINCT tender_id) >= $tenders
){fence("won", "kinds")}
SELECT w.bidder_id AS supplier, w.times, w.kinds,
       regexp_matches(o.industry, '批发|零售|贸易|商贸|综合|超市|[Ww]holesale|[Rr]etail|[Tt]rad') AS fits,
       least(1.0, w.kinds / 8) AS score, w.refs
FROM won w CROSS JOIN fence f LEFT JOIN orgs o ON o.org_id = w.bidder_id
WHERE f.number >= $suppliers AND w.kinds >= f.high ORDER BY supplier
""",
        population="""
SELECT CASE WHEN count(*) FILTER (WHERE n >= $tenders) >= $suppliers THEN count(*) FILTER (WHERE n >= $tenders)
            ELSE 0 END AS judged,
       count(*) - CASE WHEN count(*) FILTER (WHERE n >= $tenders) >= $suppliers
                       THEN count(*) FILTER (WHERE n >= $tenders) ELSE 0 END AS too_few
FROM (SELECT count(DISTINCT tender_id) AS n FROM entries WHERE is_winner AND category IS NOT NULL GROUP BY bidder_id)
""",
        unit=Text(zh="中标供应商", en="suppliers that won"),
        not_judgeable=_TOO_FEW,
        blind=Text(zh="看不到类别之内的品目。", en="Kinds of goods within a category."),
        sentence=Text(
            zh="{supplier} 中标 {times} 个标段，涉及 {kinds} 个类别。",
            en="{supplier} won {times} tenders in {kinds} categories.",
        ),
        max_share=0.1,
        relations=("entries",),
    ),
)

"""A firm that bids to one buyer only and wins nearly every time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Tier, Verdict
from queries.groups import applicable
from queries.relations.model import ref
from queries.wording import name


class Parameters(Params):
    """How faithful, and how lucky."""

    min_tenders: int = Field(4, ge=2, description="Tenders of the one buyer that the firm bid for at least.")
    win_pct: float = Field(80, gt=0, le=100, description="Percent of them that it won at least.")
    dominant_pct: float = Field(
        50,
        gt=0,
        le=100,
        description="Percent. A buyer that lets at least this share of a category's tenders is nearly "
        "the only one to bid to.",
    )


SELECT = Sql(f"""
WITH loyal AS (
  SELECT bidder_id FROM entries GROUP BY bidder_id
  HAVING min(buyer_id) = max(buyer_id) AND count(*) >= $min_tenders
),
bids_made AS (
  SELECT bidder_id, buyer_id, tender_id, category, coalesce(method = 'single_source', false) AS single,
         bool_or(is_winner) AS won, min(day) AS day, min(regime) AS regime,
         max(price) FILTER (WHERE is_winner) AS price, list({ref("bids", "bid_key")} ORDER BY bid_key) AS refs
  FROM entries SEMI JOIN loyal USING (bidder_id) WHERE buyer_id IS NOT NULL GROUP BY ALL
),
faithful AS (
  SELECT bidder_id FROM bids_made GROUP BY bidder_id
  HAVING count(*) >= $min_tenders AND 100 * count(*) FILTER (WHERE won) >= $win_pct * count(*)
),
shares AS (
  SELECT category, buyer_id, 100 * count(*) / sum(count(*)) OVER (PARTITION BY category) AS share
  FROM tenders GROUP BY category, buyer_id
),
rivals AS (SELECT tender_id, bidders - 1 AS rivals FROM tender_sizes)
SELECT m.bidder_id AS bidder, p.name AS bidder_name, m.buyer_id AS buyer, b.name AS buyer_name,
       count(*) AS tenders, count(*) FILTER (WHERE m.won) AS wins,
       count(*) FILTER (WHERE NOT m.single) AS contested_form,
       count(*) FILTER (WHERE NOT m.single AND m.won) AS contested_wins, sum(r.rivals) AS rivals,
       min(s.share) AS buyer_share, sum(m.price) AS price, min(m.day) AS first_day, max(m.day) AS last_day,
       min(m.regime) AS first_regime, max(m.regime) AS last_regime,
       list(m.tender_id ORDER BY m.tender_id) AS tender_ids, flatten(list(m.refs ORDER BY m.tender_id)) AS refs
FROM bids_made m SEMI JOIN faithful f USING (bidder_id) LEFT JOIN rivals r USING (tender_id)
LEFT JOIN shares s ON s.category IS NOT DISTINCT FROM m.category AND s.buyer_id = m.buyer_id
LEFT JOIN parties p ON p.id = m.bidder_id LEFT JOIN parties b ON b.id = m.buyer_id
GROUP BY ALL
ORDER BY m.bidder_id
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE tenders >= $min_tenders AND told) AS judged,
       count(*) FILTER (WHERE tenders < $min_tenders) AS too_few,
       count(*) FILTER (WHERE tenders >= $min_tenders AND NOT told) AS no_winner
FROM (SELECT bidder_id, count(DISTINCT tender_id) AS tenders,
             bool_or(tender_id IN (SELECT tender_id FROM entries WHERE is_winner)) AS told
      FROM entries GROUP BY bidder_id)
""")

LAWS = ("bidding_regulation_32", "procurement_regulation_20")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each firm that bids to one buyer and wins nearly every time."""
    for row in rows.to_dict("records"):
        yield _lead(row, params)


def _lead(row: Any, params: Parameters) -> Lead:
    first, last = (None if pd.isna(row[day]) else pd.Timestamp(row[day]).date() for day in ("first_day", "last_day"))
    reason = Text(
        zh="{bidder}只参加{buyer}的招标采购，共投 {tenders} 次，中标 {wins} 次（其间竞争对手合计 {rivals} 家次）。",
        en="{bidder} bids to {buyer} only: {tenders} tenders, {wins} won, against {rivals} other bids.",
    ).format(
        bidder=name(row, "bidder"),
        buyer=name(row, "buyer"),
        tenders=int(row["tenders"]),
        wins=int(row["wins"]),
        rivals=int(row["rivals"]),
    )
    won = 0 if pd.isna(row["price"]) else int(row["price"])
    regime = row["first_regime"] if row["first_regime"] == row["last_regime"] else "both"
    return Lead(
        identity={"bidder": row["bidder"], "buyer": row["buyer"]},
        tier=Tier.B,
        entities=(
            Entity(row["bidder"], "org", "bidder"),
            Entity(row["buyer"], "org", "buyer"),
            *(Entity(tender, "tender", "tender") for tender in row["tender_ids"]),
        ),
        reasons=(reason,),
        innocent=(_sole_supplier(row, params), _dominant(row, params)),
        records=refs(row["refs"]),
        links=(
            *(Link("BUYS", row["buyer"], tender) for tender in row["tender_ids"]),
            *(Link("BID_FOR", row["bidder"], tender) for tender in row["tender_ids"]),
        ),
        score=min(1.0, int(row["tenders"]) / 10),
        rank=float(row["tenders"]),
        amount=Amount(won),
        period=(first, last),
        laws=applicable(LAWS, regime, last),
    )


def _sole_supplier(row: Any, params: Parameters) -> Excuse:
    alone = row["contested_form"] < params.min_tenders or 100 * row["contested_wins"] < (
        params.win_pct * row["contested_form"]
    )
    if alone:
        basis = Text(
            zh="除单一来源采购外，其投标次数或者中标率未达到界限，应为当地唯一供应商。",
            en="Without single-source procurement too few tenders or wins are left: the sole local supplier.",
        )
        return Excuse("sole_local_supplier", Verdict.FITS, basis)
    basis = Text(zh="所涉标段以竞争方式采购的已达到界限。", en="Enough of the tenders were made in a competitive way.")
    return Excuse("sole_local_supplier", Verdict.RULED_OUT, basis)


def _dominant(row: Any, params: Parameters) -> Excuse:
    if pd.isna(row["buyer_share"]):
        basis = Text(zh="数据不足以计算该采购人的份额。", en="The data do not give the buyer's share.")
        return Excuse("dominant_buyer", Verdict.NOT_CHECKABLE, basis)
    if row["buyer_share"] >= params.dominant_pct:
        basis = Text(
            zh="该采购人占数据中同类标段的 {share:.0f}%，供应商本就没有多少其他采购人可投。",
            en="The buyer lets {share:.0f} % of the tenders of these categories in the data: there is hardly another.",
        ).format(share=float(row["buyer_share"]))
        return Excuse("dominant_buyer", Verdict.FITS, basis)
    basis = Text(
        zh="该采购人仅占数据中同类标段的 {share:.0f}%。",
        en="The buyer lets only {share:.0f} % of the tenders of these categories in the data.",
    ).format(share=float(row["buyer_share"]))
    return Excuse("dominant_buyer", Verdict.RULED_OUT, basis)


DETECTOR = Detector(
    id="tailored_tender",
    family="bid_rigging",
    version=3,
    tiers=(Tier.B,),
    title=Text(zh="萝卜招标", en="Tailored tenders"),
    question=Text(
        zh="是否有企业只投一家采购人的标，且几乎每投必中？",
        en="Does a firm bid to one buyer only, and win nearly every time?",
    ),
    rule=Text(
        zh="企业的全部投标均面向同一招标人或者采购人，不少于 {min_tenders} 次，且中标率不低于 {win_pct}%。除去单一来源"
        "采购后不足此数的，以及该采购人占同类标段 {dominant_pct}% 以上的，不计入。",
        en="All bids of a firm, at least {min_tenders}, go to one buyer, and it wins at least {win_pct} % of them. "
        "Firms that fall below this without single-source procurement, and buyers that let {dominant_pct} % or more of "
        "the tenders of their categories, do not count.",
    ),
    why=Text(
        zh="采购要求为特定企业量身定做时，该企业在别处无竞争力，在此处却屡投屡中。",
        en="Where terms are cut to one firm's measure, it competes nowhere else and wins here every time.",
    ),
    example=Text(
        zh="白露信息五年内只投县医院的标，5 投 5 中，每次均有两家以上陪同：列为 B 类线索。",
        en="In five years Bailu Information bid to the county hospital only, five times, and won five times over two "
        "others each: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=("OCP Red Flags Guide, tailored specifications, 2024",),
    innocent=(
        Innocent("sole_local_supplier", Text(zh="当地唯一供应商", en="The sole local supplier")),
        Innocent("dominant_buyer", Text(zh="同类采购几乎只有这一家采购人", en="Hardly another buyer of the kind")),
    ),
    parameters=Parameters,
    identity=("bidder", "buyer"),
    requires={"bids": ("tender_id", "bidder_id", "is_winner"), "tenders": ("tender_id", "buyer_id")},
    uses={"tenders": ("method", "category"), "bids": ("price",)},
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="投标企业", en="bidders"),
    not_judgeable={
        "too_few": Text(zh="投标次数不足", en="the firm bid too few times"),
        "no_winner": Text(zh="其所投标段均没有中标人", en="none of its tenders has a winner"),
    },
    blind=Text(
        zh="看不到该企业在未接入平台的投标，也看不到换用其他企业名称的投标。",
        en="Bids of the firm on platforms that are not connected, and bids in another firm's name.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes"),
)

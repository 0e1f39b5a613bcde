"""The lowest bidder withdraws, and a tied or frequently co-bidding firm wins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Tier, Verdict
from queries.groups import applicable
from queries.relations.model import ref
from queries.wording import name, tie


class Parameters(Params):
    """What binds the one who withdraws to the one who wins."""

    min_together: int = Field(6, ge=1, description="Other tenders that both bid for, from which on they are a pair.")
    min_share: float = Field(
        50, gt=0, le=100, description="Percent. These are at least this share of the other tenders of either firm."
    )
    give_up_words: tuple[str, ...] = Field(
        ("放弃", "撤回", "撤销", "弃标", "拒签", "拒绝签", "拒不签", "未签订", "不签订"),
        description="Words of a reason for disqualification that mean giving up.",
    )
    error_words: tuple[str, ...] = Field(
        ("错误", "笔误", "误算", "error"), description="Words of a reason that name an error in the bid."
    )


SELECT = Sql(f"""
-- Who gives way stands below every bid that stands: of several that give way, each does, and a bid thrown out is none.
WITH standing AS (
  SELECT tender_id, min(price) AS lowest FROM entries
  WHERE price > 0 AND coalesce(status, 'valid') = 'valid' GROUP BY tender_id
),
beaten AS (
  SELECT l.tender_id, l.bidder_id, l.bid_id, l.bid_key, l.price, l.day, l.regime, l.status, w.bidder_id AS winner,
         w.bid_id AS won_bid, w.bid_key AS won_key, w.price AS won_price
  FROM entries l JOIN standing s ON s.tender_id = l.tender_id AND l.price > 0 AND l.price < s.lowest
  JOIN entries w ON w.tender_id = l.tender_id AND w.is_winner AND w.price > l.price
  WHERE l.bidder_id <> w.bidder_id AND (l.consortium_id IS NULL OR w.consortium_id IS DISTINCT FROM l.consortium_id)
),
given_up AS (
  SELECT l.*, b.disqualified_reason AS reason FROM beaten l JOIN bids b USING (bid_id)
  WHERE l.status IS NOT DISTINCT FROM 'withdrawn'
    OR coalesce(list_bool_or([contains(b.disqualified_reason, x) FOR x IN $give_up_words]), false)
),
-- A person or a firm tied to both; kin count on one side only.
bound AS (
  SELECT g.tender_id, g.bidder_id, g.winner, a.person_id AS via, a.how AS how_low, b.how AS how_won,
         list_concat(a.refs, b.refs) AS refs
  FROM given_up g JOIN ties a ON a.party_id = g.bidder_id JOIN ties b ON b.party_id = g.winner
    AND b.person_id = a.person_id
  WHERE (a.via_id IS NULL OR b.via_id IS NULL) AND held(a.valid_from, a.valid_to, g.day)
    AND held(b.valid_from, b.valid_to, g.day)
  UNION ALL
  SELECT g.tender_id, g.bidder_id, g.winner, t.person_id, t.how, t.how, t.refs
  FROM given_up g JOIN ties t ON t.person_id = g.bidder_id AND t.party_id = g.winner
  WHERE held(t.valid_from, t.valid_to, g.day)
  UNION ALL
  SELECT g.tender_id, g.bidder_id, g.winner, t.person_id, t.how, t.how, t.refs
  FROM given_up g JOIN ties t ON t.person_id = g.winner AND t.party_id = g.bidder_id
  WHERE held(t.valid_from, t.valid_to, g.day)
  UNION ALL
  SELECT g.tender_id, g.bidder_id, g.winner, contact_id(a.kind, a.value), 'shared_' || a.kind, 'shared_' || a.kind,
         [a.ref, b.ref]
  FROM given_up g JOIN shared_contacts a ON a.owner_id = g.bidder_id AND a.owners <= 8
  JOIN shared_contacts b ON b.owner_id = g.winner AND b.kind = a.kind AND b.value = a.value
  WHERE held(a.valid_from, a.valid_to, g.day) AND held(b.valid_from, b.valid_to, g.day)
),
nearest AS (
  SELECT * FROM bound
  QUALIFY row_number() OVER (PARTITION BY tender_id, bidder_id, winner ORDER BY how_low, how_won, via) = 1
),
firms AS (SELECT bidder_id FROM given_up UNION SELECT winner FROM given_up),
taken_part AS (SELECT DISTINCT tender_id, bidder_id FROM entries SEMI JOIN firms USING (bidder_id)),
meetings AS (
  SELECT g.tender_id, g.bidder_id, g.winner,
         count(DISTINCT a.tender_id) FILTER (WHERE b.tender_id IS NOT NULL) AS together,
         count(DISTINCT a.tender_id) AS of_low,
         (SELECT count(*) - 1 FROM taken_part w WHERE w.bidder_id = g.winner) AS of_winner
  FROM given_up g LEFT JOIN taken_part a ON a.bidder_id = g.bidder_id AND a.tender_id <> g.tender_id
  LEFT JOIN taken_part b ON b.tender_id = a.tender_id AND b.bidder_id = g.winner
  GROUP BY ALL
)
SELECT g.tender_id, g.day, g.regime, g.bidder_id AS bidder, p.name AS bidder_name, g.winner, w.name AS winner_name,
       g.bid_id, g.won_bid, g.price, g.won_price,
       coalesce(list_bool_or([contains(lower(g.reason), x) FOR x IN $error_words]), false) AS said_error,
       n.via, v.kind AS via_kind, v.name AS via_name, n.how_low, n.how_won, n.refs AS tie_refs,
       m.together, m.together / greatest(1, m.of_low, m.of_winner) * 100 AS share,
       [{ref("bids", "g.bid_key")}, {ref("bids", "g.won_key")}] AS refs
FROM given_up g JOIN meetings m USING (tender_id, bidder_id, winner)
LEFT JOIN nearest n USING (tender_id, bidder_id, winner)
LEFT JOIN parties p ON p.id = g.bidder_id LEFT JOIN parties w ON w.id = g.winner LEFT JOIN parties v ON v.id = n.via
QUALIFY row_number() OVER (PARTITION BY g.tender_id, g.bidder_id, g.winner ORDER BY g.bid_id, g.won_bid) = 1
ORDER BY g.tender_id, g.bidder_id, g.winner
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE won AND priced > 1) AS judged, count(*) FILTER (WHERE NOT won) AS no_winner,
       count(*) FILTER (WHERE won AND priced <= 1) AS no_prices
FROM (SELECT tender_id, bool_or(is_winner) AS won, count(DISTINCT bidder_id) FILTER (WHERE price > 0) AS priced
      FROM entries JOIN tender_sizes USING (tender_id) WHERE bidders > 1 GROUP BY ALL)
""")

LAWS = ("bidding_regulation_39_3", "procurement_regulation_74")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each tender whose lowest bidder gave way to a firm that it is bound to."""
    for row in rows.to_dict("records"):
        tied = isinstance(row["how_low"], str)
        paired = row["together"] >= params.min_together and row["share"] >= params.min_share
        if tied or paired:
            yield _lead(row, tied, paired)


def _lead(row: Any, tied: bool, paired: bool) -> Lead:
    names = {"bidder": name(row, "bidder"), "winner": name(row, "winner"), "tender": row["tender_id"]}
    lost = int(row["won_price"]) - int(row["price"])
    reasons = [
        Text(
            zh="{bidder}在标段 {tender} 报价 {low}，低于全部有效投标，其放弃后{winner}以 {won}中标，高出 {lost}。",
            en="{bidder}, at {low} below every valid bid for tender {tender}, gave up, and {winner} won at {won}, "
            "{lost} above.",
        ).format(**names, low=money(int(row["price"])), won=money(int(row["won_price"])), lost=money(lost))
    ]
    if tied:
        reasons.append(
            Text(
                zh="两家均与{via}存在关联（{low}；{won}）。",
                en="Both are tied to {via} ({low}; {won}).",
            ).format(via=_via(row), low=tie(row["how_low"]), won=tie(row["how_won"]))
        )
    if paired:
        reasons.append(
            Text(
                zh="两家另外同场投标 {n} 次，占任一方其他投标的 {share:.0f}% 以上。",
                en="They bid together {n} other times, {share:.0f} % or more of either's other bids.",
            ).format(n=int(row["together"]), share=float(row["share"]))
        )
    day = None if pd.isna(row["day"]) else pd.Timestamp(row["day"]).date()
    via = [Entity(row["via"], "person" if row["via_kind"] == "person" else "org", "tie")] if tied else []
    return Lead(
        identity={"tender": row["tender_id"], "bidder": row["bidder"], "winner": row["winner"]},
        tier=Tier.B,
        entities=(
            Entity(row["tender_id"], "tender", "tender"),
            Entity(row["bidder"], "org", "bidder"),
            Entity(row["winner"], "org", "winner"),
            Entity(row["bid_id"], "bid", "bid"),
            Entity(row["won_bid"], "bid", "bid"),
            *(
                entity
                for entity in via
                if isinstance(row["via_kind"], str) and entity.id not in (row["bidder"], row["winner"])
            ),
        ),
        reasons=tuple(reasons),
        innocent=(_bid_error(bool(row["said_error"]), tied),),
        records=(*refs(row["refs"]), *(refs(row["tie_refs"]) if tied else ())),
        links=(
            Link("SUBMITTED", row["bidder"], row["bid_id"]),
            Link("SUBMITTED", row["winner"], row["won_bid"]),
            *(Link("TIED", row["via"], firm) for firm in (row["bidder"], row["winner"]) if tied and firm != row["via"]),
        ),
        score=1.0 if tied and paired else 0.8 if tied else 0.5,
        rank=lost / 100,
        amount=Amount(lost),
        period=(day, day),
        laws=applicable(LAWS, row["regime"], day),
    )


def _via(row: Any) -> Text:
    if isinstance(row["via_name"], str):
        return Text(zh=row["via_name"], en=row["via_name"])
    if str(row["how_low"]).startswith("shared_"):
        return Text(zh="同一联系方式", en="one contact")
    return Text(zh=str(row["via"]), en=str(row["via"]))


def _bid_error(said: bool, tied: bool) -> Excuse:
    if said and not tied:
        basis = Text(
            zh="记录载明因报价错误放弃，且两家之间没有任职、持股、亲属等关联。",
            en="The record names an error in the bid, and no role, share or kinship ties the two.",
        )
        return Excuse("bid_error", Verdict.FITS, basis)
    if said:
        basis = Text(
            zh="记录称因报价错误放弃，但两家之间存在关联。", en="The record names an error, but the two are tied."
        )
        return Excuse("bid_error", Verdict.RULED_OUT, basis)
    basis = Text(zh="记录未说明因报价错误放弃。", en="The record names no error in the bid.")
    return Excuse("bid_error", Verdict.NOT_CHECKABLE, basis)


DETECTOR = Detector(
    id="low_bid_withdrawn",
    family="bid_rigging",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="最低价放弃中标", en="The lowest bidder gives way"),
    question=Text(
        zh="最低价投标人是否放弃，而由其关联企业或者经常同场投标的企业高价中标？",
        en="Does the lowest bidder give up, and a firm that it is tied to, or often bids with, win at a higher price?",
    ),
    rule=Text(
        zh="报价低于全部有效投标的投标人撤回投标，或者否决原因含 {give_up_words} 之一，而中标人与其有共同的任职、持股、"
        "亲属或者联系方式，或者两家另外同场投标不少于 {min_together} 次且占任一方其他投标的 {min_share}% 以上。原因含 "
        "{error_words} 且两家无关联的，不计入。",
        en="A bidder below every valid bid withdraws, or is disqualified for a reason with one of {give_up_words}, "
        "and the winner is tied to it by roles, shares, kin or a contact, or the two bid together at least "
        "{min_together} other times, {min_share} % or more of the other bids of either. A reason with one of "
        "{error_words} between firms that are not tied does not count.",
    ),
    why=Text(
        zh="串通投标中，低价者在开标后放弃，使高价的同伙中标，差价由双方分享。",
        en="In a ring the low bidder gives up after the opening so that a partner wins at the higher price; they share "
        "the difference.",
    ),
    example=Text(
        zh="青禾建设报价最低后撤回，其股东胞弟的白露市政高出 70 万元中标：列为 B 类线索。",
        en="Qinghe Construction is lowest and withdraws; Bailu Municipal, owned by the brother of Qinghe's owner, wins "
        "CNY 700,000 above: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=("OECD, Guidelines for Fighting Bid Rigging in Public Procurement, 2025",),
    innocent=(Innocent("bid_error", Text(zh="报价错误", en="An error in the bid")),),
    parameters=Parameters,
    identity=("tender", "bidder", "winner"),
    requires={"bids": ("bid_id", "tender_id", "bidder_id", "price", "status", "is_winner")},
    uses={
        "bids": ("disqualified_reason", "consortium_id"),
        "roles": ("holder_id", "org_id", "kind"),
        "kinship": ("person_a", "person_b"),
        "contacts": ("owner_id",),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_winner": Text(zh="标段没有中标人", en="the tender has no winner"),
        "no_prices": Text(zh="少于两家投标人有报价", en="fewer than two bidders have a price"),
    },
    blind=Text(
        zh="看不到撤回后报价不再保留的投标，以及没有登记的关联。",
        en="Bids whose price is not kept once withdrawn, and ties that are not registered.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes", "ties", "shared_contacts"),
)

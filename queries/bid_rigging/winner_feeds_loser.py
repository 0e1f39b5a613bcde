"""The winner of a tender subcontracts to, or pays, a bidder that it beat there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Tier, Verdict
from queries.groups import applicable
from queries.relations.model import ref
from queries.wording import name


class Parameters(Params):
    """Which money follows from the award."""

    days_after: int = Field(365, ge=1, description="Days after the award in which a bare payment counts.")
    min_pct: float = Field(
        0.5, ge=0, le=100, description="Percent of the winner's price that reaches the loser at least."
    )
    history_payments: int = Field(3, ge=1, description="Payments before the award that make trade regular.")
    history_ratio: float = Field(
        3, gt=1, description="Times. Trade explains a sum of at most this multiple of the usual."
    )
    trade_words: tuple[str, ...] = Field(
        ("专业",), description="Words of a qualification that name a specialist trade."
    )


SELECT = Sql(f"""
WITH wins AS (
  SELECT e.tender_id, e.bidder_id AS winner, e.bid_id, e.bid_key, e.price, e.regime, e.consortium_id,
         coalesce(t.awarded_on, e.day) AS day
  FROM entries e JOIN tenders t USING (tender_id) WHERE e.is_winner
),
beaten AS (
  SELECT w.*, l.bidder_id AS loser, l.bid_id AS lost_bid, l.bid_key AS lost_key
  FROM wins w JOIN entries l ON l.tender_id = w.tender_id AND l.bidder_id <> w.winner AND NOT l.is_winner
  WHERE w.consortium_id IS NULL OR l.consortium_id IS DISTINCT FROM w.consortium_id
),
subcontracts AS (
  SELECT s.contract_id, coalesce(m.tender_id, s.tender_id) AS in_tender, s.buyer_id, s.supplier_id, s.amount, s.scope,
         s.signed_on, [{ref("contracts", "s._key")}, {ref("contracts", "coalesce(m._key, s._key)")}] AS refs
  FROM contracts s LEFT JOIN contracts m ON m.contract_id = s.parent_id WHERE s.kind = 'sub'
),
parts AS (
  SELECT b.tender_id, b.winner, b.loser, s.*, EXISTS (
           SELECT 1 FROM qualifications q WHERE q.org_id = b.loser
           AND held(q.valid_from, q.valid_to, coalesce(s.signed_on, b.day))
           AND list_bool_or([contains(q.kind, x) FOR x IN $trade_words])) AS qualified
  FROM beaten b JOIN subcontracts s ON s.in_tender = b.tender_id AND s.buyer_id = b.winner AND s.supplier_id = b.loser
),
let AS (
  SELECT tender_id, winner, loser, sum(amount) AS let_sum, max(signed_on) AS last_day,
         list(contract_id ORDER BY contract_id) AS contracts, flatten(list(refs ORDER BY contract_id)) AS refs,
         bool_and(coalesce(scope = 'professional', false) AND qualified) AS specialist
  FROM parts GROUP BY tender_id, winner, loser
),
-- Who takes and gives money for a firm: itself, and who heads or controls it.
pairs AS (SELECT DISTINCT winner, loser FROM beaten),
principals AS (
  SELECT person_id, org_id, valid_from, valid_to, ref FROM heads
  UNION ALL
  SELECT holder_id, org_id, valid_from, valid_to, ref FROM stakes WHERE control
),
sides AS (
  SELECT firm, firm AS party, NULL AS person, NULL AS valid_from, NULL AS valid_to, NULL AS ref
  FROM (SELECT winner AS firm FROM pairs UNION SELECT loser FROM pairs)
  UNION ALL
  SELECT p.org_id, p.person_id, {{'id': p.person_id, 'name': n.name}}, p.valid_from, p.valid_to, p.ref
  FROM principals p JOIN persons n ON n.person_id = p.person_id
  SEMI JOIN (SELECT winner AS firm FROM pairs UNION SELECT loser FROM pairs) f ON f.firm = p.org_id
),
-- Where money went: the payee of record, and whose account it was.
reached AS (
  SELECT ledger, key, payer_id, payee_id, amount, day, NULL AS ref FROM flows
  UNION ALL
  SELECT f.ledger, f.key, f.payer_id, h.holder_id, f.amount, f.day, h.ref
  FROM account_holders h JOIN flows f ON f.ledger = h.ledger AND f.key = h.key
),
-- Money between the two without a contract; under another contract it is the price of other work.
bare AS (
  SELECT f.ledger, f.key, f.amount, f.day, w.firm AS winner, l.firm AS loser,
         list_filter([w.person, l.person], lambda x: x IS NOT NULL) AS persons,
         list_filter([f.ref, w.ref, l.ref], lambda x: x IS NOT NULL) AS side_refs
  FROM reached f JOIN sides w ON w.party = f.payer_id AND held(w.valid_from, w.valid_to, f.day)
  JOIN sides l ON l.party = f.payee_id AND held(l.valid_from, l.valid_to, f.day)
  SEMI JOIN pairs b ON b.winner = w.firm AND b.loser = l.firm
  WHERE f.key NOT IN (SELECT _key FROM payments WHERE contract_id IS NOT NULL)
    -- Who belongs to both firms is paid, and pays, as one of the other's own.
    AND NOT EXISTS (FROM roles r WHERE r.holder_id = l.person.id AND r.org_id = w.firm)
    AND NOT EXISTS (FROM roles r WHERE r.holder_id = w.person.id AND r.org_id = l.firm)
  QUALIFY row_number() OVER (PARTITION BY f.ledger, f.key, w.firm, l.firm ORDER BY len(persons), persons, side_refs) = 1
),
-- One payment follows from the nearest award before it.
due AS (
  SELECT b.tender_id, b.day AS awarded, f.*
  FROM beaten b JOIN bare f USING (winner, loser)
  WHERE f.day >= b.day AND f.day <= b.day + $days_after
  QUALIFY row_number() OVER (PARTITION BY f.ledger, f.key, winner, loser ORDER BY b.day DESC, b.tender_id) = 1
),
history AS (
  SELECT d.tender_id, d.winner, d.loser, count(*) AS earlier, median(f.amount) AS usual
  FROM (SELECT DISTINCT tender_id, winner, loser, awarded FROM due) d
  JOIN bare f ON f.winner = d.winner AND f.loser = d.loser AND f.day < d.awarded
  GROUP BY ALL
),
paid AS (
  SELECT tender_id, winner, loser, sum(amount) AS paid_sum, count(*) AS payments, max(day) AS last_day,
         list_sort(list_distinct(flatten(list(persons)))) AS persons,
         list_concat(list({{'table': ledger, 'key': key}} ORDER BY ledger, key),
                     list_sort(list_distinct(flatten(list(side_refs))))) AS refs
  FROM due GROUP BY tender_id, winner, loser
),
fed AS (SELECT tender_id, winner, loser FROM let UNION SELECT tender_id, winner, loser FROM paid)
SELECT b.tender_id, b.regime, b.winner, w.name AS winner_name, b.loser, l.name AS loser_name, b.day, b.price,
       b.bid_id, b.lost_bid, [{ref("bids", "b.bid_key")}, {ref("bids", "b.lost_key")}] AS bid_refs,
       coalesce(s.let_sum, 0) AS let_sum, coalesce(s.contracts, []) AS contracts,
       coalesce(s.specialist, false) AS specialist,
       EXISTS (SELECT 1 FROM bid_members m JOIN roles r ON r.holder_id = m.person_id AND r.kind = 'employee'
               WHERE m.bid_id = b.bid_id AND r.org_id = b.loser AND held(r.valid_from, r.valid_to, b.day)) AS declared,
       coalesce(p.paid_sum, 0) AS paid_sum, coalesce(p.persons, []) AS persons,
       coalesce(p.payments, 0) AS payments, coalesce(h.earlier, 0) AS earlier,
       coalesce(h.usual, 0) AS usual, greatest(s.last_day, p.last_day) AS last_day,
       list_concat(coalesce(s.refs, []), coalesce(p.refs, [])) AS refs
FROM (FROM beaten SEMI JOIN fed USING (tender_id, winner, loser)) b
LEFT JOIN let s USING (tender_id, winner, loser) LEFT JOIN paid p USING (tender_id, winner, loser)
LEFT JOIN history h USING (tender_id, winner, loser)
LEFT JOIN parties w ON w.id = b.winner LEFT JOIN parties l ON l.id = b.loser
QUALIFY row_number() OVER (PARTITION BY b.tender_id, b.winner, b.loser ORDER BY b.bid_id, b.lost_bid) = 1
ORDER BY b.tender_id, b.winner, b.loser
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE won) AS judged, count(*) FILTER (WHERE NOT won) AS no_winner
FROM (SELECT tender_id, bool_or(is_winner) AS won FROM entries JOIN tender_sizes USING (tender_id)
      WHERE bidders > 1 GROUP BY ALL)
""")

LAWS = ("bidding_law_32", "bidding_regulation_39_3", "procurement_regulation_74")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each bidder that the winner of the tender feeds."""
    for row in rows.to_dict("records"):
        total = int(row["let_sum"]) + int(row["paid_sum"])
        if not pd.isna(row["price"]) and total * 100 < params.min_pct * int(row["price"]):
            continue
        yield _lead(row, total, params)


def _lead(row: Any, total: int, params: Parameters) -> Lead:
    names = {"winner": name(row, "winner"), "loser": name(row, "loser"), "tender": row["tender_id"]}
    reasons = []
    if len(row["contracts"]):
        reasons.append(
            Text(
                zh="{winner}中标标段 {tender} 后，将其中 {sum}分包给落选投标人{loser}。",
                en="{winner} won tender {tender} and let {sum} of it to {loser}, a bidder that it beat.",
            ).format(**names, sum=money(int(row["let_sum"])))
        )
    if row["payments"]:
        reasons.append(
            Text(
                zh="{winner}中标标段 {tender} 后 {days} 天内，无合同向落选投标人{loser}付款 {n} 笔，合计 {sum}。",
                en="Within {days} days of winning tender {tender}, {winner} paid {loser}, a bidder that it beat, {n} "
                "sums without a contract, {sum} in all.",
            ).format(**names, days=params.days_after, n=int(row["payments"]), sum=money(int(row["paid_sum"])))
        )
    if len(row["persons"]):
        reasons.append(
            Text(
                zh="收付款人含双方的负责人或者控制人：{persons}。",
                en="Among those who paid or were paid are persons who head or control the two: {persons}.",
            ).format(persons=listing(dict.fromkeys(person["name"] for person in row["persons"])))
        )
    day = None if pd.isna(row["day"]) else pd.Timestamp(row["day"]).date()
    last = day if pd.isna(row["last_day"]) else pd.Timestamp(row["last_day"]).date()
    return Lead(
        identity={"tender": row["tender_id"], "winner": row["winner"], "loser": row["loser"]},
        tier=Tier.B,
        entities=(
            Entity(row["tender_id"], "tender", "tender"),
            Entity(row["winner"], "org", "winner"),
            Entity(row["loser"], "org", "loser"),
            *(Entity(contract, "contract", "subcontract") for contract in row["contracts"]),
            *(Entity(person["id"], "person", "principal") for person in row["persons"]),
        ),
        reasons=tuple(reasons),
        innocent=(_specialist(row), _trade(row, params)),
        records=(*refs(row["bid_refs"]), *refs(row["refs"])),
        links=(
            Link("SUBMITTED", row["winner"], row["bid_id"]),
            Link("SUBMITTED", row["loser"], row["lost_bid"]),
            Link("FEEDS", row["winner"], row["loser"]),
        ),
        score=min(1.0, 0.5 + (0 if pd.isna(row["price"]) else total / int(row["price"]))),
        rank=total / 100,
        amount=Amount(total),
        period=(day, last),
        laws=applicable(LAWS, row["regime"], day),
    )


def _specialist(row: Any) -> Excuse:
    if row["specialist"] and row["declared"] and not row["payments"]:
        basis = Text(
            zh="分包为专业分包，分包人具备相应专业资质，其人员已列入中标人投标文件。",
            en="The subcontract is for a specialist trade that the loser is qualified for, and its people were named "
            "in the winner's bid.",
        )
        return Excuse("specialist_trade", Verdict.FITS, basis)
    basis = Text(
        zh="不是投标文件已载明、由具备资质单位承担的专业分包。",
        en="It is no specialist trade that the bid declared and the loser is qualified for.",
    )
    return Excuse("specialist_trade", Verdict.RULED_OUT, basis)


def _trade(row: Any, params: Parameters) -> Excuse:
    regular = row["earlier"] >= params.history_payments
    usual = int(row["paid_sum"]) <= params.history_ratio * float(row["usual"]) * max(1, int(row["payments"]))
    if regular and usual and not len(row["contracts"]):
        basis = Text(
            zh="双方在中标前即有多笔金额相近的往来。", en="The two traded in like amounts before the award already."
        )
        return Excuse("long_standing_trade", Verdict.FITS, basis)
    basis = Text(
        zh="中标前没有规律且金额相近的往来。", en="Before the award there was no regular trade of like amounts."
    )
    return Excuse("long_standing_trade", Verdict.RULED_OUT, basis)


DETECTOR = Detector(
    id="winner_feeds_loser",
    family="bid_rigging",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="中标人向落选人输送", en="The winner feeds a loser"),
    question=Text(
        zh="中标人是否将工程分包给同一标段的落选投标人，或者向其付款？",
        en="Does the winner of a tender subcontract to, or pay, a bidder that it beat there?",
    ),
    rule=Text(
        zh="中标人将中标合同分包给同一标段的落选投标人，或者在中标后 {days_after} 天内无合同向其付款，合计不低于中标价"
        "的 {min_pct}%；双方负责人、控制人的收付和实际收款账户的所有人计算在内。投标文件已载明的专业分包（资质名称"
        "含 {trade_words}）、中标前已有不少于 {history_payments} 笔且金额相近（不超过 {history_ratio} 倍）往来的，"
        "不计入。",
        en="The winner lets part of the contract to a bidder that it beat, or pays it without a contract within "
        "{days_after} days of the award, together at least {min_pct} % of the price; who heads or controls either "
        "firm, and whose account was paid, count with it. A specialist trade that the bid declared (the qualification "
        "has one of {trade_words}), and trade of at least {history_payments} earlier payments in like amounts (up to "
        "{history_ratio} times), do not count.",
    ),
    why=Text(
        zh="陪标常以分包或者补偿款作为回报。",
        en="A cover bid is often paid for by a subcontract or a compensation.",
    ),
    example=Text(
        zh="青禾建设中标后一个月，向落选的白露市政支付“补偿款”30 万元，双方并无合同：列为 B 类线索。",
        en="A month after its award Qinghe Construction pays Bailu Municipal, which lost, a compensation of CNY "
        "300,000 without a contract: a tier B lead.",
    ),
    legal_basis=LAWS,
    references=(
        "OCP Red Flags Guide R070, 2024",
        "OECD, Guidelines for Fighting Bid Rigging in Public Procurement, 2025",
    ),
    innocent=(
        Innocent("specialist_trade", Text(zh="投标文件载明的专业分包", en="A specialist trade declared in the bid")),
        Innocent("long_standing_trade", Text(zh="长期往来", en="Trade of long standing")),
    ),
    parameters=Parameters,
    identity=("tender", "winner", "loser"),
    requires={
        "bids": ("bid_id", "tender_id", "bidder_id", "is_winner"),
        "contracts": ("buyer_id", "supplier_id", "kind", "parent_id"),
    },
    uses={
        "payments": ("payer_id", "payee_id", "contract_id"),
        "transfers": ("from_id", "to_id"),
        "roles": ("holder_id", "org_id", "kind"),
        "contacts": ("owner_id", "kind", "value"),
        "qualifications": ("org_id", "kind"),
        "bid_members": ("bid_id", "person_id"),
        "bids": ("consortium_id", "price"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={"no_winner": Text(zh="标段没有中标人", en="the tender has no winner")},
    blind=Text(
        zh="看不到经第三方转付、以其他项目名义结算以及现金支付的补偿。",
        en="Compensation through third parties, under the name of other projects, or in cash.",
    ),
    max_share=0.02,
    relations=("parties", "entries", "tender_sizes", "flows", "account_holders", "heads", "stakes"),
)

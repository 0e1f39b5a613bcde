"""Bidders of one tender whose deposits came from one payer or account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.bidders import MEMBER, SPREAD, comparable
from queries.detector import Detector, Innocent, Params, Sql
from queries.finding import Amount, Lead, Link, Tier
from queries.groups import CONSORTIUM, Account, Group, GroupExcuse, leads
from queries.relations.model import ref
from queries.rows import Rows


class Parameters(Params):
    """What counts as an account that serves everybody."""

    popular: int = Field(8, ge=2, description="Bidders. An account that pays for more of them may be a collecting one.")
    together: float = Field(
        0.3, gt=0, le=1, description="Share of the pairs of a popular account's users that may have met in a tender."
    )


SELECT = Sql(
    f"""
WITH deposits AS (
  SELECT e.tender_id, e.bidder_id, e.bid_id, e.day, d.payer_id, d.payer_account, d.amount, d.form,
         coalesce(d.form IN ('guarantee', 'insurance'), d.payer_id = d.guarantor_id, false) AS guaranteed,
         {ref("bid_deposits", "d._key")} AS ref
  FROM bid_deposits d JOIN entries e USING (bid_id)
),
-- Whose account it is by the contacts, whoever the record names.
owners AS (
  SELECT value, owner_id, valid_from, valid_to, _key FROM contacts WHERE kind = 'account'
  QUALIFY min(owner_id) OVER (PARTITION BY value) = max(owner_id) OVER (PARTITION BY value)
),
payers AS (
  SELECT d.*, d.payer_id AS source_id, [d.ref] AS refs FROM deposits d WHERE d.payer_id IS NOT NULL
  UNION ALL
  SELECT d.*, o.owner_id, [d.ref, {ref("contacts", "o._key")}]
  FROM deposits d JOIN owners o ON o.value = d.payer_account AND held(o.valid_from, o.valid_to, d.day)
  WHERE o.owner_id IS DISTINCT FROM d.payer_id
),
-- A bidder that paid for a rival takes part, whatever it gave for itself.
rivals AS (
  SELECT DISTINCT p.tender_id, p.source_id FROM payers p
  JOIN entries e ON e.tender_id = p.tender_id AND e.bidder_id = p.source_id WHERE p.bidder_id <> p.source_id
),
sources AS (
  SELECT tender_id, bidder_id, bid_id, payer_id, amount, form, guaranteed, NULL AS source_id, true AS paid,
         [ref] AS refs, 'account:' || payer_account AS thing
  FROM deposits WHERE payer_account IN (
    SELECT payer_account FROM deposits GROUP BY payer_account HAVING min(bidder_id) <> max(bidder_id))
  UNION ALL
  SELECT tender_id, bidder_id, bid_id, payer_id, amount, form, guaranteed, source_id, true, refs, 'payer:' || source_id
  FROM payers WHERE source_id IN (
    SELECT source_id FROM payers GROUP BY source_id HAVING min(bidder_id) <> max(bidder_id))
     OR (tender_id, source_id) IN (FROM rivals)
  UNION ALL
  SELECT e.tender_id, e.bidder_id, e.bid_id, NULL, NULL, 'transfer', false, r.source_id, false, [],
         'payer:' || r.source_id
  FROM rivals r JOIN entries e ON e.tender_id = r.tender_id AND e.bidder_id = r.source_id
  WHERE (e.bid_id, r.source_id) NOT IN (SELECT (bid_id, source_id) FROM payers)
),
uses AS (SELECT tender_id, bidder_id, thing FROM sources),
"""
    + SPREAD
    + f"""
SELECT {MEMBER},
       s.thing, s.source_id, q.name AS source_name, w.users, 2 * w.pairs / (w.users * (w.users - 1)) AS together,
       min(s.payer_id) AS payer_id, max(s.amount) AS amount, bool_or(s.paid) AS paid,
       bool_and(s.guaranteed AND r.source_id IS NULL) AS guaranteed, bool_or(s.form IS NULL) AS form_unknown,
       list_sort(list_distinct(flatten(list(s.refs)))) AS refs
FROM sources s SEMI JOIN met USING (tender_id, thing) JOIN spread w USING (thing) JOIN entries e USING (bid_id)
LEFT JOIN parties p ON p.id = e.bidder_id LEFT JOIN parties q ON q.id = s.source_id
LEFT JOIN rivals r ON r.tender_id = s.tender_id AND r.source_id = s.source_id
GROUP BY ALL
ORDER BY e.tender_id, e.bidder_id, s.thing, e.bid_id
"""
)

POPULATION = comparable(
    "SELECT DISTINCT bid_id FROM bid_deposits WHERE payer_id IS NOT NULL OR payer_account IS NOT NULL", "no_payer"
)

LAWS = ("bidding_regulation_40_6", "order_87_37")

EXCUSES = (
    GroupExcuse(
        "same_guarantor",
        "guaranteed",
        fits=Text(
            zh="保证金以保函或保证保险形式提交，付款方为同一担保机构。",
            en="The deposits are guarantees or insurance of one guarantor.",
        ),
        ruled_out=Text(
            zh="保证金不是由本身不参加投标的担保机构以保函或者保险形式提交的。",
            en="The deposits are no guarantees or insurance of a guarantor that does not bid itself.",
        ),
        unknown="form_unknown",
        not_checkable=Text(zh="数据未说明保证金形式。", en="The data do not say in what form the deposit was given."),
    ),
    GroupExcuse(
        "collecting_account",
        "collecting",
        fits=Text(
            zh="付款账户为大量互不关联投标人代收代付，且其用户很少同标段出现。",
            en="The account pays for many unrelated bidders, who seldom meet in one tender.",
        ),
        ruled_out=Text(
            zh="付款账户只为少数投标人缴纳，或其用户总在同一标段出现。",
            en="The account pays for few bidders, or for bidders that always meet.",
        ),
    ),
)


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each group of bidders of a tender whose deposits are connected by a payer or an account."""
    rows = rows.assign(collecting=(rows["users"] > params.popular) & (rows["together"] <= params.together))
    yield from leads(rows, EXCUSES, _account, LAWS)


def _account(group: Group) -> Account:
    paid = group.rows.where(group.rows["paid"])
    # Who paid for a rival alone, and not for itself, is no common source of two deposits.
    common = any(len(set(part["bidder_id"])) > 1 for part in paid.split("thing"))
    payers = dict.fromkeys((payer, bid) for payer, bid in paid.cells("payer_id", "bid_id") if payer)
    return Account(
        reasons=tuple(_reason(group, part) for part in paid.split("thing")),
        tier=Tier.A if common else Tier.B,
        links=tuple(Link("PAID_DEPOSIT", payer, bid) for payer, bid in payers),
        amount=Amount(_sum(paid)),
    )


def _sum(deposits: Rows) -> int:
    return sum(int(amount or 0) for amount in deposits.distinct("bid_id")["amount"])


def _reason(group: Group, part: Rows) -> Text:
    said = (
        Text(
            zh="{names}在标段 {tender} 的投标保证金（合计 {sum}）由同一账户转出。",
            en="The deposits of {names} for tender {tender} ({sum} in all) came out of one account.",
        )
        if part["source_id"][0] is None
        else Text(
            zh="{names}在标段 {tender} 的投标保证金（合计 {sum}）由{payer}缴纳。",
            en="The deposits of {names} for tender {tender} ({sum} in all) were paid by {payer}.",
        )
    )
    return said.format(
        names=replace(group, rows=part).names,
        tender=group.tender_id,
        sum=money(_sum(part)),
        payer=part["source_name"][0] or str(part["source_id"][0]),
    )


DETECTOR = Detector(
    id="deposit_same_source",
    family="bid_rigging",
    version=2,
    tiers=(Tier.A, Tier.B),
    title=Text(zh="保证金同源", en="Deposits from one account"),
    question=Text(
        zh="同一标段不同投标人的保证金，是否从同一单位或个人的账户转出？",
        en="Did the deposits of different bidders of one tender come out of one account?",
    ),
    rule=Text(
        zh="同一标段内，两个以上互不为联合体的投标人，其保证金出自同一付款账户或同一付款人（含付款账户的登记所有人），"
        "列为 A 类；投标人仅为其他投标人缴纳保证金的，列为 B 类。保函、保险，以及为超过 {popular} 家投标人付款、且其中"
        "曾同场投标的两两组合占比不超过 {together} 的代收账户，不计入。",
        en=(
            "In one tender, the deposits of two or more bidders that are no consortium came out of one account, "
            "or from one payer, whoever is registered with the account included (tier A), or a bidder paid a rival's "
            "deposit only (tier B). Guarantees, insurance, and an account that pays for more than {popular} bidders of "
            "whom at most {together} of the pairs ever met in a tender, do not count."
        ),
    ),
    why=Text(
        zh="独立的投标人各自从基本账户缴纳保证金。由同一账户代缴，说明背后可能有同一组织者。",
        en="Independent bidders pay from their own basic accounts. One account behind several points to one organiser.",
    ),
    example=Text(
        zh="青禾建设、白露市政的保证金各 80 万元，均由账户 6222-01 转出：列为 A 类疑点。",
        en="The deposits of Qinghe Construction and Bailu Municipal, CNY 800,000 each, both left account 6222-01: a "
        "tier A lead.",
    ),
    legal_basis=LAWS,
    references=("合肥长丰案：7 家投标人、105 个账户的保证金来源集中", "OCP Red Flags Guide R044, 2024"),
    innocent=(
        Innocent("consortium_partners", CONSORTIUM),
        Innocent("same_guarantor", Text(zh="同一担保机构", en="The same guarantor bank or insurer")),
        Innocent("collecting_account", Text(zh="代收代付账户", en="A collecting account")),
    ),
    parameters=Parameters,
    identity=("tender", "bidder_n"),
    requires={"bids": ("bid_id", "tender_id", "bidder_id"), "bid_deposits": ("bid_id",)},
    uses={
        "bids": ("consortium_id", "price", "rank"),
        "bid_deposits": ("payer_id", "payer_account", "form", "guarantor_id", "amount"),
        "contacts": ("owner_id", "kind", "value"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="标段", en="tenders"),
    not_judgeable={
        "no_payer": Text(zh="少于两家投标人有付款人或账户", en="fewer than two bidders have a payer or account")
    },
    blind=Text(
        zh="看不到经多个中间账户拆分后的资金来源。",
        en="Money that passed through other accounts before it was paid in.",
    ),
    max_share=0.05,
    relations=("parties", "entries", "tender_sizes", "unnamed_partners"),
)

"""A public debt is paid, and the creditor pays a party tied to an official who decided on it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pandas as pd
from pydantic import Field

from i18n import Text, money
from queries.debt_feeding.walk import WALK, WALKED
from queries.detector import Cypher, Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Excuse, Lead, Link, Ref, Tier, Verdict
from queries.wording import name, on, tie


class Parameters(Params):
    """Windows and ratios of the money's path."""

    days_before: int = Field(90, ge=0, description="Days before the release in which a payment may be an advance.")
    days_after: int = Field(90, ge=1, description="Days after the release in which a payment may be its price.")
    max_hops: int = Field(3, ge=0, le=3, description="Parties through whom the money may pass.")
    hop_days: int = Field(30, ge=0, description="Days that the money may rest with each of them.")
    keep_pct: float = Field(
        50, gt=0, le=100, description="Percent of what a party received that it passes on at least."
    )
    min_pct: float = Field(2, ge=0, description="Percent of the release that reaches the tied party at least.")
    max_pct: float = Field(40, gt=0, description="Percent of the release that reaches the tied party at most.")
    history_payments: int = Field(3, ge=1, description="Earlier payments that make trade regular.")
    history_days: int = Field(180, ge=1, description="Days that regular trade began before the window.")
    history_ratio: float = Field(
        3, gt=1, description="Times. Trade explains a sum of at most this multiple of the usual earlier payment."
    )
    wage_words: tuple[str, ...] = Field(
        ("工资", "薪酬", "劳务报酬", "社保", "salary", "wage"), description="Purposes that name wages."
    )


ANCHORS = Sql("""
WITH official AS (
  SELECT r.key, r.debt_id, r.debt_key, r.debtor_id, r.creditor_id, r.day, r.amount, d.person_id, d.refs
  FROM releases r JOIN deciders d USING (key)
),
candidate AS (
  SELECT o.*, t.party_id AS beneficiary_id, t.how, t.via_id, t.valid_from, t.valid_to, t.refs AS tie_refs
  FROM official o JOIN ties t ON t.person_id = o.person_id
  WHERE t.party_id <> o.creditor_id AND t.party_id <> o.debtor_id
),
-- Only parties that were paid by somebody else in the window can have been paid by the creditor.
paid AS (
  SELECT DISTINCT payee_id AS beneficiary_id, day AS paid_on FROM flows
)
SELECT row_number() OVER (ORDER BY c.debt_id, c.key, c.beneficiary_id, c.person_id, c.how, c.via_id, c.valid_from)
         AS anchor,
       c.key AS release_key, c.debt_id, c.debt_key, c.debtor_id AS debtor, c.creditor_id AS creditor,
       c.beneficiary_id AS beneficiary, c.person_id AS official, c.how, c.via_id AS via,
       days(c.day) AS release_day, c.amount AS release_amount,
       greatest(days(c.day) - $days_before, coalesce(days(c.valid_from), -1000000)) AS first_day,
       least(days(c.day) + $days_after, coalesce(days(c.valid_to), 1000000)) AS last_day,
       c.refs AS official_refs, c.tie_refs
FROM candidate c
WHERE EXISTS (SELECT 1 FROM paid p WHERE p.beneficiary_id = c.beneficiary_id
              AND p.paid_on BETWEEN c.day - $days_before AND c.day + $days_after + $max_hops * $hop_days)
ORDER BY anchor
""")

THEN = Sql("""
WITH hops AS (
  SELECT DISTINCT parties[i] AS payer_id, parties[i + 1] AS payee_id
  FROM (SELECT parties, unnest(range(1, len(parties))) AS i FROM walked)
),
-- What each pair of the paths traded before the window of the release opened.
history AS (
  SELECT w.anchor, h.payer_id, h.payee_id, count(*) AS earlier, min(days(f.day)) AS first_day,
         median(f.amount) AS usual
  FROM (SELECT DISTINCT anchor, parties FROM walked) w
  JOIN anchors a USING (anchor)
  JOIN hops h ON list_contains(w.parties, h.payer_id) AND list_contains(w.parties, h.payee_id)
  JOIN flows f ON f.payer_id = h.payer_id AND f.payee_id = h.payee_id AND days(f.day) < a.release_day - $days_before
  GROUP BY ALL
),
regular AS (
  SELECT w.anchor, w.parties,
         max(h.usual) FILTER (WHERE h.earlier >= $history_payments
             AND a.release_day - $days_before - h.first_day >= $history_days) AS usual
  FROM (SELECT DISTINCT anchor, parties FROM walked) w JOIN anchors a USING (anchor)
  JOIN history h ON h.anchor = w.anchor AND list_position(w.parties, h.payee_id)
                                            = list_position(w.parties, h.payer_id) + 1
  GROUP BY ALL
)
SELECT a.* EXCLUDE (anchor), w.parties, w.keys, w.ledgers, w.days, w.amounts, r.usual,
       f.purpose, b.name AS beneficiary_name, b.kind AS beneficiary_kind,
       coalesce(b.org_type = 'government', false) AS to_government,
       c.name AS creditor_name, d.name AS debtor_name, o.name AS official_name,
       EXISTS (SELECT 1 FROM roles e WHERE e.kind = 'employee' AND e.holder_id = a.beneficiary
               AND e.org_id = a.creditor) AS employee
FROM walked w JOIN anchors a USING (anchor)
LEFT JOIN regular r ON r.anchor = w.anchor AND r.parties = w.parties
LEFT JOIN flows f ON f.ledger = w.ledgers[-1] AND f.key = w.keys[-1]
LEFT JOIN parties b ON b.id = a.beneficiary LEFT JOIN parties c ON c.id = a.creditor
LEFT JOIN parties d ON d.id = a.debtor LEFT JOIN parties o ON o.id = a.official
ORDER BY a.debt_id, a.creditor, a.beneficiary, abs(w.days[1] - a.release_day), a.release_key, w.days, w.keys,
         a.official, a.how, a.via
""")

POPULATION = Sql("""
SELECT count(DISTINCT key) FILTER (WHERE decided) AS judged,
       count(DISTINCT key) FILTER (WHERE NOT decided) AS no_official
FROM (SELECT r.key, r.key IN (SELECT key FROM deciders) AS decided FROM releases r)
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each debt, creditor and tied beneficiary, over all paths that the money took."""
    if not len(rows):
        return
    for _, group in rows.groupby(["debt_id", "creditor", "beneficiary"], sort=True):
        # Rows are sorted by nearness to a release: the nearest release is the one that the money is measured against.
        nearest = group[group["release_key"] == group["release_key"].iloc[0]]
        routes = [part for _, part in nearest.groupby(nearest["parties"].map(tuple), sort=True)]
        kept = [part for part in routes if _keeps(part, params)]
        if not kept:
            continue
        paid = _payments(kept)
        reached = sum(paid.values())
        percent = 100 * reached / int(nearest["release_amount"].iloc[0])
        if params.min_pct <= percent <= params.max_pct:
            yield _lead(pd.concat(kept), reached, percent, params)


def _keeps(route: pd.DataFrame, params: Parameters) -> bool:
    """Whether each party of a route passed on enough of what it received, all payments of a hop taken together."""
    sums = _hop_sums(route)
    return all(
        received * params.keep_pct <= passed * 100 and passed <= received
        for received, passed in itertools.pairwise(sums)
    )


def _hop_sums(route: pd.DataFrame) -> list[int]:
    """What went over each hop of a route, each payment counted once."""
    hops: list[dict[int, int]] = [{} for _ in route["keys"].iloc[0]]
    for keys, amounts in zip(route["keys"], route["amounts"], strict=True):
        for hop, key, amount in zip(hops, keys, amounts, strict=True):
            hop[int(key)] = int(amount)
    return [sum(hop.values()) for hop in hops]


def _payments(routes: Sequence[pd.DataFrame]) -> dict[int, int]:
    """The payments that reached the beneficiary, by key."""
    return {
        int(keys[-1]): int(amounts[-1])
        for route in routes
        for keys, amounts in zip(route["keys"], route["amounts"], strict=True)
    }


def _lead(rows: pd.DataFrame, reached: int, percent: float, params: Parameters) -> Lead:
    first = rows.iloc[0]
    release_day = on(first["release_day"])
    days = sorted({int(day) for cell in rows["days"] for day in cell})
    gap = min((int(cell[0]) - int(first["release_day"]) for cell in rows["days"]), key=abs)
    how = tie(str(first["how"]))
    via = sorted(
        {str(p) for cell in rows["parties"] for p in cell} - {str(first["creditor"]), str(first["beneficiary"])}
    )
    through = (
        Text(zh=f"经 {len(via)} 个中间方", en=f"through {len(via)} others") if via else Text(zh="直接", en="directly")
    )
    when = (
        Text(zh=f"清偿后 {gap} 天", en=f"{gap} days after the release")
        if gap >= 0
        else Text(zh=f"清偿前 {-gap} 天", en=f"{-gap} days before the release")
    )
    reasons = (
        Text(
            zh="{debtor}于 {day} 清偿欠{creditor}的账款 {sum}（台账 {debt}）。",
            en="On {day} {debtor} repaid {creditor} {sum} of debt {debt}.",
        ).format(
            debtor=name(first, "debtor"),
            creditor=name(first, "creditor"),
            day=release_day,
            sum=money(int(first["release_amount"])),
            debt=first["debt_id"],
        ),
        Text(
            zh="{when}，{creditor}{through}向{beneficiary}付款 {sum}，占清偿额的 {percent:.1f}%。",
            en="{when}, {creditor} {through} paid {beneficiary} {sum}, {percent:.1f} % of the release.",
        ).format(
            when=when,
            creditor=name(first, "creditor"),
            through=through,
            beneficiary=name(first, "beneficiary"),
            sum=money(reached),
            percent=percent,
        ),
        Text(
            zh="{beneficiary}与有权审批或支付的公职人员{official}存在关联（{tie}）。",
            en="{beneficiary} is tied ({tie}) to {official}, who approves or pays there.",
        ).format(beneficiary=name(first, "beneficiary"), official=name(first, "official"), tie=how),
    )
    kind = "person" if first["beneficiary_kind"] == "person" else "org"
    entities = [
        Entity(str(first["debt_id"]), "debt", "debt"),
        Entity(str(first["debtor"]), "org", "debtor"),
        Entity(str(first["creditor"]), "org", "creditor"),
        Entity(str(first["beneficiary"]), kind, "beneficiary"),
        *(Entity(official, "person", "official") for official in sorted(set(rows["official"].astype(str)))),
        *(Entity(party, "org", "pass_through") for party in via),
    ]
    hops = sorted(
        {
            (str(parties[i]), str(parties[i + 1]), str(ledgers[i]), int(keys[i]))
            for parties, ledgers, keys in zip(rows["parties"], rows["ledgers"], rows["keys"], strict=True)
            for i in range(len(keys))
        }
    )
    return Lead(
        identity={
            "debt": str(first["debt_id"]),
            "creditor": str(first["creditor"]),
            "beneficiary": str(first["beneficiary"]),
        },
        tier=Tier.B,
        entities=tuple(entities),
        reasons=reasons,
        innocent=_excuses(rows, reached, params),
        records=(
            Ref("payments", int(first["release_key"])),
            Ref("debts", int(first["debt_key"])),
            *(Ref(ledger, key) for _, _, ledger, key in hops),
            *(ref for cell in (*rows["official_refs"], *rows["tie_refs"]) for ref in refs(cell)),
        ),
        links=(
            Link("PAID", str(first["debtor"]), str(first["creditor"]), Ref("payments", int(first["release_key"]))),
            *(Link("PAID", payer, payee, Ref(ledger, key)) for payer, payee, ledger, key in hops),
        ),
        score=max(0.0, 1 - abs(gap) / (params.days_after + params.days_before)),
        rank=reached / 100,
        amount=Amount(reached),
        period=(min(release_day, on(days[0])), max(release_day, on(days[-1]))),
    )


def _excuses(rows: pd.DataFrame, reached: int, params: Parameters) -> tuple[Excuse, ...]:
    usual = rows["usual"].max()
    payments = max(1, len(_payments([rows])))
    trade = bool(rows["usual"].notna().all()) and reached <= params.history_ratio * float(usual) * payments
    purposes = rows["purpose"].dropna().astype(str)
    named = len(purposes) == len(rows) and all(any(word in p for word in params.wage_words) for p in purposes)
    wages = named and (bool(rows["employee"].all()) or trade)
    return (
        Excuse(
            "long_standing_supplier",
            Verdict.FITS if trade else Verdict.RULED_OUT,
            Text(
                zh="双方在清偿之前即有长期、规律且金额相近的往来。",
                en="The parties traded regularly and in like amounts long before the release.",
            )
            if trade
            else Text(
                zh="窗口期之前没有规律且金额相近的往来。",
                en="Before the window there was no regular trade of like amounts.",
            ),
        ),
        Excuse(
            "wages",
            Verdict.FITS if wages else Verdict.NOT_CHECKABLE if not len(purposes) else Verdict.RULED_OUT,
            Text(zh="付款用途为工资，收款人登记为员工或长期领取。", en="Wages, to a registered or long-paid employee.")
            if wages
            else Text(zh="付款记录没有用途。", en="The payments name no purpose.")
            if not len(purposes)
            else Text(
                zh="付款用途不是工资，或收款人并非登记员工。", en="Not named as wages, or not to a registered employee."
            ),
        ),
        Excuse(
            "tax",
            Verdict.FITS if bool(rows["to_government"].all()) else Verdict.RULED_OUT,
            Text(zh="收款人为机关单位。", en="The payee is a public body.")
            if bool(rows["to_government"].all())
            else Text(zh="收款人不是机关单位。", en="The payee is no public body."),
        ),
    )


DETECTOR = Detector(
    id="release_kickback",
    family="debt_feeding",
    version=1,
    tiers=(Tier.B,),
    title=Text(zh="清偿后回流", en="Kickback on a repaid debt"),
    question=Text(
        zh="清偿拖欠账款前后，债权企业是否直接或经过桥方向审批、支付人员的关联方付款？",
        en="Around the repayment of a public debt, did the creditor pay, directly or through others, a party tied to "
        "an official who decided on it?",
    ),
    rule=Text(
        zh="欠款清偿前 {days_before} 天至清偿后 {days_after} 天内，债权企业直接或经不超过 {max_hops} 个中间方"
        "（每方停留不超过 {hop_days} 天、转出不低于 {keep_pct}%）向审批人或欠款单位有审批、支付权人员的关联"
        "方付款，合计为清偿额的 {min_pct}% 至 {max_pct}%。窗口期前已有 {history_days} 天以上、不少于 "
        "{history_payments} 笔且金额相近（不超过 {history_ratio} 倍）的往来，或用途为 {wage_words} 且收款人"
        "为员工的，予以排除。",
        en=(
            "From {days_before} days before to {days_after} days after a debt is repaid, the creditor pays, "
            "directly or through at most {max_hops} others (each resting at most {hop_days} days and passing on "
            "at least {keep_pct} %), a party tied to the approver or to an official of the debtor with power to "
            "approve or pay; together {min_pct} to {max_pct} % of the release. Trade of at least "
            "{history_payments} payments that began {history_days} days before the window in like amounts (up to "
            "{history_ratio} times), and {wage_words} to an employee, are cleared."
        ),
    ),
    why=Text(
        zh="部分案件中，账款能否清偿取决于是否给付好处：行贿多发生在审批与支付之间的窗口期。",
        en="In published cases the repayment itself was sold: most bribes fell between approval and payment.",
    ),
    example=Text(
        zh="县住建局 3 月 1 日清偿乙建材 500 万元；3 月 10 日乙建材付给局长弟弟的公司 50 万元（10%）：列为 B 类线索。",
        en="On 1 March a county bureau repays Yi Materials CNY 5 million; on 10 March Yi Materials pays the firm of "
        "the director's brother CNY 500,000 (10 %): a tier B lead.",
    ),
    legal_basis=("criminal_law_385", "criminal_law_388a", "criminal_law_389"),
    references=("史勇案（酒泉）：25 次受贿中 15 次与工程款结算有关", "赵更效案：资金下达后按比例回流"),
    innocent=(
        Innocent("long_standing_supplier", Text(zh="长期供应商", en="A supplier of long standing")),
        Innocent("wages", Text(zh="工资", en="Wages")),
        Innocent("tax", Text(zh="税费", en="Tax and fees to a public body")),
    ),
    parameters=Parameters,
    identity=("debt", "creditor", "beneficiary"),
    requires={
        "debts": ("debt_id", "debtor_id", "creditor_id"),
        "payments": ("payer_id", "payee_id", "amount", "paid_on", "debt_id"),
        "roles": ("holder_id", "org_id", "kind"),
    },
    uses={
        "payments": ("approver_id", "purpose"),
        "posts": ("powers",),
        "kinship": ("person_a", "person_b"),
        "transfers": ("from_id", "to_id"),
        "contacts": ("owner_id",),
    },
    select=Cypher(
        text=WALK,
        anchors=ANCHORS,
        then=THEN,
        walked=WALKED,
        batch=2_000,
    ),
    judge=judge,
    population=POPULATION,
    unit=Text(zh="清偿支付", en="releases"),
    not_judgeable={
        "no_official": Text(zh="审批人及有权人员均未知", en="neither an approver nor a holder of power is known"),
    },
    blind=Text(
        zh="看不到现金、账外资金，以及未取得授权查询的个人账户。",
        en="Cash, money off the books, and accounts that no authorised query covers.",
    ),
    max_share=0.05,
    relations=("parties", "flows", "ties", "releases", "deciders"),
)

"""Money of a special fund for many beneficiaries goes into one account."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from pydantic import Field

from i18n import Text, listing, money
from queries.detector import Detector, Innocent, Params, Sql
from queries.evidence import refs
from queries.finding import Amount, Entity, Lead, Link, Ref, Tier
from queries.verdicts import verdict
from queries.wording import span


class Parameters(Params):
    """How many are many, and what an agent passes on."""

    min_households: int = Field(5, ge=2, description="Unrelated beneficiaries whose money goes into the account.")
    onward_days: int = Field(30, ge=0, description="Days within which an agent passes the money on.")
    onward_pct: float = Field(90, gt=0, le=100, description="Percent of a beneficiary's money that an agent passes on.")


SELECT = Sql("""
WITH paid AS (
  SELECT fund_id, payee_account AS account, payer_id, payee_id, amount, paid_on AS day, _key AS key
  FROM payments WHERE fund_id IS NOT NULL AND payee_account IS NOT NULL AND amount > 0
),
many AS (
  SELECT fund_id, account FROM paid GROUP BY ALL HAVING count(DISTINCT payee_id) >= $min_households
),
entered AS (
  SELECT * FROM paid SEMI JOIN many USING (fund_id, account)
),
holders AS (
  SELECT i.key, list(DISTINCT c.owner_id ORDER BY c.owner_id) AS holders,
         list_sort(list(DISTINCT {'table': 'contacts', 'key': c._key})) AS holder_refs,
         list(DISTINCT c.owner_id ORDER BY c.owner_id) FILTER (WHERE p.kind = 'org') AS firms,
         list(DISTINCT coalesce(p.name, c.owner_id) ORDER BY coalesce(p.name, c.owner_id)) AS names
  FROM entered i JOIN contacts c ON c.kind = 'account' AND c.value = i.account AND held(c.valid_from, c.valid_to, i.day)
  LEFT JOIN parties p ON p.id = c.owner_id
  GROUP BY i.key
),
-- Who belongs together: kin, and firms of one group.
relatives AS (
  SELECT person_a AS id, person_b AS other, valid_from, valid_to, {'table': 'kinship', 'key': _key} AS ref FROM kinship
  UNION ALL
  SELECT person_b, person_a, valid_from, valid_to, {'table': 'kinship', 'key': _key} FROM kinship
  UNION ALL
  SELECT org_id, parent_org_id, NULL, NULL, {'table': 'orgs', 'key': _key} FROM orgs WHERE parent_org_id IS NOT NULL
),
related AS (
  SELECT i.key, list(DISTINCT r.other ORDER BY r.other) AS relatives, list_sort(list(DISTINCT r.ref)) AS relative_refs
  FROM entered i JOIN relatives r ON r.id = i.payee_id AND held(r.valid_from, r.valid_to, i.day)
  GROUP BY i.key
),
-- What a holder of the account paid on to the beneficiary.
onward AS (
  SELECT i.key, sum(f.amount) AS passed, list({'table': f.ledger, 'key': f.key} ORDER BY f.ledger, f.key) AS onward_refs
  FROM entered i JOIN holders h USING (key)
  JOIN flows f ON f.payee_id = i.payee_id AND list_contains(h.holders, f.payer_id)
   AND f.day BETWEEN i.day AND i.day + $onward_days
  WHERE NOT list_contains(h.holders, i.payee_id)
  GROUP BY i.key
)
SELECT i.* EXCLUDE (account), contact_id('account', i.account) AS account_id, right(i.account, 4) AS ends_in,
       coalesce(h.holders, []) AS holders, h.holder_refs, coalesce(r.relatives, []) AS relatives, r.relative_refs,
       coalesce(o.passed, 0) AS passed, o.onward_refs, f.name AS fund_name, f._key AS fund_key,
       coalesce(p.kind, 'person') AS payee_kind, (SELECT count(*) > 0 FROM kinship) AS kinship_known,
       coalesce(h.firms, []) AS holding_firms, h.names AS holder_names
FROM entered i LEFT JOIN holders h USING (key) LEFT JOIN related r USING (key) LEFT JOIN onward o USING (key)
LEFT JOIN funds f ON f.fund_id = i.fund_id LEFT JOIN parties p ON p.id = i.payee_id
ORDER BY i.fund_id, account_id, i.payee_id, i.day, i.key
""")

POPULATION = Sql("""
SELECT count(*) FILTER (WHERE payee_account IS NOT NULL) AS judged,
       count(*) FILTER (WHERE payee_account IS NULL) AS no_account
FROM payments WHERE fund_id IS NOT NULL
""")


def judge(rows: pd.DataFrame, params: Parameters) -> Iterator[Lead]:
    """One lead for each fund and account; families and groups of firms count as one beneficiary."""
    for _, part in rows.groupby(["fund_id", "account_id"], sort=True):
        by_payee = part.groupby("payee_id")[["amount", "passed"]].sum()
        kept = set(by_payee.index[by_payee["passed"] * 100 < params.onward_pct * by_payee["amount"]].astype(str))
        yield _lead(part, kept, _households(part[part["payee_id"].isin(kept)]), params)


def _households(part: pd.DataFrame) -> int:
    """How many unrelated beneficiaries there are: connected by relatives, paid from the fund or not."""
    import networkx as nx  # here, since loading it takes longer than most scans of this detector

    network: nx.Graph[str] = nx.Graph()
    network.add_nodes_from(part["payee_id"].astype(str))
    for payee, relatives in zip(part["payee_id"], part["relatives"], strict=True):
        network.add_edges_from((str(payee), str(relative)) for relative in relatives)
    return nx.number_connected_components(network)


def _lead(part: pd.DataFrame, kept: set[str], households: int, params: Parameters) -> Lead:
    row = part.iloc[0]
    payees = sorted(set(part["payee_id"].astype(str)))
    total = int(part["amount"].sum())
    holders = sorted({str(holder) for cell in part["holders"] for holder in cell})
    firms = {str(firm) for cell in part["holding_firms"] for firm in cell}
    persons = set(part.loc[part["payee_kind"] == "person", "payee_id"].astype(str))
    agent = len(kept) < params.min_households
    first, last = part["day"].min().date(), part["day"].max().date()
    return Lead(
        identity={"fund": str(row["fund_id"]), "account": str(row["account_id"])},
        tier=Tier.B,
        entities=(
            Entity(str(row["fund_id"]), "fund", "fund"),
            Entity(str(row["account_id"]), "contact", "account"),
            *(Entity(payer, "org", "payer") for payer in sorted(set(part["payer_id"].astype(str)))),
            *(Entity(payee, "person" if payee in persons else "org", "beneficiary") for payee in payees),
            *(Entity(h, "org" if h in firms else "person", "holder") for h in holders if h not in payees),
        ),
        reasons=(
            Text(
                zh="{days}，专项资金“{fund}”付给 {count} 名受益人的 {sum}全部进入同一账户（尾号 {ends}）。",
                en="{days}, {sum} of the special fund “{fund}” for {count} beneficiaries went into one account (ending "
                "in {ends}).",
            ).format(
                days=span(first, last),
                fund=row["fund_name"] if isinstance(row["fund_name"], str) else row["fund_id"],
                count=len(payees),
                sum=money(total),
                ends=row["ends_in"],
            ),
            _held_by(row, households),
        ),
        innocent=(
            verdict(
                "collected_for_family",
                (not agent and households < params.min_households) or (False if row["kinship_known"] else None),
                yes=Text(
                    zh="扣除亲属和同一集团成员后只有 {count} 户，未达到“多人”的标准。",
                    en="Families and groups counted once, there are {count} households, fewer than many.",
                ).format(count=households),
                no=Text(
                    zh="亲属关系不能解释：互不相关的受益人有 {count} 户。",
                    en="Kinship does not explain it: {count} of the beneficiaries are unrelated.",
                ).format(count=households),
                unknown=Text(zh="数据中没有亲属关系。", en="The data have no kinship."),
            ),
            verdict(
                "paying_agent",
                agent if holders else None,
                yes=Text(
                    zh="账户持有人已在 {days} 天内将款项转付给受益人本人。",
                    en="The holder of the account passed the money on to the beneficiaries within {days} days.",
                ).format(days=params.onward_days),
                no=Text(
                    zh="没有账户持有人向 {count} 名受益人足额转付的记录。",
                    en="The holder is not seen to pass the money on to {count} of them.",
                ).format(count=len(kept)),
                unknown=Text(zh="账户持有人未知。", en="Whose account it is is unknown."),
            ),
        ),
        records=tuple(_records(part)),
        links=tuple(
            Link("PAID", str(payer), str(payee), Ref("payments", int(key)))
            for payer, payee, key in zip(part["payer_id"], part["payee_id"], part["key"], strict=True)
        ),
        score=1 - 1 / max(1, households),
        rank=total / 100,
        amount=Amount(total),
        period=(first, last),
    )


def _held_by(row: pd.Series, households: int) -> Text:
    names = row["holder_names"]
    holder = (
        Text(zh="账户持有人为{names}", en="The account is held by {names}").format(names=listing(map(str, names)))
        if isinstance(names, list) or (hasattr(names, "__len__") and len(names))
        else Text(zh="账户持有人未知", en="Whose account it is is unknown")
    )
    return Text(
        zh="{holder}；受益人按亲属和集团合并后为 {count} 户。",
        en="{holder}; counted by family and group the beneficiaries are {count}.",
    ).format(holder=holder, count=households)


def _records(part: pd.DataFrame) -> Iterator[Ref]:
    yield from (Ref("payments", int(key)) for key in part["key"])
    yield from (Ref("funds", int(key)) for key in part["fund_key"].dropna().unique())
    for column in ("holder_refs", "relative_refs", "onward_refs"):
        yield from (ref for cell in part[column] if not isinstance(cell, float) for ref in refs(cell))


DETECTOR = Detector(
    id="one_account_many",
    family="special_funds",
    version=2,
    tiers=(Tier.B,),
    title=Text(zh="多人补助进一户", en="Many beneficiaries, one account"),
    question=Text(
        zh="发给多名受益人的专项资金是否进入了同一个账户？",
        en="Did special-fund money for many beneficiaries go into one account?",
    ),
    rule=Text(
        zh="同一专项资金付给不少于 {min_households} 名互不相关的受益人的款项进入同一账户。亲属、同一集团的企业合并计为"
        "一户；账户持有人在 {onward_days} 天内将某受益人款项的 {onward_pct}% 以上转付其本人的，该受益人不计；合并、"
        "扣除后不足的，予以排除。",
        en="Payments of one special fund to at least {min_households} unrelated beneficiaries went into one account. "
        "Kin, and firms of one group, count once; a beneficiary to whom the holder of the account passed on at least "
        "{onward_pct} % within {onward_days} days does not count. Accounts with fewer left are cleared.",
    ),
    why=Text(
        zh="冒用群众名义申领补助，款项最终集中到一个人控制的账户，是基层套取惠民资金的典型手法。",
        en="Subsidies claimed in the names of others end up in an account that one person controls.",
    ),
    example=Text(
        zh="某村 14 户的耕地地力保护补贴全部进入村文书的同一账户：列为 B 类线索。",
        en="The farm subsidies of 14 households of a village go into the clerk's one account: a tier B lead.",
    ),
    legal_basis=("budget_law_95", "fiscal_penalties_6", "criminal_law_382"),
    references=("益阳案：8 名村干部，多名受益人的补助进入同一账户",),
    innocent=(
        Innocent("collected_for_family", Text(zh="为家庭成员代领", en="Collected for the family")),
        Innocent("paying_agent", Text(zh="代发后已转付", en="An agent that passed it on")),
    ),
    parameters=Parameters,
    identity=("fund", "account"),
    requires={"payments": ("payee_id", "amount", "paid_on", "fund_id", "payee_account")},
    uses={
        "contacts": ("owner_id", "kind", "value"),
        "kinship": ("person_a", "person_b"),
        "orgs": ("parent_org_id",),
        "transfers": ("from_id", "to_id"),
    },
    select=SELECT,
    judge=judge,
    population=POPULATION,
    unit=Text(zh="专项资金支付", en="payments from special funds"),
    not_judgeable={"no_account": Text(zh="收款账户未知", en="the payee's account is unknown")},
    blind=Text(
        zh="看不到受益人是否已去世或者长期外出，也看不到开在受益人名下而由他人持卡的账户。",
        en="Whether a beneficiary is dead or absent, and accounts in a beneficiary's name of which another has the "
        "card.",
    ),
    max_share=0.1,
    relations=("parties", "flows"),
)

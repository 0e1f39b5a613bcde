"""What each edge type means to a reader: its table, where its money and its day stand, and how it is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from graph.schema.words import chosen
from i18n import Text, money
from queries.explore.shapes import iso
from queries.wording import TIES, tie

End = Literal["source", "target"]


@dataclass(frozen=True, slots=True)
class EdgeKind:
    """How one edge type is read.

    `table` holds its source rows. `amount` and `day` name the edge's property, or the end whose own sum or day counts:
    what a contract's edge is worth stands in the contract. `told` has the fields `source` and `target`; `heading` is
    the type in a list of links, seen from the source (`heading`) and from the target (`back`).
    """

    table: str
    told: Text
    heading: Text
    back: Text
    amount: str | None = None
    day: str | None = None


def _kind(
    table: str, zh: str, en: str, heading: str, back: str, *, amount: str | None = None, day: str | None = None
) -> EdgeKind:
    """`heading` and `back` are written `中文 | English`."""
    there, here = (Text(*(part.strip() for part in words.split("|"))) for words in (heading, back))
    return EdgeKind(table, Text(zh=zh, en=en), there, here, amount, day)


KINDS: dict[str, EdgeKind] = {
    "OWNS": _kind(
        "roles", "{source}持有{target}股权", "{source} holds shares in {target}", "持股 | owns", "股东 | owned by"
    ),
    "ROLE": _kind(
        "roles", "{source}在{target}任职", "{source} has a role at {target}", "任职 | role at", "任职人员 | officers"
    ),
    "POST": _kind(
        "posts",
        "{source}在{target}担任公职",
        "{source} holds a post at {target}",
        "公职 | post at",
        "公职人员 | officials",
    ),
    "KIN": _kind(
        "kinship",
        "{source}与{target}为亲属或者特定关系人",
        "{source} and {target} are kin or closely associated",
        "亲属 | kin",
        "亲属 | kin",
    ),
    "PART_OF": _kind(
        "orgs",
        "{source}隶属于{target}",
        "{source} belongs to {target}",
        "上级机构 | belongs to",
        "下级机构 | subordinate bodies",
    ),
    "USES": _kind("contacts", "{source}使用{target}", "{source} uses {target}", "联系方式 | uses", "使用人 | used by"),
    "BUYS": _kind(
        "tenders",
        "{source}招标（采购）{target}",
        "{source} invites {target}",
        "招标（采购） | invites",
        "招标人 | invited by",
        day="target",
    ),
    "AGENT_OF": _kind(
        "tenders", "{source}代理{target}", "{source} runs {target}", "代理 | runs", "代理机构 | run by", day="target"
    ),
    "PART_OF_PROJECT": _kind(
        "tenders",
        "{source}属于项目{target}",
        "{source} is part of project {target}",
        "所属项目 | part of project",
        "项目标段 | tenders of project",
        day="source",
    ),
    "SUBMITTED": _kind(
        "bids",
        "{source}递交投标{target}",
        "{source} submitted bid {target}",
        "投标 | bids",
        "投标人 | submitted by",
        amount="target",
        day="target",
    ),
    "BID_FOR": _kind(
        "bids",
        "投标{source}对应标段{target}",
        "Bid {source} is for {target}",
        "所投标段 | bid for",
        "收到的投标 | bids received",
        amount="source",
        day="target",
    ),
    "HANDLED": _kind(
        "bids",
        "{source}操作投标{target}",
        "{source} operated bid {target}",
        "操作投标 | operated bids",
        "投标操作人 | operated by",
        day="target",
    ),
    "MEMBER_OF_TEAM": _kind(
        "bid_members",
        "{source}列入投标{target}项目班子",
        "{source} stands in the team of bid {target}",
        "项目班子 | in team of",
        "班子成员 | team members",
        day="target",
    ),
    "MADE_WITH": _kind(
        "bid_devices",
        "投标{source}使用{target}制作或者上传",
        "Bid {source} was made or sent with {target}",
        "特征码 | made with",
        "涉及投标 | bids made with it",
        day="source",
    ),
    "PAID_DEPOSIT": _kind(
        "bid_deposits",
        "{source}缴纳投标{target}的保证金",
        "{source} put down the deposit of bid {target}",
        "缴纳保证金 | paid deposits",
        "保证金缴纳人 | deposit paid by",
        amount="amount",
        day="day",
    ),
    "EVALUATED": _kind(
        "evaluations",
        "{source}参加{target}评标",
        "{source} sat on the panel of {target}",
        "评标 | evaluated",
        "评标专家 | panel",
        day="target",
    ),
    "LETS": _kind(
        "contracts",
        "{source}发包合同{target}",
        "{source} lets contract {target}",
        "发包合同 | lets contracts",
        "发包人 | let by",
        amount="target",
        day="target",
    ),
    "SUPPLIED_BY": _kind(
        "contracts",
        "合同{source}由{target}承包",
        "Contract {source} is carried out by {target}",
        "承包人 | carried out by",
        "承包合同 | carries out",
        amount="source",
        day="source",
    ),
    "FOLLOWS_FROM": _kind(
        "contracts",
        "合同{source}依据{target}签订",
        "Contract {source} follows from {target}",
        "依据标段 | follows from",
        "所签合同 | contracts signed",
        amount="source",
        day="source",
    ),
    "PART_OF_CONTRACT": _kind(
        "contracts",
        "合同{source}从属于合同{target}",
        "Contract {source} is part of contract {target}",
        "上级合同 | part of contract",
        "分包及补充合同 | subcontracts",
        amount="source",
        day="source",
    ),
    "PAID": _kind(
        "payments",
        "{source}向{target}付款",
        "{source} paid {target}",
        "付款 | paid",
        "收款 | was paid by",
        amount="amount",
        day="day",
    ),
    "PAID_BY": _kind(
        "payments",
        "支付{source}的付款人为{target}",
        "Payment {source} was made by {target}",
        "付款人 | paid by",
        "付款记录 | payments made",
        amount="source",
        day="source",
    ),
    "PAID_TO": _kind(
        "payments",
        "支付{source}的收款人为{target}",
        "Payment {source} went to {target}",
        "收款人 | paid to",
        "收款记录 | payments received",
        amount="source",
        day="source",
    ),
    "SETTLES": _kind(
        "payments",
        "支付{source}清偿欠款{target}",
        "Payment {source} repays debt {target}",
        "清偿欠款 | repays",
        "清偿支付 | repaid by",
        amount="source",
        day="source",
    ),
    "UNDER_CONTRACT": _kind(
        "payments",
        "支付{source}对应合同{target}",
        "Payment {source} is under contract {target}",
        "对应合同 | under contract",
        "合同支付 | payments under it",
        amount="source",
        day="source",
    ),
    "FROM_FUND": _kind(
        "payments",
        "支付{source}使用专项资金{target}",
        "Payment {source} comes from fund {target}",
        "资金来源 | from fund",
        "资金支出 | spent by",
        amount="source",
        day="source",
    ),
    "APPROVED": _kind(
        "payments",
        "{source}审批支付{target}",
        "{source} approved payment {target}",
        "审批支付 | approved payments",
        "审批人 | approved by",
        amount="target",
        day="target",
    ),
    "OWES": _kind(
        "debts",
        "{source}拖欠账款{target}",
        "{source} owes debt {target}",
        "欠款 | owes",
        "欠款单位 | owed by",
        amount="target",
        day="target",
    ),
    "OWED_TO": _kind(
        "debts",
        "欠款{source}的债权人为{target}",
        "Debt {source} is owed to {target}",
        "债权人 | owed to",
        "债权 | is owed",
        amount="source",
        day="source",
    ),
    "ARISES_FROM": _kind(
        "debts",
        "欠款{source}因合同{target}形成",
        "Debt {source} arises from contract {target}",
        "形成欠款的合同 | arises from",
        "形成的欠款 | debts arising",
        amount="source",
        day="source",
    ),
    "ASSIGNED": _kind(
        "claim_transfers",
        "{source}向{target}转让债权",
        "{source} assigned a claim to {target}",
        "转让债权 | assigned claims to",
        "受让债权 | took claims from",
        amount="price",
        day="day",
    ),
    "DISPOSED": _kind(
        "asset_disposals",
        "{source}向{target}处置资产",
        "{source} disposed of an asset to {target}",
        "处置资产 | disposed of assets to",
        "取得资产 | acquired assets from",
        amount="price",
        day="day",
    ),
    "GRANTED": _kind(
        "funds",
        "{source}下达专项资金{target}",
        "{source} granted fund {target}",
        "下达资金 | granted",
        "下达单位 | granted by",
        amount="target",
        day="target",
    ),
    "GRANTED_TO": _kind(
        "funds",
        "专项资金{source}拨付给{target}",
        "Fund {source} went to {target}",
        "资金接收单位 | granted to",
        "接收资金 | received funds",
        amount="source",
        day="source",
    ),
}

DOUBLED = frozenset({"PAID_BY", "PAID_TO"})
"""Types that say of a party what `PAID` says already; read when they are asked for."""

DRAWN: dict[str, Text] = {
    "ADVISED": Text(zh="{source}为{target}提供咨询服务", en="{source} advised on {target}"),
    "AWARDED": Text(zh="{source}授予{target}", en="{source} awarded {target}"),
    "AWARDED_TO": Text(zh="{source}由{target}中标", en="{source} was awarded to {target}"),
    "BEHIND": Text(zh="{source}与{target}背后相关", en="{source} stands behind {target}"),
    "BIDS": Text(zh="{source}参加{target}投标", en="{source} bid for {target}"),
    "FEEDS": Text(zh="{source}向{target}输送业务或者资金", en="{source} feeds {target}"),
    "HANDLED_FOR": Text(zh="{source}为{target}操作投标", en="{source} handled the bid of {target}"),
    "HOLDS": Text(zh="{source}持有{target}", en="{source} holds {target}"),
    "IN_TEAM_OF": Text(zh="{source}列入{target}项目班子", en="{source} is in the team of {target}"),
    "INSURED_WITH": Text(zh="{source}在{target}参保", en="{source} is insured with {target}"),
    "LEADS": Text(zh="{source}负责{target}", en="{source} leads {target}"),
    "REGISTERED_WITH": Text(zh="{source}注册于{target}", en="{source} is registered with {target}"),
    "TIED": Text(zh="{source}与{target}存在关联", en="{source} is tied to {target}"),
    "WON_FROM": Text(zh="{source}从{target}中标", en="{source} won from {target}"),
}
"""Edges that detectors and the explorer draw beside those of the graph."""

_OTHER = Text(zh="{source}与{target}共同出现在证据中", en="{source} and {target} stand together in the evidence")

_SAID = ("kind", "relation", "role", "title", "stage", "form", "method", "purpose")
"""Properties that belong into the sentence of an edge, in this order."""


def heading(edge_type: str, direction: str) -> Text:
    """A type in a list of links, seen from the node: `out` along the edge, `in` against it."""
    kind = KINDS[edge_type]
    return kind.heading if direction == "out" else kind.back


def sentence(
    edge_type: str,
    source: str,
    target: str,
    *,
    properties: Mapping[str, Any],
    amount: int | None = None,
    currency: str | None = None,
    day: int | None = None,
    from_day: int | None = None,
    to_day: int | None = None,
) -> Text:
    """An edge as a sentence with names, sum, days and what else its row says."""
    kind = KINDS.get(edge_type)
    told = kind.told if kind else DRAWN.get(edge_type, _OTHER)
    table = kind.table if kind else ""
    details = [_word(table, name, str(properties[name])) for name in _SAID if properties.get(name)]
    if (share := properties.get("share_pct")) is not None:
        details.append(Text(zh=f"{share:g}%", en=f"{share:g}%"))
    if amount is not None:
        details.append(money(amount, currency or "CNY"))
    if day is not None:
        details.append(_same(str(iso(day))))
    if from_day is not None or to_day is not None:
        first, last = iso(from_day), iso(to_day)
        until = f" 至 {last}" if last else "至今"
        details.append(Text(zh=f"{first or '不详'}{until}", en=f"{first or 'unknown'} to {last or 'today'}"))
    # Names are data: braces in them must not be read as fields.
    return Text(
        zh=_fill(told.zh, source, target) + (f"（{'，'.join(d.zh for d in details)}）" if details else ""),
        en=_fill(told.en, source, target) + (f" ({', '.join(d.en for d in details)})" if details else ""),
    )


def _fill(pattern: str, source: str, target: str) -> str:
    return pattern.format(source=source, target=target)


def _word(table: str, column: str, value: str) -> Text:
    return chosen(table, column, value) or TIES.get(value) or (tie(value) if ":" in value else _same(value))


def _same(value: str) -> Text:
    return Text(zh=value, en=value)

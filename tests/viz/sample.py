"""A lead as the API answers it, with graph, timeline and source rows; harmless, or hostile in every field."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from viz.watermark import Watermark

MARK = Watermark(user="li.investigator", at=datetime(2026, 3, 31, 8, 15, tzinfo=UTC), purpose="纪案〔2026〕12号")

HOSTILE = (
    "<script>alert('ran')</script>",
    '"><img src="http://outside.invalid/x.png" onerror="alert(1)">',
    "javascript:alert(1)",
    "'; alert(1); //</script><svg onload=alert(2)>",
    "清\u202e风\u200f公\u2066司",
    "长" * 10_000,
    "nul\x00bell\x07del\x7f",
    '=HYPERLINK("http://outside.invalid","click")',
    "]]><b>&lt;&amp;{{ 7*7 }}{% raw %}url(http://outside.invalid/y)",
    "line one\nline two\r\n\tline three\u2028four",
)
"""Texts that act where they are not shown as text."""


def _node(key: str, kind: str, name: str, label: str = "Party") -> dict[str, Any]:
    return {
        "id": f"{label}/{key}",
        "label": label,
        "key": key,
        "kind": kind,
        "name": name,
        "region": "岚江市",
        "properties": {"uscc": "91350200MA31TEST0X"} if kind == "firm" else {},
        "ref": f"orgs:{key:0>16}",
    }


def _edge(number: int, kind: str, source: str, target: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"e{number}",
        "type": kind,
        "source": source,
        "target": target,
        "ref": f"payments:{number:016x}",
        "amount": None,
        "currency": None,
        "day": None,
        "from": None,
        "to": None,
        "share_pct": None,
        "properties": {},
        "text": {"zh": f"关系 {number}", "en": f"relation {number}"},
        "own": True,
    } | more


def graph() -> dict[str, Any]:
    """A debt repaid, and six payments on from the creditor to a firm of the approver's brother."""
    nodes = [
        _node("O1", "public_body", "清源市红丰区第123城市建设投资有限公司"),
        _node("O2", "firm", "岚江嘉旺元建筑工程有限公司"),
        _node("O3", "firm", "岚江盛振科商贸有限公司"),
        _node("P1", "official", "高庆"),
        _node("P2", "person", "高和"),
        _node("D1", "debt", "D0000067", label="Debt"),
        _node("C9", "phone", "138****1234", label="Contact"),
    ]
    paid = [
        _edge(n, "PAID", "Party/O2", "Party/O3", amount=14_360_000 + n, currency="CNY", day=f"2022-07-{4 + n:02}")
        for n in range(6)
    ]
    edges = [
        _edge(10, "PAID", "Party/O1", "Party/O2", amount=473_170_397, currency="CNY", day="2022-06-30"),
        *paid,
        _edge(20, "OWES", "Party/O1", "Debt/D1", amount=473_170_397, currency="CNY", day="2021-12-31"),
        _edge(21, "OWED_TO", "Debt/D1", "Party/O2"),
        _edge(22, "KIN", "Party/P1", "Party/P2", properties={"relation": "sibling"}),
        _edge(23, "ROLE", "Party/P2", "Party/O3", properties={"kind": "legal_rep"}),
        _edge(24, "POST", "Party/P1", "Party/O1", own=False, properties={"title": "局长"}, **{"from": "2017-12-23"}),
        _edge(25, "OWNS", "Party/P2", "Party/O3", share_pct=60.0, own=False),
        _edge(26, "USES", "Party/O3", "Contact/C9", own=False),
    ]
    return {"nodes": nodes, "edges": edges, "shown": 7, "total": 7, "complete": True}


def bundle() -> dict[str, Any]:
    """`GET /findings/{id}` with its graph, timeline and records."""
    names = {"D1": None, "O1": "清源市红丰区第123城市建设投资有限公司", "O2": "岚江嘉旺元建筑工程有限公司"}
    names |= {"O3": "岚江盛振科商贸有限公司", "P1": "高庆"}
    roles = {"D1": "debt", "O1": "debtor", "O2": "creditor", "O3": "beneficiary", "P1": "official"}
    kinds = {"D": "debt", "O": "org", "P": "person"}
    document = {
        "finding_id": "00d5eb6da41651e4755c",
        "detector": "release_kickback",
        "detector_version": 2,
        "family": "debt_feeding",
        "tier": "B",
        "status": "flagged",
        "score": 0.977778,
        "rank": 861643.22,
        "identity": {"debt": "D1", "creditor": "O2", "beneficiary": "O3"},
        "entities": [{"id": key, "kind": kinds[key[0]], "role": role} for key, role in roles.items()],
        "reasons": [
            {"zh": "于 2022-06-30 清偿账款 473.17 万元。", "en": "On 2022-06-30 CNY 4,731,703.97 of debt were repaid."},
            {
                "zh": "清偿后 4 天分 6 笔付款 86.16 万元。",
                "en": "4 days later CNY 861,600.15 were paid on in 6 payments.",
            },
        ],
        "innocent": [
            {
                "explanation": "long_standing_supplier",
                "verdict": "ruled_out",
                "basis": {"zh": "窗口期之前没有往来。", "en": "No trade before the window."},
            },
            {
                "explanation": "tax",
                "verdict": "not_checkable",
                "basis": {"zh": "没有税务数据。", "en": "There are no tax data."},
            },
        ],
        "evidence": {"nodes": [], "edges": [], "records": []},
        "legal_basis": ["criminal_law_385"],
        "amount": {"value": 86_160_015, "currency": "CNY"},
        "period": {"from": "2022-06-30", "to": "2022-07-09"},
        "statistics": {"null_model": "hypergeometric", "p_value": 0.0012},
        "parameters": {"days_after": 90, "wage_words": ["工资", "salary"]},
        "data_as_of": "2023-12-31",
        "scan_id": "3ab1558988894970",
    }
    return {
        "finding_id": document["finding_id"],
        "title": {"zh": "清偿回流", "en": "Kickback after a release"},
        "triage": "in_review",
        "assignee": "li.investigator",
        "region": "岚江市",
        "evidence_hash": "0123456789abcdef",
        "snapshot_id": "00ea0fc279a303b0",
        "document": document,
        "names": names,
        "detector_meta": {
            "title": {"zh": "清偿回流", "en": "Kickback after a release"},
            "question": {
                "zh": "债权人收款后是否向审批人的关联方付款？",
                "en": "Did the creditor pay on to the approver's kin?",
            },
            "why": {"zh": "清偿欠款可能附带好处费。", "en": "A debt may be released for a share of it."},
            "innocent": [
                {"id": "long_standing_supplier", "title": {"zh": "长期供应商", "en": "Long-standing supplier"}},
                {"id": "tax", "title": {"zh": "缴纳税款", "en": "Tax"}},
            ],
            "parameters": [
                {
                    "name": "days_after",
                    "default": 90,
                    "description": {"zh": "清偿后的统计期限（天）", "en": "Days after the release."},
                }
            ],
        },
        "laws": [
            {
                "id": "criminal_law_385",
                "statute": {"zh": "中华人民共和国刑法", "en": "Criminal Law"},
                "article": {"zh": "第三百八十五条", "en": "Article 385"},
                "text": {"zh": "国家工作人员利用职务上的便利……", "en": "A state functionary who, by his post, …"},
                "checked": False,
            },
            {
                "id": "criminal_law_389",
                "statute": {"zh": "中华人民共和国刑法", "en": "Criminal Law"},
                "article": {"zh": "第三百八十九条", "en": "Article 389"},
                "text": {"zh": "为谋取不正当利益……", "en": "Giving property for improper benefits …"},
                "checked": True,
                "source": {"zh": "1997年3月14日修订", "en": "revised on 14 March 1997"},
            },
        ],
        "history": [
            {
                "at": "2026-03-30T09:00:00Z",
                "actor": "li.investigator",
                "action": "start",
                "triage_before": "open",
                "triage_after": "in_review",
                "reason_code": "needs_records",
                "note": "调取银行流水",
                "case_number": None,
            }
        ],
        "comments": [{"at": "2026-03-30T10:00:00Z", "author": "wang.supervisor", "text": "先核对合同"}],
        "cases": [{"case_number": "纪案〔2026〕12号"}],
        "graph": graph(),
        "timeline": {
            "events": [
                {
                    "day": edge["day"],
                    "type": edge["type"],
                    "text": edge["text"],
                    "amount": edge["amount"],
                    "currency": edge["currency"],
                    "own": True,
                }
                for edge in graph()["edges"]
                if edge["day"]
            ],
            "total": 8,
        },
        "records": [
            {
                "ref": "debts:1cc33c983952e496",
                "table": "debts",
                "file": "debts.csv",
                "row": 68,
                "columns": {"debt_id": "D1", "amount": "4731703.97", "note": None},
                "terms": {"debt_id": "欠款编号", "amount": "欠款金额"},
            },
            {
                "ref": "payments:2cc33c983952e496",
                "table": "payments",
                "file": "payments.csv",
                "row": 7,
                "columns": {"payment_id": "X1", "form": "in_kind"},
                "terms": {"payment_id": "支付编号", "form": "支付形式"},
            },
        ],
    }


def party() -> dict[str, Any]:
    """What the dossier of a party is made from."""
    return {
        "profile": {"node": graph()["nodes"][1], "uscc": "91350200MA31TEST0X"},
        "findings": {"items": [bundle() | {"tier": "B", "status": "flagged", "amount": None, "headline": "x"}]},
        "graph": graph(),
        "timeline": bundle()["timeline"],
        "snapshot_id": "00ea0fc279a303b0",
    }


KEPT = frozenset({"id", "source", "target", "type", "key", "kind", "label"})
"""What links the parts of an answer; hostile texts stand everywhere else."""


def poisoned(value: Any, text: str, *, keep: frozenset[str] = KEPT) -> Any:
    """A copy in which each text, at any depth, is followed by a hostile one; links between parts stay."""
    if isinstance(value, dict):
        kept = {name: copy.deepcopy(part) for name, part in value.items() if name in keep and isinstance(part, str)}
        return {name: poisoned(part, text, keep=keep) for name, part in value.items()} | kept
    if isinstance(value, list):
        return [poisoned(part, text, keep=keep) for part in value]
    return f"{value}{text}" if isinstance(value, str) else value

"""Results as findings, one JSON line each, and as a table.

The findings have the shape of those of a scan. They name their evidence by file and line; what a file alone cannot
say (its innocent explanations, mostly) is said to be not checkable.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import orjson

from i18n import Text
from queries.finding import finding_id
from queries.ocp.flags import BY_CODE, Flag
from queries.ocp.judging import Judgement
from queries.ocp.outcomes import GROUPS, Outcome

_ROLES = {
    "OCID": ("tender", "tender"),
    "Buyer": ("buyer", "org"),
    "ProcuringEntity": ("procuring_entity", "org"),
    "Tenderer": ("bidder", "org"),
}
_NOT_IN_FILE = Text(zh="文件中没有可以核查的记录。", en="The file has no record that could tell.")


def findings(judgement: Judgement) -> Iterator[bytes]:
    """A line for each flagged process or organization, sorted by indicator, group and id."""
    for outcome in judgement.outcomes:
        flag = BY_CODE[outcome.code]
        for group, subject, value, row in _subjects(judgement, outcome):
            role, kind = _ROLES[group]
            identity = {role: subject}
            entities = [{"id": subject, "kind": kind, "role": role}]
            records = []
            if row is not None:
                entities += [
                    {"id": party, "kind": "org", "role": "bidder"} for party in _tied(judgement, outcome).get(row, [])
                ]
                source = judgement.account.sources[int(judgement.case.source[row])]
                records = [{"file": source, "row": int(judgement.case.columns.line[row])}]
            detector = f"ocp_{outcome.code.lower()}"
            document = {
                "finding_id": finding_id(detector, identity),
                "detector": detector,
                "detector_version": 1,
                "family": "ocp",
                "tier": "C" if flag.statistical else "B",
                "status": "flagged",
                "score": 1.0,
                "rank": value,
                "identity": identity,
                "entities": entities,
                "reasons": [_reason(flag, value, judgement.currency).as_dict()],
                "innocent": [
                    {"explanation": name, "verdict": "not_checkable", "basis": _NOT_IN_FILE.as_dict()}
                    for name, _ in flag.innocent
                ],
                "evidence": {"nodes": sorted({entity["id"] for entity in entities}), "edges": [], "records": records},
                "legal_basis": [],
                "parameters": {key: round(number, 12) for key, number in sorted(outcome.meta.items())},
            }
            yield orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def _reason(flag: Flag, value: float, currency: str | None) -> Text:
    return Text(
        zh=f"{flag.title.zh}（{flag.code}）：指标值 {value:.4g}"
        + (f"，价格按 {currency} 比较。" if flag.code in _PRICED else "。"),
        en=f"{flag.title.en} ({flag.code}): value {value:.4g}"
        + (f"; prices compared in {currency}." if flag.code in _PRICED else "."),
    )


_PRICED = {"R024", "R036", "R057", "R058"}


def table(judgement: Judgement) -> str:
    """The same flags as CSV: indicator, group, id, value, title."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["indicator", "group", "id", "value", "title_zh", "title_en"])
    for outcome in judgement.outcomes:
        title = BY_CODE[outcome.code].title
        for group, subject, value, _ in _subjects(judgement, outcome):
            writer.writerow([outcome.code, group, _cell(subject), value, title.zh, title.en])
    return out.getvalue()


def _cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _subjects(judgement: Judgement, outcome: Outcome) -> list[tuple[str, str, float, int | None]]:
    """(group, id, value, row of the process) of everything flagged, sorted."""
    ocids, keys = judgement.case.columns.ocid, judgement.case.parties.keys
    found: list[tuple[str, str, float, int | None]] = []
    if outcome.processes is not None:
        rows, values = outcome.processes
        found += [("OCID", ocids[row], value, row) for row, value in zip(rows.tolist(), values.tolist(), strict=True)]
    for group, (parties, values) in outcome.parties.items():
        pairs = zip(parties.tolist(), values.tolist(), strict=True)
        found += [(group, str(keys[party]), value, None) for party, value in pairs]
    return sorted(found, key=lambda entry: (GROUPS.index(entry[0]), entry[1]))


def _tied(judgement: Judgement, outcome: Outcome) -> dict[int, list[str]]:
    """The organizations with a part in each flagged process."""
    if outcome.tied is None:
        rows, parties = outcome.ties.get("tenderer", ((), ()))
        keys = judgement.case.parties.keys
        tied: dict[int, set[str]] = {}
        for row, party in zip(list(rows), list(parties), strict=True):
            tied.setdefault(int(row), set()).add(str(keys[int(party)]))
        outcome.tied = {row: sorted(names) for row, names in tied.items()}
    return outcome.tied


def report(judgement: Judgement) -> dict[str, Any]:
    """What was read, judged and not judged, as one document."""
    account = judgement.account
    return {
        "sources": len(account.sources),
        "lines": account.lines,
        "blank": account.blank,
        "releases": account.releases,
        "processes": len(judgement.case.columns.ocid),
        "excluded": judgement.case.excluded,
        "duplicated": account.duplicated,
        "merged": account.merged,
        "currency": judgement.currency,
        "currencies": judgement.case.currencies,
        "unreadable": [
            {"file": account.sources[one.source], "line": one.line, "reason": one.reason} for one in account.problems
        ],
        "fields": [
            {"path": path, "what": what, "count": count, "file": account.sources[source], "line": line}
            for (path, what), (count, source, line) in sorted(account.notes.items())
        ],
        "indicators": {
            outcome.code: {
                group: {
                    "judged": count.judged,
                    "passed": count.passed,
                    "flagged": count.flagged,
                    "not_judgeable": count.not_judgeable,
                }
                for group, count in outcome.counts.items()
            }
            | ({"fences": outcome.meta} if outcome.meta else {})
            for outcome in judgement.outcomes
        },
        "implausible": [
            {"indicator": code, "group": group, "share": share} for code, group, share in implausible(judgement)
        ],
    }


def implausible(judgement: Judgement) -> list[tuple[str, str, float]]:
    """Indicators that fire on an implausible share of what they judged (of 20 or more)."""
    found = []
    for outcome in judgement.outcomes:
        for group, count in outcome.counts.items():
            if count.judged >= 20 and count.flagged > BY_CODE[outcome.code].max_share * count.judged:
                found.append((outcome.code, group, round(count.flagged / count.judged, 4)))
    return found

"""Results in the shape of Cardinal's `indicators` command, so that its users can switch.

`{"OCID": {id: {code: number}}, "Buyer": …, "ProcuringEntity": …, "Tenderer": …}`, groups without results left out;
`Meta` and `Maps` on request. Ids and codes are sorted: the same data gives the same bytes.
"""

from __future__ import annotations

from typing import Any

import orjson

from queries.ocp.competitions import submitted
from queries.ocp.judging import Judgement
from queries.ocp.outcomes import GROUPS
from queries.ocp.vocabulary import NONE

_TENDERER_MAPS = ("R024", "R028", "R030", "R035", "R057", "R058")


def cardinal(judgement: Judgement, *, meta: bool = False, maps: bool = False) -> bytes:
    """The results as one line of JSON."""
    document: dict[str, Any] = {group: {} for group in GROUPS}
    ocids, keys = judgement.case.columns.ocid, judgement.case.parties.keys
    for outcome in judgement.outcomes:
        if outcome.processes is not None:
            rows, values = outcome.processes
            for row, value in zip(rows.tolist(), values.tolist(), strict=True):
                document["OCID"].setdefault(ocids[row], {})[outcome.code] = value
        for group, (parties, values) in outcome.parties.items():
            for party, value in zip(parties.tolist(), values.tolist(), strict=True):
                document[group].setdefault(keys[party], {})[outcome.code] = value
    document = {group: dict(sorted(found.items())) for group, found in document.items() if found}
    if meta:
        document["Meta"] = _meta(judgement)
    if maps:
        document["Maps"] = _maps(judgement)
    return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


def _meta(judgement: Judgement) -> dict[str, Any]:
    entries: dict[str, Any] = {
        outcome.code: {key: round(value, 4) for key, value in sorted(outcome.meta.items())}
        for outcome in judgement.outcomes
        if outcome.meta
    }
    return {"currency": judgement.currency, "currencies": judgement.case.currencies, **entries}


def _maps(judgement: Judgement) -> dict[str, Any]:
    case = judgement.case
    ocids, keys = case.columns.ocid, case.parties.keys
    maps: dict[str, Any] = {"ocid_buyer_r038": {}, "ocid_procuringentity_r038": {}}
    columns = case.columns
    rows = submitted(columns.bid_status) & (columns.bidder != NONE)
    at, tenderers = case.parties.spread(columns.bidder[rows])
    pairs = {"ocid_tenderer": (case.release_of_bid[rows][at], tenderers)}
    for outcome in judgement.outcomes:
        if outcome.code in _TENDERER_MAPS:
            pairs[f"ocid_tenderer_{outcome.code.lower()}"] = outcome.ties["tenderer"]
        for group in ("buyer", "procuringentity"):
            if outcome.code == "R038":
                found, parties = outcome.ties[group]
                maps[f"ocid_{group}_r038"] = dict(
                    sorted(
                        (ocids[row], keys[party]) for row, party in zip(found.tolist(), parties.tolist(), strict=True)
                    )
                )
    for name, (found, parties) in pairs.items():
        entries: dict[str, set[str]] = {}
        for row, party in zip(found.tolist(), parties.tolist(), strict=True):
            entries.setdefault(ocids[row], set()).add(str(keys[party]))
        maps[name] = {ocid: sorted(entries[ocid]) for ocid in sorted(entries)}
    return dict(sorted(maps.items()))

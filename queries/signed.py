"""Wins that only the signed contracts tell: who rests a finding on one sees the contract."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from i18n import Text
from queries.detector import Detector
from queries.evidence import refs
from queries.finding import Lead, Ref
from queries.relations import materialise

_NOTE = Text(
    zh="数据未标明中标的投标，以唯一与招标人签订合同的投标人为中标人。",
    en="No bid is marked as the winner; the only bidder with a contract of the tender is taken for it.",
)


def cite(connection: duckdb.DuckDBPyConnection, detector: Detector, leads: Sequence[Lead]) -> Sequence[Lead]:
    """The leads of a detector that asks who won; those with a bid that won by contract alone name the contract too.

    Args:
        connection: with the canonical tables.
        detector: whose leads they are.
        leads: in any order, which is kept.
    """
    bids = sorted({ref.key for lead in leads for ref in lead.records if ref.table == "bids"})
    if not bids or not _asks_who_won(detector):
        return leads
    materialise(connection, ("signed_wins",))
    connection.register("shown", pa.table({"bid_key": pa.array(bids, pa.int64())}))
    rows = connection.execute("SELECT bid_key, refs FROM signed_wins SEMI JOIN shown USING (bid_key)").fetchall()
    connection.unregister("shown")
    contracts = {Ref("bids", key): refs(found) for key, found in rows}
    return [_with_contracts(lead, [ref for bid in lead.records for ref in contracts.get(bid, ())]) for lead in leads]


def _asks_who_won(detector: Detector) -> bool:
    return any("is_winner" in read.get("bids", ()) for read in (detector.requires, detector.uses))


def _with_contracts(lead: Lead, contracts: Sequence[Ref]) -> Lead:
    if not contracts:
        return lead
    return dataclasses.replace(
        lead, reasons=(*lead.reasons, _NOTE), records=tuple(dict.fromkeys((*lead.records, *contracts)))
    )

"""Rows that are in the data and could not be read: what rests on their absence is no fact, but a lead."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from graph.schema import STANDS_FOR, TABLES
from i18n import Text, listing
from queries.detector import Detector
from queries.finding import Entity, Lead, Tier

_PARTY = ("party", *STANDS_FOR["Party"])

_PAIR = {
    name: min(2, sum(column.refers in _PARTY for column in table.columns if column.required))
    for name, table in TABLES.items()
}
"""How many parties a row of each table names at least: two at most."""

_BEARING = """
-- What an unread row names that the lead names as well: its matter, or parties of it.
WITH named AS (
  SELECT w.lead, w."table", w.pair, u.file, u.row, count(DISTINCT u.value) FILTER (u.refers IN $party) AS parties,
         bool_or(u.refers NOT IN $party) AS matter
  FROM wanted w JOIN unread u ON u.value = w.id AND u."table" = w."table"
  GROUP BY ALL
)
SELECT lead, "table", count(*) AS rows
FROM named n
WHERE matter OR parties >= pair AND NOT EXISTS (
  -- It is on another matter of the same kind.
  SELECT 1 FROM unread u JOIN wanted w ON w.refers = u.refers AND w."table" = u."table"
  WHERE w.lead = n.lead AND (u."table", u.file, u.row) = (n."table", n.file, n.row) AND u.refers NOT IN $party)
GROUP BY ALL ORDER BY ALL
"""


def weigh(connection: duckdb.DuckDBPyConnection, detector: Detector, leads: Sequence[Lead]) -> Sequence[Lead]:
    """The leads of a detector; tier A becomes B where a row that could not be read may be the one that is missing.

    Such a row is of a table in whose rows' absence the detector sees a fact (`Detector.absent`). It names the matter of
    the lead (its debt, contract or tender), or two parties of it and no other matter of the kind. Where rows of the
    table name one party only, that party is enough.

    Args:
        connection: with the view `unread` of `graph.tables.open_tables`.
        detector: whose leads they are.
        leads: in any order, which is kept.
    """
    facts = [number for number, lead in enumerate(leads) if lead.tier is Tier.A]
    if not detector.absent or not facts:
        return leads
    wanted = sorted(
        (number, table, _PAIR[table], entity.id, _refers(entity))
        for number in facts
        for entity in leads[number].entities
        for table in detector.absent
    )
    columns = zip(("lead", "table", "pair", "id", "refers"), zip(*wanted, strict=True), strict=True)
    connection.register("wanted", pa.table(dict(columns)))
    rows = connection.execute(_BEARING, {"party": list(_PARTY)}).fetchall()
    connection.unregister("wanted")
    weighed = list(leads)
    for number in sorted({row[0] for row in rows}):
        counted = [_counted(table, count) for at, table, count in rows if at == number]
        note = Text(
            zh="数据中另有无法读取、已隔离的记录指向本案：{rows}；补正之前不作为事实认定。",
            en="Rows that could not be read name this matter: {rows}; until they are mended nothing is a fact here.",
        ).format(rows=listing(counted))
        weighed[number] = dataclasses.replace(leads[number], tier=Tier.B, reasons=(*leads[number].reasons, note))
    return weighed


def _refers(entity: Entity) -> str:
    """The table that has an entity, as `unread.refers` names it."""
    return "party" if entity.kind in ("org", "person") else f"{entity.kind}s"


def _counted(table: str, rows: int) -> Text:
    return Text(zh="{zh}{rows} 行", en="{table} ({rows})").format(zh=TABLES[table].zh, table=table, rows=rows)

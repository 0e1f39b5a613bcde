"""The only list of tables, columns, labels, edges and properties. Everything else is derived from it."""

from __future__ import annotations

from graph.schema import money, parties, standing, trading
from graph.schema.graph import EDGES, NODES, SHARED_CODES, STANDS_FOR, USED_CONTACTS
from graph.schema.model import Column, Edge, Kind, Node, Table

TABLES: dict[str, Table] = {
    table.name: table for module in (parties, trading, money, standing) for table in module.TABLES
}
"""Every canonical table, by name, in the order of the data contract."""

PROVENANCE: dict[str, str] = {
    "_key": "BIGINT",
    "_hash": "BIGINT",
    "_source": "INTEGER",
    "_row": "BIGINT",
    "_record": "VARCHAR",
    "_system": "VARCHAR",
    "_as_of": "DATE",
    "_derived": "VARCHAR",
}
"""Columns that every stored row has besides its own.

`_key` hash of the key columns, the row's name in evidence and in the graph · `_hash` hash of all its values ·
`_source` index of its file in the manifest's `sources` · `_row` row number in that file, the header being row 1 ·
`_record`, `_system`, `_as_of` what the source itself says of the row · `_derived` the columns (`;` between them)
whose identifiers were derived by the mapping, empty for none.
"""

PROVENANCE_HEADERS: dict[str, str] = {
    "source_record_id": "_record",
    "source_system": "_system",
    "as_of_date": "_as_of",
}
"""Headers of every table that fill provenance columns."""

__all__ = [
    "EDGES",
    "NODES",
    "PROVENANCE",
    "PROVENANCE_HEADERS",
    "SHARED_CODES",
    "STANDS_FOR",
    "TABLES",
    "USED_CONTACTS",
    "Column",
    "Edge",
    "Kind",
    "Node",
    "Table",
]

"""Data taken out: tables as CSV and Excel, graphs as GraphML and FollowTheMoney, each with who took it and when."""

from __future__ import annotations

from viz.exports.followthemoney import followthemoney
from viz.exports.graphml import graphml
from viz.exports.sheets import xlsx_bytes
from viz.exports.tables import Table, csv_bytes, csv_lines, edges_table, findings_table, nodes_table, records_table
from viz.watermark import Watermark

__all__ = [
    "Table",
    "Watermark",
    "csv_bytes",
    "csv_lines",
    "edges_table",
    "findings_table",
    "followthemoney",
    "graphml",
    "nodes_table",
    "records_table",
    "xlsx_bytes",
]

"""The snapshot: an interactive picture of a graph as one HTML file that stands by itself."""

from __future__ import annotations

from viz.snapshot.page import SnapshotError, snapshot_html

__all__ = ["SnapshotError", "snapshot_html"]

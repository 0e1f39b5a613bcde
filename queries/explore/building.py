"""What the explorer keeps beside a snapshot: built once, in a folder that appears whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb

from graph.snapshot import Snapshot
from queries.explore.cards import read_cards, write_cards
from queries.explore.likeness import write_plain_names
from queries.explore.rows import write_rows
from queries.explore.search import write_index
from queries.explore.traits import write_traits

FORMAT = 3
"""Grows when the files change, so that those of an earlier version are built anew beside them."""


def prepared(snapshot: Snapshot, connection: Callable[[], duckdb.DuckDBPyConnection]) -> Path:
    """The folder of a snapshot's cards, search index and rows, built if it is not there.

    Args:
        snapshot: what is explored.
        connection: opens its tables; called only if something must be built.
    """
    folder = snapshot.path / "graph" / f"explore-{FORMAT}"
    if not folder.is_dir():
        _build(connection(), folder)
    return folder


def _build(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    draft = folder.with_name(f".{secrets.token_hex(4)}.explore")
    draft.mkdir()
    try:
        cards = read_cards(connection)
        write_cards(cards, connection, draft)
        aliases: dict[str, list[str]] = {}
        for alias, canonical in connection.execute("SELECT id, canonical FROM aliases ORDER BY id").fetchall():
            aliases.setdefault(canonical, []).append(alias)
        write_index(cards, aliases, draft)
        write_plain_names(cards, draft)
        write_traits(cards, draft)
        write_rows(connection, draft)
        try:
            draft.rename(folder)
        except OSError:
            # Another process was quicker; both built the same.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)

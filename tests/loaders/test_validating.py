"""Cells that say that they are empty, in the columns that name somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.snapshot import Workspace
from graph.spelling import EMPTY
from graph.tables import open_tables
from loaders.load import load
from loaders.validating import NAMING


@pytest.mark.parametrize("word", sorted(EMPTY))
def test_no_word_for_an_empty_cell_begins_as_an_id(word: str) -> None:
    for spelled in (word, word.upper(), word.capitalize()):
        assert not any(first <= spelled < end for first, end in NAMING)


@pytest.mark.parametrize("word", sorted({*EMPTY, *(word.upper() for word in EMPTY), "Null", "None"}))
def test_an_id_that_says_that_there_is_none_is_none(tmp_path: Path, word: str) -> None:
    rows = ["bid_id,tender_id,bidder_id,consortium_id", f"B1,T1,N1,{word}", f"B2,T1,O2,{word}{word}{word}x"]
    (tmp_path / "bids.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    workspace = Workspace(tmp_path / "workspace")
    load([tmp_path / "bids.csv"], workspace, threads=1)
    connection = open_tables(workspace.current(), b"secret", threads=1)
    found = connection.execute("SELECT bidder_id, consortium_id FROM bids ORDER BY bid_id").fetchall()
    assert found == [("N1", None), ("O2", f"{word}{word}{word}x")]

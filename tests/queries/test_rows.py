"""Rows by column: what the parts of a select say must be what its frame says."""

from __future__ import annotations

import pandas as pd
import pytest

from queries.rows import Rows

FRAME = pd.DataFrame(
    {
        "firm": ["b", "a", "b", None],
        "price": [3, 1, 2, 1],
        "day": pd.to_datetime(["2024-01-02", None, "2024-01-01", None]),
        "refs": [[{"key": 1}], None, [], [{"key": 2}]],
    }
)


def test_an_empty_cell_is_none_whatever_its_kind() -> None:
    rows = Rows.of(FRAME)
    assert rows["firm"] == ["b", "a", "b", None]
    assert [day is None for day in rows["day"]] == [False, True, False, True]
    assert rows["refs"] == [[{"key": 1}], None, [], [{"key": 2}]]
    assert rows.first == {"firm": "b", "price": 3, "day": pd.Timestamp("2024-01-02"), "refs": [{"key": 1}]}


def test_rows_are_chosen_and_ordered() -> None:
    rows = Rows.of(FRAME)
    assert rows.where(price > 1 for price in rows["price"])["price"] == [3, 2]
    assert rows.distinct("firm")["price"] == [3, 1, 1]
    assert list(rows.ordered("price").cells("price", "firm")) == [(1, "a"), (1, None), (2, "b"), (3, "b")]
    assert [row["firm"] for row in rows.each()] == rows["firm"]


def test_parts_keep_the_order_of_their_rows() -> None:
    rows = Rows.of(FRAME)
    assert [(firm, part["price"]) for (firm,), part in rows.by("firm")] == [("a", [1]), ("b", [3, 2]), (None, [1])]
    assert [part["price"] for part in rows.split("firm")] == [[3, 2], [1], [1]]
    assert [part["firm"] for part in rows.where(rows["firm"]).split("firm")] == [["b", "b"], ["a"]]


def test_no_row_has_no_first_and_no_column_is_made_up() -> None:
    none = Rows.of(FRAME).where([False] * 4)
    assert len(none) == 0
    assert none.by("firm") == []
    with pytest.raises(IndexError):
        _ = none.first
    with pytest.raises(KeyError):
        _ = none["payer"]

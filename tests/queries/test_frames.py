"""Rows of a query as a frame: the same as DuckDB's own, in the same order, whatever the connection keeps."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest

from queries.frames import frame

EVERY_TYPE = """
SELECT i, 'name ' || i AS name, CASE WHEN i % 3 > 0 THEN '名' || i END AS sometimes, NULL::VARCHAR AS never,
       CASE WHEN i % 2 = 0 THEN i END AS price, i::DECIMAL(9, 2) AS amount, DATE '2024-01-01' + i::INTEGER AS day,
       CASE WHEN i % 5 > 0 THEN i % 2 = 0 END AS won, [i, i + 1] AS keys, [{'table': 'bids', 'key': i}] AS refs
FROM range($rows) AS t (i) ORDER BY (i * 7919) % 100003
"""


@pytest.mark.parametrize("rows", [0, 1, 7, 300_000])
def test_it_gives_what_duckdb_gives(rows: int) -> None:
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET threads = 4")
    own = frame(connection.sql(EVERY_TYPE, params={"rows": rows}))
    theirs = connection.execute(EVERY_TYPE, {"rows": rows}).df()
    pd.testing.assert_frame_equal(own, theirs)


def test_texts_alone_make_a_frame() -> None:
    own = frame(duckdb.connect().sql("SELECT 'a' AS one, NULL::VARCHAR AS other"))
    assert own.to_dict("records") == [{"one": "a", "other": None}]

"""The rows of a query as a pandas frame."""

from __future__ import annotations

from functools import cache

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa


def frame(relation: duckdb.DuckDBPyRelation) -> pd.DataFrame:
    """The rows of a relation, column by column as `DuckDBPyRelation.df` gives them.

    Texts come through Arrow, in whose memory pandas keeps them anyway: `df` makes a Python object of each, which takes
    as long as the query. A column of texts that are all null stays one of `None`, as `df` has it.
    """
    table: pa.Table = relation.to_arrow_table()
    texts = {field.name: _texts(table.column(field.name)) for field in table.schema if pa.types.is_string(field.type)}
    others = table.drop_columns(list(texts))
    if not others.num_columns:
        return pd.DataFrame(texts)
    with _ordered().cursor() as connection:
        rest = connection.from_arrow(others).df()
    rows: pd.DataFrame = rest.assign(**texts)[table.column_names]
    return rows


@cache
def _ordered() -> duckdb.DuckDBPyConnection:
    """A connection that keeps the order of rows, which that of a snapshot does not."""
    return duckdb.connect()


def _texts(column: pa.ChunkedArray) -> pd.Series:
    if column.null_count == len(column):
        return pd.Series(np.full(len(column), None), dtype=object)
    # In one piece, since taking rows out of many pieces is slow; with wide offsets, since one may pass 2 GB.
    texts: pd.Series = column.cast(pa.large_string()).combine_chunks().to_pandas()
    return texts

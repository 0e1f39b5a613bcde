"""Outliers in SQL, by the fence that `qingfeng ocp` computes from a file: R-8 quartiles, 1.5 interquartile ranges."""

from __future__ import annotations

from typing import Literal


def fence(values: str, column: str, side: Literal["low", "high"]) -> str:
    """A common table expression `fence(number, low)` or `fence(number, high)` over a column of the relation `values`.

    The fence is null where the quartiles are equal: beyond no spread every difference would be an outlier.
    """
    beyond = "q1 - 1.5 * (q3 - q1)" if side == "low" else "q3 + 1.5 * (q3 - q1)"
    return f"""
, ordered AS (SELECT list_sort(list({column})) AS v, count({column}) AS number FROM {values})
, places AS (
  SELECT v, number, greatest(1.0, least(number, (number + 1 / 3) * 0.25 + 1 / 3)) AS a,
         greatest(1.0, least(number, (number + 1 / 3) * 0.75 + 1 / 3)) AS b FROM ordered
), quartiles AS (
  SELECT number, {_at("a")} AS q1, {_at("b")} AS q3 FROM places
), fence AS (
  SELECT number, CASE WHEN q3 > q1 THEN {beyond} END AS {side} FROM quartiles
)
"""


def _at(place: str) -> str:
    whole = f"CAST(floor({place}) AS BIGINT)"
    return f"v[{whole}] + ({place} - floor({place})) * (coalesce(v[{whole} + 1], v[{whole}]) - v[{whole}])"

"""Whole columns of text made from arrays of numbers, the way the canonical files spell them.

Money is kept in fen (1/100 yuan) and dates in days since 1970-01-01 until they are written, so that sums
are exact and comparisons are integer comparisons. A negative number means "empty".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

_CLOCK = pa.array([f"T{m // 60:02d}:{m % 60:02d}:00" for m in range(24 * 60)])


def _text(numbers: Any, width: int) -> Any:
    return pc.utf8_lpad(pc.cast(numbers, pa.string()), width, "0")


def _known(numbers: npt.ArrayLike) -> Any:
    values = np.asarray(numbers, dtype=np.int64)
    return pa.array(values, mask=values < 0)


def joined(*parts: Any) -> Any:
    """Concatenate text columns and constants, row by row; empty where any part is empty."""
    return pc.binary_join_element_wise(*parts, "")


def ident(prefix: str, numbers: npt.ArrayLike, width: int = 8) -> Any:
    """Zero-padded identifiers such as `O00000017`."""
    return joined(pa.scalar(prefix), _text(_known(numbers), width))


def money(fen: npt.ArrayLike) -> Any:
    """Yuan with two decimals from integer fen."""
    values = np.asarray(fen, dtype=np.int64)
    empty = values < 0
    yuan, rest = np.divmod(np.maximum(values, 0), 100)
    return joined(pc.cast(pa.array(yuan, mask=empty), pa.string()), pa.scalar("."), _text(pa.array(rest), 2))


def dates(days: npt.ArrayLike) -> Any:
    """ISO dates from days since 1970-01-01."""
    values = np.asarray(days, dtype=np.int64)
    return pa.array(np.maximum(values, 0).astype("datetime64[D]"), mask=values < 0)


def times(days: npt.ArrayLike, minutes: npt.ArrayLike) -> Any:
    """ISO times at minute precision from days since 1970-01-01 and minutes since midnight."""
    return joined(pc.cast(dates(days), pa.string()), _CLOCK.take(pa.array(np.asarray(minutes, dtype=np.int64))))


def picked(words: Sequence[str], index: npt.ArrayLike) -> Any:
    """`words[index]` as a column; a negative index is empty."""
    return pa.array(words, pa.string()).take(_known(index))


def flags(values: npt.ArrayLike) -> Any:
    """`true` / `false`."""
    return picked(("false", "true"), np.asarray(values, dtype=np.int64))


def numbers(values: npt.ArrayLike, decimals: int = 0) -> Any:
    """Plain numbers; with `decimals`, rounded to that many places."""
    if not decimals:
        return _known(values)
    return pa.array(np.round(np.asarray(values, dtype=np.float64), decimals))


def constant(value: str, count: int) -> Any:
    """One text in every row."""
    return pa.repeat(pa.scalar(value), count)

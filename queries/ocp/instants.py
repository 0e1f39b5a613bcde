"""RFC 3339 date-times as instants, many at once.

A text comparison calls `2000-03-15T10:00:00-05:00` earlier than `2000-03-15T12:00:00Z`, although it is three hours
later. Here every date-time becomes microseconds since 1970-01-01T00:00:00Z before anything is compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

UNKNOWN = np.iinfo(np.int64).min
"""Stands for a date-time that is absent or cannot be read."""

DAY = 86_400_000_000
_SECOND = 1_000_000
_WIDTH = 26  # one more than "2000-01-01T00:00:00+00:00", so a longer text shows itself
_ZERO = ord("0")
_LINE_BREAK = ord("\n")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_ONE = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_DIGITS = np.array([0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18, 20, 21, 23, 24])
_MARKS = np.array([4, 7, 13, 16])
_MARK_LETTERS = np.array([[ord(mark)] for mark in "--::"], dtype=np.uint8)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0], dtype=np.int32)


class Instants:
    """Date-times that come some at a time, kept as letters until all are read at once.

    Read are RFC 3339 date-times, with any fraction of a second; a date-time without an offset counts as UTC.
    A date alone is the first moment of its day, or with `end_of_day` the first moment after it (a deadline
    that names only a day has not passed while the day lasts).
    """

    def __init__(self, *, end_of_day: bool = False) -> None:
        self._end_of_day = end_of_day
        self._grids: list[NDArray[np.uint8]] = []
        self._count = 0
        self._unusual: dict[int, int] = {}
        """Instants of texts that the letters do not hold whole: too long, or not ASCII."""

    def add(self, texts: Sequence[str | None]) -> None:
        """Take some more texts."""
        grid = _even(texts)
        if grid is None:
            grid = self._uneven([text or "" for text in texts])
        self._grids.append(grid)
        self._count += len(texts)

    def _uneven(self, texts: list[str]) -> NDArray[np.uint8]:
        try:
            grid = np.array(texts, dtype=f"S{_WIDTH}")
        except UnicodeEncodeError:
            self._note(texts, [row for row, text in enumerate(texts) if not text.isascii()])
            grid = np.array([text.encode("ascii", "replace") for text in texts], dtype=f"S{_WIDTH}")
        letters = grid.view(np.uint8).reshape(len(grid), _WIDTH)
        long = np.flatnonzero(letters[:, -1])
        if len(long):
            self._note(texts, long.tolist())
        return letters

    def _note(self, texts: list[str], rows: list[int]) -> None:
        self._unusual.update((self._count + row, _irregular(texts[row], self._end_of_day)) for row in rows)

    def read(self) -> NDArray[np.int64]:
        """Microseconds since the epoch for each text, or `UNKNOWN`."""
        if not self._count:
            return np.empty(0, dtype=np.int64)
        letters = np.concatenate(self._grids)
        utc = _utc(letters)
        if utc is not None:
            return utc
        result, read = _regular(np.ascontiguousarray(letters.T))
        for row in np.flatnonzero(~read & (letters[:, 0] != 0)).tolist():
            known = self._unusual.get(row)
            text = letters[row].tobytes().rstrip(b"\0").decode("ascii")
            result[row] = _irregular(text, self._end_of_day) if known is None else known
        return result


def instants(texts: Sequence[str | None], *, end_of_day: bool = False) -> NDArray[np.int64]:
    """The same for texts that are all at hand."""
    found = Instants(end_of_day=end_of_day)
    found.add(texts)
    return found.read()


def _even(texts: Sequence[str | None]) -> NDArray[np.uint8] | None:
    """The letters of texts that are equally long, as a publisher's date-times mostly are; None for any others."""
    try:
        letters = ("\n".join(texts) + "\n").encode("ascii")  # type: ignore[arg-type]
    except (TypeError, UnicodeEncodeError):
        return None
    count = len(texts)
    width, uneven = divmod(len(letters), max(1, count))
    if uneven or not 1 < width <= _WIDTH or letters.count(b"\n") != count:
        return None
    rows = np.frombuffer(letters, dtype=np.uint8).reshape(count, width)
    if not (rows[:, -1] == _LINE_BREAK).all():  # with as many breaks as texts, each stands behind its text
        return None
    grid = np.zeros((count, _WIDTH), dtype=np.uint8)
    grid[:, : width - 1] = rows[:, :-1]
    return grid


def _utc(letters: NDArray[np.uint8]) -> NDArray[np.int64] | None:
    """The instants if every text is `2000-01-01T00:00:00Z`, which numpy reads by itself; None if one is not."""
    zone = letters[:, 19:21]
    if not (zone == (ord("Z"), 0)).all() or not (letters[:, _MARKS] == _MARK_LETTERS.T).all():
        return None
    if letters[:, 0].min() < _ZERO:
        return None  # a sign in front: numpy would read it as a year before our era
    try:
        found = np.ascontiguousarray(letters[:, :19]).view("S19").ravel().astype("datetime64[us]").astype(np.int64)
    except ValueError:
        return None
    return found if found.min() >= _YEAR_ONE else None


def _regular(letters: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The two usual forms, `…Z` and `…±hh:mm` without a fraction, read letter by letter for all texts at once."""
    digits = letters[_DIGITS] - np.uint8(_ZERO)  # wraps round below "0", so one comparison tells digits
    decimal = digits <= 9
    form = decimal[:14].all(axis=0)
    form &= (letters[_MARKS] == _MARK_LETTERS).all(axis=0)
    form &= (letters[10] == ord("T")) | (letters[10] == ord(" "))
    zone = letters[19]
    east, west = zone == ord("+"), zone == ord("-")
    offset = (east | west) & (letters[22] == ord(":")) & (letters[25] == 0) & decimal[14:].all(axis=0)
    form &= offset | ((zone == ord("Z")) & (letters[20] == 0))
    pairs = (digits[0::2] * np.uint8(10) + digits[1::2]).astype(np.int32)
    century, year, month, day, hour, minute, second, zone_hour, zone_minute = pairs
    year = century * 100 + year
    leap = (month == 2) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    form &= (day >= 1) & (day <= _MONTH_DAYS[np.clip(month, 0, 13)] + leap) & (year >= 1)
    form &= (hour <= 23) & (minute <= 59) & (second <= 59)
    shift = np.where(offset, (zone_hour * 60 + zone_minute) * np.where(west, -60, 60), 0)
    form &= abs(shift) < 86_400
    moment = _days(year, month, day).astype(np.int64) * 86_400 + (hour * 3600 + minute * 60 + second - shift)
    return np.where(form, moment * _SECOND, UNKNOWN), form


def _days(year: NDArray[np.int32], month: NDArray[np.int32], day: NDArray[np.int32]) -> NDArray[np.int32]:
    """Days since 1970-01-01 in the proleptic Gregorian calendar, years counted from March."""
    years = year - (month <= 2)
    era_day = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return 365 * years + years // 4 - years // 100 + years // 400 + era_day - 719_468


def _irregular(text: str, end_of_day: bool) -> int:
    """Dates alone, fractions, missing offsets, lower case: whatever ISO 8601 text Python itself reads."""
    try:
        moment = datetime.fromisoformat(text.strip().upper())
    except ValueError:
        return UNKNOWN
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    value = (moment - _EPOCH) // timedelta(microseconds=1)
    return value + DAY if end_of_day and len(text.strip()) <= 10 else value

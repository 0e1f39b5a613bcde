"""Careful reading of one cell: what people write for a date, a sum of money, yes or no, a choice.

The fast forms (ISO dates, plain decimals, canonical words) are read in SQL. These functions see only the distinct
cells that SQL could not read, and answer with the canonical spelling or with the reason why there is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from graph.schema.model import Column, Kind
from graph.spelling import EMPTY
from loaders.words import FALSE, TRUE, WAN, choice_words

SHANGHAI = ZoneInfo("Asia/Shanghai")

MOST_MONEY = Decimal(10) ** 13
"""Ten trillion yuan, a tenth of a year's output of the country: a larger sum is a slip of the keyboard."""

_EARLIEST_YEAR = 1800
_SERIAL_DAYS = range(10_000, 110_000)
"""Excel day numbers from 1927 to 2201; others are more likely to be something else."""
_SERIAL_ORIGIN = datetime(1899, 12, 30)  # noqa: DTZ001 - a calendar day, no instant

_DAY = re.compile(r"(\d{4})(?:\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?|(\d{2})(\d{2}))")
_CLOCK = re.compile(
    r"[T\s]*(\d{1,2})\s*[:时点]\s*(\d{1,2})(?:\s*[:分]\s*(\d{1,2})(?:[.,](\d{1,9}))?)?\s*[分秒]?"
    r"\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?",
    re.IGNORECASE,
)
_MONTH = re.compile(r"(\d{4})\s*(?:[-/.年]\s*(\d{1,2})\s*月?|(\d{2}))(?:\s*[-/.]?\s*\d{1,2}\s*[日号]?)?")
_SERIAL = re.compile(r"\d{4,6}(?:\.\d+)?")
_AMOUNT = re.compile(
    r"([-(]?)\s*(\d+(?:\.\d*)?|\.\d+)(e[+-]?\d{1,3})?\s*(万|亿|千|百|百万|千万|万亿|thousand|million)?\s*元?整?\s*\)?"
)
_UNITS = {"百": 2, "千": 3, "万": WAN, "百万": 6, "千万": 7, "亿": 8, "万亿": 12, "thousand": 3, "million": 6}
_MONEY_MARKS = re.compile(r"[,，'\s¥￥$€£]|人民币|RMB|CNY", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+\d{1,3}", re.IGNORECASE)
_NOT_FINITE = frozenset(("nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"))


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a cell cannot be read: a key of the catalogue's section `quarantine`."""

    reason: str


Reading = str | Bad | None
"""The canonical spelling, a reason, or None for a cell that says nothing."""


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as their half-width twins; outer blanks removed."""
    return unicodedata.normalize("NFKC", text).strip()


def reader(table: str, column: Column) -> Callable[[str], Reading]:
    """The careful reader of a column's cells."""
    match column.kind:
        case Kind.DATE:
            return _plain(read_date)
        case Kind.TIME:
            return _plain(read_time)
        case Kind.PERIOD:
            return _plain(read_period)
        case Kind.MONEY:
            return _plain(read_money)
        case Kind.NUMBER:
            return _plain(read_percent if column.name.endswith("_pct") else read_number)
        case Kind.INTEGER:
            return _plain(read_integer)
        case Kind.FLAG:
            return lambda cell: read_flag(half_width(cell))
        case Kind.CHOICE:
            return _plain(lambda text: _choice(table, column.name, text))
        case Kind.CHOICES:
            return _plain(lambda text: _choices(table, column.name, text))
        case Kind.ID:
            return read_id
        case _:
            return lambda cell: cell if half_width(cell) else None


def _plain(read: Callable[[str], Reading]) -> Callable[[str], Reading]:
    """`read` on the half-width cell; None for a cell that only says that it is empty."""

    def careful(cell: str) -> Reading:
        text = half_width(cell)
        return None if not text or text.lower() in EMPTY else read(text)

    return careful


def read_date(text: str) -> Reading:
    """A day, in ISO form. A time of day behind it is dropped after it was brought to Asia/Shanghai."""
    moment = _moment(text)
    if isinstance(moment, str):
        return Bad(moment)
    return moment.date().isoformat() if moment else Bad("bad_date")


def read_time(text: str) -> Reading:
    """An instant on the wall clock of Asia/Shanghai, `YYYY-MM-DDTHH:MM:SS[.ffffff]`."""
    moment = _moment(text)
    if isinstance(moment, str):
        return Bad(moment)
    return moment.isoformat() if moment else Bad("bad_time")


def _moment(text: str) -> datetime | str | None:
    """The moment that a text names, the reason why there is none, or None for a text of no known form."""
    found = _DAY.match(text)
    if not found:
        return _serial(text) if _SERIAL.fullmatch(text) else None
    if _SERIAL.fullmatch(text) and len(text.partition(".")[0]) != 8:
        return _serial(text)
    year, month, day = (int(part) for part in found.groups() if part)
    if year < _EARLIEST_YEAR:
        return "date_out_of_range"
    try:
        moment = datetime(year, month, day)  # noqa: DTZ001 - wall clock of Asia/Shanghai
    except ValueError:
        return "no_such_day"
    rest = text[found.end() :].strip()
    if not rest:
        return moment
    clock = _CLOCK.fullmatch(rest)
    return _at(moment, clock) if clock else None


def _at(day: datetime, clock: re.Match[str]) -> datetime | str:
    hour, minute, second, fraction, zone = clock.groups()
    if int(hour) == 24 and int(minute) == 0 and int(second or 0) == 0:
        day, hour = day + timedelta(days=1), "0"
    try:
        moment = day.replace(
            hour=int(hour),
            minute=int(minute),
            second=int(second or 0),
            microsecond=int((fraction or "0").ljust(6, "0")[:6]),
        )
        if zone:
            digits = "+0000" if zone in "Zz" else zone.replace(":", "").ljust(5, "0")
            offset = datetime.strptime(digits, "%z").tzinfo
            moment = moment.replace(tzinfo=offset).astimezone(SHANGHAI).replace(tzinfo=None)
    except ValueError:
        return "bad_time"
    return moment


def _serial(text: str) -> datetime | str:
    days = Decimal(text)
    if int(days) not in _SERIAL_DAYS:
        return "bad_date"
    seconds = int((days % 1 * 86_400).to_integral_value(ROUND_HALF_UP))
    return _SERIAL_ORIGIN + timedelta(days=int(days), seconds=seconds)


def read_period(text: str) -> Reading:
    """A month, `YYYY-MM`."""
    found = _MONTH.fullmatch(text)
    if not found:
        return Bad("bad_period")
    month = int(found[2] or found[3])
    return f"{found[1]}-{month:02d}" if 1 <= month <= 12 else Bad("bad_period")


def last_day(period: str) -> date:
    """The last day of a month `YYYY-MM`."""
    year, month = int(period[:4]), int(period[5:])
    return (date(year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def read_money(text: str) -> Reading:
    """A sum in the main unit of its currency, as a plain decimal of at most four places, exactly."""
    if text.lower() in _NOT_FINITE:
        return Bad("not_finite")
    found = _AMOUNT.fullmatch(_MONEY_MARKS.sub("", text).removeprefix("+"))
    if not found:
        return Bad("bad_money")
    sign, digits, exponent, unit = found.groups()
    try:
        value = Decimal(digits + (exponent or "")).scaleb(_UNITS.get(unit, 0))
    except InvalidOperation:
        return Bad("bad_money")
    if sign and value:
        return Bad("money_negative")
    if value > MOST_MONEY:
        return Bad("money_absurd")
    return f"{value.quantize(Decimal('0.0001'), ROUND_HALF_UP).normalize():f}"


def read_number(text: str) -> Reading:
    """A finite number."""
    if text.lower() in _NOT_FINITE:
        return Bad("not_finite")
    try:
        value = Decimal(text.removesuffix("%").replace(",", "").strip())
    except InvalidOperation:
        return Bad("bad_number")
    return f"{value:f}" if value.is_finite() else Bad("not_finite")


def read_percent(text: str) -> Reading:
    """A share in percent, from 0 to 100."""
    reading = read_number(text)
    if isinstance(reading, str) and not 0 <= Decimal(reading) <= 100:
        return Bad("percent_range")
    return reading


def read_integer(text: str) -> Reading:
    """A whole number; `12.0` is one, `12.5` is not."""
    try:
        value = Decimal(text.replace(",", "").removesuffix("人").removesuffix("名"))
    except InvalidOperation:
        return Bad("bad_integer")
    if not value.is_finite() or value != value.to_integral_value() or abs(value) >= 10**18:
        return Bad("bad_integer")
    return str(int(value))


def read_flag(text: str) -> Reading:
    """Yes or no. 无 is a no here (有无分歧) where elsewhere it is an empty cell."""
    word = text.lower().removesuffix(".0")
    if word in TRUE:
        return "true"
    if word in FALSE:
        return "false"
    return None if not word or word in EMPTY else Bad("bad_flag")


def read_id(text: str) -> Reading:
    """An identifier as it stands, unless a spreadsheet has made a rounded number of it."""
    plain = half_width(text)
    if _SCIENTIFIC.fullmatch(plain):
        return Bad("id_scientific")
    return text if plain and plain.lower() not in EMPTY else None


def _choice(table: str, column: str, text: str) -> Reading:
    return choice_words(table, column).get(text.lower(), Bad("unknown_choice"))


def _choices(table: str, column: str, text: str) -> Reading:
    words = choice_words(table, column)
    parts = [part.strip().lower() for part in re.split(r"[;,、/|]", text) if part.strip()]
    if any(part not in words for part in parts):
        return Bad("unknown_choice")
    return ";".join(sorted({words[part] for part in parts}))

"""Money, dates and the names of kinds and relations, as a reader of each language writes them."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from graph.schema.words import chosen
from i18n import Language, Text, catalogue, money, text
from queries.explore.vocabulary import KINDS
from viz.plain import line, plain

YI = 100_000_000 * 100
"""亿元 in minor units."""
MONTHS = tuple(calendar.month_name)
"""By number, from 1; the interpreter's locale is never set."""


def amount(minor: int | None, currency: str | None, language: Language) -> str:
    """A sum in minor units for reading: `1.23 亿元`, `12.34 万元`, `CNY 123,400.00`; empty for none."""
    if minor is None:
        return ""
    code = line(currency or "CNY")
    if language == "zh" and code == "CNY" and abs(minor) >= YI:
        return f"{minor / YI:,.2f} 亿元"
    return money(int(minor), code).in_language(language)


def exact(minor: int | None, currency: str | None, language: Language) -> str:
    """A sum to the cent: `1,234.56 CNY`, in Chinese `1,234.56 元`; other currencies by their code in both."""
    if minor is None:
        return ""
    sign, rest = ("-", -int(minor)) if minor < 0 else ("", int(minor))
    code = line(currency or "CNY")
    unit = "元" if language == "zh" and code == "CNY" else code
    return f"{sign}{rest // 100:,}.{rest % 100:02} {unit}"


def brief_amount(minor: int, currency: str | None, language: Language) -> str:
    """A sum on an edge of a picture: `86.16 万元`, `CNY 0.86 M`."""
    if language == "zh" or abs(minor) < 100_000 * 100:
        return amount(minor, currency, language)
    return f"{line(currency or 'CNY')} {minor / 100 / 1_000_000:,.2f} M"


def iso(day: object) -> str:
    """A day for a table, `2023-05-03`; other values as they stand."""
    if isinstance(day, datetime):
        return day.isoformat(sep=" ", timespec="seconds")
    return day.isoformat() if isinstance(day, date) else plain(day)


def spelled(day: object, language: Language) -> str:
    """A day for a sentence: `2023年5月3日`, `3 May 2023`; what is no date stays as it stands."""
    try:
        value = day if isinstance(day, date) else date.fromisoformat(str(day)[:10])
    except ValueError:
        return plain(day)
    if language == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value.day} {MONTHS[value.month]} {value.year}"


def span(first: object, last: object, language: Language) -> str:
    """A period for a sentence; one day where both ends are the same, empty for neither."""
    ends = [spelled(day, language) for day in (first, last) if day]
    if not ends:
        return ""
    return ends[0] if len(ends) == 1 or ends[0] == ends[1] else " – ".join(ends)


def said(value: object, language: Language) -> str:
    """A text of the API in one language: a `Text`, `{"zh": …, "en": …}`, or a plain value."""
    if isinstance(value, Text):
        return plain(value.in_language(language))
    if isinstance(value, Mapping):
        return plain(value.get(language) or value.get("en") or value.get("zh"))
    if isinstance(value, bool):
        return text("export.yes" if value else "export.no", language)
    return plain(value)


def term(group: str, word: object, language: Language) -> str:
    """The name of a kind, role, relation or verdict (`export.<group>_<word>`), or the word itself."""
    entry = catalogue().get(f"export.{group}_{word}")
    return entry.in_language(language) if entry else line(str(word or "").replace("_", " "))


def cell(table: object, column: object, value: object, language: Language) -> str:
    """A cell of a table of the data contract: a choice (`bill`) as its word, other values as they stand."""
    word = chosen(str(table), str(column), value)
    return word.in_language(language) if word else said(value, language)


def relation(edge_type: object, language: Language) -> str:
    """The name of a type of edge, seen from its source; a detector's own word as it stands."""
    kind = KINDS.get(str(edge_type))
    return kind.heading.in_language(language) if kind else term("edge", edge_type, language)


def name_of(node: Mapping[str, Any]) -> str:
    """What a node is called, on one line: its name, else its key, else its id."""
    return line(node.get("name")) or line(node.get("key")) or line(node.get("id"))

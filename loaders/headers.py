"""Which column a header means: canonical names, Chinese terms, aliases; blanks, case and width do not matter."""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from graph.schema import PROVENANCE_HEADERS, TABLES
from graph.schema.model import Kind
from loaders.messages import UnreadableSource

_IGNORED = re.compile(r"[\s_\-*＊]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header stands for."""

    column: str
    in_wan: bool = False
    """Its amounts are in 万元."""


def plain(header: str) -> str:
    """A header without what does not matter."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", header)).casefold()


@functools.cache
def known_headers(table: str) -> dict[str, Meaning]:
    """Every header of a table, in plain form."""
    known: dict[str, Meaning] = {plain(header): Meaning(header) for header in PROVENANCE_HEADERS}
    known[plain("_derived")] = Meaning("_derived")
    for column in TABLES[table].columns:
        for header in (column.name, column.zh, *column.aliases):
            known[plain(header)] = Meaning(column.name)
            if column.kind is Kind.MONEY:
                known[plain(f"{header}(元)")] = Meaning(column.name)
                for unit in ("_wan", "(万元)", "万元"):
                    known[plain(header + unit)] = Meaning(column.name, in_wan=True)
    return known


def recognised(table: str, cells: Sequence[str | None]) -> int:
    """How many cells of a row are headers of the table."""
    known = known_headers(table)
    return sum(1 for cell in cells if cell and plain(cell) in known)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column each field of a file holds."""

    meanings: tuple[Meaning | None, ...]
    unknown: tuple[str, ...]


def layout(file: Path, table: str, headers: Sequence[str]) -> Layout:
    """What the headers of a file of one table mean.

    Raises:
        UnreadableSource: a required column is missing, or one column stands there twice.
    """
    known = known_headers(table)
    meanings = tuple(known.get(plain(header)) for header in headers)
    first: dict[str, str] = {}
    for header, meaning in zip(headers, meanings, strict=True):
        if meaning and meaning.column in first:
            raise UnreadableSource(
                file, "header_twice", column=meaning.column, first=first[meaning.column], second=header
            )
        if meaning:
            first[meaning.column] = header
    missing = [name for name in TABLES[table].required if name not in first]
    if missing:
        raise UnreadableSource(
            file,
            "missing_column",
            table=table,
            columns=", ".join(f"{name} ({TABLES[table][name].zh})" for name in missing),
            found=", ".join(header for header in headers if header) or "–",
            near=_near(table, missing, [h for h, m in zip(headers, meanings, strict=True) if h and not m]),
        )
    return Layout(meanings, tuple(h for h, m in zip(headers, meanings, strict=True) if h and not m))


def _near(table: str, missing: Sequence[str], unknown: Sequence[str]) -> str:
    """Unknown headers that look like a missing column."""
    pairs = []
    for name in missing:
        column = TABLES[table][name]
        for wanted in (name, column.zh, *column.aliases):
            for match in difflib.get_close_matches(plain(wanted), [plain(h) for h in unknown], n=1, cutoff=0.6):
                header = next(h for h in unknown if plain(h) == match)
                pairs.append(f"{header} → {name}")
    return "; ".join(dict.fromkeys(pairs)) or "–"

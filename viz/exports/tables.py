"""Findings, nodes, edges and source rows as flat tables, and a table as CSV that Excel opens safely."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from i18n import Language, text
from viz import wording
from viz.plain import plain
from viz.watermark import Watermark

Json = Mapping[str, Any]
Cell = str | int | float | Decimal | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), full-width forms included."""
BUFFERED = 64 * 1024


@dataclass(frozen=True, slots=True)
class Table:
    """A table to take out: its name, the headings in the reader's language, and its rows, read once."""

    name: str
    headings: tuple[str, ...]
    rows: Iterable[tuple[Cell, ...]]


def harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula: an apostrophe before what would begin one."""
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def csv_lines(table: Table, watermark: Watermark, language: Language) -> Iterator[bytes]:
    """The table as CSV in UTF-8 with a byte order mark, in pieces; memory does not grow with the rows.

    Each row carries who took it out, when and for what, so that a part that is cut out carries it too.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    headings, mark = zip(*watermark.columns(language), strict=True)
    mark = tuple(map(_csv_cell, mark))
    writer.writerow(tuple(map(_csv_cell, (*table.headings, *headings))))
    yield b"\xef\xbb\xbf"
    for row in table.rows:
        writer.writerow((*map(_csv_cell, row), *mark))
        if buffer.tell() > BUFFERED:
            yield _taken(buffer)
    yield _taken(buffer)


def csv_bytes(table: Table, watermark: Watermark, language: Language) -> bytes:
    """The table as CSV, whole."""
    return b"".join(csv_lines(table, watermark, language))


def _taken(buffer: io.StringIO) -> bytes:
    content = buffer.getvalue().encode("utf-8")
    buffer.seek(0)
    buffer.truncate()
    return content


def _csv_cell(value: Cell) -> str:
    return harmless(plain(value)) if isinstance(value, str) else plain(value)


def _table(name: str, language: Language, columns: Mapping[str, Callable[[Json], Cell]], rows: Iterable[Json]) -> Table:
    headings = tuple(text(f"export.{column}", language) for column in columns)
    return Table(name, headings, (tuple(read(row) for read in columns.values()) for row in rows))


def yuan(minor: int | None) -> Decimal | None:
    """A sum in minor units as an exact number of currency units."""
    return None if minor is None else Decimal(int(minor)).scaleb(-2)


def findings_table(items: Iterable[Json], language: Language) -> Table:
    """Summaries of findings, as `GET /findings` lists them."""
    word, said = wording.term, wording.said
    columns: dict[str, Callable[[Json], Cell]] = {
        "finding_id": lambda x: x["finding_id"],
        "tier": lambda x: x["tier"],
        "family": lambda x: x.get("family"),
        "detector_id": lambda x: x.get("detector"),
        "title": lambda x: said(x.get("title"), language),
        "headline": lambda x: said(x.get("headline"), language),
        "status": lambda x: _status(x.get("status"), language),
        "state": lambda x: word("state", x.get("state"), language),
        "triage": lambda x: word("triage", x.get("triage"), language),
        "assignee": lambda x: x.get("assignee"),
        "amount": lambda x: yuan((x.get("amount") or {}).get("value")),
        "currency": lambda x: (x.get("amount") or {}).get("currency"),
        "from": lambda x: wording.iso((x.get("period") or {}).get("from")),
        "to": lambda x: wording.iso((x.get("period") or {}).get("to")),
        "region": lambda x: x.get("region"),
        "agency": lambda x: (x.get("agency") or {}).get("name"),
        "who": lambda x: _entities(x.get("entities") or (), x.get("entity_count"), language),
        "first_run": lambda x: x.get("first_run"),
        "last_run": lambda x: x.get("last_run"),
        "version": lambda x: x.get("version"),
    }
    return _table("findings", language, columns, items)


def _status(status: Any, language: Language) -> str:
    return text(f"status.{status}", language) if status in ("flagged", "cleared") else plain(status)


def _entities(entities: Iterable[Json], count: int | None, language: Language) -> str:
    named = [f"{wording.term('role', e.get('role'), language)}: {e.get('name') or e.get('id')}" for e in entities]
    more = [f"(+{count - len(named)})"] if count and count > len(named) else []
    return "; ".join(named + more)


def nodes_table(graph: Json, language: Language) -> Table:
    """The nodes of a graph."""
    columns: dict[str, Callable[[Json], Cell]] = {
        "id": lambda x: x["id"],
        "kind": lambda x: wording.term("kind", x.get("kind"), language),
        "name": lambda x: x.get("name"),
        "region": lambda x: x.get("region"),
        "amount": lambda x: yuan(x.get("amount")),
        "currency": lambda x: x.get("currency"),
        "day": lambda x: wording.iso(x.get("day")),
        "ref": lambda x: x.get("ref"),
    }
    return _table("nodes", language, columns, graph.get("nodes") or ())


def edges_table(graph: Json, language: Language) -> Table:
    """The edges of a graph, each with the names of its ends and the row that says so."""
    names = {node["id"]: wording.name_of(node) for node in graph.get("nodes") or ()}
    columns: dict[str, Callable[[Json], Cell]] = {
        "relation": lambda x: wording.relation(x["type"], language),
        "source": lambda x: names.get(x["source"], str(x["source"])),
        "target": lambda x: names.get(x["target"], str(x["target"])),
        "amount": lambda x: yuan(x.get("amount")),
        "currency": lambda x: x.get("currency"),
        "day": lambda x: wording.iso(x.get("day")),
        "from": lambda x: wording.iso(x.get("from")),
        "to": lambda x: wording.iso(x.get("to")),
        "share_pct": lambda x: x.get("share_pct"),
        "text": lambda x: wording.said(x.get("text"), language),
        "ref": lambda x: x.get("ref"),
    }
    return _table("edges", language, columns, graph.get("edges") or ())


def records_table(records: Iterable[Json], language: Language) -> Table:
    """Source rows: a row a record, its columns one beneath the other in one cell."""

    def values(record: Json) -> str:
        terms = record.get("terms") or {} if language == "zh" else {}
        filled = {k: v for k, v in (record.get("columns") or {}).items() if v not in (None, "")}
        return "\n".join(f"{terms.get(k, k)}: {wording.said(v, language)}" for k, v in filled.items())

    columns: dict[str, Callable[[Json], Cell]] = {
        "table": lambda x: wording.term("table", x.get("table"), language),
        "file": lambda x: x.get("file"),
        "row": lambda x: x.get("row"),
        "values": values,
        "ref": lambda x: x.get("ref"),
    }
    return _table("records", language, columns, records)

"""Tables as an Excel workbook, written row by row; text is text, never a formula."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC
from decimal import Decimal
from itertools import chain
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from i18n import Language, text
from viz.exports.tables import Cell, Table
from viz.plain import line, plain
from viz.watermark import Watermark

CELL_LIMIT = 32_767
"""Most characters in a cell, by Excel's specification; a character beyond the basic plane counts twice."""
ROW_LIMIT = 1_048_576
WIDTH = 24
"""Of every column, in characters: a written-only sheet does not know its contents beforehand."""


def xlsx_bytes(tables: Sequence[Table], watermark: Watermark, language: Language) -> bytes:
    """The tables as sheets of a workbook, after a sheet that says who took them out, when and for what.

    A table longer than a sheet goes on in the next; a text longer than a cell is cut and says by how much.
    """
    book = Workbook(write_only=True)
    book.properties.creator = line(watermark.user)[:255]
    book.properties.created = book.properties.modified = watermark.at.astimezone(UTC).replace(tzinfo=None)
    info = book.create_sheet(text("export.sheet_info", language))
    info.column_dimensions["A"].width, info.column_dimensions["B"].width = 20, 80
    counts = []
    sheets = []
    for table in tables:
        title = text(f"export.sheet_{table.name}", language)
        rows = iter(table.rows)
        ahead = next(rows, None)
        count, part = 0, 0
        while part == 0 or ahead is not None:
            part += 1
            sheet = book.create_sheet(title if part == 1 else f"{title} ({part})")
            sheets.append(sheet)
            sheet.freeze_panes = "A2"
            for number in range(len(table.headings)):
                sheet.column_dimensions[get_column_letter(number + 1)].width = WIDTH
            sheet.append([_cell(sheet, heading, language, bold=True) for heading in table.headings])
            for _ in range(ROW_LIMIT - 1):
                if ahead is None:
                    break
                sheet.append([_cell(sheet, value, language) for value in ahead])
                count += 1
                ahead = next(rows, None)
        counts.append((title, count))
    _mark(info, counts, watermark, language)
    for sheet in (info, *sheets):
        sheet.oddFooter.left.text = line(watermark.sentence(language)).replace("&", "&&")[:200]
        sheet.oddFooter.right.text = "&P / &N"
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _mark(sheet: Any, counts: Sequence[tuple[str, int]], watermark: Watermark, language: Language) -> None:
    rows: Iterator[tuple[str, Cell]] = chain(
        watermark.columns(language),
        ((f"{title}: {text('export.rows', language)}", count) for title, count in counts),
        ((text("export.note", language), text(f"export.{key}", language)) for key in ("cut", "lead_not_verdict")),
    )
    for name, value in rows:
        sheet.append([_cell(sheet, name, language, bold=True), _cell(sheet, value, language)])


def _cell(sheet: Any, value: Cell, language: Language, *, bold: bool = False) -> Any:
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=_fitted(plain(value), language))
        if cell.value is not None:
            cell.data_type = "s"  # openpyxl would make a formula of what begins with an equals sign
    else:
        cell = WriteOnlyCell(sheet, value=float(value) if isinstance(value, Decimal) else value)
        if isinstance(value, Decimal):
            cell.number_format = "#,##0.00"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _fitted(value: str, language: Language) -> str:
    """The text, or as much of it as a cell holds and how much is missing."""
    if len(value) * 2 <= CELL_LIMIT or len(value.encode("utf-16-le")) // 2 <= CELL_LIMIT:
        return value
    kept = value.encode("utf-16-le")[: (CELL_LIMIT - 100) * 2].decode("utf-16-le", errors="ignore")
    return kept + text("export.cut_mark", language, count=len(value) - len(kept))

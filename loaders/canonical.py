"""The canonical loader: a file of one canonical table, in any of the forms the data contract names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from graph.schema import TABLES
from loaders import headers
from loaders.adapter import Batch, Rejected
from loaders.delimited import Rows, find_header
from loaders.messages import UnreadableSource
from loaders.opening import Opened
from loaders.report import LoadReport
from loaders.sheets import find_sheet_header, open_parquet, open_workbook
from loaders.words import WAN

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".xlsx", ".xls", ".xlsm", ".ods", ".parquet")
_PART = re.compile(r"[-_. ]?(?:part)?[-_. ]?\d[\d\-_]*")


class Source(Protocol):
    """Something with a header and rows."""

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers as they stand in the file."""
        ...

    def rows(self) -> Iterator[Rows]:
        """The rows as text columns named by position."""
        ...


def table_of(name: str) -> str | None:
    """The canonical table that a file or sheet name names: `bids`, `投标`, `bids-2024`, `bids_part2`."""
    stem = name.strip()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)]
            break
    for table in TABLES.values():
        for known in (table.name, table.zh):
            if stem.lower().startswith(known) and (stem.lower() == known or _PART.fullmatch(stem[len(known) :])):
                return table.name
    return None


def read(opened: Opened, report: LoadReport, *, certain: bool = True) -> Iterator[Batch]:
    """The rows of a canonical file. Its name says which table it is, or the names of its sheets do.

    Args:
        opened: the file.
        report: told of what is not read.
        certain: whether it must be a table; a workbook whose sheets are no tables is passed over otherwise.

    Raises:
        UnreadableSource: the file or its header cannot be read.
    """
    for name, source in _sources(opened, table_of(opened.file.name), report, certain=certain):
        layout = headers.layout(opened.file, name, source.headers)
        yield Batch(name, _empty(layout), unknown_columns=layout.unknown)
        for rows in source.rows():
            yield Batch(name, named(rows.table, layout), _of_table(name, rows.rejected))


def _sources(opened: Opened, table: str | None, report: LoadReport, *, certain: bool) -> Iterator[tuple[str, Source]]:
    """The tables in a file: one, or a sheet for each."""
    if opened.form == "sheet":
        sheets = open_workbook(opened.file)
        if not sheets:
            raise UnreadableSource(opened.file, "empty_file")
        by_table = {name: found for name in sheets if (found := table_of(name))}
        if table and table not in by_table.values():
            by_table = {next(iter(sheets)): table}
        if not by_table and not certain:
            report.warn("files_not_read", files=opened.file.name)
            return
        if not by_table:
            raise UnreadableSource(opened.file, "which_table", known=", ".join(TABLES))
        for name in sheets:
            if name not in by_table:
                report.warn("sheet_not_read", file=opened.file.name, sheet=name)
        for name, found in by_table.items():
            yield found, find_sheet_header(opened.file, name, sheets[name][1], _score(found))
        return
    if table is None:
        raise UnreadableSource(opened.file, "which_table", known=", ".join(TABLES))
    if opened.form == "parquet":
        yield table, open_parquet(opened.file)
    else:
        yield table, find_header(opened.file, opened.path, opened.skip, _score(table))


def _score(table: str) -> Callable[[Sequence[str]], int]:
    return lambda cells: headers.recognised(table, cells)


def _empty(layout: headers.Layout) -> pa.Table:
    names = [meaning.column for meaning in layout.meanings if meaning]
    return pa.table([*([pa.array([], pa.string())] * len(names)), pa.array([], pa.int64())], names=[*names, "_row"])


def named(table: pa.Table, layout: headers.Layout) -> pa.Table:
    """The columns of a file under their canonical names; amounts in 万元 as amounts in yuan."""
    columns = {
        meaning.column: scaled(table[str(position)], WAN, "万元") if meaning.in_wan else table[str(position)]
        for position, meaning in enumerate(layout.meanings)
        if meaning
    }
    return pa.table({**columns, "_row": table["_row"]})


def scaled(amounts: pa.ChunkedArray, power: int, unit: str) -> pa.ChunkedArray:
    """Amounts in a unit of ten to a power, as amounts in yuan."""
    try:
        exact = pc.cast(pc.utf8_trim_whitespace(amounts), pa.decimal128(20, 6))
        product = pc.multiply(exact, pa.scalar(10**power, pa.decimal128(power + 1, 0)))
        return pc.cast(pc.cast(product, pa.decimal128(36, 2)), pa.string())
    except pa.ArrowInvalid:
        # Some cell is no plain number: the unit is left for the careful reading of each.
        return pc.binary_join_element_wise(amounts, unit, "")


def _of_table(table: str, rejected: list[Rejected]) -> tuple[Rejected, ...]:
    return tuple(Rejected(table, item.row, item.column, item.value, item.reason) for item in rejected)


def supported(file: Path) -> bool:
    """Whether the name of a file says that it may hold a canonical table."""
    return file.name.lower().endswith(SUFFIXES)

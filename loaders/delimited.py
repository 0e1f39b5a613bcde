"""Delimited text as text columns: at full speed where a piece is regular, line by line where it is not.

A piece is some megabytes of whole lines. It is regular if it has no NUL, if every line has an even number of quotes
that stand where quotes stand, and if every row has the same number of fields. Any other piece is read by
`records`, which rejects exactly the rows that are broken. Both ways give the same rows.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from loaders.adapter import Rejected
from loaders.messages import UnreadableSource

PIECE = 1 << 25
_BLOCK = 1 << 23
_HEAD = 1 << 16
"""Bytes in which a header is looked for first."""
LONGEST_ROW = 1 << 20
"""Bytes; a longer row is no row of a table."""
_MOST_LINES = 1_000
"""Lines that one quoted cell may span."""
HEADER_WITHIN = 40
"""Rows among which the header is looked for: sheets have titles and dates above it."""
_DELIMITERS = (",", "\t", ";", "|")

csv.field_size_limit(LONGEST_ROW * 2)


@dataclass(frozen=True, slots=True)
class Record:
    """One row as it stands in the file: its fields, or why it has none."""

    row: int
    cells: list[str]
    reason: str | None = None
    size: int = 0
    """Bytes."""


@dataclass(slots=True)
class Rows:
    """Some rows of a file: text columns `0`, `1`… in the order of the headers, and `_row`."""

    table: pa.Table
    rejected: list[Rejected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Delimited:
    """A delimited file whose header was found."""

    path: Path
    delimiter: str
    headers: tuple[str, ...]
    start: int
    """Byte at which the rows begin."""
    first_row: int
    """Number of the first row after the header; the first line of the file is 1."""

    def rows(self) -> Iterator[Rows]:
        """The rows, piece by piece."""
        row, rest = self.first_row, b""
        with self.path.open("rb") as handle:
            handle.seek(self.start)
            while True:
                piece, last = _piece(handle, rest)
                rest = b""
                if piece.strip(b"\r\n"):
                    table = self._regular(piece.rstrip(b"\r\n") if last else piece, row)
                    if table is not None:
                        row += table.num_rows
                        yield Rows(table)
                    else:
                        rows, row, rest = self._irregular(piece, row, last=last)
                        yield rows
                if last:
                    return

    def _regular(self, piece: bytes, row: int) -> pa.Table | None:
        """The rows of a regular piece, None for any other."""
        if not _is_regular(piece, self.delimiter):
            return None
        names = [str(position) for position in range(len(self.headers))]
        try:
            table = pacsv.read_csv(
                pa.BufferReader(piece),
                read_options=pacsv.ReadOptions(column_names=names, block_size=_BLOCK),
                parse_options=pacsv.ParseOptions(delimiter=self.delimiter, ignore_empty_lines=False),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid:
            return None
        return table.append_column("_row", pa.array(np.arange(row, row + table.num_rows)))

    def _irregular(self, piece: bytes, row: int, *, last: bool) -> tuple[Rows, int, bytes]:
        """The rows of any piece, the number of the next row, and the bytes of an unfinished record at its end."""
        width = len(self.headers)
        kept: list[list[str]] = []
        numbers: list[int] = []
        rejected: list[Rejected] = []
        taken = 0
        for record in records(piece, self.delimiter, row, width, last=last):
            taken += record.size
            row = record.row + 1
            cells, reason = record.cells, record.reason
            if reason is None and not any(cells):
                continue
            if reason is None and len(cells) != width:
                if len(cells) < width or any(cells[width:]):
                    reason, cells = "ragged_row", [f"{len(cells)} / {width}"]
                else:
                    cells = cells[:width]
            if reason is not None:
                rejected.append(Rejected(None, record.row, None, "".join(cells), reason))
                continue
            kept.append(cells)
            numbers.append(record.row)
        columns = list(zip(*kept, strict=True)) if kept else [()] * width
        arrays = [pa.array([cell or None for cell in column], pa.string()) for column in columns]
        names = [str(position) for position in range(width)]
        table = pa.table([*arrays, pa.array(numbers, pa.int64())], names=[*names, "_row"])
        return Rows(table, rejected), row, piece[taken:]


def find_header(
    file: Path,
    path: Path,
    skip: int,
    score: Callable[[Sequence[str]], int],
    delimiter: str | None = None,
    header_row: int | None = None,
) -> Delimited:
    """Find the delimiter and the header row: the first row with the most known headers.

    Args:
        file: the file as the user named it, for errors.
        path: where its plain text is.
        skip: bytes before the text.
        score: how many cells of a row are known headers.
        delimiter: where a mapping states it.
        header_row: where a mapping states it.

    Raises:
        UnreadableSource: nothing in it looks like a header.
    """
    with path.open("rb") as handle:
        handle.seek(skip)
        head = handle.read(_HEAD)
        if len(head) == _HEAD and head.count(b"\n") <= max(HEADER_WITHIN, header_row or 0):
            head += handle.read(LONGEST_ROW * 2)
        whole = not handle.read(1)
    best: tuple[tuple[int, int], Delimited] | None = None
    for candidate in (delimiter,) if delimiter else _DELIMITERS:
        start, first = skip, True
        for record in records(head, candidate, 1, None, last=whole):
            start += record.size
            if record.row > max(HEADER_WITHIN, header_row or 0):
                break
            cells = [cell.strip() for cell in record.cells]
            while cells and not cells[-1]:
                cells.pop()
            if record.reason or not cells or (header_row is not None and record.row != header_row):
                continue
            # Where no header is known, the first row that has anything is shown as what was found.
            rank = (score(cells), len(cells) if first else 0)
            rank = (rank[0], 0) if rank[0] else rank
            first = False
            if best is None or rank > best[0]:
                best = rank, Delimited(path, candidate, tuple(cells), start, record.row + 1)
    if best is None:
        raise UnreadableSource(file, "no_header")
    return best[1]


def records(piece: bytes, delimiter: str, row: int, width: int | None, *, last: bool) -> Iterator[Record]:
    """Read records one by one; a broken one is named and the next line is a new beginning.

    A record whose quotes are open at the end of a line goes on in the next lines, if they close it properly and it
    then has `width` fields; otherwise its first line alone is broken. Where `last` is not set, a record that is open
    at the end of the piece is left for the next piece.
    """
    lines = piece.split(b"\n")
    if not lines[-1]:
        lines.pop()
        ended = True
    else:
        ended = False
    at = 0
    while at < len(lines):
        line = lines[at]
        size = len(line) + (1 if at < len(lines) - 1 or ended else 0)
        if line.count(b'"') % 2 == 0:
            yield _record(row, line, delimiter, size)
            at += 1
        else:
            count, complete = _joined(lines, at)
            if not complete and not last and count < _MOST_LINES:
                return
            whole = b"\n".join(lines[at : at + count]) if complete else line
            record = _record(row, whole, delimiter, 0)
            if not complete or record.reason or (width is not None and len(record.cells) != width):
                yield Record(row, [line[:200].decode("utf-8", "replace")], record.reason or "broken_quotes", size)
                at += 1
            else:
                at += count
                size = len(whole) + (1 if at < len(lines) or ended else 0)
                yield Record(row, record.cells, None, size)
        row += 1


def _joined(lines: Sequence[bytes], at: int) -> tuple[int, bool]:
    """How many lines, from `at` on, have an even number of quotes together; and whether any number has."""
    quotes = size = 0
    for count, line in enumerate(lines[at : at + _MOST_LINES], start=1):
        quotes += line.count(b'"')
        size += len(line)
        if quotes % 2 == 0 and count > 1:
            return count, True
        if size > LONGEST_ROW:
            return _MOST_LINES, False
    return min(len(lines) - at, _MOST_LINES), False


def _record(row: int, line: bytes, delimiter: str, size: int) -> Record:
    shown = [line[:200].decode("utf-8", "replace")]
    if len(line) > LONGEST_ROW:
        return Record(row, shown, "line_too_long", size)
    if b"\0" in line:
        return Record(row, shown, "nul_byte", size)
    try:
        text = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        return Record(row, shown, "bad_encoding", size)
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), [])
    except csv.Error:
        return Record(row, shown, "broken_quotes", size)
    return Record(row, cells, None, size)


def _piece(handle: io.BufferedReader, rest: bytes) -> tuple[bytes, bool]:
    """The next whole lines, and whether they are the last. A row without an end is cut at its beginning."""
    piece = rest + handle.read(PIECE)
    more = handle.read(1)
    if not more:
        return piece, True
    end = piece.rfind(b"\n") + 1
    if end and more != b"":
        handle.seek(-(len(piece) - end) - 1, io.SEEK_CUR)
        return piece[:end], False
    # One line longer than a piece: keep what shows that it is too long, drop the rest of it.
    handle.seek(-1, io.SEEK_CUR)
    while chunk := handle.readline(PIECE):
        if chunk.endswith(b"\n"):
            return piece[: LONGEST_ROW + 1] + b"\n", False
    return piece[: LONGEST_ROW + 1], True


def _is_regular(piece: bytes, delimiter: str) -> bool:
    if b"\0" in piece:
        return False
    if b'"' not in piece:
        return True
    data = np.frombuffer(piece, np.uint8)
    quotes = np.flatnonzero(data == ord('"'))
    before = np.searchsorted(quotes, np.flatnonzero(data == ord("\n")))
    if (before % 2).any() or len(quotes) % 2:
        return False
    # Runs of quotes. Those of odd length open and close fields in turn: one that opens stands behind a border, one that
    # closes before one. Those of even length are pairs within a field, or an empty field between two borders.
    first = np.flatnonzero(np.diff(quotes, prepend=-2) != 1)
    lengths = np.diff(first, append=len(quotes))
    starts, ends = quotes[first], quotes[first] + lengths
    border = np.isin(data, np.frombuffer(f"{delimiter}\r\n".encode(), np.uint8))
    left = (starts == 0) | border[np.maximum(starts - 1, 0)]
    right = (ends == len(data)) | border[np.minimum(ends, len(data) - 1)]
    odd = lengths % 2 == 1
    inside = (np.cumsum(odd) - odd) % 2 == 1
    return bool(np.where(odd, np.where(inside, right, left), inside | (left & right)).all())

"""Rows of a platform's own export as rows of canonical tables, as a mapping says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from loaders import identity
from loaders.adapter import Batch, Rejected
from loaders.canonical import Source, scaled
from loaders.delimited import Rows, find_header
from loaders.headers import plain
from loaders.mapping import ROW, Content, Derive, Mapping, Powers, TableMapping
from loaders.messages import UnreadableSource
from loaders.opening import Opened
from loaders.report import LoadReport
from loaders.sheets import find_sheet_header, open_parquet, open_workbook


def read(opened: Opened, mapping: Mapping, report: LoadReport) -> Iterator[Batch]:
    """The rows of a file as a mapping understands them.

    Raises:
        UnreadableSource: the file cannot be read, or has not the columns that the mapping needs.
    """
    source = _source(opened, mapping, report)
    places = {plain(header): position for position, header in reversed(list(enumerate(source.headers)))}
    if missing := [name for name in mapping.headers if plain(name) not in places]:
        raise UnreadableSource(
            opened.file, "mapping_column", columns=", ".join(missing), found=", ".join(filter(None, source.headers))
        )
    known = {plain(name) for name in (*mapping.headers, *mapping.ignore)}
    unknown = tuple(header for header in source.headers if header and plain(header) not in known)
    columns = {name: str(places[plain(name)]) for name in mapping.headers}
    for number, rows in enumerate(source.rows()):
        named = pa.table({**{name: rows.table[at] for name, at in columns.items()}, ROW: rows.table["_row"]})
        for table in mapping.tables:
            yield _batch(named, table, mapping, opened.sha256, unknown if number == 0 else ())
        if rows.rejected:
            first = mapping.tables[0].table
            yield Batch(first, pa.table({ROW: pa.array([], pa.int64())}), tuple(_placed(rows, first)))


def _placed(rows: Rows, table: str) -> Iterator[Rejected]:
    for item in rows.rejected:
        yield Rejected(table, item.row, item.column, item.value, item.reason)


def _source(opened: Opened, mapping: Mapping, report: LoadReport) -> Source:
    wanted = {plain(name) for name in mapping.headers}

    def score(cells: Sequence[str]) -> int:
        return sum(1 for cell in cells if plain(cell) in wanted)

    if opened.form == "parquet":
        return open_parquet(opened.file)
    if opened.form == "sheet":
        sheets = open_workbook(opened.file)
        name = mapping.sheet or next(iter(sheets), None)
        if name not in sheets:
            raise UnreadableSource(opened.file, "no_such_sheet", sheet=name or "–", found=", ".join(sheets) or "–")
        for other in sheets:
            if other != name:
                report.warn("sheet_not_read", file=opened.file.name, sheet=other)
        return find_sheet_header(opened.file, name, sheets[name][1], score, mapping.header_row)
    return find_header(opened.file, opened.path, opened.skip, score, mapping.delimiter, mapping.header_row)


def _batch(rows: pa.Table, table: TableMapping, mapping: Mapping, sha256: str, unknown: tuple[str, ...]) -> Batch:
    rows = _kept(rows, table)
    rejected: tuple[Rejected, ...] = ()
    if table.split:
        rows, rejected = _split(rows, table)
    columns = {name: _filled(rows, content, sha256) for name, content in table.columns.items()}
    if mapping.source_system and "source_system" not in columns:
        columns["source_system"] = pa.repeat(mapping.source_system, rows.num_rows)
    if table.derived:
        columns["_derived"] = pa.repeat(table.derived, rows.num_rows)
    return Batch(table.table, pa.table({**columns, "_row": rows[ROW]}), rejected, unknown)


def _kept(rows: pa.Table, table: TableMapping) -> pa.Table:
    for condition in table.where:
        cells = _trimmed(rows[condition.column])
        if condition.in_ is not None:
            rows = rows.filter(pc.is_in(cells, pa.array(condition.in_, pa.string())))
            cells = _trimmed(rows[condition.column])
        if condition.matches is not None:
            rows = rows.filter(pc.fill_null(pc.match_substring_regex(cells, condition.matches), False))
            cells = _trimmed(rows[condition.column])
        if condition.filled is not None:
            rows = rows.filter(pc.equal(pc.is_valid(cells), condition.filled))
    return rows


def _trimmed(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells without outer blanks, null if nothing is left."""
    bare = pc.utf8_trim_whitespace(cells.cast(pa.string()))
    return pc.if_else(pc.equal(bare, ""), None, bare)


def _split(rows: pa.Table, table: TableMapping) -> tuple[pa.Table, tuple[Rejected, ...]]:
    """A row for each value of the split cells; rows whose cells hold different numbers of values are rejected."""
    split = table.split
    assert split is not None
    parts = [pc.split_pattern(pc.fill_null(_trimmed(rows[name]), ""), split.by) for name in split.columns]
    sizes = [pc.list_value_length(part) for part in parts]
    uneven = pa.chunked_array([pa.repeat(False, rows.num_rows)], pa.bool_())
    for size in sizes[1:]:
        uneven = pc.or_(uneven, pc.not_equal(size, sizes[0]))
    rejected = tuple(
        Rejected(table.table, row, None, value, "split_uneven")
        for row, value in zip(
            rows[ROW].filter(uneven).to_pylist(), rows[split.columns[0]].filter(uneven).to_pylist(), strict=True
        )
    )
    even = pc.invert(uneven)
    parts = [part.filter(even) for part in parts]
    rows = rows.filter(even)
    index = pc.list_parent_indices(parts[0])
    many = rows.take(index)
    for name, part in zip(split.columns, parts, strict=True):
        many = many.set_column(many.column_names.index(name), name, _trimmed(pc.list_flatten(part)))
    some = pa.chunked_array([pa.repeat(False, many.num_rows)], pa.bool_())
    for name in split.columns:
        some = pc.or_(some, pc.is_valid(many[name]))
    return many.filter(some), rejected


def _filled(rows: pa.Table, content: Content, sha256: str) -> pa.ChunkedArray:
    """The cells of one canonical column."""
    if content.value is not None:
        return pa.chunked_array([pa.repeat(content.value, rows.num_rows)])
    if content.derive:
        return _derived(rows, content.derive, sha256)
    parts = [_cells(rows, name) for name in content.from_]
    cells = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, content.join)
    if content.format:
        cells = _each(cells, lambda cell: _dated(cell, content.format or ""))
    if content.map:
        cells = _each(cells, lambda cell: content.map.get(cell, cell if content.others is None else content.others))
    if content.unit:
        cells = scaled(cells, Powers[content.unit], content.unit)
    return pc.fill_null(cells, content.default) if content.default is not None else cells


def _cells(rows: pa.Table, name: str) -> pa.ChunkedArray:
    return rows[ROW].cast(pa.string()) if name == ROW else _trimmed(rows[name])


def _each(cells: pa.ChunkedArray, spell: Callable[[str], str | None]) -> pa.ChunkedArray:
    """`spell` of every cell, called once for each distinct one."""
    encoded = pc.dictionary_encode(cells).combine_chunks()
    spelled = pa.array([spell(cell) for cell in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([spelled.take(encoded.indices)])


def _dated(cell: str, form: str) -> str:
    """A day or time in ISO form; a cell of another form stays as it is and is read, or refused, like any other."""
    try:
        moment = datetime.strptime(cell, form)  # noqa: DTZ007 - a zone, where the form has one, stays in the text
    except ValueError:
        return cell
    return moment.isoformat()


def _derived(rows: pa.Table, derive: Derive, sha256: str) -> pa.ChunkedArray:
    if derive.how == "row":
        numbers = rows[ROW].to_pylist()
        return pa.chunked_array([[identity.hashed("r", [sha256, str(number)]) for number in numbers]], pa.string())
    names = [*derive.from_, *derive.scope]
    parts = [_cells(rows, name).to_pylist() for name in names]
    known: dict[tuple[str | None, ...], str | None] = {}
    ids = []
    for key in zip(*parts, strict=True):
        if key not in known:
            known[key] = _identify(derive, key)
        ids.append(known[key])
    return pa.chunked_array([pa.array(ids, pa.string())])


def _identify(derive: Derive, key: tuple[str | None, ...]) -> str | None:
    """The identifier for one combination of cells, None where they are too empty for one."""
    cells, scope = key[: len(derive.from_)], [cell or "" for cell in key[len(derive.from_) :]]
    if derive.how == "uscc_else_name":
        code, name = (None, cells[0]) if len(cells) == 1 else (cells[0], cells[1])
        return identity.firm_id(code, name, scope)
    if derive.how == "name_in_scope":
        return identity.person_id(cells[0], scope) if any(scope) else None
    return identity.hashed("h", [cell or "" for cell in (*cells, *scope)]) if any(cells) else None

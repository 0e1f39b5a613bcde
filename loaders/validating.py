"""Text cells become typed columns: the SQL that reads the fast forms and says which rows need a careful look.

`statement(table, columns, careful=False)` reads what DuckDB reads exactly and at full speed: ISO dates and times,
plain decimals of two places, canonical words. Bit i of `_odd` is set where column i holds something else.
With `careful=True` the cells were spelled canonically before (`loaders.cells`), and what is odd still is wrong.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph.schema import PROVENANCE_HEADERS, TABLES
from graph.schema.model import Column, Kind, Table
from graph.spelling import EMPTY

WHITESPACE = " \t\r\n\u00a0\u2002\u2003\u2009\u200b\u3000\ufeff"
_FULL = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
_HALF = "".join(chr(code) for code in range(0x21, 0x7F)).replace("'", "''") + " "

_ASCII = 0x80
_WIDE = (b"\xc2\xa0", b"\xe2\x80", b"\xe3\x80\x80", b"\xef\xbb\xbf", b"\xef\xbc", b"\xef\xbd")
"""UTF-8 of the blanks above and the beginnings of the full-width signs."""

FIELD = "chr(31)"
ABSENT = "chr(30)"
"""Between the values of a hashed text, and for a value that is not there; neither occurs within a value."""

# Currencies whose minor unit is not a hundredth (ISO 4217).
_WHOLE = "'JPY','KRW','VND','CLP','PYG','ISK','UGX','XAF','XOF','XPF','RWF','KMF','GNF','DJF','BIF','VUV'"
_TRUE, _FALSE = "'true', '1', 'TRUE', 'True', 'Y', '是'", "'false', '0', 'FALSE', 'False', 'N', '否'"
_YUAN = "'人民币', '人民币元', '元', 'RMB', 'YUAN'"
_THOUSANDTHS = "'KWD','BHD','OMR','JOD','TND','IQD','LYD'"

_FREE = (Kind.ID, Kind.TEXT, Kind.SECRET)
"""Kinds that take any text."""

_NOTHING = "(?i)" + "|".join(re.escape(word) for word in sorted(EMPTY))
_LONGEST = max(len(word.encode()) for word in EMPTY)
NAMING = (("0", "N"), ("O", "["))
"""Texts from the first sign up to the second, without it: so ids begin, and no word for an empty cell."""

_PLACE = ("_source", "_file", "_row", "_n")
"""Of each row: its source in the manifest, the number of its file in this load, its row there, its position."""

PERSONAL = frozenset(("persons", "party", "orgs"))
"""Columns that hold ids of these are searched for resident identity numbers."""


def holds_party_id(table: Table, column: Column) -> bool:
    """Whether a column holds the id of a person or an organisation."""
    return column.refers in PERSONAL or (table.name in PERSONAL and (column.name,) == table.key)


@functools.cache
def stage_columns(table: str) -> tuple[tuple[str, str], ...]:
    """Columns of the staging table and their types."""
    own = [(column.name, column.sql_type) for column in TABLES[table].columns]
    return (
        *own,
        ("_key", "BIGINT"),
        ("_hash", "BIGINT"),
        ("_source", "INTEGER"),
        ("_row", "BIGINT"),
        ("_record", "VARCHAR"),
        ("_system", "VARCHAR"),
        ("_as_of", "DATE"),
        ("_derived", "VARCHAR"),
        ("_has", "INTEGER"),
        ("_file", "INTEGER"),
        ("_n", "BIGINT"),
        ("_odd", "INTEGER"),
    )


@functools.cache
def create_stage(table: str) -> str:
    """The statement that makes an empty staging table."""
    columns = ", ".join(f'"{name}" {kind}' for name, kind in stage_columns(table))
    return f"CREATE TEMP TABLE staged_{table} ({columns})"


@functools.cache
def insert(
    table: str,
    columns: tuple[str, ...],
    *,
    messy: frozenset[str] = frozenset(),
    careful: bool = False,
    sparse: bool = False,
) -> str:
    """The statement that types the rows of the view `raw` and adds them to the staging table.

    Args:
        table: canonical table.
        columns: text columns of `raw`: the table's, provenance headers, `_derived`. `raw` has those of `_PLACE` too.
        messy: those of them that may have blanks, control characters or full-width signs in them.
        careful: the cells were read carefully before.
        sparse: an empty cell says nothing, where otherwise it says that the value is not known any more.
    """
    declared = TABLES[table]
    own = [column for column in declared.columns if column.name in columns]
    others = [header for header in (*PROVENANCE_HEADERS, "_derived") if header in columns]
    cleaned = [_cleaned(column, messy=column.name in messy) for column in own]
    cleaned += [f"nullif(trim({header}), '') AS {header}" if header in messy else header for header in others]

    typed = [f'{_typed(column, careful, "currency" in columns)} AS "{column.name}"' for column in own]
    typed += [f'NULL::{column.sql_type} AS "{column.name}"' for column in declared.columns if column not in own]
    typed += [f'"{column.name}" AS "{column.name}~"' for column in own if column.kind not in _FREE]
    typed.append(f"{_date('as_of_date')} AS _as_of" if "as_of_date" in columns else "NULL::DATE AS _as_of")
    typed += [*others, *_PLACE]

    bits = {column.name: 1 << bit for bit, column in enumerate(declared.columns)}
    odd = [
        f"CASE WHEN {condition} THEN {bits[column.name]} ELSE 0 END"
        for column in own
        if (condition := _oddness(declared, column, careful))
    ]
    if "as_of_date" in columns:
        bit = 1 << len(declared.columns)
        odd.append(f"CASE WHEN as_of_date IS NOT NULL AND _as_of IS NULL THEN {bit} ELSE 0 END")
    has = [
        f'CASE WHEN "{column.name}" IS NULL THEN 0 ELSE {bits[column.name]} END' if sparse else str(bits[column.name])
        for column in own
    ]
    final = [f'"{name}"' for name in declared.names]
    final += [
        f"{hash_of(declared, declared.key)} AS _key",
        f"{hash_of(declared, declared.names)} AS _hash",
        "_source",
        "_row",
        f"{'source_record_id' if 'source_record_id' in columns else 'NULL'} AS _record",
        f"{'source_system' if 'source_system' in columns else 'NULL'} AS _system",
        "_as_of",
        f"{'_derived' if '_derived' in columns else 'NULL'} AS _derived",
        f"{' | '.join(has)} AS _has",
        "_file",
        "_n",
        f"{' | '.join(odd) or '0'} AS _odd",
    ]
    return (
        f"INSERT INTO staged_{table} BY NAME SELECT {', '.join(final)} FROM ("
        f"SELECT {', '.join(typed)} FROM (SELECT {', '.join([*cleaned, *_PLACE])} FROM raw))"
    )


def hash_of(table: Table, columns: tuple[str, ...]) -> str:
    """63 bits of the MD5 of some columns' values, the same for the same values in every version and row order."""
    texts = "".join(f", {FIELD}, coalesce({_text(table[name])}, {ABSENT})" for name in columns)
    return f"CAST(md5_number(concat('{table.name}'{texts}))::UHUGEINT >> 65 AS BIGINT)"


def _text(column: Column) -> str:
    match column.kind:
        case Kind.TIME:
            return f'CAST(epoch_us("{column.name}") AS VARCHAR)'
        case Kind.DATE | Kind.MONEY | Kind.NUMBER | Kind.INTEGER | Kind.FLAG:
            return f'CAST("{column.name}" AS VARCHAR)'
        case _:
            return f'"{column.name}"'


def _cleaned(column: Column, *, messy: bool) -> str:
    """The cell without outer blanks and control characters, identifiers in half width; null if nothing is left."""
    name = f'"{column.name}"'
    if not messy:
        return f"nullif({name}, '') AS {name}"
    if column.kind not in _FREE:
        return f"nullif(trim({name}), '') AS {name}"
    plain = " AND ".join(f"NOT contains({name}, {mark})" for mark in ("chr(9)", "chr(10)", FIELD, ABSENT))
    content = name if column.kind is Kind.TEXT else f"translate({name}, '{_FULL}', '{_HALF}')"
    controls = "'[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f]'"
    thorough = f"trim(regexp_replace({content}, {controls}, '', 'g'), '{WHITESPACE}')"
    one_byte = f"strlen({name}) = length({name})"
    return f"nullif(CASE WHEN {one_byte} AND {plain} THEN trim({name}) ELSE {thorough} END, '') AS {name}"


def _typed(column: Column, careful: bool, with_currency: bool) -> str:
    cell = f'"{column.name}"'
    match column.kind:
        case Kind.DATE:
            return _date(cell)
        case Kind.TIME:
            return _time(cell)
        case Kind.MONEY:
            return _money(cell, careful, with_currency)
        case Kind.NUMBER:
            number = f"TRY_CAST({cell} AS DOUBLE)"
            limits = f" AND {number} BETWEEN 0 AND 100" if column.name.endswith("_pct") else ""
            return f"CASE WHEN isfinite({number}){limits} THEN {number} END"
        case Kind.INTEGER:
            return f"CASE WHEN regexp_full_match({cell}, '-?[0-9]{{1,18}}') THEN CAST({cell} AS BIGINT) END"
        case Kind.FLAG:
            return f"CASE WHEN {cell} IN ({_TRUE}) THEN true WHEN {cell} IN ({_FALSE}) THEN false END"
        case Kind.CHOICE:
            return f"CASE WHEN {cell} IN ({_list(column.choices)}) THEN {cell} END"
        case Kind.CHOICES:
            return cell if careful else f"CASE WHEN {cell} IN ({_list(column.choices)}) THEN {cell} END"
        case Kind.PERIOD:
            return f"CASE WHEN regexp_full_match({cell}, '[0-9]{{4}}-(0[1-9]|1[0-2])') THEN {cell} END"
        case Kind.SECRET:
            # A masked number is many people's, and one digit throughout is nobody's.
            tells = f"NOT contains({cell}, '*') AND replace({cell}, {cell}[1], '') <> ''"
            return f"CASE WHEN {tells} THEN {pseudonym(_said(cell))} END"
        case Kind.ID if column.name == "currency":
            return f"CASE WHEN upper({cell}) IN ({_YUAN}) THEN 'CNY' ELSE upper({cell}) END"
        case Kind.ID:
            return _said(f"upper({cell})" if column.name == "uscc" else cell)
        case _:
            return cell


def _said(cell: str) -> str:
    """The cell, null where it only says that it is empty: an id 无 would make one party of all that have none.

    What tells most ids from such a word at once is asked first; DuckDB would join a list of words to every row.
    """
    names = [f"strlen({cell}) > {_LONGEST}", *(f"{cell} >= '{first}' AND {cell} < '{end}'" for first, end in NAMING)]
    return f"CASE WHEN {' OR '.join(names)} OR NOT regexp_full_match({cell}, '{_NOTHING}') THEN {cell} END"


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


def _date(cell: str) -> str:
    return f"CASE WHEN strlen({cell}) = 10 AND {cell}[5] = '-' AND {cell} >= '1800' THEN TRY_CAST({cell} AS DATE) END"


def _time(cell: str) -> str:
    start = f"{cell}[5] = '-' AND {cell} >= '1800'"
    local = (
        f"(strlen({cell}) = 10 OR strlen({cell}) = 16 AND {cell}[14] = ':' OR strlen({cell}) = 19 AND {cell}[17] = ':')"
    )
    zoned = f"strlen({cell}) >= 17 AND {cell}[14] = ':' AND (ends_with({cell}, 'Z') OR {cell}[-6] IN ('+', '-'))"
    return (
        f"CASE WHEN {start} AND {local} THEN TRY_CAST({cell} AS TIMESTAMP) "
        f"WHEN {start} AND {zoned} THEN timezone('Asia/Shanghai', TRY_CAST({cell} AS TIMESTAMPTZ)) END"
    )


def _money(cell: str, careful: bool, with_currency: bool) -> str:
    """Minor units of the row's currency, exactly; more places than the currency has are rounded half up."""
    if careful:
        value = f"TRY_CAST({cell} AS DECIMAL(28, 4))"
        hundredths = f"CAST({value} * 100 AS BIGINT)"
        whole, thousandths = f"CAST({value} AS BIGINT)", f"CAST({value} * 1000 AS BIGINT)"
    else:
        hundredths = f"CAST(TRY_CAST({cell} AS DECIMAL(15, 2)) * 100 AS BIGINT)"
        whole, thousandths = (
            f"CASE WHEN ends_with({cell}, '.0') OR NOT contains({cell}, '.') THEN {hundredths} // 100 END",
            "NULL",
        )
    minor = hundredths
    if with_currency:
        minor = (
            f"CASE WHEN currency IS NULL OR currency = 'CNY' THEN {hundredths} "
            f"WHEN upper(currency) IN ({_WHOLE}) THEN {whole} "
            f"WHEN upper(currency) IN ({_THOUSANDTHS}) THEN {thousandths} ELSE {hundredths} END"
        )
    if careful:
        return minor
    places = f"(instr({cell}, '.') = 0 OR strlen({cell}) - instr({cell}, '.') <= 2)"
    exact = f"{places} AND NOT contains({cell}, 'e') AND NOT contains({cell}, 'E')"
    return f"CASE WHEN {exact} AND NOT starts_with({cell}, '-') THEN {minor} END"


def pseudonym(cell: str) -> str:
    """`p-` and 32 hex digits of the HMAC-SHA256 of a personal number, under the workspace's key."""
    number = f"upper(regexp_replace({cell}, '[\\s-]', '', 'g'))"
    inner = f"unhex(sha256(getvariable('inner_key') || encode({number})))"
    return (
        f"CASE WHEN regexp_full_match({cell}, 'p-[0-9a-f]{{32}}') THEN {cell} "
        f"WHEN {cell} IS NOT NULL THEN 'p-' || left(sha256(getvariable('outer_key') || {inner}), 32) END"
    )


def _oddness(table: Table, column: Column, careful: bool) -> str:
    """When a typed row needs a careful look because of this column; empty for never."""
    cell = f'"{column.name}"'
    conditions = []
    if column.kind not in _FREE:
        conditions.append(f'"{column.name}~" IS NOT NULL AND {cell} IS NULL')
    if column.required:
        conditions.append(f"{cell} IS NULL")
    if column.kind is Kind.ID and not careful:
        conditions.append(f"contains({cell}, 'E+')")
        if holds_party_id(table, column):
            number = "[1-9][0-9]{5}(18|19|20)[0-9]{9}[0-9Xx]"
            conditions.append(f"strlen({cell}) = 18 AND regexp_full_match({cell}, '{number}')")
    return " OR ".join(f"({condition})" for condition in conditions)


def messy_columns(rows: pa.Table) -> frozenset[str]:
    """Text columns with a blank, a control character or a full-width sign anywhere: seen in the bytes, far faster than
    row by row."""
    return frozenset(name for name, data in _bytes(rows) if _is_messy(data))


def formula_columns(rows: pa.Table) -> frozenset[str]:
    """Text columns with an equals sign anywhere: some cell may begin like a formula."""
    return frozenset(name for name, data in _bytes(rows) if (data == ord("=")).any())


def _bytes(rows: pa.Table) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if pa.types.is_string(column.type):
            for chunk in column.chunks:
                buffer = chunk.buffers()[2]
                if buffer is not None and len(buffer):
                    yield name, np.frombuffer(buffer, np.uint8)


def _is_messy(data: npt.NDArray[np.uint8]) -> bool:
    if data.min() <= ord(" "):
        return True
    if data.max() < _ASCII:
        return False
    content = data.tobytes()
    return any(mark in content for mark in _WIDE)

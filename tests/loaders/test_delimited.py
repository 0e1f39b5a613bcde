"""The fast and the careful way to read text give the same rows; pieces and delimiters do not matter."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders import delimited
from loaders.delimited import Delimited, find_header

HEADER = ["a", "b", "c"]
cells = st.text(st.sampled_from('ab1, ;"\n甲　'), max_size=5)
tables = st.lists(st.lists(cells, min_size=3, max_size=3), max_size=12)


def read(source: Delimited, *, careful: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[list[object], list[object]]:
    with monkeypatch.context() as patch:
        if careful:
            patch.setattr(delimited, "_is_regular", lambda piece, delimiter: False)
        parts = list(source.rows())
    rows = [tuple(row.values()) for part in parts for row in part.table.to_pylist()]
    return rows, [(bad.row, bad.reason) for part in parts for bad in part.rejected]


def written(path: Path, rows: list[list[str]], quoting: int, end: str) -> Delimited:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if quoting else csv.QUOTE_MINIMAL, lineterminator=end)
    writer.writerow(HEADER)
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode())
    return find_header(path, path, 0, lambda row: len(set(row) & set(HEADER)))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=tables, quoting=st.integers(0, 1), end=st.sampled_from(["\n", "\r\n"]))
def test_what_a_writer_wrote_is_read_back_both_ways(
    rows: list[list[str]], quoting: int, end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(tmp_path / "t.csv", rows, quoting, end)
    expected = [(*(cell or None for cell in row), n) for n, row in enumerate(rows, start=2) if any(row)]
    for careful in (False, True):
        found, rejected = read(source, careful=careful, monkeypatch=monkeypatch)
        assert [row for row in found if any(row[:-1])] == expected
        assert rejected == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text(st.sampled_from('a,"甲'), max_size=8), max_size=40))
def test_any_text_gives_the_same_rows_whatever_the_size_of_the_pieces(
    lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("\n".join(["a,b,c", *lines]).encode())
    source = find_header(path, path, 0, lambda row: len(set(row) & set(HEADER)))
    whole = read(source, careful=True, monkeypatch=monkeypatch)
    rows, rejected = read(source, careful=False, monkeypatch=monkeypatch)
    assert [row for row in rows if any(row[:-1])] == whole[0]
    assert rejected == whole[1]
    for size in (30, 64):
        with monkeypatch.context() as patch:
            patch.setattr(delimited, "PIECE", size)
            small = read(source, careful=True, monkeypatch=monkeypatch)
        assert small == whole


def test_one_broken_quote_costs_one_row() -> None:
    lines = ["1,2,3", '4,"5,6', "7,8,9", '1,"2\n2",3', '4,"5"x,6', "7,8"]
    found = list(delimited.records("\n".join(lines).encode(), ",", 2, 3, last=True))
    assert [(record.row, record.reason) for record in found] == [
        (2, None),
        (3, "broken_quotes"),
        (4, None),
        (5, None),
        (6, "broken_quotes"),
        (7, None),
    ]
    assert found[3].cells == ["1", "2\n2", "3"]

"""Reading: whatever a line holds, it is read, or counted and reported with its number."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queries.ocp import blocks, lines, sources
from queries.ocp.cardinal_format import cardinal
from queries.ocp.dataset import Dataset, load
from queries.ocp.judging import judge
from queries.ocp.settings import Settings
from tests.queries.ocp.conftest import Judge, award, bid, flags, of, release

FULL = release(
    "full",
    [bid("A", 10, date="2000-01-02T00:00:00Z", relatedLots=["1"]), bid("B", 12, "disqualified", relatedLots=["1"])],
    [award("A", items=[{"classification": {"id": "10"}}], relatedLots=["1"])],
    buyer={"id": "B"},
    tender={
        "status": "complete",
        "procurementMethod": "open",
        "procurementMethodDetails": "x",
        "procuringEntity": {"id": "P"},
        "tenderPeriod": {"startDate": "2000-01-01T00:00:00Z", "endDate": "2000-01-05T00:00:00Z"},
        "numberOfTenderers": 1,
    },
)


def written(folder: Path, *lines: bytes | dict[str, Any], name: str = "data.jsonl") -> str:
    file = folder / name
    file.write_bytes(b"".join((one if isinstance(one, bytes) else orjson.dumps(one)) + b"\n" for one in lines))
    return str(file)


def places(data: Dataset) -> list[tuple[int, str]]:
    return [(one.line, one.reason.split(":")[0]) for one in data.account.problems]


@pytest.mark.parametrize("workers", [1, 2])
def test_broken_and_blank_lines(tmp_path: Path, workers: int) -> None:
    file = written(tmp_path, FULL, b"{broken", b"", b"   ", b"[1]", b'{"id": 1}', b'"text"', b'{"ocid": "\xff"}', FULL)
    data = load([file], workers=workers)
    assert places(data) == [
        (2, "not JSON"),
        (5, "not an object"),
        (6, "no ocid"),
        (7, "not an object"),
        (8, "not JSON"),
    ]
    assert (data.account.lines, data.account.blank, data.account.releases) == (9, 2, 2)


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_release_over_two_lines_is_no_release(tmp_path: Path, packed: bool, end: bytes) -> None:
    text = b'{"ocid": "a"}\n{"ocid":\n"b"}\n{"ocid": "c"}' + end
    file = tmp_path / "lines"
    file.write_bytes(gzip.compress(text) if packed else text)
    found = load([str(file)], workers=1)
    assert found.columns.ocid == ["a", "c"]
    assert found.columns.line.tolist() == [1, 4]
    assert found.account.lines == 4
    assert [one.line for one in found.account.problems] == [2, 3]


def test_line_numbers_hold_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 200)
    lines: list[bytes | dict[str, Any]] = [release(f"{n}") for n in range(100)]
    lines[70] = b"{"
    data = load([written(tmp_path, *lines)], workers=2)
    assert places(data) == [(71, "not JSON")]
    assert dict(zip(data.columns.ocid, data.columns.line.tolist(), strict=True))["99"] == 100


def test_compressed_and_cut_off(tmp_path: Path) -> None:
    lines = b"".join(orjson.dumps(release(f"{n}-{random.Random(n).random()}")) + b"\n" for n in range(2000))
    whole, cut = tmp_path / "whole.jsonl.gz", tmp_path / "cut.gz"
    whole.write_bytes(gzip.compress(lines))
    cut.write_bytes(gzip.compress(lines)[:-5000])
    assert load([str(whole)], workers=1).account.releases == 2000
    data = load([str(cut)], workers=2)
    assert 1000 < data.account.releases < 2000
    assert data.account.problems[-1].reason.startswith("the compressed file is damaged")


@pytest.mark.parametrize("packed", [False, True])
def test_a_line_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    for module in (sources, lines):
        monkeypatch.setattr(module, "LONGEST_LINE", 10_000)
        monkeypatch.setattr(module, "BLOCK", 1_000)
    huge = release("huge", description="x" * 50_000)
    file = Path(written(tmp_path, release("before"), huge, release("after")))
    if packed:
        file.write_bytes(gzip.compress(file.read_bytes()))
    data = load([str(file)], workers=1)
    assert sorted(data.columns.ocid) == ["after", "before"]
    assert [(one.line, one.reason) for one in data.account.problems] == [(2, blocks.TOO_LONG)]


def test_documents_packages_and_records(tmp_path: Path) -> None:
    package = orjson.dumps({"releases": [release("a"), release("b")]}, option=orjson.OPT_INDENT_2)
    record = orjson.dumps({"records": [{"ocid": "c", "compiledRelease": release("c")}]}, option=orjson.OPT_INDENT_2)
    files = [written(tmp_path, package, name="p.json"), written(tmp_path, record, name="r.json")]
    inline = written(tmp_path, {"releases": [release("d"), release("e")]}, release("f"), name="lines.jsonl")
    assert load([*files, inline], workers=1).columns.ocid == ["a", "b", "c", "d", "e", "f"]


def test_numbers_as_text_and_text_as_numbers_are_read(judged: Judge) -> None:
    found = judged(
        release(1, [bid(7, "10.5"), bid("8", 10.5)], tender={"numberOfTenderers": "1", "procurementMethod": "open"})
    )
    assert flags(found) == {
        "OCID": {"1": {"R018": 1.0, "R028": 1.0}},
        "Tenderer": {"7": {"R028": 1.0}, "8": {"R028": 1.0}},
    }
    notes = dict(found.account.notes.keys())
    assert notes == {"/bids/details[]/value/amount": "coerced", "/tender/numberOfTenderers": "coerced"}


def test_an_object_where_an_array_belongs(judged: Judge) -> None:
    one = {**FULL, "awards": {"status": "active", "suppliers": {"id": "A"}}}
    assert of(judged(one), "R035") == {"full": 1.0}


def test_duplicates_are_merged_by_date(judged: Judge) -> None:
    early = release("x", [{**bid("A", 5), "id": 1}], date="2000-01-01T00:00:00Z", tender={"procurementMethod": "open"})
    late = release("x", [{**bid("A", 5), "id": 1}, {**bid("B", 5), "id": 2}], date="2000-01-02T00:00:00Z")
    for pair in ((early, late), (late, early)):
        found = judged(*pair, release("y"))
        assert set(of(found, "R028")) == {"x"}
        assert not of(found, "R018")
        assert (found.account.duplicated, found.account.merged) == (1, 1)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "amount", "status"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] * bool(at) + [path for key, entry in entries for path in paths(entry, (*at, key))]


def replace(value: Any, path: tuple[Any, ...], new: Any) -> None:
    """Put `new` where `path` leads, if an earlier change has left that place."""
    with contextlib.suppress(TypeError, KeyError, IndexError):
        for key in path[:-1]:
            value = value[key]
        value[path[-1]] = new


@given(st.lists(st.tuples(st.sampled_from(paths(FULL)), JSON), min_size=1, max_size=3))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_in_any_field(tmp_path: Path, changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    one = orjson.loads(orjson.dumps(FULL))
    for path, value in changes:
        replace(one, path, value)
    other = json.dumps(FULL | {"ocid": "other"}).encode()
    data = load([written(tmp_path, json.dumps(one).encode(), other)], workers=1)
    assert len(data.columns.ocid) + len(data.account.problems) + data.account.merged == 2
    judge(data, Settings())


@pytest.mark.parametrize("depth", [2_000, 200_000])
def test_nesting_beyond_reason(tmp_path: Path, depth: int) -> None:
    deep = b'{"ocid":"deep","x":' + b"[" * depth + b"]" * depth + b"}"
    data = load([written(tmp_path, deep, FULL)], workers=1)
    assert "full" in data.columns.ocid


def test_the_same_bytes_whatever_the_order_and_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "BLOCK", 4_000)
    draw = random.Random(4)
    lines = []
    for n in range(400):
        currency = draw.choice(["USD", "EUR", "XAF"])
        firms = draw.sample(range(30), draw.randint(1, 5))
        offers = [
            bid(f"F{firm}", draw.randint(90, 110), draw.choice(["valid", "valid", "disqualified"]), currency=currency)
            for firm in firms
        ]
        lines.append(
            release(
                f"ocid-{n % 390}",
                offers,
                [award(f"F{firms[0]}")],
                buyer={"id": f"B{n % 7}"},
                date=f"2000-01-{n % 28 + 1:02d}",
            )
        )
    outputs = set()
    for seed, workers in ((0, 1), (1, 2), (2, 4)):
        random.Random(seed).shuffle(lines)
        data = load([written(tmp_path, *lines)], workers=workers)
        judgement = judge(data, Settings(r048_minimum_processes=1))
        outputs.add(cardinal(judgement, meta=True, maps=True))
    assert len(outputs) == 1
    assert b"R058" in outputs.pop()

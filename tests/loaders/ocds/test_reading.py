"""Files of every form, whole and broken."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from i18n import LANGUAGES, text
from loaders.adapter import Notes, SourceError
from loaders.ocds import read_ocds


def release(number: int, day: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "ocid": f"ocds-213czf-{number}",
        "id": f"{number}-{day}",
        "date": f"2024-01-{day:02}T00:00:00Z",
        "tag": ["tender"],
        "buyer": {"id": "b", "name": "Buyer"},
        "tender": {"id": "t", "title": f"T{number}-{day}"},
        **more,
    }


def titles(loaded: Any) -> dict[int, str]:
    return {row["_row"]: row["title"] for row in loaded["tenders"]}


FORMS = {
    "release": release(1),
    "release package": {"uri": "u", "version": "1.1", "releases": [release(1)], "publisher": {"name": "ocid"}},
    "record": {"ocid": "ocds-213czf-1", "releases": [release(1)]},
    "record without ocid": {"releases": [{"url": "x"}], "compiledRelease": release(1)},
    "record package": {
        "records": [{"ocid": "ocds-213czf-1", "compiledRelease": release(1), "releases": [release(1, 9)]}]
    },
    "array of releases": [release(1)],
    "array of packages": [{"releases": [release(1)]}],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("indent", [None, 2])
def test_forms(tmp_path: Path, load: Any, form: str, packed: bool, indent: int | None) -> None:
    content = json.dumps(FORMS[form], indent=indent).encode()
    loaded = load(gzip.compress(content) if packed else content, name="x.json.gz" if packed else "x.json")
    assert titles(loaded) == {1: "T1-1"}
    assert not loaded.rejected


def test_rows_are_lines_or_positions(load: Any) -> None:
    assert titles(load(release(1), release(2))) == {1: "T1-1", 2: "T2-1"}
    assert titles(load(b"\n\n" + json.dumps(release(1)).encode() + b"\n\n" + json.dumps(release(2)).encode())) == {
        3: "T1-1",
        5: "T2-1",
    }
    assert titles(load({"releases": [release(1), release(2)]})) == {1: "T1-1", 2: "T2-1"}
    two = json.dumps(release(1), indent=1) + "\n" + json.dumps(release(2), indent=1)
    assert sorted(titles(load(two.encode())).values()) == ["T1-1", "T2-1"], "pretty-printed one after the other"


def test_releases_of_one_process_are_merged_wherever_they_stand(load: Any) -> None:
    early = release(1, 1, tag=["planning"], planning={"budget": {"id": "B7"}})
    award = release(1, 3, awards=[{"id": "a", "suppliers": [{"id": "s", "name": "S"}]}])
    award.pop("tender")
    late = release(1, 2)
    loaded = load(award, release(2), late, release(3), early)
    assert {row["tender_id"]: row["title"] for row in loaded["tenders"]} == {
        "ocds-213czf-1": "T1-2",
        "ocds-213czf-2": "T2-1",
        "ocds-213czf-3": "T3-1",
    }
    merged = next(row for row in loaded["tenders"] if row["tender_id"] == "ocds-213czf-1")
    assert (merged["budget_item"], merged["status"], merged["source_record_id"]) == (
        "B7",
        "awarded",
        "ocds-213czf-1 1-3",
    )


def test_the_order_of_releases_changes_nothing(load: Any) -> None:
    parts = [release(1, day, parties=[{"id": "b", "name": f"Buyer {day}", "roles": ["buyer"]}]) for day in (1, 2, 3)]
    first, last = load(*parts), load(*reversed(parts))
    for table in ("tenders", "orgs"):
        assert [{**row, "_row": 0} for row in first[table]] == [{**row, "_row": 0} for row in last[table]]
    assert first.only("orgs")["name"] == "Buyer 3"


def test_a_compiled_release_is_taken_as_it_is_and_newer_releases_are_added(load: Any) -> None:
    compiled = release(1, 5, tag=["compiled"])
    assert titles(load(release(1, 4), compiled)) == {1: "T1-5"}
    assert titles(load(release(1, 9), compiled)) == {1: "T1-9"}


def test_instants_are_compared_not_texts(load: Any) -> None:
    east = release(1, 2) | {"date": "2024-01-02T00:30:00+08:00"}  # still the first of January in UTC
    west = release(1, 1) | {"date": "2024-01-01T23:00:00Z"}
    assert titles(load(east, west)) == {1: "T1-1"}


def test_a_release_of_another_shape_does_not_take_the_others_with_it(load: Any) -> None:
    odd = release(1, 2) | {"tender": {"items": {"a": 1}}}
    fine = release(1, 1) | {"tender": {"title": "T", "items": [{"id": "1"}]}}
    loaded = load(fine, odd, release(1, 3))
    assert {row["title"] for row in loaded["tenders"]} == {"T1-3"}
    assert loaded.reasons == [(2, "ocds_unmergeable")]


BROKEN = {
    "broken line": (b'%s\n{"ocid": "x", \n%s', [(2, "json_broken")]),
    "not an object": (b"%s\n17\n%s", [(2, "ocds_not_ocds")]),
    "other object": (b'%s\n{"a": 1}\n%s', [(2, "ocds_not_ocds")]),
    "no ocid": (b'%s\n{"tender": {"id": "1"}}\n%s', [(2, "ocds_no_ocid")]),
    "linked record": (
        b'%s\n{"ocid": "x", "releases": [{"url": "u", "tag": ["tender"]}]}\n%s',
        [(2, "ocds_linked_releases")],
    ),
    "empty record": (b'%s\n{"ocid": "x", "versionedRelease": {}}\n%s', [(2, "ocds_no_release")]),
    "deep line": (b"%%s\n%s\n%%s" % (b'{"ocid":' * 5000 + b"1" + b"}" * 5000), [(2, "json_too_deep")]),
    "nested just within the parser's limit": (
        b'%%s\n{"ocid": "x", "tender": {"title": "T"}, "x": %s}\n%%s' % (b'{"x":' * 900 + b"1" + b"}" * 900),
        [],
    ),
    "NaN": (b'%s\n{"ocid": "x", "a": NaN}\n%s', [(2, "json_broken")]),
    "other encoding": (b"%%s\n%s\n%%s" % '{"ocid": "采购"}'.encode("gb18030"), [(2, "json_not_utf8")]),
    "broken element": (b'{"releases": [%s, {"ocid": }, %s]}', [(2, "json_broken")]),
    "missing comma": (b'{"releases": [%s {"ocid": "x", "tender": {}}, %s]}', [(2, "json_broken")]),
    "ends in the middle": (b'{"releases": [%s,\n%s,\n {"ocid": "x", "ten', [(3, "json_unfinished")]),
    "ends inside an array": (b"[%s, %s", [(1, "json_unfinished")]),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_parts_are_named_and_the_rest_loads(load: Any, case: str) -> None:
    frame, reasons = BROKEN[case]
    loaded = load(frame % tuple(json.dumps(release(n)).encode() for n in (1, 2)))
    assert {"T1-1", "T2-1"} <= set(titles(loaded).values())
    assert loaded.reasons == reasons
    for _, reason in reasons:
        for language in LANGUAGES:
            assert text(f"quarantine.{reason}", language, column="c", value="v")


def test_a_line_of_fifty_megabytes(load: Any) -> None:
    long = b'{"ocid": "x", "tender": {"title": "' + b"x" * 50_000_000 + b'"}}'
    loaded = load(json.dumps(release(1)).encode() + b"\n" + long + b"\n" + json.dumps(release(2)).encode())
    assert titles(loaded) == {1: "T1-1", 3: "T2-1"}
    assert loaded.reasons == [(2, "json_too_large")]


def test_truncated_gzip(load: Any) -> None:
    lines = b"\n".join(json.dumps(release(n)).encode() for n in range(5000))
    loaded = load(gzip.compress(lines)[:-2000], name="x.jsonl.gz")
    assert 1000 < len(loaded["tenders"]) < 5000
    assert {reason for _, reason in loaded.reasons} == {"json_broken", "json_truncated_gzip"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"PK\x03\x04", "zip"),
        ("{}".encode("utf-16"), "UTF-16"),
        (b"ocid,title\n", "JSON"),
        (gzip.compress(b"{}" * 1000, mtime=0)[:10], "breaks off"),
    ],
    ids=["empty", "blank", "pdf", "web page", "zip", "utf-16", "csv", "cut gzip"],
)
def test_files_that_are_no_json(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "data.json"
    file.write_bytes(content)
    with pytest.raises(SourceError, match=says) as caught:
        list(read_ocds(file, Notes()))
    assert str(file) in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be opened"):
        list(read_ocds(tmp_path / "none.json", Notes()))


def test_batches_are_bounded(tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    file.write_text("\n".join(json.dumps(release(n)) for n in range(50_000)))
    sizes = [batch.rows.num_rows for batch in read_ocds(file, Notes()) if batch.table == "tenders"]
    assert sum(sizes) == 50_000
    assert max(sizes) <= 20_000

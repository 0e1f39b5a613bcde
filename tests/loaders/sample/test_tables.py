"""The province's tables hold together: keys, references, codes, sums; the same arguments give the same bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pytest
from stdnum.cn import uscc

from graph.schema import TABLES, Kind
from loaders.sample import SIZES, rounds_of_plants, write_sample

REFERENCES = [(t.name, c.name, c.refers) for t in TABLES.values() for c in t.references]


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_its_canonical_header_and_rows(province, table):
    header = (province.folder / f"{table}.csv").read_text(encoding="utf-8").partition("\n")[0]
    assert header.split(",") == list(TABLES[table].names)
    assert province.rows(f"SELECT count(*) FROM {table}")[0][0] > 0


@pytest.mark.parametrize("table", TABLES)
def test_required_cells_are_filled_and_keys_unique(province, table):
    for column in TABLES[table].required:
        assert province.rows(f"SELECT count(*) FROM {table} WHERE {column} IS NULL") == [(0,)], column
    key = ", ".join(TABLES[table].key)
    assert province.rows(f"SELECT {key} FROM {table} GROUP BY ALL HAVING count(*) > 1 LIMIT 3") == []


@pytest.mark.parametrize(("table", "column", "target"), REFERENCES)
def test_every_reference_resolves(province, table, column, target):
    key, name = ("id", "parties") if target == "party" else (TABLES[target].key[0], target)
    dangling = f"SELECT {column} FROM {table} WHERE {column} NOT IN (SELECT {key} FROM {name}) LIMIT 3"
    assert province.rows(dangling) == []


def test_words_come_from_the_schemas_lists(province):
    for table in TABLES.values():
        for column in table.columns:
            if column.kind in (Kind.CHOICE, Kind.CHOICES):
                split = f"unnest(string_split({column.name}, ';'))"
                used = {v for (v,) in province.rows(f"SELECT DISTINCT {split} FROM {table.name}")}
                assert used <= set(column.choices), (table.name, column.name)


def test_money_has_two_decimals_and_dates_are_iso(province):
    forms = {Kind.MONEY: r"\d+\.\d\d", Kind.DATE: r"\d{4}-\d\d-\d\d", Kind.TIME: r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"}
    for table in TABLES.values():
        for column in table.columns:
            if form := forms.get(column.kind):
                odd = f"SELECT {column.name} FROM {table.name} WHERE NOT regexp_full_match({column.name}, '{form}')"
                assert province.rows(odd + " LIMIT 3") == [], (table.name, column.name)


def test_nothing_happens_or_falls_due_after_the_last_day_on_record(province):
    for table in TABLES.values():
        for column in table.columns:
            if column.kind in (Kind.DATE, Kind.TIME, Kind.PERIOD) and column.name != "valid_to":
                late = f"SELECT {column.name} FROM {table.name} WHERE {column.name}[:10] > '2026-09-30' LIMIT 3"
                assert province.rows(late) == [], (table.name, column.name)


def test_credit_codes_are_valid_and_unique(province):
    codes = [code for (code,) in province.rows("SELECT uscc FROM orgs")]
    assert all(uscc.is_valid(code) for code in codes)
    assert len(set(codes)) == len(codes)


def test_nobody_shares_an_identity_number(province):
    assert (
        province.rows("SELECT id_number FROM persons GROUP BY 1 HAVING count(*) > 1 OR length(id_number) <> 18") == []
    )


def test_relations_say_since_when_they_hold(province):
    for table in ("posts", "roles", "kinship", "contacts", "registrations"):
        assert province.rows(f"SELECT count(*) FROM {table} WHERE valid_from IS NULL") == [(0,)]
        assert province.rows(f"SELECT count(*) FROM {table} WHERE valid_to < valid_from") == [(0,)]


def test_same_arguments_same_bytes_and_another_seed_another_province(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_sample(tmp_path / name, bids=1_000, seed=seed)
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    assert digests(tmp_path / "a") != digests(tmp_path / "c")


def test_nothing_of_a_chunk_stays_in_memory_when_the_next_begins(tmp_path):
    held, steps = [], []

    def progress(step: str, done: int, total: int) -> None:
        held.append(pa.total_allocated_bytes())
        steps.append((step, done, total))

    write_sample(tmp_path, bids=45_000, seed=1, progress=progress)
    assert len(steps) >= 4
    assert steps == [("sample", i, len(steps) - 1) for i in range(len(steps))]
    assert max(held[1:]) - held[0] < 2_000_000


def test_size_is_about_the_bids_asked_for(tmp_path):
    summary = write_sample(tmp_path, bids=20_000, seed=2)
    assert summary.rows["bids"] == pytest.approx(20_000, rel=0.1)
    assert summary.plants == summary.as_dict()["truth"]["planted"] > 0
    lines = sum(1 for _ in (tmp_path / "bids.csv").open(encoding="utf-8"))
    assert lines == summary.rows["bids"] + 1


def test_plants_scale_with_the_size():
    counts = [rounds_of_plants(bids) for bids in SIZES.values()]
    assert counts[0] >= 3
    assert counts[1] >= 24
    assert counts == sorted(counts)


@pytest.mark.parametrize(("bids", "seed"), [(0, 1), (10, -1)])
def test_impossible_sizes_are_refused(tmp_path, bids, seed):
    with pytest.raises(ValueError, match="bids >= 1 and seed >= 0"):
        write_sample(tmp_path, bids=bids, seed=seed)

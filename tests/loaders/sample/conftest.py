"""Provinces to look at: one with plants, one clean, both written once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from graph.schema import TABLES
from loaders.sample import write_sample

BIDS = 6_000
SEED = 11


@dataclass(frozen=True)
class Written:
    """A written province: its folder, its tables as DuckDB views of text, its truth."""

    folder: Path
    db: duckdb.DuckDBPyConnection
    truth: list[dict]

    def rows(self, sql: str) -> list[tuple]:
        return self.db.execute(sql).fetchall()

    def planted(self, detector: str) -> list[dict]:
        return [e["entities"] for e in self.truth if e["detector"] == detector and e["kind"] == "planted"]

    def twins(self, detector: str) -> list[dict]:
        return [e for e in self.truth if e["detector"] == detector and e["kind"] == "twin"]


def written(folder: Path, *, clean: bool) -> Written:
    write_sample(folder, bids=BIDS, seed=SEED, clean=clean)
    db = duckdb.connect(config={"threads": 2, "memory_limit": "1GB"})
    for table in TABLES:
        path = folder / f"{table}.csv"
        db.execute(f"CREATE TABLE {table} AS FROM read_csv('{path}', all_varchar = true, header = true)")
    db.execute("CREATE VIEW parties AS SELECT person_id AS id FROM persons UNION ALL SELECT org_id FROM orgs")
    db.execute((Path(__file__).parent / "views.sql").read_text(encoding="utf-8"))
    return Written(folder, db, json.loads((folder / "truth.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def province(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(tmp_path_factory.mktemp("province"), clean=False)


@pytest.fixture(scope="session")
def clean_town(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return written(tmp_path_factory.mktemp("clean"), clean=True)

"""The detectors over a synthetic province: what is planted is found, what is innocent is not accused."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import orjson
import pytest

from graph.snapshot import Workspace
from i18n import catalogue
from loaders.load import load
from loaders.sample import write_sample
from loaders.sample.comparison import Held, accuses, hold
from queries.finding import Finding, Tier
from queries.profiles import configure
from queries.registry import DETECTORS
from queries.scan import ScanResult
from queries.session import scan_workspace

BIDS = 8_000


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("province")
    write_sample(folder / "source", bids=BIDS, seed=11)
    return folder


@pytest.fixture(scope="module", autouse=True)
def one_key(tmp_path_factory: pytest.TempPathFactory) -> Any:
    patch = pytest.MonkeyPatch()
    patch.setenv("QINGFENG_SECRET", "a key for the tests alone")
    yield
    patch.undo()


@pytest.fixture(scope="module")
def result(province: Path) -> ScanResult:
    return _scan(province / "source", province / "workspace")


def _scan(source: Path, workspace: Path, threads: int = 2) -> ScanResult:
    load([source], Workspace(workspace), threads=threads)
    return scan_workspace(Workspace(workspace), configure(DETECTORS), threads=threads)


def _held(province: Path, result: ScanResult) -> Held:
    # What a statistical detector finds is measured in tests/queries/statistics.
    statistical = {detector.id for detector in DETECTORS if set(detector.tiers) == {Tier.C}}
    return hold(province / "source", [finding.as_dict() for finding in result.findings], statistical)


def test_every_plant_is_found_and_no_twin_is_accused(province: Path, result: ScanResult) -> None:
    held = _held(province, result)
    assert held.planted
    assert held.twins
    assert not held.missed
    assert not held.blamed


def test_nothing_else_is_accused(province: Path, result: ScanResult) -> None:
    unexplained = _held(province, result).unexplained
    tenders = sum(1 for _ in (province / "source" / "tenders.csv").open(encoding="utf-8")) - 1
    shown = [(f["detector"], f["identity"], f["reasons"]) for f in unexplained[:5]]
    assert len(unexplained) * 1000 <= tenders, shown


def test_a_clean_town_gives_no_finding_of_tier_a_or_b(tmp_path: Path) -> None:
    write_sample(tmp_path / "source", bids=4_000, seed=5, clean=True)
    result = _scan(tmp_path / "source", tmp_path / "workspace")
    accused = [(f.detector, f.lead.identity) for f in result.findings if accuses(f.as_dict())]
    assert not accused
    assert sum(report.judged for report in result.reports) > 1_000


def test_findings_do_not_depend_on_row_order_or_threads(province: Path, result: ScanResult, tmp_path: Path) -> None:
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    for file in sorted((province / "source").glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as handle:
            header, *rows = csv.reader(handle)
        random.Random(file.name).shuffle(rows)
        with (shuffled / file.name).open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([header, *rows])
    again = _scan(shuffled, tmp_path / "workspace", threads=1)
    assert again.snapshot_id == result.snapshot_id
    assert again.scan_id == result.scan_id
    assert [_without_place(f) for f in again.findings] == [_without_place(f) for f in result.findings]


def _without_place(finding: Finding) -> bytes:
    """The finding as it leaves the system, but for the row numbers and file hashes that a shuffle itself changes."""
    document = finding.as_dict()
    for record in document["evidence"]["records"]:
        del record["row"], record["sha256"]
    return orjson.dumps(document)


def test_a_second_scan_is_byte_identical(province: Path, result: ScanResult) -> None:
    again = scan_workspace(Workspace(province / "workspace"), configure(DETECTORS), threads=1)
    assert [f.as_json() for f in again.findings] == [f.as_json() for f in result.findings]


def test_every_finding_reaches_its_source_rows(province: Path, result: ScanResult) -> None:
    lines = {file.name: file.read_text(encoding="utf-8").splitlines() for file in (province / "source").glob("*.csv")}
    checked = 0
    for finding in result.findings:
        assert finding.records, f"{finding.detector} {finding.lead.identity} shows no evidence"
        named = {entity.id for entity in finding.lead.entities}
        for record in finding.records[:3]:
            row = lines[Path(record.file).name][record.row - 1]
            assert any(entity in row for entity in named), f"{record.file} row {record.row} names none of {named}"
            checked += 1
    assert checked > 100


def test_statistics_have_words_in_both_languages(result: ScanResult) -> None:
    shown = [found for finding in result.findings if (found := finding.as_dict()["statistics"])]
    names = {name for found in shown for name in found}
    assert {"null", "p", "q"} <= names
    words = catalogue()
    assert [
        name for name in sorted(names) if not {f"ui.statistic_{name}", f"export.statistic_{name}"} <= set(words)
    ] == []
    assert all(found["null"]["zh"] and found["null"]["en"] for found in shown)

"""Every detector against its case file."""

from __future__ import annotations

from pathlib import Path

import pytest

from queries.registry import DETECTORS
from tests.queries.casefiles import FOLDER, Case, mismatch, read_cases, scan_case

HAVE_CASES = [detector for detector in DETECTORS if (FOLDER / f"{detector.id}.yml").is_file()]
CASES = [case for detector in HAVE_CASES for case in read_cases(detector.id)]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.detector}: {case.name}" for case in CASES])
def test_case(case: Case, tmp_path: Path) -> None:
    difference = mismatch(case, [finding.lead for finding in scan_case(case, tmp_path).findings])
    assert difference is None, difference


@pytest.mark.parametrize("detector", HAVE_CASES, ids=lambda d: d.id)
def test_case_file_covers_the_detector(detector) -> None:
    cases = read_cases(detector.id)
    assert any(case.expect == "flagged" for case in cases), "no positive case"
    covered = {case.twin for case in cases if case.twin}
    twins = {twin.id for twin in detector.innocent}
    assert twins <= covered, f"no case for the innocent explanations {sorted(twins - covered)}"
    assert covered <= twins, f"cases name innocent explanations that the detector does not test: {covered - twins}"
    assert len({case.name for case in cases}) == len(cases)


def test_each_detector_has_a_case_file_and_none_is_left_over() -> None:
    assert {file.stem for file in FOLDER.glob("*.yml")} == {detector.id for detector in DETECTORS}

"""Every detector against its case file."""

from __future__ import annotations

from pathlib import Path

import pytest

from queries.finding import Status, Verdict
from queries.registry import DETECTORS
from tests.queries.casefiles import FOLDER, Case, read_cases, scan_case

HAVE_CASES = [detector for detector in DETECTORS if (FOLDER / f"{detector.id}.yml").is_file()]
CASES = [case for detector in HAVE_CASES for case in read_cases(detector.id)]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.detector}: {case.name}" for case in CASES])
def test_case(case: Case, tmp_path: Path) -> None:
    result = scan_case(case, tmp_path)
    found = [f.lead for f in result.findings]
    if case.expect == "silent":
        assert not found, f"silent was expected: {case.why}"
        return
    wanted = [lead for lead in found if lead.status is Status(case.expect)]
    assert len(wanted) == len(found) == case.findings, f"{case.why}; found {[(x.status, x.identity) for x in found]}"
    for lead in wanted:
        assert case.tier is None or lead.tier == case.tier
        assert {e.id for e in lead.entities} >= set(case.entities)
        assert not {e.id for e in lead.entities} & set(case.absent)
        fits = {excuse.explanation for excuse in lead.innocent if excuse.verdict is Verdict.FITS}
        assert not case.twin or case.twin in fits


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

"""Scans on disk: findings as JSON lines and a report, each scan whole or absent.

workspace/scans/<scan_id>/findings.jsonl, report.json
workspace/LAST_SCAN                       the id of the last complete scan
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from i18n import Problem
from queries.scan import ScanResult


class NoScanError(Problem):
    """There is no scan to read, or it has no finding of that id; the message says what to run."""


def write_findings(result: ScanResult, file: Path) -> None:
    """Write the findings as JSON lines; the file is replaced at once, when it is complete."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("wb") as handle:
            for finding in result.findings:
                handle.write(finding.as_json() + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def save_scan(result: ScanResult, workspace: Path) -> Path:
    """Keep a scan in its workspace and make it the last one; returns its folder."""
    folder = workspace / "scans" / result.scan_id
    folder.parent.mkdir(exist_ok=True)
    for stale in folder.parent.glob(".writing-*"):
        shutil.rmtree(stale, ignore_errors=True)
    draft = folder.parent / f".writing-{secrets.token_hex(4)}"
    draft.mkdir()
    write_findings(result, draft / "findings.jsonl")
    (draft / "report.json").write_bytes(orjson.dumps(report(result), option=orjson.OPT_INDENT_2))
    if folder.exists():
        shutil.rmtree(folder)
    draft.rename(folder)
    pointer = workspace / ".LAST_SCAN"
    pointer.write_text(result.scan_id + "\n", encoding="ascii")
    pointer.replace(workspace / "LAST_SCAN")
    return folder


def report(result: ScanResult) -> dict[str, Any]:
    """What a scan did, without its findings."""
    return {
        "scan_id": result.scan_id,
        "snapshot_id": result.snapshot_id,
        "data_as_of": result.data_as_of,
        "engine": result.engine,
        "findings": len(result.findings),
        "detectors": [
            {
                "detector": r.detector,
                "judged": r.judged,
                "flagged": r.flagged,
                "cleared": r.cleared,
                "not_judgeable": r.not_judgeable,
                "implausible": r.implausible,
                "seconds": r.seconds,
            }
            for r in result.reports
        ],
    }


def last_findings(workspace: Path) -> Iterator[dict[str, Any]]:
    """The findings of the last complete scan.

    Raises:
        NoScanError: no scan was completed yet.
    """
    pointer = workspace / "LAST_SCAN"
    if not pointer.is_file():
        raise NoScanError("no_scan", workspace=workspace)
    folder = workspace / "scans" / pointer.read_text(encoding="ascii").strip()
    with (folder / "findings.jsonl").open("rb") as handle:
        for line in handle:
            yield orjson.loads(line)


def find(workspace: Path, finding_id: str) -> dict[str, Any]:
    """One finding of the last scan, by its id or an unambiguous beginning of it.

    Raises:
        NoScanError: no scan, no such finding, or several that begin so.
    """
    matches = [f for f in last_findings(workspace) if str(f["finding_id"]).startswith(finding_id)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise NoScanError("several_findings", count=len(matches), finding=finding_id)
    raise NoScanError("no_finding", finding=finding_id)

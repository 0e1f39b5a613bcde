"""`load` and `scan` killed at random moments: the workspace opens, and a rerun gives what an undisturbed run gives."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph.snapshot import Workspace
from graph.tables import open_tables
from tests.conftest import ROOT

KILLS = 12


def _command(*arguments: object) -> list[str]:
    return [sys.executable, str(ROOT / "cli.py"), *map(str, arguments), "--json"]


def _environment() -> dict[str, str]:
    return {**os.environ, "QINGFENG_SECRET": "a key for the tests alone"}


def _run(*arguments: object) -> float:
    started = time.monotonic()
    subprocess.run(_command(*arguments), check=True, capture_output=True, env=_environment(), timeout=120)
    return time.monotonic() - started


def _kill(seconds: float, *arguments: object) -> bool:
    """Start the command and kill it after some time; whether it was still running."""
    process = subprocess.Popen(
        _command(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_environment()
    )
    try:
        process.wait(seconds)
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        return True


@pytest.mark.slow
def test_killed_loads_and_scans_lose_nothing(tmp_path: Path) -> None:
    source, undisturbed, disturbed = tmp_path / "source", tmp_path / "undisturbed", tmp_path / "disturbed"
    _run("sample", source, "--size", 1500)
    load_takes = _run("load", source, "--workspace", undisturbed)
    scan = ("scan", "--detector", "same_device", "--detector", "release_kickback", "--workspace")
    scan_takes = _run(*scan, undisturbed)
    wanted = Workspace(undisturbed).current().id
    findings = _findings(undisturbed)
    chance = random.Random(20)
    killed = 0
    for kill in range(KILLS):
        if kill % 2 == 0 and kill < KILLS - 8:
            killed += _kill(chance.uniform(0, load_takes), "load", source, "--workspace", disturbed)
        else:
            _run("load", source, "--workspace", disturbed)
            killed += _kill(chance.uniform(0, scan_takes), *scan, disturbed)
        current = Workspace(disturbed).current_or_none()
        if current is not None:
            assert current.id == wanted, "a snapshot that no complete load made"
            tables = open_tables(current, b"k" * 32)
            for name, info in current.manifest.tables.items():
                assert tables.execute(f"SELECT count(*) FROM stored_{name}").fetchone() == (info.rows,)
    assert killed > KILLS / 4, "the commands were too quick to be killed"
    _run("load", source, "--workspace", disturbed)
    _run(*scan, disturbed)
    assert Workspace(disturbed).current().id == wanted
    assert _findings(disturbed) == findings
    assert not list(disturbed.glob("**/.draft-*"))
    assert not list(disturbed.glob("**/.writing-*"))


def _findings(workspace: Path) -> bytes:
    scan = (workspace / "LAST_SCAN").read_text().strip()
    return (workspace / "scans" / scan / "findings.jsonl").read_bytes()

"""The systemd units: systemd reads them, and they call commands and options that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "systemd"
UNITS = sorted([*FOLDER.glob("*.service"), *FOLDER.glob("*.timer")])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    files = []
    for unit in UNITS:
        files.append(tmp_path / unit.name)
        # The program is not installed where the tests run.
        text = unit.read_text(encoding="utf-8").replace("/opt/qingfeng/bin/qingfeng", "/bin/true")
        files[-1].write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True, check=False
    )
    named = [line for line in done.stderr.splitlines() if "qingfeng" in line]
    assert named == []
    assert done.returncode == 0, done.stderr


def test_every_timer_has_its_service_and_the_page_names_every_service() -> None:
    services = {unit.stem for unit in UNITS if unit.suffix == ".service"}
    assert {unit.stem for unit in UNITS if unit.suffix == ".timer"} <= services
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name in services - {"qingfeng-scan", "qingfeng-deliver", "qingfeng-anchor"}:
        assert name in page
    assert re.search(r"qingfeng-\{scan,deliver,anchor\}\.timer", page)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.stem)
def test_no_unit_runs_as_root_or_may_gain_rights(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    for line in ("User=qingfeng", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077"):
        assert f"\n{line}\n" in text


def test_the_schedule_on_the_page_is_one_that_is_read(tmp_path: Path) -> None:
    from findings.schedule.jobs import read_schedule
    from findings.settings import Settings

    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "schedule.toml").write_text(block, encoding="utf-8")
    schedule = read_schedule(Settings(workspace=tmp_path, _env_file=None))  # type: ignore[call-arg]
    assert schedule.jobs["bid_rigging_weekly"].families == ("bid_rigging",)

"""The command as a user types it, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import cli
from i18n import LANGUAGES, text
from queries.registry import DETECTORS
from tests.conftest import ROOT


def run(*arguments: object, language: str = "en", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        env={**os.environ, "QINGFENG_LANG": language, "COLUMNS": "160", **environment},
        check=False,
    )


def as_json(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command")
    summary = as_json("sample", folder / "source", "--size", 1500, "--seed", 3)
    assert sum(summary["rows"].values()) > 1500
    return folder


@pytest.fixture(scope="module")
def scanned(province: Path) -> Path:
    workspace = province / "workspace"
    report = as_json("load", province / "source", "--workspace", workspace)
    assert report["changed"]
    assert report["quarantined"] == 0
    out = province / "findings.jsonl"
    scan = as_json("scan", "--workspace", workspace, "--out", out)
    assert [d["detector"] for d in scan["detectors"]] == [d.id for d in DETECTORS]
    assert scan["findings"] == len(out.read_bytes().splitlines()) > 10
    return workspace


def test_loading_again_changes_nothing(scanned: Path) -> None:
    before = (scanned / "CURRENT").read_text()
    report = as_json("load", scanned.parent / "source", "--workspace", scanned)
    assert not report["changed"]
    assert (scanned / "CURRENT").read_text() == before


def test_scan_prints_a_table_and_what_to_do_next(scanned: Path) -> None:
    done = run("scan", "--workspace", scanned, "--detector", "same_device")
    assert done.returncode == 0
    assert "same_device" in done.stdout
    assert "qingfeng explain" in done.stdout
    assert "never a verdict" in done.stdout


def test_explain_shows_rows_law_and_innocent_explanations(scanned: Path) -> None:
    as_json("scan", "--workspace", scanned, "--detector", "same_device", "--detector", "release_kickback")
    line = (scanned.parent / "findings.jsonl").read_text().splitlines()[0]
    finding = json.loads(line)
    for language, law, source in (
        ("en", "Regulation", "Source: published"),
        ("zh", "条例", "来源：2011年12月20日公布"),
    ):
        done = run("explain", finding["finding_id"], "--workspace", scanned, language=language)
        assert done.returncode == 0, done.stderr
        assert law in done.stdout
        assert source in done.stdout
        assert str(finding["evidence"]["records"][0]["row"]) in done.stdout
        for excuse in finding["innocent"]:
            assert excuse["basis"][language][:12] in done.stdout.replace("\n", "")
    assert as_json("explain", finding["finding_id"][:10], "--workspace", scanned)["identity"] == finding["identity"]


def in_process(*arguments: str, workspace: Path) -> Any:
    return CliRunner().invoke(cli.app, list(arguments), env={"QINGFENG_WORKSPACE": str(workspace)})


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("scan", "--set", "same_device.populr=3"), 2, "popular"),
        (("scan", "--set", "same_device.popular=1"), 2, "greater than or equal to 2"),
        (("scan", "--set", "nonsense"), 2, "detector.parameter=value"),
        (("scan", "--detector", "same_devise"), 2, "same_device"),
        (("scan", "--family", "nobody"), 2, "bid_rigging"),
        (("scan", "--profile", "nowhere"), 2, "national"),
        (("scan", "--store", "--out", "findings.jsonl"), 2, "findings list"),
        (("explain", "ffff"), 1, "no finding"),
        (("sample", "x", "--size", "huge"), 2, "medium"),
        (("detectors", "same_devise"), 2, "same_device"),
    ],
)
def test_mistakes_are_named_with_what_there_is_instead(
    scanned: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = in_process(*arguments, workspace=scanned)
    assert done.exit_code == code
    assert says in done.stderr
    assert "Traceback" not in done.output


def test_an_empty_workspace_says_what_to_run(tmp_path: Path) -> None:
    done = run("scan", "--workspace", tmp_path)
    assert done.returncode == 1
    assert "qingfeng load" in done.stderr


def test_quarantined_rows_give_code_three_when_strict(tmp_path: Path) -> None:
    (tmp_path / "payments.csv").write_text(
        "payment_id,payer_id,payee_id,amount,paid_on\nP1,O1,O2,100,2024-02-31\nP2,O1,O2,100,2024-02-28\n"
    )
    assert run("load", tmp_path / "payments.csv", "--workspace", tmp_path / "w").returncode == 0
    strict = run("load", tmp_path / "payments.csv", "--workspace", tmp_path / "w2", "--strict")
    assert strict.returncode == 3
    assert "2024-02-31" in strict.stdout


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_command_teaches_itself_in_both_languages(language: str) -> None:
    done = run("--help", language=language)
    assert done.returncode == 0
    assert (text("cli.option_workspace", "zh")[:3] in run("scan", "--help", language=language).stdout) == (
        language == "zh"
    )
    for verb in VERBS:
        assert verb in done.stdout


VERBS = (
    "sample",
    "load",
    "scan",
    "explain",
    "detectors",
    "schema",
    "docs",
    "doctor",
    "coverage",
    "graph",
    "ocp",
    "train",
)


@pytest.mark.parametrize("verb", VERBS[:9])
def test_every_verb_has_help_and_json(verb: str) -> None:
    done = CliRunner().invoke(cli.app, [verb, "--help"], env={"COLUMNS": "160"})
    assert done.exit_code == 0
    assert "--json" in done.output


def test_detectors_schema_and_doctor_as_json(tmp_path: Path) -> None:
    assert {d["id"] for d in as_json("detectors")} == {d.id for d in DETECTORS}
    assert as_json("detectors", "same_device")["title"]["zh"]
    assert len(as_json("schema")["tables"]) == 27
    done = run("doctor", "--workspace", tmp_path, "--json")
    checks = {check["check"]: check["status"] for check in json.loads(done.stdout)}
    assert checks["Embedded graph engine"] == "ok"

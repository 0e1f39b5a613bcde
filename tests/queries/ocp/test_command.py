"""The commands, as a user runs them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from queries.ocp.command import app
from queries.ocp.settings import SettingsError, sections, settings_from
from tests.queries.ocp.conftest import award, bid, release

ROOT = Path(__file__).resolve().parents[3]
ONE = orjson.dumps(release("x", [bid("A", 5), bid("=B", 5)], [award("A")]))


@dataclass
class Done:
    """What a command left behind."""

    returncode: int
    stdout: bytes
    stderr: bytes


def ocp(*words: object, stdin: bytes = b"") -> Done:
    done = CliRunner().invoke(app, list(map(str, words)), input=stdin)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(done.exit_code, done.stdout_bytes, done.stderr_bytes)


def fixture_settings(stem: str) -> str:
    """The settings that a fixture's name stands for."""
    code, *parts = stem.replace("+", "|").split("-")
    text = "no_price_comparison_procurement_methods = NPC\n[exclusions]\nprocurement_method_details = EXC\n"
    if len(parts) > 2:
        text += f"[{code}.{parts[0]}]\n" + "".join(
            f"{key} = {value}\n" for key, value in zip(parts[1::2], parts[2::2], strict=True)
        )
    else:
        text += f"[{code}]\n" + (f"{parts[0]} = {parts[1]}\n" if len(parts) == 2 else "")
    return text


def test_every_fixture_of_the_reference_passes(shared_data: Path, tmp_path: Path) -> None:
    fixtures = sorted((shared_data / "cardinal" / "indicators").glob("*.jsonl"))
    assert len(fixtures) == 15
    for fixture in fixtures:
        (tmp_path / "s.ini").write_text(fixture_settings(fixture.stem))
        done = ocp("--settings", tmp_path / "s.ini", "--format", "cardinal", fixture)
        assert orjson.loads(done.stdout) == orjson.loads(fixture.with_suffix(".expected").read_bytes()), fixture.stem


def test_the_module_runs_by_itself() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "queries.ocp", "-", "--format", "cardinal"], input=ONE, capture_output=True, cwd=ROOT
    )
    assert (done.returncode, done.stdout[:9]) == (0, b'{"OCID":{')
    heavy = (
        "import sys, queries.ocp.run; print({'typer', 'numpy', 'pandas', 'pydantic', 'duckdb'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == b"set()"


def test_prepare_fixtures(shared_data: Path, tmp_path: Path) -> None:
    for settings in sorted((shared_data / "cardinal" / "prepare").glob("*.ini")):
        done = ocp("prepare", "--settings", settings, "--errors", tmp_path / "e.csv", settings.with_suffix(".jsonl"))
        assert done.stdout == settings.with_suffix(".output").read_bytes(), settings.stem


def test_prepare_lists_what_it_cannot_correct(tmp_path: Path) -> None:
    bids = b'{"value":{"amount":1.10}},{"status":"odd","value":{"amount":0,"currency":"X"}}'
    line = b'{"ocid":"o","bids":{"details":[' + bids + b"]}}"
    done = ocp("prepare", "--errors", tmp_path / "e.csv", "-", stdin=line + b"\n{\n")
    assert done.stdout == line + b"\n"
    assert (tmp_path / "e.csv").read_text().splitlines()[1:5] == [
        "1,o,/bids/details[]/value/currency,0,,not set",
        "1,o,/bids/details[]/status,0,,not set",
        "1,o,/bids/details[]/value/amount,1,,is zero",
        "1,o,/bids/details[]/status,1,odd,invalid",
    ]
    assert ocp("prepare", "--strict", "-", stdin=b"{\n").returncode == 1


def test_formats() -> None:
    assert orjson.loads(ocp("-", "--format", "cardinal", stdin=ONE).stdout)["OCID"] == {"x": {"R028": 1.0}}
    table = ocp("-", "--format", "csv", stdin=ONE).stdout.decode().splitlines()
    assert table[1:3] == [
        "R028,OCID,x,1.0,报价相同,Identical bid prices",
        "R028,Tenderer,'=B,1.0,报价相同,Identical bid prices",
    ]
    first = orjson.loads(ocp("-", stdin=ONE).stdout.splitlines()[0])
    assert first["detector"] == "ocp_r028"
    assert {entity["id"] for entity in first["entities"]} == {"x", "A", "=B"}
    assert first["evidence"]["records"] == [{"file": "-", "row": 1}]
    with_maps = orjson.loads(ocp("-", "--format", "cardinal", "--map", "--meta", stdin=ONE).stdout)
    assert with_maps["Maps"]["ocid_tenderer_r028"] == {"x": ["=B", "A"]}
    assert with_maps["Meta"]["currency"] == "USD"


def test_broken_lines_warn_and_strict_fails() -> None:
    done = ocp("-", stdin=ONE + b"\n{broken\n")
    assert done.returncode == 0
    assert b"-:2: not JSON" in done.stderr
    assert ocp("-", "--strict", stdin=ONE + b"\n{broken\n").returncode == 1
    assert ocp("-", "--strict", stdin=ONE).returncode == 0


def test_the_summary_names_the_currency_and_warns_of_implausible_shares(tmp_path: Path) -> None:
    lines = b"\n".join(orjson.dumps(release(f"{n}", [bid("A", 5), bid("B", 5)])) for n in range(20))
    done = ocp("-", "--report", tmp_path / "r.json", stdin=lines)
    assert b"main currency USD (that of most bid prices)" in done.stderr
    assert b"R028 flags 100% of the OCID" in done.stderr
    report = orjson.loads((tmp_path / "r.json").read_bytes())
    assert report["indicators"]["R028"]["OCID"] == {"judged": 20, "passed": 0, "flagged": 20, "not_judgeable": {}}


def test_coverage(tmp_path: Path) -> None:
    bids = b'{"status":"qualified","value":{}},{}'
    line = b'{"ocid":"o","buyer":{"id":""},"awards":[{"status":"active"}],"bids":{"details":[' + bids + b"]}}"
    found = orjson.loads(ocp("coverage", "-", "--format", "cardinal", stdin=line).stdout)
    assert found == {
        "": 1, "/": 1, "/awards": 1, "/awards[]": 1, "/awards[]/": 1, "/awards[]/status": 1, "/bids": 1, "/bids/": 1,
        "/bids/details": 1, "/bids/details[]": 1, "/bids/details[]/": 1, "/bids/details[]/status": 1, "/ocid": 1,
    }  # fmt: skip
    text = ocp("coverage", "-", stdin=line).stdout.decode()
    assert "bid statuses are missing or outside the codelist: /bids/details[]/status" in text


def test_missing_files_and_bad_settings_are_told(tmp_path: Path) -> None:
    assert ocp("/no/such/file").returncode == 2
    (tmp_path / "s.ini").write_text("[R003]\nthreshhold = 3\n")
    done = ocp("-", "--settings", tmp_path / "s.ini", stdin=ONE)
    assert (done.returncode, b"threshhold is not known; known are" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "s.ini",
            "currency = EUR\n; a comment\n[R025]\npercentile = 80\n[R003.procurement_method_details]\nFast Track = 5\n",
        ),
        ("s.toml", 'currency = "EUR"\n[R025]\npercentile = 80\n[R003.procurement_method_details]\n"Fast Track" = 5\n'),
    ],
)
def test_ini_and_toml_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    settings = settings_from(sections(tmp_path / name))
    assert (settings.currency, settings.r025_percentile, settings.indicators) == ("EUR", 80, ("R003", "R025"))
    assert settings.r003_details == {"Fast Track": 5 * 86_400_000_000}


def test_a_value_of_the_wrong_kind_is_told() -> None:
    with pytest.raises(SettingsError, match=r"\[R035\] threshold = many: expected a whole number"):
        settings_from({"R035": {"threshold": "many"}})


def test_words_may_stand_anywhere_and_help_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(ONE)
    done = ocp(tmp_path / "a.jsonl", "--format", "cardinal", tmp_path / "a.jsonl", "-q")
    assert (done.returncode, done.stderr) == (0, b"")
    assert orjson.loads(done.stdout)["OCID"] == {"x": {"R028": 1.0}}
    assert b"qingfeng ocp coverage" in ocp("--help").stdout
    assert ocp("x", "--workers", "0").returncode == 2
    assert ocp().returncode == 2


def test_real_files_run(shared_data: Path) -> None:
    files = sorted((shared_data / "ocds").rglob("*.json"))
    done = ocp(*files)
    assert len(files) == 252
    assert done.returncode == 0
    assert b"no ocid" in done.stderr


def test_the_command_reads_its_own_texts_alone(tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_bytes(b'{"ocid": "a"}\n')
    program = (
        "from queries.ocp.run import run; from i18n import catalogue; "
        f"code = run([{str(file)!r}]); print(code, catalogue.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "0"]
    assert "contracting processes" in done.stderr

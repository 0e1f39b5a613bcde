"""The commands on kept scans, leads and backups, as they will be mounted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from findings.access.rights import Role
from findings.access.users import create_user
from findings.audit.trail import read
from findings.commands.backups import backup, restore, verify
from findings.commands.leads import app as leads
from findings.commands.scans import diff, expire, runs
from findings.runs import run_scan_and_store
from findings.settings import read_settings
from findings.store.database import open_store
from findings.store.models import FindingVersion
from graph.snapshot import WorkspaceError
from queries.profiles import configure
from queries.registry import detector
from tests.findings.worlds import TOWN, load_rows

app = typer.Typer()
app.add_typer(leads, name="findings")
app.command()(diff)
app.command()(runs)
app.command()(expire)
app.command()(backup)
app.command()(restore)
app.command()(verify)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    load_rows(tmp_path / "workspace", TOWN)
    for _ in range(2):
        run_scan_and_store(read_settings(workspace=tmp_path / "workspace"), configure([detector("same_device")]))
    return tmp_path / "workspace"


def call(workspace: Path, *arguments: object, code: int = 0) -> Any:
    done = CliRunner().invoke(app, [*map(str, arguments), "-w", str(workspace), "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if code == 0 else done.stderr


def test_leads_are_listed_shown_and_decided_on_and_each_reading_is_audited(workspace: Path) -> None:
    first = call(workspace, "findings", "list", "--limit", 3, "--purpose", "case 7")
    assert (first["total"], len(first["items"])) == (4, 3)
    second = call(workspace, "findings", "list", "--limit", 3, "--purpose", "case 7", "--cursor", first["next"])
    assert len({item["finding_id"] for item in first["items"] + second["items"]}) == 4
    lead = first["items"][0]["finding_id"]
    shown = call(workspace, "findings", "show", lead[:8], "--purpose", "case 7")
    assert shown["document"]["finding_id"] == lead
    assert "purpose" in call(workspace, "findings", "show", lead, code=1)
    assert call(workspace, "findings", "decide", lead, "start")["triage"] == "in_review"
    assert "reason" in call(workspace, "findings", "decide", lead, "dismiss", code=1)
    assert "another" in call(workspace, "findings", "decide", lead, "refer", "--case", "C1", code=1)
    store = open_store(read_settings(workspace=workspace).store_address())
    with store.reading() as session:
        actions = [record.action for record in read(session)]
    store.close()
    assert sorted(actions) == ["finding.read", "finding.start", "findings.list", "findings.list"]


def test_a_lead_is_given_to_a_user_of_the_store_and_to_nobody_else(workspace: Path) -> None:
    lead = call(workspace, "findings", "list", "--purpose", "case 7")["items"][0]["finding_id"]
    store = open_store(read_settings(workspace=workspace).store_address())
    with store.session() as session:
        limits: dict[str, Any] = {"password": None, "agencies": None, "actor": "test"}
        wang = create_user(session, "wang", Role.INVESTIGATOR, regions=None, **limits).id
        create_user(session, "li", Role.INVESTIGATOR, regions=["990000"], **limits)
    store.close()
    assert "no user zhao" in call(workspace, "findings", "decide", lead, "assign", "--assignee", "zhao", code=1)
    assert "outside" in call(workspace, "findings", "decide", lead, "assign", "--assignee", "li", code=1)
    assert call(workspace, "findings", "decide", lead, "assign", "--assignee", "wang")["assignee"] == wang


def test_scans_are_listed_and_compared(workspace: Path) -> None:
    assert [run["run"] for run in call(workspace, "runs")] == [2, 1]
    assert call(workspace, "diff", 1, 2)["counts"]["unchanged"] == 4
    assert "99" in call(workspace, "diff", 1, 99, code=1)


def test_a_scan_that_failed_is_listed_among_the_others(workspace: Path) -> None:
    settings = read_settings(workspace=workspace)
    (workspace / "CURRENT").rename(workspace / "away")
    with pytest.raises(WorkspaceError):
        run_scan_and_store(settings, configure([detector("same_device")]))
    (workspace / "away").rename(workspace / "CURRENT")
    failed, complete, _ = call(workspace, "runs")
    assert (failed["state"], failed["new"], complete["unchanged"]) == ("failed", None, 4)
    assert list(failed) == list(complete)
    done = CliRunner().invoke(app, ["runs", "-w", str(workspace)])
    assert done.exit_code == 0, done.output
    assert len(done.stdout.splitlines()) == 4


def test_expiry_needs_a_period_and_says_what_expired(workspace: Path) -> None:
    assert "--days" in call(workspace, "expire", code=1)
    assert call(workspace, "expire", "--days", 30)["expired"] == []


def test_backup_verify_restore(workspace: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.zip"
    made = call(workspace, "backup", file)
    assert call(workspace, "verify", file) == made
    assert call(workspace, "verify") == {"sound": True, "faults": []}
    assert call(tmp_path / "new", "restore", file) == made
    assert call(tmp_path / "new", "verify")["sound"]
    assert "not empty" in call(tmp_path / "new", "restore", file, code=1)
    assert "not a backup" in call(workspace, "verify", workspace / "findings.db", code=1)
    store = open_store(read_settings(workspace=tmp_path / "new").store_address())
    with store.reading() as session:
        said = [(record.action, record.subject) for record in read(session)]
    store.close()
    assert said == [("store.restore", f"backup of {made['created_at']}"), ("store.backup", "store data=yes")]


def test_verify_finds_evidence_that_was_changed_behind_the_products_back(workspace: Path) -> None:
    store = open_store(read_settings(workspace=workspace).store_address())
    with store.session() as session:
        version = session.query(FindingVersion).first()
        assert version is not None
        assert version.document is not None
        version.document = version.document.replace("T1", "T9").replace("T2", "T9").replace("T3", "T9")
        version.document = version.document.replace("T4", "T9")
        finding = version.finding_id
    store.close()
    done = CliRunner().invoke(app, ["verify", "-w", str(workspace), "--json"])
    assert done.exit_code == 1
    assert finding in json.loads(done.stdout)["faults"][0]["en"]


@pytest.mark.parametrize("verb", ["findings list", "findings show", "findings decide", "runs", "diff", "backup"])
def test_every_command_has_help(verb: str) -> None:
    done = CliRunner().invoke(app, [*verb.split(), "--help"])
    assert done.exit_code == 0
    assert "--json" in done.stdout


def test_a_workspace_that_is_not_there_is_said_before_anything_is_asked_for(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    assert str(wrong) in call(wrong, "findings", "list", code=1)
    assert not wrong.exists()

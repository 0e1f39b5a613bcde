"""The commands user, key, audit, schedule and subscriptions, on a store of their own."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer import Typer
from typer.testing import CliRunner, Result

from findings.access.authenticate import authenticate_key, authenticate_password
from findings.audit.trail import read
from findings.commands import audit, keys, schedule, subscriptions, users
from findings.store.base import now
from findings.store.database import Store, open_store

APPS = {"user": users, "key": keys, "audit": audit, "schedule": schedule, "subscriptions": subscriptions}
PASSWORD = "a long password 1"


class Shell:
    """Runs commands on one workspace."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.app = Typer()
        for name, module in APPS.items():
            self.app.add_typer(module.app, name=name)

    def __call__(self, *words: str, given: str = "", code: int = 0) -> Result:
        result = CliRunner().invoke(self.app, [*words, "-w", str(self.workspace)], input=given)
        assert result.exit_code == code, result.output
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self(*words, "--json", code=code).stdout)

    def store(self) -> Store:
        return open_store(f"sqlite:///{self.workspace / 'findings.db'}")


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.delenv("QINGFENG_STORE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ws").mkdir()
    return Shell(tmp_path / "ws")


def _add_wang(shell: Shell) -> None:
    shell("user", "add", "wang", "--role", "investigator", "--region", "330102", "--password-stdin",
          given=PASSWORD + "\n")  # fmt: skip


def test_a_user_is_made_changed_recused_disabled_and_it_is_on_record(shell: Shell) -> None:
    _add_wang(shell)
    store = shell.store()
    principal = authenticate_password(store, "wang", PASSWORD)
    assert principal.regions == frozenset({"330102"})
    shell("user", "change", "wang", "--role", "supervisor", "--agency", "G1")
    changed = authenticate_password(store, "wang", PASSWORD)
    assert (changed.role, changed.regions, changed.agencies) == ("supervisor", frozenset({"330102"}), frozenset({"G1"}))
    shell("user", "recuse", "wang", "O9", "--reason", "曾任职")
    assert authenticate_password(store, "wang", PASSWORD).recused == {"O9"}
    (listed,) = shell.json("user", "recusals")
    shell("user", "end-recusal", str(listed["id"]))
    shell("user", "password", "wang", "--password-stdin", given="another password 2\n")
    assert authenticate_password(store, "wang", "another password 2").recused == frozenset()
    shell("user", "disable", "wang")
    assert [user["state"] for user in shell.json("user", "list")] == ["disabled"]
    shell("user", "enable", "wang")
    with store.reading() as session:
        records = read(session)
    assert [record.action for record in reversed(records)] == [
        "user.create", "user.change", "recusal.create", "recusal.end", "user.password", "user.disable", "user.enable",
    ]  # fmt: skip
    assert {record.actor for record in records} == {"local"}


def test_without_a_region_a_user_sees_nothing_and_is_told(shell: Shell) -> None:
    result = shell("user", "add", "li", "--role", "viewer", "--password-stdin", given=PASSWORD + "\n")
    assert "sees no lead" in result.stderr
    assert authenticate_password(shell.store(), "li", PASSWORD).regions == frozenset()


def test_a_password_is_asked_for_twice_and_not_shown(shell: Shell) -> None:
    result = shell("user", "add", "li", "--role", "viewer", "--all-regions", given=f"{PASSWORD}\n{PASSWORD}\n")
    assert PASSWORD not in result.output


@pytest.mark.parametrize(
    "words",
    [("user", "add", "13800138000", "--role", "viewer", "--password-stdin"), ("user", "disable", "nobody"),
     ("key", "revoke", "none"), ("key", "create", "x", "--days", "0"), ("key", "create", "x", "--region", "north"),
     ("subscriptions", "add", "x", "ftp://x/"), ("subscriptions", "add", "x", "nobody"),
     ("subscriptions", "add", "x", "http://x/", "--tier", "D"), ("subscriptions", "replay", "none")],
)  # fmt: skip
def test_a_problem_is_one_line_and_status_one(shell: Shell, words: tuple[str, ...]) -> None:
    result = shell(*words, given=PASSWORD + "\n", code=1)
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.output
    assert "13800138000" not in result.stderr


def test_a_key_is_shown_once_works_and_ends(shell: Shell) -> None:
    made = shell.json("key", "create", "办案系统", "--region", "330100", "--scope", "findings.read", "--days", "30")
    store = shell.store()
    assert authenticate_key(store, made["token"]).regions == frozenset({"330100"})
    assert made["token"] not in shell("key", "list").output
    rotated = shell.json("key", "rotate", made["id"])
    assert authenticate_key(store, rotated["token"]).scopes == frozenset({"findings.read"})
    shell("key", "revoke", rotated["id"])
    states = {key["id"]: key["state"] for key in shell.json("key", "list")}
    assert states == {made["id"]: "active", rotated["id"]: "revoked"}


def test_verify_says_whether_the_trail_is_whole_by_its_status(shell: Shell, tmp_path: Path) -> None:
    _add_wang(shell)
    shell("user", "disable", "wang")
    assert shell.json("audit", "verify")["whole"] is True
    exported = tmp_path / "trail.jsonl"
    shell("audit", "export", str(exported))
    lines = [json.loads(line) for line in exported.read_text(encoding="utf-8").splitlines()]
    assert [line["action"] for line in lines] == ["user.create", "user.disable", "audit.export"]
    with shell.store().engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_records_no_update"))
        connection.execute(text("UPDATE audit_records SET at = :at"), {"at": str(now() - timedelta(days=2))[:26]})
    anchors = tmp_path / "anchors.jsonl"
    shell("audit", "anchors", "--out", str(anchors))
    assert len(anchors.read_text(encoding="utf-8").splitlines()) == 1
    broken = shell("audit", "verify", "--anchors", str(anchors), code=1)
    assert "audit record 1 was changed" in broken.stdout


def test_schedule_and_subscriptions_are_listed(shell: Shell) -> None:
    assert {job["action"] for job in shell.json("schedule", "list")} == {"scan", "deliver", "anchor", "expire"}
    assert shell.json("schedule", "history") == []
    result = shell(
        "subscriptions", "add", "办案系统", "http://127.0.0.1:9/hook", "--tier", "A", "--amount-min", "500000"
    )
    secret = result.stdout.splitlines()[-1]
    assert secret.startswith("whsec_")
    (listed,) = shell.json("subscriptions", "list")
    assert (listed["kind"], listed["amount_min"], listed["tiers"]) == ("webhook", 500_000_00, ["A"])
    assert secret not in shell("subscriptions", "list").output
    assert shell.json("subscriptions", "deliver") == {"sent": 0, "failed": 0, "dead": 0}
    assert shell.json("subscriptions", "deliveries") == []
    shell("subscriptions", "remove", listed["id"])
    assert shell.json("subscriptions", "list") == []

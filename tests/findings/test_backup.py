"""Backups: what comes back is what went in, on either database; what is damaged or does not fit is refused."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from findings.backup import backup, restore, verify_backup
from findings.runs import run_scan_and_store
from findings.settings import Settings, read_settings
from findings.store.database import open_store
from findings.store.dumping import dump, tables
from findings.store.errors import StoreError
from findings.store.models import FindingRow
from findings.store.triage import comment, decide, link_case
from graph.snapshot import Workspace
from queries.profiles import configure
from queries.registry import detector
from tests.findings.worlds import TOWN, load_rows
from tests.postgres_fixture import PostgresServer

DEVICE = configure([detector("same_device")])


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """An installation with nothing in it, on each database."""
    if request.param == "sqlite":
        yield read_settings(workspace=tmp_path / "elsewhere")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield read_settings(workspace=tmp_path / "elsewhere", store_url=url)


@pytest.fixture
def lived_in(tmp_path: Path, store_url: str) -> Settings:
    """An installation that was used."""
    settings = read_settings(workspace=tmp_path / "workspace", store_url=store_url)
    load_rows(settings.workspace, TOWN)
    settings.signing_key()
    run_scan_and_store(settings, DEVICE)
    store = open_store(settings.store_address())
    with store.session() as session:
        ids = session.scalars(select(FindingRow.finding_id).order_by(FindingRow.finding_id)).all()
        decide(session, ids[0], "start", actor="u1", note="核对“原始记录”\n第二行")
        decide(session, ids[0], "refer", actor="u1", case_number="岚纪〔2026〕7号")
        comment(session, ids[1], author="u2", text="<b>说明</b>")
        link_case(session, ids[1], "C-2", actor="u2")
    store.close()
    return settings


def content(settings: Settings) -> dict[str, list[bytes]]:
    store = open_store(settings.store_address())
    with store.reading() as session:
        rows = {table.name: sorted(dump(session, table)) for table in tables()}
    store.close()
    return rows


def test_what_was_backed_up_comes_back_on_either_database(
    lived_in: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    made = backup(lived_in, tmp_path / "backup.zip")
    assert made.rows > 20
    assert (tmp_path / "backup.zip").stat().st_mode & 0o777 == 0o600
    assert restore(elsewhere, tmp_path / "backup.zip") == made
    assert content(elsewhere) == content(lived_in)
    before, after = Workspace(lived_in.workspace), Workspace(elsewhere.workspace)
    assert after.current().id == before.current().id
    assert after.secret() == before.secret()
    assert elsewhere.signing_key() == lived_in.signing_key()
    assert (elsewhere.workspace / "secret.key").stat().st_mode & 0o777 == 0o600
    diff = run_scan_and_store(elsewhere, DEVICE, changed_only=True)
    assert (diff.before, diff.after, diff.unchanged) == (1, 2, 4), "numbers go on after those that were restored"


def test_a_restore_overwrites_nothing(lived_in: Settings, tmp_path: Path) -> None:
    backup(lived_in, tmp_path / "backup.zip")
    before = content(lived_in)
    with pytest.raises(StoreError) as caught:
        restore(lived_in, tmp_path / "backup.zip")
    assert caught.value.key == "store_not_empty"
    assert content(lived_in) == before
    with pytest.raises(StoreError) as caught:
        backup(lived_in, tmp_path / "backup.zip")
    assert caught.value.key == "store_backup_exists"


def test_a_restore_that_cannot_write_the_workspace_says_so_and_can_be_repeated(
    lived_in: Settings, tmp_path: Path
) -> None:
    backup(lived_in, tmp_path / "backup.zip")
    elsewhere = read_settings(workspace=tmp_path / "elsewhere")
    elsewhere.workspace.mkdir()
    (elsewhere.workspace / "snapshots").write_text("in the way")
    with pytest.raises(StoreError) as caught:
        restore(elsewhere, tmp_path / "backup.zip")
    assert caught.value.key == "store_restore_unwritable"
    assert not any(content(elsewhere).values())
    (elsewhere.workspace / "snapshots").unlink()
    restore(elsewhere, tmp_path / "backup.zip")
    assert content(elsewhere) == content(lived_in)


def test_another_key_is_refused(lived_in: Settings, tmp_path: Path) -> None:
    backup(lived_in, tmp_path / "backup.zip")
    other = read_settings(workspace=tmp_path / "other")
    Workspace(other.workspace).secret()
    with pytest.raises(StoreError) as caught:
        restore(other, tmp_path / "backup.zip")
    assert caught.value.key == "store_other_key"
    assert not any(content(other).values())


def _rewritten(file: Path, change: Callable[[str, bytes], bytes | None], added: dict[str, bytes] | None = None) -> Path:
    target = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)
        for name, data in (added or {}).items():
            new.writestr(name, data)
    return target


DAMAGES: dict[str, Any] = {
    "a decision was changed": lambda name, data: data.replace(b'"u1"', b'"u9"') if "decisions" in name else data,
    "a table is missing": lambda name, data: None if name == "store/findings.jsonl" else data,
    "the data were changed": lambda name, data: data[:-1] if name.endswith("bids.parquet") else data,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_and_names_the_part(tmp_path: Path, damage: str) -> None:
    settings = read_settings(workspace=tmp_path / "workspace")
    load_rows(settings.workspace, TOWN)
    run_scan_and_store(settings, DEVICE)
    store = open_store(settings.store_address())
    with store.session() as session:
        decide(session, session.scalars(select(FindingRow.finding_id)).first() or "", "start", actor="u1")
    store.close()
    backup(settings, tmp_path / "backup.zip")
    verify_backup(tmp_path / "backup.zip")
    changed = _rewritten(tmp_path / "backup.zip", DAMAGES[damage])
    elsewhere = read_settings(workspace=tmp_path / "elsewhere")
    with pytest.raises(StoreError) as caught:
        restore(elsewhere, changed)
    assert caught.value.key == "store_backup_damaged"
    assert not (elsewhere.workspace / "findings.db").exists()
    smuggled = _rewritten(tmp_path / "backup.zip", lambda _, data: data, {"workspace/../../evil": b"x"})
    with pytest.raises(StoreError):
        verify_backup(smuggled)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 cut off", b"{}"])
def test_what_is_no_backup_is_called_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(StoreError) as caught:
        verify_backup(tmp_path / "file")
    assert caught.value.key == "store_no_backup"


def test_a_backup_without_data_leaves_them_out(tmp_path: Path) -> None:
    settings = read_settings(workspace=tmp_path / "workspace")
    load_rows(settings.workspace, TOWN)
    made = backup(settings, tmp_path / "backup.zip", with_data=False)
    assert made.snapshot_id is None
    assert not [name for name in made.files if "snapshots" in name]
    elsewhere = read_settings(workspace=tmp_path / "elsewhere")
    restore(elsewhere, tmp_path / "backup.zip")
    assert Workspace(elsewhere.workspace).current_or_none() is None

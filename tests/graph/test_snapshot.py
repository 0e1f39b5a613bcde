"""Snapshots: whole or not at all."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from graph.snapshot import Manifest, Workspace, WorkspaceError


def _manifest(name: str) -> Manifest:
    return Manifest(snapshot_id=name, created_at="2026-01-01T00:00:00Z", data_as_of=None, tables={}, sources=())


def _commit(workspace: Workspace, name: str) -> None:
    with workspace.draft() as draft:
        (draft.tables / "orgs.parquet").write_bytes(name.encode())
        draft.commit(_manifest(name), {"name": name})


def test_a_committed_draft_is_the_current_snapshot(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    _commit(workspace, "first")
    _commit(workspace, "second")
    assert workspace.current().id == "second"
    assert workspace.current().load_report() == {"name": "second"}
    assert workspace.snapshot("first").load_report() == {"name": "first"}


def _fail_half_way(workspace: Workspace) -> None:
    with workspace.draft() as draft:
        (draft.tables / "orgs.parquet").write_bytes(b"half")
        raise ZeroDivisionError


def test_a_draft_that_fails_leaves_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    _commit(workspace, "first")
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(workspace)
    assert workspace.current().id == "first"
    assert [p.name for p in workspace.snapshots.iterdir()] == ["first"]


def test_the_same_content_changes_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    _commit(workspace, "first")
    before = (workspace.current().path / "manifest.json").stat().st_mtime_ns
    _commit(workspace, "first")
    assert (workspace.current().path / "manifest.json").stat().st_mtime_ns == before


def test_drafts_of_dead_writers_are_removed(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    stale = workspace.snapshots / ".draft-dead"
    stale.mkdir(parents=True)
    _commit(workspace, "first")
    assert not stale.exists()


def _hold(path: str, ready: object, release: object) -> None:
    with Workspace(Path(path)).draft():
        ready.set()  # type: ignore[attr-defined]
        release.wait(30)  # type: ignore[attr-defined]


def test_two_writers_at_once_are_refused(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(tmp_path), ready, release))
    other.start()
    try:
        assert ready.wait(30)
        with pytest.raises(WorkspaceError, match="another process"), Workspace(tmp_path).draft():
            pass
    finally:
        release.set()
        other.join(30)
    _commit(Workspace(tmp_path), "after")
    assert Workspace(tmp_path).current().id == "after"


def test_an_empty_workspace_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="qingfeng load"):
        Workspace(tmp_path).current()
    assert Workspace(tmp_path).current_or_none() is None


@pytest.mark.parametrize("damage", [b"", b"{", b'{"format": 99}'])
def test_a_damaged_manifest_is_named(tmp_path: Path, damage: bytes) -> None:
    workspace = Workspace(tmp_path)
    _commit(workspace, "first")
    (workspace.current().path / "manifest.json").write_bytes(damage)
    with pytest.raises(WorkspaceError, match="first"):
        workspace.current()


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QINGFENG_SECRET", raising=False)
    workspace = Workspace(tmp_path / "new")
    secret = workspace.secret()
    assert len(secret) == 32
    assert workspace.secret() == secret
    assert (tmp_path / "new" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert Workspace(tmp_path / "other").secret() != secret
    monkeypatch.setenv("QINGFENG_SECRET", "from outside")
    assert workspace.secret() != secret
    assert [file.name for file in (tmp_path / "new").iterdir()] == ["secret.key"]

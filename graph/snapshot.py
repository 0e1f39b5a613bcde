"""Snapshots: immutable, versioned tables that a reader sees whole or not at all.

    workspace/
      CURRENT                     the id of the current snapshot, replaced by an atomic rename
      lock                        held by the one process that writes
      secret.key                  the key of the hashes that stand for personal numbers
      snapshots/<id>/
        manifest.json             sources, tables, rows, content hashes
        load_report.json          what the load did
        quarantine.parquet        the rows that could not be read
        unread.parquet            what these and those of earlier loads name, if there are any
        tables/<table>.parquet
        graph/                    projections built from the tables; may be deleted at any time

A draft is written beside its destination, synced to the disk, renamed, and only then named in CURRENT. A process
that dies leaves a draft that the next writer removes.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from i18n import Problem

FORMAT = 1

UNREAD = "unread.parquet"


class WorkspaceError(Problem):
    """A workspace cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that rows came from."""

    file: str
    sha256: str
    size: int
    format: str


@dataclass(frozen=True, slots=True)
class TableInfo:
    """What the manifest says of one stored table.

    `columns` are the columns that any source filled; a detector that needs another one cannot judge.
    """

    rows: int
    content: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot holds. Its id depends on the rows' values alone: not on their order, files or the clock."""

    snapshot_id: str
    created_at: str
    data_as_of: date | None
    tables: dict[str, TableInfo]
    sources: tuple[Source, ...]
    unread: str | None = None
    """A hash of what the rows name that could not be read."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One complete version of the tables."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """The content hash that names the snapshot."""
        return self.manifest.snapshot_id

    def table_file(self, table: str) -> Path | None:
        """The Parquet file of a table, None where no source had it."""
        return self.path / "tables" / f"{table}.parquet" if table in self.manifest.tables else None

    @property
    def unread_file(self) -> Path | None:
        """What the rows name that could not be read, None where every row was."""
        file = self.path / UNREAD
        return file if file.is_file() else None

    def load_report(self) -> dict[str, Any]:
        """The report of the load that made the snapshot."""
        report: dict[str, Any] = orjson.loads((self.path / "load_report.json").read_bytes())
        return report


@dataclass(slots=True)
class Draft:
    """A snapshot being written. Nothing of it is seen until `commit`."""

    path: Path
    workspace: Workspace
    committed: Snapshot | None = field(default=None)

    @property
    def tables(self) -> Path:
        """Where `<table>.parquet` files are written."""
        return self.path / "tables"

    def commit(self, manifest: Manifest, report: dict[str, Any]) -> Snapshot:
        """Make the draft the current snapshot.

        A draft whose content equals the current snapshot's changes nothing: the current one stays.
        """
        destination = self.workspace.snapshots / manifest.snapshot_id
        if not destination.exists():
            options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS
            (self.path / "manifest.json").write_bytes(orjson.dumps(manifest, option=options))
            (self.path / "load_report.json").write_bytes(orjson.dumps(report, option=options))
            for file in [*self.path.rglob("*"), self.path]:
                _sync(file)
            self.path.rename(destination)
            _sync(self.workspace.snapshots)
        self.workspace.point_at(manifest.snapshot_id)
        self.committed = self.workspace.snapshot(manifest.snapshot_id)
        return self.committed


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder that holds an installation's snapshots."""

    path: Path

    @property
    def snapshots(self) -> Path:
        """The folder of all snapshots."""
        return self.path / "snapshots"

    def current(self) -> Snapshot:
        """The current snapshot.

        Raises:
            WorkspaceError: nothing was loaded yet, or the current snapshot is damaged.
        """
        pointer = self.path / "CURRENT"
        if not pointer.is_file():
            raise WorkspaceError("no_data", workspace=self.path)
        return self.snapshot(pointer.read_text(encoding="ascii").strip())

    def current_or_none(self) -> Snapshot | None:
        """The current snapshot, None in a new workspace."""
        return self.current() if (self.path / "CURRENT").is_file() else None

    def snapshot(self, snapshot_id: str) -> Snapshot:
        """A snapshot by its id.

        Raises:
            WorkspaceError: there is none of that id, or its manifest cannot be read.
        """
        folder = self.snapshots / snapshot_id
        try:
            document = orjson.loads((folder / "manifest.json").read_bytes())
        except (OSError, orjson.JSONDecodeError) as error:
            raise WorkspaceError("bad_snapshot", snapshot=snapshot_id, workspace=self.path, reason=error) from error
        if document["format"] != FORMAT:
            raise WorkspaceError("other_format", snapshot=snapshot_id, found=document["format"], known=FORMAT)
        as_of = document["data_as_of"]
        return Snapshot(
            folder,
            Manifest(
                snapshot_id=document["snapshot_id"],
                created_at=document["created_at"],
                data_as_of=date.fromisoformat(as_of) if as_of else None,
                tables={
                    name: TableInfo(info["rows"], info["content"], tuple(info["columns"]))
                    for name, info in document["tables"].items()
                },
                sources=tuple(Source(**source) for source in document["sources"]),
                unread=document.get("unread"),
            ),
        )

    def point_at(self, snapshot_id: str) -> None:
        """Make a complete snapshot the current one, atomically."""
        temporary = self.path / ".CURRENT"
        temporary.write_text(snapshot_id + "\n", encoding="ascii")
        _sync(temporary)
        temporary.replace(self.path / "CURRENT")
        _sync(self.path)

    @contextlib.contextmanager
    def draft(self) -> Iterator[Draft]:
        """A draft of the next snapshot, under the workspace's write lock. An uncommitted draft is removed.

        Raises:
            WorkspaceError: another process is writing.
        """
        self.snapshots.mkdir(parents=True, exist_ok=True)
        with self._write_lock():
            for stale in self.snapshots.glob(".draft-*"):
                shutil.rmtree(stale)
            draft = Draft(self.snapshots / f".draft-{secrets.token_hex(6)}", self)
            draft.tables.mkdir(parents=True)
            try:
                yield draft
            finally:
                shutil.rmtree(draft.path, ignore_errors=True)

    @contextlib.contextmanager
    def _write_lock(self) -> Iterator[None]:
        with (self.path / "lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WorkspaceError("in_use", workspace=self.path) from error
            yield

    def secret(self) -> bytes:
        """The key of the hashes that stand for personal numbers.

        `QINGFENG_SECRET` where it is set, else the file `secret.key`, which is made, readable by its owner only,
        when it is first needed. Another key gives other pseudonyms, so keep it with the backups.
        """
        if value := os.environ.get("QINGFENG_SECRET"):
            return hashlib.sha256(value.encode()).digest()
        file = self.path / "secret.key"
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
                handle.write(secrets.token_bytes(32).hex().encode())
        except FileExistsError:
            pass
        return bytes.fromhex(file.read_text(encoding="ascii"))


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

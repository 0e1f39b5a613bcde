"""Backups: one file that holds the store, the keys and the data that findings point into, each part with its checksum.

The rows of the store are kept as text, so a backup of SQLite restores on PostgreSQL and the other way round:

    manifest.json                     version, revision, tables with row counts and digests, files with checksums
    store/<table>.jsonl
    workspace/CURRENT, secret.key, api.key
    workspace/snapshots/<id>/…        the current snapshot, without what can be rebuilt from it

Keys are in it: the file is its owner's only, and should be kept as they are.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from findings.settings import Settings
from findings.store.base import now
from findings.store.database import open_store
from findings.store.dumping import Content, Digest, dump, fill, is_empty, tables
from findings.store.errors import StoreError
from findings.store.migrating import head
from graph.snapshot import Workspace

FORMAT = 1
KEYS = ("secret.key", "api.key")
_MANIFEST = "manifest.json"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup holds."""

    created_at: str
    revision: str
    snapshot_id: str | None
    """The current snapshot, None where there is none or it was left out."""
    tables: dict[str, Content]
    files: dict[str, str]
    """SHA-256 by name, of every file but the manifest."""
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(content.rows for content in self.tables.values())

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def backup(settings: Settings, out: Path, *, with_data: bool = True) -> Backup:
    """Write a backup; the file is there whole, or not at all. Scans and decisions may go on meanwhile.

    Args:
        settings: workspace and store.
        out: the file, which must not be there.
        with_data: put the current snapshot in, so that evidence can be shown. Without it, load the sources again.

    Raises:
        StoreError: the file is there or cannot be written, or the store cannot be read.
    """
    if out.exists():
        raise StoreError("store_backup_exists", file=out)
    store = open_store(settings.store_address())
    draft = out.with_name(f".{out.name}.{secrets.token_hex(4)}")
    files: dict[str, str] = {}
    contents: dict[str, Content] = {}
    try:
        store.upgrade()
        with _created(draft) as archive:
            with store.reading() as session:
                for table in tables():
                    digest = Digest()
                    name = f"store/{table.name}.jsonl"
                    files[name] = _write(archive, name, _counted(dump(session, table), digest), compress=True)
                    contents[str(table.name)] = digest.content()
            snapshot_id = _write_workspace(archive, settings.workspace, files, with_data)
            made = Backup(now().isoformat(), head(), snapshot_id, contents, files)
            archive.writestr(_MANIFEST, orjson.dumps(made, option=orjson.OPT_INDENT_2))
        verify_backup(draft)
        draft.rename(out)
    except OSError as error:
        raise StoreError("store_backup_unwritable", file=out, reason=error) from error
    finally:
        draft.unlink(missing_ok=True)
        store.close()
    return made


def verify_backup(file: Path) -> Backup:
    """Read a backup whole and compare every part with its checksum.

    Raises:
        StoreError: it is no backup, or a part is missing, added or changed; names the first one.
    """
    with _opened(file) as (archive, made):
        names = set(archive.namelist()) - {_MANIFEST}
        for name in sorted(names ^ made.files.keys()):
            raise StoreError("store_backup_damaged", file=file, part=name)
        for name, wanted in made.files.items():
            digest = hashlib.sha256()
            for chunk in _chunks(archive, name, file):
                digest.update(chunk)
            if digest.hexdigest() != wanted:
                raise StoreError("store_backup_damaged", file=file, part=name)
        return made


def restore(settings: Settings, file: Path) -> Backup:
    """Bring a backup back into an empty store and a workspace; what is there already is never overwritten.

    The backup is verified before anything is written, and every table is read back and compared with it before
    the restored store is committed.

    Raises:
        StoreError: the backup is damaged or of another version, the store is not empty, the workspace has another
            key or cannot be written, or what was restored is not what the backup holds. The store is as it was.
    """
    made = verify_backup(file)
    if made.revision != head():
        raise StoreError("store_backup_version", file=file, revision=made.revision, head=head())
    store = open_store(settings.store_address())
    try:
        store.upgrade()
        with _opened(file) as (archive, _), store.session() as session:
            _check_keys(archive, made, settings.workspace)
            if not is_empty(session):
                raise StoreError("store_not_empty")
            for table in tables():
                with archive.open(f"store/{table.name}.jsonl") as lines:
                    found = fill(session, table, (line.rstrip(b"\n") for line in lines))
                if found != made.tables[table.name]:
                    raise StoreError("store_restore_differs", table=table.name)
            _restore_workspace(archive, made, settings.workspace)
    except OSError as error:
        raise StoreError("store_restore_unwritable", workspace=settings.workspace, reason=error) from error
    finally:
        store.close()
    return made


@contextmanager
def _created(draft: Path) -> Iterator[zipfile.ZipFile]:
    draft.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w+b") as handle:
        with zipfile.ZipFile(handle, "w") as archive:
            yield archive
        handle.flush()
        os.fsync(handle.fileno())


@contextmanager
def _opened(file: Path) -> Iterator[tuple[zipfile.ZipFile, Backup]]:
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(file))
            made = _manifest(archive)
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, OSError) as error:
            raise StoreError("store_no_backup", file=file) from error
        yield archive, made


def _manifest(archive: zipfile.ZipFile) -> Backup:
    document = orjson.loads(archive.read(_MANIFEST))
    if document["format"] != FORMAT:
        raise ValueError(f"a backup of format {document['format']}")
    contents = {name: Content(**content) for name, content in document["tables"].items()}
    return Backup(**{**document, "tables": contents})


def _counted(lines: Iterator[bytes], digest: Digest) -> Iterator[bytes]:
    for line in lines:
        digest.add(line)
        yield line + b"\n"


def _write(archive: zipfile.ZipFile, name: str, parts: Iterator[bytes], *, compress: bool) -> str:
    entry = zipfile.ZipInfo(name, now().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    digest = hashlib.sha256()
    with archive.open(entry, "w", force_zip64=True) as handle:
        for part in parts:
            digest.update(part)
            handle.write(part)
    return digest.hexdigest()


def _write_workspace(archive: zipfile.ZipFile, folder: Path, files: dict[str, str], with_data: bool) -> str | None:
    """Keys, and the current snapshot with the pointer to it; returns the snapshot's id."""
    wanted = [folder / key for key in KEYS if (folder / key).is_file()]
    snapshot = Workspace(folder).current_or_none() if with_data else None
    if snapshot is not None:
        wanted += [
            file
            for file in sorted(snapshot.path.rglob("*"))
            if file.is_file() and "graph" not in file.relative_to(snapshot.path).parts
        ]
    for file in wanted:
        name = f"workspace/{file.relative_to(folder).as_posix()}"
        with file.open("rb") as handle:
            files[name] = _write(archive, name, iter(lambda: handle.read(_CHUNK), b""), compress=False)
    return snapshot.id if snapshot is not None else None


def _chunks(archive: zipfile.ZipFile, name: str, file: Path) -> Iterator[bytes]:
    try:
        with archive.open(name) as handle:
            yield from iter(lambda: handle.read(_CHUNK), b"")
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise StoreError("store_backup_damaged", file=file, part=name) from error


def _check_keys(archive: zipfile.ZipFile, made: Backup, folder: Path) -> None:
    """A workspace with another key makes other pseudonyms: its data and these findings do not belong together."""
    for key in KEYS:
        name = f"workspace/{key}"
        there = folder / key
        if name in made.files and there.is_file() and there.read_bytes() != archive.read(name):
            raise StoreError("store_other_key", file=there)


def _restore_workspace(archive: zipfile.ZipFile, made: Backup, folder: Path) -> None:
    """Files that are missing are written, and the pointer last; a workspace that has data keeps its pointer."""
    root = folder.resolve()
    for name in made.files:
        target = (root / name.removeprefix("workspace/")).resolve()
        if not name.startswith("workspace/") or target.exists() or not target.is_relative_to(root):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o600 if target.name in KEYS else 0o644
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as handle, archive.open(name) as source:
            while chunk := source.read(_CHUNK):
                handle.write(chunk)
            handle.flush()
            os.fsync(handle.fileno())
        draft.rename(target)
    workspace = Workspace(folder)
    if made.snapshot_id is not None and workspace.current_or_none() is None:
        workspace.point_at(made.snapshot_id)

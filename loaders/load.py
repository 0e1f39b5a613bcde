"""`qingfeng load`: sources become the next snapshot, or nothing changes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from graph.schema import TABLES
from graph.snapshot import UNREAD, Draft, Manifest, Snapshot, Source, TableInfo, Workspace
from graph.tables import connect
from loaders import canonical, merging, unread
from loaders.adapter import Adapter, Batch, Notes
from loaders.checks import acts_until, dangling, warn_of_values
from loaders.messages import UnreadableSource
from loaders.opening import DAMAGED, Opened, open_file
from loaders.report import EXAMPLES, FileReport, LoadReport, Progress, Tick
from loaders.sources import How, Planned, SourceKind, plan
from loaders.staging import Stage

if TYPE_CHECKING:
    from loaders.mapping import Mapping

MEMORY = "2GB"
"""What DuckDB may hold; beyond it goes to the scratch folder of the workspace."""

_OPENERS = 2
"""Files whose checksum is made at a time."""
_SMALL = 1 << 16
"""Bytes to read, and rows in the last snapshot."""


def load(
    sources: Sequence[Path],
    workspace: Workspace,
    *,
    source_kind: SourceKind | None = None,
    mapping: Path | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
) -> LoadReport:
    """Read sources, check every cell, and make the next snapshot of the workspace.

    Rows that are there already change nothing; a row with other values replaces the columns that its file has. Rows
    that cannot be read go to quarantine. If nothing changes, the last snapshot stays as it is.

    Args:
        sources: files, or folders of `<table>.<ext>` files or of OCDS documents.
        workspace: where the snapshots are.
        source_kind: what the sources are; found out from their names where it is not said.
        mapping: a mapping file that says what the columns of the sources mean.
        progress: told how far the load is.
        threads: most threads of DuckDB.

    Raises:
        SourceError: a source cannot be read at all. Nothing was written.
        MappingError: the mapping file is wrong. Nothing was written.
        WorkspaceError: the workspace is in use or damaged.
        KeyCollision: two rows have one key. Nothing was written.
    """
    report = LoadReport()
    meaning = _read_mapping(mapping) if mapping else None
    planned = plan(sources, source_kind, mapping=meaning, report=report)
    with workspace.draft() as draft, _scratch(workspace) as scratch:
        previous = workspace.current_or_none()
        report.snapshot_before = report.snapshot_after = previous.id if previous else None
        connection = connect(threads, MEMORY)
        connection.execute("SET temp_directory = ?", [str(scratch)])
        try:
            run = _Run(workspace, report, progress, connection, previous, scratch, meaning)
            run.read(planned)
            return run.write(draft)
        finally:
            connection.close()


@contextmanager
def _scratch(workspace: Workspace) -> Iterator[Path]:
    """A folder for plain copies of packed files and for what does not fit into memory; one load at a time has it."""
    folder = workspace.path / ".scratch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """One load on its way."""

    def __init__(
        self,
        workspace: Workspace,
        report: LoadReport,
        progress: Progress | None,
        connection: duckdb.DuckDBPyConnection,
        previous: Snapshot | None,
        scratch: Path,
        mapping: Mapping | None,
    ) -> None:
        self.report = report
        self.connection = connection
        self.previous = previous
        self.scratch = scratch
        self.mapping = mapping
        self.stage = Stage(connection, workspace.secret(), report)
        self.sources = list(previous.manifest.sources) if previous else []
        self._progress = progress
        self._bytes = self._total = self._rows = 0

    def read(self, planned: Sequence[Planned]) -> None:
        """Stage the rows of every file."""
        stated = self.mapping.encoding if self.mapping else None
        with ThreadPoolExecutor(_OPENERS) as pool:
            encodings = [stated if item.kind == "mapped" else None for item in planned]
            opened = list(pool.map(open_file, [item.file for item in planned], repeat(self.scratch), encodings))
        self._total = sum(file.size for file in opened)
        if self._total < _SMALL and (self.previous is None or _rows(self.previous) < _SMALL):
            # On a few rows planning takes most of the time, and the optimizer half of it.
            self.connection.execute("PRAGMA disable_optimizer")
        for item, file in zip(planned, opened, strict=True):
            self._read_file(item, file)
            self._bytes += file.size
            self._tick("reading", item.name)
        self.stage.finish()

    def _read_file(self, item: Planned, opened: Opened) -> None:
        listed = FileReport(item.name, opened.sha256, opened.size, opened.format, opened.encoding)
        self.report.files.append(listed)
        source = self._source(Source(item.name, opened.sha256, opened.size, opened.format))
        self.stage.next_file(item.name)
        undecoded = 0
        batches = self._batches(item, opened)
        for batch in _ahead(batches) if opened.size >= _SMALL else batches:
            self.stage.add(batch, source, sparse=self._sparse(item))
            listed.rows += batch.rows.num_rows + len(batch.rejected)
            listed.unknown_columns += [name for name in batch.unknown_columns if name not in listed.unknown_columns]
            undecoded += sum(rejected.reason == "bad_encoding" for rejected in batch.rejected)
            self._rows += batch.rows.num_rows
            self._tick("reading", item.name)
        if opened.encoding == DAMAGED and 2 * undecoded > listed.rows:
            raise UnreadableSource(item.file, "wrong_encoding")
        if not listed.rows:
            self.report.warn("no_rows", file=item.name)

    def _batches(self, item: Planned, opened: Opened) -> Iterator[Batch]:
        if item.kind == "mapped" and self.mapping:
            from loaders import mapped

            yield from mapped.read(opened, self.mapping, self.report)
            return
        if item.kind == "canonical":
            yield from canonical.read(opened, self.report, certain=item.certain)
            return
        notes = Notes()
        yield from _adapter(item.kind)(item.file, notes)
        for note in notes.warnings:
            self.report.warn("note", file=item.name, note=note)

    def _sparse(self, item: Planned) -> bool:
        """Whether an empty cell says nothing: a document leaves out what it does not speak of."""
        if item.kind == "mapped":
            return bool(self.mapping and self.mapping.sparse)
        return item.kind in ("ocds", "bods")

    def _source(self, source: Source) -> int:
        for index, known in enumerate(self.sources):
            if (known.file, known.sha256) == (source.file, source.sha256):
                return index
        self.sources.append(source)
        return len(self.sources) - 1

    def _tick(self, step: str, name: str) -> None:
        if self._progress:
            self._progress(Tick(step, name, self._bytes, self._total, self._rows))

    def write(self, draft: Draft) -> LoadReport:
        """Merge, write and switch to the new snapshot, if anything changed."""
        self.connection.execute(merging.CREATE_UPDATES)
        files = {name: self.previous.table_file(name) for name in TABLES} if self.previous else {}
        infos = dict(self.previous.manifest.tables) if self.previous else {}
        tables = {name: file for name, file in files.items() if file}
        for name in TABLES:
            target = draft.tables / f"{name}.parquet"
            if name in self.stage.tables:
                self._tick("merging", name)
                counts = self.report.table(name)
                suspects = self.stage.suspects.get(name, set())
                warn_of_values(self.connection, name, suspects, self.report, self._names())
                if merging.merge(self.connection, name, files.get(name), target, counts):
                    tables[name] = target
                    infos[name] = merging.describe(self.connection, name, target)
                self.stage.drop(name)
            if name in tables and tables[name] != target:
                target.hardlink_to(tables[name])
        self.report.dangling = dangling(self.connection, tables)
        self._finish(draft, tables, infos)
        return self.report

    def _names(self) -> list[str]:
        return [source.file for source in self.sources]

    def _finish(self, draft: Draft, tables: dict[str, Path], infos: dict[str, TableInfo]) -> None:
        earlier = self.previous.unread_file if self.previous else None
        not_read = unread.write(self.connection, earlier, draft.path / UNREAD, self.stage.files, tables)
        manifest = Manifest(
            snapshot_id=_snapshot_id(infos, not_read),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            data_as_of=acts_until(self.connection, tables),
            tables=infos,
            sources=tuple(self.sources),
            unread=not_read,
        )
        self.report.snapshot_after = manifest.snapshot_id
        merging.summarise(self.connection, self.report, draft.path, self._names(), EXAMPLES)
        if self.previous is None or manifest.snapshot_id != self.previous.id:
            self.report.quarantine["file"] = f"snapshots/{manifest.snapshot_id}/quarantine.parquet"
            self._tick("writing", manifest.snapshot_id)
            draft.commit(manifest, self.report.as_dict())
        elif self.report.quarantined:
            # No snapshot takes it in, and whoever mends the file needs it all the same.
            (draft.path / "quarantine.parquet").replace(draft.workspace.path / "quarantine.parquet")
            self.report.quarantine["file"] = "quarantine.parquet"


def _ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The batches, the next one being read while one is typed."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch


def _read_mapping(file: Path) -> Mapping:
    # Imported when needed, as below.
    from loaders.mapping import read_mapping

    return read_mapping(file)


def _adapter(kind: How) -> Adapter:
    # Imported when needed: half a second that a load of tables has no use for.
    if kind == "bods":
        from loaders.bods import read_bods

        return read_bods
    from loaders.ocds import read_ocds

    return read_ocds


def _rows(snapshot: Snapshot) -> int:
    return sum(table.rows for table in snapshot.manifest.tables.values())


def _snapshot_id(tables: dict[str, TableInfo], not_read: str | None) -> str:
    """A hash of the tables' values, and of what the rows name that could not be read: the same for the same rows, in
    whatever order and from whatever file."""
    digest = sha256((not_read or "").encode())
    for name in sorted(tables):
        digest.update(f"{name} {tables[name].content} {' '.join(tables[name].columns)}\n".encode())
    return digest.hexdigest()[:16]

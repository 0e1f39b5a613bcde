"""Bring the graph on a Neo4j server to a snapshot: write what is new or changed, then remove what is no more.

Each row carries `_hash`; a push compares hashes and sends the difference. What the server held is computed from its
snapshot where that is still in the workspace, else read from the server, so that a push that was broken off goes on
where it was. Nodes and edges without `_hash` belong to somebody else and stay.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from graph.neo4j import cypher, rows
from graph.neo4j.changes import changes, is_touched
from graph.neo4j.errors import MemoryFull, ServerError
from graph.neo4j.settings import Neo4jSettings, connect
from graph.neo4j.state import GraphState, begin, finish
from graph.neo4j.writer import Writer
from graph.projection import prepare
from graph.snapshot import Snapshot, Workspace, WorkspaceError
from graph.tables import open_tables
from i18n import Text

REMOVE_ROWS = 10_000


class Progress(Protocol):
    """Told of a label or edge type, how many of its rows are done and how many there are."""

    def __call__(self, name: str, done: int, total: int) -> None: ...


@dataclass(slots=True)
class PushReport:
    """What a push did, by label and edge type; unchanged ones are not listed."""

    snapshot_id: str
    compared_with: str
    """`nothing`, `snapshot` (the server's, computed here) or `server` (its rows were read back)."""
    changes: dict[str, rows.Difference] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Rows written or removed."""
        return sum(difference.total for difference in self.changes.values())


def push(
    workspace: Workspace, settings: Neo4jSettings, *, full: bool = False, progress: Progress | None = None
) -> PushReport:
    """Bring the server's graph to the workspace's current snapshot.

    Args:
        workspace: its current snapshot is pushed.
        settings: the server; its user may write and change the schema.
        full: remove everything that was pushed before and write all rows anew.
        progress: told after each batch.

    Raises:
        ServerError: the server is away, another push holds the lock, the graph is another workspace's, or the
            server cannot hold a row. The graph then calls itself no snapshot's; the next push goes on from there.
        WorkspaceError: the workspace has no snapshot.
    """
    snapshot = workspace.current()
    with (
        connect(settings) as driver,
        driver.session(database=settings.database, fetch_size=10_000) as session,
        Writer(session, settings) as writer,
    ):
        return _Push(workspace, snapshot, settings, writer, progress or _silent).run(full=full)


def _silent(name: str, done: int, total: int) -> None:
    """Nobody watches."""


class _Push:
    """One push: what it writes, what it compares with."""

    def __init__(
        self, workspace: Workspace, snapshot: Snapshot, settings: Neo4jSettings, writer: Writer, progress: Progress
    ) -> None:
        self._workspace = workspace
        self._snapshot = snapshot
        self._settings = settings
        self._writer = writer
        self._progress = progress
        self._nodes, self._edges = rows.layers()
        self._fingerprint = rows.fingerprint()
        # Tells the graphs of two workspaces apart and gives nothing of the secret away.
        self._owner = hmac.digest(workspace.secret(), b"graph owner", "sha256").hex()[:16]

    @property
    def _layers(self) -> tuple[rows.Layer, ...]:
        return (*self._nodes, *self._edges)

    def run(self, *, full: bool) -> PushReport:
        state = self._writer.before
        if state.owner not in (None, self._owner) and not full:
            raise ServerError(_FOREIGN, _FOREIGN_HINT)
        if state.snapshot_id == self._snapshot.id and state.fingerprint == self._fingerprint and not full:
            return PushReport(self._snapshot.id, "snapshot")
        self._writer.commit(lambda tx: begin(tx, self._snapshot.id, self._owner))
        former = None if full else self._former(state)
        if former is not None:
            report = PushReport(self._snapshot.id, "snapshot")
            self._bring_to_snapshot(former, report)
        else:
            for node_layer in self._nodes:
                self._writer.execute(cypher.constraint(node_layer.label))
            self._writer.execute(cypher.AWAIT_INDEXES)
            if full:
                self._remove_everything()
            holds_rows = bool(self._writer.execute(cypher.HOLDS_ANYTHING))
            report = PushReport(self._snapshot.id, "server" if holds_rows else "nothing")
            self._bring_to_snapshot(None, report)
            self._writer.execute(cypher.NAME_INDEX)
            self._writer.execute(cypher.AWAIT_INDEXES)
        self._writer.commit(lambda tx: finish(tx, self._snapshot.id, self._fingerprint))
        return report

    def _former(self, state: GraphState) -> Snapshot | None:
        """The snapshot that the server shows, if it is whole, was projected as now, and is still in the workspace."""
        if state.snapshot_id is None or state.fingerprint != self._fingerprint:
            return None
        try:
            return self._workspace.snapshot(state.snapshot_id)
        except WorkspaceError:
            return None

    def _bring_to_snapshot(self, former: Snapshot | None, report: PushReport) -> None:
        """Write all layers, nodes before edges; only then remove what is stale, edges before nodes."""
        stale: list[tuple[rows.Layer, pa.Table, int]] = []
        with open_tables(self._snapshot, self._workspace.secret()) as tables, self._tables_of(former) as before:
            layers = self._layers
            if former is not None and before is not None:
                differing = changes(self._snapshot, tables, former, before)
                layers = tuple(layer for layer in layers if is_touched(layer, differing))
            if any("shared_codes" in layer.query for layer in layers):
                for connection in filter(None, (tables, before)):
                    prepare(connection)
            for layer in layers:
                wanted = rows.project(tables, layer)
                have = None
                if before is not None:
                    rows.project(before, layer)
                    have = rows.names_only(before, layer)
                elif report.compared_with == "server":
                    have = self._writer.read_table(cypher.read_back(layer))
                difference = rows.compare(tables, layer, have)
                # What was read back is counted all the same: it may hold a row twice.
                if not difference.total and (former is not None or not wanted):
                    continue
                if difference.total:
                    report.changes[layer.name] = difference
                self._write(tables, layer, difference)
                stale.append((layer, rows.stale(tables), wanted))
        for layer, gone, wanted in reversed(stale):
            self._remove(layer, gone)
            self._verify(layer, wanted)
        if report.compared_with == "server":
            self._remove_unknown()

    @contextmanager
    def _tables_of(self, former: Snapshot | None) -> Iterator[duckdb.DuckDBPyConnection | None]:
        if former is None:
            yield None
            return
        with open_tables(former, self._workspace.secret()) as tables:
            yield tables

    def _write(self, tables: duckdb.DuckDBPyConnection, layer: rows.Layer, difference: rows.Difference) -> None:
        done = 0
        total = difference.created + difference.changed
        for table, count in (("created", difference.created), ("changed", difference.changed)):
            if not count:
                continue
            names = rows.columns(tables, table)
            groups = rows.label_groups(tables, table) if isinstance(layer, rows.NodeLayer) else (None,)
            for labels in groups:
                text = cypher.write(layer, table, names, labels)
                for batch in rows.batches(tables, table, self._settings.batch_bytes, labels):
                    written = self._in_parts(text, batch)
                    if written != len(batch):
                        words = {"name": layer.name, "missing": len(batch) - written}
                        raise ServerError(_LOST_ROWS.format(**words), _FULL_HINT)
                    done += len(batch)
                    self._progress(layer.name, done, total)

    def _in_parts(self, text: str, batch: list[list[Any]]) -> int:
        """Run a statement over rows in one transaction, or in halves where the server's memory is too small for it."""
        try:
            return self._writer.run(text, rows=batch)
        except MemoryFull:
            if len(batch) == 1:
                raise
            middle = len(batch) // 2
            return self._in_parts(text, batch[:middle]) + self._in_parts(text, batch[middle:])

    def _remove(self, layer: rows.Layer, gone: pa.Table) -> None:
        text = cypher.remove(layer)
        for start in range(0, gone.num_rows, REMOVE_ROWS):
            part = gone.slice(start, REMOVE_ROWS)
            self._in_parts(text, rows.plain(part))
            self._progress(layer.name, start + part.num_rows, gone.num_rows)

    def _remove_everything(self) -> None:
        for layer in reversed(self._layers):
            ((held,),) = self._writer.execute(cypher.counts(layer)[0])
            if held:
                self._remove_all(cypher.remove_all(layer))
        for text in cypher.REMOVE_UNKNOWN:
            self._remove_all(text, names=[])

    def _remove_unknown(self) -> None:
        """Remove what an earlier schema had and this one has no more."""
        names = [layer.name for layer in self._layers]
        for text in cypher.REMOVE_UNKNOWN:
            self._remove_all(text, names=names)

    def _remove_all(self, text: str, **parameters: Any) -> None:
        limit = removed = REMOVE_ROWS
        while removed:
            try:
                removed = self._writer.run(text, limit=limit, **parameters)
            except MemoryFull:
                if limit == 1:
                    raise
                limit //= 2

    def _verify(self, layer: rows.Layer, wanted: int) -> None:
        """Make sure that the server holds as many rows of a layer as were wanted."""
        held = None
        for text in cypher.counts(layer):
            ((held,),) = self._writer.execute(text)
            if held == wanted:
                return
        words = {"name": layer.name, "held": held, "wanted": wanted}
        raise ServerError(_DIFFERS.format(**words), _FULL_HINT)


_FOREIGN = Text(zh="服务器上的图谱由另一工作区推送", en="The graph on the server was pushed from another workspace")
_FOREIGN_HINT = Text(
    zh="请为本工作区另设数据库，或以 --full 参数整体替换",
    en="use a database of its own for this workspace, or replace it with --full",
)
_LOST_ROWS = Text(
    zh="服务器未写入 {name} 的 {missing} 行：其所更新或连接的内容不在图谱中",
    en="The server did not write {missing} rows of {name}, what they change or connect is not in the graph",
)
_DIFFERS = Text(
    zh="服务器上 {name} 有 {held} 行，应有 {wanted} 行", en="The server holds {held} rows of {name} instead of {wanted}"
)
_FULL_HINT = Text(
    zh="图谱可能被另外改动，请以 --full 参数重新推送",
    en="the graph may have been changed by hand, push again with --full",
)

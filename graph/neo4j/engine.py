"""The server graph engine: read-only Cypher on a Neo4j graph that `graph.neo4j.push` brought to a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import neo4j
import pandas as pd
from neo4j.graph import Node, Path, Relationship

from graph.neo4j.errors import FAILURES, ServerError
from graph.neo4j.settings import Neo4jSettings, connect, read_settings
from graph.neo4j.state import read_state
from graph.snapshot import Snapshot
from i18n import Text


def server_snapshot(settings: Neo4jSettings) -> str | None:
    """The snapshot that the server's graph shows; None if none was pushed, or a push is under way or was broken off.

    Raises:
        ServerError: the server cannot be reached or refuses the login.
    """
    with connect(settings) as driver, driver.session(database=settings.database) as session:
        try:
            return session.execute_read(read_state).snapshot_id
        except FAILURES as error:
            raise settings.explain(error) from error


def open_server(snapshot: Snapshot) -> Neo4jGraph:
    """The graph of a snapshot on the server that the environment names.

    Raises:
        ServerError: a setting is wrong, the server cannot be reached, or shows another snapshot.
    """
    return Neo4jGraph.open(read_settings(), snapshot.id)


class Neo4jGraph:
    """The graph of one snapshot on a server.

    Each query runs in a read transaction of its own, which a cluster may route to a reader. It is repeated after
    transient errors and lost connections until `retry_time` is over. An answer counts only if the graph showed the
    snapshot before and after it, so a push that runs meanwhile gives an error and never a mixture.
    """

    name = "neo4j"

    def __init__(self, driver: neo4j.Driver, settings: Neo4jSettings, snapshot_id: str) -> None:
        self._driver = driver
        self._settings = settings
        self._snapshot_id = snapshot_id

    @classmethod
    def open(cls, settings: Neo4jSettings, snapshot_id: str) -> Self:
        """The graph on the server, which must show the snapshot.

        Raises:
            ServerError: the server cannot be reached, or shows another snapshot or none.
        """
        graph = cls(connect(settings), settings, snapshot_id)
        try:
            graph.run("RETURN 1 AS one", {})
        except BaseException:
            graph.close()
            raise
        return graph

    @property
    def snapshot_id(self) -> str:
        """The snapshot that the graph is a projection of."""
        return self._snapshot_id

    def run(self, cypher: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        """The rows that a query returns; see `GraphEngine.run`."""
        columns, rows = self._answer(cypher, parameters)
        return pd.DataFrame(rows, columns=columns).convert_dtypes()

    def rows(self, cypher: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The rows that a query returns, as they are; see `GraphEngine.rows`."""
        columns, rows = self._answer(cypher, parameters)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _answer(self, cypher: str, parameters: Mapping[str, Any]) -> tuple[list[str], list[list[Any]]]:
        @neo4j.unit_of_work(timeout=self._settings.query_timeout)
        def read(tx: neo4j.ManagedTransaction) -> tuple[list[str], list[list[Any]]]:
            self._check_snapshot(tx)
            result = tx.run(cypher, dict(parameters))
            rows = [list(record.values()) for record in result]
            self._check_snapshot(tx)
            return list(result.keys()), rows

        try:
            with self._driver.session(
                database=self._settings.database, default_access_mode=neo4j.READ_ACCESS, fetch_size=10_000
            ) as session:
                columns, rows = session.execute_read(read)
        except FAILURES as error:
            raise self._settings.explain(error) from error
        if any(isinstance(value, Node | Relationship | Path) for row in rows[:1] for value in row):
            raise ServerError(_ENTITY, _ENTITY_HINT)
        return columns, rows

    def close(self) -> None:
        """Close the connections."""
        self._driver.close()

    def _check_snapshot(self, tx: neo4j.ManagedTransaction) -> None:
        shown = read_state(tx)
        if shown.snapshot_id == self._snapshot_id:
            return
        words = {"shown": shown.snapshot_id or shown.target_id or "–", "wanted": self._snapshot_id}
        if shown.snapshot_id is None and shown.target_id is not None:
            raise ServerError(_INCOMPLETE.format(**words), _INCOMPLETE_HINT)
        raise ServerError(_OTHER.format(**words), _OTHER_HINT)


_ENTITY = Text(zh="查询返回了整个节点、边或路径", en="The query returns a whole node, edge or path")
_ENTITY_HINT = Text(zh="请返回其属性，如 n.id", en="return properties of it, such as n.id")
_INCOMPLETE = Text(
    zh="Neo4j 上的图谱正在更新至快照 {shown}，或更新曾被中断",
    en="The graph on the Neo4j server is being brought to snapshot {shown}, or a push was broken off",
)
_INCOMPLETE_HINT = Text(
    zh="请待推送结束；如已中断，请再次运行 qingfeng graph push",
    en="wait until the push ends; if it was broken off, run `qingfeng graph push` again",
)
_OTHER = Text(
    zh="Neo4j 上的图谱为快照 {shown}，当前快照为 {wanted}",
    en="The graph on the Neo4j server shows snapshot {shown}, the current one is {wanted}",
)
_OTHER_HINT = Text(zh="请先运行 qingfeng graph push", en="run `qingfeng graph push` first")

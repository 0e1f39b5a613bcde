"""What goes wrong with a server: it is killed, cut off, out of memory. Nothing is doubled, lost or half believed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph.neo4j import Neo4jGraph, server_snapshot
from graph.neo4j.errors import ServerError
from graph.neo4j.push import push
from graph.neo4j.server import LocalServer
from graph.neo4j.settings import Neo4jSettings
from graph.snapshot import Workspace
from tests.graph.test_neo4j_push import assert_shows
from tests.graph.worlds import BASE, World, store
from tests.neo4j_fixture import SHORT_LIFE

pytestmark = pytest.mark.xdist_group("neo4j")

MANY: World = {
    **BASE,
    "bids": [
        {"bid_id": f"B{i:05}", "tender_id": f"T{i % 300}", "bidder_id": f"O{i % 40}", "price": i} for i in range(3_000)
    ],
}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture(scope="module")
def own_server(neo4j_jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A server of this module's own, which may be killed, with little memory for transactions."""
    server = LocalServer(
        tmp_path_factory.mktemp("faults"),
        {"db.memory.transaction.max": "2m"},
        dies_with_starter=True,
        jvm_options=SHORT_LIFE,
    )
    server.start()
    yield server
    server.kill()


def test_killed_server_goes_on_where_it_was(own_server: LocalServer, workspace: Workspace) -> None:
    store(workspace, MANY)
    settings = own_server.address.settings(batch_bytes=50_000, retry_time=1)

    def kill_in_the_middle(name: str, done: int, total: int) -> None:
        if name == "SUBMITTED" and done < total:
            own_server.kill()

    with pytest.raises(ServerError, match="cannot be reached, or the connection was cut"):
        push(workspace, settings, progress=kill_in_the_middle)
    own_server.start()
    assert server_snapshot(settings) is None
    report = push(workspace, settings)
    assert report.compared_with == "server"
    assert "Bid" not in report.changes  # they were all written before
    assert 0 < report.changes["SUBMITTED"].created < 3_000
    assert_shows(workspace, settings)


def test_full_transaction_memory_makes_smaller_batches(own_server: LocalServer, workspace: Workspace) -> None:
    store(workspace, MANY)
    settings = own_server.address.settings(batch_bytes=50_000_000)
    sent: list[int] = []

    def note(name: str, done: int, total: int) -> None:
        if name == "Bid":
            sent.append(done)

    push(workspace, settings, full=True, progress=note)
    assert len(sent) == 1  # one batch, which the server could take only in parts
    assert_shows(workspace, settings)


def test_query_that_needs_too_much_memory(own_server: LocalServer, workspace: Workspace) -> None:
    snapshot = store(workspace, BASE)
    settings = own_server.address.settings(retry_time=0)
    push(workspace, settings, full=True)
    graph = Neo4jGraph.open(settings, snapshot.id)
    with pytest.raises(ServerError, match="memory for transactions"):
        graph.run("UNWIND range(1, 1000000) AS i WITH collect(toString(i)) AS words RETURN size(words) AS n", {})
    assert graph.run("RETURN 1 AS one", {})["one"].tolist() == [1]  # the server is none the worse
    graph.close()


def test_query_that_takes_too_long(own_server: LocalServer, workspace: Workspace) -> None:
    snapshot = store(workspace, BASE)
    settings = own_server.address.settings(query_timeout=0.5, retry_time=0)
    push(workspace, own_server.address.settings(), full=True)
    graph = Neo4jGraph.open(settings, snapshot.id)
    with pytest.raises(ServerError, match="longer than its time limit"):
        graph.run("UNWIND range(1, 100000) AS a UNWIND range(1, 100000) AS b RETURN sum(a * b) AS n", {})
    graph.close()


class Line:
    """A line to a server that can be cut: it forwards bytes, and drops its connections when told to."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.is_dead = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self.is_dead:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._port))
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    @staticmethod
    def _forward(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                target.sendall(part)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def line(neo4j_server: LocalServer) -> Iterator[Line]:
    line = Line(neo4j_server.port)
    yield line
    line.close()


SLOW = "UNWIND range(1, 2000) AS a UNWIND range(1, 2000) AS b RETURN sum(a * b) AS n"


def cut_soon(line: Line, *, for_good: bool) -> None:
    line.is_dead = for_good
    threading.Timer(0.3, line.cut).start()


def through(line: Line, settings: Neo4jSettings, **others: Any) -> Neo4jSettings:
    return settings.model_copy(update={"uri": f"bolt://127.0.0.1:{line.port}", **others})


def test_query_is_repeated_after_a_cut(line: Line, workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    snapshot = store(workspace, BASE)
    push(workspace, neo4j_settings)
    graph = Neo4jGraph.open(through(line, neo4j_settings), snapshot.id)
    cut_soon(line, for_good=False)
    assert graph.run(SLOW, {})["n"].tolist() == [2001000**2]
    graph.close()


def test_line_that_stays_cut_is_a_clear_failure(
    line: Line, workspace: Workspace, neo4j_settings: Neo4jSettings
) -> None:
    snapshot = store(workspace, BASE)
    push(workspace, neo4j_settings)
    graph = Neo4jGraph.open(through(line, neo4j_settings, retry_time=1), snapshot.id)
    cut_soon(line, for_good=True)
    with pytest.raises(ServerError, match="connection was cut"):
        graph.run(SLOW, {})
    graph.close()


def test_push_goes_on_after_a_cut(line: Line, workspace: Workspace, neo4j_settings: Neo4jSettings) -> None:
    store(workspace, MANY)
    cuts = {"Bid", "BID_FOR"}

    def cut(name: str, done: int, total: int) -> None:
        if name in cuts:
            cuts.remove(name)
            line.cut()

    push(workspace, through(line, neo4j_settings, batch_bytes=50_000), progress=cut)
    assert not cuts
    assert_shows(workspace, neo4j_settings)


def test_source_that_is_removed_takes_only_its_own_rows_along(
    workspace: Workspace, neo4j_settings: Neo4jSettings
) -> None:
    other = {
        "orgs": [{"org_id": "O7", "name": "另一来源的企业", "org_type": "private"}, BASE["orgs"][1]],
        "bids": [{"bid_id": "B7", "tender_id": "T1", "bidder_id": "O7"}],
    }
    # What both sources say is one row; it stays as long as one of them says it.
    both = {**BASE, "orgs": [*BASE["orgs"], other["orgs"][0]], "bids": [*BASE["bids"], *other["bids"]]}
    store(workspace, both)
    push(workspace, neo4j_settings)
    store(workspace, BASE)
    report = push(workspace, neo4j_settings)
    assert {name: change.stale for name, change in report.changes.items()} == {
        "Party": 1,
        "Bid": 1,
        "SUBMITTED": 1,
        "BID_FOR": 1,
    }
    assert_shows(workspace, neo4j_settings)

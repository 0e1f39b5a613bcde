"""What goes wrong with a server: it is killed, cut off, out of memory. Nothing is doubled, lost or half believed."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.neo4j import Neo4jGraph, server_snapshot
from graph.neo4j.errors import ServerError
from graph.neo4j.push import push
from graph.neo4j.server import LocalServer
from graph.neo4j.settings import Neo4jSettings, connect
from graph.snapshot import Workspace
from tests.conftest import ROOT
from tests.graph.lines import Line, through
from tests.graph.test_neo4j_push import assert_shows
from tests.graph.worlds import BASE, World, changed, store
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
    """A server of this module's own, which may be killed, with little memory and patience for transactions."""
    server = LocalServer(
        tmp_path_factory.mktemp("faults"),
        {"db.memory.transaction.max": "2m", "db.lock.acquisition.timeout": "200ms"},
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


def test_killed_push_is_taken_up_by_the_next_one(
    workspace: Workspace, neo4j_settings: Neo4jSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(workspace, MANY)
    monkeypatch.setenv("QINGFENG_NEO4J_URI", neo4j_settings.uri)
    monkeypatch.setenv("QINGFENG_NEO4J_PASSWORD", neo4j_settings.password.get_secret_value())
    monkeypatch.setenv("QINGFENG_NEO4J_BATCH_BYTES", "10000")
    command = [sys.executable, str(ROOT / "cli.py"), "graph", "push", "--workspace", str(workspace.path), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    with connect(neo4j_settings) as driver:
        while not driver.execute_query("MATCH (b:Bid) RETURN b.id LIMIT 1").records:
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
    process.kill()
    process.wait()
    assert server_snapshot(neo4j_settings) is None
    # Its lock is that of a process that is no more: nobody has to wait for it to end.
    report = push(workspace, neo4j_settings)
    assert report.compared_with == "server"
    assert report.rows > 0
    assert_shows(workspace, neo4j_settings)


@contextlib.contextmanager
def locked_by_somebody(settings: Neo4jSettings) -> Iterator[threading.Event]:
    """A transaction of somebody else that keeps a bid locked, until the event is set or the block ends."""
    let_go = threading.Event()
    with connect(settings) as driver, driver.session() as session, session.begin_transaction() as tx:
        tx.run("MATCH (b:Bid {id: 'B1'}) SET b.note = 'being edited'").consume()

        def wait() -> None:
            let_go.wait(60)
            tx.rollback()

        waiting = threading.Thread(target=wait)
        waiting.start()
        try:
            yield let_go
        finally:
            let_go.set()
            waiting.join()


def test_push_repeats_after_a_transient_error(own_server: LocalServer, workspace: Workspace) -> None:
    store(workspace, BASE)
    settings = own_server.address.settings()
    push(workspace, settings, full=True)
    store(workspace, changed(BASE, bids=[{**BASE["bids"][0], "price": 7}, BASE["bids"][1]]))
    # The server waits 0.2 s for a lock and calls what it then says transient.
    with locked_by_somebody(settings), pytest.raises(ServerError, match="LockAcquisitionTimeout"):
        push(workspace, own_server.address.settings(retry_time=0))
    line = Line(own_server.port)
    with locked_by_somebody(settings) as let_go:
        failures: list[bytes] = []

        def watch(part: bytes) -> bytes:
            if b"LockAcquisitionTimeout" in part:
                failures.append(part)
            if len(failures) == 2:
                let_go.set()
            return part

        line.answers = watch
        push(workspace, through(line, settings))
    line.close()
    assert len(failures) >= 2
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


@pytest.fixture
def line(neo4j_server: LocalServer) -> Iterator[Line]:
    line = Line(neo4j_server.port)
    yield line
    line.close()


SLOW = "UNWIND range(1, 2000) AS a UNWIND range(1, 2000) AS b RETURN sum(a * b) AS n"


def cut_soon(line: Line, *, for_good: bool) -> None:
    line.is_dead = for_good
    threading.Timer(0.3, line.cut).start()


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

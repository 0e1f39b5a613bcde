"""How a scan runs its detectors: side by side, and to the same result as one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from graph.embedded import open_graph
from graph.engine import GraphEngine
from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables, reader
from queries.detector import Detector, Sql
from queries.profiles import configure
from queries.registry import DETECTORS, detector
from queries.relations import Relations
from queries.scan import ScanError, ScanResult, run_scan
from tests.graph.worlds import store

DEVICE = detector("same_device")
BROKEN = replace(DEVICE, select=Sql("SELECT no_such_column FROM bids"))


@pytest.fixture
def world(tmp_path: Path) -> tuple[Workspace, Snapshot]:
    # Two bids from one machine, and a debt that is repaid through an approver.
    workspace = Workspace(tmp_path)
    return workspace, store(
        workspace,
        {
            "orgs": [{"org_id": o, "name": o, "org_type": kind} for o, kind in (("G", "government"), ("A", "private"))],
            "tenders": [{"tender_id": "T", "buyer_id": "G", "opened_at": "2024-03-01"}],
            "bids": [{"bid_id": f"B{o}", "tender_id": "T", "bidder_id": o} for o in "AC"],
            "bid_devices": [{"bid_id": f"B{o}", "lock_no": "L-1", "stage": "upload"} for o in "AC"],
            "contacts": [{"owner_id": o, "kind": "phone", "value": "010-62345678"} for o in "AC"],
        },
    )


@pytest.fixture
def tables(world: tuple[Workspace, Snapshot]) -> Iterator[duckdb.DuckDBPyConnection]:
    workspace, snapshot = world
    connection = open_tables(snapshot, workspace.secret(), threads=2)
    yield connection
    connection.close()


def _no_graph() -> GraphEngine:
    raise AssertionError("no detector walks the graph")


def _scan(snapshot: Snapshot, connection: duckdb.DuckDBPyConnection, chosen: Sequence[Detector]) -> ScanResult:
    return run_scan(snapshot, connection, _no_graph, configure(chosen))


def test_one_thread_and_two_give_the_same_bytes(world: tuple[Workspace, Snapshot]) -> None:
    workspace, snapshot = world
    lines = []
    for threads in (1, 2):
        connection = open_tables(snapshot, workspace.secret(), threads=threads)
        result = _scan(snapshot, connection, [d for d in DETECTORS if d.family == "affiliated_bidders" or d is DEVICE])
        lines.append([finding.as_json() for finding in result.findings])
        connection.close()
    assert lines[0] == lines[1]
    assert {"same_device", "shared_contact"} <= {finding.detector for finding in result.findings}


def test_a_failing_detector_is_named_and_stops_the_scan(
    world: tuple[Workspace, Snapshot], tables: duckdb.DuckDBPyConnection
) -> None:
    with pytest.raises(ScanError) as error:
        _scan(world[1], tables, [detector("shared_contact"), BROKEN, detector("same_principal")])
    assert "same_device" in str(error.value)
    assert len(_scan(world[1], tables, [DEVICE]).findings) == 1  # the tables are as they were


def test_the_graph_is_opened_once_and_only_for_a_walk(
    world: tuple[Workspace, Snapshot], tables: duckdb.DuckDBPyConnection
) -> None:
    assert _scan(world[1], tables, [DEVICE]).engine == "tables"
    opened: list[GraphEngine] = []

    def graph() -> GraphEngine:
        opened.append(open_graph(world[1], lambda: tables))
        return opened[-1]

    chosen = configure([detector("release_kickback"), DEVICE, detector("circular_settlement")])
    assert run_scan(world[1], tables, graph, chosen).engine == "embedded"
    assert len(opened) == 1


def test_detectors_are_told_of_in_their_order(
    world: tuple[Workspace, Snapshot], tables: duckdb.DuckDBPyConnection
) -> None:
    chosen = [DEVICE, detector("shared_contact"), detector("same_principal"), detector("common_controller")]
    told: list[tuple[str, int, int]] = []
    run_scan(world[1], tables, _no_graph, configure(chosen), lambda *step: told.append(step))
    assert told == [(d.id, number, 4) for number, d in enumerate(chosen, start=1)]


def test_a_relation_is_made_once_whoever_asks_first(tables: duckdb.DuckDBPyConnection) -> None:
    relations, together = Relations(), threading.Barrier(4)

    def ask(cursor: duckdb.DuckDBPyConnection) -> int:
        together.wait(10)
        relations.make(cursor, ("ties", "tender_sizes"))
        (rows,) = cursor.execute("SELECT count(*) FROM tender_sizes").fetchall()[0]
        return int(rows)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, [reader(tables) for _ in range(4)])) == [1, 1, 1, 1]


def test_another_reader_gives_the_same_contact_ids_and_days(tables: duckdb.DuckDBPyConnection) -> None:
    text = "SELECT contact_id(kind, value), CAST(TIMESTAMPTZ '2024-01-01 20:00:00+00' AS DATE) FROM contacts"
    assert reader(tables).execute(text).fetchall() == tables.execute(text).fetchall()

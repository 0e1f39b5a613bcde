"""Scans that walk the graph on a server and are kept: a server that fails leaves no part of a scan behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from findings.runs import run_scan_and_store
from findings.settings import Settings, read_settings
from findings.store.database import open_store
from findings.store.models import FindingRow, RunState, ScanRun
from graph.engine import EngineError
from graph.neo4j.push import push
from graph.neo4j.server import LocalServer
from graph.neo4j.settings import Neo4jSettings
from graph.snapshot import Workspace
from queries.profiles import configure
from queries.registry import detector
from tests.findings.worlds import load_rows
from tests.graph.lines import Line
from tests.queries.casefiles import read_cases

pytestmark = pytest.mark.xdist_group("neo4j")

CHOSEN = configure([detector("same_device"), detector("release_kickback")])
WALKED = next(case for case in read_cases("release_kickback") if case.expect == "flagged")


@pytest.fixture
def line(neo4j_server: LocalServer, neo4j_settings: Neo4jSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """A line to the shared server, which the environment names."""
    line = Line(neo4j_server.port)
    monkeypatch.setenv("QINGFENG_SECRET", "a key for the tests alone")
    monkeypatch.setenv("QINGFENG_NEO4J_URI", f"bolt://127.0.0.1:{line.port}")
    monkeypatch.setenv("QINGFENG_NEO4J_PASSWORD", neo4j_settings.password.get_secret_value())
    monkeypatch.setenv("QINGFENG_NEO4J_RETRY_TIME", "2")
    yield line
    line.close()


@pytest.fixture
def settings(line: Line, neo4j_settings: Neo4jSettings, tmp_path: Path) -> Settings:
    """A workspace whose graph the server shows."""
    load_rows(tmp_path / "workspace", {table: list(rows) for table, rows in WALKED.tables.items()})
    push(Workspace(tmp_path / "workspace"), neo4j_settings)
    return read_settings(
        workspace=tmp_path / "workspace", store_url=f"sqlite:///{tmp_path}/findings.db", engine="neo4j"
    )


def kept(settings: Settings) -> tuple[list[ScanRun], int]:
    """The scans that were begun, and how many findings are stored."""
    store = open_store(settings.store_address())
    with store.reading() as session:
        runs = list(session.scalars(select(ScanRun).order_by(ScanRun.id)))
        findings = session.scalar(select(func.count()).select_from(FindingRow)) or 0
    store.close()
    return runs, findings


def cut_when_walking(line: Line, *, for_good: bool) -> None:
    """Cut the line in the middle of the walk: its first rows are on their way."""
    cuts: list[int] = []

    def cut(part: bytes) -> bytes:
        # The first answer after the walk's anchors were sent.
        if not cuts and b"anchors" in line.sent:
            cuts.append(len(part))
            line.is_dead = for_good
            line.cut()
        return part

    line.answers = cut


def test_cut_in_a_scan_is_repeated(line: Line, settings: Settings) -> None:
    cut_when_walking(line, for_good=False)
    diff = run_scan_and_store(settings, CHOSEN)
    (run,), findings = kept(settings)
    assert (run.state, run.engine) == (RunState.COMPLETE, "neo4j")
    assert len(diff.new) == findings == WALKED.findings


def test_cut_for_good_stores_no_part_of_a_scan(line: Line, settings: Settings) -> None:
    cut_when_walking(line, for_good=True)
    with pytest.raises(EngineError, match="connection was cut"):
        run_scan_and_store(settings, CHOSEN)
    (run,), findings = kept(settings)
    assert run.state == RunState.FAILED
    assert run.error is not None
    assert "连接已中断" in run.error["zh"]
    assert findings == 0
    # The line is mended: the next scan is whole.
    line.is_dead = False
    line.answers = lambda part: part
    assert len(run_scan_and_store(settings, CHOSEN).new) == WALKED.findings


def test_server_that_is_down_at_the_start_stores_nothing(line: Line, settings: Settings) -> None:
    line.close()
    with pytest.raises(EngineError, match="cannot be reached") as caught:
        run_scan_and_store(settings, CHOSEN)
    assert "QINGFENG_NEO4J_URI" in caught.value.hint
    (run,), findings = kept(settings)
    assert (run.state, findings) == (RunState.FAILED, 0)


def test_graph_that_is_behind_the_data_stores_nothing(line: Line, settings: Settings) -> None:
    more = {**WALKED.tables, "persons": [*WALKED.tables.get("persons", []), {"person_id": "new", "name": "新人"}]}
    load_rows(settings.workspace, {table: list(rows) for table, rows in more.items()})
    with pytest.raises(EngineError, match="run `qingfeng graph push` first"):
        run_scan_and_store(settings, CHOSEN)
    (run,), findings = kept(settings)
    assert (run.state, findings) == (RunState.FAILED, 0)

"""The real Neo4j server that the tests share: one process a test run, started when the first test asks for it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NoReturn

import pytest

from graph.engine import EngineError
from graph.neo4j.download import missing_tools, resolve
from graph.neo4j.server import LocalServer
from graph.neo4j.settings import Neo4jSettings, connect

SHORT_LIFE = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Many different queries once each: compiling them well would take longer than running them."""


def _without_server(reason: str) -> NoReturn:
    """Skip on a developer's machine; in CI a server that is missing would hide every difference of the engines."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"no Neo4j server in CI: {reason}")
    pytest.skip(f"no Neo4j server: {reason}")


@pytest.fixture(scope="session")
def neo4j_jars() -> None:
    """Skips the test, or fails it in CI, where no Neo4j can be started."""
    if missing := missing_tools():
        _without_server(f"{' and '.join(missing)} not installed")
    try:
        resolve()
    except EngineError as error:
        _without_server(str(error))


@pytest.fixture(scope="session")
def neo4j_server(neo4j_jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """The shared server. Its graph is whatever the test before left: ask for `neo4j_settings` to have it empty."""
    server = LocalServer(tmp_path_factory.mktemp("neo4j"), dies_with_starter=True, jvm_options=SHORT_LIFE)
    server.start()
    yield server
    server.kill()  # Its data are thrown away, so there is nothing to shut down in order.


@pytest.fixture
def neo4j_settings(neo4j_server: LocalServer) -> Neo4jSettings:
    """Settings for the shared server, emptied of nodes; constraints stay."""
    settings = neo4j_server.address.settings()
    with connect(settings) as driver, driver.session() as session:
        session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS").consume()
    return settings


_COMPARED = "compared with Neo4j: "


class Compared:
    """What a test compared between the engines; the run's last lines say how much it was, in numbers."""

    def __init__(self, record: Callable[[str, object], None]) -> None:
        self._record = record

    def add(self, **counts: int) -> None:
        """Count worlds, findings and the like."""
        for name, count in counts.items():
            self._record(_COMPARED + name, count)


@pytest.fixture
def compared(record_property: Callable[[str, object], None]) -> Compared:
    """Where a differential test says how much it compared."""
    return Compared(record_property)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much was the same on both engines; properties of tests come from the workers of xdist as well."""
    counts: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, count in report.user_properties:
            if name.startswith(_COMPARED):
                counts[name.removeprefix(_COMPARED)] += count
    if counts:
        words = ", ".join(f"{count:,} {name}" for name, count in counts.items())
        terminalreporter.write_line(f"The embedded engine and Neo4j gave the same: {words}.")

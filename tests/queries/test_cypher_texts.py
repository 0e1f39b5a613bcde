"""Every Cypher text does what it says, and a real Neo4j server has nothing to say against it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from neo4j import READ_ACCESS, Driver

from graph.embedded import EmbeddedGraph
from graph.neo4j import cypher
from graph.neo4j.push import push
from graph.neo4j.rows import EdgeLayer, NodeLayer, columns, compare, label_groups, layers, project
from graph.neo4j.settings import Neo4jSettings, connect
from graph.schema import EDGES, NODES
from graph.snapshot import Workspace
from graph.tables import open_tables
from loaders.load import load
from queries.detector import Cypher
from queries.explore import Explorer
from queries.registry import DETECTORS
from tests.queries.casefiles import write_tables
from tests.queries.cypher_page import questions
from tests.queries.explore.test_engines import QUESTIONS as EXPLORED
from tests.queries.explore.test_engines import WORLD

pytestmark = pytest.mark.xdist_group("neo4j")

Texts = Mapping[str, tuple[str, Mapping[str, Any]]]
"""Texts by a name for them, with parameters."""

EXPLAINED: dict[str, tuple[str, str]] = {
    # GQL status: (the one text that may have it, why)
    "03N90": ("4. How is an official tied to a firm?", "two nodes, each found by its id: one row beside one row"),
}
"""Notifications that are meant. An entry that no text needs any more fails the test."""


@pytest.fixture
def seeded(neo4j_settings: Neo4jSettings, tmp_path: Path) -> Neo4jSettings:
    """A server that knows every name of the schema, and the indexes of a push, which plans use."""
    write_tables({"persons": [{"person_id": "P", "name": "某人"}]}, tmp_path / "source")
    load([tmp_path / "source"], Workspace(tmp_path / "empty"))
    push(Workspace(tmp_path / "empty"), neo4j_settings)
    with connect(neo4j_settings) as driver:
        seed_of_everything(driver)
    return neo4j_settings


def seed_of_everything(driver: Driver) -> None:
    """One node of every label with every property, one edge of every type, so that EXPLAIN knows all names."""
    for node in NODES:
        labels = ":".join((node.label, *node.labels))
        names = (*node.properties, "ref", "stub")
        driver.execute_query(
            f"CREATE (n:{labels} {{{', '.join(f'`{name}`: 1' for name in names)}}}) SET n.id = randomUUID()"
        )
    for edge in EDGES:
        properties = ", ".join(f"`{name}`: 1" for name in (*edge.properties, "ref"))
        driver.execute_query(
            f"MATCH (a:{edge.source}) MATCH (b:{edge.target}) WITH a, b LIMIT 1 "
            f"CREATE (a)-[:{edge.type} {{{properties}}}]->(b)"
        )


def notifications(settings: Neo4jSettings, texts: Texts, kinds: Collection[str]) -> dict[str, list[str]]:
    """What the server says against texts, by GQL status and with the name of the text; all must be of these kinds.

    A kind is `r` of a text that only reads, `w` of one that only writes, or `rw`.
    """
    said: dict[str, list[str]] = {}
    with connect(settings) as driver:
        for name, (text, parameters) in texts.items():
            with (
                driver.session(default_access_mode=READ_ACCESS, notifications_min_severity="INFORMATION") as session,
                session.begin_transaction() as tx,
            ):
                summary = tx.run(f"EXPLAIN {text}", dict(parameters)).consume()
                assert summary.query_type in kinds, f"{name} is of another kind: {summary.query_type}"
                for status in summary.gql_status_objects:
                    if status.is_notification:
                        said.setdefault(status.gql_status, []).append(f"{name}: {status.status_description}")
    return said


def explorer_texts(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Texts:
    """What the explorer asks a graph in order to answer one question of each kind."""
    asked: dict[str, Mapping[str, Any]] = {}
    answer = EmbeddedGraph.rows

    def rows(graph: EmbeddedGraph, text: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        asked[text] = parameters
        return answer(graph, text, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(EmbeddedGraph, "rows", rows)
        explorer = Explorer.open(workspace)
        for ask in EXPLORED.values():
            ask(explorer)
        explorer.close()
    return {f"explorer {number}": entry for number, entry in enumerate(sorted(asked.items(), key=lambda e: e[0]))}


def test_every_query_only_reads_and_is_explained_without_notifications(
    seeded: Neo4jSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts: dict[str, tuple[str, Mapping[str, Any]]] = {q.title: (q.cypher, q.parameters) for q in questions()}
    for walker in DETECTORS:
        if isinstance(walker.select, Cypher):
            values = walker.select.bind(walker.bindings(walker.parameters(), None))
            texts[walker.id] = (walker.select.text, {**values, "anchors": []})
    write_tables(WORLD, tmp_path / "town")
    load([tmp_path / "town"], Workspace(tmp_path / "workspace"))
    explored = explorer_texts(Workspace(tmp_path / "workspace"), monkeypatch)
    assert len(explored) >= 10
    said = notifications(seeded, {**texts, **explored}, {"r"})
    assert said.keys() == EXPLAINED.keys()
    for status, (meant, _) in EXPLAINED.items():
        assert all(entry.startswith(meant) for entry in said[status]), said[status]


def test_statements_of_a_push_are_explained_without_notifications(seeded: Neo4jSettings, tmp_path: Path) -> None:
    reading: dict[str, tuple[str, Mapping[str, Any]]] = {}
    writing: dict[str, tuple[str, Mapping[str, Any]]] = {}
    write_tables(WORLD, tmp_path / "town")
    workspace = Workspace(tmp_path / "workspace")
    load([tmp_path / "town"], workspace)
    nodes, edges = layers()
    with open_tables(workspace.current(), workspace.secret()) as tables:
        for layer in (*nodes, *edges):
            project(tables, layer)
            compare(tables, layer, None)
            for table in ("created", "changed"):
                groups = label_groups(tables, "created") if isinstance(layer, NodeLayer) else (None,)
                for labels in groups:
                    text = cypher.write(layer, table, columns(tables, table), labels)
                    writing[f"{table} {layer.name} {labels}"] = (text, {"rows": []})
            writing[f"remove {layer.name}"] = (cypher.remove(layer), {"rows": []})
            writing[f"remove all {layer.name}"] = (cypher.remove_all(layer), {"limit": 1})
            reading[f"read {layer.name}"] = (cypher.read_back(layer), {})
            reading |= {f"count {layer.name} {n}": (text, {}) for n, text in enumerate(cypher.counts(layer))}
    writing |= {text: (text, {"names": [], "limit": 1}) for text in cypher.REMOVE_UNKNOWN}
    assert not notifications(seeded, reading, {"r"})
    said = notifications(seeded, writing, {"w", "rw"})
    # The ends of an edge are two nodes, each found by its id: one row beside one row.
    meant = {f"created {layer.name} None" for layer in edges if isinstance(layer, EdgeLayer)}
    assert said.keys() <= {"03N90"}
    assert {entry.split(":")[0] for entry in said.get("03N90", [])} <= meant

"""The embedded engine and a real Neo4j server give the same findings, byte for byte."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from graph.embedded import open_graph
from graph.engine import GraphEngine
from graph.neo4j import Neo4jGraph, open_server
from graph.neo4j.push import push
from graph.neo4j.settings import Neo4jSettings
from graph.schema import EDGES, NODES, TABLES
from graph.schema.model import Kind
from graph.snapshot import Workspace
from graph.tables import open_tables
from loaders.load import load
from loaders.sample import write_sample
from queries.detector import Cypher
from queries.profiles import configure
from queries.registry import DETECTORS, detector
from queries.scan import run_scan
from queries.session import scan_workspace
from tests.neo4j_fixture import Compared
from tests.queries.casefiles import Case, read_cases, write_tables
from tests.queries.cypher_page import questions

pytestmark = pytest.mark.xdist_group("neo4j")

WALKERS = [d for d in DETECTORS if isinstance(d.select, Cypher)]
TEXTS = {d.id: d.select.text for d in WALKERS if isinstance(d.select, Cypher)}
QUESTIONS = questions()

WHOLE_GRAPH = (
    *(
        f"MATCH (n:{label}) RETURN n.id AS id, {', '.join(f'n.`{name}` AS `{name}`' for name in names)}"
        for label, names in (
            (label, sorted({"ref", "stub", *(p for node in NODES if node.label == label for p in node.properties)}))
            for label in dict.fromkeys(node.label for node in NODES)
        )
    ),
    *(
        f"MATCH (a:{edge.source})-[r:{edge.type}]->(b:{edge.target}) RETURN a.id AS source, b.id AS target, "
        f"{', '.join(f'r.`{name}` AS `{name}`' for name in (*edge.properties, 'ref'))}"
        for edge in EDGES
    ),
)
"""Every node and every edge with its properties, a text for each label and type."""

FITTING = (
    "MATCH (o:Person)-[:POST]->(:Party) MATCH (o)-[:KIN]-(:Person)-[:ROLE]->(f:Org)<-[:OWNS]-(:Party) "
    "RETURN o.id AS official, f.id AS firm ORDER BY official, firm LIMIT 1",
    "MATCH (b:Party)-[:LETS]->(:Contract)-[:SUPPLIED_BY]->(:Party) RETURN b.id AS body ORDER BY body LIMIT 1",
)
"""Parties of a world about whom the questions have an answer."""


@pytest.fixture(autouse=True)
def one_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    # The workspaces of a test run are one installation's, or each push would be refused as a foreign one.
    monkeypatch.setenv("QINGFENG_SECRET", "a key for the tests alone")


@pytest.fixture
def at_server(neo4j_settings: Neo4jSettings, monkeypatch: pytest.MonkeyPatch) -> Neo4jSettings:
    """The environment names the shared server."""
    monkeypatch.setenv("QINGFENG_NEO4J_URI", neo4j_settings.uri)
    monkeypatch.setenv("QINGFENG_NEO4J_PASSWORD", neo4j_settings.password.get_secret_value())
    return neo4j_settings


def findings_of_both(
    workspace: Workspace, server: Neo4jSettings, ids: Sequence[str], parameters: Mapping[str, Any]
) -> list[list[bytes]]:
    """The findings of a workspace's current snapshot on the embedded engine and on the server."""
    push(workspace, server)
    chosen = configure([d for d in DETECTORS if d.id in ids], settings=parameters)
    results = [scan_workspace(workspace, chosen, engine=engine, threads=1) for engine in ("embedded", "neo4j")]
    assert [result.engine for result in results] == ["embedded", "neo4j"]
    return [[finding.as_json() for finding in result.findings] for result in results]


class BothEngines:
    """An engine that asks two, and answers only what both say: judging is pure, so equal rows are equal findings."""

    name = "both"

    def __init__(self, first: GraphEngine, second: GraphEngine) -> None:
        self._engines = (first, second)
        self.snapshot_id = first.snapshot_id

    def run(self, cypher: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
        first, second = (engine.run(cypher, parameters) for engine in self._engines)
        assert_frame_equal(in_order(second), in_order(first))
        return first

    def rows(self, cypher: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        first, second = (engine.rows(cypher, parameters) for engine in self._engines)
        assert sorted(second, key=repr) == sorted(first, key=repr)
        return first

    def close(self) -> None:
        for engine in self._engines:
            engine.close()


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in an order of their own: a walk's text is not sorted, what judges it sorts."""
    return rows.sort_values(list(rows.columns), key=lambda column: column.map(repr), ignore_index=True)


def load_alone(tables: Mapping[str, Sequence[Mapping[str, Any]]], folder: Path, workspace: Workspace) -> None:
    """Make tables, and nothing that was loaded before, the current snapshot of a workspace.

    One workspace for many worlds, so that the server is brought from one to the next by their difference.
    """
    write_tables(tables, folder / "source")
    alone = Workspace(folder / "workspace")
    load([folder / "source"], alone, threads=1)
    snapshot = alone.current()
    if not (workspace.snapshots / snapshot.id).exists():
        workspace.snapshots.mkdir(parents=True, exist_ok=True)
        snapshot.path.rename(workspace.snapshots / snapshot.id)
    workspace.point_at(snapshot.id)


def beside_one_another(cases: Sequence[Case]) -> dict[str, list[dict[str, Any]]]:
    """All worlds of the cases in one, kept apart by a mark on every identifier."""
    world: dict[str, list[dict[str, Any]]] = {}
    for number, case in enumerate(cases):
        for table, rows in case.tables.items():
            marked = {c.name for c in TABLES[table].columns if c.kind is Kind.ID} - {"currency", "region"}
            marked |= {"value", "id_number"}  # a telephone or a person of one world is none of another's
            world.setdefault(table, []).extend(
                {k: f"{number}-{v}" if k in marked and v not in (None, "") else v for k, v in row.items()}
                for row in rows
            )
    return world


def test_all_case_worlds_give_the_same_graph_and_findings(
    at_server: Neo4jSettings, tmp_path: Path, compared: Compared
) -> None:
    cases = [case for each in DETECTORS for case in read_cases(each.id)]
    workspace = Workspace(tmp_path / "workspace")
    load_alone(beside_one_another(cases), tmp_path, workspace)
    embedded, server = findings_of_both(workspace, at_server, [each.id for each in DETECTORS], {})
    assert server == embedded
    found = walks_of_both(workspace, cases)
    for walker in WALKERS:
        expected = [c for c in cases if c.detector == walker.id and c.expect != "silent"]
        assert found[walker.id] >= len(expected), f"the worlds of {walker.id} lost findings beside one another"
    compared.add(worlds=len(cases), findings=len(embedded) + found.total(), elements=elements_of_both(workspace))


def walks_of_both(workspace: Workspace, cases: Sequence[Case]) -> Counter[str]:
    """Findings of each detector that walks the graph, under every setting that a case of it has, on both engines."""
    walking = [case for case in cases if case.detector in TEXTS]
    settings = sorted({(case.detector, json.dumps(case.parameters, sort_keys=True)) for case in walking})
    snapshot = workspace.current()
    found: Counter[str] = Counter()
    with open_tables(snapshot, workspace.secret(), threads=1) as tables:
        both = BothEngines(open_graph(snapshot, lambda: tables), open_server(snapshot))
        for detector_id, parameters in settings:
            chosen = configure([detector(detector_id)], settings={detector_id: json.loads(parameters)})
            found[detector_id] += len(run_scan(snapshot, tables, lambda: both, chosen).findings)
        both.close()
    return found


def elements_of_both(workspace: Workspace) -> int:
    """How many nodes and edges there are, every one with all its properties the same on both engines."""
    snapshot = workspace.current()
    count = 0
    with open_tables(snapshot, workspace.secret(), threads=1) as tables:
        both = BothEngines(open_graph(snapshot, lambda: tables), open_server(snapshot))
        for text in WHOLE_GRAPH:
            count += len(both.run(text, {}))
        both.close()
    return count


def test_sample_province_gives_the_same_findings_and_answers(
    at_server: Neo4jSettings, tmp_path: Path, compared: Compared
) -> None:
    write_sample(tmp_path / "source", bids=2_000, seed=7)
    workspace = Workspace(tmp_path / "workspace")
    load([tmp_path / "source"], workspace)
    embedded, server = findings_of_both(workspace, at_server, list(TEXTS), {})
    assert server == embedded
    assert embedded
    answers = answers_of_both(workspace, at_server)
    assert all(len(rows) for rows in answers.values()), [name for name, rows in answers.items() if not len(rows)]
    compared.add(worlds=1, findings=len(embedded), answers=sum(map(len, answers.values())))


def answers_of_both(workspace: Workspace, server: Neo4jSettings) -> dict[str, list[Any]]:
    """The rows of every question of the analysts' page, which must be the same on both engines.

    The page's ids are examples: where the world has a party that fits better, the question is about that one.
    """
    snapshot = workspace.current()
    with open_tables(snapshot, workspace.secret()) as tables:
        embedded = open_graph(snapshot, lambda: tables)
        remote = Neo4jGraph.open(server, snapshot.id)
        answers = {}
        fitting = {
            k: v for text in FITTING for row in embedded.run(text, {}).to_dict("records") for k, v in row.items()
        }
        for question in QUESTIONS:
            parameters = {name: fitting.get(name, value) for name, value in question.parameters.items()}
            rows = embedded.run(question.cypher, parameters)
            others = remote.run(question.cypher, parameters)
            assert others.to_json(orient="split") == rows.to_json(orient="split"), question.title
            answers[question.title] = rows.to_dict("records")
        remote.close()
    return answers


PARTIES = st.sampled_from(["O1", "O2", "O3", "O4"])
DAYS = st.integers(1, 28).map(lambda day: f"2024-03-{day:02d}")
AMOUNTS = st.integers(1, 30).map(lambda wan: wan * 10_000)


@st.composite
def small_worlds(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """A debtor, its official, four firms of which some are tied to the official, and payments between them all."""
    payments = draw(
        st.lists(
            st.fixed_dictionaries({"payer_id": PARTIES, "payee_id": PARTIES, "amount": AMOUNTS, "paid_on": DAYS}),
            max_size=8,
        )
    )
    return {
        "orgs": [
            {"org_id": "G1", "name": "某县住建局", "org_type": "government"},
            *({"org_id": f"O{i}", "name": f"企业{i}", "org_type": "private"} for i in range(1, 5)),
        ],
        "persons": [{"person_id": "P1", "name": "某官员"}, {"person_id": "P2", "name": "某亲属"}],
        "posts": [{"person_id": "P1", "org_id": "G1", "powers": "approve;pay"}],
        "kinship": [{"person_a": "P1", "person_b": "P2", "relation": "sibling"}],
        "roles": draw(
            st.lists(
                st.fixed_dictionaries(
                    {"holder_id": st.sampled_from(["P1", "P2"]), "org_id": PARTIES, "kind": st.just("manager")}
                ),
                min_size=1,
                max_size=3,
                unique_by=lambda role: (role["holder_id"], role["org_id"]),
            )
        ),
        "debts": [{"debt_id": "D1", "debtor_id": "G1", "creditor_id": "O1", "amount": 1_000_000}],
        "payments": [
            {
                "payment_id": "R",
                "payer_id": "G1",
                "payee_id": "O1",
                "amount": 1_000_000,
                "paid_on": "2024-03-01",
                "debt_id": "D1",
            },
            *({"payment_id": f"M{i}", **payment} for i, payment in enumerate(payments)),
        ],
    }


def test_random_small_worlds_give_the_same_findings(
    at_server: Neo4jSettings, tmp_path_factory: pytest.TempPathFactory, compared: Compared
) -> None:
    findings: list[int] = []
    workspace = Workspace(tmp_path_factory.mktemp("worlds"))

    @settings(
        max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(world=small_worlds())
    def compare(world: dict[str, list[dict[str, Any]]]) -> None:
        load_alone(world, tmp_path_factory.mktemp("world"), workspace)
        embedded, server = findings_of_both(workspace, at_server, list(TEXTS), {})
        assert server == embedded
        answers = answers_of_both(workspace, at_server)
        findings.append(len(embedded))
        compared.add(worlds=1, findings=len(embedded), answers=sum(map(len, answers.values())))

    compare()
    assert sum(findings), "no world had a finding: the comparison would prove nothing"

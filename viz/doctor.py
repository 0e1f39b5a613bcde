"""What is installed, reachable and missing."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from graph.snapshot import Workspace, WorkspaceError
from i18n import Language, Text

LIBRARIES = ("duckdb", "kglite", "pyarrow", "pandas", "networkit", "networkx", "scikit-learn", "orjson", "msgspec")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `remedy` says what to do where it is not `ok`."""

    name: Text
    status: Literal["ok", "missing", "broken"]
    detail: str
    remedy: Text

    def as_dict(self, language: Language) -> dict[str, Any]:
        """The check as JSON."""
        return {
            "check": self.name.in_language(language),
            "status": self.status,
            "detail": self.detail,
            "remedy": self.remedy.in_language(language) if self.status != "ok" else None,
        }


def examine(workspace: Path) -> Sequence[Check]:
    """Look at Python, the libraries, the embedded graph, the workspace, and what optional parts need."""
    return (*_libraries(), _graph(), _workspace(workspace), *_programs())


def _libraries() -> Iterator[Check]:
    reinstall = Text(zh="重新安装：make install", en="install again: make install")
    yield Check(Text(zh="Python", en="Python"), "ok", platform.python_version(), reinstall)
    for library in LIBRARIES:
        try:
            yield Check(Text(zh=library, en=library), "ok", metadata.version(library), reinstall)
        except metadata.PackageNotFoundError:
            yield Check(Text(zh=library, en=library), "broken", f"not in {sys.prefix}", reinstall)


def _graph() -> Check:
    """Ask the embedded engine a question whose answer is known."""
    name = Text(zh="内置图引擎", en="Embedded graph engine")
    remedy = Text(zh="重新安装 kglite：make install", en="install kglite again: make install")
    try:
        import kglite
        import pandas as pd

        graph = kglite.KnowledgeGraph()
        graph.add_nodes(pd.DataFrame({"id": ["a", "b"]}), "Party", "id")
        graph.add_relationships(
            pd.DataFrame({"source": ["a"], "target": ["b"]}), "PAID", "Party", "source", "Party", "target"
        )
        rows = graph.freeze().cypher("MATCH (x:Party)-[:PAID]->(y:Party) RETURN x.id AS x, y.id AS y").to_list()
    except Exception as error:
        return Check(name, "broken", str(error), remedy)
    answer = rows == [{"x": "a", "y": "b"}]
    return Check(name, "ok" if answer else "broken", f"kglite {kglite.__version__}", remedy)


def _workspace(path: Path) -> Check:
    name = Text(zh="工作区", en="Workspace")
    remedy = Text(zh="装载数据：qingfeng load 数据目录", en="load data: qingfeng load SOURCE")
    try:
        snapshot = Workspace(path).current()
    except WorkspaceError as error:
        return Check(name, "broken" if (path / "CURRENT").exists() else "missing", str(error), remedy)
    rows = sum(info.rows for info in snapshot.manifest.tables.values())
    return Check(name, "ok", f"{path}: {snapshot.id}, {rows:,} rows, as of {snapshot.manifest.data_as_of}", remedy)


PROGRAMS = (
    (
        ("java",),
        Text(zh="Java 17（本地 Neo4j）", en="Java 17 (local Neo4j)"),
        Text(zh="仅 make neo4j 需要：安装 JDK 17", en="only for make neo4j: install JDK 17"),
    ),
    (
        ("mvn",),
        Text(zh="Maven（本地 Neo4j）", en="Maven (local Neo4j)"),
        Text(zh="仅 make neo4j 需要：安装 Maven", en="only for make neo4j: install Maven"),
    ),
)


def _programs() -> Iterator[Check]:
    for names, title, remedy in PROGRAMS:
        found = next((path for name in names if (path := shutil.which(name))), None)
        yield Check(title, "ok" if found else "missing", found or "–", remedy)

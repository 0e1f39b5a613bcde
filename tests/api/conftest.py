"""A small province, loaded, scanned and recorded once; each test file has its own store and app on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from findings.access.keys import create_key
from findings.access.rights import Role
from findings.access.users import create_user
from findings.settings import Settings
from findings.store.database import Store, open_store
from findings.store.dumping import dump, fill, tables
from findings.store.recording import Scanned, begin_scan, queue_scan, record_scan
from findings.subjects import read_subjects
from graph.snapshot import Workspace
from graph.tables import open_tables
from loaders.load import load
from loaders.sample import write_sample
from queries.profiles import configure
from queries.registry import choose
from queries.scan import ScanResult
from queries.session import scan_workspace
from tests.postgres_fixture import PostgresServer

PASSWORD = "correct horse battery"
PURPOSE = {"X-Purpose": "%E6%A0%B8%E6%9F%A5"}


def record(store: Store, workspace: Path, result: ScanResult) -> int:
    """Bring a scan into a store, as `qingfeng scan --store` does."""
    place = Workspace(workspace)
    snapshot = place.current()
    lines = [finding.as_json() for finding in result.findings]
    connection = open_tables(snapshot, place.secret(), threads=1)
    subjects = read_subjects(connection, [orjson.loads(line) for line in lines])
    connection.close()
    as_of = snapshot.manifest.data_as_of
    with store.session() as session:
        run = queue_scan(session, engine="embedded", profile="national", trigger="cli", actor="local").id
    with store.session() as session:
        begin_scan(session, run, snapshot_id=snapshot.id, data_as_of=as_of, steps=1)
    versions = {line["detector"]: line["detector_version"] for line in map(orjson.loads, lines)}
    scanned = Scanned(result.scan_id, snapshot.id, as_of, lines, versions, {}, {}, [])
    record_scan(store, run, scanned, subjects)
    return run


@dataclass(frozen=True)
class World:
    """The workspace, and a store that has one scan in it."""

    workspace: Path
    store: Path


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Load, scan, record: some 200 leads of all tiers."""
    folder = tmp_path_factory.mktemp("api")
    write_sample(folder / "province", bids=600, seed=1)
    workspace = folder / "workspace"
    load([folder / "province"], Workspace(workspace), threads=1)
    chosen = configure(choose(["affiliated_bidders", "debt_feeding", "arrears"], ["same_device", "price_screens"]))
    result = scan_workspace(Workspace(workspace), chosen, threads=1)
    file = folder / "findings.db"
    store = open_store(f"sqlite:///{file}")
    store.upgrade()
    record(store, workspace, result)
    store.close()
    return World(workspace, file)


@dataclass
class Served:
    """An app with its store, and callers of every role."""

    app: FastAPI
    client: TestClient
    store: Store
    settings: Settings
    _keys: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def key(self, role: Role, regions: list[str] | None = None, **more: Any) -> dict[str, str]:
        """Headers of a caller with a role and regions, and a purpose."""
        name = (role, *(regions or ["all" if regions is None else "none"]), *sorted(map(str, more.items())))
        if name not in self._keys:
            with self.store.session() as session:
                issued = create_key(session, "test", role, regions=regions, agencies=None, days=1, actor="test", **more)
                self._keys[name] = issued.token
        return {"Authorization": f"Bearer {self._keys[name]}", **PURPOSE}

    def user(self, name: str, role: Role, **more: Any) -> str:
        """A user with the tests' password; returns the id."""
        limits: dict[str, Any] = {"regions": None, "agencies": None, **more}
        with self.store.session() as session:
            made = create_user(session, name, role, password=PASSWORD, actor="test", **limits)
            session.flush()
            return made.id

    def get(self, path: str, role: Role = Role.SUPERVISOR, **more: Any) -> Any:
        """JSON of a GET that must succeed."""
        answer = self.client.get(f"/api/v1{path}", headers=self.key(role), **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


Serve = Callable[..., Served]


@pytest.fixture(scope="session")
def postgres_world(world: World, postgres_server: PostgresServer) -> str:
    """The name of a database that holds what the world's store holds, to be copied."""
    name = postgres_server.create_database()
    source, target = open_store(f"sqlite:///{world.store}"), open_store(postgres_server.url(name))
    target.upgrade()
    with source.reading() as read, target.session() as write:
        for table in tables():
            fill(write, table, dump(read, table))
    source.close()
    target.close()
    return name


BOTH = ("sqlite", "postgresql")
"""A file whose tests are to run on both databases gives these to a fixture `database` of its own."""


@pytest.fixture(scope="module")
def database() -> str:
    """The database under the apps of a file."""
    return "sqlite"


@pytest.fixture(scope="module")
def serve(
    world: World, database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serve]:
    """Makes apps, each on its own copy of the store."""
    opened: list[Served] = []
    stack = ExitStack()

    def copy() -> str:
        if database == "postgresql":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            return stack.enter_context(server.database(request.getfixturevalue("postgres_world")))
        file = tmp_path_factory.mktemp("store") / "findings.db"
        shutil.copy(world.store, file)
        return f"sqlite:///{file}"

    def make(**settings: Any) -> Served:
        given: Mapping[str, Any] = {
            "workspace": world.workspace,
            "store_url": copy(),
            "cookie_secure": False,
            "rate_per_minute": 1_000_000,
            "login_per_minute": 1_000,
            **settings,
        }
        chosen = Settings(_env_file=None, **given)  # type: ignore[call-arg] # of pydantic-settings
        app = create_app(chosen)
        client = TestClient(app, base_url="http://testserver", raise_server_exceptions=False)
        client.__enter__()
        served = Served(app, client, app.state.platform.store, chosen)
        opened.append(served)
        return served

    yield make
    for served in opened:
        served.client.__exit__(None, None, None)
    stack.close()


@pytest.fixture(scope="module")
def served(serve: Serve) -> Served:
    """One app for the tests of a file."""
    return serve()

"""The real PostgreSQL server that the tests share: one process a test run, started when the first test asks for it.

Its data are in a temporary folder; it listens on a Unix socket there and on a free port of the loopback interface.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql

from findings.store.database import Store, open_store

_UNSAFE_BUT_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
"""Its data are thrown away, so they need not survive the machine."""

_CLUSTER = ("--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")

_PR_SET_PDEATHSIG = 1


def _without_server(reason: str) -> NoReturn:
    """Skip on a developer's machine; in CI a server that is missing would hide every difference of the databases."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"no PostgreSQL in CI: {reason}")
    pytest.skip(f"no PostgreSQL: {reason}")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server, and where its programs are."""

    programs: Path
    port: int
    user: str
    password: str

    def url(self, database: str) -> str:
        """The address of one of its databases, as the setting `store_url` takes it."""
        return f"postgresql://{self.user}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """A new database, empty or a copy of another one; returns its name."""
        name = f"test_{secrets.token_hex(6)}"
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        return name

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a new database that is dropped afterwards, so that a long test run does not fill the disk."""
        name = self.create_database(template)
        yield self.url(name)
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


def find_programs() -> Path | None:
    """The folder of `initdb` and `postgres`, of the newest version that there is."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]), reverse=True)
    on_path = shutil.which("initdb")
    for candidate in (*installed, *([Path(on_path).resolve()] if on_path else [])):
        if (candidate.parent / "postgres").is_file():
            return candidate.parent
    return None


def _owner() -> pwd.struct_passwd | None:
    """Whom the server runs as: it refuses root."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _await(server: PostgresServer, process: subprocess.Popen[bytes], log: Path, seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(server.url("postgres"), connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > give_up:
                process.kill()
                pytest.fail(f"PostgreSQL did not start: {log.read_text()[-2000:]}")
            time.sleep(0.1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The shared server; ended, by its process id, with the tests."""
    programs = find_programs()
    if programs is None:
        _without_server("initdb is neither in /usr/lib/postgresql nor on the PATH")
    identity: dict[str, object] = {}
    folder = Path(tempfile.mkdtemp(prefix="qingfeng-pg-"))
    if os.geteuid() == 0:
        owner = _owner()
        if owner is None:
            _without_server("the tests run as root and there is no user postgres or nobody to run it as")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    server = PostgresServer(programs, _free_port(), "qingfeng", secrets.token_hex(12))
    data, log, password = folder / "data", folder / "log", folder / "password"
    password.write_text(server.password)
    password.chmod(0o644)
    process: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", server.user, f"--pwfile={password}", *_CLUSTER],
            check=True,
            capture_output=True,
            cwd=folder,
            **identity,  # type: ignore[call-overload]
        )
        settings = [f"-c{setting}" for setting in (*_UNSAFE_BUT_QUICK, "listen_addresses=127.0.0.1")]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-p", str(server.port), "-k", folder, *settings],
                stdout=output,
                stderr=output,
                cwd=folder,
                preexec_fn=_die_with_parent,
                **identity,  # type: ignore[call-overload]
            )
        assert process is not None
        _await(server, process, log)
        yield server
    finally:
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a store with its tables, to be copied: quicker than to make them for each test."""
    file = tmp_path_factory.mktemp("template") / "findings.db"
    _with_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """The name of a database with the store's tables, to be copied."""
    name = postgres_server.create_database()
    _with_tables(postgres_server.url(name))
    return name


def _with_tables(url: str) -> None:
    opened = open_store(url)
    opened.upgrade()
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new store without tables, once on each database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'findings.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new store with its tables, once on each database."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            file = tmp_path / "findings.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), file)
            url = f"sqlite:///{file}"
        else:
            server: PostgresServer = request.getfixturevalue("postgres_server")
            url = stack.enter_context(server.database(request.getfixturevalue("postgres_template")))
        opened = open_store(url)
        stack.callback(opened.close)
        yield opened

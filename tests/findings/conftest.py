"""Stores for the tests of findings: each test gets an empty one of its own, on both databases."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from findings.store.database import Store, open_store


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The address of a server, QINGFENG_TEST_PG; skips the test where there is none."""
    return os.environ.get("QINGFENG_TEST_PG") or pytest.skip("no PostgreSQL: set QINGFENG_TEST_PG to its address")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "findings.db"
    store = open_store(f"sqlite:///{file}")
    store.upgrade()
    store.close()
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[tuple[str, str]]:
    admin = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    name = f"template_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    store = open_store(make_url(postgres_url).set(database=name).render_as_string(hide_password=False))
    store.upgrade()
    store.close()
    yield postgres_url, name
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store of the current version."""
    if request.param == "sqlite":
        file = tmp_path / "findings.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        opened = open_store(f"sqlite:///{file}")
        yield opened
        opened.close()
        return
    url, template = request.getfixturevalue("postgres_template")
    admin = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    name = f"test_{uuid.uuid4().hex[:12]}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    opened = open_store(make_url(url).set(database=name).render_as_string(hide_password=False))
    yield opened
    opened.close()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()

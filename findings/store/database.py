"""Opening the store: SQLite in WAL mode, or PostgreSQL, behind one interface.

A unit of work is a `session()`: one transaction, committed whole or not at all. `reading()` is a transaction that
cannot write and sees one unchanging state of the store from its first query to its last, however long it takes.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

from findings.store.errors import StoreError, translate
from findings.store.migrating import current_version, upgrade
from findings.store.revision import REVISION_SQL, revision

LOCK_SECONDS = 10.0
"""How long a writer waits for another one before it gives up."""

KEPT_CONNECTIONS, MOST_CONNECTIONS = 10, 40

CACHE_KIB = 1024
"""What a connection to a SQLite file holds of it in memory; the system's own cache of the file is behind it."""


class Store:
    """An open store. Safe to share between threads; sessions are not."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        options: dict[str, Any] = {"reading": True}
        if engine.dialect.name == "postgresql":
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine.execution_options(**options)
        self._asked: PoolProxiedConnection | None = None
        self._asking = threading.Lock()

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One writing transaction: committed at the end, rolled back on any error.

        On SQLite it holds the write lock from its first statement on, so it never has to be repeated.

        Raises:
            StoreError: the store is locked, full, read-only or out of reach.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One reading transaction: sees one state of the store throughout, blocks no writer, cannot write."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    def revision(self) -> int:
        """The revision of the findings that is committed at this moment, in microseconds on SQLite."""
        try:
            with self._to_ask() as connection:
                cursor = connection.cursor()
                cursor.execute(REVISION_SQL)
                (number,) = cursor.fetchall()[0]
                return int(number)
        except self.engine.dialect.loaded_dbapi.Error:
            # Asked again by the way on which errors are told in words.
            with self.reading() as session:
                return revision(session)

    @contextmanager
    def _to_ask(self) -> Iterator[PoolProxiedConnection]:
        """A connection to ask for the revision. On SQLite it is kept for that, so nobody waits for one to be free."""
        if self.dialect == "sqlite":
            with self._asking:
                if self._asked is None:
                    self._asked = self.engine.raw_connection()
                    self._asked.detach()
                yield self._asked
            return
        with closing(self.engine.raw_connection()) as connection:
            yield connection

    def upgrade(self) -> str:
        """Bring the tables to this version of the product; returns the revision. Safe to run twice or at once."""
        return upgrade(self.engine)

    def version(self) -> str | None:
        """The revision of the tables, None in an empty store."""
        return current_version(self.engine)

    def close(self) -> None:
        """Close all connections."""
        with self._asking:
            if self._asked is not None:
                self._asked.close()
                self._asked = None
        self.engine.dispose()


def open_store(url: str, *, lock_seconds: float = LOCK_SECONDS) -> Store:
    """Open a store; its tables are as they are until `upgrade()`.

    Args:
        url: `sqlite:///path/to/findings.db` or `postgresql://user:password@host/database`.
        lock_seconds: how long a writer waits for another one.

    Raises:
        StoreError: the address cannot be used. Its password is not repeated.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError("store_address") from None
    if address.get_backend_name() == "sqlite" and address.database:
        engine = _sqlite(address, Path(address.database), lock_seconds)
    elif address.get_backend_name() in ("postgresql", "postgres"):
        engine = _postgresql(address, lock_seconds)
    else:
        raise StoreError("store_address")
    event.listen(engine, "handle_error", translate)
    return Store(engine)


def _sqlite(address: URL, file: Path, lock_seconds: float) -> Engine:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Findings name people: the file, and with it its log, is its owner's only.
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError("store_unusable", reason=error) from error
    engine = create_engine(
        address.set(drivername="sqlite+pysqlite"), connect_args={"timeout": lock_seconds}, **_common()
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver would begin transactions of its own, and too late
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # a decision that was answered survives a power cut
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("reading", False):
            # Straight to the driver: neither waits for anybody, so there is no error to translate.
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA query_only = ON")
            driver.execute("BEGIN")
        else:
            connection.exec_driver_sql("PRAGMA query_only = OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgresql(address: URL, lock_seconds: float) -> Engine:
    options = f"-c timezone=UTC -c lock_timeout={int(lock_seconds * 1000)}"
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        connect_args={"options": options, "application_name": "qingfeng", "connect_timeout": 10},
        pool_pre_ping=True,
        **_common(),
    )


def _common() -> dict[str, Any]:
    return {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # an error must not print a person's data
        "pool_size": KEPT_CONNECTIONS,
        "max_overflow": MOST_CONNECTIONS - KEPT_CONNECTIONS,
        "pool_use_lifo": True,  # few connections do the work, and keep what they hold of the store warm
    }

"""Transactions of a push: under the graph's lock, repeated after transient errors, never half done."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import neo4j
import pyarrow as pa
from neo4j.exceptions import DriverError, Neo4jError

from graph.neo4j.errors import FAILURES, MemoryFull
from graph.neo4j.settings import Neo4jSettings
from graph.neo4j.state import CONSTRAINT, GraphState, Lock

_FIRST_PAUSE = 0.2
_FETCH = 50_000

T = TypeVar("T")


class Writer:
    """A session that holds the graph's lock from `with` to its end; `before` is the graph's state at its start.

    Raises:
        ServerError: another push holds the lock, or the server is away.
    """

    before: GraphState

    def __init__(self, session: neo4j.Session, settings: Neo4jSettings) -> None:
        self._session = session
        self._settings = settings
        self._lock = Lock()

    def __enter__(self) -> Self:
        self.execute(CONSTRAINT)
        self.before = self._repeat(self._lock.take)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.forget()
        try:
            with self._session.begin_transaction(timeout=10) as tx:
                self._lock.release(tx)
                tx.commit()
        except FAILURES:
            return  # The server is away: the lock ends by itself.

    def execute(self, text: str) -> list[list[Any]]:
        """Run a statement that needs no lock: one of the schema, or one that reads."""
        try:
            return self._session.run(text).values()
        except FAILURES as error:
            raise self._settings.explain(error) from error

    def commit(self, work: Callable[[neo4j.Transaction], T]) -> T:
        """Run one transaction that fails if the lock was lost.

        Raises:
            MemoryFull: it needs more memory than the server has for transactions.
            ServerError: it failed, and again until the retry time was over; nothing of it is in the graph, unless
                the connection was cut in the very commit.
        """

        def locked(tx: neo4j.Transaction) -> T:
            self._lock.renew(tx)
            return work(tx)

        return self._repeat(locked)

    def run(self, text: str, **parameters: Any) -> int:
        """Run one statement that returns one number, in a transaction of its own; see `commit`."""
        number: int = self.commit(lambda tx: tx.run(text, parameters).single(strict=True)[0])
        return number

    def read_table(self, text: str) -> pa.Table | None:
        """All rows of a query as a table, None if there are none."""
        chunks: list[pa.RecordBatch] = []
        try:
            result = self._session.run(text)
            names = list(result.keys())
            while part := result.fetch(_FETCH):
                values = zip(*(record.values() for record in part), strict=True)
                chunks.append(pa.record_batch([pa.array(column) for column in values], names=names))
        except FAILURES as error:
            raise self._settings.explain(error) from error
        return pa.Table.from_batches(chunks) if chunks else None

    def _repeat(self, work: Callable[[neo4j.Transaction], T]) -> T:
        deadline = time.monotonic() + self._settings.retry_time
        pause = _FIRST_PAUSE
        while True:
            try:
                with self._session.begin_transaction(timeout=self._settings.query_timeout) as tx:
                    result = work(tx)
                    tx.commit()
                    return result
            except FAILURES as error:
                explained = self._settings.explain(error)
                can_repeat = isinstance(error, Neo4jError | DriverError) and error.is_retryable()
                # The server calls a lack of memory transient, but the same transaction will not fit the next time.
                if isinstance(explained, MemoryFull) or not can_repeat or time.monotonic() + pause > deadline:
                    raise explained from error
            time.sleep(pause)
            pause *= 2

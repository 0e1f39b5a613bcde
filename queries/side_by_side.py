"""Detectors side by side: while one is judged, which keeps a processor busy, another one's rows are selected."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from queue import SimpleQueue
from types import TracebackType
from typing import Self

import duckdb

from graph.engine import GraphEngine
from graph.tables import reader
from queries.detector import Cypher, Detector, Params
from queries.finding import Lead
from queries.relations import Relations
from queries.selects import Selects, Values

WORKERS = 2
"""Detectors at a time. One judges at a time, so that more would mostly hold rows in memory."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one detector said: its leads, the counts of its population by their names, and the seconds it took."""

    leads: tuple[Lead, ...]
    counts: dict[str, int]
    seconds: float


class Runner:
    """Runs detectors on a few threads, each with a connection of its own; what they say does not depend on the order.

    Used as a context: leaving it ends what still runs.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        engine: Callable[[], GraphEngine],
        chosen: Sequence[tuple[Detector, Params]],
        data_as_of: date | None,
    ) -> None:
        """Begin to run the chosen detectors.

        Args:
            connection: the tables. As many threads as it may use, at most `WORKERS`, run detectors.
            engine: gives the graph; called only if a detector walks it, and then at once, since it takes a while.
            chosen: detectors with their parameters.
            data_as_of: the day up to which the data reach.
        """
        (threads,) = connection.execute("SELECT current_setting('threads')").fetchall()[0]
        workers = min(WORKERS, threads)
        self._data_as_of = data_as_of
        self._relations = Relations()
        self._selects = Selects(chosen, data_as_of)
        self._judging = threading.Lock()
        self._readers = [reader(connection) for _ in range(workers)]
        self._free: SimpleQueue[duckdb.DuckDBPyConnection] = SimpleQueue()
        for cursor in self._readers:
            self._free.put(cursor)
        self._pool = ThreadPoolExecutor(workers)
        walks = any(isinstance(detector.select, Cypher) for detector, _ in chosen)
        self._graph: Future[GraphEngine] | None = self._pool.submit(engine) if walks else None
        self.judged: tuple[Future[Judged], ...] = tuple(self._pool.submit(self._run, *one) for one in chosen)
        """What each of the chosen detectors says, in their order."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            for cursor in self._readers:
                cursor.interrupt()
        self._pool.shutdown(cancel_futures=True)
        for cursor in self._readers:
            cursor.close()

    @property
    def engine(self) -> str:
        """The name of the engine whose graph was walked; `tables` where none was."""
        return self._graph.result().name if self._graph else "tables"

    def _run(self, detector: Detector, params: Params) -> Judged:
        started = time.perf_counter()
        values = detector.bindings(params, self._data_as_of)
        for library in detector.libraries:
            importlib.import_module(library)
        with self._reader() as cursor:
            self._relations.make(cursor, detector.relations)
            rows = self._selects.rows(detector, cursor, self._walked, values)
            counts = _population(detector, cursor, values)
        with self._judging:
            leads = tuple(detector.judge(rows, params))
        return Judged(leads, counts, time.perf_counter() - started)

    def _walked(self) -> GraphEngine:
        assert self._graph is not None
        return self._graph.result()

    @contextmanager
    def _reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self._free.get()
        try:
            yield cursor
        finally:
            self._free.put(cursor)


def _population(detector: Detector, connection: duckdb.DuckDBPyConnection, values: Values) -> dict[str, int]:
    found = connection.execute(detector.population.text, detector.population.bind(values))
    names = [column[0] for column in found.description or ()]
    return {name: int(count or 0) for name, count in zip(names, found.fetchall()[0], strict=True)}

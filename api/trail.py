"""Writing to the audit trail before an answer leaves, many requests to one transaction.

The trail is a chain, so its records are written one after the other and each commit waits for the disk. Requests that
arrive while a commit is under way share the next one: each still waits until its own record is on the disk.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future

from findings.audit.trail import Entry, append_all
from findings.store.database import Store

MOST_AT_ONCE = 256


class Trail:
    """The one writer of this process. `record` may be called from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: queue.SimpleQueue[tuple[Entry, Future[None]] | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()

    def record(self, entry: Entry) -> Future[None]:
        """Done when the record is committed; fails with the store's error where it is not."""
        if self._writer is None:
            with self._starting:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write, name="audit", daemon=True)
                    self._writer.start()
        written: Future[None] = Future()
        self._waiting.put((entry, written))
        return written

    def close(self) -> None:
        """Write what waits, then end."""
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join(timeout=30)
            self._writer = None

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, ending = [first], False
            while len(batch) < MOST_AT_ONCE and not ending:
                try:
                    item = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if item is None:
                    ending = True
                else:
                    batch.append(item)
            self._commit(batch)
            if ending:
                return

    def _commit(self, batch: list[tuple[Entry, Future[None]]]) -> None:
        try:
            with self._store.session() as session:
                append_all(session, [entry for entry, _ in batch])
        except Exception as error:  # Whatever it was, those who wait must not get their answer.
            for _, written in batch:
                written.set_exception(error)
        else:
            for _, written in batch:
                written.set_result(None)

"""Pages of leads as they were last sent, for as long as no lead has changed.

A page is the same bytes for everybody of one scope who asks the same, until the findings change. Each page is kept
with the revision of the findings that it was read at, in the same transaction, and is sent again only while the store
is at that revision. The store is asked each time, so a page is never older than the last change that was committed
before the request came, by whatever process. Pages that are not kept are joined from lines of leads that are, since
the same leads are on many pages.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from api.answers import json_bytes
from findings.store.database import Store
from findings.store.revision import revision
from findings.store.summary import lines

MOST_BYTES = 32 << 20
"""Of all pages that are kept together; some 600 of fifty leads."""

MOST_LINES = 10_000
"""Lines of leads that are kept, some 15 MB."""

WRITING = anyio.CapacityLimiter(2)
"""Threads that write pages: more at once keep each other, and the pages that are kept, waiting."""


@dataclass(frozen=True, slots=True)
class Written:
    """A page as bytes."""

    body: bytes
    subject: str
    """What the audit trail records of it: the leads that are on it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A page with what names it."""

    page: Written
    etag: str
    revision: int


class Lines:
    """The lines of leads as JSON, each made once for a revision. Safe to use from many threads."""

    def __init__(self, most: int = MOST_LINES) -> None:
        self._most = most
        self._at = -1
        self._kept: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def of(self, session: Session, at: int, ids: Sequence[str]) -> list[bytes]:
        """The lines of some leads, in the order asked, as a session sees them whose revision is `at`."""
        with self._lock:
            kept = self._kept if self._at == at else {}
            found = {identifier: line for identifier in ids if (line := kept.get(identifier)) is not None}
        if missing := [identifier for identifier in ids if identifier not in found]:
            made = {line["finding_id"]: json_bytes(line) for line in lines(session, missing)}
            found |= made
            with self._lock:
                if self._at != at or len(self._kept) + len(made) > self._most:
                    self._at, self._kept = at, {}
                self._kept |= made
        return [found[identifier] for identifier in ids]

    @property
    def held(self) -> int:
        """How many are kept."""
        return len(self._kept)


Write = Callable[[Session, int], Written]
"""Reads and writes a page, of the state that a session sees, whose revision is given."""


class Pages:
    """The pages of one process. Safe to use from many threads."""

    def __init__(self, store: Store, most_bytes: int = MOST_BYTES) -> None:
        self.lines = Lines()
        self._store = store
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    async def answer(self, key: Hashable, write: Write) -> Kept:
        """The page of a key, without a thread where it is kept and the store is a file: asking that takes less."""
        quick = self._store.dialect == "sqlite"
        kept = self.kept(key) if quick else await run_in_threadpool(self.kept, key)
        if kept is None:
            kept = await anyio.to_thread.run_sync(self.page, key, write, limiter=WRITING)
        return kept

    def kept(self, key: Hashable) -> Kept | None:
        """The page of a key as it was kept, None if there is none or something has changed since."""
        at = self._store.revision()
        with self._lock:
            kept = self._kept.get(key)
            if kept is None or kept.revision != at:
                return None
            self._kept.move_to_end(key)
            return kept

    def page(self, key: Hashable, write: Write) -> Kept:
        """The page of a key: as it was kept if nothing has changed, else written anew.

        Args:
            key: all that the page depends on other than the findings: scope, filter, order, place.
            write: reads and writes the page.
        """
        if (kept := self.kept(key)) is not None:
            return kept
        with self._store.reading() as session:
            at = revision(session)
            page = write(session, at)
        kept = Kept(page, _etag(page.body), at)
        self._keep(key, kept)
        return kept

    @property
    def held(self) -> int:
        """Bytes that are kept."""
        return self._bytes

    def _keep(self, key: Hashable, kept: Kept) -> None:
        with self._lock:
            if (before := self._kept.pop(key, None)) is not None:
                self._bytes -= len(before.page.body)
            self._kept[key] = kept
            self._bytes += len(kept.page.body)
            while self._bytes > self._most_bytes:
                self._bytes -= len(self._kept.popitem(last=False)[1].page.body)


def _etag(body: bytes) -> str:
    return f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'

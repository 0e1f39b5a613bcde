"""Pages of leads as they were last sent, for as long as no lead has changed.

A page is the same bytes for everybody of one scope who asks the same, until the findings change. Each page is kept
with the revision of the findings that it was read at, in the same transaction, and is sent again only while the store
is at that revision. The store is asked each time, so a page is never older than the last change that was committed
before the request came, by whatever process.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from findings.store.database import Store
from findings.store.revision import revision

MOST_BYTES = 32 << 20
"""Of all pages that are kept together; some 600 of fifty leads."""


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


class Pages:
    """The pages of one process. Safe to use from many threads."""

    def __init__(self, store: Store, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Hashable, Kept] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def page(self, key: Hashable, write: Callable[[Session], Written]) -> Kept:
        """The page of a key: as it was kept if nothing has changed, else written anew.

        Args:
            key: all that the page depends on other than the findings: scope, filter, order, place.
            write: reads and writes the page.
        """
        at = self._store.revision()
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.revision == at:
                self._kept.move_to_end(key)
                return kept
        with self._store.reading() as session:
            # Of the state that the page is read from, which may be later than what was asked for above.
            at = revision(session)
            page = write(session)
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

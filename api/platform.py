"""What the routes of one app share: settings, store, audit trail, and the view of the current snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from starlette.requests import Request

from api.callers import Callers
from api.limits import RateLimiter
from api.logs import log
from api.metrics import Metrics
from api.pages import Pages
from api.problems import ApiProblem
from api.trail import Trail
from findings.access.ties import SnapshotTies
from findings.settings import Settings
from findings.store.database import Store, open_store
from findings.store.models import RunState, ScanRun
from graph.snapshot import Snapshot, Workspace, WorkspaceError
from queries.explore import Explorer

LOOK_SECONDS = 1.0
"""How long what is current is believed before the disk is asked again."""


@dataclass(frozen=True, slots=True)
class View:
    """One snapshot, open for reading."""

    snapshot: Snapshot
    explorer: Explorer


class Platform:
    """The state of one app. Safe to use from many threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.workspace = Workspace(settings.workspace)
        self.store: Store = open_store(settings.store_address())
        self.store.upgrade()
        self.metrics = Metrics()
        self.trail = Trail(self.store)
        self.pages = Pages(self.store)
        self.ties = SnapshotTies(self.workspace)
        self.callers = Callers(self.store, settings, self.ties)
        self.limiter = RateLimiter(settings.rate_per_minute, burst=max(20, settings.rate_per_minute // 10))
        self.login_limiter = RateLimiter(settings.login_per_minute, burst=settings.login_per_minute)
        self.after_opening: Callable[[], None] = lambda: None
        """Done when a snapshot was opened and answers; what the one before it held is garbage then."""
        self._view: View | None = None
        self._opening = threading.Lock()
        self._current = _Current(self)
        self._stop = threading.Event()
        self._watcher: threading.Thread | None = None

    def view(self) -> View:
        """The current snapshot, opened when it is first asked for.

        While a newer one is being opened the one before goes on answering.

        Raises:
            WorkspaceError: nothing was loaded yet.
        """
        view = self._view
        return view if view is not None else self.refresh()

    def refresh(self) -> View:
        """Open the current snapshot if it is not the one that is open."""
        with self._opening:
            snapshot = self.workspace.current()
            if self._view is None or self._view.snapshot.id != snapshot.id:
                started = time.monotonic()
                explorer = Explorer.open(self.workspace, engine=self.settings.engine, threads=self.settings.threads)
                self._view = View(explorer.snapshot, explorer)
                self.after_opening()
                log.info("snapshot", snapshot=snapshot.id, seconds=round(time.monotonic() - started, 2))
            return self._view

    @property
    def opened(self) -> bool:
        """Whether a snapshot is open."""
        return self._view is not None

    def versions(self) -> tuple[str | None, str | None]:
        """The ids of the snapshot that answers and of the last complete scan, None where there is none."""
        return (self._view.snapshot.id if self._view else None), self._current.scan_id()

    def data_as_of(self) -> date | None:
        """The last day that the open data reach."""
        return self._view.snapshot.manifest.data_as_of if self._view else None

    def start(self) -> None:
        """Watch for new snapshots in the background."""
        self._watcher = threading.Thread(target=self._watch, name="snapshots", daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        while True:
            try:
                self.refresh()
            except WorkspaceError:
                pass  # Nothing was loaded yet; /readyz says so.
            except Exception as error:
                log.error("snapshot not opened", exc_info=error)
            if self._stop.wait(LOOK_SECONDS):
                return

    def close(self) -> None:
        """Write what waits to the trail, then let go of everything."""
        self._stop.set()
        if self._watcher is not None:
            self._watcher.join(timeout=30)
        self.trail.close()
        self.store.close()


class _Current:
    """The id of the last complete scan, looked up at most once in `LOOK_SECONDS`."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._known: str | None = None
        self._at = float("-inf")

    def scan_id(self) -> str | None:
        now = time.monotonic()
        if now - self._at > LOOK_SECONDS:
            self._at = now
            try:
                self._known = self._look()
            except Exception as error:
                log.warning("store not read", exc_info=error)
        return self._known

    def _look(self) -> str | None:
        complete = select(ScanRun.scan_id).where(ScanRun.state == RunState.COMPLETE)
        with self._platform.store.reading() as session:
            return session.scalar(complete.order_by(ScanRun.id.desc()).limit(1))


def platform_of(request: Request) -> Platform:
    """The platform of the app that answers."""
    platform: Platform = request.app.state.platform
    return platform


def require(found: object | None, code: str = "api_not_found") -> None:
    """Refuse where there is nothing of that id.

    Raises:
        ApiProblem: there is not.
    """
    if found is None:
        raise ApiProblem(code)

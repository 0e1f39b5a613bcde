"""Outside the versioned API: health, measurements, the explorer's page, the API's own page."""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Path
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response

from api.answers import answer
from api.guard import GuardedRoute, principal
from api.logs import log
from api.overview import last_runs
from api.platform import Platform, platform_of
from api.problems import ApiProblem
from api.scanning import under_way
from api.scope import counting_scope
from findings.store.migrating import head
from findings.store.models import CURRENT, FindingRow
from graph.snapshot import WorkspaceError
from viz.explorer import FOLDER as EXPLORER

router = APIRouter(route_class=GuardedRoute, tags=["site"])

DOCS = File(__file__).resolve().parent.parent / "static" / "docs"
SERVED = frozenset({".html", ".css", ".js", ".mjs", ".json", ".svg", ".png", ".ico", ".woff2", ".txt"})
"""What the page may be made of; the folder's Python and its lists are not served."""

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/javascript", ".mjs")
mimetypes.add_type("font/woff2", ".woff2")


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz(request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


@router.get("/readyz", response_model=dict[str, Any])
def readyz(request: Request) -> Response:
    """Whether store, snapshot and engine can answer; 503 names the part that cannot."""
    platform = platform_of(request)
    parts = {"store": _store_state(platform), "snapshot": _snapshot_state(platform)}
    ready = all(state == "ok" for state in parts.values())
    body = {"ready": ready, **parts, "engine": platform.settings.engine}
    if not ready:
        raise ApiProblem("api_not_ready", more={"parts": parts}, headers={"Retry-After": "5"})
    return answer(body)


def _store_state(platform: Platform) -> str:
    try:
        version = platform.store.version()
    except Exception as error:
        log.warning("store not ready", exc_info=error)
        return "unreachable"
    return "ok" if version == head() else "other version"


def _snapshot_state(platform: Platform) -> str:
    if platform.opened:
        return "ok"
    try:
        platform.workspace.current()
    except WorkspaceError:
        return "none"
    return "opening"


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Measurements in Prometheus' text format; the numbers of leads, over all regions, for who may see all of them."""
    platform = platform_of(request)
    measure(platform)
    page = platform.metrics.page(with_findings=counting_scope(principal(request)) is None)
    return PlainTextResponse(page, media_type="text/plain; version=0.0.4; charset=utf-8")


def measure(platform: Platform) -> None:
    """Bring the measurements up to date that no request does."""
    metrics, as_of = platform.metrics, platform.data_as_of()
    if as_of is not None:
        metrics.data_age.set((datetime.now(UTC).date() - as_of).days)
    with platform.store.reading() as session:
        last = last_runs(session, 1)
        metrics.scan_running.set(under_way(session, platform.settings) is not None)
        counts = session.execute(
            select(FindingRow.tier, FindingRow.triage, func.count())
            .where(FindingRow.state.in_(CURRENT))
            .group_by(FindingRow.tier, FindingRow.triage)
        ).all()
    if last and last[0].finished_at is not None:
        metrics.scan_age.set((datetime.now(UTC) - last[0].finished_at).total_seconds())
    metrics.findings.clear()
    for tier, triage, count in counts:
        metrics.findings.labels(tier, triage).set(count)


@router.get("/openapi.json", response_model=dict[str, Any])
async def openapi(request: Request) -> Response:
    """The description of this API."""
    return answer(request.app.openapi())


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> Response:
    """The description of this API, to read and to try."""
    return _file(DOCS, "index.html")


@router.get("/docs/{name}", response_class=FileResponse)
async def docs_file(request: Request, name: Annotated[str, Path(max_length=100)]) -> Response:
    """A file of that page."""
    return _file(DOCS, name)


@router.get("/", response_class=HTMLResponse)
async def page(request: Request) -> Response:
    """The explorer."""
    return _file(EXPLORER, "index.html")


@router.get("/static/{path:path}", response_class=FileResponse)
async def static(request: Request, path: Annotated[str, Path(max_length=300)]) -> Response:
    """A file of the explorer."""
    return _file(EXPLORER, path)


def _file(folder: File, name: str) -> Response:
    """A file inside the folder; whatever leads out of it is not found."""
    try:
        file = (folder / name).resolve()
        inside = file.is_relative_to(folder) and file.suffix in SERVED and file.is_file()
    except (OSError, ValueError):  # A name that no file can have.
        inside = False
    if not inside:
        raise ApiProblem("api_no_such_route")
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    stat = file.stat()
    return FileResponse(
        file,
        media_type=kind,
        headers={"ETag": f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"', "Cache-Control": "no-cache"},
        stat_result=stat,
    )

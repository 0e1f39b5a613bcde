"""Scans: started, watched, read, compared."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.fields import IdempotencyKey, RunId, Word
from api.guard import GuardedRoute, came_of_it, principal
from api.idempotency import once, request_hash
from api.models import Items
from api.overview import runs_as_dicts
from api.platform import platform_of
from api.problems import ApiProblem
from api.scanning import spawn, under_way
from api.scope import counting_scope
from findings.access.principal import Scope
from findings.store.diffing import ScanDiff, diff
from findings.store.filtering import in_scope
from findings.store.models import FindingRow, ScanRun
from findings.store.recording import queue_scan
from queries.profiles import ProfileError, built_in

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["scans"])


class NewScan(BaseModel):
    """A scan of the current snapshot, by all detectors."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"changed_only": True}]})
    changed_only: bool = Field(False, description="Only detectors whose data, version or parameters changed.")
    profile: Annotated[Word, Field(max_length=64, pattern=r"^[a-z0-9_-]+$")] | None = None


PLAIN = NewScan(changed_only=False)
"""Without a body: all detectors, by the profile of the settings."""


class Started(BaseModel):
    """The scan that was queued, or that the same Idempotency-Key queued before."""

    run: int
    state: str


@router.get("/scans", response_model=Items)
def scans(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Only scans with a smaller number.")] = None,
) -> Response:
    """Scans, the newest first."""
    query = select(ScanRun).order_by(ScanRun.id.desc()).limit(limit)
    if before is not None:
        query = query.where(ScanRun.id < before)
    with platform_of(request).store.reading() as session:
        items = runs_as_dicts(session, session.scalars(query).all(), counting_scope(principal(request)))
        total = session.scalar(select(func.count()).select_from(ScanRun)) or 0
    return answer({"items": items, "total": total, "next": items[-1]["run"] if len(items) == limit else None})


@router.post("/scans", response_model=Started, status_code=202)
def start(request: Request, idempotency_key: IdempotencyKey, body: NewScan = PLAIN) -> Response:
    """Start a scan as a process of its own. With an `Idempotency-Key` a repeated request starts no second one."""
    platform, who = platform_of(request), principal(request)
    platform.workspace.current()
    profile = body.profile or platform.settings.profile
    if body.profile is not None and body.profile not in built_in():
        raise ProfileError("no_profile", name=body.profile, known=", ".join(built_in()))

    def queue(session: Session) -> dict[str, Any]:
        busy = under_way(session, platform.settings)
        if busy is not None:
            raise ApiProblem("api_scan_running", run=busy)
        run = queue_scan(
            session,
            engine=platform.settings.engine,
            profile=profile,
            trigger="api",
            actor=who.id,
            changed_only=body.changed_only,
        )
        return {"run": run.id, "state": run.state}

    asked = request_hash("POST /scans", body.model_dump())
    started, now = once(platform.store, who.id, idempotency_key, asked, queue)
    if now:
        spawn(platform, started["run"])
        came_of_it(request, "scan.start", f"scans/{started['run']}")
    return answer(started, status=202, location=f"/api/v1/scans/{started['run']}")


@router.get("/scans/{run_id}", response_model=dict[str, Any])
def scan(request: Request, run_id: RunId) -> Response:
    """One scan: what it ran on, with which detectors and parameters, and what came of it."""
    with platform_of(request).store.reading() as session:
        run = _run(session, run_id)
        (shown,) = runs_as_dicts(session, [run], counting_scope(principal(request)))
        return answer({**shown, "detectors": run.detectors, "parameters": run.parameters})


@router.get("/scans/{run_id}/progress", response_model=dict[str, Any])
def progress(request: Request, run_id: RunId) -> Response:
    """How far a scan is."""
    with platform_of(request).store.reading() as session:
        run = _run(session, run_id)
        return answer(
            {
                "run": run.id,
                "state": run.state,
                "step": run.step,
                "steps": run.steps,
                "step_name": run.step_name,
                "error": run.error,
            }
        )


@router.get("/scans/{run_id}/report", response_model=Items)
def report(request: Request, run_id: RunId) -> Response:
    """What each detector judged, flagged, cleared and could not judge, and why: over all regions, so for callers who
    may see all of them."""
    if counting_scope(principal(request)) is not None:
        raise ApiProblem("api_outside_scope")
    with platform_of(request).store.reading() as session:
        items = _run(session, run_id).report
    return answer({"items": items, "total": len(items)})


@router.get("/scans/{before}/diff/{after}", response_model=dict[str, Any])
def difference(request: Request, before: RunId, after: RunId) -> Response:
    """What is new, changed, gone and returned between two scans, inside the caller's scope."""
    scope = principal(request).scope()
    with platform_of(request).store.reading() as session:
        return answer(_visible(session, diff(session, before, after), scope))


def _visible(session: Session, found: ScanDiff, scope: Scope) -> dict[str, Any]:
    document = found.as_dict()
    where = in_scope(scope)
    if not where:
        return document
    visible = set(session.scalars(select(FindingRow.finding_id).where(*where)))
    lists = {name: [i for i in document[name] if i in visible] for name in ("new", "changed", "gone", "returned")}
    counts: dict[str, int | None] = {name: len(ids) for name, ids in lists.items()}
    # How many stayed is counted over all regions, so a limited caller is not told.
    return {**document, **lists, "counts": {**counts, "unchanged": None}}


def _run(session: Session, run_id: int) -> ScanRun:
    run = session.get(ScanRun, run_id)
    if run is None:
        raise ApiProblem("api_not_found")
    return run

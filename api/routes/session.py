"""Signing on and off in a browser."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.callers import COOKIE, Caller
from api.guard import GuardedRoute
from api.platform import Platform, platform_of
from api.problems import ApiProblem
from findings.access.authenticate import authenticate_password, end_session, open_session
from findings.access.errors import AccessDenied
from findings.access.rights import Right
from findings.audit.trail import Entry

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["session"])


class SignOn(BaseModel):
    """Name and password."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"username": "li", "password": "…"}]})
    username: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=256)] = Field(repr=False)


class SignedOnUser(BaseModel):
    """Who is signed on. `regions` and `agencies` null: no limit."""

    id: str
    name: str
    role: Literal["viewer", "investigator", "supervisor", "auditor", "system", "admin"]
    regions: list[str] | None
    agencies: list[str] | None
    rights: list[str]


class SignedOn(BaseModel):
    """The session. `csrf` goes into `X-CSRF-Token` of everything that changes something."""

    user: SignedOnUser
    csrf: str | None
    purpose_required: bool
    two_person: bool
    data_as_of: str | None


@router.post("/session", response_model=SignedOn, status_code=201)
async def sign_on(request: Request, body: SignOn) -> Response:
    """Sign on: sets the session's cookie and gives its CSRF token."""
    platform = platform_of(request)
    address = request.client.host if request.client else ""
    for caller in (f"address {address}", f"name {body.username}"):
        wait = platform.login_limiter.wait(caller)
        if wait:
            raise ApiProblem("api_rate_limited", headers={"Retry-After": str(int(wait) + 1)}, seconds=int(wait) + 1)
    settings = platform.settings
    try:
        principal = await run_in_threadpool(
            authenticate_password, platform.store, body.username, body.password, ties=platform.ties
        )
    except AccessDenied as error:
        await _record(request, platform, "unknown", "session.refused")
        raise ApiProblem("api_sign_on", reason=error.text) from error
    lifetime = timedelta(hours=settings.session_hours)
    opened = await run_in_threadpool(open_session, platform.store, principal.id, lifetime=lifetime)
    request.state.principal_id = principal.id
    await _record(request, platform, principal.id, "session.open")
    response = answer(_signed_on(platform, Caller(principal, opened.csrf)), status=201)
    response.set_cookie(
        COOKIE,
        opened.token,
        max_age=int(lifetime.total_seconds()),
        httponly=True,
        secure=settings.cookie_secure,
        samesite="strict",
        path="/",
    )
    return response


@router.get("/session", response_model=SignedOn)
async def session(request: Request) -> Response:
    """Who is signed on, and the CSRF token again after the page was loaded anew."""
    return answer(_signed_on(platform_of(request), request.state.caller))


@router.delete("/session", status_code=204, response_class=Response)
def sign_off(request: Request) -> Response:
    """Sign off: the session ends at once."""
    platform = platform_of(request)
    caller: Caller = request.state.caller
    if caller.session_token is not None:
        end_session(platform.store, caller.session_token)
        platform.callers.forget()
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, secure=platform.settings.cookie_secure, samesite="strict")
    return response


def _signed_on(platform: Platform, caller: Caller) -> dict[str, object]:
    principal = caller.principal
    as_of = platform.data_as_of()
    return {
        "user": {
            "id": principal.id,
            "name": principal.name,
            "role": principal.role.value,
            "regions": None if principal.regions is None else sorted(principal.regions),
            "agencies": None if principal.agencies is None else sorted(principal.agencies),
            "rights": [right.value for right in Right if principal.may(right)],
        },
        "csrf": caller.csrf,
        "purpose_required": platform.settings.audit_purpose_required,
        "two_person": platform.settings.two_person,
        "data_as_of": as_of.isoformat() if as_of else None,
    }


async def _record(request: Request, platform: Platform, actor: str, action: str) -> None:
    entry = Entry(actor, action, "session", None, request.state.request_id)
    await asyncio.wrap_future(platform.trail.record(entry))

"""What stands before every route: who asks, how often, with which right and for which purpose, and the record of it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from urllib.parse import unquote

import anyio
import anyio.to_thread
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.answers import with_etag
from api.callers import Caller
from api.direct import Handler, direct_handler, solved_handler
from api.platform import Platform, platform_of
from api.problems import ApiProblem
from api.rules import RULES, Rule
from findings.access.principal import Principal
from findings.access.tokens import same
from findings.audit.masking import without_personal_numbers
from findings.audit.trail import Entry

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_PURPOSE = 500
LONGEST_SUBJECT = 4_000


HEAVY = anyio.CapacityLimiter(2)
"""Threads for what takes a second rather than a few milliseconds: matching, workbooks, PDF. The others have theirs."""


def heavy(work: Callable[..., Response]) -> Callable[..., Coroutine[Any, Any, Response]]:
    """A route's function that must not keep the quick ones waiting."""

    @functools.wraps(work)
    async def waiting(*args: Any, **kwargs: Any) -> Response:
        return await anyio.to_thread.run_sync(functools.partial(work, *args, **kwargs), limiter=HEAVY)

    return waiting


class GuardedRoute(APIRoute):
    """A route that answers only as its rule in `api.rules` allows; without a rule it answers nobody."""

    def get_route_handler(self) -> Handler:
        """The route's handler behind the guard. The guard runs before the body is read."""
        rules = {method: RULES.get(f"{method} {self.path}") for method in self.methods or ()}
        # A page may be asked for with anything behind its address; data only as they are described.
        strict = not any(rule is not None and rule.public for rule in rules.values())
        handle = direct_handler(self, strict=strict) or solved_handler(self, super().get_route_handler(), strict=strict)

        async def guarded(request: Request) -> Response:
            rule = rules.get(request.method)
            if rule is None:
                raise ApiProblem("api_forbidden")
            return await _pass(request, rule, handle)

        return guarded


async def _pass(request: Request, rule: Rule, handle: Handler) -> Response:
    platform = platform_of(request)
    if rule.public:
        return with_etag(request, await handle(request))
    caller = await _identify(request, platform)
    request.state.caller = caller
    request.state.principal_id = caller.principal.id
    _limit(platform, caller.principal.id)
    if request.method not in SAFE and caller.csrf is not None:
        given = request.headers.get("x-csrf-token", "")
        if not same(given, caller.csrf):
            raise ApiProblem("api_csrf")
    if rule.right is not None and not caller.principal.may(rule.right):
        await _record(request, platform, "access.denied", _route_subject(request))
        raise ApiProblem("api_forbidden")
    request.state.purpose = _purpose(request, platform, rule)
    if rule.audit and rule.audit_first:
        await _record(request, platform, rule.audit, _route_subject(request))
    try:
        response = await handle(request)
    except ApiProblem as problem:
        if problem.code == "api_recused":
            await _record(request, platform, "access.denied", _route_subject(request))
        raise
    if rule.audit and response.status_code < 400:
        if not rule.audit_first:
            await _record(request, platform, rule.audit, _subject(request))
        elif outcome := getattr(request.state, "outcome", None):
            await _record(request, platform, *outcome)
    return with_etag(request, response)


async def _identify(request: Request, platform: Platform) -> Caller:
    try:
        return await platform.callers.identify(request)
    except ApiProblem:
        # Only those who fail are counted by address: behind one proxy a whole office has one.
        _limit(platform, f"address {request.client.host if request.client else ''}")
        raise


def _limit(platform: Platform, caller: str) -> None:
    wait = platform.limiter.wait(caller)
    if wait:
        raise ApiProblem("api_rate_limited", headers={"Retry-After": str(int(wait) + 1)}, seconds=int(wait) + 1)


def _purpose(request: Request, platform: Platform, rule: Rule) -> str | None:
    """The purpose or case number in `X-Purpose`, which is percent-encoded UTF-8 since headers are ASCII."""
    raw = request.headers.get("x-purpose", "")
    said = " ".join(unquote(raw, errors="replace").split())
    purpose = without_personal_numbers("".join(c for c in said if c.isprintable()))[:LONGEST_PURPOSE]
    if purpose:
        return purpose
    if rule.personal and platform.settings.audit_purpose_required:
        raise ApiProblem("api_purpose_required")
    return None


async def _record(request: Request, platform: Platform, action: str, subject: str) -> None:
    entry = Entry(
        actor=principal(request).id,
        action=action,
        subject=subject,
        purpose=getattr(request.state, "purpose", None),
        request_id=request.state.request_id,
    )
    await asyncio.wrap_future(platform.trail.record(entry))


def _subject(request: Request) -> str:
    """What the route said it shows, else what its address names."""
    return getattr(request.state, "subject", None) or _route_subject(request)


def _route_subject(request: Request) -> str:
    values = [str(value) for value in request.path_params.values()]
    route = getattr(request.scope.get("route"), "path", "")
    kind = route.removeprefix("/api/v1/").partition("/")[0] or "page"
    return without_personal_numbers("/".join([kind, *values]))[:LONGEST_SUBJECT]


def subject_of(kind: str, ids: Iterable[str]) -> str:
    """What the audit trail records of an answer: ids, never names. What does not fit is counted, not dropped."""
    listed = list(dict.fromkeys(ids))
    text, kept = kind, 0
    for value in listed:
        if len(text) + len(value) + 1 > LONGEST_SUBJECT - 40:
            break
        text += f" {value}"
        kept += 1
    if kept < len(listed):
        text += f" +{len(listed) - kept}"
    return without_personal_numbers(text)


def show(request: Request, kind: str, ids: Iterable[str]) -> None:
    """Tell the audit trail what the answer is about."""
    shown(request, subject_of(kind, ids))


def shown(request: Request, subject: str) -> None:
    """Tell the audit trail what the answer is about, as `subject_of` said it."""
    request.state.subject = subject


def came_of_it(request: Request, action: str, subject: str) -> None:
    """Tell the audit trail what a request that changes something did. That it was asked for is on record already, by
    its address; which leads, user or key it was is known only now."""
    request.state.outcome = (action, subject[:LONGEST_SUBJECT])


def principal(request: Request) -> Principal:
    """Who asks; there is always one behind the guard."""
    caller: Caller = request.state.caller
    return caller.principal


def purpose(request: Request) -> str | None:
    """What the caller says it asks for."""
    given: str | None = getattr(request.state, "purpose", None)
    return given

"""What surrounds every request: its id, the headers that every answer carries, one log line, the measurements."""

from __future__ import annotations

import itertools
import re
import time
import uuid
from collections.abc import Callable, MutableMapping
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import log
from api.metrics import Metrics
from api.problems import respond

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Random once and counted on: asking the system for each request, the loop waits for the threads that compute.
_PROCESS, _numbers = uuid.uuid4().hex[:16], itertools.count(1)
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
SECURITY: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
PRIVATE = (b"cache-control", b"private, no-cache")
VARY = (b"vary", b"Authorization, Cookie, Accept-Language")

Versions = Callable[[], tuple[str | None, str | None]]
"""The snapshot and the scan that are current."""


class Envelope:
    """The outermost layer of the app.

    It names the request (the caller's own `X-Request-ID` where that is a plain word), answers what nobody caught
    with a problem, and writes one log line that holds the route's template instead of the address. HEAD is a GET of
    which the body stays here: under the same rule, and with the same record.
    """

    def __init__(self, app: ASGIApp, versions: Versions, metrics: Metrics) -> None:
        self.app = app
        self.versions = versions
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        status = 0

        async def enveloped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._headers(scope, state, list(message["headers"]))
            elif head:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(scope, receive, enveloped)
        except ClientDisconnect:
            status = status or 499
        except Exception as error:
            log.error("fault", request_id=state["request_id"], route=_route(scope), exc_info=error)
            if status:  # The answer has begun: only breaking it off tells the caller that it is not whole.
                status = 500
                raise
            await respond(Request(scope), error)(scope, receive, enveloped)
        finally:
            self._measure(scope, "HEAD" if head else scope["method"], status, time.perf_counter() - started)

    def _headers(
        self, scope: Scope, state: MutableMapping[str, Any], headers: list[tuple[bytes, bytes]]
    ) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in headers}
        headers.append((b"x-request-id", state["request_id"].encode("ascii")))
        snapshot, scan = self.versions()
        headers.append((b"x-qingfeng-snapshot", (snapshot or "none").encode("ascii")))
        headers.append((b"x-qingfeng-scan", (scan or "none").encode("ascii")))
        headers.extend(item for item in SECURITY if item[0] not in present)
        if scope["path"].startswith("/api/"):
            if b"cache-control" not in present:
                headers.append(PRIVATE)
            headers.append(VARY)
        return headers

    def _measure(self, scope: Scope, asked: str, status: int, seconds: float) -> None:
        route, state = _route(scope), scope["state"]
        method = asked if asked in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD") else "other"
        self.metrics.requests.labels(method, route, status).inc()
        self.metrics.seconds.labels(method, route).observe(seconds)
        log.info(
            "request",
            request_id=state["request_id"],
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            principal=state.get("principal_id"),
            code=state.get("problem"),
        )


class BodyLimit:
    """Refuses bodies of more than `most` bytes: at once where the length is told, else as soon as they are longer."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "")
        if told.isascii() and told.isdecimal() and int(told) > self.most:
            await respond(Request(scope), HTTPException(413))(scope, receive, send)
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self.most:
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if REQUEST_ID.fullmatch(given):
                return str(given)
    return f"{_PROCESS}{next(_numbers):016x}"


def _route(scope: Scope) -> str:
    """The route's template: addresses hold ids, so they are never logged."""
    return getattr(scope.get("route"), "path", None) or "unmatched"

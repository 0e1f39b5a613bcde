"""The app: `create_app(settings)` puts together what is in the other modules."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from api.middleware import BodyLimit, Envelope
from api.openapi import describe
from api.platform import Platform
from api.problems import respond
from api.routes import ROUTERS
from api.rules import check_rules
from findings.settings import Settings
from i18n import Problem

THREADS = 8
"""Requests that are worked on at once. More would only take the processor from each other; they wait in line."""


def create_app(settings: Settings) -> FastAPI:
    """The whole API and the explorer's page on one workspace and one store.

    Raises:
        RouteWithoutRule: a route is not in the table of access.
        StoreError: the store cannot be opened.
    """
    platform = Platform(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        platform.start()
        yield
        platform.close()

    app = FastAPI(
        title="Qingfeng 清风",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(Envelope, versions=platform.versions, metrics=platform.metrics),
            Middleware(BodyLimit, most=settings.max_body_bytes),
            Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=4),
        ],
    )
    app.state.platform = platform
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    check_rules(app.routes)
    describe(app)

    async def problem(request: Request, error: Exception) -> Response:
        response = respond(request, error)
        if response.status_code in (401, 403, 429):
            platform.metrics.refused.labels(getattr(error, "key", "other")).inc()
        return response

    for kind in (Problem, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, problem)
    return app

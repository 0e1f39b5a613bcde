"""Calling a route's function without FastAPI's solver of dependencies, where there is nothing to solve.

Most routes read a few words of the path and of the query and nothing else. FastAPI looks each of its parameters up in
several steps, whether it was sent or not, which costs more than many answers do. Here the same fields, with FastAPI's
own validation and the same errors, are asked only for what was sent.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from typing import Any, get_origin
from urllib.parse import parse_qsl

from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.answers import with_etag

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_SEVERAL = (list, set, tuple, frozenset)


def solved_handler(route: APIRoute, handle: Handler, *, strict: bool) -> Handler:
    """FastAPI's own handler of a route, which with `strict` refuses parameters of the query that the route does not
    know: left out unsaid, a misspelt limit lets more leave than was asked for."""
    if not strict:
        return handle
    known = frozenset(field.alias for field in get_flat_params(route.dependant))

    async def asked_as_described(request: Request) -> Response:
        if unknown := _unknown(request.query_params, known):
            raise RequestValidationError(unknown)
        return await handle(request)

    return asked_as_described


def _unknown(query: Iterable[str], known: Collection[str]) -> list[Any]:
    return [
        {"type": "extra_forbidden", "loc": ("query", name), "msg": "Extra inputs are not permitted", "input": None}
        for name in query
        if name not in known
    ]


def direct_handler(route: APIRoute, *, strict: bool) -> Handler | None:
    """The handler of a route that takes only its request, words of its path, and scalars or one model of its query.

    None for every other route: FastAPI calls it. `strict` as in `solved_handler`.
    """
    needs = route.dependant
    if (
        needs.dependencies
        or needs.body_params
        or needs.header_params
        or needs.cookie_params
        or needs.response_param_name
        or needs.background_tasks_param_name
        or needs.request_param_name is None
        or any(get_origin(field.field_info.annotation) in _SEVERAL for field in needs.query_params)
    ):
        return None
    fields = [("path", field) for field in needs.path_params] + [("query", field) for field in needs.query_params]
    models = {field.name for _, field in fields if _is_model(field.field_info.annotation)}
    known = frozenset(field.alias for field in get_flat_params(needs))
    work, request_name = route.endpoint, needs.request_param_name
    waits = inspect.iscoroutinefunction(work)

    async def handle(request: Request) -> Response:
        sent: dict[str, Mapping[str, str]] = {
            "path": request.path_params,
            "query": dict(parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        }
        if strict and (unknown := _unknown(sent["query"], known)):
            raise RequestValidationError(unknown)
        values: dict[str, Any] = {request_name: request}
        faults: list[Any] = []
        for place, field in fields:
            given = sent[place]
            if field.name in models:
                values[field.name], found = field.validate(dict(given), loc=(place,))
            elif field.alias in given:
                values[field.name], found = field.validate(given[field.alias], loc=(place, field.alias))
            elif field.field_info.is_required():
                found = [{"type": "missing", "loc": (place, field.alias), "msg": "Field required", "input": None}]
            else:
                values[field.name], found = field.get_default(), []
            faults += found or ()
        if faults:
            raise RequestValidationError(faults)
        if waits:
            answered: Response = await work(**values)
            return answered
        return await run_in_threadpool(named, request, values)

    def named(request: Request, values: Mapping[str, Any]) -> Response:
        # The tag is made in the thread too: while a long answer is hashed the loop would wait for other threads.
        return with_etag(request, work(**values))

    return handle


def _is_model(annotation: Any) -> bool:
    return inspect.isclass(annotation) and issubclass(annotation, BaseModel)

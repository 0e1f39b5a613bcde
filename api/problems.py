"""The one shape of an error: RFC 9457 problem details, in the language that the caller asked for.

    {"type": "urn:qingfeng:problem:api_no_such_party", "title": "Not found", "status": 404, "detail": "…",
     "code": "api_no_such_party", "request_id": "…",
     "errors": [{"where": "query.limit", "type": "less_than_equal", "message": "…"}]}

`code` is stable and made for programs; `title` and `detail` are made for people. What went wrong inside is never
in the answer: the request id leads to the log line that has it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.statuses import STATUS
from graph.engine import EngineError
from graph.snapshot import WorkspaceError
from i18n import Language, Problem, catalogue, fault, text

MEDIA_TYPE = "application/problem+json"


class ApiProblem(Problem):
    """An answer other than success: its code in the catalogue's section `error`, its status from `STATUS`."""

    def __init__(
        self,
        code: str,
        *,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> None:
        super().__init__(code, **values)
        self.code = code
        self.headers = dict(headers or {})
        self.more = dict(more or {})


@functools.lru_cache(maxsize=256)
def language_of(accept: str | None) -> Language:
    """The language of an Accept-Language header: the preferred of zh and en, zh where neither is named."""
    best: tuple[float, Language] = (0.0, "zh")
    for item in (accept or "").split(",")[:20]:
        tag, _, quality = item.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().partition("-")[0]
        if weight > best[0] and primary in ("zh", "en"):
            best = (weight, "zh" if primary == "zh" else "en")
    return best[1]


def language(request: Request) -> Language:
    """The language of the request."""
    return language_of(request.headers.get("accept-language"))


def problem_response(
    request: Request,
    code: str,
    detail: str,
    *,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """A problem as a response."""
    status = status or STATUS[code]
    said = language(request)
    request.state.problem = code  # for the log
    body: dict[str, Any] = {
        "type": f"urn:qingfeng:problem:{code}",
        "title": text(f"api.status_{status}", said),
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": getattr(request.state, "request_id", None),
    }
    if errors:
        body["errors"] = list(errors)
    body.update(more or {})
    sent = {"Cache-Control": "no-store", "Content-Language": said, **(headers or {})}
    return Response(orjson.dumps(body), status_code=status, media_type=MEDIA_TYPE, headers=sent)


def as_problem(error: Problem) -> ApiProblem:
    """A problem of the domain with what the API adds to its own."""
    if isinstance(error, ApiProblem):
        return error
    wrapped = ApiProblem.__new__(ApiProblem)
    wrapped.key = wrapped.code = error.key
    wrapped.text, wrapped.headers, wrapped.more = error.text, {}, {}
    return wrapped


def respond(request: Request, error: Exception) -> Response:
    """The response to any exception; what is not foreseen is a 500 that says nothing of its cause."""
    said = language(request)
    if isinstance(error, ApiProblem):
        return problem_response(
            request, error.code, error.text.in_language(said), headers=error.headers, more=error.more
        )
    if isinstance(error, RequestValidationError):
        return _invalid(request, error)
    if isinstance(error, HTTPException):
        return _http(request, error)
    if isinstance(error, Problem):
        if isinstance(error, WorkspaceError) and error.key not in STATUS:
            return problem_response(
                request, "api_no_snapshot", error.text.in_language(said), headers={"Retry-After": "30"}
            )
        if error.key in STATUS:
            return problem_response(request, error.key, error.text.in_language(said))
    if isinstance(error, EngineError):
        return problem_response(request, "api_engine", _said("api_engine", said), headers={"Retry-After": "30"})
    return problem_response(request, "api_internal", _said("api_internal", said))


def _said(code: str, said: Language, **values: object) -> str:
    return catalogue()[f"error.{code}"].format(**values).in_language(said)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    said = language(request)
    if _is_no_json(request) and any(
        wrong["loc"] == ("body",) and wrong["type"] != "missing" for wrong in error.errors()
    ):
        return problem_response(request, "api_media_type", _said("api_media_type", said))
    errors = [
        {
            "where": ".".join(str(part) for part in wrong["loc"])[:200],
            "type": str(wrong["type"])[:100],
            "message": fault(wrong["type"], wrong.get("ctx")).in_language(said)[:300],
        }
        for wrong in error.errors()[:20]
    ]
    return problem_response(request, "api_invalid", _said("api_invalid", said, count=len(errors)), errors=errors)


def _is_no_json(request: Request) -> bool:
    """Whether the body says that it is something else than JSON, or does not say what it is."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json"))


def _http(request: Request, error: HTTPException) -> Response:
    said = language(request)
    code = {404: "api_no_such_route", 405: "api_method", 413: "api_too_large", 400: "api_bad_request"}.get(
        error.status_code, "api_bad_request" if error.status_code < 500 else "api_internal"
    )
    status = error.status_code if f"api.status_{error.status_code}" in catalogue() else STATUS[code]
    return problem_response(request, code, _said(code, said), status=status, headers=error.headers)

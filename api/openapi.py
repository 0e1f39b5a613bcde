"""The OpenAPI document: what FastAPI knows of the routes, with what the table of access adds to each."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE
from api.rules import RULES, Rule

ABOUT = """Leads in public procurement, for case systems and for people.

A lead is never a verdict. Every call but the health checks needs a caller: an API key or an OIDC token as
`Authorization: Bearer …`, or the browser's session cookie, which needs `X-CSRF-Token` on everything that changes
something. Answers with personal data need `X-Purpose` (purpose or case number, percent-encoded UTF-8) and are written
to the audit trail before they leave. Errors are problem details (RFC 9457) in Chinese or English by `Accept-Language`.
Lists page by cursor and say their total; nothing is cut silently.
"""

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and what to do, for people."},
        "code": {"type": "string", "description": "Stable, for programs."},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["where", "type", "message"],
                "properties": {
                    "where": {"type": "string"},
                    "type": {"type": "string", "description": "The kind of fault, for programs."},
                    "message": {"type": "string", "description": "The fault in words, for people."},
                },
            },
        },
        "approval_id": {"type": ["string", "integer"], "description": "Where a second person has to agree."},
    },
    "example": {
        "type": "urn:qingfeng:problem:api_not_found",
        "title": "未找到",
        "status": 404,
        "detail": "未找到所请求的对象，或其不在您的权限范围内。",
        "code": "api_not_found",
        "request_id": "5b0c9f0a8f7b4d0d9b1f5f3f0c2f6f11",
    },
}

_MEANING = {
    400: "The request cannot be understood, or no purpose is given.",
    401: "Nobody is authenticated.",
    403: "The caller may not: role, scope, recusal or CSRF token.",
    404: "There is none, or it is outside the caller's scope.",
    409: "It conflicts with what there is, or a second person has to agree first.",
    412: "It changed since it was read.",
    413: "The body is too large.",
    415: "The body is no JSON, or does not say so in `Content-Type`.",
    422: "A parameter or the body is not valid.",
    428: "`If-Match` is missing.",
    429: "Too many requests; `Retry-After` says when.",
    500: "A fault of the server; the request id leads to its log.",
    501: "A component of the machine is missing: a Chinese font, or an optional library.",
    503: "No snapshot yet, or store or graph engine cannot answer now.",
    507: "The store's disk is full.",
}


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` return the whole description, built once."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title,
                version=app.version,
                description=ABOUT,
                routes=app.routes,
                license_info={"name": "Apache-2.0"},
            )
            _complete(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's documented way to extend it


def _complete(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key (`qf_…`) or an OIDC access token."},
        "session": {"type": "apiKey", "in": "cookie", "name": "qf_session"},
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            rule = RULES.get(name) or next(r for n, r in RULES.items() if n.replace(":path}", "}") == name)
            _describe_operation(method, operation, rule)


def _describe_operation(method: str, operation: dict[str, Any], rule: Rule) -> None:
    statuses = [400, 404, 405, 422, 429, 500, 503, 507]
    operation["security"] = [] if rule.public else [{"bearer": []}, {"session": []}]
    parameters: list[dict[str, Any]] = operation.setdefault("parameters", [])
    if not rule.public or method == "post":
        statuses += [401, 403]
    if method != "get":
        statuses += [409, 413, 415]
    if any(p["name"].lower() == "if-match" for p in parameters):
        statuses += [412, 428]
    if rule.export:
        statuses += [409, 501]
    if rule.personal:
        parameters.append(
            {
                "name": "X-Purpose",
                "in": "header",
                "required": False,
                "schema": {"type": "string", "maxLength": 500},
                "example": "%E6%A0%B8%E6%9F%A5%E7%BA%BF%E7%B4%A2",
                "description": "Purpose or case number; required where the installation asks for it.",
            }
        )
    if rule.right is not None:
        operation["x-right"] = rule.right.value
    operation["x-scoping"] = rule.scoping.value
    for status in sorted(set(statuses)):
        operation["responses"][str(status)] = {
            "description": _MEANING.get(status, "The method is not allowed here."),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if method == "get" and "200" in operation["responses"]:
        operation["responses"].setdefault("304", {"description": "Not changed since the ETag in `If-None-Match`."})

"""Answers: JSON written once, with an ETag where the caller may ask again."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response


def json_bytes(document: Any) -> bytes:
    """A document as JSON; dates in ISO, keys in the order given."""
    return orjson.dumps(document, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    if hasattr(value, "as_dict"):
        return value.as_dict()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


def answer(document: Any, *, status: int = 200, etag: str | None = None, location: str | None = None) -> Response:
    """A JSON response. `etag` is the version of what is shown; without it a GET is named by its content."""
    headers = {}
    if etag is not None:
        headers["ETag"] = f'"{etag}"'
    if location is not None:
        headers["Location"] = location
    return Response(json_bytes(document), status_code=status, media_type="application/json", headers=headers)


def with_etag(request: Request, response: Response) -> Response:
    """The response with an ETag, or 304 without a body where the caller has it already."""
    if request.method != "GET" or response.status_code != 200:
        return response
    etag = response.headers.get("ETag")
    if etag is None:
        body = getattr(response, "body", None)
        if not isinstance(body, bytes) or response.headers.get("Cache-Control") == "no-store":
            return response
        etag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        response.headers["ETag"] = etag
    if _names(request.headers.get("if-none-match"), etag):
        kept = {name: value for name in ("ETag", "Cache-Control") if (value := response.headers.get(name))}
        return Response(status_code=304, headers=kept)
    return response


def _names(header: str | None, etag: str) -> bool:
    if not header:
        return False
    given = [item.strip().removeprefix("W/") for item in header.split(",")]
    return "*" in given or etag.removeprefix("W/") in given


def version_of(if_match: str | None) -> int | None:
    """The version that an If-Match header names, None where it names none.

    A weak tag is accepted: a proxy that compresses weakens the tags that pass through it.
    """
    value = (if_match or "").strip().removeprefix("W/").strip('"')
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None

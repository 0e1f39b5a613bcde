"""Types of what callers send: bounded, printable, and nothing that a database or a header would choke on."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Depends, Header, Path, Query
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from api.idempotency import LONGEST_KEY
from api.problems import ApiProblem

MOST_LISTED = 50
"""How many values a comma-separated filter may have."""


def _printable(value: str) -> str:
    """Text without control characters other than line breaks and tabs, and without half surrogate pairs."""
    if any((ord(c) < 32 and c not in "\n\r\t") or 0xD800 <= ord(c) <= 0xDFFF or ord(c) == 127 for c in value):
        raise PydanticCustomError("control_characters", "contains control characters")
    return value


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise PydanticCustomError("line_break", "contains a line break")
    return _printable(value)


Line = AfterValidator(_one_line)
Lines = AfterValidator(_printable)

Word = Annotated[str, StringConstraints(min_length=1, max_length=200), Line]
"""A name, an id, a search text: one line."""
Note = Annotated[str, StringConstraints(max_length=10_000), Lines]
"""Free text by a person."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), Line]
NodeId = Annotated[str, StringConstraints(min_length=3, max_length=300), Line]
"""`<Label>/<id>`."""

FindingId = Annotated[str, Path(pattern=r"^[0-9a-f]{20}$", examples=["0f3c9a1b2d4e5f607182"])]
PathId = Annotated[str, Path(min_length=1, max_length=200), Line]
RunId = Annotated[int, Path(ge=1, le=2**31 - 1)]

Limit = Annotated[int, Query(ge=1, le=500, description="How many items at most.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="How many items to leave out before the first.")]
Searched = Annotated[
    str, Query(max_length=200, description="Chinese, pinyin (full or initials), credit code or id."), Line
]
Listed = Annotated[str | None, Query(max_length=2_000, description="One value, or several with commas between.")]
Day = Annotated[date | None, Query(description="ISO date.")]
Minor = Annotated[int | None, Query(ge=0, le=2**62, description="Minor units: 分 for CNY.")]


def listed(value: str | None) -> tuple[str, ...]:
    """The values of a comma-separated filter; none where it is missing or empty.

    Raises:
        ApiProblem: too many, or one with control characters.
    """
    if not value:
        return ()
    items = tuple(dict.fromkeys(item.strip() for item in value.split(",") if item.strip()))
    if len(items) > MOST_LISTED:
        raise ApiProblem("api_too_many", most=MOST_LISTED)
    try:
        for item in items:
            _one_line(item)
    except ValueError:
        raise ApiProblem("api_bad_request") from None
    return items


async def _if_match(if_match: Annotated[str | None, Header(max_length=100)] = None) -> str | None:
    return if_match


IfMatch = Annotated[str | None, Depends(_if_match)]


async def _idempotency_key(
    idempotency_key: Annotated[str | None, Header(max_length=LONGEST_KEY, pattern=r"^[\x21-\x7e]+$")] = None,
) -> str | None:
    return idempotency_key


IdempotencyKey = Annotated[str | None, Depends(_idempotency_key)]

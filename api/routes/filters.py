"""A caller's own saved filters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.fields import Line, Name
from api.guard import GuardedRoute, principal
from api.models import Items
from api.platform import platform_of
from api.problems import ApiProblem
from findings.store.models import SavedFilter

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["filters"])

MOST_SAVED = 100


class NewFilter(BaseModel):
    """A selection of leads under a name; saving one of the same name replaces it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "本月大额", "query": {"tier": "A", "state": "new"}}]}
    )
    name: Annotated[Name, Field(max_length=128)]
    query: Annotated[
        dict[Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")], Annotated[str, Field(max_length=2_000), Line]],
        Field(max_length=30),
    ]


@router.get("/filters", response_model=Items)
def filters(request: Request) -> Response:
    """The caller's saved filters, by name."""
    owner = principal(request).accountable_id
    with platform_of(request).store.reading() as session:
        rows = session.scalars(select(SavedFilter).where(SavedFilter.owner == owner).order_by(SavedFilter.name))
        items = [_shown(row) for row in rows]
    return answer({"items": items, "total": len(items)})


@router.post("/filters", response_model=dict[str, Any], status_code=201)
def save(request: Request, body: NewFilter) -> Response:
    """Save a filter."""
    owner = principal(request).accountable_id
    with platform_of(request).store.session() as session:
        kept = {row.name: row for row in session.scalars(select(SavedFilter).where(SavedFilter.owner == owner))}
        row = kept.get(body.name)
        if row is None:
            if len(kept) >= MOST_SAVED:
                raise ApiProblem("api_too_many_filters", most=MOST_SAVED)
            row = SavedFilter(owner=owner, name=body.name, query=dict(body.query))
            session.add(row)
        else:
            row.query = dict(body.query)
        session.flush()
        shown = _shown(row)
    return answer(shown, status=201)


@router.delete("/filters/{filter_id}", status_code=204, response_class=Response)
def remove(request: Request, filter_id: Annotated[int, Path(ge=1, le=2**31 - 1)]) -> Response:
    """Delete one of the caller's filters."""
    with platform_of(request).store.session() as session:
        row = session.get(SavedFilter, filter_id)
        if row is None or row.owner != principal(request).accountable_id:
            raise ApiProblem("api_not_found")
        session.delete(row)
    return Response(status_code=204)


def _shown(row: SavedFilter) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "query": row.query, "created_at": row.created_at}

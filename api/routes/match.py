"""Matching a batch of parties: which of ours are these?"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.fields import Line, Name, Word
from api.guard import GuardedRoute, heavy, principal, show
from api.models import Shape
from api.routes.graph import explorer, keys_in
from queries.explore.matching import Query

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["match"])

MOST_QUERIES = 500
Key = Annotated[str, StringConstraints(min_length=1, max_length=100), Line]


class Known(BaseModel):
    """What is known of a party: a name or a credit code at least."""

    model_config = ConfigDict(extra="forbid")
    name: Name | None = None
    uscc: Annotated[str, StringConstraints(max_length=40), Line] | None = None
    region: Annotated[str, StringConstraints(max_length=12, pattern=r"^[0-9]*$")] | None = None
    kind: Annotated[str, StringConstraints(max_length=20, pattern=r"^[a-z_]*$")] | None = None


class Batch(BaseModel):
    """Parties to look for, each under a key of the caller's own."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"queries": {"a": {"name": "岚江宇锦建设有限公司", "region": "380100"}}, "threshold": 0.7}]
        },
    )
    queries: Annotated[dict[Key, Known], Field(min_length=1, max_length=MOST_QUERIES)]
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.7
    limit: Annotated[int, Field(ge=1, le=50)] = 5
    exclude_ids: Annotated[list[Word], Field(max_length=5_000)] = []


class Matched(Shape):
    """Candidates by the caller's keys, each with its score and a sentence for every feature."""

    results: dict[str, dict[str, Any]]


@router.post("/match", response_model=Matched)
@heavy
def match(request: Request, body: Batch) -> Response:
    """Candidates for each party, best first, with a score and a sentence for each feature that made it."""
    scope = principal(request).scope()
    queries: dict[str, Query] = {
        key: {"name": known.name, "uscc": known.uscc, "region": known.region, "kind": known.kind}
        for key, known in body.queries.items()
    }
    results = explorer(request).match(
        queries,
        threshold=body.threshold,
        limit=body.limit,
        exclude=body.exclude_ids,
        regions=scope.regions,
        keys=keys_in(request, scope),
        withhold=scope.recused,
    )
    document = {key: matches.as_dict() for key, matches in results.items()}
    show(request, "match", (item["id"] for result in document.values() for item in result["items"]))
    return answer({"results": document})

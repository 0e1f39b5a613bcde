"""The overview of the last scan."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.guard import GuardedRoute, principal, show
from api.overview import overview
from api.platform import platform_of
from api.routes.graph import explorer, keys_in
from api.scope import counting_scope
from api.withheld import withheld_groups

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["overview"])


@router.get("/overview", response_model=dict[str, Any])
def the_overview(request: Request) -> Response:
    """The last scan beside the one before; cities and families; public bodies and firms by tier; arrears by month."""
    platform, scope = platform_of(request), principal(request).scope()
    with platform.store.reading() as session:
        body = overview(session, scope, counting_scope(principal(request)))
    show(request, "overview", ())
    graph = explorer(request).overview(regions=scope.regions, agencies=scope.agencies)
    as_of = platform.data_as_of()
    return answer(
        {
            **body,
            **graph,
            "freshness": {"data_as_of": as_of, "snapshot_id": platform.versions()[0]},
        }
    )


@router.get("/overview/communities", response_model=dict[str, Any])
def communities(request: Request, minimum: Annotated[int, Query(alias="min", ge=2, le=1_000)] = 3) -> Response:
    """Groups of firms that bid together, each with how often every two of them did."""
    scope = principal(request).scope()
    found = explorer(request).communities(minimum, regions=scope.regions)
    keys = keys_in(request, scope)
    if keys is not None:
        inside = [group for group in found["communities"] if keys.issuperset(firm["id"] for firm in group["firms"])]
        found = {**found, "communities": inside, "total": len(inside)}
    return answer(withheld_groups(request, found))

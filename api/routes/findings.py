"""Leads: listed, streamed, one by one with their evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import answer, json_bytes
from api.fields import FindingId, Limit, Line, Listed, Minor, PathId, listed
from api.guard import GuardedRoute, principal, show
from api.leads import detail
from api.models import Detail, GraphShown, Items, Page, TimelineShown
from api.platform import Platform, platform_of
from api.routes.graph import checked, explorer, found, withheld
from api.scope import lead
from findings.access.principal import Principal
from findings.store.filtering import Filter
from findings.store.listing import DEFAULT_SORT, facets, list_findings, stream_findings
from findings.store.summary import ENTITIES, summaries, summary
from queries.explore.shapes import node_id

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["findings"])

STREAMED_AT_ONCE = 100


def chosen(
    request: Request,
    family: Listed = None,
    detector: Listed = None,
    tier: Annotated[str | None, Query(max_length=10, pattern=r"^[ABC](,[ABC])*$")] = None,
    status: Listed = None,
    triage: Listed = None,
    state: Listed = None,
    region: Annotated[
        str | None,
        Query(
            max_length=2_000,
            pattern=r"^\d{2,12}(,\d{2,12})*$",
            description="Division codes; a province covers its cities.",
        ),
    ] = None,
    agency: Listed = None,
    assignee: Annotated[
        str | None, Query(max_length=500, description="Ids; `me` is the caller, `none` is nobody.")
    ] = None,
    entity: Listed = None,
    amount_min: Minor = None,
    amount_max: Minor = None,
    from_day: Annotated[
        date | None, Query(alias="from", description="Leads whose period touches this day or later.")
    ] = None,
    to_day: Annotated[
        date | None, Query(alias="to", description="Leads whose period touches this day or earlier.")
    ] = None,
    changed_since: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="New, changed, gone or returned in this run or later.")
    ] = None,
    q: Annotated[str, Query(max_length=200, description="Words in the first sentence or a name, or an id."), Line] = "",
) -> Filter:
    """Which leads: values of one parameter are joined by "or", parameters by "and", all inside the caller's scope."""
    who = principal(request)
    people = listed(assignee)
    return Filter(
        scope=who.scope(),
        families=listed(family),
        detectors=listed(detector),
        tiers=listed(tier),
        statuses=listed(status),
        states=listed(state),
        triages=listed(triage),
        regions=listed(region),
        agencies=listed(agency),
        assignees=tuple(who.id if person == "me" else person for person in people if person != "none"),
        unassigned="none" in people,
        entities=listed(entity),
        amount_min=amount_min,
        amount_max=amount_max,
        day_from=from_day,
        day_to=to_day,
        changed_since=changed_since,
        q=q,
    )


Chosen = Annotated[Filter, Depends(chosen)]


@router.get("/findings", response_model=Page)
def findings(
    request: Request,
    wanted: Chosen,
    sort: Annotated[str, Query(max_length=200, pattern=r"^-?[a-z_]+(,-?[a-z_]+)*$")] = DEFAULT_SORT,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=2_000, pattern=r"^[A-Za-z0-9_-]+$")] = None,
    with_facets: Annotated[bool, Query(alias="facets", description="Also how many there are of each kind.")] = False,
) -> Response:
    """A page of leads. Follow `next` as `cursor`: what comes or goes meanwhile shifts no other lead."""
    with platform_of(request).store.reading() as session:
        page = list_findings(session, wanted, sort, limit, cursor)
        body: dict[str, Any] = {"items": summaries(session, page.items), "total": page.total, "next": page.next}
        if with_facets:
            body["facets"] = facets(session, wanted)
    show(request, "findings", (item["finding_id"] for item in body["items"]))
    return answer(body)


@router.get(
    "/findings/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def stream(request: Request, wanted: Chosen) -> Response:
    """Every lead that the filter chooses, a JSON object a line: its summary and `document`. Nothing is cut off."""
    show(request, "findings", ("all that the filter chooses",))
    return StreamingResponse(_lines(platform_of(request), wanted), media_type="application/x-ndjson")


def _lines(platform: Platform, wanted: Filter) -> Iterator[bytes]:
    lines: list[bytes] = []
    with platform.store.reading() as session:
        for row in stream_findings(session, wanted):
            lines.append(json_bytes({**summary(row, row.entities[:ENTITIES]), "document": row.document}))
            if len(lines) == STREAMED_AT_ONCE:
                yield b"\n".join(lines) + b"\n"
                lines = []
    if lines:
        yield b"\n".join(lines) + b"\n"


@router.get("/parties/{party_id}/findings", response_model=Items)
def of_party(
    request: Request,
    party_id: PathId,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(max_length=2_000, pattern=r"^[A-Za-z0-9_-]+$")] = None,
) -> Response:
    """The leads that a party takes part in."""
    checked(request, [node_id("Party", party_id)])
    wanted = Filter(scope=principal(request).scope(), entities=(party_id,))
    with platform_of(request).store.reading() as session:
        page = list_findings(session, wanted, DEFAULT_SORT, limit, cursor)
        items = summaries(session, page.items)
    return answer({"items": items, "total": page.total, "next": page.next})


@router.get("/findings/{finding_id}", response_model=Detail)
def finding(request: Request, finding_id: FindingId) -> Response:
    """A lead: its evidence, its reasons, its innocent explanations, its legal basis, its history."""
    platform = platform_of(request)
    body = whole(platform, principal(request), finding_id)
    return answer(body, etag=str(body["version"]))


def whole(platform: Platform, who: Principal, finding_id: str) -> dict[str, Any]:
    """Everything about a lead that is told in words."""
    with platform.store.reading() as session:
        row = lead(session, who, finding_id)
        document = row.document
        ids = {entity["id"] for entity in document["entities"]} | set(document["evidence"]["nodes"])
        names = platform.view().explorer.names(sorted(ids)) if platform.opened else {}
        return detail(session, row, names)


@router.get("/findings/{finding_id}/graph", response_model=GraphShown)
def graph(request: Request, finding_id: FindingId) -> Response:
    """What the lead names, with every edge among it; the edges of its own pattern are marked `own`."""
    return answer(withheld(request, found(lambda: explorer(request).finding_graph(document(request, finding_id)))))


@router.get("/findings/{finding_id}/timeline", response_model=TimelineShown)
def timeline(request: Request, finding_id: FindingId) -> Response:
    """What happened in the lead, by day."""
    return answer(found(lambda: explorer(request).finding_timeline(document(request, finding_id))))


@router.get("/findings/{finding_id}/records", response_model=Items)
def records(request: Request, finding_id: FindingId) -> Response:
    """The source rows that the lead rests on."""
    rows = [row.as_dict() for row in explorer(request).finding_records(document(request, finding_id))]
    return answer({"items": rows, "total": len(rows)})


def document(request: Request, finding_id: str) -> dict[str, Any]:
    """A lead in the findings format, if the caller may see it."""
    with platform_of(request).store.reading() as session:
        return lead(session, principal(request), finding_id).document

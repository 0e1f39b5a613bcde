"""Leads: listed, streamed, one by one with their evidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import answer, json_bytes
from api.fields import FindingId, Limit, PathId
from api.guard import GuardedRoute, principal, shown, subject_of
from api.leads import detail
from api.models import Detail, GraphShown, Items, Page, TimelineShown
from api.pages import Written
from api.platform import Platform, platform_of
from api.routes.graph import checked, explorer, found
from api.scope import lead
from api.selection import Paged, Selection
from api.whole import chosen_whole
from api.withheld import withheld, withheld_events, withheld_records
from findings.access.principal import Principal
from findings.store.filtering import Filter
from findings.store.listing import DEFAULT_SORT, facets, find, list_findings, stream_findings
from findings.store.summary import ENTITIES, summary
from queries.explore.shapes import node_id

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["findings"])

STREAMED_AT_ONCE = 100


def chosen(request: Request, selection: Annotated[Selection, Query()]) -> Filter:
    """Which leads: values of one parameter are joined by "or", parameters by "and", all inside the caller's scope."""
    return selection.filter(principal(request))


Chosen = Annotated[Filter, Depends(chosen)]


@router.get("/findings", response_model=Page)
async def findings(request: Request, asked: Annotated[Paged, Query()]) -> Response:
    """A page of leads. Follow `next` as `cursor`: what comes or goes meanwhile shifts no other lead."""
    wanted, pages = asked.filter(principal(request)), platform_of(request).pages

    def write(session: Session, at: int) -> Written:
        page = find(session, wanted, asked.sort, asked.limit, asked.cursor)
        rest: dict[str, Any] = {"total": page.total, "next": page.next}
        if asked.with_facets:
            rest["facets"] = facets(session, wanted)
        items = b",".join(pages.lines.of(session, at, page.ids))
        return Written(b'{"items":[' + items + b"]," + json_bytes(rest)[1:], subject_of("findings", page.ids))

    kept = await pages.answer((wanted, asked.sort, asked.limit, asked.cursor, asked.with_facets), write)
    shown(request, kept.page.subject)
    return Response(kept.page.body, media_type="application/json", headers={"ETag": kept.etag})


@router.get(
    "/findings/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}},
)
def stream(request: Request, wanted: Chosen) -> Response:
    """Every lead that the filter chooses, a JSON object a line: its summary and `document`. Nothing is cut off."""
    platform = platform_of(request)
    ids, subject = chosen_whole(platform, wanted)
    shown(request, subject)
    return StreamingResponse(_lines(platform, wanted, ids), media_type="application/x-ndjson")


def _lines(platform: Platform, wanted: Filter, ids: frozenset[str]) -> Iterator[bytes]:
    lines: list[bytes] = []
    with platform.store.reading() as session:
        for row in stream_findings(session, wanted):
            if row.finding_id not in ids:  # it came after the record was written
                continue
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
    node = checked(request, [node_id("Party", party_id)])[0]
    found(lambda: explorer(request).node(node))
    wanted = Filter(scope=principal(request).scope(), entities=(party_id,))
    with platform_of(request).store.reading() as session:
        page = list_findings(session, wanted, DEFAULT_SORT, limit, cursor)
    return answer({"items": page.items, "total": page.total, "next": page.next})


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
    events = found(lambda: explorer(request).finding_timeline(document(request, finding_id)))
    return answer(withheld_events(request, events))


@router.get("/findings/{finding_id}/records", response_model=Items)
def records(request: Request, finding_id: FindingId) -> Response:
    """The source rows that the lead rests on."""
    rows = [row.as_dict() for row in explorer(request).finding_records(document(request, finding_id))]
    return answer(withheld_records(request, {"items": rows}))


def document(request: Request, finding_id: str) -> dict[str, Any]:
    """A lead in the findings format, if the caller may see it."""
    with platform_of(request).store.reading() as session:
        return lead(session, principal(request), finding_id).document

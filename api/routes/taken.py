"""Files that the page makes itself: recorded here first, so that there is no picture or copied table without a record.

Each answer is the mark that the file has to carry: who takes it, when and for what, as the server's own exports say it.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.exporting import approved, watermark
from api.fields import NodeId
from api.guard import GuardedRoute, principal, show
from api.models import LeadsMark, Mark
from api.platform import platform_of
from api.problems import ApiProblem, language
from api.routes.graph import checked
from api.scope import lead
from findings.store.filtering import Filter, conditions
from findings.store.models import FindingEntity, FindingRow
from findings.store.summary import ENTITIES, PERSON, summary, without_persons

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["exports"])

MOST_NODES = 2_000
MOST_LEADS = 20_000
LAST_NUMBER = 2**62

LeadId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{20}$")]


class DrawnGraph(BaseModel):
    """A graph that the page draws or copies: what kind of file, of which lead if of one, and which nodes it shows."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"kind": "png", "nodes": ["Party/O1", "Party/O2"]}]}
    )
    kind: Literal["png", "svg", "table"]
    finding_id: LeadId | None = None
    nodes: Annotated[list[NodeId], Field(min_length=1, max_length=MOST_NODES)]


class CopiedLeads(BaseModel):
    """Rows of the list of leads that the page copies."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"findings": ["0f3c9a1b2d4e5f607182"]}]})
    findings: Annotated[list[LeadId], Field(min_length=1, max_length=MOST_LEADS)]


class CopiedTrail(BaseModel):
    """Records of the audit trail that the page copies, by their numbers."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"first": 1, "last": 200}]})
    first: Annotated[int, Field(ge=1, le=LAST_NUMBER)]
    last: Annotated[int, Field(ge=1, le=LAST_NUMBER)]

    @model_validator(mode="after")
    def _in_order(self) -> CopiedTrail:
        if self.first > self.last:
            raise ValueError("first is after last")
        return self


@router.post("/graph/taken", response_model=Mark)
def graph_taken(request: Request, body: DrawnGraph) -> Response:
    """Record a picture or table of the graph before the page makes it; the answer is the mark for it."""
    nodes = checked(request, body.nodes)
    shown = [f"Finding/{body.finding_id}", *nodes] if body.finding_id else nodes
    if body.finding_id:
        with platform_of(request).store.reading() as session:
            lead(session, principal(request), body.finding_id)
    show(request, f"graph {body.kind}", shown)
    approved(request, f"graph_{body.kind}", {"nodes": sorted(nodes), "edges": []})
    return _mark(request)


@router.post("/findings/taken", response_model=LeadsMark)
def findings_taken(request: Request, body: CopiedLeads) -> Response:
    """Record a copy of rows of the list of leads before the page makes it; the answer is the mark for it, and what the
    copy has to say where a lead's line names persons: like the tables that the server writes it has their ids, since
    one person alone takes no list of names out."""
    wanted = set(body.findings)
    inside = conditions(Filter(scope=principal(request).scope()))
    with platform_of(request).store.reading() as session:
        found = session.scalar(
            select(func.count()).select_from(FindingRow).where(*inside, FindingRow.finding_id.in_(wanted))
        )
        if found != len(wanted):
            raise ApiProblem("api_not_found")
        unnamed = _without_persons(session, wanted)
    show(request, "findings table", body.findings)
    return _mark(request, leads=unnamed)


def _without_persons(session: Session, findings: Collection[str]) -> dict[str, dict[str, Any]]:
    """Headline and entities of those findings in which a person takes part, with ids in place of persons' names."""
    rows = session.scalars(
        select(FindingRow)
        .where(FindingRow.finding_id.in_(findings), FindingRow.entities.any(FindingEntity.kind == PERSON))
        .order_by(FindingRow.finding_id)
        .options(selectinload(FindingRow.seen_in), selectinload(FindingRow.entities))
    )
    lines = {row.finding_id: without_persons(summary(row, row.entities[:ENTITIES]), row.entities) for row in rows}
    return {finding: {part: line[part] for part in ("headline", "entities")} for finding, line in lines.items()}


@router.post("/audit/taken", response_model=Mark)
def audit_taken(request: Request, body: CopiedTrail) -> Response:
    """Record a copy of the audit trail before the page makes it; the answer is the mark for it."""
    show(request, "audit table", (f"{body.first}-{body.last}",))
    return _mark(request)


def _mark(request: Request, **more: Any) -> Response:
    mark, tongue = watermark(request), language(request)
    columns = [{"heading": heading, "value": value} for heading, value in mark.columns(tongue)]
    return answer({"sentence": mark.sentence(tongue), "columns": columns, **more})

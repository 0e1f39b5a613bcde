"""Dossiers, snapshots, tables and graphs to take along: each marked with who took it, when and for what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from api.exporting import approved, attachment, watermark
from api.fields import FindingId, NodeId, PathId
from api.guard import GuardedRoute, heavy, principal, show, shown
from api.platform import Platform, platform_of
from api.problems import language
from api.routes.findings import whole
from api.routes.graph import checked, explorer, found
from api.scope import lead
from api.selection import Tabled
from api.whole import chosen_whole
from api.withheld import withheld, withheld_events, withheld_profile, withheld_records
from findings.store.filtering import Filter
from findings.store.listing import DEFAULT_SORT, list_findings, stream_findings
from findings.store.summary import ENTITIES, summary, without_persons
from i18n import Language
from queries.explore.regions import region_names
from queries.explore.shapes import node_id
from viz.dossier import finding_dossier, party_dossier, to_pdf
from viz.exports import (
    csv_bytes,
    csv_lines,
    edges_table,
    findings_table,
    followthemoney,
    graphml,
    nodes_table,
    xlsx_bytes,
)
from viz.snapshot import snapshot_html

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["exports"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
HTML = "text/html; charset=utf-8"
MOST_EVENTS = 2_000
MOST_LEADS = 500
MOST_NODES = 2_000

Said = Annotated[Literal["zh", "en"] | None, Query(alias="language", description="By `Accept-Language` if missing.")]


def _answers(*kinds: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}}}


class Taken(BaseModel):
    """A part of the graph to take along: these nodes, with the edges among them (or only `edges`)."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"nodes": ["Party/O1", "Party/O2"], "format": "graphml"}]}
    )
    nodes: Annotated[list[NodeId], Field(min_length=1, max_length=MOST_NODES)]
    edges: Annotated[list[Annotated[str, Field(max_length=600)]], Field(max_length=20_000)] | None = None
    format: Literal["graphml", "ftm", "csv", "xlsx", "snapshot"]


@router.get("/findings/export.csv", response_class=StreamingResponse, responses=_answers("text/csv"))
def findings_csv(request: Request, asked: Annotated[Tabled, Query()]) -> Response:
    """Every lead that the filter chooses, as a table, with ids in place of persons' names: a dossier has those, once a
    second person agreed. No formula in it runs in a spreadsheet."""
    wanted, tongue = asked.filter(principal(request)), asked.language or language(request)
    ids, subject = chosen_whole(platform_of(request), wanted)
    shown(request, subject)
    lines = csv_lines(findings_table(_summaries(platform_of(request), wanted, ids), tongue), watermark(request), tongue)
    headers = {"Content-Disposition": 'attachment; filename="findings.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type=CSV, headers=headers)


@router.get("/findings/export.xlsx", response_class=Response, responses=_answers(XLSX))
@heavy
def findings_xlsx(request: Request, asked: Annotated[Tabled, Query()]) -> Response:
    """Every lead that the filter chooses, as a workbook, with ids in place of persons' names."""
    wanted, tongue = asked.filter(principal(request)), asked.language or language(request)
    ids, subject = chosen_whole(platform_of(request), wanted)
    shown(request, subject)
    table = findings_table(_summaries(platform_of(request), wanted, ids), tongue)
    return attachment(xlsx_bytes([table], watermark(request), tongue), XLSX, "findings.xlsx")


def _summaries(platform: Platform, wanted: Filter, ids: frozenset[str]) -> Iterator[dict[str, Any]]:
    with platform.store.reading() as session:
        for row in stream_findings(session, wanted):
            if row.finding_id in ids:  # others came after the record was written
                yield without_persons(summary(row, row.entities[:ENTITIES]), row.entities)


@router.get("/findings/{finding_id}/dossier.html", response_class=HTMLResponse, responses=_answers("text/html"))
@heavy
def lead_dossier(request: Request, finding_id: FindingId, said: Said = None) -> Response:
    """The dossier of a lead as one file that stands by itself."""
    return attachment(_lead_dossier(request, finding_id, said), HTML, f"{finding_id}.html")


@router.get("/findings/{finding_id}/dossier.pdf", response_class=Response, responses=_answers("application/pdf"))
@heavy
def lead_dossier_pdf(request: Request, finding_id: FindingId, said: Said = None) -> Response:
    """The dossier of a lead as PDF."""
    return attachment(to_pdf(_lead_dossier(request, finding_id, said)), "application/pdf", f"{finding_id}.pdf")


def _lead_dossier(request: Request, finding_id: str, said: Language | None) -> str:
    platform = platform_of(request)
    body = whole(platform, principal(request), finding_id)
    tongue = said or language(request)
    approved(request, "finding_dossier", {"finding_id": finding_id})
    graph, document = explorer(request), body["document"]
    bundle = {
        **body,
        "graph": withheld(request, graph.finding_graph(document).as_dict()),
        "timeline": withheld_events(request, graph.finding_timeline(document).as_dict()),
        "records": withheld_records(request, {"items": [row.as_dict() for row in graph.finding_records(document)]}),
        "regions": region_names(graph.search),
        "snapshot_id": platform.versions()[0],
    }
    return finding_dossier(bundle, tongue, watermark(request))


@router.get("/findings/{finding_id}/snapshot.html", response_class=HTMLResponse, responses=_answers("text/html"))
@heavy
def lead_snapshot(request: Request, finding_id: FindingId, said: Said = None) -> Response:
    """The lead's graph as an interactive picture that stands by itself."""
    with platform_of(request).store.reading() as session:
        row = lead(session, principal(request), finding_id)
        document, title = row.document, row.headline_zh
    approved(request, "finding_snapshot", {"finding_id": finding_id})
    tongue = said or language(request)
    graph = withheld(request, explorer(request).finding_graph(document).as_dict())
    return attachment(snapshot_html(graph, title, tongue, watermark(request)), HTML, f"{finding_id}-graph.html")


@router.get("/parties/{party_id}/dossier.html", response_class=HTMLResponse, responses=_answers("text/html"))
@heavy
def of_party(request: Request, party_id: PathId, said: Said = None) -> Response:
    """The dossier of a party as one file that stands by itself."""
    return attachment(_party_dossier(request, party_id, said), HTML, f"{party_id}.html")


@router.get("/parties/{party_id}/dossier.pdf", response_class=Response, responses=_answers("application/pdf"))
@heavy
def of_party_pdf(request: Request, party_id: PathId, said: Said = None) -> Response:
    """The dossier of a party as PDF."""
    return attachment(to_pdf(_party_dossier(request, party_id, said)), "application/pdf", f"{party_id}.pdf")


def _party_dossier(request: Request, party_id: str, said: Language | None) -> str:
    platform, graph = platform_of(request), explorer(request)
    node = checked(request, [node_id("Party", party_id)])[0]
    profile = withheld_profile(request, found(lambda: graph.profile(party_id)))
    tongue = said or language(request)
    approved(request, "party_dossier", {"party_id": party_id})
    wanted = Filter(scope=principal(request).scope(), entities=(party_id,))
    with platform.store.reading() as session:
        page = list_findings(session, wanted, DEFAULT_SORT, MOST_LEADS)
        leads = {"items": page.items, "total": page.total}
    bundle = {
        "profile": profile,
        "findings": leads,
        "graph": withheld(request, graph.neighbourhood(node, guard=None).as_dict()["graph"]),
        "timeline": withheld_events(request, graph.timeline(node, limit=MOST_EVENTS).as_dict()),
        "regions": region_names(graph.search),
        "snapshot_id": platform.versions()[0],
    }
    return party_dossier(bundle, tongue, watermark(request))


@router.post(
    "/graph/export",
    response_class=Response,
    responses=_answers("application/xml", "application/json", "text/csv", XLSX, "text/html"),
)
@heavy
def graph_export(request: Request, body: Taken, said: Said = None) -> Response:
    """A part of the graph as GraphML, FollowTheMoney, tables or an interactive picture."""
    nodes = checked(request, body.nodes)
    show(request, f"graph {body.format}", nodes)
    tongue, mark = said or language(request), watermark(request)
    approved(request, f"graph_{body.format}", {"nodes": sorted(nodes), "edges": sorted(body.edges or ())})
    graph = withheld(request, explorer(request).subgraph(nodes).as_dict())
    if body.edges is not None:
        wanted = set(body.edges)
        graph["edges"] = [edge for edge in graph["edges"] if edge["id"] in wanted]
    if body.format == "graphml":
        return attachment(graphml(graph, mark, tongue), "application/xml", "graph.graphml")
    if body.format == "ftm":
        return attachment(followthemoney(graph, mark, tongue), "application/json", "graph.ftm.json")
    if body.format == "csv":
        return attachment(csv_bytes(edges_table(graph, tongue), mark, tongue), CSV, "edges.csv")
    if body.format == "xlsx":
        tables = [nodes_table(graph, tongue), edges_table(graph, tongue)]
        return attachment(xlsx_bytes(tables, mark, tongue), XLSX, "graph.xlsx")
    return attachment(snapshot_html(graph, "", tongue, mark), HTML, "graph.html")

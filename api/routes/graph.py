"""Search, profiles, neighbourhoods, paths: the graph for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.fields import Limit, Line, Listed, Minor, NodeId, Offset, PathId, Searched, listed
from api.guard import GuardedRoute, principal, show
from api.models import GraphShown, Neighbours, PathsShown, Searchresults, TimelineShown
from api.platform import platform_of
from api.problems import ApiProblem
from api.scope import check_nodes, outside, refuse_recused, visible_keys
from api.withheld import withheld, withheld_bids, withheld_events, withheld_paths, withheld_profile
from findings.access.principal import Scope
from graph.schema import NODES
from queries.explore import Explorer, NotFoundError
from queries.explore.shapes import node_id, split_id

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["graph"])

Label = Annotated[str, Path(pattern=r"^[A-Z][A-Za-z]{1,30}$", examples=["Party"])]
NodeKey = Annotated[str, Path(min_length=1, max_length=300, examples=["O000123"]), Line]
End = Annotated[
    str, Query(min_length=3, max_length=300, description="`Label/key` of a node.", examples=["Party/O1"]), Line
]
Hops = Annotated[int, Query(ge=1, le=8, description="The longest path.")]
MOST_NODES = 2_000
MOST_COMMON = 50
LABELS = tuple(dict.fromkeys(node.label for node in NODES))


class Nodes(BaseModel):
    """Nodes by their ids."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"nodes": ["Party/O1", "Party/O2"]}]})
    nodes: Annotated[list[NodeId], Field(min_length=1, max_length=MOST_NODES)]


class Few(Nodes):
    """A handful of nodes."""

    nodes: Annotated[list[NodeId], Field(min_length=2, max_length=MOST_COMMON)]


class Placed(BaseModel):
    """A node to lay out: `pinned` ones stay where they are."""

    model_config = ConfigDict(extra="forbid")
    id: NodeId
    x: Annotated[float, Field(ge=-1e7, le=1e7, allow_inf_nan=False)] | None = None
    y: Annotated[float, Field(ge=-1e7, le=1e7, allow_inf_nan=False)] | None = None
    pinned: bool = False


class Joined(BaseModel):
    """An edge to lay out."""

    model_config = ConfigDict(extra="ignore")
    source: NodeId
    target: NodeId


class Layout(BaseModel):
    """A graph to lay out, at most 2,000 nodes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "nodes": [{"id": "Party/O1", "x": 0, "y": 0, "pinned": True}, {"id": "Party/O2"}],
                    "edges": [{"source": "Party/O1", "target": "Party/O2"}],
                }
            ]
        },
    )
    nodes: Annotated[list[Placed], Field(max_length=MOST_NODES)]
    edges: Annotated[list[Joined], Field(max_length=20_000)]


class Positions(BaseModel):
    """Where each node goes."""

    positions: dict[str, Annotated[list[float], Field(min_length=2, max_length=2)]]


@router.get("/search", response_model=Searchresults)
def search(request: Request, q: Searched = "", kinds: Listed = None, limit: Limit = 20, offset: Offset = 0) -> Response:
    """Find anything by name (Chinese, pinyin, initials), credit code or id."""
    return _search(request, q, listed(kinds), limit, offset)


@router.get("/parties", response_model=Searchresults)
def parties(request: Request, q: Searched = "", limit: Limit = 20, offset: Offset = 0) -> Response:
    """Find persons, firms and public bodies."""
    return _search(request, q, ("official", "person", "firm", "public_body", "agent"), limit, offset)


def _search(request: Request, q: str, kinds: tuple[str, ...], limit: int, offset: int) -> Response:
    scope = principal(request).scope()
    keys = keys_in(request, scope)
    graph = explorer(request)
    hits = graph.search(q, kinds or None, scope.regions, keys, limit, offset, scope.recused).as_dict()
    show(request, "search", (item["id"] for item in hits["items"]))
    return answer(hits)


@router.get("/parties/{party_id}/timeline", response_model=TimelineShown)
def party_timeline(request: Request, party_id: PathId, limit: Limit = 200, offset: Offset = 0) -> Response:
    """What happened to and around a party, by day."""
    node = checked(request, [node_id("Party", party_id)])[0]
    events = found(lambda: explorer(request).timeline(node, limit=limit, offset=offset))
    return answer(withheld_events(request, events))


@router.get("/parties/{party_id}", response_model=dict[str, Any])
def party(request: Request, party_id: PathId) -> Response:
    """A party's profile."""
    checked(request, [node_id("Party", party_id)])
    return answer(withheld_profile(request, found(lambda: explorer(request).profile(party_id))))


@router.get("/graph/nodes/{label}/{node_key:path}/neighbourhood", response_model=Neighbours)
def neighbourhood(
    request: Request,
    label: Label,
    node_key: NodeKey,
    types: Listed = None,
    direction: Literal["out", "in", "both"] = "both",
    from_day: Annotated[date | None, Query(alias="from")] = None,
    to_day: Annotated[date | None, Query(alias="to")] = None,
    min_amount: Minor = None,
    order: Literal["amount", "date"] = "amount",
    limit: Limit = 40,
    offset: Offset = 0,
    unguarded: bool = False,
) -> Response:
    """A node's neighbours, a page of them; before more than 30 the counts by type instead (`guarded`)."""
    node = checked(request, [node_id(label, node_key)])[0]
    result = found(
        lambda: explorer(request).neighbourhood(
            node,
            types=listed(types) or None,
            direction=direction,
            from_day=from_day,
            to_day=to_day,
            min_amount=min_amount,
            order=order,
            limit=limit,
            offset=offset,
            guard=None if unguarded else 30,
        )
    )
    return answer({**result, "graph": withheld(request, result["graph"])})


@router.get("/graph/nodes/{label}/{node_key:path}", response_model=dict[str, Any])
def node(request: Request, label: Label, node_key: NodeKey) -> Response:
    """One node with its properties and the source row that it stands on."""
    return answer(found(lambda: explorer(request).node(checked(request, [node_id(label, node_key)])[0])))


@router.get("/graph/paths", response_model=PathsShown)
def paths(
    request: Request, source: End, target: End, max_hops: Hops = 4, types: Listed = None, limit: Limit = 10
) -> Response:
    """The shortest paths between two nodes."""
    a, b = checked(request, [source, target])
    result = found(
        lambda: explorer(request).shortest_paths(a, b, types=listed(types) or None, max_hops=max_hops, limit=limit)
    )
    return answer(withheld_paths(request, result))


@router.get("/graph/money-paths", response_model=PathsShown)
def money_paths(
    request: Request,
    source: End,
    target: End,
    from_day: Annotated[date | None, Query(alias="from")] = None,
    to_day: Annotated[date | None, Query(alias="to")] = None,
    max_hops: Hops = 4,
    min_percent: Annotated[int, Query(ge=1, le=100, description="What each party passes on of what it got.")] = 50,
    within_days: Annotated[int, Query(ge=0, le=3650, description="How long money stays with a party.")] = 30,
    limit: Limit = 10,
) -> Response:
    """How money went from one to the other: each payment after the one before, and no larger."""
    a, b = checked(request, [source, target])
    result = found(
        lambda: explorer(request).money_paths(
            a,
            b,
            from_day=from_day,
            to_day=to_day,
            max_hops=max_hops,
            min_ratio=min_percent / 100,
            within_days=within_days,
            limit=limit,
        )
    )
    return answer(withheld_paths(request, result))


@router.post("/graph/common", response_model=GraphShown)
def common(request: Request, body: Few, limit: Limit = 100) -> Response:
    """What several nodes have in common."""
    nodes = checked(request, body.nodes)
    return answer(withheld(request, found(lambda: explorer(request).common_neighbours(nodes, limit=limit))))


@router.post("/graph/subgraph", response_model=GraphShown)
def subgraph(request: Request, body: Nodes) -> Response:
    """Nodes with all edges among them."""
    nodes = checked(request, body.nodes)
    return answer(withheld(request, found(lambda: explorer(request).subgraph(nodes))))


@router.post("/graph/layout", response_model=Positions)
def layout(request: Request, body: Layout) -> Response:
    """Coordinates for a graph; pinned nodes stay where they are."""
    from viz.layout import positions

    ids = [placed.id for placed in body.nodes]
    known = set(ids)
    edges = [(e.source, e.target) for e in body.edges if e.source in known and e.target in known]
    pinned = {p.id: (p.x, p.y) for p in body.nodes if p.pinned and p.x is not None and p.y is not None}
    return answer({"positions": positions(ids, edges, pinned)})


@router.get("/records/{ref}", response_model=dict[str, Any])
def record(
    request: Request,
    ref: Annotated[str, Path(pattern=r"^[a-z_]{2,40}:[0-9a-f]{16}$", examples=["bids:00a1b2c3d4e5f607"])],
) -> Response:
    """The source row that a reference leads to."""
    row = found(lambda: explorer(request).record(ref))
    named = {str(value) for value in row["columns"].values()}
    scope = principal(request).scope()
    refuse_recused(scope, named)
    if scope.regions is not None or scope.agencies is not None:
        _check_row(request, scope, named)
    return answer(row)


def _check_row(request: Request, scope: Scope, named: Iterable[str]) -> None:
    """Refuse a source row that names nothing inside the scope: its reference can be reckoned from an id."""
    known = explorer(request).nodes(node_id(label, key) for key in named for label in LABELS)
    nodes = [(node.key, node.region) for node in known.values()]
    with platform_of(request).store.reading() as session:
        if not {key for key, _ in nodes} - outside(session, scope, nodes):
            raise ApiProblem("api_not_found")


@router.get("/tenders/{tender_id}/prices", response_model=dict[str, Any])
def prices(request: Request, tender_id: PathId) -> Response:
    """The bids of a tender with their prices and the ceiling."""
    checked(request, [node_id("Tender", tender_id)])
    return answer(withheld_bids(request, found(lambda: explorer(request).tender_prices(tender_id))))


def explorer(request: Request) -> Explorer:
    """The graph of the current snapshot."""
    return platform_of(request).view().explorer


def keys_in(request: Request, scope: Scope) -> frozenset[str] | None:
    """Whom the caller may look for, None without such a limit: one by region the index of names knows by itself."""
    if scope.agencies is None:
        return None
    with platform_of(request).store.reading() as session:
        return scope.agencies | visible_keys(session, scope)


def found(read: Callable[[], Any]) -> Any:
    """What is read, as JSON.

    Raises:
        ApiProblem: there is no such thing.
    """
    try:
        result = read()
    except NotFoundError as error:
        raise ApiProblem("api_not_found") from error
    return result.as_dict() if hasattr(result, "as_dict") else result


def checked(request: Request, nodes: Iterable[str]) -> list[str]:
    """Ids of nodes that the caller may see; tells the trail.

    Raises:
        ApiProblem: one does not exist, is outside the scope, or is a recused party.
    """
    given = list(nodes)
    who, platform = principal(request), platform_of(request)
    try:
        keys = [split_id(node)[1] for node in given]
    except ValueError:
        raise ApiProblem("api_not_found") from None
    show(request, "graph", given)
    scope = who.scope()
    refuse_recused(scope, keys)
    if scope.regions is not None or scope.agencies is not None:
        nodes = explorer(request).nodes(given)
        regions = {name: node.region for name, node in nodes.items()}
        with platform.store.reading() as session:
            check_nodes(session, who, [(key, regions.get(name)) for key, name in zip(keys, given, strict=True)])
    return given

"""What a recused caller is not shown in an answer about something else: each part says how much it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request

from api.guard import principal
from queries.explore.shapes import node_id


def withheld(request: Request, graph: dict[str, Any]) -> dict[str, Any]:
    """The graph without the parties that the caller is recused from; `withheld` says how many nodes that were."""
    recused = principal(request).scope().recused
    out = {node["id"] for node in graph["nodes"] if node["key"] in recused} if recused else set()
    if not out:
        return {**graph, "withheld": 0}
    return {
        **graph,
        "nodes": [node for node in graph["nodes"] if node["id"] not in out],
        "edges": [edge for edge in graph["edges"] if edge["source"] not in out and edge["target"] not in out],
        "shown": graph["shown"] - len(out),
        "withheld": len(out),
    }


def withheld_paths(request: Request, result: dict[str, Any]) -> dict[str, Any]:
    """Paths without those that lead through a recused party."""
    graph = withheld(request, result["graph"])
    shown = {node["id"] for node in graph["nodes"]}
    return {**result, "graph": graph, "paths": [path for path in result["paths"] if shown.issuperset(path["nodes"])]}


def withheld_events(request: Request, timeline: dict[str, Any]) -> dict[str, Any]:
    """A timeline without the events in which a recused party takes part."""
    out = {node_id("Party", key) for key in principal(request).scope().recused}
    kept = _without(timeline, "events", lambda event: not out.isdisjoint(event["nodes"]))
    return {**kept, "shown": len(kept["events"])}


def withheld_bids(request: Request, prices: dict[str, Any]) -> dict[str, Any]:
    """A tender's bids without those of recused parties."""
    recused = principal(request).scope().recused
    return _without(prices, "bids", lambda bid: bid["bidder_id"] in recused)


def withheld_groups(request: Request, found: dict[str, Any]) -> dict[str, Any]:
    """Groups of firms without those that a recused party is in."""
    recused = principal(request).scope().recused
    return _without(found, "communities", lambda group: any(firm["id"] in recused for firm in group["firms"]))


def withheld_records(request: Request, rows: dict[str, Any]) -> dict[str, Any]:
    """Source rows without those that name a recused party; `total` is of those that are left."""
    recused = principal(request).scope().recused
    kept = _without(rows, "items", lambda row: not recused.isdisjoint(map(str, row["columns"].values())))
    return {**kept, "total": len(kept["items"])}


def withheld_profile(request: Request, profile: dict[str, Any]) -> dict[str, Any]:
    """A profile without the party's own row where that names a recused party, such as its legal representative."""
    rows = {"items": [profile["record"]] if profile["record"] else []}
    left = withheld_records(request, rows)
    return {**profile, "record": next(iter(left["items"]), None), "withheld": left["withheld"]}


def _without(answer: dict[str, Any], part: str, hidden: Callable[[Any], bool]) -> dict[str, Any]:
    kept = [item for item in answer[part] if not hidden(item)]
    return {**answer, part: kept, "withheld": len(answer[part]) - len(kept)}

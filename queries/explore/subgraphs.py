"""All edges among some nodes, and the graph, the timeline and the rows behind a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from graph.engine import GraphEngine
from queries.explore.cards import Cards
from queries.explore.edges import ENDS, LABELS, RawEdge, assemble, bundled, end_id, order
from queries.explore.shapes import Edge, Graph, Node, node_id
from queries.explore.vocabulary import sentence

_AMONG = (
    "UNWIND $ids AS id MATCH (a:{label} {{id: id}})-[r]->(b) WHERE b.id IN $all "
    "RETURN id AS source, type(r) AS type, labels(b) AS labels, b.id AS target, properties(r) AS properties"
)
_BIDS = (
    "UNWIND $parties AS id MATCH (p:Party {id: id})-[r:SUBMITTED]->(b:Bid)-[:BID_FOR]->(t:Tender) "
    "WHERE t.id IN $tenders RETURN id AS party, b.id AS bid, t.id AS tender"
)

BIDS = "BIDS"
"""A bid drawn as one edge from bidder to tender, where the bid itself is not on the canvas."""

_LABEL_OF_KIND = {"person": "Party", "org": "Party", **{label.lower(): label for label in LABELS}}
_LABEL_OF_KIND |= dict.fromkeys(("phone", "email", "address", "account"), "Contact")


def among(engine: GraphEngine, nodes: Mapping[str, Node], cards: Cards) -> list[Edge]:
    """Every edge of the graph whose both ends are among the nodes."""
    keys: dict[str, list[str]] = {}
    for node in nodes.values():
        keys.setdefault(node.label, []).append(node.key)
    everything = sorted({node.key for node in nodes.values()})
    raws = []
    for label, ids in sorted(keys.items()):
        if label not in LABELS:
            continue
        for row in engine.rows(_AMONG.format(label=label), {"ids": sorted(ids), "all": everything}):
            target = end_id(row["labels"], row["target"])
            if target in nodes:
                raws.append(RawEdge(row["type"], node_id(label, row["source"]), target, row["properties"]))
    return assemble(raws, nodes, cards)


def subgraph(engine: GraphEngine, ids: Iterable[str], cards: Cards, *, bundle: bool) -> Graph:
    """Some nodes and all edges among them; ids that no node has are left out."""
    found = {node.id: node for node in cards.nodes(ids).values()}
    return Graph.whole(found.values(), bundled(among(engine, found, cards), found, every=bundle))


def finding_graph(
    engine: GraphEngine, document: Mapping[str, Any], cards: Cards, beside: Iterable[str] = (), *, bundle: bool
) -> Graph:
    """What a finding names and the nodes `beside` it, with every edge among them; its own pattern is marked `own`."""
    links = document["evidence"]["edges"]
    labels = _labels(document, cards)
    named = {key: node_id(label, key) for key, label in labels.items()}
    found = cards.nodes([*named.values(), *beside])
    for key, label in labels.items():
        if named[key] not in found:
            found[named[key]] = Node(named[key], label, key, "other", key)
    context = among(engine, found, cards)
    edges = _marked(links, named, context, found) + _bids_between(engine, found, cards)
    nodes = {node.id: node for node in found.values()}
    return Graph.whole(
        sorted(nodes.values(), key=lambda n: n.id), bundled(sorted(edges, key=order), found, every=bundle)
    )


def _labels(document: Mapping[str, Any], cards: Cards) -> dict[str, str]:
    """The label of each id that a finding names: entities say it, edges imply it, else the cards know it."""
    labels: dict[str, str] = {}
    for edge in document["evidence"]["edges"]:
        if edge["type"] in ENDS:
            labels[edge["source"]], labels[edge["target"]] = ENDS[edge["type"]]
    for entity in document["entities"]:
        if label := _LABEL_OF_KIND.get(entity["kind"]):
            labels[entity["id"]] = label
    names = dict.fromkeys([*(e["id"] for e in document["entities"]), *document["evidence"]["nodes"]])
    unknown = [key for key in names if key not in labels]
    known = cards.of_any_label(unknown) if unknown else {}
    for key in unknown:
        labels[key] = known[key][0].label if key in known else "Other"
    return labels


def _marked(
    links: Iterable[Mapping[str, Any]], named: Mapping[str, str], context: list[Edge], nodes: Mapping[str, Node]
) -> list[Edge]:
    """The context with the finding's own edges marked; one that the graph does not have is added."""
    by_ends: dict[tuple[str, str, str], list[int]] = {}
    for place, edge in enumerate(context):
        by_ends.setdefault((edge.type, edge.source, edge.target), []).append(place)
    edges = list(context)
    added: dict[str, Edge] = {}
    for link in links:
        source, target = nodes[named[link["source"]]], nodes[named[link["target"]]]
        places = by_ends.get((link["type"], source.id, target.id), ())
        matching = [p for p in places if link["ref"] is None or edges[p].ref == link["ref"]]
        for place in matching:
            edges[place] = replace(edges[place], own=True)
        if not matching:
            edge = Edge(
                id=f"{link['type']}:{link['ref']}:{source.id}>{target.id}",
                type=link["type"],
                source=source.id,
                target=target.id,
                text=sentence(link["type"], source.name, target.name, properties={}),
                ref=link["ref"],
                own=True,
            )
            added[edge.id] = edge
    return edges + list(added.values())


def _bids_between(engine: GraphEngine, nodes: Mapping[str, Node], cards: Cards) -> list[Edge]:
    """Bids of the finding's parties for its tenders that are not nodes themselves, each drawn as one edge."""
    parties = sorted({n.key for n in nodes.values() if n.label == "Party"})
    tenders = sorted({n.key for n in nodes.values() if n.label == "Tender"})
    if not parties or not tenders:
        return []
    rows = [
        row
        for row in engine.rows(_BIDS, {"parties": parties, "tenders": tenders})
        if node_id("Bid", row["bid"]) not in nodes
    ]
    bids = cards.nodes(node_id("Bid", row["bid"]) for row in rows)
    edges = []
    for row in rows:
        bid = bids[node_id("Bid", row["bid"])]
        party, tender = node_id("Party", row["party"]), node_id("Tender", row["tender"])
        edges.append(
            Edge(
                id=f"{BIDS}:{bid.ref}:{party}>{tender}",
                type=BIDS,
                source=party,
                target=tender,
                text=sentence(
                    BIDS,
                    nodes[party].name,
                    nodes[tender].name,
                    properties={},
                    amount=bid.amount,
                    currency=bid.currency,
                    day=bid.day,
                ),
                ref=bid.ref,
                amount=bid.amount,
                currency=bid.currency,
                day=bid.day,
                properties={k: bid.properties[k] for k in ("is_winner", "rank", "status") if k in bid.properties},
            )
        )
    return edges

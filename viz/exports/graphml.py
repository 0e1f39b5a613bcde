"""A graph as GraphML, for Gephi, yEd, Cytoscape or NetworkX."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import networkx as nx

from i18n import Language
from viz import wording
from viz.plain import plain
from viz.watermark import Watermark

Value = str | int | float | bool


def to_networkx(graph: Mapping[str, Any], language: Language) -> nx.MultiDiGraph[str]:
    """The graph with flat attributes; sums are in currency units, as text in `exact` and as a number in `amount`."""
    network: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for node in graph.get("nodes") or ():
        network.add_node(
            plain(node["id"]),
            **_attributes(node, language),
            label=wording.name_of(node),
            kind_name=wording.term("kind", node.get("kind"), language),
        )
    known = set(network)
    for edge in graph.get("edges") or ():
        source, target = plain(edge["source"]), plain(edge["target"])
        if source in known and target in known:
            network.add_edge(
                source,
                target,
                key=plain(edge.get("id")) or None,
                **_attributes(edge, language),
                label=wording.relation(edge["type"], language),
            )
    return network


def graphml(graph: Mapping[str, Any], watermark: Watermark, language: Language) -> bytes:
    """The graph as GraphML in UTF-8; who took it out and when are attributes of the graph."""
    network = to_networkx(graph, language)
    network.graph.update(
        exported_by=plain(watermark.user), exported_at=watermark.moment, purpose=plain(watermark.purpose)
    )
    written = io.BytesIO()
    nx.write_graphml_xml(network, written, encoding="utf-8", prettyprint=True, named_key_ids=False)
    return written.getvalue()


_RENAMED = {"label": "node_label", "id": "row_id"}
"""Names that GraphML readers take for their own."""


def _attributes(item: Mapping[str, Any], language: Language) -> dict[str, Value]:
    """Flat attributes; empty ones are left out, nested ones become text."""
    flat: dict[str, Value] = {}
    properties = {f"property_{name}": value for name, value in (item.get("properties") or {}).items()}
    own = {name: value for name, value in item.items() if name not in ("properties", "source", "target")}
    for name, value in {**own, **properties}.items():
        if value is None or value == "":
            continue
        name = _RENAMED.get(name, plain(name))
        if name == "amount":
            flat["amount"], flat["exact"] = int(value) / 100, wording.exact(int(value), item.get("currency"), "en")
        elif name == "text":
            flat["text"] = wording.said(value, language)
        elif isinstance(value, bool | int | float):
            flat[name] = float(value) if isinstance(value, float) else value
        else:
            flat[name] = plain(value) if isinstance(value, str) else plain(json.dumps(value, ensure_ascii=False))
    return flat

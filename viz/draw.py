"""A graph as a static picture file, for notebooks and reports: NetworkX and matplotlib."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import networkx as nx
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.path import Path as MarkerPath

from i18n import Language, Problem, text
from viz.bundling import Bundle, bundles
from viz.layout import Position, lying, positions
from viz.plain import line, two_lines
from viz.watermark import Watermark
from viz.wording import name_of

FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans CJK JP",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Zen Hei",
)
"""Fonts with Chinese characters, the preferred first; a collection file may be known under another region's name."""
FILES = re.compile(r"(noto.*cjk|notosanssc|sourcehansans|pingfang|msyh|simhei|wqy)", re.IGNORECASE)
"""File names of such fonts, where matplotlib's list of fonts is older than the font."""
FORMATS = (".svg", ".png", ".pdf")
_FIRM = MarkerPath(
    [(-1, 0.4), (-0.8, 0.6), (0.8, 0.6), (1, 0.4), (1, -0.4), (0.8, -0.6), (-0.8, -0.6), (-1, -0.4), (-1, 0.4)]
)
"""A wide box with broken corners."""
MARKERS: dict[str, Any] = {
    "official": "o",
    "person": "o",
    "firm": _FIRM,
    "agent": "P",
    "public_body": "s",
    "tender": "h",
    "bid": "h",
    "contract": "p",
    "payment": "D",
    "debt": "8",
    "project": ">",
    "fund": "d",
}
"""matplotlib's marker of each kind of node; contacts and devices are triangles."""
SMALL = frozenset({"bid", "account", "phone", "email", "address", "device", "other"})
DASHES: dict[str, Any] = {
    "role": "dashed",
    "contact": "dotted",
    "kinship": (0, (1, 1)),
}
INCHES = 1 / 72
LABEL = 9.0
TEXT = 8.0


class DrawError(Problem):
    """The picture cannot be written; the message says what to change."""


def draw(
    graph: Mapping[str, Any] | nx.Graph[Any],
    path: Path | str,
    *,
    language: Language = "zh",
    title: str = "",
    places: Mapping[str, Position] | None = None,
    watermark: Watermark | None = None,
) -> Path:
    """Draw a graph to `path`; its ending, `.svg`, `.png` or `.pdf`, is the format. Returns the path.

    `graph` is `{nodes, edges}` as the explorer has it, or a NetworkX graph (attributes `name`, `kind` of nodes; `type`,
    `amount`, `day` of edges, all optional). Shapes tell kinds apart, line styles tell relations apart, parallel edges
    are one line with their count and sum. The same graph gives the same bytes.

    Raises:
        DrawError: the ending is none of the three.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise DrawError("export_picture_format", suffix=path.suffix or str(path))
    shape = graph if isinstance(graph, Mapping) else from_networkx(graph)
    nodes = {str(node["id"]): node for node in shape.get("nodes") or ()}
    lines = [b for b in bundles(shape.get("edges") or ()) if b.source in nodes and b.target in nodes]
    where = positions(nodes, [(b.source, b.target) for b in lines], places)
    if not places:
        where = lying(where)
    where = {node: (x, -y) for node, (x, y) in where.items()}
    figure = _figure(nodes, lines, where, language, title, watermark)
    metadata: dict[str, Any] = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower(), {})
    with mpl.rc_context({"svg.hashsalt": "qingfeng", "svg.fonttype": "none"}):
        figure.savefig(path, dpi=150, metadata=metadata)
    return path


def from_networkx(graph: nx.Graph[Any]) -> dict[str, Any]:
    """A NetworkX graph in the shape `{nodes, edges}`."""
    nodes = [{"kind": "other", "name": str(node), **data, "id": str(node)} for node, data in graph.nodes(data=True)]
    edges = [
        {"type": "", "id": f"e{number}", **data, "source": str(source), "target": str(target)}
        for number, (source, target, data) in enumerate(graph.edges(data=True))
    ]
    return {"nodes": nodes, "edges": edges}


def _figure(
    nodes: Mapping[str, Mapping[str, Any]],
    lines: list[Bundle],
    where: Mapping[str, Position],
    language: Language,
    title: str,
    watermark: Watermark | None,
) -> Figure:
    xs, ys = [x for x, _ in where.values()] or [0.0], [y for _, y in where.values()] or [0.0]
    left, right, low, high = min(xs) - 110, max(xs) + 110, min(ys) - 80, max(ys) + 50
    figure = Figure(figsize=(min(60.0, (right - left) * INCHES), min(60.0, (high - low + 40) * INCHES)))
    axes = figure.add_axes((0.0, 0.04, 1.0, 0.9))
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    axes.set_axis_off()
    families: Any = _families()
    network: Any = nx.MultiDiGraph()
    network.add_nodes_from(nodes)
    seen: dict[frozenset[str], int] = {}
    for bundle in lines:
        ends = frozenset((bundle.source, bundle.target))
        turn = seen[ends] = seen.get(ends, -1) + 1
        bend = (0.0, 0.18, -0.18, 0.34, -0.34)[min(turn, 4)] * (1 if bundle.source < bundle.target else -1)
        network.add_edge(bundle.source, bundle.target, key=f"{bundle.type}{turn}")
        edge = [(bundle.source, bundle.target, f"{bundle.type}{turn}")]
        course = f"arc3,rad={bend}"
        line_style: Any = DASHES.get(bundle.style, "solid")
        nx.draw_networkx_edges(
            network,
            where,
            edgelist=edge,
            ax=axes,
            arrows=True,
            arrowstyle="-|>" if bundle.directed else "-",
            arrowsize=11,
            width=2.2 if bundle.style == "money" else 0.8 if bundle.style == "trade" else 1.3,
            style=line_style,
            edge_color="#555555",
            connectionstyle=course,
            node_size=620,
        )
        nx.draw_networkx_edge_labels(
            network,
            where,
            edge_labels={edge[0]: _literal("\n".join(two_lines(bundle.label(language), 14)))},
            ax=axes,
            font_size=TEXT - 1,
            font_family=families,
            connectionstyle=course,
            rotate=False,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.6},
        )
    for node, attributes in nodes.items():
        kind = str(attributes.get("kind"))
        x, y = where[node]
        marker = axes.scatter(
            [x],
            [y],
            s=180 if kind in SMALL else 420,
            marker=MARKERS.get(kind, "^"),
            facecolor="#d0d5dd" if kind in SMALL else "#ffffff",
            edgecolor="#111111",
            linewidth=1.3,
            zorder=3,
        )
        if kind == "official":
            marker.set_linewidth(3.0)
        words = _literal("\n".join(two_lines(name_of(attributes), LABEL)))
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 0.5}
        axes.text(x, y - 17, words, ha="center", va="top", fontsize=TEXT, family=families, bbox=box, zorder=4)
    if title:
        figure.text(0.01, 0.96, _literal(line(title)), ha="left", fontsize=11, family=families)
    foot = watermark.sentence(language) if watermark else text("export.lead_not_verdict", language)
    figure.text(0.01, 0.01, _literal(foot), ha="left", fontsize=7, color="#444444", family=families)
    return figure


def _literal(words: str) -> str:
    """The words as they are: matplotlib takes what stands between dollar signs for a formula."""
    return words.replace("$", r"\$")


@functools.cache
def _families() -> tuple[str, ...]:
    """The fonts to try for each character, in this order."""
    if not any(font.name in FONTS for font in font_manager.fontManager.ttflist):
        for file in sorted(font_manager.findSystemFonts()):
            if FILES.search(Path(file).name):
                font_manager.fontManager.addfont(file)
    known = {font.name for font in font_manager.fontManager.ttflist}
    return (*(font for font in FONTS if font in known), "DejaVu Sans")

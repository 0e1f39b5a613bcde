"""The graph as a static SVG: shapes and line styles carry the meaning, so it reads in black and white."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from i18n import Language, text
from viz.bundling import Bundle, bundles
from viz.layout import HEIGHT, WIDTH, Position, lying, positions
from viz.plain import columns, shortened, two_lines
from viz.symbols import RADIUS, symbol
from viz.wording import name_of, term

LIMIT = 60
"""Most nodes that a printed sheet shows legibly."""
FONT = 12.0
SMALL = 10.0
STRETCH = 1.45
"""Paper has more words on its lines than the screen, so nodes stand farther apart."""
LABEL = 9.5
"""Width of a label's line, in Chinese characters."""
EDGE_LABEL = 16.0
LABELLED = 80
"""Most lines that are labelled: more labels would hide the lines, and the table beside the picture has them."""
ALONG = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
"""Where on a line its label may stand, the best first."""
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""
LINES = {
    "ownership": 'stroke-width="1.6"',
    "role": 'stroke-width="1.4" stroke-dasharray="7 4"',
    "kinship": 'stroke-width="4.5"',
    "contact": 'stroke-width="1.6" stroke-dasharray="1.5 4" stroke-linecap="round"',
    "trade": 'stroke-width="0.9"',
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG element, how many nodes it shows, and of how many."""

    svg: str
    shown: int
    total: int


def picture(
    graph: Mapping[str, Any],
    language: Language,
    *,
    strong: Collection[str] = (),
    limit: int = LIMIT,
    places: Mapping[str, Position] | None = None,
) -> Picture:
    """Draw a graph `{nodes, edges}`.

    `strong` are the nodes that the matter is about: drawn bold, and kept where the graph has more than `limit` nodes
    (after them those with the most links). `places` keeps nodes where the reader has seen them.
    """
    nodes = _chosen(graph, strong, limit)
    lines = [b for b in bundles(graph.get("edges") or ()) if b.source in nodes and b.target in nodes]
    where = positions(nodes, [(b.source, b.target) for b in lines], places)
    if not places:
        where = lying({node: (x * STRETCH, y * STRETCH) for node, (x, y) in where.items()})
    total = max(int(graph.get("total") or 0), len(graph.get("nodes") or ()))
    return Picture(_svg(nodes, lines, where, frozenset(strong), language), len(nodes), total)


def _chosen(graph: Mapping[str, Any], strong: Collection[str], limit: int) -> dict[str, Mapping[str, Any]]:
    nodes = {str(node["id"]): node for node in graph.get("nodes") or ()}
    if len(nodes) <= limit:
        return nodes
    degree = Counter(str(edge[end]) for edge in graph.get("edges") or () for end in ("source", "target"))
    best = sorted(nodes, key=lambda node: (node not in strong, -degree[node], node))[:limit]
    return {node: nodes[node] for node in best}


def _svg(
    nodes: Mapping[str, Mapping[str, Any]],
    lines: list[Bundle],
    where: Mapping[str, Position],
    strong: frozenset[str],
    language: Language,
) -> str:
    xs = [x for x, _ in where.values()] or [0.0]
    ys = [y for _, y in where.values()] or [0.0]
    left, top = min(xs) - WIDTH * 0.75, min(ys) - RADIUS - 22
    width, height = max(xs) + WIDTH * 0.75 - left, max(ys) + HEIGHT * 0.75 + 14 - top
    title = escape(text("export.picture", language))
    parts = [
        f'<svg class="picture" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{title}" '
        f'viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'font-family="Noto Sans SC, Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, sans-serif">'
    ]
    between: dict[frozenset[str], int] = defaultdict(int)
    count = Counter(frozenset((b.source, b.target)) for b in lines)
    taken = [_extent(node, where[key]) for key, node in nodes.items()]
    labels = []
    for bundle in lines:
        ends = frozenset((bundle.source, bundle.target))
        turn = between[ends] - (count[ends] - 1) / 2
        between[ends] += 1
        drawn, path = _line(bundle, where, turn, strong, language)
        parts.append(drawn)
        if len(lines) <= LABELLED:
            labels.append(_label(bundle.label(language), path, taken))
    parts += [_node(node, where[key], key in strong, language) for key, node in nodes.items()]
    parts += labels
    return "".join(parts) + "</svg>"


def _extent(node: Mapping[str, Any], place: Position) -> Box:
    """What a node covers with its label."""
    lines = [*two_lines(name_of(node), LABEL), "…"]
    half = max(RADIUS, max(columns(words) for words in lines) * FONT / 2)
    return place[0] - half, place[1] - RADIUS, place[0] + half, place[1] + 24 + 14 * len(lines)


def _line(
    bundle: Bundle, where: Mapping[str, Position], turn: float, strong: frozenset[str], language: Language
) -> tuple[str, tuple[Position, Position, Position]]:
    """The line, bent where several join the same two nodes, and its course: start, bend, end."""
    (x1, y1), (x2, y2) = where[bundle.source], where[bundle.target]
    colour = "#111" if bundle.own or not strong or {bundle.source, bundle.target} <= strong else "#777"
    tip = f"<title>{escape(bundle.sentence(language))}</title>"
    if bundle.source == bundle.target:
        loop = f'<path d="M{x1 - 8:.1f},{y1 - 18:.1f}c-22,-40 38,-40 16,0" fill="none" stroke="{colour}"/>'
        return f"<g>{tip}{loop}</g>", ((x1, y1 - 48), (x1, y1 - 48), (x1, y1 - 48))
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    sign = 1 if bundle.source < bundle.target else -1  # both directions between two nodes bend to different sides
    across = ((y2 - y1) / length * sign, -(x2 - x1) / length * sign)
    bend = turn * 44
    mx, my = (x1 + x2) / 2 + across[0] * bend, (y1 + y2) / 2 + across[1] * bend
    start, end = _rim((x1, y1), (mx, my), 2), _rim((x2, y2), (mx, my), 9 if bundle.directed else 2)
    path = f'd="M{start[0]:.1f},{start[1]:.1f}Q{mx:.1f},{my:.1f} {end[0]:.1f},{end[1]:.1f}" fill="none"'
    if bundle.style == "money":
        thick = 1.5 + min(3.5, max(0.0, math.log10(max(1, abs(bundle.amount or 0)) / 1e6)) * 0.8)
        drawn = f'<path {path} stroke="{colour}" stroke-width="{thick:.1f}"/>'
    else:
        drawn = f'<path {path} stroke="{colour}" {LINES[bundle.style]}/>'
    if bundle.style == "kinship":
        drawn += f'<path {path} stroke="#fff" stroke-width="2"/>'
    if bundle.directed:
        drawn += _arrow(end, (mx, my), colour)
    return f"<g>{tip}{drawn}</g>", (start, (mx, my), end)


def _rim(centre: Position, towards: Position, gap: float) -> Position:
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    length = math.hypot(dx, dy) or 1.0
    return centre[0] + dx / length * (RADIUS + gap), centre[1] + dy / length * (RADIUS + gap)


def _arrow(tip: Position, source: Position, colour: str) -> str:
    angle = math.atan2(tip[1] - source[1], tip[0] - source[0])
    x, y = tip[0] + 8 * math.cos(angle), tip[1] + 8 * math.sin(angle)
    points = " ".join(
        f"{x - 11 * math.cos(angle + side):.1f},{y - 11 * math.sin(angle + side):.1f}" for side in (-0.4, 0.4)
    )
    return f'<polygon points="{x:.1f},{y:.1f} {points}" fill="{colour}"/>'


def _label(words: str, course: tuple[Position, Position, Position], taken: list[Box]) -> str:
    """A label on a line, where along it the fewest others are covered; on white, so that it reads over lines."""
    lines = two_lines(words, EDGE_LABEL)
    if not lines:
        return ""
    width, height = max(columns(words) for words in lines) * SMALL + 4, len(lines) * 12 + 2

    def box(share: float) -> Box:
        x, y = (
            (1 - share) ** 2 * a + 2 * share * (1 - share) * b + share**2 * c for a, b, c in zip(*course, strict=True)
        )
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    left, top, right, bottom = min(map(box, ALONG), key=lambda place: sum(_covered(place, other) for other in taken))
    taken.append((left, top, right, bottom))
    said = "".join(
        f'<text x="{(left + right) / 2:.1f}" y="{top + 10 + 12 * n:.1f}" font-size="{SMALL:g}" text-anchor="middle" '
        f'fill="#333">{escape(words)}</text>'
        for n, words in enumerate(lines)
    )
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height}" fill="#fff" fill-opacity="0.88"/>'
        f"{said}"
    )


def _covered(one: Box, other: Box) -> float:
    """The area that two boxes have in common."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0


def _node(node: Mapping[str, Any], place: Position, bold: bool, language: Language) -> str:
    name = name_of(node)
    kind = term("kind", node.get("kind"), language)
    weight, stroke = ("bold", 2.4) if bold else ("normal", 1.3)
    fill = "#fff" if bold else "#f2f4f7"
    parts = [
        f'<g transform="translate({place[0]:.1f},{place[1]:.1f})"><title>{escape(kind)}: {escape(name)}</title>'
        f'<g fill="{fill}" stroke="#111" stroke-width="{stroke}">{symbol(node.get("kind"))}</g>'
    ]
    lines = [*two_lines(name, LABEL), shortened(kind, LABEL)]
    half = max(columns(words) for words in lines) * FONT / 2
    parts.append(
        f'<rect x="{-half:.1f}" y="{RADIUS + 2:g}" width="{2 * half:.1f}" height="{14 * len(lines) + 2}" '
        'fill="#fff" fill-opacity="0.8"/>'
    )
    for number, words in enumerate(lines):
        last = number == len(lines) - 1
        look = f'font-size="{SMALL:g}" fill="#555"' if last else f'font-size="{FONT:g}" font-weight="{weight}"'
        parts.append(f'<text y="{33 + 14 * number}" text-anchor="middle" {look}>{escape(words)}</text>')
    return "".join(parts) + "</g>"

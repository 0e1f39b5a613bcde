"""The graph as pyvis draws it: positions given, physics off, our own symbols as images."""

from __future__ import annotations

import base64
import functools
import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from pyvis.network import Network  # type: ignore[import-untyped]

from i18n import Language
from viz.bundling import Bundle
from viz.layout import Position
from viz.plain import two_lines
from viz.symbols import svg
from viz.wording import name_of

LABEL = 11.0
"""Width of a label's line, in Chinese characters."""
STRETCH = 1.6
FACE = "Noto Sans SC, Noto Sans CJK SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif"
OPTIONS = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {"hover": True, "multiselect": True, "keyboard": {"enabled": True, "bindToWindow": False}},
    "nodes": {"size": 22, "font": {"size": 13, "face": FACE, "color": "#111111", "background": "#ffffff"}},
    "edges": {
        "color": {"color": "#555555", "highlight": "#175CD3", "hover": "#175CD3"},
        "font": {"size": 11, "face": FACE, "color": "#333333", "background": "#ffffff", "strokeWidth": 0},
        "arrows": {"to": {"scaleFactor": 0.6}},
    },
}
DASHES: dict[str, bool | list[int]] = {"role": [8, 5], "contact": [2, 4]}


def network_html(
    nodes: Mapping[str, Mapping[str, Any]],
    lines: Iterable[Bundle],
    where: Mapping[str, Position],
    opaque: Mapping[str, str],
    language: Language,
) -> str:
    """pyvis's own page. `opaque` are the ids in it; line number `n` is the edge `e<n>`."""
    network = Network(directed=True, cdn_resources="in_line", height="100%", width="100%")
    for key, node in nodes.items():
        x, y = where[key]
        network.add_node(
            opaque[key],
            label="\n".join(two_lines(name_of(node), LABEL)) or " ",
            shape="image",
            image=_image(str(node.get("kind"))),
            x=round(x * STRETCH, 1),
            y=round(y * STRETCH, 1),
        )
    listed = list(lines)
    count = Counter(frozenset((line.source, line.target)) for line in listed)
    drawn: dict[frozenset[str], int] = defaultdict(int)
    for number, line in enumerate(listed):
        ends = frozenset((line.source, line.target))
        turn = drawn[ends] - (count[ends] - 1) / 2
        drawn[ends] += 1
        _add(network, f"e{number}", line, opaque, turn, language)
    network.set_options(json.dumps(OPTIONS))
    page: str = network.generate_html()
    return page


def _add(network: Any, name: str, line: Bundle, opaque: Mapping[str, str], turn: float, language: Language) -> None:
    source, target = opaque[line.source], opaque[line.target]
    bend = turn * (1 if line.source < line.target else -1) * 0.22
    options: dict[str, Any] = {
        "id": name,
        "label": "\n".join(two_lines(line.label(language), 14.0)),
        "smooth": _smooth(bend),
        "dashes": DASHES.get(line.style, False),
        "width": _width(line),
        "arrows": "to" if line.directed else "",
    }
    network.add_edge(source, target, **options)
    if line.style == "kinship":  # a double line: the second beside the first
        network.add_edge(source, target, **options | {"id": f"{name}b", "label": "", "smooth": _smooth(bend + 0.05)})


def _smooth(bend: float) -> dict[str, Any] | bool:
    if abs(bend) < 0.01:
        return False
    return {"enabled": True, "type": "curvedCW" if bend > 0 else "curvedCCW", "roundness": round(abs(bend), 3)}


def _width(line: Bundle) -> float:
    if line.style != "money":
        return 1.0 if line.style == "trade" else 1.5
    return round(2.0 + min(4.0, max(0.0, math.log10(max(1, abs(line.amount or 0)) / 1e6))), 2)


@functools.cache
def _image(kind: str) -> str:
    """The symbol of a kind as a data address."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg(kind, 44).encode()).decode("ascii")

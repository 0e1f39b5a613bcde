"""A page around what pyvis makes of the graph.

Of pyvis's HTML only the inline scripts and styles are taken over, each allowed by its hash: its tags that load
Bootstrap from outside, its heading and its menus are not. Node titles are not used, because a title that holds the
word `href` would be written into the page as markup. Nothing but the data that pyvis serialises reaches a script.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import html.parser
import re
from collections.abc import Mapping
from typing import Any

import jinja2
from markupsafe import Markup

from i18n import Language, Problem, text
from viz import wording
from viz.bundling import Bundle, bundles
from viz.layout import Position, lying, positions
from viz.plain import plain
from viz.snapshot.network import network_html
from viz.symbols import svg
from viz.watermark import Watermark

_OUTSIDE = re.compile(
    r"""<[^<>]*?\b(?:src|href|srcset|data|action|poster)\s*=\s*["']?\s*((?:https?:|//|ftp:)[^"'\s>]*)""", re.IGNORECASE
)
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


class SnapshotError(Problem):
    """The page would refer to something outside itself, so it is not handed out."""


def snapshot_html(
    graph: Mapping[str, Any],
    title: str,
    language: Language,
    watermark: Watermark,
    *,
    places: Mapping[str, Position] | None = None,
) -> str:
    """An interactive stand-alone page of a graph `{nodes, edges}`; write it as UTF-8.

    `places` keeps nodes where the reader has seen them. Node ids in the page are running numbers.

    Raises:
        SnapshotError: a reference to an outside source would be left in the page.
    """
    nodes = {str(node["id"]): node for node in graph.get("nodes") or ()}
    lines = [b for b in bundles(graph.get("edges") or ()) if b.source in nodes and b.target in nodes]
    where = positions(nodes, [(b.source, b.target) for b in lines], places)
    where = where if places else lying(where)
    opaque = {node: f"n{number}" for number, node in enumerate(nodes)}
    parts = _Inline()
    parts.feed(network_html(nodes, lines, where, opaque, language))
    scripts = [_SOURCE_MAP.sub("", script) for script in (*parts.scripts, _own("snapshot.js"))]
    styles = [*parts.styles, _own("snapshot.css")]
    total = int(graph.get("total") or 0) or len(nodes)
    page = _template().render(
        lang="zh-CN" if language == "zh" else "en",
        title=title or text("export.picture", language),
        t=lambda key, **values: text(f"export.{key}", language, **values),
        mark=watermark.sentence(language),
        scripts=[Markup(script) for script in scripts],  # noqa: S704 - pyvis's and ours; data are JSON in them
        styles=[Markup(style) for style in styles],  # noqa: S704 - no data in them
        script_hashes=[_hash(script) for script in scripts],
        style_hashes=[_hash(style) for style in styles],
        nodes=[_node_row(opaque[key], node, language) for key, node in nodes.items()],
        edges=[_edge_row(f"e{number}", line, nodes, language) for number, line in enumerate(lines)],
        left_out=text("export.shown", language, shown=len(nodes), total=total) if total > len(nodes) else "",
    )
    if outside := _OUTSIDE.search(_without_scripts(page)):
        raise SnapshotError("export_outside_reference", reference=plain(outside[1])[:80])
    return page


class _Inline(html.parser.HTMLParser):
    """Collects what stands inside `script` and `style` tags that load nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self._into: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        lists = {"script": self.scripts, "style": self.styles}
        self._into = None if any(name in ("src", "href") for name, _ in attrs) else lists.get(tag)
        if self._into is not None:
            self._into.append("")

    def handle_endtag(self, tag: str) -> None:
        self._into = None

    def handle_data(self, data: str) -> None:
        if self._into is not None:
            self._into[-1] += data


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode("ascii")


def _without_scripts(page: str) -> str:
    """The page's markup alone: a licence's address in a script's comment loads nothing."""
    return re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


def _node_row(opaque: str, node: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {
        "id": opaque,
        "name": wording.name_of(node),
        "symbol": svg(node.get("kind"), 20),
        "kind": wording.term("kind", node.get("kind"), language),
        "key": plain(node.get("key") or ""),
        "region": plain(node.get("region") or ""),
    }


def _edge_row(opaque: str, line: Bundle, nodes: Mapping[str, Mapping[str, Any]], language: Language) -> dict[str, Any]:
    return {
        "id": opaque,
        "relation": wording.relation(line.type, language),
        "source": wording.name_of(nodes[line.source]),
        "target": wording.name_of(nodes[line.target]),
        "amount": "" if line.amount is None else wording.exact(line.amount, line.currency, language),
        "days": " → ".join(dict.fromkeys(day for day in (line.first, line.last) if day)),
        "text": line.sentence(language),
        "refs": ", ".join(str(edge["ref"]) for edge in line.edges if edge.get("ref")),
    }


@functools.cache
def _own(file: str) -> str:
    """One of the page's own files, without the last line break, so that its hash is that of the element."""
    source, _, _ = _environment().loader.get_source(_environment(), file)  # type: ignore[union-attr]
    return source.strip()


def _template() -> jinja2.Template:
    return _environment().get_template("page.html")


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("viz", "snapshot"),
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else plain(value),
        trim_blocks=True,
        lstrip_blocks=True,
    )

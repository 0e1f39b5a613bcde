"""The explorer in headless Chromium: a list over 50,000 leads, a lead of 300 nodes, an expansion, dragging.

    python -m bench.explorer --out bench/out/explorer.md

Beside it, on the same graph in the same browser: the page that pyvis writes by default (vis-network, physics on).
Times are taken inside the page: from the click to the second frame after the graph was drawn, so that what is
measured can be seen and used. Frames are the times between two animation frames while a node is dragged.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import orjson
from playwright.sync_api import Browser, Page
from pyvis.network import Network  # type: ignore[import-untyped]

from findings.access.rights import Role
from findings.access.users import create_user
from findings.settings import Settings
from findings.store.database import open_store
from graph.snapshot import Workspace
from tests.findings.worlds import documents, record, regions
from tests.viz.explorer.served import PASSWORD, Visit, chromium, make_workspace, serving, visit

LEADS = 50_000
NODES = 300
WIDE = "f" * 20
TARGETS = {
    "first paint of the list": 1_000.0,
    "click on a lead to a usable graph": 1_500.0,
    "expand": 300.0,
    "dragging, frame p95": 40.0,
}
WATCH = """
() => {
  window.seen = {};
  const note = name => requestAnimationFrame(() => requestAnimationFrame(() => {
    window.seen[name] ??= performance.now();
  }));
  const look = () => {
    if (document.querySelector('.grid-row')) note('rows');
    if (document.querySelector('[data-ready=true]')) note('graph');
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true });
}
"""
DRAG = """
() => {
  window.frames_ = [];
  let last = performance.now();
  const tick = now => { window.frames_.push(now - last); last = now; window.frame_ = requestAnimationFrame(tick); };
  window.frame_ = requestAnimationFrame(tick);
}
"""
STOP = "() => { cancelAnimationFrame(window.frame_); return window.frames_.slice(1); }"


@dataclass
class Taken:
    """Milliseconds of each measurement, run by run."""

    runs: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """One more run."""
        self.runs.setdefault(name, []).append(value)

    def median(self, name: str) -> float | None:
        """The middle of the runs, None where there was none."""
        return statistics.median(self.runs[name]) if self.runs.get(name) else None


def wide_lead(settings: Settings) -> tuple[bytes, str]:
    """A lead that takes part in `NODES` nodes, and a party on it with many neighbours of its own."""
    tables = Workspace(settings.workspace).current().path / "tables"
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT tender_id, bidder_id, bid_id FROM read_parquet($bids) ORDER BY tender_id, bid_id",
            {"bids": str(tables / "bids.parquet")},
        ).fetchall()
        hub = connection.execute(
            "SELECT bidder_id FROM read_parquet($bids) GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
            {"bids": str(tables / "bids.parquet")},
        ).fetchone()
    assert hub is not None
    rows.sort(key=lambda row: (row[1] != hub[0], row))
    entities: dict[str, tuple[str, str]] = {hub[0]: ("org", "bidder")}
    edges = []
    for tender, bidder, bid in rows:
        if len({*entities, tender, bidder, bid}) > NODES:
            continue
        entities |= {tender: ("tender", "tender"), bidder: ("org", "bidder"), bid: ("bid", "bid")}
        edges.append({"type": "SUBMITTED", "source": bidder, "target": bid, "ref": None})
        edges.append({"type": "BID_FOR", "source": bid, "target": tender, "ref": None})
    lead: dict[str, Any] = orjson.loads(documents(range(1))[0])
    lead |= {
        "finding_id": WIDE,
        "entities": [{"id": id_, "kind": kind, "role": role} for id_, (kind, role) in entities.items()],
        "evidence": {"nodes": sorted(entities), "edges": edges, "records": []},
    }
    return orjson.dumps(lead), str(hub[0])


def prepare(folder: Path) -> tuple[Settings, str]:
    """A workspace whose store holds `LEADS` leads and the wide one."""
    settings = make_workspace(folder, bids=5_000, families=["arrears"], detectors=[])
    lead, hub = wide_lead(settings)
    address = f"sqlite:///{folder}/many.db"
    store = open_store(address)
    store.upgrade()
    record(store, [*documents(range(LEADS)), lead], regions(range(LEADS)))
    with store.session() as session:
        create_user(session, "li.na", Role.INVESTIGATOR, password=PASSWORD, regions=None, agencies=None, actor="bench")
    store.close()
    return settings.model_copy(update={"store_url": address}), hub


def drag(page: Page, x: float, y: float) -> float:
    """Drag what is there for about two seconds; the 95th percentile of the frames."""
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(DRAG)
    for step in range(60):
        page.mouse.move(x + 3 * (step % 30), y + 2 * (step % 20))
        page.wait_for_timeout(16)
    frames: list[float] = page.evaluate(STOP)
    page.mouse.up()
    return statistics.quantiles(frames, n=20)[18]


def ours(browser: Browser, address: str, hub: str, taken: Taken) -> dict[str, Any]:
    """One run on the explorer; gives the graph that was shown."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    context.add_init_script(f"({WATCH})()")
    seen = visit(context, address)
    page = seen.page
    seen.sign_in("li.na")
    page.goto("about:blank")
    page.goto(f"{address}#/leads?view=all")
    page.wait_for_selector(".grid-row")
    page.wait_for_timeout(300)
    taken.add("first paint of the list", page.evaluate("window.seen.rows"))

    page.evaluate("window.seen = {}")
    started = page.evaluate(f"(location.hash = '#/lead/{WIDE}', performance.now())")
    seen.graph_ready()
    page.wait_for_timeout(300)
    taken.add("click on a lead to a usable graph", page.evaluate("window.seen.graph") - started)
    graph: dict[str, Any] = page.evaluate(
        "(() => { const cy = document.querySelector('.canvas')._cyreg.cy; return {"
        "nodes: cy.nodes().map(n => ({ id: n.id(), label: n.data('label') })),"
        "edges: cy.edges().map(e => ({ source: e.data('source'), target: e.data('target') })) }; })()"
    )
    place = page.evaluate(
        f"(() => {{ const cy = document.querySelector('.canvas')._cyreg.cy;"
        f"const p = cy.getElementById('Party/{hub}').renderedPosition();"
        "const box = cy.container().getBoundingClientRect(); return [p.x + box.x, p.y + box.y]; })()"
    )
    taken.add("dragging, frame p95", drag(page, *place))
    taken.add("expand", expansion(seen, hub))
    context.close()
    return graph


def expansion(seen: Visit, hub: str) -> float:
    """Milliseconds from asking for the largest links of a hub to the frame that shows them."""
    page = seen.page
    page.evaluate(
        f"(() => {{ const cy = document.querySelector('.canvas')._cyreg.cy;"
        f"cy.elements().unselect(); cy.getElementById('Party/{hub}').select(); }})()"
    )
    page.wait_for_selector(".details .button")
    page.locator(".details .bar .button").first.click()
    before = seen.count()[0]
    page.wait_for_selector(".sheet .bar .button:not(.primary):not(.square)")
    page.evaluate(
        "(() => { const status = document.querySelector('.canvas-status'); const shown = status.dataset.nodes;"
        "new MutationObserver(() => { if (status.dataset.nodes !== shown) requestAnimationFrame(() =>"
        "requestAnimationFrame(() => { window.seen.expanded ??= performance.now(); })); })"
        ".observe(status, { attributes: true });"
        "addEventListener('click', () => { window.seen.asked = performance.now(); },"
        "{ capture: true, once: true }); })()"
    )
    page.locator(".sheet .bar .button:not(.primary):not(.square)").last.click()
    seen.until(lambda: seen.count()[0] > before)
    page.wait_for_timeout(300)
    return float(page.evaluate("window.seen.expanded - window.seen.asked"))


def peer(browser: Browser, graph: dict[str, Any], file: Path, taken: Taken) -> None:
    """One run on the page that pyvis writes by default, its libraries in the page, so that it works offline."""
    network = Network(cdn_resources="in_line", height="720px", width="100%")
    for node in graph["nodes"]:
        network.add_node(node["id"], label=node["label"])
    for edge in graph["edges"]:
        network.add_edge(edge["source"], edge["target"])
    file.write_text(network.generate_html(), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
    page = context.new_page()
    page.goto(file.as_uri(), wait_until="commit")
    page.wait_for_function("window.network && window.network.body", timeout=120_000, polling=20)
    page.evaluate(
        "() => { network.once('stabilized', () => { window.still = performance.now(); });"
        "network.once('stabilizationIterationsDone',"
        " () => requestAnimationFrame(() => { window.usable = performance.now(); })); }"
    )
    page.wait_for_function("window.usable || window.still", timeout=120_000)
    taken.add("click on a lead to a usable graph", page.evaluate("window.usable ?? window.still"))
    place = page.evaluate(
        "(() => { const id = network.body.nodeIndices[0];"
        "const p = network.canvasToDOM(network.getPositions([id])[id]);"
        "const box = network.canvas.frame.getBoundingClientRect(); return [p.x + box.x, p.y + box.y]; })()"
    )
    taken.add("dragging, frame p95", drag(page, *place))
    context.close()


def table(mine: Taken, other: Taken, graph: dict[str, Any]) -> str:
    """The page."""
    lines = [
        f"{LEADS:,} leads in the store; a lead of {len(graph['nodes'])} nodes and {len(graph['edges'])} edges; "
        f"Chromium without GPU; middle of {len(mine.runs['expand'])} runs.",
        "",
        "| ms | target | Qingfeng | pyvis, default page |",
        "|---|---:|---:|---:|",
    ]
    for name, target in TARGETS.items():
        value, beside = mine.median(name), other.median(name)
        lines.append(f"| {name} | {target:,.0f} | {value:,.0f} | {'' if beside is None else f'{beside:,.0f}'} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    mine, other = Taken(), Taken()
    with tempfile.TemporaryDirectory(prefix="qingfeng-bench-") as folder:
        settings, hub = prepare(Path(folder))
        with serving(settings) as address, chromium() as browser:
            for _ in range(options.runs):
                graph = ours(browser, address, hub, mine)
                peer(browser, graph, Path(folder, "pyvis.html"), other)
    page = table(mine, other, graph)
    print(page)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The explorer: every way in which a person reads one snapshot's graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self

import duckdb

from graph.engine import GraphEngine
from graph.schema import EDGES
from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables
from i18n import Problem
from queries.explore.building import prepared
from queries.explore.cards import Cards
from queries.explore.neighbours import Direction, LinkFilter, Links, Order, neighbourhood
from queries.explore.rows import open_rows, source_rows
from queries.explore.search import Docs, SearchIndex, plain
from queries.explore.shapes import Graph, Hit, Hits, Neighbourhood, Node, SourceRow, split_id
from queries.explore.subgraphs import finding_graph, subgraph
from queries.session import EngineName, open_engine

GUARD = 30
"""More new neighbours than these are not drawn before somebody says which."""

_TYPES = frozenset(edge.type for edge in EDGES)
_EPOCH = date(1970, 1, 1)


class ExploreError(Problem):
    """A question to the graph that cannot be answered as it was put; the message says why."""


class NotFoundError(ExploreError):
    """No node has that id."""


class Explorer:
    """Reads the graph of one snapshot, safe to use from many threads. Nothing here writes.

    Nodes are named `Label/key` (`Party/O123`). A party that was joined to another one answers under both ids.
    """

    def __init__(self, snapshot: Snapshot, engine: GraphEngine, folder: Path) -> None:
        self._snapshot = snapshot
        self._engine = engine
        self._cards = Cards(folder)
        self._index = SearchIndex(folder)
        self._rows = open_rows(folder)
        self._links = Links(engine)

    @classmethod
    def open(cls, workspace: Workspace, *, engine: EngineName = "embedded", threads: int | None = None) -> Self:
        """The explorer of a workspace's current snapshot; what it needs is built first where it is missing.

        Raises:
            WorkspaceError: there is no snapshot.
            EngineError: the graph cannot be opened.
        """
        snapshot = workspace.current()
        opened: list[duckdb.DuckDBPyConnection] = []

        def tables() -> duckdb.DuckDBPyConnection:
            if not opened:
                opened.append(open_tables(snapshot, workspace.secret(), threads))
            return opened[0]

        try:
            folder = prepared(snapshot, tables)
            return cls(snapshot, _open_graph(engine, snapshot, tables), folder)
        finally:
            for connection in opened:
                connection.close()

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that is read."""
        return self._snapshot

    @property
    def engine(self) -> GraphEngine:
        """The graph that is walked."""
        return self._engine

    def close(self) -> None:
        """Release the graph and the files."""
        self._engine.close()
        self._rows.close()

    def node(self, node: str) -> Node:
        """The node of an id.

        Raises:
            NotFoundError: no node has it.
        """
        found = self._cards.node(node)
        if found is None:
            raise NotFoundError("explore_no_node", node=node)
        return found

    def nodes(self, ids: Iterable[str]) -> dict[str, Node]:
        """The nodes of some ids, by the id asked; those that no node has are left out."""
        return self._cards.nodes(ids)

    def names(self, keys: Iterable[str]) -> dict[str, str]:
        """The names of keys without label, as findings list them; a key that nothing has is left out."""
        return {key: nodes[0].name for key, nodes in self._cards.of_any_label(keys).items()}

    def search(
        self,
        q: str,
        kinds: Iterable[str] | None = None,
        regions: Iterable[str] | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> Hits:
        """What matches a text: name, identifier, credit code, deal code, pinyin or initials; best first.

        Args:
            q: what was typed; width, case and blanks do not matter.
            kinds: only nodes of these kinds, see `Node`.
            regions: only what lies in these regions; a province's or city's code includes its parts.
            limit, offset: the page.
        """
        _page(limit, offset)
        docs, matched = self._index.find(q, kinds=kinds, regions=regions, holding=self._holding)
        page = slice(offset, offset + limit)
        nodes = self._cards.documents(docs[page].tolist())
        return Hits(tuple(Hit(n, by) for n, by in zip(nodes, matched[page], strict=True)), len(docs))

    def _holding(self, docs: Docs, text: str) -> Iterator[bool]:
        for node in self._cards.documents(docs.tolist()):
            codes = (node.key, node.properties.get("uscc"), node.properties.get("deal_code"))
            yield text in plain(node.name) or any(plain(code).startswith(text) for code in codes if code)

    def neighbourhood(
        self,
        node: str,
        *,
        types: Iterable[str] | None = None,
        direction: Direction = "both",
        from_day: date | None = None,
        to_day: date | None = None,
        min_amount: int | None = None,
        order: Order = "amount",
        limit: int = 40,
        offset: int = 0,
        guard: int | None = GUARD,
        bundle: bool = False,
    ) -> Neighbourhood:
        """The neighbours of a node and the edges to them, page by page.

        Args:
            node: its id.
            types: only edges of these types; by default all but those that repeat another one.
            direction: `out` along the edges, `in` against them, or both.
            from_day, to_day: only edges of this period, both days included; what has no day stays.
            min_amount: only edges of at least this sum in minor units; what has no sum stays.
            order: the largest sums first, or the latest days.
            limit, offset: the page, in neighbours.
            guard: show none where there are more than these; None shows them.
            bundle: draw parallel edges of one type as one.

        Raises:
            NotFoundError: no node has the id.
            ExploreError: there is no edge type of that name, or the page is none.
        """
        _page(limit, offset)
        centre = self.node(node)
        wanted = LinkFilter(self._types(types), direction, _days(from_day), _days(to_day), min_amount)
        return neighbourhood(
            centre,
            self._links.of(centre, self._types(types)),
            self._cards,
            wanted,
            order=order,
            limit=limit,
            offset=offset,
            guard=guard,
            bundle=bundle,
        )

    def subgraph(self, nodes: Iterable[str], *, bundle: bool = False) -> Graph:
        """Some nodes and all edges among them; ids that no node has are left out."""
        return subgraph(self._engine, nodes, self._cards, bundle=bundle)

    def finding_graph(self, document: Mapping[str, Any], *, bundle: bool = False) -> Graph:
        """What a finding names, with every edge among it; the edges of its own pattern are marked `own`."""
        return finding_graph(self._engine, document, self._cards, bundle=bundle)

    def records(self, refs: Iterable[str]) -> list[SourceRow]:
        """Source rows by `table:hex16`, in the order asked; a reference to no row is left out."""
        return source_rows(self._rows, refs, self._snapshot.manifest.sources)

    def record(self, ref: str) -> SourceRow:
        """The source row of a reference.

        Raises:
            NotFoundError: no row has it.
        """
        if found := self.records([ref]):
            return found[0]
        raise NotFoundError("explore_no_row", ref=ref)

    def finding_records(self, document: Mapping[str, Any]) -> list[SourceRow]:
        """The source rows that a finding rests on, in its order."""
        return self.records(record["ref"] for record in document["evidence"]["records"])

    def _types(self, types: Iterable[str] | None) -> frozenset[str] | None:
        if types is None:
            return None
        chosen = frozenset(types)
        if unknown := sorted(chosen - _TYPES):
            raise ExploreError("explore_no_type", type=unknown[0], types=", ".join(sorted(_TYPES)))
        return chosen


def _open_graph(name: EngineName, snapshot: Snapshot, tables: Callable[[], duckdb.DuckDBPyConnection]) -> GraphEngine:
    if name == "embedded":
        from graph.embedded import open_graph

        return open_graph(snapshot, tables)
    return open_engine(name, snapshot, tables())


def _days(day: date | None) -> int | None:
    return None if day is None else (day - _EPOCH).days


def _page(limit: int, offset: int) -> None:
    if limit < 0 or offset < 0:
        raise ExploreError("explore_bad_page", limit=limit, offset=offset)


__all__ = ["ExploreError", "Explorer", "NotFoundError", "split_id"]

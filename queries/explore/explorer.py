"""The explorer: every way in which a person reads one snapshot's graph."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Self

import duckdb
import numpy as np

from graph.engine import GraphEngine
from graph.schema import EDGES
from graph.snapshot import Snapshot, Workspace
from graph.tables import open_tables
from i18n import Problem
from queries.explore.building import prepared
from queries.explore.cards import Cards
from queries.explore.likeness import PlainNames
from queries.explore.matching import Matches, Parties, Query, match
from queries.explore.money import MoneyRules, money_paths
from queries.explore.neighbours import Direction, LinkFilter, Links, Order, neighbourhood
from queries.explore.overviews import communities, overview, tender_prices
from queries.explore.paths import common_neighbours, shortest_paths
from queries.explore.profiles import Profile, profile
from queries.explore.rows import open_rows, source_rows
from queries.explore.search import MATCHED_BY, Docs, SearchIndex, plain
from queries.explore.shapes import Graph, Hit, Hits, Neighbourhood, Node, Routes, SourceRow, Timeline, node_id
from queries.explore.subgraphs import finding_graph, subgraph
from queries.explore.ties import between
from queries.explore.timelines import finding_timeline, node_timeline, standing_events
from queries.explore.traits import PartyTraits
from queries.session import EngineName, open_engine

GUARD = 30
"""More new neighbours than these are not drawn before somebody says which."""

MOST_HOPS = 8
"""Edges that a path may have at most: everybody is related to everybody over more."""

SCOPES_KEPT = 32
"""For so many scopes and sizes the communities are kept."""

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
        self._parties = Parties(self._index, self._cards, PlainNames(folder), PartyTraits(folder))
        self._rows = open_rows(folder)
        self._links = Links(engine)
        # Seconds to find, and the same for everybody of one scope.
        self._communities: dict[tuple[int, tuple[str, ...] | None], dict[str, Any]] = {}

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
        self._cards.close()

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
        keys: Collection[str] | None = None,
        limit: int = 20,
        offset: int = 0,
        withhold: Collection[str] = (),
    ) -> Hits:
        """What matches a text: name, identifier, credit code, deal code, pinyin or initials; best first.

        Args:
            q: what was typed; width, case and blanks do not matter.
            kinds: only nodes of these kinds, see `Node`.
            regions: only what lies in these regions; a province's or city's code includes its parts.
            keys: only nodes that have one of these ids, without label.
            limit, offset: the page.
            withhold: ids, without label, of nodes that are left out of page and total; how many matched is told.
        """
        _page(limit, offset)
        among = None if keys is None else self._cards.numbers(keys)
        docs, ranks = self._index.find(q, kinds=kinds, regions=regions, among=among, holding=self._holding)
        found = len(docs)
        if withhold:
            told = ~np.isin(docs, self._cards.numbers(withhold))
            docs, ranks = docs[told], ranks[told]
        page = slice(offset, offset + limit)
        nodes = self._cards.documents(docs[page].tolist())
        hits = (Hit(node, MATCHED_BY[rank]) for node, rank in zip(nodes, ranks[page].tolist(), strict=True))
        return Hits(tuple(hits), len(docs), found - len(docs))

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
        centre, chosen = self.node(node), self._types(types)
        wanted = LinkFilter(chosen, direction, _days(from_day), _days(to_day), min_amount)
        return neighbourhood(
            centre,
            self._links.of(centre, chosen),
            self._cards,
            wanted,
            order=order,
            limit=limit,
            offset=offset,
            guard=guard,
            bundle=bundle,
        )

    def profile(self, party_id: str) -> Profile:
        """What is known of one party, by its id without label: its row, its links by type, its bids and awards.

        Raises:
            NotFoundError: no party has the id.
        """
        node = self.node(node_id("Party", party_id))
        return profile(
            self._engine, node, self._links.of(node), self._cards, self.records([node.ref] if node.ref else [])
        )

    def shortest_paths(
        self, source: str, target: str, *, types: Iterable[str] | None = None, max_hops: int = 6, limit: int = 10
    ) -> Routes:
        """The paths of the fewest edges between two nodes; those that avoid hubs first.

        Args:
            source, target: ids of the ends.
            types: only edges of these types.
            max_hops: edges that a path may have.
            limit: paths that are shown.

        Raises:
            NotFoundError: no node has one of the ids.
            ExploreError: there is no edge type of that name, or the limits are out of range.
        """
        _hops(max_hops, limit)
        ends = (self.node(source), self.node(target))
        return shortest_paths(self._engine, self._cards, ends, types=self._types(types), max_hops=max_hops, limit=limit)

    def money_paths(
        self,
        source: str,
        target: str,
        *,
        from_day: date | None = None,
        to_day: date | None = None,
        max_hops: int = 4,
        min_ratio: float = 0.5,
        within_days: int = 30,
        limit: int = 10,
        through_treasuries: bool = False,
    ) -> Routes:
        """The ways in which money can have come from one party to another, the largest sums first.

        Time goes forward along a path; no payment is more than its payer had just received, where several payments may
        add up; each party passes on at least `min_ratio` of what it got, within `within_days`.

        Raises:
            NotFoundError: no node has one of the ids.
            ExploreError: an end is no party, or the limits are out of range.
        """
        _hops(max_hops, limit)
        ends = (self.node(source), self.node(target))
        if any(node.label != "Party" for node in ends):
            raise ExploreError("explore_no_party", node=next(n.id for n in ends if n.label != "Party"))
        if not 0 < min_ratio <= 1 or within_days < 0:
            raise ExploreError("explore_bad_money", ratio=min_ratio, days=within_days)
        rules = MoneyRules(_days(from_day), _days(to_day), max_hops, min_ratio, within_days, through_treasuries)
        return money_paths(self._engine, self._cards, ends, rules, limit=limit)

    def common_neighbours(self, nodes: Iterable[str], *, limit: int = 40) -> Graph:
        """Nodes linked to at least two of those chosen, those linked to the most first.

        Raises:
            NotFoundError: no node has one of the ids.
        """
        chosen = [self.node(node) for node in dict.fromkeys(nodes)]
        return common_neighbours(self._engine, self._links, self._cards, chosen, limit=limit)

    def timeline(self, node: str, *, limit: int = 200, offset: int = 0) -> Timeline:
        """Everything dated around a node by day, then what has no day.

        Raises:
            NotFoundError: no node has the id.
        """
        _page(limit, offset)
        found = self.node(node)
        standing = standing_events(self._rows, found, self._cards.ids(found))
        return node_timeline(found, self._links.of(found), standing, self._cards, limit=limit, offset=offset)

    def subgraph(self, nodes: Iterable[str], *, bundle: bool = False) -> Graph:
        """Some nodes and all edges among them; ids that no node has are left out."""
        return subgraph(self._engine, nodes, self._cards, bundle=bundle)

    def finding_graph(self, document: Mapping[str, Any], *, bundle: bool = False) -> Graph:
        """What a finding names and the ties between its people and firms; edges of its own pattern are marked `own`."""
        named = finding_graph(self._engine, document, self._cards, bundle=bundle)
        beside = between(self._engine, self._cards, named.nodes)
        return finding_graph(self._engine, document, self._cards, beside, bundle=bundle) if beside else named

    def finding_timeline(self, document: Mapping[str, Any]) -> Timeline:
        """The dated edges and nodes of a finding's graph, by day."""
        return finding_timeline(self.finding_graph(document))

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

    def match(
        self,
        queries: Mapping[str, Query],
        *,
        threshold: float = 0.7,
        limit: int = 5,
        exclude: Iterable[str] = (),
        regions: Iterable[str] | None = None,
        keys: Collection[str] | None = None,
        withhold: Collection[str] = (),
    ) -> dict[str, Matches]:
        """Which parties a batch of names, credit codes, regions and kinds may mean; see `matching.compare`.

        Args:
            queries: what is known of each, under keys of the caller's own.
            threshold: the least score, 0 to 1.
            limit: candidates for each.
            exclude: ids of parties that are never candidates.
            regions: only parties in these regions.
            keys: only parties of these ids.
            withhold: ids of parties that are left out; how many of them reach the score is told.
        """
        return match(
            queries,
            self._parties,
            threshold=threshold,
            limit=limit,
            exclude=frozenset(exclude),
            regions=regions,
            keys=keys,
            withhold=frozenset(withhold),
        )

    def overview(
        self, *, regions: Iterable[str] | None = None, agencies: Iterable[str] | None = None
    ) -> dict[str, Any]:
        """Volumes by city, and arrears by month beside the payments on them, within a scope."""
        return overview(self._rows, regions, agencies)

    def tender_prices(self, tender_id: str) -> dict[str, Any]:
        """A tender's bids by price with its ceiling and their spread.

        Raises:
            NotFoundError: no tender has the id.
        """
        return tender_prices(self._rows, self.node(node_id("Tender", tender_id)), self._cards)

    def communities(self, smallest: int = 3, *, regions: Iterable[str] | None = None) -> dict[str, Any]:
        """Groups of at least `smallest` firms that keep bidding together, with their matrices of meetings."""
        chosen = None if regions is None else tuple(sorted(set(regions)))
        key = (smallest, chosen)
        if (kept := self._communities.get(key)) is not None:
            return kept
        found = communities(self._rows, self._cards, smallest, chosen)
        if len(self._communities) >= SCOPES_KEPT:
            self._communities.clear()
        self._communities[key] = found
        return found

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


def _hops(max_hops: int, limit: int) -> None:
    if not 1 <= max_hops <= MOST_HOPS or limit < 1:
        raise ExploreError("explore_bad_hops", hops=max_hops, most=MOST_HOPS, limit=limit)


def _page(limit: int, offset: int) -> None:
    if limit < 0 or offset < 0:
        raise ExploreError("explore_bad_page", limit=limit, offset=offset)

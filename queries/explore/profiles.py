"""What is known of one party, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graph.engine import GraphEngine
from queries.explore.cards import Cards
from queries.explore.neighbours import Link, counts
from queries.explore.shapes import Node, SourceRow, TypeCount

_WON = "MATCH (p:Party {id: $id})-[:SUBMITTED]->(b:Bid) RETURN b.is_winner AS won, count(b) AS bids"


@dataclass(frozen=True, slots=True)
class Profile:
    """A party, its own row, its links by type, and its bids: how many, and how many won (None: not recorded)."""

    node: Node
    by_type: tuple[TypeCount, ...]
    bids: int
    won: int | None
    neighbours: int
    record: SourceRow | None

    def as_dict(self) -> dict[str, Any]:
        """The profile as JSON."""
        return {
            "node": self.node.as_dict(),
            "by_type": [count.as_dict() for count in self.by_type],
            "bids": self.bids,
            "won": self.won,
            "neighbours": self.neighbours,
            "record": self.record.as_dict() if self.record else None,
        }


def profile(
    engine: GraphEngine, node: Node, links: Sequence[Link], cards: Cards, records: Sequence[SourceRow]
) -> Profile:
    """The profile of a node out of its links."""
    rows = engine.rows(_WON, {"id": node.key}) if node.label == "Party" else []
    bids = {row["won"]: row["bids"] for row in rows}
    return Profile(
        node=node,
        by_type=tuple(counts(links, cards)),
        bids=sum(bids.values()),
        won=bids.get(True, 0) if bids.keys() - {None} else None,
        neighbours=len({link.other for link in links} - {node.id}),
        record=records[0] if records else None,
    )

"""What a match asks of every party besides its name, so that no party is read that is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from queries.explore.cards import Card
from queries.explore.search import plain
from queries.explore.shapes import Node

WORDS, NUMBERS, RANKS = "traits.json", "traits.npy", "ranks.npy"

Numbers = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Traits:
    """What many parties have in common: their region, what they are called (firm, org, soe), a credit code or none."""

    region: str
    kinds: tuple[str, ...]
    coded: bool


def traits_of(party: Card | Node) -> Traits:
    """The traits of a party."""
    own = party.properties
    kinds = (party.kind, own.get("kind") or "", own.get("org_type") or "")
    return Traits(party.region or "", kinds, bool(code_of(party)))


def code_of(party: Card | Node) -> str:
    """The credit code of a party, written plainly; nothing where none is known."""
    return plain(party.properties.get("uscc") or "")


def write_traits(cards: Sequence[Card], folder: Path) -> None:
    """Write the traits of each card that is a party, and its place among the parties by their ids."""
    parties = {doc: traits_of(card) for doc, card in enumerate(cards) if card.label == "Party"}
    distinct = sorted(set(parties.values()), key=lambda traits: (traits.region, traits.kinds, traits.coded))
    number = {traits: n for n, traits in enumerate(distinct)}
    numbers, ranks = np.full((2, len(cards)), -1, dtype=np.int32)
    for rank, doc in enumerate(sorted(parties, key=lambda doc: cards[doc].id)):
        numbers[doc], ranks[doc] = number[parties[doc]], rank
    (folder / WORDS).write_bytes(orjson.dumps([(t.region, t.kinds, t.coded) for t in distinct]))
    np.save(folder / NUMBERS, numbers)
    np.save(folder / RANKS, ranks)


class PartyTraits:
    """The traits of a snapshot's parties, by the numbers of their cards. Safe to read from many threads."""

    def __init__(self, folder: Path) -> None:
        words = orjson.loads((folder / WORDS).read_bytes())
        self._distinct = [Traits(region, tuple(kinds), coded) for region, kinds, coded in words]
        self._numbers: Numbers = np.asarray(np.load(folder / NUMBERS, mmap_mode="r"))
        self._ranks: Numbers = np.asarray(np.load(folder / RANKS, mmap_mode="r"))

    def of(self, docs: npt.NDArray[Any]) -> list[Traits]:
        """The traits of some parties."""
        return [self._distinct[number] for number in self._numbers[docs].tolist()]

    def ranks(self, docs: npt.NDArray[Any]) -> Numbers:
        """The places of some parties among all of them by their ids."""
        ranks: Numbers = self._ranks[docs]
        return ranks

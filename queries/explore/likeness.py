"""How much the names of parties are like a name, without reading the parties: their plain names, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from graph.names import plain_name
from queries.explore.cards import Card

TEXT, ENDS = "plain_names.txt", "plain_names.ends.npy"

Ratios = npt.NDArray[np.float64]


def write_plain_names(cards: Iterable[Card], folder: Path) -> None:
    """Write the plain name of each card that is a party, nothing for the others, in the order of the cards."""
    names = [plain_name(card.name) if card.label == "Party" else "" for card in cards]
    (folder / TEXT).write_bytes("".join(names).encode())
    np.save(folder / ENDS, np.cumsum([0, *map(len, names)], dtype=np.int64))


class PlainNames:
    """The plain names of a snapshot's parties, by the numbers of their cards. Safe to read from many threads."""

    def __init__(self, folder: Path) -> None:
        # One text of them all: a name is cut out of it in a quarter of the time that it takes to decode it.
        self._text = (folder / TEXT).read_bytes().decode()
        self._ends: npt.NDArray[np.int64] = np.asarray(np.load(folder / ENDS, mmap_mode="r"))

    def of(self, docs: npt.NDArray[Any]) -> list[str]:
        """The plain names of some cards."""
        begin, end = self._ends[docs].tolist(), self._ends[docs + 1].tolist()
        return [self._text[a:b] for a, b in zip(begin, end, strict=True)]

    def ratios(self, plain: str, docs: npt.NDArray[Any]) -> Ratios:
        """How alike a plain name and those of some cards are, 0 to 100: `fuzz.ratio`, once for all of them."""
        if not len(docs):
            return np.empty(0)
        ratios: Ratios = process.cdist([plain], self.of(docs), scorer=fuzz.ratio, dtype=np.float64)[0]
        return ratios

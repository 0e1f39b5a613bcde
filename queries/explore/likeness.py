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

TEXT, ENDS = "plain_names.bin", "plain_names.ends.npy"


def write_plain_names(cards: Iterable[Card], folder: Path) -> None:
    """Write the plain name of each card that is a party, nothing for the others, in the order of the cards."""
    names = [plain_name(card.name).encode() if card.label == "Party" else b"" for card in cards]
    (folder / TEXT).write_bytes(b"".join(names))
    np.save(folder / ENDS, np.cumsum([0, *map(len, names)], dtype=np.int64))


class PlainNames:
    """The plain names of a snapshot's parties, by the numbers of their cards. Safe to read from many threads."""

    def __init__(self, folder: Path) -> None:
        self._text = (folder / TEXT).read_bytes()
        self._ends: npt.NDArray[np.int64] = np.load(folder / ENDS)

    def of(self, docs: npt.NDArray[Any]) -> list[str]:
        """The plain names of some cards."""
        begin, end = self._ends[docs].tolist(), self._ends[docs + 1].tolist()
        return [self._text[a:b].decode() for a, b in zip(begin, end, strict=True)]

    def ratios(self, plain: str, docs: npt.NDArray[Any]) -> list[float]:
        """How alike a plain name and those of some cards are, 0 to 100: `fuzz.ratio`, once for all of them."""
        if not len(docs):
            return []
        ratios: list[float] = process.cdist([plain], self.of(docs), scorer=fuzz.ratio, dtype=np.float64)[0].tolist()
        return ratios

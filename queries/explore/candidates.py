"""Who may be meant by a name or a credit code: the parties that are worth comparing in full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from queries.explore.search import Docs, SearchIndex

CANDIDATES = 100
"""Parties that share most of a name's letters, and are compared with it in full."""

PARTY_KINDS = frozenset({"official", "person", "firm", "public_body", "agent", "other"})

_PIECE = 3
_COMMON = 2_000
"""A piece of a name that more cards have, as 有限公司, leads to nobody; it is left out while others are there."""

_LETTERS = 2_000
"""Letters of names that are looked for together: each leads to `_COMMON` cards at most, so the memory is bounded."""

_NOBODY: Docs = np.empty(0, np.int32)


def candidates(names: Sequence[str], codes: Sequence[str], index: SearchIndex) -> tuple[list[Docs], Docs]:
    """For each name with its credit code, both written plainly, the parties that may be meant.

    Returns:
        The parties of each, and all that have one of the codes as a code or id.
    """
    found = list(_sharing(names, index))
    parties = index.all_of(PARTY_KINDS)
    coded = [_NOBODY]
    for n, code in enumerate(codes):
        if code:
            docs = index.with_code(code)
            coded.append(docs[parties[docs]])
            found[n] = np.union1d(found[n], coded[-1])
    return found, np.concatenate(coded)


def _sharing(names: Sequence[str], index: SearchIndex) -> Iterator[Docs]:
    """For each name the parties that share most pieces of it; of two that share as many, whose card stands first."""
    letters = accumulate(map(len, names))
    for _, together in groupby(zip(names, letters, strict=True), key=lambda name: name[1] // _LETTERS):
        yield from _sharing_together([name for name, _ in together], index)


def _sharing_together(names: Sequence[str], index: SearchIndex) -> Iterator[Docs]:
    asked = [_pieces(name) for name in names]
    pieces = sorted({piece for of_name in asked for piece in of_name})
    cards = dict(zip(pieces, index.with_texts(pieces), strict=True))
    row = {piece: n for n, piece in enumerate(piece for piece in pieces if len(cards[piece]) <= _COMMON)}
    telling = [[row[piece] for piece in of_name if piece in row] for of_name in asked]
    parties = index.all_of(PARTY_KINDS)
    # Names by pieces, times pieces by cards: how many pieces a name and a card share.
    shared = _incidence(telling, len(row)) @ _incidence([cards[piece] for piece in row], len(parties))
    # Who shares the most stands first, then whose card does; what is no party stands last.
    order = shared.indices - shared.data.astype(np.int64) * len(parties)
    order[~parties[shared.indices]] = len(parties)
    for of_name, rows, (begin, end) in zip(asked, telling, pairwise(shared.indptr.tolist()), strict=True):
        if rows or not of_name:
            most = _least(order[begin:end])
            yield (most[most < len(parties)] % len(parties)).astype(np.int32)
        else:
            rarest = min((cards[piece] for piece in of_name), key=len)
            yield _least(_distinct(rarest[parties[rarest]]))


def _pieces(name: str) -> list[str]:
    starts = range(max(1, len(name) - _PIECE + 1)) if name else ()
    return sorted({name[at : at + _PIECE] for at in starts})


def _incidence(columns: Sequence[Sequence[int] | Docs], width: int) -> sparse.csr_array:
    """A matrix of ones where the columns of each row are; a column that a row names twice counts once."""
    rows = np.repeat(np.arange(len(columns)), [len(of_row) for of_row in columns])
    cells = _distinct(rows * width + np.concatenate([_NOBODY, *columns]).astype(np.int64))
    ends = np.searchsorted(cells, np.arange(len(columns) + 1) * width)
    # In 32 bits the product takes a third of the time.
    return sparse.csr_array(
        (np.ones(len(cells), np.int32), (cells % width).astype(np.int32), ends.astype(np.int32)),
        shape=(len(columns), width),
    )


def _distinct(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Numbers in their order, each once. `np.unique` hashes them, which takes several times as long."""
    ordered = np.sort(numbers)
    distinct: npt.NDArray[Any] = ordered[np.diff(ordered, prepend=-1) != 0]
    return distinct


def _least(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The `CANDIDATES` least numbers, in no order."""
    return np.partition(numbers, CANDIDATES)[:CANDIDATES] if len(numbers) > CANDIDATES else numbers

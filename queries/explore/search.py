"""One search for everything: Chinese text, pinyin, initials, credit codes and identifiers.

The index is sorted suffixes: a name under each of its characters, its pinyin under each syllable, an identifier from
its beginning. What begins with the query is one range, found by two binary searches, so a search is as quick in a
province as in a county.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from queries.explore.cards import Card
from queries.explore.pinyin import HAN, initials, syllables

WIDTH = 24
"""Bytes of a suffix that are kept: eight Chinese characters. A longer query is compared with the whole name."""

LONGEST_NAME = 200
"""Characters of a name that are searched: each is a suffix, and a file may hold names of any length."""

FIELDS = ("name", "id", "pinyin", "initials")
MATCHED_BY = ("id", "name", "id", "name", "name", "pinyin", "initials", "pinyin", "initials")
"""What of a card a query matched, by the rank of the match."""
_NO_MATCH = 255
_BLANK = re.compile(r"\s+")
_LATIN = re.compile(r"[a-z0-9']+")
_NOT_SEARCHED = frozenset({"Contact", "Device"})
"""Nodes whose value is a personal or machine number: reached from their owners, never by guessing."""

Docs = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]


def plain(text: str) -> str:
    """Text without what writers vary: width, case and blanks.

    >>> plain("岚州（集团） ＡＢＣ")
    '岚州(集团)abc'
    """
    return _BLANK.sub("", unicodedata.normalize("NFKC", text).casefold())


def encodable(text: str) -> bool:
    """Whether a text is one: half of a surrogate pair is not, and no file holds it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(field: str, card: Card, aliases: Sequence[str]) -> list[Sequence[str]]:
    """The texts of a card that a field has, each cut where a search may begin."""
    if card.label in _NOT_SEARCHED:
        return []
    if field == "id":
        return [(plain(code),) for code in dict.fromkeys((card.id, *card.codes, *aliases))]
    if not card.named:
        return []
    name = plain(card.name)[:LONGEST_NAME]
    if field == "name":
        return [name]
    if not HAN.search(name):
        return []
    return [initials(name) if field == "initials" else syllables(name)]


def write_index(cards: Sequence[Card], aliases: Mapping[str, Sequence[str]], folder: Path) -> None:
    """Write the index of cards, which are numbered by their place. `aliases`: other ids of a party, by its id."""
    for field in FIELDS:
        parts = [_arrays(field, cards, start, aliases) for start in range(0, max(1, len(cards)), _BATCH)]
        columns = [np.concatenate([part[n] for part in parts]) for n in range(len(_COLUMNS))]
        order = np.argsort(columns[0], kind="stable")
        for name, column in zip(_COLUMNS, columns, strict=True):
            np.save(folder / f"{field}.{name}.npy", column[order])
    kinds = sorted({card.kind for card in cards})
    regions = sorted({card.region or "" for card in cards})
    (folder / "words.json").write_bytes(orjson.dumps({"kinds": kinds, "regions": regions}))
    kind_at, region_at = ({word: n for n, word in enumerate(words)} for words in (kinds, regions))
    np.save(folder / "kinds.npy", np.array([kind_at[card.kind] for card in cards], dtype=np.int32))
    np.save(folder / "regions.npy", np.array([region_at[card.region or ""] for card in cards], dtype=np.int32))


_COLUMNS = ("keys", "docs", "lengths", "starts")
_BATCH = 50_000
"""Cards whose suffixes are Python objects at a time."""
_LONGEST = 65_535


def _arrays(field: str, cards: Sequence[Card], start: int, aliases: Mapping[str, Sequence[str]]) -> tuple[Any, ...]:
    """The suffixes of a batch of cards: what of each is compared, its card, its whole length, whether it is at 0."""
    keys: list[bytes] = []
    docs: list[int] = []
    lengths: list[int] = []
    starts: list[bool] = []
    for doc, card in enumerate(cards[start : start + _BATCH], start):
        for parts in _texts(field, card, aliases.get(card.id, ()) if card.label == "Party" else ()):
            whole = "".join(parts).encode()
            at = 0
            for part in parts:
                keys.append(whole[at : at + WIDTH])
                docs.append(doc)
                lengths.append(min(len(whole) - at, _LONGEST))
                starts.append(at == 0)
                at += len(part) if part.isascii() else len(part.encode())
    return (
        np.array(keys, dtype=f"S{WIDTH}"),
        np.array(docs, dtype=np.int32),
        np.array(lengths, dtype=np.uint16),
        np.array(starts, dtype=np.bool_),
    )


class _Field:
    """The sorted suffixes of one field."""

    def __init__(self, folder: Path, name: str) -> None:
        self._keys, self._docs, self._lengths, self._starts = (
            _mapped(folder / f"{name}.{column}.npy") for column in _COLUMNS
        )

    def find(self, query: bytes) -> tuple[Docs, Flags, Flags]:
        """The documents with a suffix that begins with the query; whether it is at the start, and all there is."""
        ((first, last),) = self._ranges([query])
        docs, starts = self._docs[first:last], self._starts[first:last]
        return docs, starts, starts & (self._lengths[first:last] == len(query))

    def docs(self, queries: Sequence[bytes]) -> list[Docs]:
        """For each query the documents with a suffix that begins with it."""
        return [self._docs[first:last] for first, last in self._ranges(queries)]

    def _ranges(self, queries: Sequence[bytes]) -> list[tuple[int, int]]:
        """Where the suffixes that begin with each query stand."""
        heads = [query[:WIDTH] for query in queries]
        begins = np.array(heads, dtype=self._keys.dtype)
        ends = np.array([head.ljust(WIDTH, b"\xff") for head in heads], dtype=self._keys.dtype)
        first = np.searchsorted(self._keys, begins, "left").tolist()
        return list(zip(first, np.searchsorted(self._keys, ends, "right").tolist(), strict=True))


def _mapped(file: Path) -> npt.NDArray[Any]:
    """An array of a file, mapped into memory; as a plain array, since slices of a `memmap` take ten times as long."""
    return np.asarray(np.load(file, mmap_mode="r"))


class SearchIndex:
    """The index of a snapshot, mapped into memory, safe to search from many threads."""

    def __init__(self, folder: Path) -> None:
        self._fields = {name: _Field(folder, name) for name in FIELDS}
        words = orjson.loads((folder / "words.json").read_bytes())
        self._kind_words: list[str] = words["kinds"]
        self._region_words: list[str] = words["regions"]
        self._kinds = _mapped(folder / "kinds.npy")
        self._regions = _mapped(folder / "regions.npy")
        self._flags: dict[frozenset[str], Flags] = {}

    def find(
        self,
        query: str,
        *,
        kinds: Iterable[str] | None = None,
        regions: Iterable[str] | None = None,
        among: Iterable[int] | None = None,
        holding: Callable[[Docs, str], Iterable[bool]],
    ) -> tuple[Docs, npt.NDArray[np.uint8]]:
        """The numbers of all cards that match, best first, and the rank of each match, see `MATCHED_BY`.

        Equal to the query stand first, then what begins with it, then what contains it, then pinyin; among equals the
        shorter name. What was found against a party plays no part.

        Args:
            query: what was typed.
            kinds: only nodes of these kinds.
            regions: only nodes in these regions; a province or city code includes what lies in it.
            among: only these cards, by their numbers.
            holding: which of some cards really have a query that is too long for the index.
        """
        text = plain(query)
        if not text or "\x00" in text or not encodable(text):
            return np.empty(0, np.int32), np.empty(0, np.uint8)
        best = np.full(len(self._kinds), _NO_MATCH, np.uint8)
        for rank, docs in sorted(self._ranked(text), key=lambda found: -found[0]):
            best[docs] = rank
        found = np.flatnonzero(best != _NO_MATCH).astype(np.int32)
        if kinds is not None:
            found = found[self.are(found, kinds)]
        if regions is not None:
            prefixes = tuple(map(area, regions))
            within = np.array([bool(word) and word.startswith(prefixes) for word in self._region_words], np.bool_)
            found = found[within[self._regions[found]]]
        if among is not None:
            found = found[np.isin(found, np.fromiter(among, np.int32))]
        if len(text.encode()) > WIDTH:
            found = found[np.fromiter(holding(found, text), dtype=np.bool_, count=len(found))]
        found = found[np.argsort(best[found], kind="stable")]
        return found, best[found]

    def with_code(self, code: str) -> Docs:
        """The cards of which an identifier or code is exactly this one, written plainly."""
        docs, _, whole = self._fields["id"].find(code.encode("utf-8", "ignore"))
        return docs[whole]

    def with_texts(self, pieces: Sequence[str]) -> list[Docs]:
        """For each piece of text, written plainly, the cards whose name has it; a card comes once for each place."""
        return self._fields["name"].docs([piece.encode("utf-8", "ignore") for piece in pieces])

    def are(self, docs: npt.NDArray[Any], kinds: Iterable[str]) -> Flags:
        """Which of some cards are of some kinds."""
        chosen = frozenset(kinds)
        are: Flags = np.array([word in chosen for word in self._kind_words], np.bool_)[self._kinds[docs]]
        return are

    def all_of(self, kinds: frozenset[str]) -> Flags:
        """Which cards are of some kinds, of all cards by their numbers; for a few sets of kinds, which are kept."""
        if kinds not in self._flags:
            self._flags[kinds] = self.are(np.arange(len(self._kinds)), kinds)
        return self._flags[kinds]

    def _ranked(self, text: str) -> Iterator[tuple[int, Docs]]:
        query = text.encode()
        docs, _, whole = self._fields["id"].find(query)
        yield 0, docs[whole]
        yield 2, docs
        docs, start, whole = self._fields["name"].find(query)
        if len(query) > WIDTH:
            # What has the query has its end too; whether in one piece with its beginning, the whole name must tell.
            both = np.isin(docs, self._fields["name"].find(_end(text))[0])
            docs, start, whole = docs[both], start[both], whole[both]
        yield 1, docs[whole]
        yield 3, docs[start]
        yield 4, docs
        if _LATIN.fullmatch(text) and len(text) > 1:
            spelled = text.replace("'", "").encode()
            for rank, field in ((5, "pinyin"), (6, "initials")):
                docs, start, _ = self._fields[field].find(spelled)
                yield rank, docs[start]
                yield rank + 2, docs


def _end(text: str) -> bytes:
    """The last characters of a text, as many as the index keeps whole."""
    while len(text.encode()) > WIDTH:
        text = text[1:]
    return text.encode()


def area(region: str) -> str:
    """The beginning that all codes within a region share: `380100` is a city, its counties are `3801..`."""
    while len(region) > 2 and region.endswith("00"):
        region = region[:-2]
    return region

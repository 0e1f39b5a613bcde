"""Which parties of a snapshot are those that somebody else names? A score, and a sentence for each reason of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from graph.names import plain_name
from i18n import Text
from queries.explore.cards import Cards
from queries.explore.likeness import PlainNames
from queries.explore.search import Docs, SearchIndex, area, plain
from queries.explore.shapes import Node

CANDIDATES = 100
"""Parties that share most of a name's letters, and are compared with it in full."""
_PIECE = 3
_COMMON = 2_000
"""A piece of a name that more cards have, as 有限公司, leads to nobody; it is left out while others are there."""

_ROUNDED = 0.0001
"""Scores are rounded to four places; those next to the threshold are compared in full."""

PARTY_KINDS = frozenset({"official", "person", "firm", "public_body", "agent", "other"})
PERSONS = frozenset({"official", "person"})
NAMESAKE = 0.6
"""The most that a person's name alone can prove: namesakes are common."""
OTHER_CODE, OTHER_REGION, OTHER_KIND = 0.5, 0.9, 0.9
"""What is left of a name's score where the credit code, the region or the kind differs."""

_TEXTS = {
    "uscc_equal": Text(zh="统一社会信用代码一致", en="the credit codes are equal"),
    "uscc_differs": Text(zh="统一社会信用代码不一致", en="the credit codes differ"),
    "name_equal": Text(
        zh="名称一致（不计全半角、括号及公司形式的写法）",
        en="the names are equal but for width, brackets and legal form",
    ),
    "name_similar": Text(zh="名称相似度 {pct}%", en="the names are {pct}% alike"),
    "namesake": Text(zh="仅姓名一致，不能排除同名", en="only the name is equal: it may be a namesake"),
    "region_equal": Text(zh="行政区划一致", en="the regions agree"),
    "region_differs": Text(zh="行政区划不一致", en="the regions differ"),
    "kind_equal": Text(zh="类别一致", en="the kinds agree"),
    "kind_differs": Text(zh="类别不一致", en="the kinds differ"),
}


class Query(TypedDict, total=False):
    """What is known of a party; anything may be missing."""

    name: str | None
    uscc: str | None
    region: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Feature:
    """One reason of a score, from 0 (against) to 1 (for)."""

    feature: str
    score: float
    text: Text

    def as_dict(self) -> dict[str, Any]:
        """The reason as JSON."""
        return {"feature": self.feature, "score": self.score, "text": self.text.as_dict()}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A party that may be the one meant; `score` 1 is certain, as far as the data go."""

    node: Node
    score: float
    features: tuple[Feature, ...]

    def as_dict(self) -> dict[str, Any]:
        """The candidate as JSON."""
        return {
            "id": self.node.key,
            "name": self.node.name,
            "kind": self.node.kind,
            "region": self.node.region,
            "uscc": self.node.properties.get("uscc"),
            "score": self.score,
            "features": [feature.as_dict() for feature in self.features],
        }


@dataclass(frozen=True, slots=True)
class Matches:
    """The best candidates for one query; how many reach the threshold, and how many more were withheld."""

    items: tuple[Candidate, ...]
    total: int
    withheld: int = 0

    def as_dict(self) -> dict[str, Any]:
        """The candidates as JSON."""
        return {"items": [item.as_dict() for item in self.items], "total": self.total, "withheld": self.withheld}


def match(
    queries: Mapping[str, Query],
    index: SearchIndex,
    cards: Cards,
    names: PlainNames,
    *,
    threshold: float,
    limit: int,
    exclude: Collection[str],
    regions: Iterable[str] | None,
    keys: Collection[str] | None,
    withhold: frozenset[str],
) -> dict[str, Matches]:
    """The candidates of each query, best first."""
    allowed = None if regions is None else tuple(area(region) for region in regions)
    hidden = frozenset(exclude)
    found = {}
    for key, query in queries.items():
        asked = _Asked(query)
        docs = _candidates(asked, index, names, threshold)
        near = zip(cards.documents(docs.tolist()), names.ratios(asked.name, docs), strict=True)
        scored = [
            (score, node, ratio)
            for node, ratio in near
            if node.key not in hidden
            and (keys is None or node.key in keys)
            and (allowed is None or (node.region or "").startswith(allowed))
            and (score := asked.score(node, ratio)) >= threshold
        ]
        told = [hit for hit in scored if hit[1].key not in withhold]
        told.sort(key=lambda hit: (-hit[0], hit[1].id))
        best = [Candidate(node, score, asked.reasons(node, ratio)) for score, node, ratio in told[:limit]]
        found[key] = Matches(tuple(best), len(told), len(scored) - len(told))
    return found


def compare(query: Query, node: Node) -> Candidate:
    """How well one party fits. An equal credit code settles it; else the name counts, less where something differs."""
    asked = _Asked(query)
    ratio = fuzz.ratio(asked.name, plain_name(node.name))
    return Candidate(node, asked.score(node, ratio), asked.reasons(node, ratio))


class _Asked:
    """A query as it is compared: what is the same for all candidates is made once."""

    def __init__(self, query: Query) -> None:
        self.text = query.get("name") or ""
        self.name = plain_name(self.text)
        self.code = plain(query.get("uscc") or "")
        self._region = query.get("region")
        self._kind = query.get("kind")

    def score(self, node: Node, ratio: float) -> float:
        """The score of a party whose name is alike by `ratio`, 0 to 100."""
        score = self._of_name(node, ratio)
        same_code = self._same_code(node)
        if same_code:
            return 1.0
        if same_code is not None:
            score *= OTHER_CODE
        if self._same_region(node) is False:
            score *= OTHER_REGION
        if self._same_kind(node) is False:
            score *= OTHER_KIND
        return round(score, 4)

    def reasons(self, node: Node, ratio: float) -> tuple[Feature, ...]:
        """What makes that score, a sentence each."""
        features: list[Feature] = []
        if self.text:
            equal, person = ratio == 100, node.kind in PERSONS
            said = "name_similar" if not equal else "namesake" if person else "name_equal"
            _say(features, "name", self._of_name(node, ratio), said, pct=round(ratio))
        known = (
            ("uscc", self._same_code(node)),
            ("region", self._same_region(node)),
            ("kind", self._same_kind(node)),
        )
        for feature, same in known:
            if same is not None:
                _say(features, feature, float(same), f"{feature}_{'equal' if same else 'differs'}")
        return tuple(features)

    def _of_name(self, node: Node, ratio: float) -> float:
        if not self.text:
            return 0.0
        if node.kind in PERSONS:
            # One character makes another person of a name.
            return NAMESAKE if ratio == 100 else 0.0
        return round(ratio / 100, 4)

    def _same_code(self, node: Node) -> bool | None:
        code = plain(node.properties.get("uscc") or "") if self.code else ""
        return self.code == code if code else None

    def _same_region(self, node: Node) -> bool | None:
        if not self._region or not node.region:
            return None
        # A city and its county agree: one source only says less than the other.
        return node.region.startswith(area(self._region)) or self._region.startswith(area(node.region))

    def _same_kind(self, node: Node) -> bool | None:
        if not self._kind:
            return None
        return self._kind in (node.kind, node.properties.get("kind"), node.properties.get("org_type"))


def _say(features: list[Feature], feature: str, score: float, text: str, **values: object) -> None:
    features.append(Feature(feature, score, _TEXTS[text].format(**values)))


def _candidates(asked: _Asked, index: SearchIndex, names: PlainNames, threshold: float) -> Docs:
    """Who has the credit code, and who shares most pieces of the name and is like it enough to reach the threshold."""
    docs = _sharing(plain(asked.text), index)
    docs = docs[_in_reach(asked.name, docs, index, names, threshold)]
    if not asked.code:
        return docs
    coded = index.with_code(asked.code)
    return np.union1d(coded[index.all_of(PARTY_KINDS)[coded]], docs)


def _sharing(name: str, index: SearchIndex) -> Docs:
    """The parties that share most pieces of a name, at most `CANDIDATES`."""
    if not name:
        return np.empty(0, np.int32)
    pieces = {name[at : at + _PIECE] for at in range(max(1, len(name) - _PIECE + 1))}
    ranges = [index.with_text(piece) for piece in sorted(pieces)]
    telling = [found for found in ranges if len(found) <= _COMMON] or sorted(ranges, key=len)[:1]
    parties = index.all_of(PARTY_KINDS)
    # A name may have a piece twice: it counts once. Sorted by card and piece, what is equal stands side by side.
    found = np.concatenate([docs[parties[docs]].astype(np.int64) * len(telling) + n for n, docs in enumerate(telling)])
    found.sort()
    shared_docs = found[np.diff(found, prepend=-1) != 0] // len(telling)
    begins = np.flatnonzero(np.diff(shared_docs, prepend=-1))
    shared = np.diff(begins, append=len(shared_docs))
    most: Docs = shared_docs[begins][np.argsort(-shared, kind="stable")[:CANDIDATES]].astype(np.int32)
    return most


def _in_reach(name: str, docs: Docs, index: SearchIndex, names: PlainNames, threshold: float) -> npt.NDArray[np.bool_]:
    """Which parties can reach the threshold by their names: whatever else is known of them only lowers the score."""
    ratios = np.array(names.ratios(name, docs))
    ratios[index.all_of(PERSONS)[docs] & (ratios < 100)] = 0
    return ratios / 100 >= threshold - _ROUNDED

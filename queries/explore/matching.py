"""Which parties of a snapshot are those that somebody else names? A score, and a sentence for each reason of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

from graph.names import plain_name
from i18n import Text
from queries.explore.candidates import candidates
from queries.explore.cards import Cards
from queries.explore.likeness import PlainNames, Ratios
from queries.explore.search import Docs, Flags, SearchIndex, area, plain
from queries.explore.shapes import Node
from queries.explore.traits import PartyTraits, Traits, code_of, traits_of

_ROUNDED = 0.0001
"""Scores are rounded to four places; those next to the threshold are compared in full."""

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


@dataclass(frozen=True, slots=True)
class Parties:
    """Where the parties of a snapshot are looked up, all of it by the numbers of their cards."""

    index: SearchIndex
    cards: Cards
    names: PlainNames
    traits: PartyTraits


def match(
    queries: Mapping[str, Query],
    parties: Parties,
    *,
    threshold: float,
    limit: int,
    exclude: Collection[str],
    regions: Iterable[str] | None,
    keys: Collection[str] | None,
    withhold: Collection[str],
) -> dict[str, Matches]:
    """The candidates of each query, best first. All are judged by what is kept side by side; only the best are read."""
    asked = [_Asked(query) for query in queries.values()]
    near = _reaching(asked, parties, threshold)
    if regions is not None:
        allowed = tuple(area(region) for region in regions)
        near = near.at(np.array([own.region.startswith(allowed) for own in parties.traits.of(near.docs)], np.bool_))
    if exclude or keys is not None:
        near = near.at(_keyed(near, parties, lambda key: key not in exclude and (keys is None or key in keys)))
    if not withhold:
        return _best(queries, asked, near, parties, limit)
    hidden = _keyed(near, parties, lambda key: key in withhold)
    withheld = np.bincount(near.query[hidden], minlength=len(asked)).tolist()
    found = _best(queries, asked, near.at(~hidden), parties, limit)
    return {key: replace(found[key], withheld=number) for key, number in zip(found, withheld, strict=True)}


def compare(query: Query, node: Node) -> Candidate:
    """How well one party fits. An equal credit code settles it; else the name counts, less where something differs."""
    asked, own, code = _Asked(query), traits_of(node), code_of(node)
    ratio = fuzz.ratio(asked.name, plain_name(node.name))
    return Candidate(node, asked.score(own, ratio, code), asked.reasons(own, ratio, code))


@dataclass(frozen=True, slots=True)
class _Near:
    """Queries, by their places in the batch, beside parties that may be meant: card, likeness of names, score."""

    query: npt.NDArray[np.int64]
    docs: Docs
    ratios: Ratios
    scores: npt.NDArray[np.float64]

    def at(self, places: npt.NDArray[Any]) -> _Near:
        """Some of them, by a flag for each or by their places."""
        return _Near(self.query[places], self.docs[places], self.ratios[places], self.scores[places])


def _reaching(asked: Sequence[_Asked], parties: Parties, threshold: float) -> _Near:
    """Who has the credit code, and who shares most pieces of the name, where they reach the threshold."""
    docs_of, with_code = candidates([plain(one.text) for one in asked], [one.code for one in asked], parties.index)
    docs = np.concatenate([np.empty(0, np.int32), *docs_of])
    query = np.repeat(np.arange(len(asked)), [len(found) for found in docs_of])
    ratios = np.concatenate([np.empty(0), *map(parties.names.ratios, (one.name for one in asked), docs_of)])
    most = np.where(parties.index.all_of(PERSONS)[docs] & (ratios < 100), 0, ratios / 100)
    # Whatever else is known of a party only lowers the score of its name, unless its credit code is the one.
    near = _Near(query, docs, ratios, most).at((most >= threshold - _ROUNDED) | np.isin(docs, with_code))
    codes = dict(zip(with_code.tolist(), map(code_of, parties.cards.documents(with_code.tolist())), strict=True))
    compared = zip(
        near.query.tolist(), near.docs.tolist(), near.ratios.tolist(), parties.traits.of(near.docs), strict=True
    )
    scores = np.array([asked[n].score(own, ratio, codes.get(doc, "")) for n, doc, ratio, own in compared], np.float64)
    return replace(near, scores=scores).at(scores >= threshold)


def _best(
    queries: Iterable[str], asked: Sequence[_Asked], near: _Near, parties: Parties, limit: int
) -> dict[str, Matches]:
    """The best for each query, read from the cards; of equal scores the first by id."""
    near = near.at(np.lexsort((parties.traits.ranks(near.docs), -near.scores, near.query)))
    totals = np.bincount(near.query, minlength=len(asked)).tolist()
    begins = np.searchsorted(near.query, np.arange(len(asked)))
    near = near.at(np.arange(len(near.docs)) - begins[near.query] < limit)
    read = np.unique(near.docs).tolist()
    nodes = dict(zip(read, parties.cards.documents(read), strict=True))
    items: list[list[Candidate]] = [[] for _ in asked]
    scored = zip(near.query.tolist(), near.docs.tolist(), near.ratios.tolist(), near.scores.tolist(), strict=True)
    for (n, doc, ratio, score), own in zip(scored, parties.traits.of(near.docs), strict=True):
        items[n].append(Candidate(nodes[doc], score, asked[n].reasons(own, ratio, code_of(nodes[doc]))))
    return {key: Matches(tuple(best), total) for key, best, total in zip(queries, items, totals, strict=True)}


def _keyed(near: _Near, parties: Parties, test: Callable[[str], bool]) -> Flags:
    """Of which parties the key passes a test."""
    distinct, at = np.unique(near.docs, return_inverse=True)
    keys = parties.cards.keys(distinct.tolist())
    passed: Flags = np.array([test(keys[doc]) for doc in distinct.tolist()], np.bool_)[at]
    return passed


class _Asked:
    """A query as it is compared: what is the same for all candidates is made once."""

    def __init__(self, query: Query) -> None:
        self.text = query.get("name") or ""
        self.name = plain_name(self.text)
        self.code = plain(query.get("uscc") or "")
        self._region = query.get("region") or ""
        self._area = area(self._region)
        self._kind = query.get("kind") or ""
        self._only_name = not (self.code or self._region or self._kind)

    def score(self, own: Traits, ratio: float, code: str) -> float:
        """The score of a party.

        Args:
            own: its traits.
            ratio: how alike the names are, 0 to 100.
            code: its credit code; where it is not the one asked for, it need not be known.
        """
        score = self._of_name(own, ratio)
        if self._only_name:
            return score
        same_code = self._same_code(own, code)
        if same_code:
            return 1.0
        if same_code is not None:
            score *= OTHER_CODE
        if self._same_region(own) is False:
            score *= OTHER_REGION
        if self._same_kind(own) is False:
            score *= OTHER_KIND
        return round(score, 4)

    def reasons(self, own: Traits, ratio: float, code: str) -> tuple[Feature, ...]:
        """What makes that score, a sentence each."""
        reasons = []
        if self.text:
            equal, person = ratio == 100, own.kinds[0] in PERSONS
            said = "name_similar" if not equal else "namesake" if person else "name_equal"
            reasons.append(Feature("name", self._of_name(own, ratio), _said(said, round(ratio))))
        known = (
            ("uscc", self._same_code(own, code)),
            ("region", self._same_region(own)),
            ("kind", self._same_kind(own)),
        )
        for feature, same in known:
            if same is not None:
                reasons.append(Feature(feature, float(same), _said(f"{feature}_{'equal' if same else 'differs'}")))
        return tuple(reasons)

    def _of_name(self, own: Traits, ratio: float) -> float:
        if not self.text:
            return 0.0
        if own.kinds[0] in PERSONS:
            # One character makes another person of a name.
            return NAMESAKE if ratio == 100 else 0.0
        return round(ratio / 100, 4)

    def _same_code(self, own: Traits, code: str) -> bool | None:
        return self.code == code if self.code and own.coded else None

    def _same_region(self, own: Traits) -> bool | None:
        if not self._region or not own.region:
            return None
        # A city and its county agree: one source only says less than the other.
        return own.region.startswith(self._area) or self._region.startswith(area(own.region))

    def _same_kind(self, own: Traits) -> bool | None:
        return self._kind in own.kinds if self._kind else None


@functools.cache
def _said(text: str, pct: int | None = None) -> Text:
    """A sentence: there are few, and each is said of many parties."""
    return _TEXTS[text].format(pct=pct)

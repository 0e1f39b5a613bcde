"""Which parties of a snapshot are those that somebody else names? A score, and a sentence for each reason of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
from rapidfuzz import fuzz

from graph.names import plain_name
from i18n import Text
from queries.explore.cards import Cards
from queries.explore.search import SearchIndex, area, plain
from queries.explore.shapes import Node

CANDIDATES = 100
"""Parties that share most of a name's letters, and are compared with it in full."""
_PIECE = 3
_COMMON = 2_000
"""A piece of a name that more cards have, as 有限公司, leads to nobody; it is left out while others are there."""

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
    """The best candidates for one query, and how many reach the threshold."""

    items: tuple[Candidate, ...]
    total: int

    def as_dict(self) -> dict[str, Any]:
        """The candidates as JSON."""
        return {"items": [item.as_dict() for item in self.items], "total": self.total}


def match(
    queries: Mapping[str, Query],
    index: SearchIndex,
    cards: Cards,
    *,
    threshold: float,
    limit: int,
    exclude: Collection[str],
    regions: Iterable[str] | None,
) -> dict[str, Matches]:
    """The candidates of each query, best first."""
    allowed = None if regions is None else tuple(area(region) for region in regions)
    hidden = frozenset(exclude)
    found = {}
    for key, query in queries.items():
        nodes = cards.documents(_candidates(query, index))
        scored = [
            candidate
            for node in nodes
            if node.key not in hidden
            and (allowed is None or (node.region or "").startswith(allowed))
            and (candidate := compare(query, node)).score >= threshold
        ]
        scored.sort(key=lambda c: (-c.score, c.node.id))
        found[key] = Matches(tuple(scored[:limit]), len(scored))
    return found


def compare(query: Query, node: Node) -> Candidate:
    """How well one party fits. An equal credit code settles it; else the name counts, less where something differs."""
    features: list[Feature] = []
    code, its_code = plain(query.get("uscc") or ""), plain(node.properties.get("uscc") or "")
    same_code = bool(code) and code == its_code
    score = 0.0
    if name := query.get("name"):
        score = _name(name, node, features)
    if code and its_code:
        _say(features, "uscc", 1.0 if same_code else 0.0, "uscc_equal" if same_code else "uscc_differs")
        score *= 1.0 if same_code else OTHER_CODE
    if (region := query.get("region")) and node.region:
        # A city and its county agree: one source only says less than the other.
        agree = node.region.startswith(area(region)) or region.startswith(area(node.region))
        _say(features, "region", float(agree), "region_equal" if agree else "region_differs")
        score *= 1.0 if agree else OTHER_REGION
    if kind := query.get("kind"):
        agree = kind in (node.kind, node.properties.get("kind"), node.properties.get("org_type"))
        _say(features, "kind", float(agree), "kind_equal" if agree else "kind_differs")
        score *= 1.0 if agree else OTHER_KIND
    return Candidate(node, 1.0 if same_code else round(score, 4), tuple(features))


def _name(name: str, node: Node, features: list[Feature]) -> float:
    ours, theirs = plain_name(name), plain_name(node.name)
    equal = ours == theirs
    score = 1.0 if equal else round(fuzz.ratio(ours, theirs) / 100, 4)
    if node.kind in PERSONS:
        # One character makes another person of a name.
        score = NAMESAKE if equal else 0.0
    if equal:
        _say(features, "name", score, "namesake" if node.kind in PERSONS else "name_equal")
    else:
        _say(features, "name", score, "name_similar", pct=round(fuzz.ratio(ours, theirs)))
    return score


def _say(features: list[Feature], feature: str, score: float, text: str, **values: object) -> None:
    features.append(Feature(feature, score, _TEXTS[text].format(**values)))


def _candidates(query: Query, index: SearchIndex) -> list[int]:
    """Who has the credit code, and who shares most pieces of the name."""
    docs: list[int] = []
    if code := plain(query.get("uscc") or ""):
        docs += index.with_code(code).tolist()
    name = plain(query.get("name") or "")
    if name:
        pieces = {name[at : at + _PIECE] for at in range(max(1, len(name) - _PIECE + 1))}
        ranges = [index.with_text(piece) for piece in sorted(pieces)]
        telling = [found for found in ranges if len(found) <= _COMMON] or sorted(ranges, key=len)[:1]
        joined = np.concatenate([np.unique(found) for found in telling])
        doc, shared = np.unique(joined, return_counts=True)
        parties = index.are(doc, PARTY_KINDS)
        doc, shared = doc[parties], shared[parties]
        docs += doc[np.argsort(-shared, kind="stable")[:CANDIDATES]].tolist()
    return list(dict.fromkeys(docs))

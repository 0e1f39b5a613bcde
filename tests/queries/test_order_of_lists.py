"""No text leaves the order of what it collects to chance: a list's order must not depend on threads or rows' order."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from queries.detector import Cypher
from queries.registry import DETECTORS
from queries.relations import RELATIONS

_CALL = re.compile(r"(\w*)\s*\(|\)")
_COLLECTS = frozenset({"list", "array_agg", "string_agg", "group_concat", "first", "last"})
_WHATEVER_THE_ORDER = frozenset({"list_sort", "list_median", "list_aggregate", "len"})
"""Calls around a list that say the same of it in any order."""


def _texts() -> Iterator[tuple[str, str]]:
    for relation in RELATIONS.values():
        yield f"relation {relation.name}", relation.query
    for detector in DETECTORS:
        select = detector.select
        yield f"{detector.id}: population", detector.population.text
        parts = (select.anchors.text, select.then.text) if isinstance(select, Cypher) else (select.text,)
        yield from ((f"{detector.id}: select", text) for text in parts)


def unordered(text: str) -> list[str]:
    """The calls in an SQL text that collect rows in no stated order; a list that is sorted afterwards has one."""
    found = []
    around: list[tuple[str, int]] = []
    text = re.sub(r"--[^\n]*", "", text)
    for bracket in _CALL.finditer(text):
        if bracket.group() != ")":
            around.append((bracket.group(1).lower(), bracket.end()))
            continue
        name, start = around.pop()
        sorted_later = any(outer in _WHATEVER_THE_ORDER for outer, _ in around)
        if name in _COLLECTS and not sorted_later and "ORDER BY" not in _outermost(text[start : bracket.start()]):
            found.append(f"{name}({text[start : bracket.end()]}")
    return found


def _outermost(text: str) -> str:
    """A text in capitals, one blank between its words, without what stands in parentheses."""
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return " ".join(text.upper().split())


@pytest.mark.parametrize(("name", "text"), list(_texts()))
def test_what_a_text_collects_has_an_order(name: str, text: str) -> None:
    assert not unordered(text), f"{name}: give each an ORDER BY inside its parentheses, or use min, max or list_sort"


def test_an_unordered_list_is_noticed() -> None:
    assert unordered("SELECT list(a), list(DISTINCT b ORDER BY b), first(c ORDER BY (d)) FROM t") == ["list(a)"]
    assert unordered("SELECT list({'k': (SELECT max(x) FROM u ORDER BY 1)}) FROM t")
    assert not unordered("SELECT list_sort(list_distinct(list(a))), list_contains(b, 1) FROM t")

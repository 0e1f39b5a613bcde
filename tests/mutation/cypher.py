"""Mutants of Cypher: one conjunct of a WHERE dropped, one edge moved.

The texts of this project are plain: a WHERE holds a conjunction of comparisons up to the next clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from tests.mutation.sql import TextChange

_WHERE = re.compile(r"\bWHERE\b(?P<body>.*?)(?=\b(?:RETURN|WITH|MATCH|OPTIONAL|UNWIND|UNION|ORDER)\b|\Z)", re.DOTALL)
_AND = re.compile(r"\bAND\b")
_EDGE = re.compile(r"[<>]=?(?!>)")
_OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}


def cypher_changes(text: str) -> Iterator[TextChange]:
    """Every change of a text, in its order."""
    for where in _WHERE.finditer(text):
        conjuncts = [part.strip() for part in _AND.split(where["body"])]
        for place, conjunct in enumerate(conjuncts):
            left = [part for number, part in enumerate(conjuncts) if number != place]
            yield TextChange("conjunct dropped", conjunct, partial(_with_where, text, where, left))
            edge = _EDGE.search(conjunct)
            if edge and "<>" not in conjunct:
                flipped = conjunct[: edge.start()] + _OTHER[edge.group()] + conjunct[edge.end() :]
                others = [*conjuncts[:place], flipped, *conjuncts[place + 1 :]]
                yield TextChange("edge moved", conjunct, partial(_with_where, text, where, others))


def _with_where(text: str, where: re.Match[str], conjuncts: Sequence[str]) -> str:
    clause = f"WHERE {' AND '.join(conjuncts)}\n" if conjuncts else ""
    return f"{text[: where.start()]}{clause}{text[where.end() :]}"

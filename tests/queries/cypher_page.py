"""The questions of the analysts' page, `docs/cypher.md`, as they stand there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "cypher.md"

_QUESTION = re.compile(
    r"^### (?P<title>.+?)$.*?^```cypher\n(?P<cypher>.*?)^```(?P<rest>.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL
)
_PARAMETERS = re.compile(r"^Parameters: `(?P<json>{.*})`$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Question:
    """A heading of the page, its Cypher, and the parameters that it gives as an example."""

    title: str
    cypher: str
    parameters: dict[str, Any]


def questions() -> list[Question]:
    """Every question of the page, in its order."""
    found = []
    for match in _QUESTION.finditer(PAGE.read_text(encoding="utf-8")):
        given = _PARAMETERS.search(match["rest"])
        found.append(Question(match["title"], match["cypher"], orjson.loads(given["json"]) if given else {}))
    return found

"""Every text of the page is in the catalogue in both languages, and none is left over."""

from __future__ import annotations

import re

import pytest

from api.rules import RULES
from findings.access.rights import Role
from findings.store.models import RunState, State, Triage
from findings.store.triage import ACTIONS
from graph.schema import EDGES, TABLES
from i18n import catalogue
from queries.registry import FAMILIES
from viz.explorer import FOLDER

CODE = "\n".join(file.read_text(encoding="utf-8") for file in sorted((FOLDER / "js").rglob("*.js")))
KEYS = {key.removeprefix("ui.") for key in catalogue() if key.startswith("ui.")}
ASKED = [
    r"\bt\('(\w+)'",
    r"\bt(?:_label|_title|_placeholder)?: \[?'(\w+)'",
    r"\bbutton\('(\w+)'",
    r"\bemptyView\('(\w+)'",
    r"\bemptyView\('\w+', '(\w+)'",
    r"\bsheet\(\[?'(\w+)'",
    r"\bpair\('(\w+)'",
    r"\bheading\('(\w+)'",
    r"\.act\('(\w+)'",
    r"model\.add\('(\w+)'",
]
"""Where a key stands in the code."""
SETS = re.search(r"const WORDS = \[(.*?)\]", CODE)
WORDS = re.findall(r"'(\w+)'", SETS[1] if SETS else "")
"""Sets of words for codes; a key of a set is asked for by the code that the data hold."""
COMPOSED = re.findall(r"`(\w+_)\$\{", CODE) + re.findall(r"`(\w+_)\$\{\w+\}(?:_\w+)?`", CODE)
"""Beginnings of keys that the code completes."""


def test_every_text_that_the_page_asks_for_is_there() -> None:
    code = CODE.replace(re.search(r"const SPOKEN = .*", CODE)[0], "")  # type: ignore[index]  # names attributes, not texts
    asked = {key for pattern in ASKED for key in re.findall(pattern, code)}
    assert len(asked) > 150
    assert asked <= KEYS, asked - KEYS


def test_no_text_is_left_over() -> None:
    named = set(re.findall(r"'(\w+)'", CODE))
    starts = tuple({f"{word}_" for word in WORDS} | set(COMPOSED))
    assert {key for key in KEYS if key not in named and not key.startswith(starts)} == set()


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("family", list(FAMILIES)),
        ("triage", list(Triage)),
        ("state", list(State)),
        ("run", list(RunState)),
        ("action", list(ACTIONS)),
        ("user", list(Role)),
        ("edge", sorted({edge.type for edge in EDGES})),
        ("table", list(TABLES)),
        ("tier", ["A", "B", "C"]),
        ("audited", [rule.audit.replace(".", "_") for rule in RULES.values() if rule.audit]),
        ("audited", [f"finding_{action}" for action in ACTIONS]),
        ("kind", re.findall(r"^  (\w+): \['", (FOLDER / "js/canvas/style.js").read_text(encoding="utf-8"), re.M)),
    ],
)
def test_every_code_of_the_data_has_a_word(name: str, codes: list[str]) -> None:
    assert codes
    assert {f"{name}_{code.lower()}" for code in codes} <= KEYS

"""Uses that no special fund may serve unless its grant names them, out of `queries/data/fund_uses.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from i18n import Text


@dataclass(frozen=True, slots=True)
class BarredUse:
    """One kind of use: words that name it in a purpose, the rule that bars it, and since when."""

    kind: str
    title: Text
    words: tuple[str, ...]
    law: str
    valid_from: date


BARRED_USES: tuple[BarredUse, ...] = tuple(
    BarredUse(
        kind=entry["kind"],
        title=Text(zh=entry["zh"], en=entry["en"]),
        words=tuple(entry["words"]),
        law=entry["law"],
        valid_from=entry["valid_from"],
    )
    for entry in tomllib.loads(files("queries").joinpath("data", "fund_uses.toml").read_text(encoding="utf-8"))[
        "barred"
    ]
)


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join("'" + word.replace("'", "''") + "'" for word in words) + "]"


BARRED = (
    "barred AS (SELECT * FROM (VALUES\n  "
    + ",\n  ".join(f"('{use.kind}', {_list(use.words)}, DATE '{use.valid_from}')" for use in BARRED_USES)
    + ") AS v(barred, words, since))\n"
)
"""A common table expression: `barred` (the kind), its `words` and the day `since` which it is barred."""


def barred_use(kind: str) -> BarredUse:
    """The use of a kind.

    Raises:
        KeyError: there is none.
    """
    return {use.kind: use for use in BARRED_USES}[kind]

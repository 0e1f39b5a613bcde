"""The words of the data contract's choices, as a reader of each language sees them."""

from __future__ import annotations

from graph.schema import TABLES
from i18n import Text, catalogue


def choice(table: str, column: str, word: str) -> Text | None:
    """The word of one choice (`payments`, `form`, `bill` is 票据); None for what is no choice of that column."""
    return catalogue().get(f"choice.{table}_{column}_{word}")


def choices(table: str, column: str) -> dict[str, Text]:
    """Every choice of a column with its word; empty for a column without choices."""
    declared = {one.name: one.choices for one in TABLES[table].columns}.get(column, ())
    return {word: catalogue()[f"choice.{table}_{column}_{word}"] for word in declared}


def chosen(table: str, column: str, cell: object) -> Text | None:
    """A cell of a choice column in words, several choices (`approve;pay`) as one enumeration; None for other cells."""
    if not isinstance(cell, str) or not cell:
        return None
    words = [choice(table, column, part) for part in cell.split(";")]
    said = [word for word in words if word is not None]
    if len(said) < len(words):
        return None
    return Text(zh="、".join(word.zh for word in said), en=", ".join(word.en for word in said))

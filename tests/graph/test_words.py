"""The words of choices."""

from __future__ import annotations

import pytest

from graph.schema import TABLES
from graph.schema.words import choice, choices, chosen
from i18n import Text, catalogue
from loaders.words import choice_words

COLUMNS = [(table.name, column.name) for table in TABLES.values() for column in table.columns if column.choices]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_choice_has_a_word_of_its_own_that_can_be_loaded_again(table: str, column: str) -> None:
    words = choices(table, column)
    assert tuple(words) == TABLES[table][column].choices
    read = choice_words(table, column)
    assert {word: read.get(said.zh) for word, said in words.items()} == {word: word for word in words}
    assert len({said.en for said in words.values()}) == len(words)


def test_no_word_is_left_over() -> None:
    declared = {f"choice.{t}_{c}_{word}" for t, c in COLUMNS for word in TABLES[t][c].choices}
    assert {key for key in catalogue() if key.startswith("choice.")} == declared


def test_a_cell_of_several_choices_is_an_enumeration_and_other_cells_are_none() -> None:
    assert chosen("posts", "powers", "approve;pay") == Text(zh="审批、支付", en="approval, payment")
    assert chosen("payments", "form", "bill") == choice("payments", "form", "bill")
    assert chosen("payments", "form", "barter") is None
    assert chosen("payments", "purpose", "cash") is None
    assert chosen("payments", "form", None) is None
    assert choices("payments", "purpose") == {}

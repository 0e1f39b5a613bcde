"""What people write into a cell, and what it means."""

from __future__ import annotations

import pytest

from graph.schema import TABLES
from graph.schema.model import Kind
from i18n import LANGUAGES, catalogue
from loaders.cells import (
    Bad,
    Reading,
    read_date,
    read_flag,
    read_id,
    read_integer,
    read_money,
    read_number,
    read_percent,
    read_period,
    read_time,
    reader,
)
from loaders.words import _WORDS, choice_words


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-03-05", "2024-03-05"),
        ("2024/3/5", "2024-03-05"),
        ("2024.3.5", "2024-03-05"),
        ("2024年3月5日", "2024-03-05"),
        ("2024年03月05号", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("45356", "2024-03-05"),
        ("2024-03-05 10:20:30", "2024-03-05"),
        ("2024-03-05T20:00:00Z", "2024-03-06"),
        ("2024-02-31", Bad("no_such_day")),
        ("2023年2月29日", Bad("no_such_day")),
        ("2024-13-01", Bad("no_such_day")),
        ("0204-03-05", Bad("date_out_of_range")),
        ("5/3/2024", Bad("bad_date")),
        ("明年", Bad("bad_date")),
        ("123", Bad("bad_date")),
    ],
)
def test_a_day_is_read_in_every_usual_form(cell: str, day: Reading) -> None:
    assert read_date(cell) == day


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-03-05T09:30", "2024-03-05T09:30:00"),
        ("2024/3/5 9:30", "2024-03-05T09:30:00"),
        ("2024年3月5日 9时30分", "2024-03-05T09:30:00"),
        ("2024年3月5日9时30分15秒", "2024-03-05T09:30:15"),
        ("2024-03-05T01:30:00Z", "2024-03-05T09:30:00"),
        ("2024-03-05T01:30:00+0000", "2024-03-05T09:30:00"),
        ("2024-03-05T09:30:00.250+08:00", "2024-03-05T09:30:00.250000"),
        ("2024-03-05 24:00", "2024-03-06T00:00:00"),
        ("45356.5", "2024-03-05T12:00:00"),
        ("2024-03-05", "2024-03-05T00:00:00"),
        ("2024-03-05 25:00", Bad("bad_time")),
        ("2024-03-05 morning", Bad("bad_time")),
    ],
)
def test_a_time_is_on_the_wall_clock_of_shanghai(cell: str, moment: Reading) -> None:
    assert read_time(cell) == moment


@pytest.mark.parametrize(
    ("cell", "yuan"),
    [
        ("1234.5", "1234.5"),
        ("1,234,567.89", "1234567.89"),
        ("1，234元", "1234"),
        ("¥ 1,234.00", "1234"),
        ("人民币1234元整", "1234"),
        ("12.34567万元", "123456.7"),
        ("0.01亿", "1000000"),
        ("3百万", "3000000"),
        ("1e3", "1000"),
        ("0", "0"),
        ("12.345678", "12.3457"),
        ("9999999999999.99", "9999999999999.99"),
        ("-5", Bad("money_negative")),
        ("(1,200.00)", Bad("money_negative")),
        ("99999999999999", Bad("money_absurd")),
        ("NaN", Bad("not_finite")),
        ("inf", Bad("not_finite")),
        ("about 5", Bad("bad_money")),
        ("12万元万", Bad("bad_money")),
        ("1e999999", Bad("bad_money")),
    ],
)
def test_a_sum_is_read_exactly(cell: str, yuan: Reading) -> None:
    assert read_money(cell) == yuan


def test_other_numbers() -> None:
    assert read_number("1,234.5") == "1234.5"
    assert read_percent("51%") == "51"
    assert read_percent("120") == Bad("percent_range")
    assert read_number("nan") == Bad("not_finite")
    assert read_integer("12.0") == "12"
    assert read_integer("12.5") == Bad("bad_integer")
    assert read_period("2024年3月") == "2024-03"
    assert read_period("202403") == "2024-03"
    assert read_period("2024-13") == Bad("bad_period")


def test_yes_and_no() -> None:
    assert [read_flag(word) for word in ("是", "Y", "有", "1", "1.0")] == ["true"] * 5
    assert [read_flag(word) for word in ("否", "N", "无", "0")] == ["false"] * 4
    assert read_flag("maybe") == Bad("bad_flag")
    assert read_flag("—") is None


def test_full_width_cells_and_cells_that_say_they_are_empty() -> None:
    amount = reader("bids", TABLES["bids"]["price"])
    assert amount("１２３４．５元") == "1234.5"
    assert [amount(cell) for cell in ("—", "/", "无", "NULL", "　")] == [None] * 5


def test_choices_are_read_in_chinese() -> None:
    method = reader("tenders", TABLES["tenders"]["method"])
    assert method("竞争性磋商") == "consultation"
    assert method("Open") == "open"
    assert method("抓阄") == Bad("unknown_choice")
    powers = reader("posts", TABLES["posts"]["powers"])
    assert powers("采购、审批") == "approve;procure"
    assert powers("审批;吃饭") == Bad("unknown_choice")


def test_an_identifier_that_a_spreadsheet_rounded_is_refused() -> None:
    assert read_id("9.1380100E+17") == Bad("id_scientific")
    assert read_id("00E7") == "00E7"


def test_every_choice_has_a_chinese_word_and_no_word_means_two_things() -> None:
    for table in TABLES.values():
        for column in table.columns:
            if column.kind in (Kind.CHOICE, Kind.CHOICES):
                words = _WORDS[f"{table.name}.{column.name}"]
                assert set(words) == set(column.choices), f"{table.name}.{column.name}"
                spellings = [word for spelling in words.values() for word in spelling.split()]
                assert len(spellings) == len(set(spellings)), f"{table.name}.{column.name}"
                assert set(choice_words(table.name, column.name).values()) == set(column.choices)


def test_every_reason_has_a_text_in_both_languages() -> None:
    reasons = [key for key in catalogue() if key.startswith("quarantine.")]
    assert len(reasons) > 20
    for key in reasons:
        for language in LANGUAGES:
            assert catalogue()[key].in_language(language).strip()

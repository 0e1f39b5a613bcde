"""The rules that findings cite: what was compared with the published text says with which, in both languages."""

from __future__ import annotations

import re
from datetime import date

import pytest

from i18n import LANGUAGES
from queries.laws import Law, in_force, laws

every_law = pytest.mark.parametrize("law", laws().values(), ids=lambda law: law.id)


@every_law
def test_what_was_checked_says_with_which_text_and_nothing_else_does(law: Law) -> None:
    assert (law.source is not None) == law.checked


@every_law
def test_a_rule_reads_in_both_languages(law: Law) -> None:
    for part in (law.title, law.article, law.says, *([law.source] if law.source else [])):
        assert all(part.in_language(language).strip() for language in LANGUAGES)
        if part.zh.startswith("https://"):
            assert part.en == part.zh, "an address is the same in both languages"
        else:
            assert re.search(r"[\u4e00-\u9fff]", part.zh), f"no Chinese in {part.zh!r}"
            assert not re.search(r"[\u4e00-\u9fff]", part.en), f"Chinese in {part.en!r}"


@every_law
def test_a_rule_is_in_force_on_some_day(law: Law) -> None:
    assert law.valid_from is not None
    assert law.valid_to is None or law.valid_from <= law.valid_to


@pytest.mark.parametrize(
    ("rules", "day", "cited"),
    [
        (("sme_payment_728_16", "sme_payment_802_18"), date(2025, 5, 31), ("sme_payment_728_16",)),
        (("sme_payment_728_16", "sme_payment_802_18"), date(2025, 6, 1), ("sme_payment_802_18",)),
        (("order_3_7", "order_16_5"), date(2018, 5, 31), ("order_3_7",)),
        (("order_3_7", "order_16_5"), date(2018, 6, 1), ("order_16_5",)),
        # Before it bound every level of government, the notice makes no intention a statutory item.
        (("procurement_intentions_2020",), date(2021, 12, 31), ()),
        (("procurement_intentions_2020",), date(2022, 1, 1), ("procurement_intentions_2020",)),
    ],
)
def test_the_rule_of_the_day_is_cited(rules: tuple[str, ...], day: date, cited: tuple[str, ...]) -> None:
    assert in_force(rules, day) == cited

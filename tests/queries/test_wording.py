"""What sentences call a party, and how they tie it to an official."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from queries.debt_feeding.tied import tie_sentence
from queries.wording import name, span


@pytest.mark.parametrize("column", ["buyer", "buyer_id"])
@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_a_party_that_no_table_names_is_called_by_its_id(column: str, missing: object) -> None:
    assert name(pd.Series({"buyer_name": missing, column: "G1"}), "buyer") == "G1"
    assert name(pd.Series({"buyer_name": "青川县医院", column: "G1"}), "buyer") == "青川县医院"


def test_an_official_is_not_said_to_be_tied_to_the_official() -> None:
    own = tie_sentence("赵一", "赵一", "self")
    assert (own.zh, own.en) == (
        "赵一本人即有权审批或支付的公职人员。",
        "赵一 is the official who approves or pays there.",
    )
    kin = tie_sentence("丙商贸", "赵一", "sibling:legal_rep")
    assert kin.zh == "丙商贸与有权审批或支付的公职人员赵一存在关联（兄弟姐妹 → 法定代表人）。"


def test_a_span_of_one_day_is_a_day() -> None:
    first, last = date(2024, 3, 20), date(2024, 5, 1)
    assert (span(first, first).zh, span(first, first).en) == ("2024-03-20", "On 2024-03-20")
    assert (span(first, last).zh, span(first, last).en) == ("2024-03-20 至 2024-05-01", "From 2024-03-20 to 2024-05-01")

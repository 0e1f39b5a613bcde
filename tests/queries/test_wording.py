"""What sentences call a party."""

from __future__ import annotations

import pandas as pd
import pytest

from queries.wording import name


@pytest.mark.parametrize("column", ["buyer", "buyer_id"])
@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA])
def test_a_party_that_no_table_names_is_called_by_its_id(column: str, missing: object) -> None:
    assert name(pd.Series({"buyer_name": missing, column: "G1"}), "buyer") == "G1"
    assert name(pd.Series({"buyer_name": "青川县医院", column: "G1"}), "buyer") == "青川县医院"

"""What stands in for functions of numpy gives what they give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.ocp.columns import is_in
from queries.ocp.outcomes import quantile
from tests.queries.ocp.conftest import Judge, award, bid, of, release


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40), st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.99, 1.0]))
def test_quantiles_are_those_of_definition_8(values: list[float], share: float) -> None:
    numbers = np.array(values)
    expected = np.quantile(numbers, share, method="median_unbiased")
    assert quantile(numbers, share) == pytest.approx(float(expected), rel=1e-12, abs=1e-6)


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_membership(values: list[int], wanted: list[int]) -> None:
    found = is_in(np.array(values, dtype=np.int64), np.array(wanted, dtype=np.int64))
    assert found.tolist() == [value in wanted for value in values]


def test_a_competition_without_bids_is_not_given_those_of_the_next(judged: Judge) -> None:
    bids = [bid("W", 9), bid("D", 8, "disqualified")]
    found = judged(release("none", [], [award("W")]), release("two", bids, [award("W")]), release("last", []))
    assert of(found, "R036") == {"two": 1.0}
    assert found.case.lowest(found.case.amount, found.case.valid, np.inf).tolist() == [np.inf, 9.0, np.inf]

"""Date-times read many at once are read as each would be alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from queries.ocp.instants import UNKNOWN, instants

USUAL = ["2000-01-02T03:04:05Z", "2000-01-02T03:04:05+02:00", "2000-01-02", "2000-01-02 03:04:05.5", "", None]
ODD = ["2000-01-02\n", "\n2000-01-02", "2000-01-02\n2000-01-02", "000-01-02", "２０００-01-02", "-2000-01-02T03:04:0Z"]


@given(st.lists(st.sampled_from([*USUAL, *ODD]) | st.text("0\n-", max_size=3), max_size=4))
def test_texts_do_not_run_into_one_another(texts: list[str | None]) -> None:
    assert instants(texts).tolist() == [instants([text])[0] for text in texts]


def test_a_break_within_a_text_does_not_make_two() -> None:
    first = "2000-01-02T00:00:00Z"
    assert instants([f"{first}\n{first[:-1]}", ""]).tolist() == [UNKNOWN, UNKNOWN]
    assert instants([first, first]).tolist() == instants([first]).tolist() * 2

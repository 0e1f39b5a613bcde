"""Worlds drawn by chance: who wins in them, and how many it takes."""

from __future__ import annotations

import numpy as np
import pytest

from queries.statistics import winners
from queries.statistics.winners import draw_winners, repeats, rotation_p_value, split_p_value

PRESENT = np.array([[True, True, True], [True, False, True], [False, True, False]])


def test_winners_are_drawn_from_those_that_bid_in_proportion_to_their_strength() -> None:
    drawn = draw_winners(PRESENT, [1.0, 2.0, 3.0], 30_000, np.random.default_rng(1))
    shares = [np.bincount(drawn[:, tender], minlength=3) / len(drawn) for tender in range(3)]
    expected = np.array([[1 / 6, 2 / 6, 3 / 6], [1 / 4, 0, 3 / 4], [0, 1, 0]])
    np.testing.assert_allclose(np.array(shares), expected, atol=0.01)


def test_a_member_repeats_where_it_wins_again_within_the_lags() -> None:
    worlds = np.array([[0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1], [0, 1, 0, 1, 0, 1]], dtype=np.uint16)
    assert repeats(worlds, 2).tolist() == [0, 6, 4]
    assert repeats(worlds, 1).tolist() == [0, 4, 0]
    assert repeats(worlds[:, :1], 2).tolist() == [0, 0, 0]


def test_rounds_of_any_size_draw_the_same_worlds(monkeypatch: pytest.MonkeyPatch) -> None:
    present, winner, place = np.ones((12, 3), dtype=bool), np.arange(12) % 3, np.arange(12) // 4
    whole = rotation_p_value(winner, present, draws=2_500), split_p_value(winner, present, place, draws=2_500)
    monkeypatch.setattr(winners, "_CELLS", 12 * 7)
    assert (rotation_p_value(winner, present, draws=2_500), split_p_value(winner, present, place, draws=2_500)) == whole


def test_drawing_ends_where_the_first_worlds_show_plain_chance() -> None:
    present = np.ones((12, 3), dtype=bool)
    turns, luck = np.arange(12) % 3, np.random.default_rng(2).integers(0, 3, 12)
    assert rotation_p_value(turns, present, draws=3_000)[0] < 1 / 1_001
    assert rotation_p_value(luck, present, draws=3_000) == rotation_p_value(luck, present, draws=1_000)

"""Each pattern is planted where the truth says, and the benign economy shows none of them by accident."""

from __future__ import annotations

import pytest

from .naive import NAIVE

BY_HAND = {
    "same_device",
    "deposit_same_source",
    "same_principal",
    "shared_contact",
    "common_controller",
    "release_kickback",
}
"""Checked in `test_first_patterns`."""
STATISTICAL = {"rotating_winners", "standing_loser", "cohesive_group"}


def unexplained(town, detector: str) -> tuple[list[dict], set[str]]:
    """Plants that the naive search does not find, and finds of it that no entry of the truth explains."""
    found = {row[0] for row in town.rows(NAIVE[detector])}
    entries = [e for e in town.truth if e["detector"] == detector]
    missed = [e for e in entries if e["kind"] == "planted" and not found & set(e["entities"].values())]
    explained = {value for e in entries for value in e["entities"].values()}
    return missed, found - explained


@pytest.mark.parametrize("detector", NAIVE)
def test_every_plant_shows_its_pattern_and_nothing_else_does(province, detector):
    assert any(e["detector"] == detector and e["kind"] == "planted" for e in province.truth)
    assert unexplained(province, detector) == ([], set())


@pytest.mark.parametrize("detector", NAIVE)
def test_in_a_clean_town_only_twins_resemble_it(clean_town, detector):
    assert unexplained(clean_town, detector) == ([], set())


def test_every_detector_of_the_truth_is_searched_for(province):
    assert {e["detector"] for e in province.truth} == set(NAIVE) | BY_HAND | STATISTICAL


def test_the_losers_and_rings_are_what_they_are_called(province):
    for entry in province.truth:
        ids = list(entry["entities"].values())
        if entry["detector"] == "standing_loser":
            [(bids, wins)] = province.rows(f"SELECT count(*), sum(won::INT) FROM bid WHERE bidder = '{ids[0]}'")
            assert (bids >= 10, wins) == (True, 0)
        if entry["detector"] == "rotating_winners":
            wins = province.rows(f"SELECT sum(won::INT) FROM bid WHERE bidder IN {tuple(ids)} GROUP BY bidder")
            assert wins == [(3,)] * len(ids)

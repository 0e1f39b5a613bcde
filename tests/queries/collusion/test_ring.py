"""Membership of a ring, inferred from the labels of tenders alone."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from queries.collusion import features, habits, metrics
from queries.collusion.ring import Ring, _others, _two, infer

MEMBERS = 8


@pytest.fixture(scope="module")
def world() -> tuple[features.Tenders, np.ndarray]:
    """240 tenders of 6 among 60 firms: with two members or more, prices are close and the tender is collusive."""
    rng = np.random.default_rng(4)
    rows = []
    for tender in range(240):
        size = int(rng.integers(0, 4))
        members = rng.choice(MEMBERS, size, replace=False)
        firms = [*members, *rng.choice(np.arange(MEMBERS, 60), 6 - size, replace=False)]
        # Half of the honest tenders are priced as closely as those of the ring.
        close = size > 1 or rng.random() < 0.5
        prices = 95 + rng.normal(0, 0.5 if close else 8, 6)
        rows += [(f"T{tender:03d}", f"F{f:02d}", p, 100.0, float(size > 1)) for f, p in zip(firms, prices, strict=True)]
    bids = pd.DataFrame(rows, columns=["tender_id", "bidder_id", "price", "estimate", "label"])
    return features.read(bids), bids.groupby("tender_id")["label"].first().to_numpy()


@pytest.fixture(scope="module")
def ring(world: tuple[features.Tenders, np.ndarray]) -> Ring:
    tenders, label = world
    return infer(tenders, label, np.arange(160), habits.traits(tenders, features.chart(tenders.bids)))


def test_members_are_told_from_those_who_only_met_them(ring: Ring) -> None:
    member = np.char.replace(ring.bidders, "F", "").astype(int) < MEMBERS
    assert ring.odds[member].min() > ring.odds[~member].max()
    assert expit(ring.odds[member]).min() > 0.9
    assert expit(ring.odds[~member]).max() < 0.5


def test_two_members_are_a_meeting_and_one_is_not(world: tuple[features.Tenders, np.ndarray], ring: Ring) -> None:
    tenders, label = world
    held = np.arange(160, 240)
    found = ring.meetings(tenders, held)
    assert metrics.roc_auc(label[held], found["ring_two"].to_numpy()) > 0.99
    members = np.asarray(tenders.bids.matrix[held][:, :MEMBERS].sum(axis=1)).ravel()
    assert np.abs(found["ring_expected"] - members).mean() < 0.3
    assert (found["ring_two"][members == 1] < 0).all()


def test_labels_that_are_not_of_the_rows_are_not_read(world: tuple[features.Tenders, np.ndarray], ring: Ring) -> None:
    tenders, label = world
    other = np.where(np.arange(240) < 160, label, 1 - label)
    again = infer(tenders, other, np.arange(160), habits.traits(tenders, features.chart(tenders.bids)))
    np.testing.assert_array_equal(again.odds, ring.odds)


def test_a_firm_that_was_never_seen_is_an_average_one() -> None:
    known = Ring(np.array(["A", "B"]), np.array([0.0, 0.0]))
    bids = pd.DataFrame({"tender_id": "x", "bidder_id": ["A", "Y", "Z"], "price": [1.0, 2, 3], "estimate": 2.0})
    found = known.meetings(features.read(bids), np.array([0]))
    assert found["ring_expected"].item() == pytest.approx(1.5)
    assert expit(found["ring_two"].item()) == pytest.approx(0.5)


def test_chances_of_meetings_are_those_of_counting_all_cases() -> None:
    chance = np.array([0.1, 0.5, 0.8, 0.3])
    tender = np.zeros(4, dtype=np.int64)

    def counted(p: np.ndarray, test: int, least: bool = False) -> float:
        cases = list(product([0, 1], repeat=len(p)))
        weights = [np.prod(np.where(np.array(case) == 1, p, 1 - p)) for case in cases]
        chosen = [sum(c) >= test if least else sum(c) == test for c in cases]
        return float(sum(w for w, c in zip(weights, chosen, strict=True) if c))

    assert _two(tender, chance, 1)[0] == pytest.approx(counted(chance, 2, least=True))
    none, one = _others(tender, chance, 1)
    for i in range(4):
        rest = np.delete(chance, i)
        assert none[i] == pytest.approx(counted(rest, 0))
        assert one[i] == pytest.approx(counted(rest, 1))

"""What bidders do elsewhere: by hand, and without the tender itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from queries.collusion import datasets, features, habits

BIDS = pd.DataFrame(
    [
        ("t1", "A", 90.0, 100.0),
        ("t1", "B", 95.0, 100.0),
        ("t1", "C", 99.0, 100.0),
        ("t2", "A", 160.0, 200.0),
        ("t2", "B", 180.0, 200.0),
        ("t3", "A", 49.0, 50.0),
        ("t3", "D", 40.0, 50.0),
    ],
    columns=["tender_id", "bidder_id", "price", "estimate"],
)


def test_a_habit_is_the_shrunk_mean_of_the_other_tenders() -> None:
    found = habits.habits(features.read(BIDS)).loc["t1"]
    middle = (0.9 + 0.95 + 0.99 + 0.8 + 0.9 + 0.98 + 0.8) / 7
    a, b, c = (0.8 + 0.98 + 2 * middle) / 4, (0.9 + 2 * middle) / 3, middle
    assert found["habit_level_mean"] == pytest.approx((a + b + c) / 3)
    assert found["habit_level_min"] == pytest.approx(min(a, b, c))
    assert found["habit_level_max"] == pytest.approx(max(a, b, c))
    assert found["habit_level_std"] == pytest.approx(np.std([a, b, c], ddof=1))
    assert found["habit_level_low"] == pytest.approx(a)


def test_readings_say_where_a_bid_stands() -> None:
    found = habits.readings(features.read(BIDS)).iloc[:3]
    np.testing.assert_allclose(found["rank"], [0, 0.5, 1])
    np.testing.assert_allclose(found["markup"], [0, 5 / 90, 0.1])
    np.testing.assert_allclose(found["lowest"], 0.9)
    np.testing.assert_allclose(found["rivals"], 3)
    np.testing.assert_allclose(found["size"], np.log(100))
    np.testing.assert_allclose(found["dispersion"], np.log(np.std([90, 95, 99], ddof=1) / np.mean([90, 95, 99])))


def test_without_estimates_the_other_readings_remain() -> None:
    tenders = features.read(BIDS.assign(estimate=np.nan))
    assert np.isfinite(habits.readings(tenders)).all(axis=None)
    assert np.isfinite(habits.traits(tenders, features.chart(tenders.bids))).all()


def test_habits_read_no_names_and_no_row_order() -> None:
    bids = datasets.builtin().bids
    names = {firm: f"X{n * 7919 % 997:04d}" for n, firm in enumerate(sorted(set(bids["bidder_id"])))}
    renamed = bids.assign(bidder_id=bids["bidder_id"].map(names)).sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(habits.habits(features.read(bids)), habits.habits(features.read(renamed)), rtol=1e-9)

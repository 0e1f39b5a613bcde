"""Price screens against the formulas written out, and against the columns of the published data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import queries.statistics.tenders
from queries.statistics.prices import against_reference, gaps, screens
from queries.statistics.subgroups import subgroup_screens
from queries.statistics.tenders import group
from queries.statistics.variance import log_variance


def written_out(bids: list[float]) -> dict[str, float]:
    b = np.sort(np.array(bids))
    n, gap, losing = len(b), b[1] - b[0], b[1:]
    return {
        "cv": b.std(ddof=1) / b.mean(),
        "spread": (b[-1] - b[0]) / b[0],
        "difference": gap / b[0],
        "relative_distance": gap / losing.std(ddof=1),
        "normalised_distance": gap / np.diff(b).mean(),
        "alternative_distance": gap / np.diff(losing).mean(),
        "skewness": stats.skew(b, bias=False),
        "kurtosis": stats.kurtosis(b, bias=False) if n > 3 else np.nan,
        "ks_uniform": stats.kstest((b - b[0]) / (b[-1] - b[0]), "uniform").statistic,
    }


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(1, 10**9), min_size=3, max_size=9, unique=True), min_size=1, max_size=5))
def test_the_formulas_hold_for_any_bids(worlds: list[list[int]]) -> None:
    tender = np.repeat(np.arange(len(worlds)), [len(w) for w in worlds])
    table = screens(group(tender, np.concatenate(worlds)))
    for t, bids in enumerate(worlds):
        for name, value in written_out([float(b) for b in bids]).items():
            assert table.loc[t, name] == pytest.approx(value, rel=1e-6, abs=1e-6, nan_ok=True), name


def test_the_order_of_the_rows_makes_no_difference() -> None:
    rng = np.random.default_rng(1)
    tender, price = rng.integers(0, 20, 200), rng.lognormal(10, 1, 200)
    order = rng.permutation(200)
    for table in (screens, gaps, lambda t: subgroup_screens(t, 3)):
        pd.testing.assert_frame_equal(table(group(tender, price)), table(group(tender[order], price[order])))


def test_too_few_bids_are_not_judged_and_equal_bids_have_no_shape() -> None:
    table = screens(group(["one", "two", "two", "same", "same", "same"], [5.0, 5.0, 6.0, 7.0, 7.0, 7.0]))
    assert table.loc["one"].drop("n_bids").isna().all()
    assert table.loc["two", ["cv", "spread", "difference"]].notna().all()
    assert table.loc["two", ["relative_distance", "skewness", "kurtosis"]].isna().all()
    assert table.loc["same", "cv"] == 0
    assert table.loc["same", ["skewness", "kurtosis", "ks_uniform", "normalised_distance"]].isna().all()


def test_bids_without_a_price_are_left_out() -> None:
    table = screens(group(["t"] * 4, [np.nan, 0.0, 10.0, 12.0]))
    assert table.loc["t", "n_bids"] == 2
    assert len(screens(group([], []))) == 0


def test_scale_makes_no_difference() -> None:
    bids = np.array([100.0, 104.0, 109.0, 131.0])
    one, other = (screens(group(["t"] * 4, bids * unit)) for unit in (1, 1e6))
    np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), rtol=1e-9)


def test_position_against_the_ceiling() -> None:
    tenders = group(["b", "a", "a", "b"], [50.0, 90.0, 110.0, 70.0])
    table = against_reference(tenders, [np.nan, 100.0, 100.0, np.nan])
    assert table.loc["a"].tolist() == [0.9, 1.0, 1.1, 0.5]
    assert table.loc["b"].isna().all()


def test_gaps_find_where_the_ladder_breaks() -> None:
    table = gaps(group(["t"] * 5, [100.0, 101.0, 102.0, 130.0, 131.0]))
    assert table.loc["t", "largest_gap"] == pytest.approx(0.28)
    assert table.loc["t", "gap_rank"] == pytest.approx(2 / 3)
    assert table.loc["t", "closest_cv"] == pytest.approx(1 / 101)


def test_a_cartel_of_three_shows_among_subgroups_though_not_in_the_tender() -> None:
    ring, outsiders = [100.0, 100.5, 101.0], [60.0, 150.0, 85.0]
    tenders = group(["t"] * 6, ring + outsiders)
    assert screens(tenders).loc["t", "cv"] > 0.25
    assert subgroup_screens(tenders, 3).loc["t", "cv3_min"] == pytest.approx(0.5 / 100.5)


def test_a_large_tender_is_read_by_spaced_subgroups_and_every_run_of_neighbours() -> None:
    price = np.concatenate([np.linspace(100, 300, 25), [500.0, 500.1, 500.2]])
    table = subgroup_screens(group(["t"] * 28, price), 3, most=50)
    assert table.loc["t", "cv3_min"] == pytest.approx(0.1 / 500.1, rel=1e-3)


@pytest.mark.parametrize("name", ["brazil", "japan_train"])
def test_published_columns_agree(shared_data: Path, name: str) -> None:
    frame = pd.read_csv(shared_data / "collusion" / f"{name}.csv")
    table = screens(group(frame["Tender"], frame["Bid_value"]))
    published = frame.groupby("Tender")[["CV", "SPD", "KSTEST", "SKEW"]].first()
    enough = (table["n_bids"] >= 3).to_numpy()
    pairs = [("cv", "CV"), ("spread", "SPD"), ("ks_uniform", "KSTEST"), ("skewness", "SKEW")]
    for ours, theirs in pairs:
        np.testing.assert_allclose(table[ours][enough], published[theirs][enough], atol=6e-5)


def test_a_part_of_the_tenders_has_the_screens_of_the_whole() -> None:
    rng = np.random.default_rng(4)
    tender, price = rng.integers(0, 30, 200), rng.uniform(90, 110, 200)
    whole, chosen = group(tender, price), rng.random(30) < 0.4
    part = whole.part(chosen)
    pd.testing.assert_frame_equal(screens(part), screens(whole)[chosen])
    assert part.of_bid(tender).tolist() == part.labels[part.code].tolist()


def test_figures_are_worked_out_in_blocks_of_whole_tenders(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    tender, price = rng.integers(0, 40, 300), rng.integers(90, 99, 300).astype(float)
    of_bid = rng.uniform(90, 110, 40)[tender]

    def figures() -> list[pd.DataFrame]:
        tenders = group(tender, price)
        assert (np.lexsort((price, tender)) == tenders.order).all()
        variance = pd.DataFrame({"variance": log_variance(tenders)})
        return [screens(tenders), gaps(tenders), against_reference(tenders, of_bid), variance]

    whole = figures()
    # Blocks of one tender, of several, and of one that is larger than a block should be.
    for bids in (1, 20):
        monkeypatch.setattr(queries.statistics.tenders, "_BLOCK", bids)
        for part, expected in zip(figures(), whole, strict=True):
            pd.testing.assert_frame_equal(part, expected, check_exact=True)

"""The model: what it may read, what it stores, what it says, what it refuses."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from queries.collusion import datasets, explain, features, metrics
from queries.collusion.evaluate import Prepared, prepare
from queries.collusion.forest import Forest, from_boosting, from_extra_trees
from queries.collusion.learning import _weights, fit
from queries.collusion.model import Model, Scope
from queries.collusion.store import FORMAT, ModelFileError, Stored, load, save


@pytest.fixture(scope="module")
def data() -> Prepared:
    return prepare(datasets.builtin())


@pytest.fixture(scope="module")
def split(data: Prepared) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(0).permutation(len(data.label))
    return np.sort(order[:200]), np.sort(order[200:])


@pytest.fixture(scope="module")
def model(data: Prepared, split: tuple[np.ndarray, np.ndarray]) -> Model:
    return fit(data.tenders, data.label, split[0], Scope.HISTORY, calibrate=False)


@pytest.mark.parametrize("kind", ["trees", "boosting"])
def test_trees_as_arrays_say_what_the_library_says(kind: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(300, 6)).astype(np.float32).astype(np.float64)
    y = (x[:, 0] + x[:, 1] ** 2 + rng.normal(size=300) > 1).astype(float)
    if kind == "trees":
        grown = ExtraTreesClassifier(20, random_state=0).fit(x, y)
        forest, theirs = from_extra_trees(grown), grown.predict_proba(x)[:, 1]
    else:
        boosted = HistGradientBoostingClassifier(max_iter=30, random_state=0).fit(x, y)
        forest, theirs = from_boosting([boosted]), boosted.decision_function(x)
    np.testing.assert_allclose(forest.score(x), theirs, atol=1e-9)
    added, start = forest.contributions(x)
    np.testing.assert_allclose(added.sum(axis=1) + start, theirs, atol=1e-9)
    assert np.ptp(start) < 1e-9
    again = Forest.from_arrays(forest.arrays("f_"), "f_")
    np.testing.assert_array_equal(again.score(x), forest.score(x))
    broken = forest.arrays("f_")
    broken["f_left"] = np.where(broken["f_left"] >= 0, 0, -1)
    with pytest.raises(ValueError, match="damaged"):
        Forest.from_arrays(broken, "f_")


def test_a_tender_never_reads_its_own_label(data: Prepared, split: tuple[np.ndarray, np.ndarray], model: Model) -> None:
    train, test = split
    flipped = data.label.copy()
    flipped[test] = 1 - flipped[test]
    again = fit(data.tenders, flipped, train, Scope.HISTORY, calibrate=False)
    np.testing.assert_array_equal(model.score(data.tenders, test), again.score(data.tenders, test))


def test_structure_reads_no_names_and_no_row_order() -> None:
    bids = datasets.builtin().bids
    names = {firm: f"X{n * 7919 % 997:04d}" for n, firm in enumerate(sorted(set(bids["bidder_id"])))}
    renamed = bids.assign(bidder_id=bids["bidder_id"].map(names)).sample(frac=1.0, random_state=3)
    for block in (features.structure, lambda t: t.prices):
        pd.testing.assert_frame_equal(block(features.read(bids)), block(features.read(renamed)), rtol=1e-9)


def test_the_map_places_a_tender_by_the_firms_it_knows(data: Prepared) -> None:
    chart = features.chart(data.tenders.bids)
    place = chart.place(data.tenders.bids)
    stranger = features.read(
        pd.DataFrame({"tender_id": ["x"] * 3, "bidder_id": ["Q1", "Q2", "Q3"], "price": [1.0, 2, 3], "estimate": 2.0})
    )
    assert np.abs(chart.place(stranger.bids)).max() == 0
    assert place.shape == (len(data.label), features.COORDINATES)
    assert np.abs(place).max() <= 1 + 1e-9


def test_held_out_tenders_are_ranked_well(data: Prepared, split: tuple[np.ndarray, np.ndarray], model: Model) -> None:
    score = model.score(data.tenders, split[1]).to_numpy()
    assert metrics.roc_auc(data.label[split[1]], score) > 0.9


def test_contributions_lead_from_the_average_to_the_probability(data: Prepared, model: Model) -> None:
    blocks = model.blocks(data.tenders)
    probability = model.probability(blocks)
    added = model.contributions(blocks).sum(axis=1).to_numpy()
    assert np.corrcoef(added, logit(probability))[0, 1] > 0.95
    suspect = int(np.argmax(probability))
    said = explain.reasons(model.contributions(blocks).iloc[[suspect]])[0]
    assert said[0].weight > 0
    assert len({reason.what.en for reason in said}) == len(said)
    assert all(reason.sentence().zh and reason.sentence().en for reason in said)


def test_every_feature_has_words(model: Model) -> None:
    for columns in model.names.values():
        for column in columns:
            assert explain.name(column).zh


def test_a_stored_model_scores_the_same_and_is_refused_when_damaged(
    data: Prepared, model: Model, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("model") / "m.npz"
    about = {"format": FORMAT, "scope": "history", "trained_on": "2026-01-01"}
    population = model.blocks(data.tenders)["prices"]
    save(path, Stored(model, about, population))
    first = path.read_bytes()
    stored = load(path)
    pd.testing.assert_series_equal(stored.model.score(data.tenders), model.score(data.tenders))
    assert stored.about["trained_on"] == "2026-01-01"
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["scalars"] = arrays["scalars"] + 1
    np.savez(path, **arrays)
    with pytest.raises(ModelFileError, match="fingerprint"):
        load(path)
    path.write_bytes(first[: len(first) // 2])
    with pytest.raises(ModelFileError, match="not a stored model"):
        load(path)
    with pytest.raises(ModelFileError, match="missing"):
        load(path.with_name("none.npz"))


def test_another_population_is_named_and_the_same_one_is_not(data: Prepared, model: Model) -> None:
    population = model.blocks(data.tenders)["prices"]
    stored = Stored(model, {}, population[::2])
    assert not stored.refuses(population[1::2])
    assert {"cv", "spread"} <= set(stored.refuses(population[1::2] * 4))


def test_too_few_labels_are_an_error(data: Prepared) -> None:
    with pytest.raises(ValueError, match="training needs 10"):
        fit(data.tenders, data.label, np.flatnonzero(data.label == 1)[:5], Scope.SCREENS)


def test_calibration_shrinks_predictions_that_are_too_sure(data: Prepared) -> None:
    rng = np.random.default_rng(3)
    noisy = np.where(rng.random(len(data.label)) < 0.25, 1 - data.label, data.label)
    rows = np.arange(len(noisy))
    assert fit(data.tenders, noisy, rows, Scope.SCREENS).weights.sum() < 1


def test_a_learner_that_only_guesses_weighs_less_than_one_that_knows() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(-1.0, 2.0, 400)
    y = (rng.random(400) < 1 / (1 + np.exp(-truth))).astype(float)
    weights = _weights(np.column_stack([truth, rng.normal(-1.0, 2.0, 400)]), y)
    assert weights[0] > 0.6
    assert weights[1] < 0.2
    assert _weights(np.column_stack([-truth, truth]), y)[0] < 0.2
    never_wrong = np.where(y == 1, 5.0, -5.0)[:, None]
    assert _weights(never_wrong, y) == pytest.approx([1.5])


def test_where_labels_are_few_the_trees_have_to_earn_their_weight() -> None:
    rng = np.random.default_rng(8)
    weight = []
    for count in (60, 3_000):
        truth = rng.normal(-1.0, 2.0, count)
        y = (rng.random(count) < 1 / (1 + np.exp(-truth))).astype(float)
        same = _weights(np.column_stack([truth, truth, truth]), y)
        assert same[:2].max() < 0.1 * same[2]
        noise = rng.normal(-1.0, 2.0, count)
        weight.append(_weights(np.column_stack([truth, noise, noise]), y)[0])
    assert weight[0] < 0.7 < weight[1]


def test_calibration_error_of_perfect_probabilities_is_that_of_chance() -> None:
    rng = np.random.default_rng(0)
    p = rng.random(400)
    errors = [metrics.calibration_error((rng.random(400) < p).astype(float), p) for _ in range(200)]
    assert np.mean(errors) == pytest.approx(metrics.calibration_by_chance(p), rel=0.1)
    assert metrics.calibration_error(np.ones(100), np.zeros(100)) == 1


def test_rankings_are_measured_as_the_library_measures_them() -> None:
    rng = np.random.default_rng(6)
    for _ in range(20):
        label, score = (rng.random(60) < 0.3).astype(float), rng.integers(0, 12, 60).astype(float)
        assert metrics.roc_auc(label, score) == pytest.approx(roc_auc_score(label, score))
        assert metrics.pr_auc(label, score) == pytest.approx(average_precision_score(label, score))

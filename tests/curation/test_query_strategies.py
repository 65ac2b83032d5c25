"""Query strategies, and estimates from their draws."""

from collections.abc import Callable

import numpy as np
import pytest

from core.base.errors import InputError
from core.base.types import PerImage
from core.curation import query_strategies as q
from core.risk import sampling_estimates as e
from core.scoring.scores import Scores


def inputs(num: int = 200, seed: int = 0) -> q.AcquisitionInputs:
    rng = np.random.default_rng(seed)
    sure = rng.random(num).astype(np.float32)
    scores = Scores(sure, 1 - sure, sure**2, rng.integers(0, 3, num), 3)
    return q.AcquisitionInputs(scores, rng.random(num) < 0.8, sure >= np.float32(0.6), 0.6, rng.random(num) < 0.1)


@pytest.mark.parametrize("queue", q.ACQUISITIONS.values(), ids=list(q.ACQUISITIONS))
def test_ranking_shows_open_images_once_highest_first(
    queue: Callable[[q.AcquisitionInputs], PerImage],
) -> None:
    seen = inputs()
    values = queue(seen)
    picks = q.first_ranked(values, seen.is_open, 30)
    assert len(set(picks.positions.tolist())) == len(picks.positions) == 30
    assert seen.is_open[picks.positions].all()
    assert (np.diff(values[picks.positions]) <= 0).all()
    assert not picks.is_random
    mix = q.mixed(values, seen.is_open, 500, np.random.default_rng(0))
    assert sorted(mix.positions) == np.flatnonzero(seen.is_open).tolist()


def test_border_and_reject_hunt_order() -> None:
    sure = np.array([0.1, 0.58, 0.63, 0.95, 0.7], dtype=np.float32)
    scores = Scores(sure, sure, sure, np.zeros(5, dtype=np.int64), 2)
    flipped = np.array([True, False, False, True, False])
    seen = q.AcquisitionInputs(scores, np.ones(5, dtype=np.bool_), sure >= np.float32(0.6), 0.6, flipped)
    assert q.first_ranked(q.border(seen), seen.is_open, 2).positions.tolist() == [1, 2]
    assert q.first_ranked(q.reject_hunt(seen), seen.is_open, 5).positions.tolist() == [3, 2, 4]


def test_audit_draws_open_images_uniformly() -> None:
    rng, is_open, times = np.random.default_rng(0), np.array([True, True, False, True, True]), np.zeros(5)
    for _ in range(4_000):
        picks = q.audit(is_open, 2, rng)
        times[picks.positions] += 1
    assert picks.probability.tolist() == [1 / 4, 1 / 3]
    assert times[2] == 0
    assert np.abs(times[is_open] - 2_000).max() < 5 * np.sqrt(4_000 / 4)


def test_logged_probability_matches_the_frequency_of_draws() -> None:
    values, is_open = np.array([0.1, 0.9, 0.5, 0.3], dtype=np.float32), np.ones(4, dtype=np.bool_)
    rng, times = np.random.default_rng(1), np.zeros(4)
    for _ in range(6_000):
        picks = q.mixed(values, is_open, 1, rng, eta=0.4)
        times[picks.positions[0]] += 1
    expected = np.array([0.1, 0.7, 0.1, 0.1])
    assert np.abs(times / 6_000 - expected).max() < 0.03
    assert picks.probability[0] == pytest.approx(expected[picks.positions[0]])


@pytest.mark.parametrize("eta", [0.0, 0.29, 1.1])
def test_mixed_refuses_a_low_eta(eta: float) -> None:
    with pytest.raises(InputError, match="eta"):
        q.mixed(np.ones(3, dtype=np.float32), np.ones(3, dtype=np.bool_), 1, np.random.default_rng(0), eta)


def test_count_above_the_open_images_returns_all() -> None:
    nothing = np.zeros(3, dtype=np.bool_)
    values = np.ones(3, dtype=np.float32)
    for picks in (
        q.first_ranked(values, nothing, 5),
        q.audit(nothing, 5, np.random.default_rng(0)),
        q.mixed(values, nothing, 5, np.random.default_rng(0)),
    ):
        assert len(picks.positions) == len(picks.probability) == picks.num_eligible == 0


def test_typical_ids_take_one_image_of_each_cluster() -> None:
    rng = np.random.default_rng(0)
    centers = np.eye(4, 6) * 5
    group = np.repeat(np.arange(4), [60, 30, 20, 10])
    features = centers[group] + rng.normal(0, 0.4, (120, 6))
    features[0] += 3  # an untypical image of the first group
    nobody, everybody = np.zeros(120, dtype=np.bool_), np.ones(120, dtype=np.bool_)
    chosen = q.typical_ids(features, nobody, everybody, 4)
    assert group[chosen].tolist() == [0, 1, 2, 3]  # the largest group first
    assert 0 not in chosen
    assert q.typical_ids(features, nobody, everybody, 4).tolist() == chosen.tolist()


def test_uniform_draws_have_weight_one_and_a_full_sample_is_exact() -> None:
    size = 40
    assert e.lure_weights(1 / (size - np.arange(15)), size) == pytest.approx(np.ones(15))
    truth = np.random.default_rng(0).random(size) < 0.3
    picks = q.mixed(np.arange(size, dtype=np.float32), np.ones(size, np.bool_), size, np.random.default_rng(0))
    found = e.lure(truth[picks.positions].astype(float), picks.probability, size)
    assert found.value == pytest.approx(truth.mean())
    assert found.high - found.low == pytest.approx(0)


def test_mixed_queue_estimate_is_unbiased_and_its_plain_mean_is_not() -> None:
    rng, size = np.random.default_rng(3), 600
    values = rng.random(size).astype(np.float32)
    is_wrong = rng.random(size) < 0.3 * values
    plain, weighted, covers = [], [], []
    for _ in range(600):
        picks = q.mixed(values, np.ones(size, np.bool_), 80, rng, eta=0.4)
        answers = is_wrong[picks.positions].astype(np.float64)
        found = e.lure(answers, picks.probability, size)
        plain.append(answers.mean())
        weighted.append(found.value)
        covers.append(found.low <= is_wrong.mean() <= found.high)
    error = np.std(weighted) / np.sqrt(600)
    assert abs(np.mean(weighted) - is_wrong.mean()) < 3 * error
    assert np.mean(plain) - is_wrong.mean() > 10 * error
    assert 0.8 < np.mean(covers) < 0.9, "the docstring says 84 %"


def test_no_draws_give_nan_and_invalid_probabilities_are_refused() -> None:
    found = e.lure(np.empty(0), np.empty(0), 5)
    assert np.isnan(found.value)
    assert (found.low, found.high) == (0, 1)
    with pytest.raises(InputError, match="above 0"):
        e.lure(np.ones(1), np.zeros(1), 5)
    with pytest.raises(InputError, match="at most 2"):
        e.lure(np.ones(3), np.full(3, 0.5), 2)


def test_mean_over_a_part_is_unbiased() -> None:
    rng, size = np.random.default_rng(3), 40
    values = rng.random(size)
    truth, is_part = rng.random(size) < 0.4, rng.random(size) < 0.5
    means = []
    for _ in range(3000):
        picks = q.mixed(values.astype(np.float32), np.ones(size, dtype=np.bool_), 12, rng, 0.5)
        inside, answers = is_part[picks.positions], truth[picks.positions].astype(float)
        found = e.lure_of_part(answers, inside, picks.probability, size, int(is_part.sum()))
        means.append(0.0 if np.isnan(found.value) else found.value)
    assert np.mean(means) == pytest.approx(truth[is_part].mean(), abs=3 * np.std(means) / np.sqrt(len(means)))
    assert e.lure_of_part(np.ones(1), np.zeros(1, dtype=np.bool_), np.full(1, 0.5), 2, 1).n == 0


@pytest.mark.parametrize("eta", [0.3, 1.0])
def test_interval_without_wrong_labels_covers_the_truth(eta: float) -> None:
    """An interval without a wrong answer covers the truth and shrinks with draws."""
    rng, size, num = np.random.default_rng(5), 400, 30
    values, missed = rng.random(size).astype(np.float32), []
    truth = rng.random(size) < 0.06
    for _ in range(400):
        picks = q.mixed(values, np.ones(size, dtype=np.bool_), num, rng, eta)
        answers = truth[picks.positions].astype(float)
        found = e.lure(answers, picks.probability, size)
        assert answers.any() or found.high > 0
        missed.append(not answers.any() and found.high < truth.mean())
    assert np.mean(missed) <= 0.025
    few, many = (e.lure(np.zeros(n), np.full(n, 1 / 400), 400).high for n in (20, 60))
    assert 0 < many < few <= 1
    assert e.complement(e.lure(np.zeros(60), np.full(60, 1 / 400), 400)).low == 1 - many

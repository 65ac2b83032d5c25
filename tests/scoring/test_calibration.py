"""Calibration: fitted temperature, reliability bins and ECE."""

import numpy as np
import pytest

from core.base.types import Labels, Logits, Probs
from core.scoring import calibration as c
from core.scoring.scores import probabilities


def drawn(temperature: float, num: int = 8000) -> tuple[Logits, Labels]:
    """Draw logits, and labels from softmax(logits / temperature)."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (num, 5)).astype(np.float32)
    below = probabilities(logits, temperature).cumsum(axis=1) < rng.random((num, 1))
    return logits, np.minimum(below.sum(axis=1), 4)


@pytest.mark.parametrize("truth", [0.5, 1.0, 2.5])
def test_fitted_temperature_is_the_true_one(truth: float) -> None:
    logits, labels = drawn(truth)
    assert c.fit_temperature(logits, labels) == pytest.approx(truth, rel=0.06)


def test_fitted_temperature_minimizes_nll() -> None:
    logits, labels = drawn(2.5, 500)
    best = c.nll(logits, labels, c.fit_temperature(logits, labels))
    assert all(best <= c.nll(logits, labels, float(t)) + 1e-7 for t in np.geomspace(0.05, 20, 60))


def test_no_labels_give_temperature_one_and_nan() -> None:
    logits, labels = np.empty((0, 3), dtype=np.float32), np.empty(0, dtype=np.int64)
    assert c.fit_temperature(logits, labels) == 1.0
    assert np.isnan(c.nll(logits, labels))
    assert np.isnan(c.expected_calibration_error(probabilities(logits), labels))


def test_temperature_stays_in_its_range() -> None:
    logits = np.array([[9, 0], [0, 9]], dtype=np.float32)
    sure = c.fit_temperature(logits, np.array([0, 1]))
    unsure = c.fit_temperature(logits, np.array([1, 0]))
    assert 0.05 <= sure < 1 < unsure <= 20


def test_nll_of_a_small_example() -> None:
    logits = np.log(np.array([[1, 3], [1, 1]], dtype=np.float32))
    assert c.nll(logits, np.array([1, 0])) == pytest.approx((np.log(4 / 3) + np.log(2)) / 2)


def two_classes(*first: float) -> Probs:
    return np.array([[p, 1 - p] for p in first], dtype=np.float32)


def test_reliability_and_ece_of_a_small_example() -> None:
    probs = two_classes(0.625, 0.625, 0.625, 0.625, 0.875, 0.875)
    labels = np.array([0, 0, 1, 1, 0, 0])  # right: 2 of 4 at .625, 2 of 2 at .875
    found = c.reliability(probs, labels, bins=4)
    assert found.bin_count.tolist() == [0, 0, 4, 2]
    np.testing.assert_allclose(found.bin_confidence, [np.nan, np.nan, 0.625, 0.875])
    np.testing.assert_allclose(found.bin_accuracy, [np.nan, np.nan, 0.5, 1.0])
    assert c.expected_calibration_error(probs, labels, bins=4) == pytest.approx((4 * 0.125 + 2 * 0.125) / 6)


def test_full_confidence_is_in_the_last_bin() -> None:
    assert c.reliability(two_classes(1.0), np.array([0])).bin_count.tolist() == [0] * 14 + [1]


def test_true_temperature_lowers_the_calibration_error() -> None:
    logits, labels = drawn(2.5)
    before = c.expected_calibration_error(probabilities(logits), labels)
    after = c.expected_calibration_error(probabilities(logits, c.fit_temperature(logits, labels)), labels)
    assert before > 0.1
    assert after < 0.03

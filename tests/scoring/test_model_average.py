"""The average of two models is the weighted geometric mean of their probabilities."""

import numpy as np
import pytest
from scipy.special import softmax

from core.scoring.calibration import nll
from core.scoring.model_average import WEIGHTS, average_logits, fit_average_weight

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 4, 200)
GOOD = (RNG.normal(size=(200, 4)) + 3 * np.eye(4)[LABELS]).astype(np.float32)
BAD = RNG.normal(size=(200, 4)).astype(np.float32)


def test_equal_weights_give_the_geometric_mean_scaled_to_sum_to_one() -> None:
    product = np.sqrt(softmax(GOOD / 2, axis=1) * softmax(BAD / 3, axis=1))
    expected = product / product.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax(average_logits(GOOD, BAD, 0.5, (2.0, 3.0)), axis=1), expected, rtol=1e-5)


@pytest.mark.parametrize(("weight", "alone"), [(0.0, GOOD), (1.0, BAD)])
def test_a_model_with_all_the_weight_predicts_as_alone(weight: float, alone: np.ndarray) -> None:
    average = average_logits(GOOD, BAD, weight)
    assert average.dtype == np.float32
    np.testing.assert_allclose(softmax(average, axis=1), softmax(alone, axis=1), rtol=1e-5)


def test_a_constant_added_to_all_logits_of_an_image_changes_nothing() -> None:
    moved = GOOD + np.arange(200, dtype=np.float32)[:, None]
    np.testing.assert_allclose(average_logits(moved, BAD, 0.25), average_logits(GOOD, BAD, 0.25), atol=1e-4)


def test_the_weight_is_the_one_that_explains_the_labels_best() -> None:
    weight = fit_average_weight(BAD, GOOD, LABELS, (1.0, 2.0))
    losses = {w: nll(average_logits(BAD, GOOD, w, (1.0, 2.0)), LABELS) for w in WEIGHTS}
    assert losses[weight] == min(losses.values())
    assert weight > 0.5
    assert fit_average_weight(GOOD, BAD, LABELS, (2.0, 1.0)) == pytest.approx(1 - weight)


def test_without_labels_both_models_weigh_the_same() -> None:
    assert fit_average_weight(GOOD[:0], BAD[:0], LABELS[:0]) == 0.5

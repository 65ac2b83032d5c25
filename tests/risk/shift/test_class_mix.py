"""Class-mix weights recover a known mix, and weighted thresholds follow them."""

import numpy as np
import pytest

from core.base.errors import InputError
from core.risk.risk_control import conformal_threshold
from core.risk.shift.class_mix import class_mix_weights, effective_size, item_weights, thinned
from core.risk.shift.weighted_threshold import weighted_conformal_threshold


def predicted(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(len(labels)) < 0.85, labels, rng.integers(0, 3, len(labels)))


def test_weights_recover_the_class_mix_of_the_pool() -> None:
    rng = np.random.default_rng(0)
    labels, truth = rng.integers(0, 3, 2000), rng.choice(3, 20_000, p=[0.6, 0.3, 0.1])
    weights = class_mix_weights(predicted(labels, rng), labels, predicted(truth, rng), 3)
    np.testing.assert_allclose(weights, [1.8, 0.9, 0.3], atol=0.12)
    assert (weights * np.bincount(labels) / 2000).sum() == pytest.approx(1)


def test_without_images_all_classes_weigh_one() -> None:
    none = np.empty(0, dtype=np.int64)
    assert class_mix_weights(none, none, none, 4).tolist() == [1, 1, 1, 1]
    assert effective_size(np.empty(0)) == 0


def test_an_item_of_none_of_the_classes_weighs_one_and_a_thinned_sample_has_the_mix() -> None:
    labels = np.array([0] * 500 + [1] * 500 + [-1])
    weights = item_weights(labels, np.array([1.5, 0.5]))
    assert weights[-1] == 1.0
    kept = labels[thinned(weights, np.random.default_rng(0))]
    assert (kept == 0).sum() / (kept == 1).sum() == pytest.approx(3, rel=0.25)
    assert effective_size(np.full(10, 2.0)) == pytest.approx(10)


def test_equal_weights_give_the_conformal_threshold() -> None:
    rng = np.random.default_rng(0)
    pool, known = rng.random(300).astype(np.float32), rng.random(80).astype(np.float32)
    is_right = rng.random(80) < known**0.3
    for target in (0.05, 0.1, 0.2, 0.3):
        plain = conformal_threshold(pool, known, is_right, target)
        weighted = weighted_conformal_threshold(pool, known, is_right, np.ones(80), target)
        assert (plain.threshold, plain.num_kept, plain.num_wrong) == (
            weighted.threshold, weighted.num_kept, weighted.num_wrong
        )  # fmt: skip
        assert plain.bound == pytest.approx(weighted.bound, nan_ok=True)


def test_heavier_wrong_items_keep_less_and_a_bad_target_is_refused() -> None:
    pool = np.linspace(0, 1, 200).astype(np.float32)
    known = np.linspace(0, 1, 100).astype(np.float32)
    is_right, heavy = known > 0.4, np.where(known > 0.4, 1.0, 3.0)
    plain = conformal_threshold(pool, known, is_right, 0.2)
    assert weighted_conformal_threshold(pool, known, is_right, heavy, 0.2).num_kept < plain.num_kept
    with pytest.raises(InputError, match="between 0 and 1"):
        weighted_conformal_threshold(pool, known, is_right, heavy, 1.0)

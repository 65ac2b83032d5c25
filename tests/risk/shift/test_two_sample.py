"""The two-sample test keeps its level, finds shifts of the size it states, and is deterministic."""

import numpy as np
import pytest

from core.risk.shift.two_sample import two_sample_test


def test_equal_populations_are_rejected_at_most_at_the_level() -> None:
    rng = np.random.default_rng(0)
    found = [
        two_sample_test(rng.normal(size=(40, 8)), rng.normal(size=(120, 8)), level=0.1, seed=seed, num_permutations=99)
        for seed in range(200)
    ]
    assert sum(test.is_rejected for test in found) <= 32  # 99.9 % of Binomial(200, .1)


def test_rows_that_are_all_alike_are_not_told_apart() -> None:
    test = two_sample_test(np.ones((30, 3)), np.ones((90, 3)))
    assert not test.is_rejected


def test_a_shift_above_the_detectable_one_is_found_and_more_images_detect_less() -> None:
    rng = np.random.default_rng(1)
    few = two_sample_test(rng.normal(size=(40, 5)), rng.normal(size=(300, 5)))
    many = two_sample_test(rng.normal(size=(300, 5)), rng.normal(size=(300, 5)))
    assert many.detectable < few.detectable < 0.8
    shifted = two_sample_test(rng.normal(size=(40, 5)), rng.normal(size=(300, 5)) + 1.0)
    assert shifted.is_rejected
    assert shifted.auroc > few.detectable


def test_the_same_rows_give_the_same_result() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(30, 4)), rng.normal(size=(60, 4))
    assert two_sample_test(a, b) == two_sample_test(a, b)
    assert two_sample_test(a, b).p_value == pytest.approx(two_sample_test(a.astype(np.float32), b).p_value, abs=0.02)

"""Thresholds that promise: formulas on hand-made numbers, and the promises kept over many draws."""

import numpy as np
import pytest

from core.curate.quality import threshold_for_error
from core.curate.risk import (
    certified_threshold,
    conformal_threshold,
    conformal_thresholds,
    spent,
    target_curve,
)

POOL = np.array([0.9, 0.8, 0.8, 0.6, 0.3], dtype=np.float32)
CALIBRATION = np.array([0.95, 0.85, 0.7, 0.2], dtype=np.float32)
RIGHT = np.array([True, False, True, False])


def test_the_curve_is_the_papers_formula_at_every_cut() -> None:
    curve = target_curve(POOL, CALIBRATION, RIGHT)
    assert curve.threshold.tolist() == pytest.approx([0.9, 0.8, 0.6, 0.3])
    assert curve.count.tolist() == [1, 3, 4, 5]
    assert curve.bound.tolist() == pytest.approx([5 / 5 * (1 + w) / c for w, c in ((0, 1), (1, 3), (1, 4), (1, 5))])


def test_the_threshold_is_the_lowest_that_meets_the_target() -> None:
    assert conformal_threshold(POOL, CALIBRATION, RIGHT, 0.4) == pytest.approx(0.3)
    assert conformal_threshold(POOL, CALIBRATION, RIGHT, 0.39) is None
    none_wrong = np.ones(4, dtype=np.bool_)
    assert conformal_threshold(POOL, CALIBRATION, none_wrong, 0.34) == pytest.approx(0.3)


def test_nothing_to_select_and_nothing_to_know() -> None:
    assert conformal_threshold(POOL[:0], CALIBRATION, RIGHT, 0.5) is None
    assert conformal_threshold(POOL, CALIBRATION[:0], RIGHT[:0], 0.5) is None
    assert certified_threshold(CALIBRATION[:0], RIGHT[:0], 0.5) is None


def test_each_class_has_its_own_threshold_from_its_own_items() -> None:
    classes, known = np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1])
    found = conformal_thresholds(POOL, classes, CALIBRATION, known, RIGHT, 0.7, 3)
    for label in (0, 1):
        mine = classes == label
        own = conformal_threshold(POOL[mine], CALIBRATION[known == label], RIGHT[known == label], 0.7)
        assert found[label] == (np.inf if own is None else own)
    assert found[2] == np.inf


def test_the_stricter_promise_keeps_fewer() -> None:
    rng = np.random.default_rng(0)
    pool, sure, right, _ = world(rng, 5000, 1000)
    average, certain = conformal_threshold(pool, sure, right, 0.05), certified_threshold(sure, right, 0.05)
    assert average is not None
    assert certain is not None
    assert average < certain


def test_what_all_rounds_spend_is_what_there_is() -> None:
    assert spent(0.1, 1) == pytest.approx(0.1 * 6 / np.pi**2)
    assert sum(spent(0.1, number) for number in range(1, 10_000)) == pytest.approx(0.1, abs=1e-4)


def world(
    rng: np.random.Generator, num_pool: int, num_known: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pool confidence, calibration confidence and right, pool right: an overconfident model, right 94 % of the time."""
    skill = rng.beta(6, 0.35, num_pool + num_known)
    right = rng.random(num_pool + num_known) < skill
    sure = np.clip(skill**0.5, 0.1, 1).astype(np.float32)
    return sure[num_known:], sure[:num_known], right[:num_known], right[num_known:]


def realised(threshold: float | None, pool: np.ndarray, right: np.ndarray) -> float:
    """Wrong among accepted; nothing accepted is nothing wrong."""
    kept = np.zeros(len(pool), dtype=bool) if threshold is None else pool >= np.float32(threshold)
    return float((~right[kept]).mean()) if kept.any() else 0.0


def test_over_many_draws_conformal_keeps_its_average_and_the_plug_in_breaks_its_word() -> None:
    rng, target, found, plug_in, certain = np.random.default_rng(1), 0.02, [], [], []
    for _ in range(300):
        pool, sure, right, truth = world(rng, 4000, 500)
        found.append(realised(conformal_threshold(pool, sure, right, target), pool, truth))
        plug_in.append(realised(threshold_for_error(sure, right, target), pool, truth))
        certain.append(realised(certified_threshold(sure, right, target, delta=0.1), pool, truth))
    error = np.std(found) / np.sqrt(len(found))
    assert np.mean(found) <= target + 2 * error
    assert np.mean(found) > 0.6 * target  # and not by keeping next to nothing
    assert np.mean(np.array(plug_in) > target) > 0.35
    assert np.mean(np.array(certain) > target) <= 0.1 + 2 * np.sqrt(0.1 * 0.9 / 300)

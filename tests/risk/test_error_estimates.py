"""Error estimates match known intervals and plain counting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from core.base.types import Mask, PerImage
from core.risk import error_estimates as q


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.30850),  # 1 - .025^(1/10)
        (10, 10, 0.69150, 1.0),
        (5, 10, 0.18709, 0.81291),
        (1, 100, 0.000253, 0.054459),
        (0, 1, 0.0, 0.975),
    ],
)
def test_intervals_equal_published_clopper_pearson_values(count: int, n: int, low: float, high: float) -> None:
    found = q.proportion(count, n)
    assert (found.value, found.count, found.n) == (count / n, count, n)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-5)


@pytest.mark.parametrize(("answers", "certified"), [(59, 0.95), (149, 0.98), (299, 0.99)])
def test_interval_of_answers_without_errors(answers: int, certified: float) -> None:
    assert q.proportion(answers, answers, level=0.9).low >= certified
    assert q.proportion(answers - 1, answers - 1, level=0.9).low < certified


def test_nothing_counted_is_unknown() -> None:
    found = q.proportion(0, 0)
    assert np.isnan(found.value)
    assert (found.low, found.high, found.n) == (0.0, 1.0, 0)


@given(st.integers(1, 60), st.sampled_from([0.8, 0.9, 0.95]), st.integers(0, 1000))
def test_the_interval_covers_any_truth_at_least_as_often_as_it_says(n: int, level: float, thousandths: int) -> None:
    truth = thousandths / 1000
    found = [q.proportion(count, n, level) for count in range(n + 1)]
    covers = [e.low <= truth <= e.high for e in found]
    assert binom.pmf(np.arange(n + 1), n, truth) @ covers >= level - 1e-9


def test_error_counts_the_wrong_among_the_kept() -> None:
    mask = np.array([True, True, True, False, False])
    found = q.error_of(mask, np.array([0, 1, 2, 0, 0]), np.array([0, 1, 1, 1, 0]))
    assert (found.count, found.n, found.value) == (1, 3, 1 / 3)


def calibrated(num: int = 400) -> tuple[PerImage, PerImage, Mask]:
    """Return pool and calibration confidence (with ties), and whether each item is right."""
    rng = np.random.default_rng(0)
    pool = rng.beta(5, 1, 10 * num).astype(np.float32)
    sure = rng.beta(5, 1, num).round(2).astype(np.float32)
    return pool, sure, rng.random(num) < sure


@pytest.mark.parametrize("points", [1, 7, 200])
def test_the_curve_counts_what_each_threshold_keeps(points: int) -> None:
    pool, sure, is_right = calibrated()
    curve = q.coverage_error_curve(pool, sure, is_right, points)
    assert 1 <= len(curve.threshold) <= points
    for place, threshold in enumerate(curve.threshold.astype(np.float32)):
        kept = sure >= threshold
        assert curve.coverage[place] == pytest.approx(np.mean(pool >= threshold))
        assert curve.n[place] == kept.sum()
        if kept.any():
            expected = q.proportion(int((~is_right[kept]).sum()), int(kept.sum()))
            assert (curve.error[place], curve.low[place], curve.high[place]) == pytest.approx(
                (expected.value, expected.low, expected.high)
            )


def test_the_curve_starts_at_full_coverage_and_falls() -> None:
    curve = q.coverage_error_curve(*calibrated())
    assert curve.coverage[0] == 1
    assert (np.diff(curve.threshold) > 0).all()
    assert (np.diff(curve.coverage) < 0).all()
    assert (curve.coverage > 0).all()


def test_error_is_nan_above_the_highest_calibration_confidence() -> None:
    pool, sure = np.array([0.5, 0.9], dtype=np.float32), np.array([0.6], dtype=np.float32)
    curve = q.coverage_error_curve(pool, sure, np.array([True]))
    assert curve.n.tolist() == [1, 0]
    assert curve.error[0] == 0
    assert np.isnan(curve.error[1])
    assert (curve.low[1], curve.high[1]) == (0, 1)


def test_an_empty_pool_gives_an_empty_curve_and_no_calibration_items_an_unknown_error() -> None:
    nothing, no_answers = np.empty(0, dtype=np.float32), np.empty(0, dtype=np.bool_)
    assert len(q.coverage_error_curve(nothing, nothing, no_answers).threshold) == 0
    pool = np.array([0.5, 0.9], dtype=np.float32)
    assert np.isnan(q.coverage_error_curve(pool, nothing, no_answers).error).all()


def test_the_threshold_for_an_error_is_the_lowest_that_meets_it() -> None:
    sure = np.array([0.9, 0.8, 0.7, 0.6, 0.5], dtype=np.float32)
    is_right = np.array([True, True, False, True, False])  # error from the top: 0, 0, 1/3, 1/4, 2/5
    assert q.threshold_for_error(sure, is_right, 0.0) == float(np.float32(0.8))
    assert q.threshold_for_error(sure, is_right, 0.25) == float(np.float32(0.6))
    assert q.threshold_for_error(sure, is_right, 0.4) == 0.5
    assert q.threshold_for_error(sure, np.zeros(5, dtype=np.bool_), 0.4) is None
    assert q.threshold_for_error(sure[:0], is_right[:0], 0.4) is None


def test_the_threshold_for_an_error_takes_equal_confidences_together() -> None:
    sure = np.array([0.75, 0.75], dtype=np.float32)
    assert q.threshold_for_error(sure, np.array([True, False]), 0.1) is None


@pytest.mark.parametrize("target", [0.01, 0.05, 0.1, 0.2])
def test_the_threshold_for_an_error_agrees_with_trying_every_one(target: float) -> None:
    _, sure, is_right = calibrated()
    meets = [float(t) for t in np.unique(sure) if np.mean(~is_right[sure >= t]) <= target]
    assert q.threshold_for_error(sure, is_right, target) == min(meets, default=None)


def test_class_mix_gives_shares_of_all_classes() -> None:
    assert q.class_mix(np.array([0, 2, 2, 2]), 4).tolist() == [0.25, 0, 0.75, 0]
    assert q.class_mix(np.empty(0, dtype=np.int64), 2).tolist() == [0, 0]

"""Target-error thresholds match examples and brute force, and keep their guarantee."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import ConfigError, InputError
from core.base.types import Mask, PerImage
from core.curation.rules import checked_rule, per_class_threshold
from core.risk import risk_control as r
from core.risk.error_estimates import threshold_for_error
from core.scoring.scores import Scores


def f32(*values: float) -> PerImage:
    return np.array(values, dtype=np.float32)


def test_conformal_threshold_of_a_small_example() -> None:
    pool = f32(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    calibration, is_right = f32(0.15, 0.35, 0.55, 0.75), np.array([False, False, True, True])
    # at .4: 8/5 · (1 + 0)/5 = .32; at .2: 8/5 · (1 + 1)/7 = .457; at .1: 8/5 · 3/8 = .6
    result = r.conformal_threshold(pool, calibration, is_right, 0.33)
    assert result.threshold == pytest.approx(0.4)
    assert (result.num_kept, result.num_wrong) == (5, 0)
    assert result.bound == pytest.approx(0.32)
    assert r.conformal_threshold(pool, calibration, is_right, 0.46).num_kept == 7
    assert r.conformal_threshold(pool, calibration, is_right, 0.61).num_kept == 8
    assert r.conformal_threshold(pool, calibration, is_right, 0.31).threshold is None


values = st.lists(st.integers(0, 12), max_size=25)


@given(values, st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=25), st.integers(1, 99))
def test_conformal_threshold_is_the_lowest_value_that_meets_the_formula(
    pool_values: list[int], items: list[tuple[int, bool]], percent: int
) -> None:
    pool, sure = f32(*[value / 12 for value in pool_values]), f32(*[value / 12 for value, _ in items])
    is_right, target = np.array([right for _, right in items], dtype=np.bool_), percent / 100
    meets = [
        float(t)
        for t in np.unique(pool)
        if len(pool) / (len(sure) + 1) * (1 + (~is_right & (sure >= t)).sum()) / (pool >= t).sum() <= target
    ]
    result = r.conformal_threshold(pool, sure, is_right, target)
    assert result.threshold == (min(meets) if meets else None)
    assert result.num_kept == (0 if result.threshold is None else (pool >= np.float32(result.threshold)).sum())


def test_thresholds_by_target_equal_single_thresholds() -> None:
    rng = np.random.default_rng(0)
    pool, sure = rng.random(400).astype(np.float32), rng.random(60).astype(np.float32)
    is_right = rng.random(60) < sure
    targets = [0.01, 0.05, 0.2, 0.4, 0.9]
    found = r.conformal_thresholds_by_target(pool, sure, is_right, targets)
    for target, result in zip(targets, found, strict=True):
        assert repr(result) == repr(r.conformal_threshold(pool, sure, is_right, target))
    assert found[0].threshold is None
    assert found[-1].num_kept > found[2].num_kept
    with pytest.raises((ConfigError, InputError)):
        r.conformal_thresholds_by_target(pool, sure, is_right, [0.1, 1.0])


def test_no_pool_and_no_calibration_keep_nothing() -> None:
    empty, none = f32(), np.empty(0, dtype=np.bool_)
    assert r.conformal_threshold(empty, empty, none, 0.05).threshold is None
    assert r.conformal_threshold(f32(0.9, 0.8), empty, none, 0.05).threshold is None
    assert r.high_probability_threshold(empty, empty, none, 0.05).threshold is None
    assert r.high_probability_threshold(f32(0.9, 0.8), empty, none, 0.05).threshold is None


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, 2.0, float("nan")])
def test_target_out_of_range_raises_input_error(target: float) -> None:
    with pytest.raises(InputError, match="between 0 and 1"):
        r.conformal_threshold(f32(0.5), f32(0.5), np.array([True]), target)


def draw(num: int, rng: np.random.Generator, accuracy: float = 0.946) -> tuple[PerImage, Mask]:
    """Return confidence of an overconfident model, and whether it is right."""
    is_right = rng.random(num) < accuracy
    strength = np.where(is_right, rng.normal(4.5, 1.8, num), rng.normal(1.2, 1.4, num))
    return (1 / (1 + np.exp(-strength))).astype(np.float32), is_right


@pytest.mark.parametrize(("target", "num"), [(0.02, 500), (0.03, 200)])
def test_conformal_error_holds_on_average_and_plug_in_exceeds_it(target: float, num: int) -> None:
    rng, errors, plug_in = np.random.default_rng(5), [], []
    for _ in range(300):
        (pool, is_right), (sure, is_known_right) = draw(5_000, rng), draw(num, rng)
        result = r.conformal_threshold(pool, sure, is_known_right, target)
        errors.append(
            0.0 if result.threshold is None else float((~is_right[pool >= np.float32(result.threshold)]).mean())
        )
        estimate = threshold_for_error(sure, is_known_right, target)
        plug_in.append(0.0 if estimate is None else float((~is_right[pool >= np.float32(estimate)]).mean()))
    assert np.mean(errors) <= target + 2 * np.std(errors) / np.sqrt(300)
    assert np.mean(errors) >= 0.4 * target, "the guarantee must not hold by keeping almost nothing"
    assert np.mean(np.array(plug_in) > target) > np.mean(np.array(errors) > target) + 0.05


def test_learn_then_test_exceeds_the_target_in_at_most_a_share_delta_of_draws() -> None:
    rng, is_broken = np.random.default_rng(6), []
    truth_confidence, truth_right = draw(400_000, rng)
    for _ in range(300):
        sure, is_right = draw(800, rng)
        result = r.high_probability_threshold(truth_confidence[:4_000], sure, is_right, 0.03, delta=0.1)
        kept = truth_confidence >= np.float32(2.0 if result.threshold is None else result.threshold)
        is_broken.append(kept.any() and (~truth_right[kept]).mean() > 0.03)
    assert np.mean(is_broken) <= 0.1
    assert result.coverage > 0.3


def test_learn_then_test_goes_on_from_a_later_start_where_an_earlier_one_fails() -> None:
    pool = np.linspace(0, 1, 1_001, dtype=np.float32)
    sure = np.linspace(0.001, 1, 1_000, dtype=np.float32)
    is_right = np.ones(1_000, dtype=np.bool_)
    is_right[-3:] = False  # the three most confident are wrong: the first start cannot certify anything
    several = r.high_probability_threshold(pool, sure, is_right, 0.05, num_starts=10)
    assert several.threshold == 0.0
    assert r.high_probability_threshold(pool, sure, is_right, 0.05, num_starts=1).threshold is None


def test_thresholds_per_class_use_own_items_and_fit_the_rule() -> None:
    rng = np.random.default_rng(7)
    pool, labels = rng.random(600).astype(np.float32), rng.integers(0, 3, 600)
    sure, their = rng.random(300).astype(np.float32), rng.integers(0, 3, 300)
    is_right = (sure > 0.4) & (their != 2)  # nothing of class 2 is right
    results = r.conformal_thresholds_per_class(pool, labels, sure, their, is_right, 0.1, 3)
    alone = r.conformal_threshold(pool[labels == 1], sure[their == 1], is_right[their == 1], 0.1)
    assert results[1] == alone
    assert results[2].threshold is None
    thresholds = r.class_thresholds(results)
    scores = Scores(pool, pool, pool, labels, 3)
    kept = checked_rule("per_class_threshold", {"thresholds": thresholds})(scores)
    assert [int(kept[labels == k].sum()) for k in range(3)] == [result.num_kept for result in results]


def test_none_as_a_class_threshold_keeps_not_even_full_confidence() -> None:
    scores = Scores(f32(1, 1), f32(0, 0), f32(1, 1), np.array([0, 1]), 2)
    assert per_class_threshold(scores, thresholds={"0": None}).tolist() == [False, True]
    with pytest.raises(ConfigError, match="class 0"):
        checked_rule("per_class_threshold", {"thresholds": {"0": 2.0}})

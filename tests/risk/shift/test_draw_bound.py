"""Bounds from a pool draw hold for the set that the same answers chose; the audit's formula then does not."""

import numpy as np
import pytest

from core import InputError
from core.base.types import Mask, PerImage
from core.risk.audit_certificate import certified_count, proven_count
from core.risk.shift.draw_bound import draw_bound, level_thresholds

POOL, ANSWERS, DRAWS, ALPHA = 1_000, 120, 300, 0.1


def pool(rng: np.random.Generator) -> tuple[PerImage, Mask]:
    """Confidence of a pool, and whether the suggestion is right: at every confidence in three of four cases."""
    return rng.random(POOL).astype(np.float32), rng.random(POOL) < 0.75


def best_looking(confidence: PerImage, is_right: Mask) -> float:
    """Threshold above which the answers prove most: the worst choice that a person can make with them."""
    falling = np.argsort(-confidence)
    right = np.cumsum(is_right[falling])
    count = np.arange(1, len(right) + 1)
    value = right / count - np.sqrt(1 / count)
    return float(confidence[falling[int(value.argmax())]])


def missed(num_levels: int) -> tuple[int, int]:
    """Draws in which the bound, and the audit's formula on the same answers, say more than is true."""
    wrong = naive = 0
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        confidence, is_right = pool(rng)
        answered = rng.permutation(POOL)[:ANSWERS]
        kept = confidence >= best_looking(confidence[answered], is_right[answered])
        bound = draw_bound(confidence, kept, answered, is_right[answered], ALPHA, num_levels)
        wrong += bound.num_proven > is_right[kept].sum()
        inside = answered[kept[answered]]
        naive += certified_count(is_right[inside], int(kept.sum()), ALPHA) > is_right[kept].sum()
    return wrong, naive


def test_the_bound_holds_for_a_threshold_chosen_by_the_same_answers_and_the_audit_formula_does_not() -> None:
    wrong, naive = missed(10)
    assert wrong <= ALPHA * DRAWS
    assert naive > ALPHA * DRAWS + 2 * np.sqrt(DRAWS * ALPHA * (1 - ALPHA))


def test_the_bound_holds_for_all_levels_at_once_after_every_answer() -> None:
    false = 0
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        confidence, is_right = pool(rng)
        answered, thresholds = rng.permutation(POOL)[:ANSWERS], level_thresholds(confidence)
        looks = ((answered[:count], confidence >= threshold) for count in (40, 80, ANSWERS) for threshold in thresholds)
        false += any(
            proven_count(int(level.sum()), right, num - right, ALPHA / 10) > is_right[level].sum()
            for seen, level in looks
            for right, num in [(int(is_right[seen[level[seen]]].sum()), int(level[seen].sum()))]
        )
    assert false <= ALPHA * DRAWS


def test_each_of_ten_levels_gets_a_tenth_of_the_risk() -> None:
    confidence = np.linspace(1, 0, 1_000, dtype=np.float32)
    kept, answered = np.arange(1_000) < 450, np.arange(0, 1_000, 5)  # the set lies in the most confident half
    is_right = answered != 100
    bound = draw_bound(confidence, kept, answered, is_right, ALPHA, num_levels=10)
    assert (bound.size, bound.num_answers, bound.num_right) == (450, 90, 89)
    assert (bound.level_size, bound.level_answers) == (500, 100)
    assert bound.num_proven == 450 - 500 + proven_count(500, 99, 1, ALPHA / 10)
    assert bound.num_proven < 450 - 500 + proven_count(500, 99, 1, ALPHA)


def test_right_answers_prove_most_of_a_set_and_of_its_subsets_less() -> None:
    rng = np.random.default_rng(0)
    confidence = rng.random(2_000).astype(np.float32)
    answered = rng.permutation(2_000)[:400]
    is_right = np.ones(400, dtype=np.bool_)
    shares = []
    for share in (0.5, 0.45, 0.05):
        found = draw_bound(confidence, confidence >= np.quantile(confidence, 1 - share), answered, is_right)
        shares.append(found.num_proven / found.size)
        assert (
            found.num_answers
            == found.num_right
            == int((confidence[answered] >= np.quantile(confidence, 1 - share)).sum())
        )
    assert shares[0] > shares[1] > shares[2]
    assert shares[0] > 0.95


def test_a_wrong_answer_lowers_the_bound_and_no_answer_proves_nothing() -> None:
    confidence, kept = np.linspace(0, 1, 500, dtype=np.float32), np.ones(500, dtype=np.bool_)
    answered, right = np.arange(0, 500, 5), np.ones(100, dtype=np.bool_)
    wrong = right.copy()
    wrong[3] = False
    proven = [draw_bound(confidence, kept, answered, answers).num_proven for answers in (right, wrong)]
    assert proven[0] > proven[1] > 400
    assert draw_bound(confidence, kept, answered[:0], right[:0]).num_proven == 0
    assert draw_bound(confidence, ~kept, answered, right).num_proven == 0


def test_equal_confidences_are_one_level_and_a_risk_outside_its_range_is_refused() -> None:
    assert level_thresholds(np.full(50, 0.5, np.float32)).tolist() == [0.5]
    with pytest.raises(InputError, match="alpha"):
        draw_bound(np.ones(3, np.float32), np.ones(3, np.bool_), np.arange(1), np.ones(1, np.bool_), alpha=0.5)

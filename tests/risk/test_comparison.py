"""Paired comparisons match computed examples and mirror when runs are swapped."""

import numpy as np
import pytest

from core.base.types import Labels, Logits
from core.risk import comparison as c

LABELS = np.array([0, 0, 1, 1, 2, 2])
A = [0, 1, 1, 0, 0, 2]  # right: 1, 0, 1, 0, 0, 1
B = [0, 0, 0, 1, 1, 2]  # right: 1, 1, 0, 1, 0, 1


def logits_of(predictions: list[int] | Labels, num_classes: int = 3) -> Logits:
    certain: Logits = np.eye(num_classes, dtype=np.float32)
    return np.asarray(certain[np.asarray(predictions)])


def test_comparison_of_a_small_example() -> None:
    found = c.compare(logits_of(A), logits_of(B), LABELS)
    assert (found.accuracy_a.count, found.accuracy_b.count, found.accuracy_a.n) == (3, 4, 6)
    assert (found.gained, found.lost, found.changed) == (2, 1, 1)
    assert found.flips.tolist() == [1, 2, 3, 4]
    assert found.difference == pytest.approx(1 / 6)
    assert found.low < found.difference < found.high
    assert found.p_value == 1.0  # 2 against 1
    assert (found.predictions_a.tolist(), found.predictions_b.tolist()) == (A, B)


def test_confusion_has_true_classes_in_rows() -> None:
    found = c.compare(logits_of(A), logits_of(B), LABELS)
    assert found.confusion_a.tolist() == [[1, 1, 0], [1, 1, 0], [1, 0, 1]]
    assert found.confusion_b.tolist() == [[2, 0, 0], [1, 1, 0], [0, 1, 1]]


def test_per_class_rows_carry_n_and_add_up() -> None:
    found = c.compare(logits_of(A, 4), logits_of(B, 4), LABELS)
    assert [row.label for row in found.per_class] == [0, 1, 2, 3]
    assert [(row.accuracy_a.count, row.accuracy_b.count, row.accuracy_a.n) for row in found.per_class] == [
        (1, 2, 2),
        (1, 1, 2),
        (1, 1, 2),
        (0, 0, 0),
    ]
    assert np.isnan(found.per_class[3].accuracy_a.value)


def test_a_run_against_itself_shows_no_difference() -> None:
    found = c.compare(logits_of(A), logits_of(A), LABELS)
    assert (found.gained, found.lost, found.changed, found.difference, found.p_value) == (0, 0, 0, 0.0, 1.0)
    assert len(found.flips) == 0
    assert found.low == pytest.approx(-found.high)


def test_swapping_the_runs_mirrors_the_difference() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 200)
    a, b = logits_of(rng.integers(0, 3, 200)), logits_of(np.where(rng.random(200) < 0.7, labels, 0))
    there, back = c.compare(a, b, labels), c.compare(b, a, labels)
    assert (there.gained, there.lost) == (back.lost, back.gained)
    assert there.difference == -back.difference
    assert [there.low, there.high] == pytest.approx([-back.high, -back.low])
    assert there.p_value == pytest.approx(back.p_value)


@pytest.mark.parametrize(
    ("gained", "lost", "p_value"),
    [(0, 0, 1.0), (6, 1, 16 / 128), (1, 6, 16 / 128), (10, 2, 158 / 4096), (5, 0, 2 / 32), (3, 3, 1.0)],
)
def test_mcnemar_is_the_exact_binomial_test_of_the_changed(gained: int, lost: int, p_value: float) -> None:
    assert c.mcnemar(gained, lost) == pytest.approx(p_value)


def test_paired_interval_of_a_small_example() -> None:
    # 10 gained, 2 lost of 50: middle 8 / 52, spread sqrt(13 - 64 / 52) / 52 = .0659737, times 1.959964
    assert c.paired_interval(10, 2, 50) == pytest.approx((0.024540, 0.283153), abs=1e-5)


def test_the_paired_interval_stays_within_minus_one_and_one() -> None:
    assert c.paired_interval(3, 0, 3)[1] <= 1
    assert c.paired_interval(0, 3, 3)[0] >= -1


def test_the_paired_interval_covers_the_true_difference_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    draws = rng.multinomial(100, [0.15, 0.08, 0.77], size=2000)
    hits = [low <= 0.07 <= high for low, high in (c.paired_interval(int(g), int(x), 100) for g, x, _ in draws)]
    assert 0.93 <= np.mean(hits) <= 0.98


def test_a_paired_difference_counts_what_only_one_model_gets_right() -> None:
    labels = np.array(LABELS)
    found = c.paired_difference(np.array(A), np.array(B), labels)
    whole = c.compare(logits_of(A), logits_of(B), LABELS)
    assert found == whole.paired == c.PairedDifference(2, 1, 6)
    assert (found.difference, found.interval) == (whole.difference, (whole.low, whole.high))


@pytest.mark.parametrize(
    ("gained", "lost", "sentence"),
    [
        (40, 5, "A gain on 1,000 test images: +3.5 points [+2.2, +4.8]."),
        (5, 40, "A loss on 1,000 test images: -3.5 points [-4.8, -2.2]."),
        (22, 18, "No gain that 1,000 test images can tell (+0.4 points, ± 1.3)."),
        (0, 0, "No gain that 1,000 test images can tell (+0.0 points, ± 0.2)."),
    ],
)
def test_a_difference_is_named_only_where_the_interval_leaves_out_zero(gained: int, lost: int, sentence: str) -> None:
    found = c.PairedDifference(gained, lost, 1000)
    assert found.sentence() == sentence
    assert found.is_clear == ("No gain" not in sentence)

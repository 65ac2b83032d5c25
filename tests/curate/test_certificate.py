"""The certificate: exact against brute force, valid at every stopping time, and as quick as the table says."""

import math
from fractions import Fraction

import numpy as np
import pytest

from core.curate.certificate import (
    answers_needed,
    certificate,
    certified,
    confidence_sequence,
    evidence,
    still_counts,
)


def by_hand(size: int, answers: int, right: int, target: float) -> float:
    """The formula in exact arithmetic: mean over larger A of the ways to draw this sequence, over those of N₀."""
    null = math.ceil(target * size - 1e-9) - 1

    def ways(number: int) -> int:
        return math.perm(number, right) * math.perm(size - number, answers - right)

    larger = Fraction(sum(ways(number) for number in range(null + 1, size + 1)), size - null)
    return float(larger / ways(null)) if ways(null) else (math.inf if right > null else 0.0)


@pytest.mark.parametrize(
    ("size", "answers", "right", "target"),
    [
        (20, 5, 5, 0.8),
        (20, 8, 7, 0.8),
        (50, 20, 20, 0.9),
        (50, 3, 0, 0.9),
        (7, 7, 7, 0.99),
        (10, 4, 1, 0.5),
        (30, 0, 0, 0.7),
    ],
)
def test_evidence_is_the_formula(size: int, answers: int, right: int, target: float) -> None:
    assert evidence(size, answers, right, target) == pytest.approx(by_hand(size, answers, right, target), rel=1e-9)


def test_more_right_answers_are_more_evidence_and_a_higher_target_less() -> None:
    values = [evidence(1000, number, number, 0.95) for number in range(0, 100, 10)]
    assert values == sorted(values)
    targets = [evidence(1000, 60, 59, share) for share in np.linspace(0.5, 0.99, 30)]
    assert targets == sorted(targets, reverse=True)


@pytest.mark.parametrize(("answers", "right"), [(40, 40), (120, 117), (300, 290), (10, 2)])
def test_what_is_certified_is_what_a_scan_from_below_finds(answers: int, right: int) -> None:
    share = 0.0
    for step in range(1, 1001):
        if evidence(2000, answers, right, step / 1000) < 20:
            break
        share = step / 1000
    assert certified(2000, answers, right, 0.05) == share


def test_a_set_that_was_seen_whole_is_known_for_certain() -> None:
    found = certificate(40, 40, 38)
    assert found.share == pytest.approx(38 / 40)
    assert (found.low, found.high) == (38 / 40, 38 / 40)


def test_the_answers_needed_are_the_first_that_certify() -> None:
    needed = answers_needed(5000, 20, 19, 0.95, 0.05)
    assert needed is not None
    assert evidence(5000, 20 + needed, 19 + needed, 0.95) >= 20
    assert evidence(5000, 19 + needed, 18 + needed, 0.95) < 20
    assert answers_needed(100, 50, 40, 0.95, 0.05) is None  # ten wrong of a hundred can no longer be 95 %


def test_false_certificates_are_rare_though_one_looks_after_every_answer() -> None:
    """Truth just below the target, 1,000 rounds of up to 400 answers: at most α, within two standard errors."""
    rng, size, target, alpha = np.random.default_rng(0), 2000, 0.95, 0.05
    labels = np.zeros(size, dtype=bool)
    labels[: math.ceil(target * size) - 2] = True
    first = {
        (t, wrong): evidence(size, t, t - wrong, target) >= 1 / alpha for t in range(1, 401) for wrong in range(12)
    }
    false = 0
    for _ in range(1000):
        wrong = np.cumsum(~rng.permutation(labels)[:400])
        false += any(first.get((t, int(wrong[t - 1])), False) for t in range(1, 401))
    assert false / 1000 <= alpha + 2 * math.sqrt(alpha * (1 - alpha) / 1000)


def test_the_median_number_of_answers_is_near_the_published_one() -> None:
    rng, size = np.random.default_rng(1), 5000
    labels = np.zeros(size, dtype=bool)
    labels[: round(0.99 * size)] = True
    counts = []
    for _ in range(60):
        right = np.cumsum(rng.permutation(labels)[:1000])
        counts.append(next((t for t in range(20, 1000) if evidence(size, t, int(right[t - 1]), 0.95) >= 20), 1000))
    assert 90 <= np.median(counts) <= 180  # 135 in the table


def test_the_sequence_of_intervals_covers_the_truth_at_all_times() -> None:
    rng, missed = np.random.default_rng(2), 0
    labels = np.arange(500) < 440
    for _ in range(200):
        right = np.cumsum(rng.permutation(labels)[:120])
        ends = [confidence_sequence(500, t, int(right[t - 1]), 0.05) for t in range(1, 121, 3)]
        missed += any(not low <= 0.88 <= high for low, high in ends)
    assert missed / 200 <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / 200)


def test_a_tighter_cut_keeps_the_answers_inside_and_a_looser_one_none() -> None:
    old, drawn = np.arange(10), np.array([7, 2, 9])
    assert still_counts(drawn, old, np.array([2, 3, 7])).tolist() == [True, True, False]
    assert still_counts(drawn, old, np.arange(12)).tolist() == [False] * 3
    assert still_counts(drawn, old, old).tolist() == [True] * 3


@pytest.mark.parametrize("numbers", [(10, 11, 5), (10, 5, 6), (10, 5, -1)])
def test_numbers_that_cannot_be_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="there cannot be"):
        certificate(*numbers)

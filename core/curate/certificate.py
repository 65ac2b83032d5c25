"""The audit certificate: how many of an accepted set are right, from blind random answers, at any stopping time.

Design-based: the set is fixed, only the draw is random; nothing is assumed of the model. Draws are uniform without
replacement; N is the size of the set, t the answers so far, S those that agreed with the accepted label.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp


@dataclass(frozen=True)
class Certificate:
    """What stands certified now: with confidence 1 − alpha at least `share` of the set is right (0: nothing)."""

    size: int
    answers: int
    right: int
    alpha: float
    share: float  # [0, 1]
    low: float  # two-sided confidence sequence of the share that is right, for display
    high: float


def evidence(size: int, answers: int, right: int, target: float) -> float:
    """E-value against "fewer than target · N are right"; at least 1/α certifies the target at level α.

    Likelihood of all larger numbers of right ones, averaged, over that of ⌈target · N⌉ − 1; valid at any time (Ville).
    """
    most = min(size, max(0, math.ceil(target * size - 1e-9))) - 1  # of right ones under the null
    wrong = answers - right
    if most < 0 or right > most:
        return float("inf")
    if wrong >= size - most:
        return 0.0
    larger = np.arange(most + 1, size - wrong + 1)
    if not len(larger):
        return 0.0
    logs = _log_draws(larger, size, right, wrong) - _log_draws(np.array([most]), size, right, wrong)
    total: float = logsumexp(logs)
    return math.exp(min(700.0, total - math.log(size - most)))


def certified(size: int, answers: int, right: int, alpha: float, digits: int = 3) -> float:
    """Largest share that is certified, in steps of 10^-digits, all smaller ones being certified too; 0 for none."""
    steps = 10**digits
    low, high = 0, steps  # evidence falls with the target, so that the search finds what a scan from below would
    while low < high:
        middle = (low + high + 1) // 2
        if evidence(size, answers, right, middle / steps) >= 1 / alpha:
            low = middle
        else:
            high = middle - 1
    return low / steps


def answers_needed(size: int, answers: int, right: int, target: float, alpha: float) -> int | None:
    """How many more answers, all of them right, would certify the target; None where even all would not."""
    left = size - answers
    if evidence(size, size, right + left, target) < 1 / alpha:
        return None
    low, high = 0, left
    while low < high:
        middle = (low + high) // 2
        if evidence(size, answers + middle, right + middle, target) >= 1 / alpha:
            high = middle
        else:
            low = middle + 1
    return low


def confidence_sequence(size: int, answers: int, right: int, alpha: float) -> tuple[float, float]:
    """Two-sided interval of the share that is right, valid at every t at once.

    Prior–posterior ratio with a uniform prior (Waudby-Smith & Ramdas 2020, arXiv 2006.04347): numbers A stay in whose
    hypergeometric likelihood times t + 1 exceeds α.
    """
    if not size:
        return 0.0, 1.0
    numbers = np.arange(right, size - (answers - right) + 1)
    likelihood = _log_choose(numbers, right) + _log_choose(size - numbers, answers - right) - _log_choose(size, answers)
    stays = numbers[likelihood + math.log(answers + 1) > math.log(alpha)]
    return float(stays.min() / size), float(stays.max() / size)


def certificate(size: int, answers: int, right: int, alpha: float = 0.05) -> Certificate:
    """What the answers so far certify; ValueError where the numbers cannot be."""
    if not 0 <= right <= answers <= size or not 0 < alpha < 1:
        raise ValueError(f"there cannot be {right} right of {answers} answers of {size} at level {alpha}")
    low, high = confidence_sequence(size, answers, right, alpha)
    return Certificate(size, answers, right, alpha, certified(size, answers, right, alpha), low, high)


def still_counts(drawn: NDArray[np.int64], old: NDArray[np.int64], new: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which draws (t,) from the old set stay a uniform sample of the new one.

    A tighter cut (new within old) keeps those that still fall inside. A set with images that were not in the old one
    keeps none: the added images had no chance of being drawn, and need draws of their own.
    """
    if np.isin(new, old).all():
        return np.isin(drawn, new)
    return np.zeros(len(drawn), dtype=np.bool_)


def _log_draws(numbers: NDArray[np.int64], size: int, right: int, wrong: int) -> NDArray[np.float64]:
    """Log of A! / (A − S)! · (N − A)! / (N − A − wrong)!: ways to draw that sequence when A of N are right."""
    return np.asarray(
        gammaln(numbers + 1.0) - gammaln(numbers - right + 1.0)
        + gammaln(size - numbers + 1.0) - gammaln(size - numbers - wrong + 1.0)
    )  # fmt: skip


def _log_choose(total: NDArray[np.int64] | int, count: int) -> NDArray[np.float64]:
    return np.asarray(gammaln(np.add(total, 1.0)) - gammaln(count + 1.0) - gammaln(np.subtract(total, count) + 1.0))

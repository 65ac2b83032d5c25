"""Target error: the lowest threshold that keeps the promised share of wrong labels, from hidden calibration items.

Conformal selection promises that wrong / accepted is at most the target on average over draws of the calibration items;
Learn-then-Test, that it is with probability 1 − δ. Plug-in (quality.threshold_for_error) promises nothing: about half
of its thresholds exceed the target, as tests and benchmarks show beside the others.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr  # the binomial distribution function, without scipy.stats' second of importing

from core.base.records import Labels, Mask, PerImage


@dataclass(frozen=True)
class TargetCurve:
    """One row for each distinct confidence of the pool, falling."""

    threshold: NDArray[np.float64]  # (p,)
    count: NDArray[np.int64]  # (p,) pool images at or above it
    bound: NDArray[np.float64]  # (p,) what conformal selection takes the error for, ≥ 0; may exceed 1


def target_curve(pool_confidence: PerImage, calibration_confidence: PerImage, is_right: Mask) -> TargetCurve:
    """M / (n + 1) · (1 + wrong calibration items kept) / pool images kept, at every possible cut.

    pool_confidence (m,): images whose labels nobody knows, calibration items not among them; calibration_confidence
    and is_right (n,): items that were hidden among them at random (Jin & Candès 2023, arXiv 2210.01408).
    """
    order = np.sort(pool_confidence)[::-1]
    is_last = np.append(order[1:] != order[:-1], True) if len(order) else np.empty(0, dtype=np.bool_)
    threshold, count = order[is_last], np.flatnonzero(is_last) + 1
    wrong = np.sort(calibration_confidence[~is_right])
    num_wrong = len(wrong) - np.searchsorted(wrong, threshold, side="left")
    bound = len(pool_confidence) / (len(is_right) + 1) * (1 + num_wrong) / count
    return TargetCurve(threshold.astype(np.float64), count, bound)


def conformal_threshold(
    pool_confidence: PerImage, calibration_confidence: PerImage, is_right: Mask, target: float
) -> float | None:
    """Lowest threshold at which the curve is at most the target, [0, 1]; None where no cut is.

    Promise: E[wrong / accepted] ≤ target over draws of the calibration items, for any model and any n.
    """
    curve = target_curve(pool_confidence, calibration_confidence, is_right)
    meets = np.flatnonzero(curve.bound <= target)
    return float(curve.threshold[meets[-1]]) if len(meets) else None


def conformal_thresholds(
    pool_confidence: PerImage,
    pool_classes: Labels,
    calibration_confidence: PerImage,
    calibration_classes: Labels,
    is_right: Mask,
    target: float,
    num_classes: int,
) -> NDArray[np.float64]:
    """One threshold for each predicted class (K,), the promise holding within each; inf where no cut meets it."""
    found = np.full(num_classes, np.inf)
    for label in range(num_classes):
        mine, known = pool_classes == label, calibration_classes == label
        threshold = conformal_threshold(pool_confidence[mine], calibration_confidence[known], is_right[known], target)
        if threshold is not None:
            found[label] = threshold
    return found


def certified_threshold(
    calibration_confidence: PerImage, is_right: Mask, target: float, delta: float = 0.1, starts: int = 5
) -> float | None:
    """Lowest threshold whose error is at most the target with probability 1 − δ; None where none can be certified.

    Learn-then-Test (Angelopoulos et al. 2021, arXiv 2110.01052): from each of several starts, δ / starts each, the cut
    is lowered as long as the exact binomial test rejects "the error exceeds the target". Items: (n,), drawn at random.
    """
    order = np.argsort(-calibration_confidence, kind="stable")
    sure, wrong = calibration_confidence[order], np.cumsum(~is_right[order])
    ends = np.flatnonzero(np.append(sure[1:] != sure[:-1], True)) if len(sure) else np.empty(0, dtype=np.int64)
    if not len(ends):
        return None
    rejects = bdtr(wrong[ends], ends + 1, target) <= delta / starts
    lowest = -1
    for start in np.unique(np.linspace(0, len(ends) - 1, starts + 1)[1:].astype(np.int64)):
        if rejects[start]:
            stop = np.flatnonzero(~rejects[start:])
            lowest = max(lowest, int(start + stop[0] - 1) if len(stop) else len(ends) - 1)
    return float(sure[ends[lowest]]) if lowest >= 0 else None


def spent(delta: float, number: int) -> float:
    """Share of δ for the numbered round (from 1): 6 δ / (π² r²), so that all rounds together spend at most δ."""
    return 6 * delta / (np.pi**2 * number**2)
